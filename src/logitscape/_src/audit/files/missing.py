"""Packages that only some kinds of files need."""

from importlib import import_module
from pathlib import Path
from typing import Any


def imported(module: str, path: Path) -> Any:
    """Import a package that reads one kind of files.

    Raises:
        ImportError: If it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"`{path}` needs {package}: pip install {package}, or all that reads dumps by "
            '`pip install "logitscape[audit]"`.'
        ) from error

"""What is known about the package's own formulas, kept in the user's cache.

It is found without importing JAX, which takes longer than all else that a command does then.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from typing import Any

from .caches import cache_folder
from .generations import generation, write


def noted(key: str, make: Callable[[], Any]) -> Any:
    """What the package has found out, as JSON has it, which is made where it is not kept.

    Args:
        key: All that it depends on, apart from the package and what it runs on.
        make: Function that makes it; what it raises is raised, and nothing is kept.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    path = cache_folder() / "notes" / _generation() / f"{digest}.json"
    # A file that is damaged is made anew.
    with suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))
    found = make()
    write(path, json.dumps(found).encode())
    return found


@cache
def _generation() -> str:
    return generation(version("jax"), version("jaxlib"))

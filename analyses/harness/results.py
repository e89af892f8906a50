"""The results of a study: tables on disk, as text that people can read.

The figure of the study is redrawn from these tables.
"""

import json
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from logitscape._src.base.files import replacing, write_text

Tables: TypeAlias = dict[str, pd.DataFrame]
"""The tables of a study, by name."""

DIGITS = "%.6g"
MISSING = "nan"
ABOUT = "about.json"
PACKAGES = ("logitscape", "jax", "jaxlib", "numpy", "optax", "scikit-learn", "mlxtend")


def results_folder(figures: Path, stem: str) -> Path:
    """The folder with the tables of a study: `figures/data/NAME/`."""
    return figures / "data" / stem


def write_results(
    folder: Path, tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]
) -> None:
    """Replace the contents of the folder.

    Args:
        folder: Folder that is replaced.
        tables: Tables, each written to `NAME.csv` with 6 significant digits.
        about: Circumstances of the measurement. Together with the versions of the packages they
            are written to `about.json`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    about_text = json.dumps(dict(about) | versions(), indent=2) + "\n"
    with replacing(folder, marks=(ABOUT,)) as temporary:
        temporary.mkdir()
        for name, table in tables.items():
            write_rounded(temporary / f"{name}.csv", table)
        write_text(temporary / ABOUT, about_text)


def read_results(folder: Path) -> Tables:
    """The tables that `write_results` wrote.

    Raises:
        FileNotFoundError: If there are none.
    """
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise FileNotFoundError(f"there are no results in `{folder}`.")
    return {path.stem: read_table(path) for path in paths}


def read_table(path: Path) -> pd.DataFrame:
    """A table as it was written."""
    return pd.read_csv(path, keep_default_na=False, na_values=[MISSING])


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table with all its digits."""
    with replacing(path) as temporary:
        _write(table, temporary)


def write_rounded(path: Path, table: pd.DataFrame) -> None:
    """Write a table to 6 significant digits: the others may differ between processors."""
    _write(table, path, float_format=DIGITS)


def _write(table: pd.DataFrame, path: Path, **options: Any) -> None:
    # pandas would write a missing number as empty text, which then could not be told from "".
    table.to_csv(path, index=False, lineterminator="\n", na_rep=MISSING, **options)


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that the numbers depend on."""
    by_name = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            by_name[name] = version(name)
        except PackageNotFoundError:
            continue
    return by_name


def remove(folder: Path) -> None:
    """Remove a folder, if it exists."""
    shutil.rmtree(folder, ignore_errors=True)

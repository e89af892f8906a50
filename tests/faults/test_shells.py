"""No command imports from the working folder unless it is told to, and says nothing that acts."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.shares import share

STOLEN = (
    *("json", "random", "re", "typing", "pathlib", "lazy_loader"),
    *("numpy", "jax", "rich", "cyclopts", "xarray", "scipy", "matplotlib", "optax"),
)
"""Names of modules that files in the working folder have; with `-m` Python itself needs others."""
MARK = "import os; os.mkdir(os.path.dirname(__file__) + '/mark')\n"
SCRIPT = Path(sysconfig.get_path("scripts")) / "logitscape"
LOSS = """
import helper

def loss(z, t):
    return helper.scale * ((z - t) ** 2).sum()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in STOLEN:
        (tmp_path / f"{name}.py").write_text(MARK, encoding="utf-8")
    return tmp_path


def ran(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.lengthy
@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "logitscape"],
        pytest.param(
            [str(SCRIPT)],
            marks=pytest.mark.skipif(not SCRIPT.exists(), reason="not installed"),
        ),
    ],
)
def test_files_of_the_working_folder_are_not_imported(
    command: list[str], folder: Path
) -> None:
    ended = ran(folder, *command, "list", "--json")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("[")
    assert not (folder / "mark").exists()


@pytest.mark.lengthy
@pytest.mark.parametrize("target", share(["mine.py:loss", "mine:loss"], one_in=2))
def test_a_target_brings_its_neighbours_and_nothing_else(
    target: str, folder: Path
) -> None:
    """What the command imports after the user's module is what it would import without."""
    (folder / "mine.py").write_text(LOSS, encoding="utf-8")
    (folder / "helper.py").write_text("scale = 2.0\n", encoding="utf-8")
    command = [sys.executable, "-m", "logitscape", "sweep", target]
    ended = ran(folder, *command, "--points", "2", "--out", "swept.nc")
    assert ended.returncode == 0, ended.stderr
    assert (folder / "swept.nc").exists()
    assert not (folder / "mark").exists()


def test_another_package_keeps_its_working_folder(tmp_path: Path) -> None:
    """Only the command leaves the folder out: `python -m mine` of a user still has it."""
    (tmp_path / "mine.py").write_text("import logitscape, near\n", encoding="utf-8")
    (tmp_path / "near.py").write_text("print('near')\n", encoding="utf-8")
    ended = ran(tmp_path, sys.executable, "-m", "mine")
    assert ended.stdout == "near\n", ended.stderr

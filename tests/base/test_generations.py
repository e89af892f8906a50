"""What one state of the package has found out is kept apart from that of every other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from logitscape._src.base import generations, notes
from logitscape._src.base.generations import generation, write

pytestmark = pytest.mark.quick


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the notes, in an empty cache."""
    monkeypatch.setattr(notes, "cache_folder", lambda: tmp_path)
    return tmp_path / "notes"


def test_a_generation_depends_on_source_settings_and_versions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "module.py").write_text("a = 1")
    monkeypatch.setattr(generations, "PACKAGE", tmp_path)
    first = generation("0.10")
    assert generation("0.10") == first
    monkeypatch.setenv("XLA_FLAGS", "--some_flag=1")
    second = generation("0.10")
    (tmp_path / "module.py").write_text("a = 2")
    # Another process reads the source again.
    generations._digest_of_source.cache_clear()
    third = generation("0.10")
    assert len({first, second, third, generation("0.11")}) == 4


def test_few_generations_are_kept(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / f"generation {number}" / "text"
        write(path, b"text")
        os.utime(path.parent, (number, number))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) <= generations.GENERATIONS + 1
    assert "generation 5" in names


def test_files_that_were_not_used_for_longest_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "MOST_FILES", 2)
    for age, name in enumerate(["new", "old", "older", "oldest"]):
        (tmp_path / name).write_text("")
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    generations._remove_old_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_what_is_noted_is_made_once(kept: Path) -> None:
    made = []

    def make() -> list[float]:
        made.append(1)
        return [float("inf"), 1 / 3]

    assert notes.noted("key", make) == notes.noted("key", make) == [float("inf"), 1 / 3]
    assert len(made) == 1
    (path,) = kept.rglob("*.json")
    path.write_text("[1,")
    assert notes.noted("key", make) == [float("inf"), 1 / 3]
    assert len(made) == 2


def test_an_error_is_not_noted(kept: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        notes.noted("key", lambda: 1 / 0)
    assert not kept.exists()


def test_a_folder_that_cannot_be_written_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(notes, "cache_folder", lambda: tmp_path / "file")
    assert notes.noted("key", lambda: "made") == "made"


@pytest.mark.lengthy
def test_the_command_line_shows_a_spec_again_without_jax(tmp_path: Path) -> None:
    show = (
        "import sys; from logitscape._src.cli import main; "
        "main(['show', 'taylor + brier', '--json']); "
        "print('jax' in sys.modules, file=sys.stderr)"
    )

    def shown() -> tuple[str, str]:
        ended = subprocess.run(
            [sys.executable, "-c", show],
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout, ended.stderr

    first, first_imports = shown()
    second, second_imports = shown()
    assert first == second
    assert (first_imports.strip(), second_imports.strip()) == ("True", "False")

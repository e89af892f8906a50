import os
from pathlib import Path

import pytest

import logitscape as ls
from logitscape._src.base.files import replacing, write_text
from logitscape._src.base.temporaries import remove_leftovers

pytestmark = pytest.mark.quick


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "a figure.svg"
    path.write_text("old")
    with replacing(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffix == ".svg"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["a figure.svg"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "figure.svg"
    path.write_text("old")

    def interrupted() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half of the ne")
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["figure.svg"]


def test_text_has_the_same_bytes_on_every_platform(tmp_path: Path) -> None:
    write_text(tmp_path / "a.md", "Ω ± 1\n")
    assert (tmp_path / "a.md").read_bytes() == b"\xce\xa9 \xc2\xb1 1\n"


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_text(tmp_path / "nowhere" / "a.md", "text")


def test_leftovers_of_one_stem_are_removed(tmp_path: Path) -> None:
    unrelated = [".crisper.0a1b.tmp.svg", "crisp.svg", "crisp.findings.json"]
    for name in [*unrelated, ".crisp.0a1b.tmp.svg", ".crisp.findings.0a1b.tmp.json"]:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path, "crisp")
    assert names(tmp_path) == sorted(unrelated)


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "data.txt").write_text("mine")
    with pytest.raises(
        IsADirectoryError,
        match=r"`path` must not be a folder that holds something else, got .*precious",
    ):
        write_text(tmp_path / "precious", "report")
    landscape = ls.sweep("softmax + brier", ls.ray("R1", [0.0, 1.0]))
    for write in (
        landscape.save,
        lambda path: ls.sweep_to(path, "softmax + brier", ls.ray("R1", [0.0, 1.0])),
    ):
        with pytest.raises(IsADirectoryError, match="precious"):
            write(tmp_path / "precious")
    assert (tmp_path / "precious" / "data.txt").read_text() == "mine"
    assert names(tmp_path) == ["precious"]


def test_an_error_names_the_path_and_not_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "a.txt"
    with pytest.raises(FileNotFoundError, match="`path` cannot be written") as raised:
        write_text(path, "text")
    assert raised.value.filename == str(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_neither_a_file_nor_a_folder_is_left_as_it_is(tmp_path: Path) -> None:
    """As root, a move would replace /dev/null."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="must not be a device"), replacing(pipe):
        pass
    assert pipe.is_fifo()

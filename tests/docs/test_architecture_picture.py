"""The picture of the rooms is that of the code; its bytes are those of the pinned matplotlib."""

from pathlib import Path

import pytest


def test_the_picture_of_the_rooms_is_that_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from docs import architecture

    stored = architecture.PICTURE.read_bytes()
    monkeypatch.setattr(architecture, "PICTURE", tmp_path / "architecture.svg")
    architecture.main()
    drawn = (tmp_path / "architecture.svg").read_bytes()
    assert drawn == stored, "run `python -m docs.architecture`"

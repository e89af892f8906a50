"""Generated files: written only where they change, so that a second build is quick."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "generated"
"""What is made from the code, for one build; git ignores it."""


class Written:
    """The files of one build.

    Attributes:
        paths: Files that were asked for; `remove_others` removes what an older build left.
    """

    def __init__(self) -> None:
        """Start with no file."""
        self.paths = set[Path]()

    def text(self, name: str, text: str) -> None:
        """Write a text file below `FOLDER`, unless it is there already."""
        path = self.keep(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")

    def keep(self, name: str) -> Path:
        """Count a file that something else has written."""
        path = FOLDER / name
        self.paths.add(path)
        return path

    def remove_others(self) -> None:
        """Remove the files of older builds that are made no more."""
        for path in FOLDER.rglob("*"):
            if path.is_file() and path not in self.paths:
                path.unlink()


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; bars in its cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)

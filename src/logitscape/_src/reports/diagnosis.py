"""The diagnosis of one objective, and the forms in which it can be read."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.settings import truth_value
from ..diagnosis.findings import Findings
from .checked_witnesses import all_witnesses
from .records import diagnosis_record, to_json
from .save import as_text, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True)
class Diagnosis(Findings):
    """Findings about one objective; `print` it, or show it in a notebook.

    Attributes:
        subject: The objective.
        config: The setting: number of classes, precision, seed, and the reference.
        answers: The answers, faults first.
    """

    def table(self, *, everything: bool = False) -> "RenderableType":
        """Return the report for the terminal (rich), of at most 80 columns.

        Args:
            everything: Whether all answers are shown, and not only those that matter most.
        """
        from .terminal import table

        truth_value("Diagnosis.table", "everything", everything)
        return table(self, everything=everything)

    def __str__(self) -> str:
        return as_text(self.table())

    def full(self) -> str:
        """Return the report with all answers, as text; `str` has those that matter most."""
        return as_text(self.table(everything=True))

    def _repr_html_(self) -> str:
        from .page import fragment

        return fragment(self)

    def witnesses(self) -> list[str]:
        """Return lines of code that show every finding that has a witness.

        Every witness is run as it is printed, here and in all reports, and left out if it does
        not show what it says.
        """
        return all_witnesses(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything, in the types that JSON has.

        Infinities and NaN are the strings "inf", "-inf" and "nan".
        """
        return diagnosis_record(self)

    def to_json(self) -> str:
        """Return `to_dict` as text."""
        return to_json(self.to_dict())

    def figure(self) -> "Figure":
        """Draw loss, gradient, curvature and precision beside the reference."""
        from .figure import draw

        return draw(self)

    def save(self, path: str | Path) -> Path:
        """Write the diagnosis in the form that belongs to the suffix of the path.

        Args:
            path: Path of the file: ".html" for one self-contained page, ".json", ".txt", or
                ".png", ".svg" or ".pdf" for the figure. All of them but the figure have all
                answers.

        Raises:
            ValueError: For another suffix.
            FileNotFoundError: If the folder does not exist.
        """
        from .page import page

        texts = {
            ".html": lambda: page(self),
            ".json": self.to_json,
            ".txt": self.full,
        }
        return save(path, texts, self.figure)

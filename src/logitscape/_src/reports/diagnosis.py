"""The report card: all answers about one objective, and the forms in which it can be read."""

import math
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..diagnosis.answers import SEVERITIES, Answer, Severity
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.subject import Subject
from .save import as_json, as_text, save
from .witness_code import code, preamble

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

SCHEMA = "logitscape.diagnosis/2"


@dataclass(frozen=True)
class Diagnosis:
    """What was found about one objective; `print` it, or show it in a notebook.

    Attributes:
        subject: what was diagnosed.
        config: how: number of classes, precision, seed, and the reference.
        answers: the most serious first.
    """

    subject: Subject
    config: DiagnosisConfig
    answers: tuple[Answer, ...]

    @property
    def name(self) -> str:
        """The objective's name."""
        return self.subject.name

    @property
    def worst(self) -> Severity:
        """The severity of the most serious answer; "fine" if there is none."""
        decided = [
            each.severity for each in self.answers if each.severity != "undecided"
        ]
        return min(decided, key=SEVERITIES.index, default="fine")

    @property
    def healthy(self) -> bool:
        """Whether no answer is "serious" or a "warning"."""
        return self.worst not in ("serious", "warning")

    def of(self, question: str) -> list[Answer]:
        """The answers to one question; those of "precision, float32" are also answers to "precision"."""
        return [
            each
            for each in self.answers
            if question in (each.question, each.question.partition(",")[0])
        ]

    def headline(self) -> str:
        """One line: the name, how many answers of which severity."""
        counts = Counter(each.severity for each in self.answers)
        told = ", ".join(
            counted(counts[each], each) for each in SEVERITIES if counts[each]
        )
        return f"{self.name}: {'healthy' if self.healthy else 'not healthy'} ({told})"

    def table(self) -> "RenderableType":
        """The answers as a table for the terminal (rich), of at most 80 columns."""
        from .terminal import table

        return table(self)

    def __str__(self) -> str:
        return as_text(self.table())

    def _repr_html_(self) -> str:
        from .page import fragment

        return fragment(self)

    def witnesses(self) -> list[str]:
        """Lines of code that show every serious finding, warning and note that has a witness."""
        lines = preamble(self.subject)
        for each in self.answers:
            if each.witness is not None:
                lines += ["", f"# {each.question}: {each.verdict}", *code(each.witness)]
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Everything, in the types that JSON has; infinities and NaN are the strings "inf", "-inf" and "nan"."""
        from ..base.versions import versions

        return {
            "schema": SCHEMA,
            "name": self.name,
            "form": self.subject.form,
            "num_classes": self.config.num_classes,
            "dtype": self.config.dtype,
            "seed": self.config.seed,
            "reference": self.config.reference.name,
            "healthy": self.healthy,
            "worst": self.worst,
            "answers": [_plain(asdict(each)) for each in self.answers],
            "witnesses": self.witnesses(),
            "versions": versions(),
        }

    def to_json(self) -> str:
        """`to_dict` as text."""
        return as_json(self.to_dict())

    def figure(self) -> "Figure":
        """One page: loss, gradient, curvature and precision beside the reference."""
        from .figure import draw

        return draw(self)

    def save(self, path: str | Path) -> Path:
        """Write the report: one self-contained ".html", ".json", ".txt", or the figure as ".png", ".svg" or ".pdf".

        Raises:
            ValueError: for another suffix.
        """
        from .page import page

        texts = {
            ".html": lambda: page(self),
            ".json": self.to_json,
            ".txt": lambda: str(self),
        }
        return save(path, texts, self.figure)


def counted(count: int, severity: Severity) -> str:
    """As in "1 warning" and "2 warnings"."""
    plural = "s" if count != 1 and severity in ("warning", "note") else ""
    return f"{count} {severity}{plural}"


def _plain(value: Any) -> Any:
    """A value of the types that JSON has."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)

"""Many objectives side by side: the same questions, one table and one figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.types import Number
from ..base.x64 import enable_x64
from ..diagnosis.answers import SEVERITIES, Severity
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.subject import Subject, subject
from ..objectives.objective import Source
from .diagnose import diagnose
from .diagnosis import Diagnosis
from .save import as_json, as_text, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

SCHEMA = "logitscape.comparison/2"


@dataclass(frozen=True)
class Comparison:
    """What was found about several objectives; `print` it, or show it in a notebook.

    Attributes:
        diagnoses: by name, in the order given.
    """

    diagnoses: Mapping[str, Diagnosis]

    @property
    def config(self) -> DiagnosisConfig:
        """How all of them were diagnosed."""
        return next(iter(self.diagnoses.values())).config

    @property
    def worst(self) -> Severity:
        """The severity of the most serious answer of all."""
        return min(
            (each.worst for each in self.diagnoses.values()), key=SEVERITIES.index
        )

    @property
    def healthy(self) -> bool:
        """Whether all are."""
        return all(each.healthy for each in self.diagnoses.values())

    def table(self) -> "RenderableType":
        """A table for the terminal (rich), of at most 80 columns: up to three objectives are columns, more are rows."""
        from .comparison_table import table

        return table(self)

    def __str__(self) -> str:
        return as_text(self.table())

    def _repr_html_(self) -> str:
        from .comparison_page import fragment

        return fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything, in the types that JSON has."""
        config = self.config
        return {
            "schema": SCHEMA,
            "num_classes": config.num_classes,
            "dtype": config.dtype,
            "seed": config.seed,
            "reference": config.reference.name,
            "healthy": self.healthy,
            "worst": self.worst,
            "diagnoses": {
                name: each.to_dict() for name, each in self.diagnoses.items()
            },
        }

    def to_json(self) -> str:
        """`to_dict` as text."""
        return as_json(self.to_dict())

    def figure(self) -> "Figure":
        """Loss, slope when wrong, and precision of all of them, beside the reference."""
        from .comparison_figure import draw

        return draw(self)

    def save(self, path: str | Path) -> Path:
        """Write the comparison: one self-contained ".html", ".json", ".txt", or the figure as ".png", ".svg" or ".pdf".

        Raises:
            ValueError: for another suffix.
        """
        from .comparison_page import page

        texts = {
            ".html": lambda: page(self),
            ".json": self.to_json,
            ".txt": lambda: str(self),
        }
        return save(path, texts, self.figure)


def compare(
    sources: Sequence[Source | Subject] | Mapping[str, Source | Subject],
    *,
    num_classes: int = 10,
    dtype: str = "float32",
    seed: int = 0,
    reference: Source = "softmax + cross_entropy",
    budget: Number = 120.0,
    points: int = 10_000_000,
    progress: bool = False,
) -> Comparison:
    """Diagnose several objectives in the same way.

    Args:
        sources: specs, Objectives or functions, as for `diagnose`; or a dict that gives them names. What a function of
            the user's own predicts is told by `ls.objective(function, normalizer=...)`.
        num_classes: n, at least 2.
        dtype: the precision they will be trained in.
        seed: of the random searches.
        reference: what all are compared with.
        budget: seconds for each of them.
        points: logits for each of them, as for `diagnose`.
        progress: whether to show on stderr what is being done.

    Raises:
        TypeError: for sources that are no list and no dict, or a function that has none of the known forms.
        ValueError: if there is none, if two have the same name, or as `diagnose` does.
    """
    given = _named(sources, num_classes)
    how: dict[str, Any] = {
        "num_classes": num_classes,
        "dtype": dtype,
        "seed": seed,
        "reference": reference,
    }
    how |= {"budget": budget, "points": points, "progress": progress}
    return Comparison({name: diagnose(each, **how) for name, each in given.items()})


def _named(
    sources: Sequence[Source | Subject] | Mapping[str, Source | Subject], n: int
) -> dict[str, Subject]:
    """All are recognised before the first is measured, so that a mistake shows at once."""
    if isinstance(sources, str) or not isinstance(sources, Sequence | Mapping):
        raise TypeError(
            f"`compare(sources)` must be a list or a dict of objectives, got {sources!r}."
        )
    if not sources:
        raise ValueError("`compare(sources)` needs at least one objective, got none.")
    with enable_x64():
        if isinstance(sources, Mapping):
            return {
                name: subject(each, num_classes=n, name=name)
                for name, each in sources.items()
            }
        subjects = [subject(each, num_classes=n) for each in sources]
    names = [each.name for each in subjects]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"`compare(sources)` has several objectives called {twice[0]!r}; name them: {{'first': ..., 'second': ...}}."
        )
    return dict(zip(names, subjects, strict=True))

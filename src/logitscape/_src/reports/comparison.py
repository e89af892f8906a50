"""The comparison of several objectives: the same questions, one table and one figure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.messages import quoted
from ..base.settings import truth_value
from ..base.types import Number
from ..base.x64 import enable_x64
from ..diagnosis.answers import Severity
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.domain import Domain, domain_of
from ..diagnosis.findings import common_config, gravest
from ..diagnosis.subject import Subject
from ..diagnosis.subjects import subject
from ..objectives.sources import Source
from .diagnose import check_settings, diagnose, in_time
from .diagnosis import Diagnosis
from .records import comparison_record, to_json
from .save import as_text, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True)
class Comparison:
    """Findings about several objectives; `print` it, or show it in a notebook.

    Attributes:
        diagnoses: Diagnosis of every objective by its name, in the order given.
    """

    diagnoses: Mapping[str, Diagnosis]

    @property
    def config(self) -> DiagnosisConfig:
        """The setting of all diagnoses."""
        return common_config(self.diagnoses)

    @property
    def worst(self) -> Severity:
        """The severity of the answer of all that matters most."""
        return gravest(diagnosis.worst for diagnosis in self.diagnoses.values())

    @property
    def healthy(self) -> bool:
        """Whether all objectives are healthy."""
        return all(diagnosis.healthy for diagnosis in self.diagnoses.values())

    def table(self, *, everything: bool = False) -> "RenderableType":
        """Return a table for the terminal (rich), of at most 80 columns.

        Up to three objectives are columns; more are rows.

        Args:
            everything: Whether all questions are shown, and not only those whose answers differ or
                matter.
        """
        from .comparison_table import table

        truth_value("Comparison.table", "everything", everything)
        return table(self.diagnoses, everything=everything)

    def full(self) -> str:
        """Return the table with all questions, as text."""
        return as_text(self.table(everything=True))

    def __str__(self) -> str:
        return as_text(self.table())

    def _repr_html_(self) -> str:
        from .comparison_page import fragment

        return fragment(self.diagnoses)

    def to_dict(self) -> dict[str, Any]:
        """Return everything, in the types that JSON has."""
        return comparison_record(self.diagnoses)

    def to_json(self) -> str:
        """Return `to_dict` as text."""
        return to_json(self.to_dict())

    def figure(self) -> "Figure":
        """Draw loss, slope when wrong, and precision of all objectives and the reference."""
        from .comparison_figure import draw

        return draw(self.diagnoses)

    def save(self, path: str | Path) -> Path:
        """Write the comparison in the form that belongs to the suffix of the path.

        Args:
            path: Path of the file: ".html" for one self-contained page, ".json", ".txt", or
                ".png", ".svg" or ".pdf" for the figure.

        Raises:
            ValueError: For another suffix.
            FileNotFoundError: If the folder does not exist.
        """
        from .comparison_page import page

        texts = {
            ".html": lambda: page(self.diagnoses),
            ".json": self.to_json,
            ".txt": self.full,
        }
        return save(path, texts, self.figure)


def compare(
    sources: Sequence[Source | Subject] | Mapping[str, Source | Subject],
    *,
    num_classes: int = 10,
    dtype: str = "float32",
    seed: int = 0,
    reference: Source = "softmax + cross_entropy",
    domain: Sequence[Number] | None = None,
    logit_scale: Number = 1.0,
    normalised: bool = False,
    budget: Number = 120.0,
    points: int = 10_000_000,
    progress: bool = False,
) -> Comparison:
    """Diagnose several objectives in the same way.

    >>> import logitscape as ls
    >>> margins = ["crammer_singer", "perceptron"]
    >>> comparison = ls.compare(margins, num_classes=3, budget=1e-3)
    >>> comparison.worst  # In a millisecond no question is asked, which is no fault.
    'fine'

    Args:
        sources: Specs, Objectives or functions, as for `diagnose`; or a dict that names them.
            `ls.objective(function, normalizer=...)` says how a user's function predicts.
        num_classes: Number of classes, at least 2.
        dtype: Precision of the training.
        seed: Seed of the random searches.
        reference: Objective that all are compared with.
        domain: Least and largest logit, as for `diagnose`.
        logit_scale: Factor of the logits, as for `diagnose`.
        normalised: Whether rows of logits have one length, as for `diagnose`.
        budget: Seconds for each of them.
        points: Number of logits for each of them, as for `diagnose`.
        progress: Whether to show on stderr which question is being answered.

    Raises:
        TypeError: If the sources are neither a list nor a dict, or a function has none of the
            known forms.
        ValueError: If there is no source, if two have the same name, or as `diagnose` does.
    """
    check_settings(
        "compare",
        num_classes=num_classes,
        dtype=dtype,
        seed=seed,
        budget=budget,
        points=points,
        progress=progress,
    )
    allowed = domain_of("compare", domain, logit_scale, normalised)
    subjects = _named_subjects(sources, num_classes, allowed, float(budget))
    diagnoses = dict[str, Diagnosis]()
    for name, named_subject in subjects.items():
        diagnoses[name] = diagnose(
            named_subject,
            num_classes=num_classes,
            dtype=dtype,
            seed=seed,
            reference=reference,
            domain=domain,
            logit_scale=logit_scale,
            normalised=normalised,
            budget=budget,
            points=points,
            progress=progress,
        )
    return Comparison(diagnoses)


def _named_subjects(
    sources: Sequence[Source | Subject] | Mapping[str, Source | Subject],
    num_classes: int,
    domain: Domain,
    budget: float,
) -> dict[str, Subject]:
    """Recognise all sources before the first is measured, so that a mistake shows at once."""
    if isinstance(sources, str) or not isinstance(sources, Sequence | Mapping):
        raise TypeError(
            f"`compare(sources)` must be a list or a dict of objectives, got {quoted(sources)}."
        )
    if not sources:
        raise ValueError("`compare(sources)` needs at least one objective, got none.")

    def recognised(source: Source | Subject, name: str | None = None) -> Subject:
        def recognise() -> Subject:
            # It calls the functions, in the precision in which they are then measured.
            with enable_x64():
                return subject(
                    source, num_classes=num_classes, name=name, domain=domain
                )

        return in_time(recognise, budget, source)

    if isinstance(sources, Mapping):
        return {name: recognised(source, name) for name, source in sources.items()}
    subjects = [recognised(source) for source in sources]
    _check_distinct([given.name for given in subjects])
    return {given.name: given for given in subjects}


def _check_distinct(names: list[str]) -> None:
    counts = Counter(names)
    repeated = sorted(name for name, count in counts.items() if count > 1)
    if repeated:
        raise ValueError(
            f"`compare(sources)` has several objectives called {repeated[0]!r}; "
            "name them: {'first': ..., 'second': ...}."
        )

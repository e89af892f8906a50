"""Noise robustness: whether labels that are wrong by chance change what is learned."""

from ...properties.noise_symmetry import NoiseSymmetry, noise_symmetry_of
from ..answers import Answer, undecided
from ..by_label import by_label
from ..config import DiagnosisConfig
from ..simplify import few_classes, format_number
from ..subject import Subject

QUESTION = "noise robustness"
MOST_CLASSES = 100
"""The largest number of classes for all of which the loss is evaluated at all logits."""
NOISE = 0.2
"""Share of wrong labels for which the text tells the bound."""
METHOD = (
    "sum of the losses of all labels, float64, {n} classes: rays up to 1e12, scattered logits, "
    "and a search around the extremes"
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The bounds of the sum of the losses of all labels, which a symmetric loss keeps constant."""
    n = few_classes(subject, config)
    if n > MOST_CLASSES:
        why = f"the function runs with {n} classes only, too many to sum over"
        return [undecided(QUESTION, why)]
    method = METHOD.format(n=n)
    found = noise_symmetry_of(by_label(subject), n, subject.domain.fit)
    if found is None:
        return [undecided(QUESTION, "the sum is nowhere finite", method)]
    verdict, text = _verdict(found)
    is_bounded = found.spread < float("inf")
    return [
        Answer(
            question=QUESTION,
            verdict=verdict,
            severity="note" if is_bounded else "fine",
            text=text,
            method=method,
            number=found.spread if is_bounded else None,
            details={"low": found.low, "high": found.high, "classes": n},
        )
    ]


def _verdict(found: NoiseSymmetry) -> tuple[str, str]:
    low, high = format_number(found.low), format_number(found.high)
    labels = f"The losses of all {found.num_classes} labels sum to"
    if found.is_symmetric:
        text = f"{labels} {low} at all logits: uniformly wrong labels do not move the minimiser."
        return "robust to label noise", text
    if found.spread < float("inf"):
        excess = format_number(found.excess_risk(NOISE))
        text = (
            f"{labels} between {low} and {high}: with {NOISE:.0%} of the labels wrong by chance "
            f"the risk on clean labels rises by at most {excess}."
        )
        return "partly robust to label noise", text
    text = f"{labels} any number: no bound says how little wrong labels can harm."
    return "not robust to label noise", text

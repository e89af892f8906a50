"""Common mistakes, recognised by what the function computes and never by its text.

Most are found by fitting: a loss that is linear in the surprises -log p, in the probabilities p or in the odds
e^{z_k - z_y} of the softmax has weights that a least-squares fit gives exactly, and the weights tell the mistake.
"""

from collections.abc import Callable

from ..answers import Answer
from ..config import DiagnosisConfig
from ..subject import Subject
from .mistake_samples import Found, Samples, sample
from .mistaken_formulas import (
    clipped,
    forgotten_logarithm,
    log_of_probability,
    power_of_nothing,
    softmax_twice,
    sparsemax_squared,
    squared_error,
)
from .mistaken_targets import (
    label_not_taught,
    margin,
    not_finite_when_equal,
    one_class_only,
    pushes_another_class,
    target_weights,
)

QUESTION = "common mistakes"
METHOD = "loss and gradient at scattered logits in float64, fitted by the mistaken formulas; labels 0, 1 and the last"

RECOGNISERS: tuple[Callable[[Samples], Found | None], ...] = (
    not_finite_when_equal,
    label_not_taught,
    pushes_another_class,
    target_weights,
    forgotten_logarithm,
    softmax_twice,
    squared_error,
    sparsemax_squared,
    margin,
    one_class_only,
    clipped,
    log_of_probability,
    power_of_nothing,
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer for every mistake, or one that says that none was recognised."""
    samples = sample(subject, config)
    known = dict[str, Found]()
    for recognise in RECOGNISERS:
        if (found := recognise(samples)) is not None:
            known.setdefault(found.verdict, found)
    if not known:
        return [
            Answer(
                QUESTION,
                "none recognised",
                "fine",
                "None of the common mistakes was recognised.",
                METHOD,
            )
        ]
    return [
        Answer(
            QUESTION,
            each.verdict,
            each.severity,
            each.text,
            METHOD,
            each.number,
            each.witness,
        )
        for each in known.values()
    ]

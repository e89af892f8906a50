"""Common mistakes, recognised by the values of the function and never by its text.

Most are recognised by a fit: a loss that is linear in the surprisals -log p, in the
probabilities p or in the odds e^{z_k - z_y} of the softmax has weights that least squares
give exactly, and the weights tell the mistake.
"""

from collections.abc import Callable

from ..answers import Answer
from ..config import DiagnosisConfig
from ..subject import Subject
from .mistake_samples import Mistake, Samples, sample
from .mistaken_formulas import (
    forgotten_logarithm,
    softmax_twice,
    sparsemax_squared,
    squared_error,
)
from .mistaken_labels import (
    label_not_taught,
    not_finite_when_equal,
    one_class_only,
    pushes_another_class,
)
from .mistaken_targets import margin, target_weights
from .vanishing_probabilities import clipped, log_of_probability, power_of_nothing

QUESTION = "common mistakes"
METHOD = (
    "loss and gradient at scattered logits in float64, fitted by the mistaken formulas; "
    "labels 0, 1 and the last"
)

RECOGNISERS: tuple[Callable[[Samples], Mistake | None], ...] = (
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
    mistakes = dict[str, Mistake]()
    for recognise in RECOGNISERS:
        mistake = recognise(samples)
        if mistake is not None:
            mistakes.setdefault(mistake.verdict, mistake)
    if not mistakes:
        none = Mistake(
            verdict="none recognised",
            severity="fine",
            text="None of the common mistakes was recognised.",
        )
        return [_answer(none)]
    return [_answer(mistake) for mistake in mistakes.values()]


def _answer(mistake: Mistake) -> Answer:
    return Answer(
        question=QUESTION,
        verdict=mistake.verdict,
        severity=mistake.severity,
        text=mistake.text,
        method=METHOD,
        number=mistake.number,
        witness=mistake.witness,
    )

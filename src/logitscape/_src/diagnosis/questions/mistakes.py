"""Common mistakes, recognised by the values of the function and never by its text.

Most follow from what the loss is (see recognition.py): a formula with a temperature, a factor,
margins and weights. The others show in gradients.
"""

from collections.abc import Callable, Mapping

from ..answers import Answer
from ..config import DiagnosisConfig
from ..subject import Subject
from .clamped_logarithms import clamped_logarithm
from .constants_in_logarithms import constant_in_logarithm
from .held_values import held_value
from .identity_sentences import logits_over
from .lost_probability import probability_lost
from .mistake_samples import Mistake, Samples, sample
from .mistaken_answers import no_for_another_logit
from .mistaken_directions import dead_region, pushes_rival_up
from .mistaken_formulas import (
    forgotten_logarithm,
    log_probability_in_factor,
    logits_as_probabilities,
    softmax_before_sigmoid,
    softmax_twice,
    sparsemax_squared,
    squared_error,
    weight_in_factor,
)
from .mistaken_label_scores import (
    angle_of_every_class,
    angle_on_the_wrong_side,
    label_scaled_otherwise,
)
from .mistaken_labels import (
    label_not_taught,
    not_finite_when_equal,
    one_class_only,
    pushes_another_class,
    same_logits_for_all,
)
from .mistaken_targets import margin_on_the_wrong_side, squashed_target, target_weights
from .mistaken_weights import weight_of_prediction
from .own_similarities import own_similarity
from .probability_limits import never_certain
from .pushed_back import pushed_back_when_right
from .vanishing_probabilities import clipped, log_of_probability, power_of_nothing

QUESTION = "common mistakes"
SAME = 1e-6
"""Largest distance from 1 of a temperature that counts as none."""
METHOD = (
    "loss and gradient at scattered logits in float64, fitted by known formulas at any "
    "temperature; every label"
)

RECOGNISERS: tuple[Callable[[Samples], Mistake | None], ...] = (
    not_finite_when_equal,
    label_not_taught,
    pushes_another_class,
    squashed_target,
    target_weights,
    weight_of_prediction,
    forgotten_logarithm,
    log_probability_in_factor,
    weight_in_factor,
    softmax_twice,
    softmax_before_sigmoid,
    squared_error,
    sparsemax_squared,
    probability_lost,
    logits_as_probabilities,
    never_certain,
    pushed_back_when_right,
    no_for_another_logit,
    own_similarity,
    margin_on_the_wrong_side,
    angle_on_the_wrong_side,
    angle_of_every_class,
    one_class_only,
    label_scaled_otherwise,
    same_logits_for_all,
    pushes_rival_up,
    dead_region,
    clipped,
    clamped_logarithm,
    held_value,
    constant_in_logarithm,
    log_of_probability,
    power_of_nothing,
)
CONSEQUENCES: Mapping[str, frozenset[str]] = {
    "softmax applied twice": frozenset({"never certain", "dead region"}),
    "softmax before a sigmoid": frozenset({"never certain", "dead region"}),
    "target squashed": frozenset({"never certain", "label smoothing"}),
    "never certain": frozenset({"dead region"}),
    "angle in degrees": frozenset(
        {"never certain", "wrong sign", "wrong label convention", "pushes a rival up"}
    ),
    "margin on every class": frozenset(
        {"never certain", "wrong sign", "pushes a rival up"}
    ),
    "no is not 1 - yes": frozenset({"wrong label convention"}),
    "own similarity in the normaliser": frozenset(
        {"never certain", "probability lost", "same logits for every label"}
    ),
    "clipped probability": frozenset({"dead region"}),
    "clipped value": frozenset({"dead region"}),
    "logarithm clamped": frozenset(
        {"dead region", "NaN when right", "logarithm of a probability"}
    ),
    "one class only": frozenset({"same logits for every label"}),
    "label scaled otherwise": frozenset({"same logits for every label"}),
    "probability lost": frozenset({"same logits for every label"}),
    "wrong sign": frozenset({"never certain"}),
    "wrong label convention": frozenset({"never certain"}),
    "logits taken for probabilities": frozenset(
        {"dead region", "not finite at equal logits", "one class only"}
    ),
}
"""What follows from a mistake, and is not told beside it."""


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer for every mistake, or one that says that none was recognised."""
    samples = sample(subject, config)
    mistakes = dict[str, Mistake]()
    for recognise in RECOGNISERS:
        mistake = recognise(samples)
        if mistake is not None:
            mistakes.setdefault(mistake.verdict, mistake)
    for verdict in tuple(mistakes):
        for consequence in CONSEQUENCES.get(verdict, ()):
            mistakes.pop(consequence, None)
    if not mistakes:
        none = Mistake(
            verdict="none recognised",
            severity="fine",
            text="None of the common mistakes was recognised.",
        )
        return [_answer(none)]
    return [_answer(mistake, samples.temperature) for mistake in mistakes.values()]


def _answer(mistake: Mistake, temperature: float = 1.0) -> Answer:
    text = mistake.text
    if mistake.of_scaled and abs(temperature - 1) > SAME:
        text += (
            f" All of this is about {logits_over(temperature)} in place of the logits."
        )
    return Answer(
        question=QUESTION,
        verdict=mistake.verdict,
        severity=mistake.severity,
        text=text,
        method=METHOD,
        number=mistake.number,
        witness=mistake.witness,
    )

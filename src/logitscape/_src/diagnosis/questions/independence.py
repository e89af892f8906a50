"""The independence of the examples in a batch.

Examples that are alike hide what they do to each other, as a maximum that is taken over the
whole batch. So the rows differ by all that matters: their offsets, scales and labels.
"""

import numpy as np

from ..answers import Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, finite, one_hot, rounded, row
from ..programs import Precision
from ..random_logits import scattered_logits
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .batch_influence import (
    Batch,
    Influence,
    compares_all_pairs,
    factor_of_gradients,
    in_one_batch,
    influence,
    is_finite_together,
)
from .scattered_points import Points

SCALES = (1.0, 0.1, 4.0, 1.0, 1.0)
OFFSETS = (0.0, 0.0, 0.0, 45.0, -45.0)
"""Factors and common offsets of the logits of the examples, all of which are ordinary."""
EXAMPLES = len(SCALES)
INFLUENCE = "examples influence each other"
WRONG_GRADIENT = "gradient is not that of the loss"
FEW_DIGITS = 0.03
"""Relative error of a batch that half precision explains: four roundings of bfloat16."""
CLOSE, FARTHEST = 10.0, 100.0
"""Distances of two rows that are nearly alike, and of the farthest ordinary ones."""


def compare_with_batch(
    subject: Subject,
    config: DiagnosisConfig,
    points: Points,
    *,
    few_digits: bool = False,
) -> list[Answer]:
    """Whether an example in a batch has the loss that it has alone.

    No other example's loss may have a gradient in its logits either. There is no answer if
    the function takes one example only.

    Args:
        subject: Loss.
        config: Configuration of the diagnosis.
        points: Logits and labels.
        few_digits: Whether the loss computes in half precision inside, whose rounding is larger.
    """
    if subject.in_batches is None or len(points.z) < EXAMPLES:
        return []
    worst: float | None = None
    # A loss that casts its logits to float32 has the digits of float32 whatever it is given.
    wide = "float32" if points.are_rounded else _wide(subject)
    for dtype in dict.fromkeys((wide, config.dtype)):
        batch = _batch(subject, points, dtype)
        if not finite(evaluate(subject, batch.z, batch.labels, dtype=dtype)).all():
            # What precision says of these examples alone is no influence of others.
            continue
        found = influence(subject, batch)
        factor = None if few_digits else factor_of_gradients(subject, batch)
        if factor is not None:
            return [_multiplied(subject, batch, factor)]
        explained = few_digits and bool((found.error <= FEW_DIGITS).all())
        if not found.is_rounding(dtype) and not explained:
            return [_dependent(subject, batch, found)]
        worst = max(worst or 0.0, float(found.error.max()))
    if worst is None:
        return []
    answer = Answer(
        question=CONSISTENCY,
        verdict="examples are independent",
        severity="fine",
        text="an example in a batch is as it is alone.",
        method=_method(config.dtype),
        number=worst,
    )
    return [answer]


def finite_in_batches_only(subject: Subject, config: DiagnosisConfig) -> Answer | None:
    """A loss with statistics of the batch, which one example alone does not have."""
    if subject.in_batches is None:
        return None
    n = config.num_classes
    z = subject.domain.fit(scattered_logits(config.random(), (EXAMPLES, n)))
    batch = Batch(z, np.arange(EXAMPLES) % n, _wide(subject))
    alone = evaluate(subject, batch.z, batch.labels, dtype=batch.dtype)
    if finite(alone).any() or not is_finite_together(subject, batch):
        return None
    text = (
        "loss and gradient of an example alone are not finite, and those of a batch are: the "
        "loss of an example depends on the others (an axis mixed up, or statistics of the batch)."
    )
    return _influence(subject, batch, text)


def _wide(subject: Subject) -> Precision:
    return "float32" if subject.refusal else "float64"


def _method(dtype: Precision) -> str:
    return (
        f"{EXAMPLES} examples of other offsets, scales and labels in one call and one at a "
        f"time, and the Jacobian between them, float64 and {dtype}"
    )


def _batch(subject: Subject, points: Points, dtype: Precision) -> Batch:
    """Examples that differ; one that is outside the domain then stays as it was."""
    before = points.z[:EXAMPLES]
    labels = points.labels[:EXAMPLES]
    moved = before * np.array(SCALES)[:, None] + np.array(OFFSETS)[:, None]
    moved = subject.domain.fit(moved)
    inside = finite(evaluate(subject, moved, labels, dtype=dtype))
    z = rounded(np.where(inside[:, None], moved, before), dtype)
    return Batch(z, labels, dtype)


def _multiplied(subject: Subject, batch: Batch, factor: float) -> Answer:
    """The gradient of a mean or sum that is a multiple of what it should be."""
    text = (
        f"The {subject.reduction} of the losses of {EXAMPLES} examples is right, and its gradient "
        f"is {factor:.4g} times what it should be: a custom rule forgets the division by the "
        "number of examples, or does it twice."
    )
    shows = f"the gradient in a batch is {factor:.4g} times that of the example"
    return Answer(
        question=CONSISTENCY,
        verdict=WRONG_GRADIENT,
        severity="fault",
        text=text,
        method=_method(batch.dtype),
        number=factor,
        witness=Witness(
            logits=row(batch.z[0]),
            target=one_hot(int(batch.labels[0]), batch.z.shape[1]),
            shows=shows,
            expression="gradient in a batch",
            dtype=batch.dtype,
            others=tuple(map(row, batch.z[1:])),
            other_labels=tuple(map(int, batch.labels[1:])),
        ),
    )


def _dependent(subject: Subject, batch: Batch, found: Influence) -> Answer:
    if compares_all_pairs(subject, batch):
        return _of_all_pairs(subject, batch)
    example = int(np.argmax(_nan_as_infinite(found.error)))
    pair = _pair(subject, batch, example)
    loss = float(found.together[example])
    text = (
        f"loss {found.alone[example]:.4g} alone, {loss:.4g} in a batch of {EXAMPLES}: "
        "the loss of an example depends on the others "
        "(an axis mixed up, or statistics of the batch)."
    )
    distance = _breaks_from(subject, batch)
    if distance is not None:
        pair = _apart(batch, distance)
        text = (
            f"In {batch.dtype} the loss is {_fault(subject, pair)} once rows of a batch "
            f"differ by {distance:g}, although each is as it should be alone: the loss of an "
            "example depends on the others, as with a maximum taken over the whole batch."
        )
    error = float(found.error[example])
    number = error if distance is None else distance
    return _influence(subject, pair, text, number)


def _of_all_pairs(subject: Subject, batch: Batch) -> Answer:
    """The answer that every example has every label of its batch."""
    text = (
        f"The loss of {EXAMPLES} examples is the mean over all {EXAMPLES**2} pairs of an example "
        "and a label: logits [N, 1] and labels [N] broadcast to [N, N], so that every example "
        "is taught every label of its batch."
    )
    return _influence(subject, batch, text, verdict="labels broadcast")


def _influence(
    subject: Subject,
    shown: Batch,
    text: str,
    number: float | None = None,
    verdict: str = INFLUENCE,
) -> Answer:
    """The answer that examples influence each other, as the shown batch shows."""
    return Answer(
        question=CONSISTENCY,
        verdict=verdict,
        severity="fault",
        text=text,
        method=_method(shown.dtype),
        number=number,
        witness=_witness(subject, shown),
    )


def _nan_as_infinite(error: Rows) -> Rows:
    return np.where(np.isnan(error), np.inf, error)


def _pair(subject: Subject, batch: Batch, example: int) -> Batch:
    """The example and the one other that changes its loss most; the whole batch if none does."""
    pairs = [
        Batch(batch.z[[example, other]], batch.labels[[example, other]], batch.dtype)
        for other in range(EXAMPLES)
        if other != example
    ]
    errors = []
    for pair in pairs:
        found = influence(subject, pair)
        # Losses are easier to read than gradients; where they agree, the pair comes last.
        same = found.together[0] == found.alone[0] or found.is_rounding(pair.dtype)
        errors.append(0.0 if same else float(_nan_as_infinite(found.error)[0]))
    worst = int(np.argmax(errors))
    if errors[worst] > 0:
        return pairs[worst]
    order = [example, *(other for other in range(EXAMPLES) if other != example)]
    return Batch(batch.z[order], batch.labels[order], batch.dtype)


def _breaks_from(subject: Subject, batch: Batch) -> float | None:
    """The distance of two rows from which on they disturb each other, to 1.

    None if they do so at small distances too, or at none.
    """
    low, high = CLOSE, FARTHEST
    if _disturb(subject, _apart(batch, low)) or not _disturb(
        subject, _apart(batch, high)
    ):
        return None
    while high - low > 1:
        middle = float(np.floor((low + high) / 2))
        if _disturb(subject, _apart(batch, middle)):
            high = middle
        else:
            low = middle
    return high


def _apart(batch: Batch, distance: float) -> Batch:
    """Two rows that differ by an offset only; the lower one is the first."""
    offsets = np.array([[-distance / 2], [distance / 2]])
    z = rounded(np.round(batch.z[:1], 1) + offsets, batch.dtype)
    return Batch(z, batch.labels[[0, 0]], batch.dtype)


def _disturb(subject: Subject, pair: Batch) -> bool:
    """Whether the losses of a batch differ from those alone, which are finite."""
    alone = evaluate(subject, pair.z, pair.labels, dtype=pair.dtype)
    together = influence(subject, pair)
    return bool(finite(alone).all()) and not together.is_rounding(pair.dtype)


def _fault(subject: Subject, pair: Batch) -> str:
    together, cross_gradients = in_one_batch(subject, pair)
    is_finite = np.isfinite(together).all() and np.isfinite(cross_gradients).all()
    return "wrong" if is_finite else "not finite"


def _witness(subject: Subject, batch: Batch) -> Witness:
    """The batch with its most disturbed example in front."""
    found = influence(subject, batch)
    order = np.argsort(-_nan_as_infinite(found.error), kind="stable")
    batch = Batch(batch.z[order], batch.labels[order], batch.dtype)
    alone, together = found.alone[order[0]], found.together[order[0]]
    shows = f"loss {together:.6g} in a batch, {alone:.6g} alone"
    if np.isfinite(alone) and alone == together:
        shows = "a gradient of the first loss in the logits of another example"
    return Witness(
        logits=row(batch.z[0]),
        target=one_hot(int(batch.labels[0]), batch.z.shape[1]),
        shows=shows,
        expression="batch",
        dtype=batch.dtype,
        others=tuple(map(row, batch.z[1:])),
        other_labels=tuple(map(int, batch.labels[1:])),
    )

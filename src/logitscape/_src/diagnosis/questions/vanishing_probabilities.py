"""Mistakes with a probability that rounds to 0 or 1, or is kept from it by a constant."""

import numpy as np

from ..answers import Witness
from ..evaluation import evaluate, finite_rows, one_hot, row
from ..levels import level_at
from ..simplify import format_first
from .links import CLIPPED
from .mistake_samples import FAR, Mistake, Samples, target_weights_of

BETWEEN = 81
"""Number of distances between a finite loss and an infinite one."""
SLOW = 10.0
"""Largest loss, in units of what a linear one would be, that a logarithm has before it is inf."""
BEFORE_OVERFLOW, BEYOND_OVERFLOW = 709.2, 720.0
"""Logits of which e^z is finite in float64, and is not."""
FLOAT32_OVERFLOW = 88.73
EPSILON = 1e-7
"""The catalogue's own constant inside the logarithm."""


def clipped(samples: Samples) -> Mistake | None:
    """A probability that is kept from 0 by a clip, or by a constant inside the logarithm."""
    identity = samples.identity
    if identity is None:
        return None
    epsilon = identity.parameters.get("epsilon", EPSILON)
    if identity.spec == f"softmax + {CLIPPED}":
        verdict, fate = "clipped probability", "is exactly 0"
    elif identity.spec == "softmax + clipped_cross_entropy":
        verdict, fate = "epsilon inside the logarithm", "fades"
    else:
        return None
    return _kept_from_zero(samples, epsilon, verdict=verdict, fate=fate)


def _kept_from_zero(
    samples: Samples, epsilon: float, *, verdict: str, fate: str
) -> Mistake:
    gap = -np.log(epsilon)
    distance = float(np.ceil(gap + 5))
    logits = samples.far_logits(distance)
    gradient = evaluate(samples.subject, [logits], 0).gradient[0]
    wrong_by = samples.temperature * distance
    witness = Witness(
        logits=logits,
        target=one_hot(0, samples.num_classes),
        shows=(
            f"the label is wrong by {wrong_by:g}; gradient = {format_first(gradient)}"
        ),
    )
    largest_gap = samples.temperature * gap
    text = (
        f"The probability is kept above {epsilon:.2g}: the gradient {fate} once the label "
        f"is wrong by more than {largest_gap:.3g}, and the loss never rises beyond that."
    )
    severity = level_at("fault", [largest_gap], samples.subject.domain)
    return Mistake(verdict, severity, text, epsilon, witness)


def log_of_probability(samples: Samples) -> Mistake | None:
    """Cross-entropy as the logarithm of a softmax that underflows to 0."""
    is_cross_entropy = any(True for _ in target_weights_of(samples))
    loss = samples.far.loss[-1]
    gradient = samples.far.gradient[-1]
    underflows = not np.isfinite(loss) or not np.isfinite(gradient).all()
    if underflows and _difference_overflows(samples):
        # Those of the logits themselves overflow under a common shift, too.
        of_logits = _exponential_overflows(samples)
        return _overflow(samples) if of_logits else _overflow_of_difference(samples)
    if not is_cross_entropy or not underflows:
        return _log_of_nothing(samples)
    if _exponential_overflows(samples):
        return _overflow(samples)
    distance = float(FAR[-1])
    shows = (
        f"loss = {float(loss):g}, gradient = {format_first(gradient)}; "
        f"it should be {distance:g}"
    )
    text = (
        "The logarithm is taken of a probability, which underflows: loss and gradient are "
        "infinite or NaN once the label is wrong by about 104 in float32 (745 in float64)."
    )
    return Mistake(
        verdict="logarithm of a probability",
        severity="fault",
        text=text,
        number=distance,
        witness=Witness(
            samples.far_logits(distance), one_hot(0, samples.num_classes), shows
        ),
    )


def _exponential_overflows(samples: Samples) -> bool:
    """Whether exponentials are taken of the logits themselves, and not of differences."""
    if samples.subject.domain.is_bounded:
        return False
    if samples.subject.one_logit:
        # A probability is subnormal there, which is rounded to 0, and e^x is still finite.
        logits = samples.far_logits(BEFORE_OVERFLOW)
        return bool(np.isfinite(evaluate(samples.subject, [logits], 0).loss[0]))
    beyond = np.array(samples.far_logits(1.0)) + samples.temperature * BEYOND_OVERFLOW
    return not np.isfinite(evaluate(samples.subject, [beyond], 0).loss[0])


def _difference_overflows(samples: Samples) -> bool:
    """Whether the loss is finite until the exponential of how wrong the label is overflows."""
    if samples.subject.domain.is_bounded or samples.subject.one_logit:
        return False
    z = [samples.far_logits(s) for s in (BEFORE_OVERFLOW, BEYOND_OVERFLOW)]
    before, beyond = np.isfinite(evaluate(samples.subject, z, 0).loss)
    return bool(before and not beyond)


def _overflow_of_difference(samples: Samples) -> Mistake:
    wrong_by = samples.temperature * FLOAT32_OVERFLOW
    text = (
        "The exponential of the difference of two logits is taken as it is, and overflows: the "
        f"loss is infinite or NaN once the label is wrong by {wrong_by:.3g} in float32 "
        f"({samples.temperature * BEFORE_OVERFLOW:.3g} in float64). Subtract the largest first, "
        "as logsumexp and softplus do."
    )
    logits = samples.far_logits(BEYOND_OVERFLOW)
    loss = float(evaluate(samples.subject, [logits], 0).loss[0])
    # Two ordinary logits differ by twice as much as each of them is large.
    severity = level_at("fault", [wrong_by / 2], samples.subject.domain)
    witness = Witness(
        logits, one_hot(0, samples.num_classes), f"loss = {loss:g}", "loss"
    )
    return Mistake("exponential overflows", severity, text, BEYOND_OVERFLOW, witness)


def _overflow(samples: Samples) -> Mistake:
    one_logit = samples.subject.one_logit
    logits = np.array(samples.far_logits(BEYOND_OVERFLOW))
    if not one_logit:
        logits = np.full(samples.num_classes, samples.temperature * BEYOND_OVERFLOW)
    loss = float(evaluate(samples.subject, [logits], 0).loss[0])
    text = (
        "The exponential of a logit is taken as it is, and overflows: the loss is infinite or NaN "
        "once a logit is above 88.7 in float32 (709 in float64, 11 in float16)."
    )
    # Many logits may have any common shift, and one logit has none.
    severity = (
        level_at("fault", [FLOAT32_OVERFLOW], samples.subject.domain)
        if one_logit
        else "fault"
    )
    witness = Witness(
        row(logits), one_hot(0, samples.num_classes), f"loss = {loss:g}", "loss"
    )
    return Mistake("exponential overflows", severity, text, BEYOND_OVERFLOW, witness)


def _log_of_nothing(samples: Samples) -> Mistake | None:
    """A loss that rises no faster than a logarithm can, and then is infinite at once."""
    scattered = samples.values[0].loss
    loss = samples.far.loss
    sudden = np.isposinf(loss[1:]) & np.isfinite(loss[:-1])
    if not np.isfinite(scattered).all() or not sudden.any():
        return None
    first = int(np.argmax(sudden))
    # Exponentials grow far beyond this before they overflow.
    if loss[first] > SLOW * (1 + FAR[first] * np.ptp(scattered)):
        return None
    distance, infinite = _first_infinite(samples, FAR[first], FAR[first + 1])
    wrong_by = f"{samples.temperature * distance:.3g}"
    text = (
        "The logarithm is taken of a probability, or of 1 less one, which rounds to 0: the loss "
        f"is infinite where the label is wrong by {wrong_by}. Use log_softmax and log1p."
    )
    shows = f"the label is wrong by {wrong_by}; loss = {infinite:g}"
    far = samples.far_logits(distance)
    witness = Witness(far, one_hot(0, samples.num_classes), shows, "loss")
    severity = level_at("fault", far, samples.subject.domain)
    return Mistake("logarithm of a probability", severity, text, distance, witness)


def _first_infinite(
    samples: Samples, finite_at: float, infinite_at: float
) -> tuple[float, float]:
    """The first of a row of distances at which the loss is infinite, and the loss there."""
    distances = np.linspace(finite_at, infinite_at, BETWEEN)[1:]
    z = np.array([samples.far_logits(distance) for distance in distances])
    loss = evaluate(samples.subject, z, 0).loss
    first = int(np.argmax(~np.isfinite(loss)))
    return float(distances[first]), float(loss[first])


def power_of_nothing(samples: Samples) -> Mistake | None:
    """A gradient that is NaN or infinite once p rounds to 1.

    That of `(1 - p)^gamma` with gamma < 1 is a negative power of 0 there.
    """
    finite_loss = np.isfinite(samples.right.loss)
    bad = finite_loss & ~finite_rows(samples.right.gradient)
    if not bad.any():
        return None
    first = int(np.argmax(bad))
    distance = float(FAR[first])
    gradient = format_first(samples.right.gradient[first])
    text = (
        "The gradient is NaN or infinite once the label's probability rounds to 1, as of "
        "(1 - p)^gamma with gamma below 1: "
        "about 17 of margin in float32, 37 in float64."
    )
    witness = Witness(
        logits=samples.far_logits(distance),
        target=one_hot(1, samples.num_classes),
        shows=f"gradient = {gradient} although the loss is finite",
    )
    return Mistake("NaN when right", "fault", text, distance, witness)

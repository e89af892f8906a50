"""Logarithms of probabilities that are kept from infinity by a constant, however wrong a logit is.

A loss that equals a known formula at ordinary logits, and has one and the same value wherever the
label is very wrong, is such a formula with a clamp. Where the probability beside it rounds to 0,
as 1 - p does, the loss jumps to the constant: torch's binary cross-entropy does so.
"""

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, one_hot
from ..levels import level_at
from .mistake_samples import FAR, Mistake, Samples

OF_EACH_LOGIT = "one_vs_rest"
SAME = 1e-6
"""Relative difference of losses far out that are one constant."""
JUMPS = 1.5
"""How many times as large as it is without the clamp a loss is that jumps to its constant."""


def clamped_logarithm(samples: Samples) -> Mistake | None:
    """A known loss that ends in a constant: the probability, or its logarithm, is clamped."""
    identity = samples.recognised.identity
    if identity is None or identity.holds_far_out or samples.identity is not None:
        return None
    height = _heights(samples, identity.factor)
    end = height[-1]
    at_end = np.abs(height - end) <= SAME * end
    if not (np.isfinite(height).all() and end > 0 and at_end[-2:].all()):
        return None
    first = int(np.argmax(at_end))
    if end > JUMPS * FAR[first]:
        return _jump(samples, float(end), float(FAR[first]))
    # Under a softmax a clip of the logits looks alike, and one of the probability is fitted.
    of_each_logit = identity.spec == OF_EACH_LOGIT or samples.subject.one_logit
    return _clip(samples, float(end)) if of_each_logit else None


def _heights(samples: Samples, factor: float) -> Rows:
    """The losses where the label is wrong above those where it is right, in logarithms."""
    heights: Rows = (samples.far.loss - samples.right.loss) / factor
    return heights


def _jump(samples: Samples, end: float, distance: float) -> Mistake:
    wrong_by = samples.temperature * distance
    text = (
        f"The logarithm is kept above -{end:.4g}, as torch.nn.BCELoss keeps it above -100. "
        "Where a logit is wrong by more than 17 in float32, 37 in float64, 1 less its "
        f"probability rounds to 0: the loss jumps to {end:.4g} and no gradient is left. "
        "Give the logits to a loss that takes them, such as BCEWithLogitsLoss or "
        "optax.sigmoid_binary_cross_entropy."
    )
    shows = f"the label is wrong by {wrong_by:g}; the loss is that of {end:.4g}"
    far = samples.far_logits(distance)
    witness = Witness(far, one_hot(0, samples.num_classes), shows)
    return Mistake("logarithm clamped", "fault", text, end, witness)


def _clip(samples: Samples, end: float) -> Mistake:
    gap = samples.temperature * end
    text = (
        f"The probability is kept above {np.exp(-end):.2g}: the gradient is 0 once a logit is "
        f"wrong by more than {gap:.3g}, and the loss never rises beyond that."
    )
    far = samples.far_logits(float(np.ceil(end + 5)))
    shows = f"the label is wrong by {max(far):g}, and the gradient is 0"
    witness = Witness(far, one_hot(0, samples.num_classes), shows)
    severity = level_at("fault", [gap], samples.subject.domain)
    return Mistake("clipped probability", severity, text, float(np.exp(-end)), witness)

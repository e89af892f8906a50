"""What a loss does to its logits first: a soft cap, a division by their norm, angles of cosines."""

import numpy as np

from ..answers import Answer
from ..evaluation import Rows, Values
from .design import Design
from .label_angles import added_angle, scale_of_cosines
from .samples import EXACT, Samples, evaluate_labels, is_close
from .target_forms import FADING

CAPS = np.geomspace(0.5, 500, 400)
"""Soft caps from which the search for the exact one starts."""
REFINEMENTS = 6
SATURATED = 2.0
"""Logits beyond this multiple of a soft cap move by less than a tenth of what they should."""
NEVER = "never corrects itself"
LONG = 10.0
"""Factor of the wide logits by which they are longer than any limit of their norm."""
NORM_TOLERANCE = 1e-5


def soft_cap(samples: Samples) -> list[Design]:
    """Logits that go through `c tanh(z / c)` before the softmax.

    The slopes in the rivals' logits are then in the proportions `e^F(z_k)` with
    `F(z) = log(1 - tanh(z / c)^2) + s c tanh(z / c)`.
    """
    label = samples.num_classes - 1
    gradient = samples.gradients(samples.at_wide)[-1]
    if samples.num_classes < 3 or not (gradient[:, :label] > 0).all():
        return []
    z = samples.wide[:, :2]
    ratio = np.log(gradient[:, 0]) - np.log(gradient[:, 1])
    # Without a cap, that of the largest candidate would fit as well as any.
    if _misfit(CAPS[-1] * 1e3, z, ratio) <= EXACT:
        return []
    cap = _best_cap(z, ratio)
    if _misfit(cap, z, ratio) > EXACT:
        return []
    text = f"The logits go through {cap:.4g} tanh(z / {cap:.4g}), a soft cap."
    price = (
        f"Beyond the cap of {cap:.4g} the gradient fades like e^(-2 |z| / {cap:.4g}): "
        "a logit that is far outside hardly comes back."
    )

    def explains(answer: Answer) -> bool:
        # Of a saturated logit only, and only that it has no gradient any more.
        if answer.verdict not in ("dies", "gradient lost while wrong", NEVER):
            return False
        return _largest(answer) > SATURATED * cap

    return [
        Design(
            name="soft cap",
            severity="trade",
            text=text,
            price=price,
            explains=explains,
            costs=FADING | {"gradient lost while wrong"},
            has_bound=True,
            number=cap,
        )
    ]


def _best_cap(z: Rows, ratio: Rows) -> float:
    """The cap that fits best, by a search that narrows down."""
    caps = CAPS
    for _ in range(REFINEMENTS):
        misfits = [_misfit(cap, z, ratio) for cap in caps]
        best = int(np.argmin(misfits))
        low, high = caps[max(best - 1, 0)], caps[min(best + 1, len(caps) - 1)]
        caps = np.linspace(low, high, 40)
    return float(caps[int(np.argmin([_misfit(cap, z, ratio) for cap in caps]))])


def _misfit(cap: float, z: Rows, ratio: Rows) -> float:
    """The largest deviation of the logarithms of the slopes' ratios, relative to their size."""
    moved = np.tanh(z / cap)
    with np.errstate(divide="ignore"):
        steepness = np.log1p(-(moved**2))
    rest = ratio - (steepness[:, 0] - steepness[:, 1])
    capped = cap * (moved[:, 0] - moved[:, 1])
    scale = rest @ capped / (capped @ capped)
    deviation: float = np.max(np.abs(rest - scale * capped) / (1 + np.abs(ratio)))
    return deviation


def norm_invariance(samples: Samples) -> list[Design]:
    """Logits whose common factor has no effect, as of those that are divided by their norm.

    A norm that is only limited counts too, as the logits are tried where they are long.
    """
    far = LONG * samples.wide
    values = evaluate_labels(samples.subject, far, samples.labels)
    if not np.isfinite(values.loss).all() or not _are_at_right_angles(samples, values):
        return []
    longer = samples.evaluate(LONG * far)
    if not is_close(longer, samples.losses(values), NORM_TOLERANCE):
        return []
    near = samples.losses(samples.at_wide)
    everywhere = is_close(near, samples.losses(values), NORM_TOLERANCE)
    where = "" if everywhere else ", once they are long enough"
    price = (
        "The gradient is at a right angle to the logits and fades like 1/|z|: "
        "along a ray from 0 nothing changes, and at 0 there is a pole."
    )
    return [
        Design(
            name="norm-invariant",
            severity="trade",
            text=(
                f"A common factor of the logits has no effect{where}: "
                "only their direction counts."
            ),
            price=price,
            explains=_is_of_a_direction,
            costs=FADING,
            has_bound=True,
        )
    ]


def _are_at_right_angles(samples: Samples, values: Values) -> bool:
    """Whether gradients are at right angles to the wide logits everywhere, and not 0."""
    gradients = samples.gradients(values)
    along = np.abs((gradients * samples.wide).sum(axis=2))
    sizes = np.linalg.norm(gradients, axis=2) * np.linalg.norm(samples.wide, axis=1)
    return bool(sizes.any(axis=1).all() and (along <= NORM_TOLERANCE * sizes).all())


def _is_of_a_direction(answer: Answer) -> bool:
    """Whether an answer is about a ray through 0, along which nothing can change, or about 0."""
    if answer.verdict == "not finite at equal logits":
        return _largest(answer) == 0
    if answer.verdict != "dies":
        return False
    rays = answer.details.get("rays", ())
    return all(ray["origin"] == 0 for ray in rays if ray["verdict"] == "dies")


def cosines(samples: Samples) -> list[Design]:
    """Margins of angles: the logits are cosines, of which the label's angle is changed."""
    label = samples.labels[0]
    scale = scale_of_cosines(samples, label)
    angle = None if scale is None else added_angle(samples, label, scale)
    if angle is None or not 0 < angle < np.pi / 2:
        return []
    price = (
        "The logits are cosines, between -1 and 1, and what happens beyond them never does; "
        "`domain=(-1, 1)` keeps the questions inside."
    )
    return [
        Design(
            name="angular margin",
            severity="trade",
            text=(
                f"{angle:.4g} is added to the angle of the label's cosine; the scale is "
                f"{scale:.4g}."
            ),
            price=price,
            explains=lambda answer: _largest(answer) > 1,
            costs=frozenset({"dies", "leaves the domain"}),
            number=scale,
        )
    ]


def _largest(answer: Answer) -> float:
    """The size of the largest finite logit of an answer's witness; 0 without a witness."""
    logits = np.array(() if answer.witness is None else answer.witness.logits)
    return float(np.max(np.abs(logits[np.isfinite(logits)]), initial=0))

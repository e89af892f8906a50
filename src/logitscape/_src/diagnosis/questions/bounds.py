"""Bounds of a loss, of its gradient and of its curvature."""

import numpy as np

from ..answers import Answer, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..random_logits import normal_logits
from ..simplify import format_number, format_vector
from ..subject import Subject
from ..vocabulary import BOUNDS, JUMPS
from .shells import CREEPS, GROWS, HUGE, SPECIAL, Shells, gradient_norms, grows, shells
from .smoothness import smoothness

ORDINARY = 10.0
"""Largest logit of a pole that matters."""
REGION_SHARE = 0.01
"""Share of scattered logits from which infinite losses fill a region."""
WIDTHS = np.geomspace(0.3, 1e-9, 24)
"""Widths of the search around the steepest point, which closes in on a pole if there is one."""
NEIGHBOURS = 128
METHOD = "float64, {n} classes, {m} logits in shells of all sizes from 1e-8 to 1e6"


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The bounds of the values, of the curvature and of the gradient.

    A loss that jumps has no bound of its gradient.
    """
    evaluated = shells(subject, config.num_classes, config.random())
    method = METHOD.format(n=config.num_classes, m=evaluated.loss.size)
    if not np.isfinite(evaluated.loss).any():
        why = "the loss is nowhere finite among the logits that were tried"
        return [undecided(BOUNDS, why, method)]
    of_values = _values(evaluated, method)
    of_curvature = smoothness(subject, config)
    if of_curvature.verdict == JUMPS:
        return [of_values, of_curvature]
    if np.isnan(evaluated.norm).all():
        why = "the gradient is nowhere finite among the logits that were tried"
        return [of_values, of_curvature, undecided(BOUNDS, why, method)]
    of_gradient = _steepness(evaluated, method, config.random())
    return [of_values, of_curvature, of_gradient]


def _values(evaluated: Shells, method: str) -> Answer:
    loss = evaluated.loss
    finite = np.where(np.isfinite(loss), loss, np.nan)
    low = float(np.nanmin(finite)) + 0.0
    high = float(np.nanmax(finite)) + 0.0
    if grows(-finite, CREEPS) or np.isneginf(loss).any():
        return Answer(
            question=BOUNDS,
            verdict="unbounded below",
            severity="fault",
            text=f"The loss falls without bound, to {format_number(low)} and on.",
            method=method,
            witness=evaluated.witness(-loss, "loss"),
        )
    poles = np.isposinf(loss) & (np.abs(evaluated.z).max(axis=2) <= ORDINARY)
    if poles.any():
        return _infinite(evaluated, poles, method)
    if high - low <= 1e-9 * abs(high):
        text = (
            f"The loss is {format_number(high)} wherever it was tried: "
            "nothing can be learnt from it."
        )
        return Answer(
            question=BOUNDS,
            verdict="constant",
            severity="fault",
            text=text,
            method=method,
            number=high,
            witness=evaluated.witness(finite, "loss"),
        )
    if grows(finite, CREEPS) or np.isposinf(loss).any() or high > HUGE:
        return Answer(
            question=BOUNDS,
            verdict="unbounded above",
            severity="fine",
            text=f"The loss is at least {format_number(low)} and has no upper bound.",
            method=method,
            number=low,
        )
    text = f"The loss stays between {format_number(low)} and {format_number(high)}"
    if evaluated.subject.domain.is_bounded:
        text += f" for {evaluated.subject.domain}."
    else:
        text += (
            ": its gradient must fade somewhere when wrong, and it cannot be convex."
        )
    return Answer(
        question=BOUNDS,
        verdict="bounded",
        severity="note",
        text=text,
        method=method,
        number=high,
        witness=evaluated.witness(finite, "loss"),
        details={"low": low, "high": high},
    )


def _infinite(evaluated: Shells, poles: Rows, method: str) -> Answer:
    """Tell a region of ordinary logits, which scattered ones meet, from a set that they miss."""
    # The witness is the pole whose size is nearest to 1; 1e-300 avoids the logarithm of 0.
    largest = np.abs(evaluated.z).max(axis=2)
    distance = np.abs(np.log(largest + 1e-300))
    witness = evaluated.witness(np.where(poles, -distance, -np.inf), "loss")
    share = _share_of_scattered(evaluated, poles)
    if share > REGION_SHARE:
        text = (
            "The loss is infinite in a whole region of ordinary logits, "
            f"{share:.0%} of those that were scattered."
        )
        return Answer(
            question=BOUNDS,
            verdict="infinite losses",
            severity="fault",
            text=text,
            method=method,
            number=share,
            witness=witness,
        )
    text = (
        f"The loss is infinite at {format_vector(witness.logits)} and the like, "
        "and has no bound near."
    )
    return Answer(
        question=BOUNDS,
        verdict="pole",
        severity="note",
        text=text,
        method=method,
        witness=witness,
    )


def _share_of_scattered(evaluated: Shells, poles: Rows) -> float:
    """The share of poles among scattered logits in the domain; 1 if none is in the domain."""
    defined = (poles | np.isfinite(evaluated.loss))[:, SPECIAL:]
    if not defined.any():
        return 1.0
    return float(np.mean(poles[:, SPECIAL:][defined]))


def _steepness(evaluated: Shells, method: str, random: np.random.Generator) -> Answer:
    norm = evaluated.norm
    steepest = np.unravel_index(np.nanargmax(norm), norm.shape)
    label = int(evaluated.labels[steepest])
    norms = _climb(evaluated.subject, evaluated.z[steepest], label, random)
    unbounded = (
        norms[-1] > HUGE
        # Over seven widths, about two and a half decades.
        or norms[-1] > GROWS**3 * norms[-8]
        or grows(norm)
        # In reverse the shells close in on 0, where a norm may have its pole.
        or grows(norm[::-1])
    )
    largest = format_number(norms[-1])
    if unbounded:
        text = (
            "The gradient's norm has no bound: "
            f"it keeps growing, and reached {largest}."
        )
    else:
        text = f"The gradient's norm is at most {largest} (the Lipschitz constant)."
    return Answer(
        question=BOUNDS,
        verdict="gradient unbounded" if unbounded else "Lipschitz",
        severity="note" if unbounded else "fine",
        text=text,
        method=f"{method}, and a search around the steepest",
        number=norms[-1],
        witness=evaluated.witness(norm, "gradient"),
    )


def _climb(
    subject: Subject, z: Rows, label: int, random: np.random.Generator
) -> list[float]:
    """Search for steeper points around logits, in narrower and narrower neighbourhoods.

    Args:
        subject: Subject to evaluate.
        z: Logits to start from, [n].
        label: Label.
        random: Generator of the neighbours.

    Returns:
        The largest norm of the gradient at every width.
    """
    path = list[float]()
    for width in WIDTHS:
        spread = width * (1 + np.max(np.abs(z)))
        near = z + normal_logits(random, (NEIGHBOURS, len(z)), spread)
        # The point itself stays a candidate, so that the norms
        # never fall from width to width.
        near[0] = z
        norms = np.nan_to_num(gradient_norms(subject, near, label), nan=-1)
        steepest = int(np.argmax(norms))
        z = near[steepest]
        path.append(float(norms[steepest]))
    return path

"""How steep and how curved a loss gets, and whether its values have bounds."""

from collections.abc import Callable
from functools import partial

import numpy as np

from ..answers import Answer, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..simplify import listed, number
from ..subject import Subject
from .shells import CREEPS, GROWS, HUGE, SPECIAL, Shells, gradient_norms, grows, shells
from .smoothness import smoothness

QUESTION = "bounds"
ORDINARY = 10.0
WIDTHS = np.geomspace(0.3, 1e-9, 24)
"""Of the search around the steepest point: it closes in on a pole if there is one."""
METHOD = "float64, {n} classes, {m} logits in shells of all sizes from 1e-8 to 1e6"


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The bounds of the values, of the gradient and of the curvature."""
    seen = shells(subject, config.num_classes, config.random())
    method = METHOD.format(n=config.num_classes, m=seen.loss.size)
    if not np.isfinite(seen.loss).any():
        return [
            undecided(
                QUESTION,
                "the loss is nowhere finite among the logits that were tried",
                method,
            )
        ]
    found = [
        _values(seen, partial(Answer, QUESTION, method=method)),
        smoothness(subject, config),
    ]
    return (
        found
        if found[1].verdict == "jumps"
        else [*found, _steepness(seen, method, config.random())]
    )


def _values(seen: Shells, make: Callable[..., Answer]) -> Answer:
    finite = np.where(np.isfinite(seen.loss), seen.loss, np.nan)
    low, high = float(np.nanmin(finite)) + 0.0, float(np.nanmax(finite)) + 0.0
    poles = np.isposinf(seen.loss) & (np.abs(seen.z).max(axis=2) <= ORDINARY)
    if grows(-finite, CREEPS) or np.isneginf(seen.loss).any():
        witness = seen.witness(-seen.loss, "loss")
        return make(
            "unbounded below",
            "serious",
            f"The loss falls without bound, to {number(low)} and on.",
            witness=witness,
        )
    if poles.any():
        return _infinite(seen, poles, make)
    if high - low <= 1e-9 * abs(high):
        text = f"The loss is {number(high)} wherever it was tried: nothing can be learnt from it."
        return make(
            "constant",
            "serious",
            text,
            number=high,
            witness=seen.witness(finite, "loss"),
        )
    if grows(finite, CREEPS) or np.isposinf(seen.loss).any() or high > HUGE:
        return make(
            "unbounded above",
            "fine",
            f"The loss is at least {number(low)} and has no upper bound.",
            number=low,
        )
    text = f"The loss stays between {number(low)} and {number(high)}: its gradient must fade somewhere when wrong, and it "
    details = {"low": low, "high": high}
    return make(
        "bounded",
        "note",
        text + "cannot be convex.",
        number=high,
        witness=seen.witness(finite, "loss"),
        details=details,
    )


def _infinite(seen: Shells, poles: Rows, make: Callable[..., Answer]) -> Answer:
    """A region of ordinary logits, which scattered ones meet, or a set that they miss."""
    size = np.abs(np.log(np.abs(seen.z).max(axis=2) + 1e-300))
    witness = seen.witness(np.where(poles, -size, -np.inf), "loss")
    defined = poles | np.isfinite(seen.loss)
    share = (
        float(np.mean(poles[:, SPECIAL:][defined[:, SPECIAL:]]))
        if defined[:, SPECIAL:].any()
        else 1.0
    )
    if share > 0.01:
        text = f"The loss is infinite in a whole region of ordinary logits, {share:.0%} of those that were scattered."
        return make("infinite losses", "serious", text, number=share, witness=witness)
    return make(
        "pole",
        "note",
        f"The loss is infinite at {listed(witness.logits)} and the like, and has no bound near.",
        witness=witness,
    )


def _steepness(seen: Shells, method: str, random: np.random.Generator) -> Answer:
    at = np.unravel_index(np.nanargmax(seen.norm), seen.norm.shape)
    label = int(seen.labels[at])
    path = _climb(seen, seen.z[at], label, random)
    make = partial(
        Answer,
        QUESTION,
        method=f"{method}, and a search around the steepest",
        number=path[-1],
    )
    unbounded = (
        path[-1] > HUGE
        or path[-1] > GROWS**3 * path[-8]
        or grows(seen.norm)
        or grows(seen.norm[::-1])
    )
    if not unbounded:
        text = f"The gradient's norm is at most {number(path[-1])} (the Lipschitz constant)."
        return make(
            "Lipschitz", "fine", text, witness=seen.witness(seen.norm, "gradient")
        )
    text = f"The gradient's norm has no bound: it keeps growing, and reached {number(path[-1])}."
    return make(
        "gradient unbounded", "note", text, witness=seen.witness(seen.norm, "gradient")
    )


def _climb(
    seen: Shells, z: Rows, label: int, random: np.random.Generator
) -> list[float]:
    """The largest norms found, step by step, closing in on the steepest point near z [n]."""
    path = list[float]()
    for width in WIDTHS:
        near = z + width * (1 + np.max(np.abs(z))) * random.standard_normal(
            (128, len(z))
        )
        near[0] = z
        norms = np.nan_to_num(gradient_norms(seen.subject, near, label), nan=-1)
        z = near[np.argmax(norms)]
        path.append(float(np.max(norms)))
    return path

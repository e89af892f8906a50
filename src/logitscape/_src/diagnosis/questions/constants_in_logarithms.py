"""A constant inside a logarithm, found in the traced program of any loss.

Where `log(p + c)` is computed, the constant is left out. If the gradient of a very wrong answer is
then much larger, the constant is what makes it fade.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr

from ..answers import Witness
from ..evaluation import Rows, evaluate, one_hot
from ..levels import level_at
from ..simplify import format_first
from .edited_programs import Edit, Step, gradient_of_edited, run_edited
from .mistake_samples import Mistake, Samples
from .vanishing_probabilities import clipped

LARGEST = 0.1
"""Largest constant that somebody adds so that a logarithm stays finite."""
BEYOND = 5.0
"""How far beyond the constant a probability is, in logarithms, where its effect is measured."""
LOST = 10.0
"""Factor by which the gradient is smaller with the constant."""


def constant_in_logarithm(samples: Samples) -> Mistake | None:
    """A constant that is added to a probability before its logarithm is taken."""
    if samples.subject.opaque is not None or clipped(samples) is not None:
        return None
    n = samples.num_classes
    point = jnp.zeros(n)
    traced = jax.make_jaxpr(samples.subject.function)(point, point)
    target = np.eye(n)[0]
    epsilon = _constant(traced, np.zeros(n), target)
    if epsilon is None:
        return None
    gap = samples.temperature * -float(np.log(epsilon))
    far = samples.far_logits(float(np.ceil(-np.log(epsilon) + BEYOND)))
    slopes = evaluate(samples.subject, [far], 0).gradient[0]
    without = _gradient_without(traced, np.array(far), target)
    # Only the logit that is wrong may have lost its slope.
    steep = np.abs(without) > np.abs(without).max() / LOST
    lost = steep & (np.abs(without) > LOST * np.abs(slopes))
    if not (np.isfinite(without).all() and lost.any()):
        return None
    text = (
        f"The constant {epsilon:.2g} is added to a probability inside the logarithm: the gradient "
        f"fades once a logit is wrong by more than {gap:.3g}, where without the constant it would "
        f"be {np.abs(without).max():.3g}."
    )
    shows = f"wrong by {max(far):g}; gradient = {format_first(slopes)}"
    return Mistake(
        verdict="epsilon inside the logarithm",
        severity=level_at("fault", [gap], samples.subject.domain),
        text=text,
        number=epsilon,
        witness=Witness(far, one_hot(0, n), shows),
    )


def _constant(traced: ClosedJaxpr, z: Rows, target: Rows) -> float | None:
    """The largest constant that is added to what a logarithm is taken of; None if none is."""
    found = list[float]()

    def look(logarithm: Step, sum_: Step) -> Any:
        found.append(_size(sum_))
        return logarithm.output

    run_edited(traced, z, target, _at_logarithms_of_sums(look))
    return max(found, default=None)


def _gradient_without(traced: ClosedJaxpr, z: Rows, target: Rows) -> Rows:
    """The gradient where every logarithm is that of the number itself, [n]."""

    def leave_out(logarithm: Step, sum_: Step) -> Any:
        return jnp.log(sum_.given)

    def loss(logits: Any) -> Any:
        edit = _at_logarithms_of_sums(leave_out)
        return run_edited(traced, logits, target, edit)

    return gradient_of_edited(loss, z)


def _at_logarithms_of_sums(ask: Callable[[Step, Step], Any]) -> Edit:
    """An edit of one run that asks for every logarithm of a number plus a small constant.

    Args:
        ask: Function of the logarithm and of the sum to what is passed on.
    """
    # A step keeps its output alive, so that no other array gets the same id.
    sums = dict[int, Step]()

    def edit(step: Step) -> Any:
        if _adds_little(step):
            sums[id(step.output)] = step
        if step.name == "log" and id(step.given) in sums:
            return ask(step, sums[id(step.given)])
        return step.output

    return edit


def _adds_little(step: Step) -> bool:
    if step.name != "add" or not step.has_constant:
        return False
    return 0 < _size(step) <= LARGEST


def _size(step: Step) -> float:
    """The largest constant of a step; infinite if it is no plain number."""
    (added,) = step.constants
    if isinstance(added, jax.core.Tracer):
        return np.inf
    return float(np.max(np.asarray(added), initial=0.0))

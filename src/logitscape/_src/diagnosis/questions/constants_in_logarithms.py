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
from .edited_programs import Edit, Step, gradients_of_edited, notes_of_steps
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
    constants = _constants(traced, np.zeros(n), target)
    epsilon = float(np.max(constants, initial=0.0))
    if not epsilon:
        return None
    gap = samples.temperature * -float(np.log(epsilon))
    far = samples.far_logits(float(np.ceil(-np.log(epsilon) + BEYOND)))
    slopes = evaluate(samples.subject, [far], 0).gradient[0]
    without = _gradient_without(traced, constants, np.array(far), target)
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


def _constants(traced: ClosedJaxpr, z: Rows, target: Rows) -> Rows:
    """What is added to a number before its logarithm is taken, for every such logarithm, [k].

    It is 0 where that is nothing small.
    """
    sum_of = _sums()

    def note(step: Step) -> Any | None:
        sum_ = sum_of(step)
        return None if sum_ is None else jnp.max(sum_.constants[0], initial=0.0)

    sizes = np.array(notes_of_steps(traced, z, target, note), np.float64)
    return np.where(sizes <= LARGEST, sizes, 0.0)


def _gradient_without(
    traced: ClosedJaxpr, constants: Rows, z: Rows, target: Rows
) -> Rows:
    """The gradient where those logarithms are taken of the numbers themselves, [n]."""

    def new_edit() -> Edit:
        sum_of = _sums()
        small = iter(constants > 0)

        def leave_out(step: Step) -> Any:
            sum_ = sum_of(step)
            is_small = sum_ is not None and next(small)
            return jnp.log(sum_.given) if sum_ and is_small else step.output

        return leave_out

    (gradient,) = gradients_of_edited(traced, z[None], target[None], new_edit)
    without: Rows = gradient
    return without


def _sums() -> Callable[[Step], Step | None]:
    """For one run, a function of a step to the sum with a constant of which it is the logarithm."""
    # A step keeps its output alive, so that no other array gets the same id.
    sums = dict[int, Step]()

    def sum_of(step: Step) -> Step | None:
        if step.name == "add" and step.has_constant:
            sums[id(step.output)] = step
        return sums.get(id(step.given)) if step.name == "log" else None

    return sum_of

"""The gradient laws of objectives along a ray: the gradient and the loss as s -> infinity."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.messages import quoted
from ..base.program_keys import key_of_all
from ..base.settings import real_number
from ..base.stored import under_jit
from ..base.types import Number
from ..base.x64 import needs_float64
from ..engine import families
from ..landscapes.slice import Slice
from ..landscapes.slice_arguments import Coordinates, one_class
from ..landscapes.slices import ray
from ..objectives.grouping import by_normalizer
from ..objectives.named import named_objectives
from ..objectives.objective import Objective
from ..objectives.sources import Source, Sources
from .fit import START, find_law
from .law import Law
from .least_squares import Samples

Evaluate: TypeAlias = Callable[[Samples], NDArray[Any]]
"""Function from positions, [m], to the quantities, [quantity, objective, m]."""

QUANTITIES = ("slope", "pull", "norm", "loss")


@dataclass(frozen=True)
class GradientLaws:
    """How the gradient and the loss of one objective behave far out on a ray.

    Attributes:
        slope: Law of dL/ds, how fast the loss rises along the ray.
        pull: Law of -dL/dz_label, the force that raises the label's logit.
        norm: Law of the Euclidean norm of the gradient.
        loss: Law of the loss.
        ray: Points of the ray as a formula.
    """

    slope: Law
    pull: Law
    norm: Law
    loss: Law
    ray: str

    def __str__(self) -> str:
        """One line for the ray and one for each law."""
        lines = [f"along {self.ray}"]
        for quantity in QUANTITIES:
            name = f"{quantity}:"
            lines.append(f"{name:<7}{getattr(self, quantity)}")
        return "\n".join(lines)


def gradient_law(
    objective: Source,
    direction: str | Coordinates = "R1",
    *,
    num_classes: int | None = None,
    label: int = 0,
    rival: int = 1,
    base: Number = 0.0,
    end: Number = 1e8,
) -> GradientLaws:
    """The gradient law of one objective on a ray.

    The laws describe the slope `dL/ds` along the ray, the pull on the label's logit,
    `-dL/dz_label`, the Euclidean norm of the gradient, and the loss as s -> infinity. Each has the
    form
    `coefficient * s^power * (log s)^log_power * exp(± rate * s^order)`.

    Args:
        objective: Objective, or a spec or a function that `ls.objective` accepts.
        direction: Direction of the ray, as for `gradient_laws`.
        num_classes: Number of classes of a probe ray, 3 by default.
        label: Index of the true class.
        rival: Index of the wrong class of a probe ray.
        base: Value of all logits at s = 0.
        end: Largest s that is sampled, more than 0.001.

    Returns:
        Laws of the slope, the pull, the gradient norm and the loss.

    Raises:
        RuntimeError: If float64 is not switched on by `jax.config.update("jax_enable_x64", True)`.
        ValueError: As for `gradient_laws`.

    >>> import jax, logitscape as ls
    >>> jax.config.update("jax_enable_x64", True)
    >>> print(ls.gradient_law("softmax + brier", "R3"))
    along z = (0, 0, 0) + s (-0.5, 0.5, 0)
    slope: 1.00 e^(-0.500 s)
    pull:  4.00 e^(-1.00 s)
    norm:  2.83 e^(-0.500 s)
    loss:  2.00
    """
    needs_float64("gradient_law")
    laws = gradient_laws(
        [objective],
        direction,
        num_classes=num_classes,
        label=label,
        rival=rival,
        base=base,
        end=end,
    )
    (only,) = laws.values()
    return only


def gradient_laws(
    objectives: Sources,
    direction: str | Coordinates = "R1",
    *,
    num_classes: int | None = None,
    label: int = 0,
    rival: int = 1,
    base: Number = 0.0,
    end: Number = 1e8,
) -> dict[str, GradientLaws]:
    """The gradient laws of many objectives on a ray.

    The laws are those of `gradient_law`. Where the loss is infinite or NaN far out, they are
    "undefined". Objectives that share a normalizer are compiled together.

    Args:
        objectives: Objectives, as for `sweep`.
        direction: Name of a probe ray, "R1", "R2" or "R3", or a vector, as for `ray`.
        num_classes: Number of classes of a probe ray, 3 by default.
        label: Index of the true class.
        rival: Index of the wrong class of a probe ray.
        base: Value of all logits at s = 0.
        end: Largest s that is sampled, more than 0.001.

    Returns:
        Laws by name of the objective.

    Raises:
        RuntimeError: If float64 is not switched on by `jax.config.update("jax_enable_x64", True)`.
        ValueError: If the ray is not one that `ray` accepts, the label is not one of the
            classes, or `end` is not a finite number greater than 0.001.

    >>> import jax, logitscape as ls
    >>> jax.config.update("jax_enable_x64", True)
    >>> laws = ls.gradient_laws(["softmax + cross_entropy", "softmax + brier"])
    >>> str(laws["softmax + cross_entropy"].pull), str(laws["softmax + brier"].pull)
    ('1.00', '4.00 e^(-1.00 s)')
    """
    needs_float64("gradient_laws")
    end = real_number("gradient_laws", "end", end)
    if end <= START:
        raise ValueError(
            f"`gradient_laws(end=...)` must be more than {START:g}, got {quoted(end)}."
        )
    named = named_objectives(objectives)
    # Of this ray only the embedding is used: `find_law` chooses the positions.
    line = ray(
        direction, [0.0], num_classes=num_classes, label=label, rival=rival, base=base
    )
    one_class("gradient_laws", "label", label, line.num_classes)
    # From 0 the point at s = 1 is the direction, without rounding.
    from_zero = ray(
        direction, [0.0], num_classes=num_classes, label=label, rival=rival, base=0.0
    )
    towards = np.asarray(from_zero.embed(jnp.ones(1)))
    # A program of its own, as in sweeps: within another one, XLA could round the points otherwise.
    embed = jax.jit(partial(_logits, line))
    laws = dict[str, GradientLaws]()
    for names in by_normalizer(named).values():
        members = [named[name] for name in names]
        evaluate = _evaluator(members, label, embed, towards)
        for index, name in enumerate(names):
            laws[name] = _laws(evaluate, index, line.description, end)
    return {name: laws[name] for name in named}


def _evaluator(
    objectives: Sequence[Objective],
    label: int,
    embed: Callable[[Samples], Array],
    towards: NDArray[Any],
) -> Evaluate:
    """Build the function from s, [m], to all quantities, [quantity, objective, m]."""
    key = key_of_all(objectives, "slope, pull, norm and loss on a ray", label)
    run = under_jit(key, partial(_quantities, objectives, label))

    def evaluate(s: Samples) -> Array:
        quantities: Array = run(embed(s), towards)
        return quantities

    return _remembering(evaluate)


def _laws(evaluate: Evaluate, index: int, ray: str, end: Number) -> GradientLaws:
    """The laws of the objective with this index."""
    laws = dict[str, Law]()
    for row, quantity in enumerate(QUANTITIES):
        laws[quantity] = find_law(partial(_row, evaluate, row, index), end=end)
    return GradientLaws(**laws, ray=ray)


def _row(evaluate: Evaluate, row: int, index: int, s: Samples) -> Samples:
    values: Samples = evaluate(s)[row, index]
    return values


def _logits(line: Slice, s: Array) -> Array:
    """The points of the ray, [n, m]."""
    embed_all = jax.vmap(line.embed, out_axes=-1)
    logits: Array = embed_all(jnp.reshape(s, (-1, 1)))
    return logits


def _quantities(
    objectives: Sequence[Objective], label: int, logits: Array, towards: Array
) -> Array:
    """All quantities, [quantity, objective, m], at logits [n, m]; NaN for a loss not finite.

    The direction of the ray is `towards`, [n].
    """
    evaluations = families.evaluate(objectives, logits, label)
    columns = []
    for evaluation in evaluations:
        slope = _slope(evaluation.gradient, towards)
        pull = -evaluation.gradient[label]
        norm = _norm(evaluation.gradient)
        columns.append(jnp.stack([slope, pull, norm, evaluation.loss]))
    finite = jnp.stack([jnp.isfinite(evaluation.loss) for evaluation in evaluations])
    # Where a loss is infinite its gradient may still be a number,
    # which would count as defined.
    return jnp.where(finite, jnp.stack(columns, axis=1), jnp.nan)


def _slope(gradient: Array, towards: Array) -> Array:
    """Slope along a direction; logits that do not move count nothing, whatever their gradient."""
    moved = towards[:, None]
    return jnp.sum(jnp.where(moved == 0, 0, gradient * moved), axis=0)


def _norm(gradient: Array) -> Array:
    """Euclidean norm over the first axis, without overflow or underflow of the squares."""
    largest = jnp.max(jnp.abs(gradient), axis=0, keepdims=True)
    # Capped, as XLA multiplies by the reciprocal, which is subnormal near the end of float64
    # and then flushed to 0. The norm of flows has no such cap, and stored tables depend on that.
    scale = jnp.where(largest > 0, jnp.minimum(largest, 1e300), 1)
    squares = (gradient / scale) ** 2
    return scale[0] * jnp.sqrt(jnp.sum(squares, axis=0))


def _remembering(function: Callable[[Samples], Array]) -> Evaluate:
    """The function with its results remembered, as objectives ask for the same samples."""
    results = dict[bytes, NDArray[Any]]()

    def recall(s: Samples) -> NDArray[Any]:
        key = s.tobytes()
        if key not in results:
            results[key] = np.asarray(function(s))
        return results[key]

    return recall

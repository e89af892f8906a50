"""Many objectives evaluated at many logits side by side.

A lane is one objective at logits of its own, so that every lane can take its own path.
Arrays over all lanes have the axes [objective, m], those of logits [objective, m, n].
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from ..base.messages import quoted
from ..base.x64 import needs_float64
from ..landscapes.slice_arguments import floats, one_class
from ..objectives.grouping import by_loss, by_normalizer, pairs
from ..objectives.objective import Objective

Numbers: TypeAlias = Any
"""An array of JAX, or of NumPy, which takes the steps of few lanes."""
TIE_TOLERANCE = 1e-12
"""How far below 0 the label's lead may lie and still count, as a loss may stop at a tie."""


class Evaluation(NamedTuple):
    """Loss and gradient at the logits of every lane, and whether the label is predicted there.

    Attributes:
        loss: Loss, [objective, m].
        gradient: Gradient of the loss in the logits, [objective, m, n].
        lead: Score of the label minus the largest score among the other classes, [objective, m].
            Scores are probabilities, or logits for an objective without a known normalizer.
    """

    loss: Array
    gradient: Array
    lead: Array


Evaluator: TypeAlias = Callable[[Array], Evaluation]
"""Function from logits [objective, m, n] to their evaluation."""


Part: TypeAlias = tuple[Sequence[int], Array, Array]
"""Rows of some objectives with their losses and leads, [row, m]."""


def evaluator(objectives: Sequence[Objective], label: int) -> Evaluator:
    """Build the function that evaluates all objectives at the logits of all lanes.

    Objectives that share a normalizer run it once, on all their lanes together, and those that
    share a loss as well, so that a table of pairs compiles its rows and columns, not its cells.
    """
    together = pairs(objectives)
    alone = [row for row in range(len(objectives)) if row not in together]

    def losses_and_leads(z: Array) -> tuple[Array, Array]:
        parts = [_evaluate_pairs(together, label, z)] if together else []
        parts += [_evaluate_alone(objectives[row], row, label, z) for row in alone]
        return _ordered(parts)

    def evaluate(z: Array) -> Evaluation:
        losses, pull_back, leads = jax.vjp(losses_and_leads, z, has_aux=True)
        # Every loss depends on the logits of its own lane only, so that one pull-back of
        # ones yields all gradients.
        (gradients,) = pull_back(jnp.ones_like(losses))
        return Evaluation(losses, gradients, leads)

    return evaluate


def namespace(array: Numbers) -> Any:
    """The module whose functions take the array: `jax.numpy`, or `numpy`."""
    return array.__array_namespace__()


def is_alive(value: Evaluation) -> Numbers:
    """Whether the flow continues there: everything is finite and the gradient is not 0."""
    xp = namespace(value.loss)
    size = norm(value.gradient)
    return (
        xp.isfinite(value.loss) & xp.isfinite(size) & (size > 0) & ~xp.isnan(value.lead)
    )


def is_right(value: Evaluation) -> Any:
    """Whether the label is predicted, alone or in a tie."""
    return value.lead >= -TIE_TOLERANCE


def norm(vector: Numbers) -> Numbers:
    """Euclidean norm over the last axis, without underflow or overflow of the squares."""
    xp = namespace(vector)
    largest = xp.max(xp.abs(vector), axis=-1)
    # The norm in properties/gradient_laws.py caps this scale at 1e300. Without the cap, the
    # norm of entries beyond 4.5e307 is 0, as XLA flushes their reciprocal to 0, and a flow
    # ends there. A cap would also change how every norm beyond 1e300 is rounded.
    usable = (largest > 0) & xp.isfinite(largest)
    scale = xp.where(usable, largest, 1)
    squares = (vector / scale[..., None]) ** 2
    return scale * xp.sqrt(xp.sum(squares, axis=-1))


def where_lanes(condition: Numbers, new: Numbers, old: Numbers) -> Numbers:
    """`where` for a condition per lane and arrays that may have further axes."""
    xp = namespace(condition)
    further_axes = tuple(range(condition.ndim, new.ndim))
    return xp.where(xp.expand_dims(condition, further_axes), new, old)


def shared_lanes(z: NDArray[Any], objectives: int) -> Array:
    """The same logits [m, n] for a number of objectives, [objective, m, n]."""
    lanes: Array = jax.device_put(np.tile(z, (objectives, 1, 1)))
    return lanes


def checked_starts(function_name: str, starts: ArrayLike, label: int) -> NDArray[Any]:
    """Starting logits as an array [m, n], after all checks.

    Args:
        function_name: Public function that errors name.
        starts: Finite logits, [m, n] or [n].
        label: Index of the true class.

    Raises:
        RuntimeError: If float64 is not switched on.
        ValueError: If the logits are not finite or the label is not one of their classes.
    """
    needs_float64(function_name)
    z = np.atleast_2d(floats(function_name, "starts", starts))
    is_matrix = z.ndim == 2 and z.size > 0 and z.shape[1] >= 2
    if not is_matrix or not np.isfinite(z).all():
        raise ValueError(
            f"`{function_name}(starts)` must be finite logits [m, n] with n >= 2, "
            f"got {quoted(starts)}."
        )
    one_class(function_name, "label", label, z.shape[1])
    return z


def _evaluate_pairs(together: Mapping[int, Objective], label: int, z: Array) -> Part:
    """Losses and leads of all pairs."""
    target = _target(label, z)
    rows, parts = list[int](), []
    for normalizer, members in by_normalizer(together).items():
        rows += members
        parts.append(_over_lanes(normalizer)(z[np.array(members)]))
    probs = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *parts)
    place = {row: index for index, row in enumerate(rows)}
    losses = []
    for loss, members in by_loss(together).items():
        at = np.array([place[row] for row in members])
        of_members = jax.tree.map(itemgetter(at), probs)
        values = _over_lanes(partial(_with_target, loss, target))(of_members)
        losses.append((members, values))
    in_order = np.array([place[row] for row in sorted(rows)])
    leads = _lead(probs.p, label)[in_order]
    return sorted(rows), _rows_in_order(losses), leads


def _evaluate_alone(objective: Objective, row: int, label: int, z: Array) -> Part:
    """Losses and leads of an objective that is no pair of a normalizer and a loss."""
    own = z[row : row + 1]
    target = _target(label, z)
    losses = _over_lanes(partial(_with_target, objective.function, target))(own)
    scores = jax.lax.stop_gradient(own)
    if objective.normalizer is not None:
        scores = _over_lanes(objective.normalizer)(scores).p
    return [row], losses, _lead(scores, label)


def _ordered(parts: Sequence[Part]) -> tuple[Array, Array]:
    """Losses and leads of all parts, in the order of their rows."""
    losses = _rows_in_order([(rows, losses) for rows, losses, _ in parts])
    return losses, _rows_in_order([(rows, leads) for rows, _, leads in parts])


def _rows_in_order(parts: Sequence[tuple[Sequence[int], Array]]) -> Array:
    # The inverse of a permutation: it puts the parts' rows into their order.
    order = np.argsort([row for rows, _ in parts for row in rows])
    return jnp.concatenate([values for _, values in parts])[order]


def _target(label: int, z: Array) -> Array:
    return jax.nn.one_hot(label, z.shape[-1], dtype=z.dtype)


def _with_target(function: Any, target: Array, prediction: Any) -> Array:
    value: Array = function(prediction, target)
    return value


def _over_lanes(function: Any) -> Callable[[Array], Any]:
    """A function of one vector [n], mapped over both axes of the lanes."""
    mapped: Callable[[Array], Any] = jax.vmap(jax.vmap(function))
    return mapped


def _lead(scores: Array, label: int) -> Array:
    others = jnp.delete(scores, label, axis=-1)
    return scores[..., label] - jnp.max(others, axis=-1)

"""The two programs of a sweep: the logits of one slab, and all results at them.

They are compiled apart. One program for both may compute a logit in several places and
round it differently in each; then no logit need equal the largest one, and the derivative
of a maximum would be lost.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..engine import batching, families
from ..engine.families import Evaluation
from .plan import SweepPlan


def logits_at(plan: SweepPlan, axes: list[Array]) -> Array:
    """The logits at all points of the grid with these axes, [n, batch]."""
    meshes = jnp.meshgrid(*axes, indexing="ij")
    coordinates = jnp.stack([jnp.reshape(mesh, (-1,)) for mesh in meshes])
    points = coordinates.shape[1]
    unroll = batching.worth_unrolling(plan.slice.num_classes, points)
    embed = batching.batched(plan.slice.embed, unroll)
    return batching.from_batch(embed(batching.to_batch(coordinates, unroll)))


def slab(plan: SweepPlan, shape: tuple[int, ...], logits: Array) -> dict[str, Any]:
    """All results of the sweep on a slab, by the names of a landscape's attributes.

    Args:
        plan: Sweep to compute.
        shape: Shape of the slab's grid.
        logits: Logits at the points of that grid, [n, batch].

    Returns:
        Arrays [objective, label, *shape, ...], and the Jacobian without the label. In
        place of the curvatures stands the Hessian, [..., n, n]; it and the Jacobian are
        None where the plan does not want them.
    """
    by_label = [_at_label(plan, logits, label) for label in plan.labels]
    results: dict[str, Array | None] = {}
    for name in by_label[0]:
        per_label = [at_label[name] for at_label in by_label]
        # Stacked along the axis of the labels: [objective, label, ..., batch].
        results[name] = _on_grid(jnp.stack(per_label, axis=1), shape)
    if not plan.hessian:
        results["hessian"] = None
    results["jacobian"] = _jacobians(plan, shape, logits) if plan.jacobian else None
    return results


def _at_label(plan: SweepPlan, logits: Array, label: int) -> dict[str, Array]:
    """Results for one label, each [objective, ..., batch]."""
    target = jax.nn.one_hot(label, plan.slice.num_classes, dtype=logits.dtype)
    evaluations = families.evaluate(
        plan.objectives, logits, target, hessian=plan.hessian
    )
    rows = [_row(evaluation, logits, label) for evaluation in evaluations]
    return {name: jnp.stack([row[name] for row in rows]) for name in rows[0]}


def _row(evaluation: Evaluation, logits: Array, label: int) -> dict[str, Array]:
    """Results of one objective for one label, each [..., batch]."""
    loss = evaluation.loss
    gradient = evaluation.gradient
    p = evaluation.p
    row = {
        "loss": loss,
        "gradient": gradient,
        "finite": jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient), 0),
    }
    if p is None:
        row["in_domain"] = ~jnp.isnan(loss)
        row["p_label"] = jnp.full_like(loss, jnp.nan)
        row["correct"] = _leads(logits, label)
    else:
        row["in_domain"] = ~jnp.any(jnp.isnan(p), 0)
        row["p_label"] = p[label]
        row["correct"] = _leads(p, label)
    if evaluation.hessian is not None:
        row["hessian"] = evaluation.hessian
    return row


def _leads(scores: Array, label: int) -> Array:
    """Whether the label's score is larger than all others, [batch]."""
    others = jnp.max(jnp.delete(scores, label, axis=0), axis=0)
    return scores[label] > others


def _jacobians(plan: SweepPlan, shape: tuple[int, ...], logits: Array) -> Array:
    """Derivatives of the probabilities, [objective, *shape, n, n]; NaN if there are none."""
    n, size = logits.shape
    unroll = batching.worth_unrolling(n, size)
    by_normalizer: dict[Any, Array] = {}
    for objective in plan.objectives:
        normalizer = objective.normalizer
        if normalizer is not None and normalizer not in by_normalizer:
            jacobian = batching.batched(jax.jacfwd(_only_p(normalizer)), unroll)
            by_normalizer[normalizer] = batching.from_batch(
                jacobian(batching.to_batch(logits, unroll))
            )
    unknown = jnp.full((n, n, size), jnp.nan, logits.dtype)
    jacobians = jnp.stack(
        [
            by_normalizer.get(objective.normalizer, unknown)
            for objective in plan.objectives
        ]
    )
    return jnp.moveaxis(jacobians, -1, 1).reshape(-1, *shape, n, n)


def _only_p(normalizer: Callable[[Array], Any]) -> Callable[[Array], Array]:
    return lambda logits: normalizer(logits).p


def _on_grid(results: Array, shape: tuple[int, ...]) -> Array:
    """Results on a grid of this shape, with the axes of classes moved to the end.

    [objective, label, (n, (n,)) batch] becomes [objective, label, *shape, (n, (n))].
    """
    class_axes = results.ndim - 3
    gridded = results.reshape(*results.shape[:-1], *shape)
    return jnp.moveaxis(gridded, range(2, 2 + class_axes), range(-class_axes, 0))

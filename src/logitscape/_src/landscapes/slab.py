"""The two programs of a sweep: the logits of one slab, and all results at them.

They are compiled apart. One program for both may compute a logit in several places and
round it differently in each; then no logit need equal the largest one, and the derivative
of a maximum would be lost.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.target_kinds import LABELS
from ..engine import batching, families
from ..engine.by_rule import Evaluation
from ..objectives.objective import Objective
from ..objectives.parts import Normalizer
from .plan import Results, Shape, SweepPlan


def logits_at(plan: SweepPlan, axes: list[Array]) -> Array:
    """The logits at all points of the grid with these axes, [n, batch]."""
    meshes = jnp.meshgrid(*axes, indexing="ij")
    columns = [jnp.reshape(mesh, (-1,)) for mesh in meshes]
    coordinates = jnp.stack(columns)
    points = coordinates.shape[1]
    unroll = batching.worth_unrolling(plan.slice.num_classes, points)
    embed = batching.batched(plan.slice.embed, unroll)
    logits = embed(batching.to_batch(coordinates, unroll))
    return batching.from_batch(logits)


def slab(plan: SweepPlan, shape: Shape, logits: Array) -> Results:
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
    results: Results = {}
    for name in by_label[0]:
        per_label = [at_label[name] for at_label in by_label]
        # Stacked along the axis of the labels: [objective, label, ..., batch].
        stacked = jnp.stack(per_label, axis=1)
        results[name] = _on_grid(stacked, shape)
    if not plan.hessian:
        results["hessian"] = None
    results["jacobian"] = None
    if plan.jacobian:
        results["jacobian"] = _jacobians(plan, shape, logits)
    return results


def _at_label(plan: SweepPlan, logits: Array, label: int) -> dict[str, Array]:
    """Results for one label, each [objective, ..., batch]."""
    evaluations = families.evaluate(
        plan.objectives, logits, label, hessian=plan.hessian
    )
    pairs = zip(plan.objectives, evaluations, strict=True)
    rows = [_row(objective, found, logits, label) for objective, found in pairs]
    stacked = {}
    for name in rows[0]:
        per_objective = [row[name] for row in rows]
        stacked[name] = jnp.stack(per_objective)
    return stacked


def _row(
    objective: Objective, evaluation: Evaluation, logits: Array, label: int
) -> dict[str, Array]:
    """Results of one objective for one label, each [..., batch]."""
    loss = evaluation.loss
    gradient = evaluation.gradient
    p = evaluation.p
    finite_gradient = jnp.all(jnp.isfinite(gradient), 0)
    row = {
        "loss": loss,
        "gradient": gradient,
        "finite": jnp.isfinite(loss) & finite_gradient,
    }
    if p is None:
        row["in_domain"] = ~jnp.isnan(loss)
        row["p_label"] = jnp.full_like(loss, jnp.nan)
        separate = objective.targets is LABELS
        row["correct"] = (_answers if separate else _leads)(logits, label)
    else:
        undefined = jnp.any(jnp.isnan(p), 0)
        row["in_domain"] = ~undefined
        row["p_label"] = p[label]
        row["correct"] = _leads(p, label)
    if evaluation.hessian is not None:
        row["hessian"] = evaluation.hessian
    return row


def _leads(scores: Array, label: int) -> Array:
    """Whether the label's score is larger than all others, [batch]."""
    others = jnp.delete(scores, label, axis=0)
    largest_other = jnp.max(others, axis=0, initial=-jnp.inf)
    return scores[label] > largest_other


def _answers(logits: Array, label: int) -> Array:
    """Whether the label's logit alone is above 0, and all others are below, [batch]."""
    others = jnp.delete(logits, label, axis=0)
    return (logits[label] > 0) & jnp.all(others < 0, axis=0)


def _jacobians(plan: SweepPlan, shape: Shape, logits: Array) -> Array:
    """Derivatives of the probabilities, [objective, *shape, n, n]; NaN if there are none."""
    n, size = logits.shape
    unroll = batching.worth_unrolling(n, size)
    by_normalizer: dict[Any, Array] = {}
    for objective in plan.objectives:
        normalizer = objective.normalizer
        if normalizer is None or normalizer in by_normalizer:
            continue
        jacobian = jax.jacfwd(partial(_probabilities, normalizer))
        batch = batching.to_batch(logits, unroll)
        values = batching.batched(jacobian, unroll)(batch)
        by_normalizer[normalizer] = batching.from_batch(values)
    unknown = jnp.full((n, n, size), jnp.nan, logits.dtype)
    per_objective = [
        by_normalizer.get(objective.normalizer, unknown)
        for objective in plan.objectives
    ]
    batch_first = jnp.moveaxis(jnp.stack(per_objective), -1, 1)
    return batch_first.reshape(-1, *shape, n, n)


def _probabilities(normalizer: Normalizer, logits: Array) -> Array:
    p: Array = normalizer(logits).p
    return p


def _on_grid(results: Array, shape: Shape) -> Array:
    """Results on a grid of this shape, with the axes of classes moved to the end.

    [objective, label, (n, (n,)) batch] becomes [objective, label, *shape, (n, (n))].
    """
    class_axes = results.ndim - 3
    leading_axes = results.shape[:-1]
    gridded = results.reshape(*leading_axes, *shape)
    behind_label = range(2, 2 + class_axes)
    at_the_end = range(-class_axes, 0)
    return jnp.moveaxis(gridded, behind_label, at_the_end)

"""The programs of a sweep: the logits of one slab of the grid, and everything at them.

They are two, as one program may compute its logits more than once and round them differently: then no logit need be equal
to the largest one, and the derivative of a maximum is lost.
"""

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import Array

from ..engine import families
from .plan import SweepPlan


def logits_at(plan: SweepPlan, axes: list[Array]) -> Array:
    """The logits at the product of these coordinates, [n, batch]."""
    grid = [jnp.reshape(each, (-1,)) for each in jnp.meshgrid(*axes, indexing="ij")]
    unroll = families.worth_unrolling(plan.slice.num_classes, grid[0].size)
    embed = families.batched(plan.slice.embed, unroll)
    return families.from_batch(embed(families.to_batch(jnp.stack(grid), unroll)))


def slab(plan: SweepPlan, shape: tuple[int, ...], logits: Array) -> dict[str, Any]:
    """Everything at these logits, [n, batch], of a grid of that shape."""
    n, size = logits.shape
    unroll = families.worth_unrolling(n, size)
    by_label = [_at_label(plan, logits, label) for label in plan.labels]
    results = {
        name: _stacked([each[name] for each in by_label]) for name in by_label[0]
    }
    shaped = {
        name: None if value is None else _on_grid(value, shape)
        for name, value in results.items()
    }
    jacobian = _jacobians(plan, logits, unroll) if plan.jacobian else None
    return shaped | {
        "jacobian": None if jacobian is None else jacobian.reshape(-1, *shape, n, n)
    }


def _at_label(
    plan: SweepPlan, logits: Array, label: int
) -> dict[str, list[Array] | None]:
    target = jax.nn.one_hot(label, plan.slice.num_classes, dtype=logits.dtype)
    found = families.evaluate(plan.objectives, logits, target, hessian=plan.hessian)
    p_label = [
        jnp.full_like(each.loss, jnp.nan) if each.p is None else each.p[label]
        for each in found
    ]
    return {
        "loss": [each.loss for each in found],
        "gradient": [each.gradient for each in found],
        "finite": [
            jnp.isfinite(each.loss) & jnp.all(jnp.isfinite(each.gradient), 0)
            for each in found
        ],
        "in_domain": [
            ~jnp.isnan(each.loss) if each.p is None else ~jnp.any(jnp.isnan(each.p), 0)
            for each in found
        ],
        "p_label": p_label,
        "correct": [
            _leads(logits if each.p is None else each.p, label) for each in found
        ],
        "hessian": cast(list[Array], [each.hessian for each in found])
        if plan.hessian
        else None,
    }


def _leads(scores: Array, label: int) -> Array:
    others = jnp.max(jnp.delete(scores, label, axis=0), axis=0)
    return scores[label] > others


def _jacobians(plan: SweepPlan, logits: Array, unroll: bool) -> Array:
    """[objective, batch, n, n]; NaN for an objective without a normalizer."""
    of_normalizer: dict[Any, Array] = {
        each.normalizer: families.from_batch(
            families.batched(jax.jacfwd(_only_p(each.normalizer)), unroll)(
                families.to_batch(logits, unroll)
            )
        )
        for each in plan.objectives
        if each.normalizer is not None
    }
    n, size = logits.shape
    unknown = jnp.full((n, n, size), jnp.nan, logits.dtype)
    found = [of_normalizer.get(each.normalizer, unknown) for each in plan.objectives]
    return jnp.moveaxis(jnp.stack(found), -1, 1)


def _only_p(normalizer: Callable[[Array], Any]) -> Callable[[Array], Array]:
    return lambda logits: normalizer(logits).p


def _stacked(by_label: list[list[Array] | None]) -> Array | None:
    """[objective, label, ..., batch]."""
    rows = [jnp.stack(each) for each in by_label if each is not None]
    return jnp.stack(rows, axis=1) if rows else None


def _on_grid(value: Array, shape: tuple[int, ...]) -> Array:
    """[objective, label, (n, (n,)) batch] -> [objective, label, *grid, (n, (n))]."""
    orders = value.ndim - 3
    return jnp.moveaxis(
        value.reshape(*value.shape[:-1], *shape),
        range(2, 2 + orders),
        range(-orders, 0),
    )

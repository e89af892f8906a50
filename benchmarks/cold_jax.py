"""The atlas's computation in JAX, in its own process: one family, or one program per objective."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cold_points import BASE, FEW, PLANE, RAY, plane_points, ray_points

Results = dict[str, NDArray[Any]]
"""Gradients on the ray by objective, [801, 3], by which the ways are compared."""


def run(way: str, start: int, step: int, few: bool, keep: str) -> dict[str, Any]:
    """Seconds for the imports and for the rest, and the number of objectives measured.

    Args:
        way: "family"; "jit", one program per objective, called for ray and plane; or "jit joined",
            called once for both.
        start: Index of the first objective to measure.
        step: Distance between the indices of objectives to measure.
        few: Whether to take two losses only.
        keep: File for the gradients on the ray.
    """
    started = time.perf_counter()
    from logitscape import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES  # noqa: F401
    from logitscape._src.landscapes import sweep  # noqa: F401 (imports all that a sweep needs)

    imported = time.perf_counter()
    chosen = _objectives(few)[start::step]
    if way == "family":
        results = _as_family(chosen)
    else:
        results = _one_by_one(chosen, joined=way == "jit joined")
    ended = time.perf_counter()
    np.savez(keep, allow_pickle=False, **results)
    return {
        "imports": imported - started,
        "rest": ended - imported,
        "measured": len(chosen),
    }


def _objectives(few: bool) -> list[str]:
    from logitscape import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES

    names = []
    for normalizer in NORMALIZERS:
        losses = FEW if few else PROBABILITY_LOSSES
        names += [f"{normalizer} + {loss}" for loss in losses]
    return names if few else [*names, *LOGIT_LOSSES]


def _as_family(names: Sequence[str]) -> Results:
    import jax

    import logitscape as ls

    on_ray = ls.sweep(names, ls.ray("R1", RAY, base=BASE))
    on_plane = ls.sweep(names, ls.plane(PLANE, PLANE, base=BASE))
    jax.block_until_ready((on_ray, on_plane))
    return {name: np.asarray(on_ray.gradient[i, 0]) for i, name in enumerate(names)}


def _one_by_one(names: Sequence[str], joined: bool) -> Results:
    slices = [ray_points(), plane_points()]
    batches = [np.concatenate(slices)] if joined else slices
    return {name: _gradients(name, batches)[: len(RAY)] for name in names}


def _gradients(name: str, batches: Sequence[Any]) -> NDArray[Any]:
    """Compute losses and gradients of all batches; the gradients of the first are returned."""
    import jax

    import logitscape as ls

    target = jax.nn.one_hot(0, 3)
    function = jax.value_and_grad(ls.objective(name))
    program = jax.jit(jax.vmap(function, in_axes=(0, None)))
    results = jax.block_until_ready([program(batch, target) for batch in batches])
    _, gradients = results[0]
    return np.asarray(gradients)

"""The atlas's computation in JAX, for a process of its own: as one family, or one `jax.jit` per objective."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cold_points import BASE, FEW, PLANE, RAY, plane_points, ray_points

Results = dict[str, NDArray[Any]]
"""The gradients on the ray by objective, [801, 3]: what ways are compared by."""


def run(way: str, start: int, step: int, few: bool, keep: str) -> dict[str, Any]:
    """Seconds for the imports and for the rest, and the number of objectives measured.

    Args:
        way: "family"; "jit", one per objective, called for ray and plane; "jit joined", called once for both.
        start: the first objective of the catalogue to measure.
        step: only every so manieth.
        few: only two losses.
        keep: a file for the gradients on the ray.
    """
    started = time.perf_counter()
    from logitscape import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
    from logitscape._src.landscapes import sweep as sweeps  # noqa: F401 (with all that a sweep needs)

    imported = time.perf_counter()
    losses = FEW if few else PROBABILITY_LOSSES
    pairs = [f"{normalizer} + {loss}" for normalizer in NORMALIZERS for loss in losses]
    names = pairs if few else [*pairs, *LOGIT_LOSSES]
    chosen = names[start::step]
    results = (
        _as_family(chosen)
        if way == "family"
        else _one_by_one(chosen, joined=way == "jit joined")
    )
    ended = time.perf_counter()
    np.savez(keep, allow_pickle=False, **results)
    return {
        "imports": imported - started,
        "rest": ended - imported,
        "measured": len(chosen),
    }


def _as_family(names: Sequence[str]) -> Results:
    import jax

    import logitscape as ls

    on_ray = ls.sweep(names, ls.ray("R1", RAY, base=BASE))
    on_plane = ls.sweep(names, ls.plane(PLANE, PLANE, base=BASE))
    jax.block_until_ready((on_ray, on_plane))
    return {name: np.asarray(on_ray.gradient[i, 0]) for i, name in enumerate(names)}


def _one_by_one(names: Sequence[str], joined: bool) -> Results:
    import jax

    import logitscape as ls

    target = jax.nn.one_hot(0, 3)
    slices = [ray_points(), plane_points()]
    batches = [np.concatenate(slices)] if joined else slices
    results = {}
    for name in names:
        compiled = jax.jit(
            jax.vmap(jax.value_and_grad(ls.objective(name)), in_axes=(0, None))
        )
        of_batches = jax.block_until_ready(
            [compiled(batch, target) for batch in batches]
        )
        results[name] = np.asarray(of_batches[0][1][: len(RAY)])
    return results

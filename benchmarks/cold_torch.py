"""The atlas's computation in eager PyTorch, for pairs whose formula is a line; for a process of its own."""

import time
from typing import Any

import numpy as np

from .cold_points import FEW, plane_points, ray_points


def run(few: bool, keep: str) -> dict[str, Any]:
    """As `cold_jax.run`."""
    started = time.perf_counter()
    import torch

    from .cold_formulas import LOSSES, NORMALIZERS

    imported = time.perf_counter()
    pairs = [
        (normalizer, loss)
        for normalizer in NORMALIZERS
        for loss in (FEW if few else LOSSES)
    ]
    slices = [
        torch.from_numpy(points).requires_grad_()
        for points in (ray_points(), plane_points())
    ]
    results = {}
    for normalizer, loss in pairs:
        gradients = [
            _gradient(NORMALIZERS[normalizer], LOSSES[loss], z) for z in slices
        ]
        results[f"{normalizer} + {loss}"] = gradients[0].numpy()
    ended = time.perf_counter()
    np.savez(keep, **results)
    return {
        "imports": imported - started,
        "rest": ended - imported,
        "measured": len(pairs),
    }


def _gradient(normalizer: Any, loss: Any, z: Any) -> Any:
    """That of the losses of the label 0, which are computed with it."""
    import torch

    return torch.autograd.grad(loss(*normalizer(z)).sum(), z)[0]

"""The atlas's computation in eager PyTorch, in its own process, for pairs of one-line formulas."""

import time
from typing import Any

import numpy as np

from .cold_points import FEW, plane_points, ray_points


def run(few: bool, keep: str) -> dict[str, Any]:
    """Seconds for the imports and for the rest, and the number of pairs measured.

    Args:
        few: Whether to take two losses only.
        keep: File for the gradients on the ray.
    """
    started = time.perf_counter()
    import torch

    from .cold_formulas import LOSSES, NORMALIZERS

    imported = time.perf_counter()
    ray = torch.from_numpy(ray_points()).requires_grad_()
    plane = torch.from_numpy(plane_points()).requires_grad_()
    results = {}
    for normalizer, normalize in NORMALIZERS.items():
        for loss in FEW if few else LOSSES:
            on_ray = _gradient(normalize, LOSSES[loss], ray)
            _gradient(normalize, LOSSES[loss], plane)
            results[f"{normalizer} + {loss}"] = on_ray.numpy()
    ended = time.perf_counter()
    np.savez(keep, **results)
    return {
        "imports": imported - started,
        "rest": ended - imported,
        "measured": len(results),
    }


def _gradient(normalize: Any, loss: Any, z: Any) -> Any:
    """The gradients of the losses of the label 0; the losses are computed with them."""
    import torch

    (gradient,) = torch.autograd.grad(loss(*normalize(z)).sum(), z)
    return gradient

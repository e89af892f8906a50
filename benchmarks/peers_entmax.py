"""The sparse losses of the package `entmax`, which computes with PyTorch."""

from collections.abc import Callable
from functools import partial
from typing import Any

import entmax
import numpy as np
import torch
from numpy.typing import NDArray

LOSSES: dict[str, dict[str, Callable[..., Any]]] = {
    "sparsemax_loss": {
        "entmax": entmax.sparsemax_loss,
        "entmax by bisection": entmax.sparsemax_bisect_loss,
        "entmax, k=100": partial(entmax.sparsemax_loss, k=100),
    },
    "entmax_loss(alpha=1.5)": {
        "entmax": entmax.entmax15_loss,
        "entmax by bisection": partial(entmax.entmax_bisect_loss, alpha=1.5),
        "entmax, k=100": partial(entmax.entmax15_loss, k=100),
    },
}
"""Functions of logits [m, n] and labels [m] that return losses [m], by loss and by way."""

Step = Callable[[], tuple[NDArray[Any], NDArray[Any]]]
"""Returns the losses [m] of a batch and the gradient [m, n] of their mean."""


def steps(spec: str, logits: NDArray[Any], labels: NDArray[Any]) -> dict[str, Step]:
    """What a training step asks of a loss, for every way in which the package computes it."""
    z = torch.from_numpy(logits.copy()).requires_grad_()
    y = torch.from_numpy(labels.astype(np.int64))
    return {name: partial(_step, loss, z, y) for name, loss in LOSSES[spec].items()}


def _step(loss: Callable[..., Any], z: Any, y: Any) -> tuple[Any, Any]:
    losses = loss(z, y)
    (gradient,) = torch.autograd.grad(losses.mean(), z)
    return losses.detach().numpy(), gradient.numpy()

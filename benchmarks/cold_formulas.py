"""The textbook's formulas in PyTorch.

Normalizers take logits [m, n] and return p and log p; losses take both and return losses [m] for
the label 0.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import torch

Normalizer: TypeAlias = Callable[[Any], tuple[Any, Any]]
Loss: TypeAlias = Callable[[Any, Any], Any]

SMOOTHING = 0.1


def _softmax(z: Any) -> tuple[Any, Any]:
    log_p = torch.log_softmax(z, -1)
    return log_p.exp(), log_p


def _separable(weight: Callable[[Any], Any]) -> Normalizer:
    """p_k = w(z_k) / sum_j w(z_j)."""

    def normalize(z: Any) -> tuple[Any, Any]:
        weights = weight(z)
        p = weights / weights.sum(-1, keepdim=True)
        return p, p.log()

    return normalize


NORMALIZERS: dict[str, Normalizer] = {
    "softmax": _softmax,
    "sum": _separable(lambda z: z),
    "abs": _separable(torch.abs),
    "relu": _separable(torch.relu),
    "square": _separable(torch.square),
    "spherical": _separable(lambda z: z.square() + 1e-3),
    "taylor": _separable(lambda z: 1 + z + z.square() / 2),
    "softplus": _separable(torch.nn.functional.softplus),
    "sigmoid": _separable(torch.sigmoid),
}


def _target(p: Any) -> Any:
    return torch.eye(p.shape[-1])[0]


def _smoothed(p: Any) -> Any:
    return (1 - SMOOTHING) * _target(p) + SMOOTHING / p.shape[-1]


def _tsallis_score(p: Any, log_p: Any) -> Any:
    return 4 / 3 - 2 * p[:, 0].sqrt() + (p**1.5).sum(-1) / 1.5


def _reverse_kl(p: Any, log_p: Any) -> Any:
    return (p * (log_p - _smoothed(p).log())).sum(-1)


LOSSES: dict[str, Loss] = {
    "cross_entropy": lambda p, log_p: -log_p[:, 0],
    "exponential": lambda p, log_p: (1 - p[:, 0]) / p[:, 0],
    "generalized_cross_entropy": lambda p, log_p: (1 - p[:, 0] ** 0.7) / 0.7,
    "mae": lambda p, log_p: 2 * (1 - p[:, 0]),
    "hellinger": lambda p, log_p: 1 - p[:, 0].sqrt(),
    "focal": lambda p, log_p: -((1 - p[:, 0]) ** 2) * log_p[:, 0],
    "poly1": lambda p, log_p: 1 - p[:, 0] - log_p[:, 0],
    "symmetric_cross_entropy": lambda p, log_p: -log_p[:, 0] + 4 * (1 - p[:, 0]),
    "clipped_cross_entropy": lambda p, log_p: -(p[:, 0] + 1e-7).log(),
    "brier": lambda p, log_p: (p - _target(p)).square().sum(-1),
    "spherical_score": lambda p, log_p: 1 - p[:, 0] / p.norm(dim=-1),
    "tsallis_score": _tsallis_score,
    "kl": lambda p, log_p: -log_p[:, 0],
    "reverse_kl": _reverse_kl,
    "label_smoothing": lambda p, log_p: -(_smoothed(p) * log_p).sum(-1),
}

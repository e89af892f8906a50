"""Losses of a batch as people write them in PyTorch, and their gradient on the CPU."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from .training_jax import EPSILON, TWICE
from .training_rows import COMPILED


def ways(
    pair: str, logits: NDArray[Any], labels: NDArray[Any], half: bool
) -> dict[str, Callable[[], object]]:
    """Mean loss and gradient of a batch: by autograd, and for some pairs compiled.

    There is none for a normalizer that is not written here.

    Args:
        pair: "NORMALIZER + LOSS", or "z_loss".
        logits: Logits, [m, n], in single precision.
        labels: Labels, [m].
        half: Whether the logits are to be rounded to bfloat16.
    """
    if pair != "z_loss":
        normalizer, _, loss = pair.rpartition(" + ")
        known = (
            OF_LABEL | OF_ALL | (OF_SOFTMAX if normalizer in ("softmax", TWICE) else {})
        )
        if normalizer not in PROBABILITIES or loss not in known:
            return {}
    z = torch.from_numpy(logits.copy())
    z = (z.bfloat16() if half else z).requires_grad_()
    y = torch.from_numpy(labels.astype(np.int64))
    of_batch = _textbook(pair)
    found: dict[str, Callable[[], object]] = {"eager": partial(_step, of_batch, z, y)}
    if pair in COMPILED and not half:
        torch._dynamo.reset()
        compiled = torch.compile(of_batch, dynamic=False)
        found["torch.compile"] = partial(_step, compiled, z, y)
    return found


def _step(of_batch: Callable[..., Any], z: Any, y: Any) -> tuple[Any, Any]:
    loss = of_batch(z, y).mean()
    (gradient,) = torch.autograd.grad(loss, z)
    return loss.detach(), gradient


def _textbook(pair: str) -> Callable[..., Any]:
    if pair == "z_loss":
        return _z_loss
    normalizer, loss = pair.rsplit(" + ", 1)
    if normalizer == "softmax" and loss in OF_SOFTMAX:
        return OF_SOFTMAX[loss]
    if normalizer == TWICE and loss in OF_SOFTMAX:
        return lambda z, y: OF_SOFTMAX[loss](2 * z, y)
    probabilities = PROBABILITIES[normalizer]
    if loss in OF_LABEL:
        return lambda z, y: OF_LABEL[loss](_at_label(probabilities(z), y))
    return lambda z, y: OF_ALL[loss](probabilities(z), y)


def _z_loss(z: Any, y: Any) -> Any:
    return F.cross_entropy(z, y, reduction="none") + 1e-4 * z.logsumexp(-1) ** 2


def _at_label(values: Any, y: Any) -> Any:
    return values.gather(-1, y[:, None])[:, 0]


def _proportional(weights: Any) -> Any:
    return weights / weights.sum(-1, keepdim=True)


def _softmax_one(z: Any) -> Any:
    with_sink = torch.cat([z, torch.zeros_like(z[:, :1])], -1)
    return with_sink.softmax(-1)[:, :-1]


PROBABILITIES: dict[str, Callable[[Any], Any]] = {
    "softmax": lambda z: z.softmax(-1),
    TWICE: lambda z: (2 * z).softmax(-1),
    "softmax_one": _softmax_one,
    "sum": _proportional,
    "abs": lambda z: _proportional(z.abs()),
    "relu": lambda z: _proportional(z.relu()),
    "square": lambda z: _proportional(z.square()),
    "spherical": lambda z: _proportional(z.square() + EPSILON),
    "taylor": lambda z: _proportional(1 + z + z.square() / 2),
    "softplus": lambda z: _proportional(F.softplus(z)),
    "sigmoid": lambda z: _proportional(z.sigmoid()),
    "sigsoftmax": lambda z: _proportional(z.exp() * z.sigmoid()),
    "1 + z^2": lambda z: _proportional(1 + z.square()),
}

OF_LABEL: dict[str, Callable[[Any], Any]] = {
    "cross_entropy": lambda p: -p.log(),
    "exponential": lambda p: 1 / p - 1,
    "generalized_cross_entropy": lambda p: (1 - p**0.7) / 0.7,
    "mae": lambda p: 2 * (1 - p),
    "hellinger": lambda p: 1 - p.sqrt(),
    "symmetric_cross_entropy": lambda p: -p.log() + 4 * (1 - p),
    "clipped_cross_entropy": lambda p: -(p + 1e-7).log(),
    "(1 - p)^2": lambda p: (1 - p) ** 2,
}

OF_ALL: dict[str, Callable[[Any, Any], Any]] = {
    "brier": lambda p, y: 1 - 2 * _at_label(p, y) + p.square().sum(-1),
    "spherical_score": lambda p, y: 1 - _at_label(p, y) / p.norm(dim=-1),
    "tsallis_score": lambda p, y: (
        4 / 3 - 2 * _at_label(p, y).sqrt() + (p * p.sqrt()).sum(-1) / 1.5
    ),
}


def _focal(z: Any, y: Any) -> Any:
    surprisal = F.cross_entropy(z, y, reduction="none")
    return (1 - (-surprisal).exp()) ** 2 * surprisal


def _poly1(z: Any, y: Any) -> Any:
    surprisal = F.cross_entropy(z, y, reduction="none")
    return surprisal + 1 - (-surprisal).exp()


def _kl(z: Any, y: Any) -> Any:
    target = F.one_hot(y, z.shape[-1]).to(z.dtype)
    return F.kl_div(z.log_softmax(-1), target, reduction="none").sum(-1)


OF_SOFTMAX: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": partial(F.cross_entropy, reduction="none"),
    "focal": _focal,
    "poly1": _poly1,
    "label_smoothing": partial(F.cross_entropy, reduction="none", label_smoothing=0.1),
    "kl": _kl,
}

"""PyTorch on the CPU, over the textbook's formulas: autograd, `torch.func` and `torch.compile`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from .peers import Peer, Problem

EPSILON = 1e-3


def peers(problem: Problem) -> list[Peer]:
    """The three ways, in every layout."""
    peers = []
    for axis in problem.layouts():
        peers += _with_layout(problem, axis)
    return peers


def _with_layout(problem: Problem, axis: int) -> list[Peer]:
    z = torch.from_numpy(problem.laid_out(axis).copy())
    y = torch.from_numpy(problem.labels).long().unsqueeze(axis)
    of_batch = partial(loss_of(problem.pair), axis)
    compiled = torch.compile(of_batch, dynamic=False)
    eager = partial(_autograd, of_batch, z.clone().requires_grad_(), y)
    by_function = partial(_by_function, problem.pair, axis, z, y)
    by_compiled = partial(_autograd, compiled, z.clone().requires_grad_(), y)
    return [
        Peer("PyTorch autograd", axis, eager),
        Peer("torch.func", axis, by_function),
        Peer("torch.compile", axis, by_compiled, may_fail=True),
    ]


def loss_of(pair: str) -> Callable[..., Any]:
    """The losses of a batch, as a function of class axis, logits, and labels.

    The labels have a class axis of length 1.
    """
    normalizer, loss = pair.split(" + ")
    return partial(LOSSES[loss], normalizer)


def _autograd(of_batch: Callable[..., Any], z: Any, y: Any) -> tuple[Any, Any]:
    losses = of_batch(z, y)
    (gradient,) = torch.autograd.grad(losses, z, torch.ones_like(losses))
    return losses.detach(), gradient


def _by_function(pair: str, axis: int, z: Any, y: Any) -> tuple[Any, Any]:
    of_example = torch.func.grad_and_value(partial(loss_of(pair), 0))
    batch = axis + 1
    of_batch = torch.func.vmap(of_example, in_dims=batch, out_dims=(batch, 0))
    gradient, losses = of_batch(z, y)
    return losses, gradient


def _cross_entropy(normalizer: str, axis: int, z: Any, y: Any) -> Any:
    if normalizer == "softmax":
        return -torch.log_softmax(z, axis).gather(axis, y).squeeze(axis)
    weights = WEIGHTS[normalizer](z)
    total = weights.sum(axis, keepdim=True)
    return (total / weights.gather(axis, y)).log().squeeze(axis)


def _brier(normalizer: str, axis: int, z: Any, y: Any) -> Any:
    if normalizer == "softmax":
        p = torch.softmax(z, axis)
    else:
        weights = WEIGHTS[normalizer](z)
        p = weights / weights.sum(axis, keepdim=True)
    return 1 - 2 * p.gather(axis, y).squeeze(axis) + p.square().sum(axis)


def _taylor(z: Any) -> Any:
    return 1 + z + z.square() / 2


def _spherical(z: Any) -> Any:
    return z.square() + EPSILON


WEIGHTS: dict[str, Callable[[Any], Any]] = {"taylor": _taylor, "spherical": _spherical}
LOSSES: dict[str, Callable[..., Any]] = {
    "cross_entropy": _cross_entropy,
    "brier": _brier,
}

"""PyTorch's ways to train many classifiers of one hidden layer by plain SGD, on given mini-batches."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch.nn import functional

Layers = tuple[Any, Any, Any, Any]
"""Weights [members, in, out] and biases [members, out] of the hidden layer, then of the output."""


def one_after_the_other(
    start: Layers,
    rates: Sequence[float],
    inputs: Any,
    labels: Any,
    batches: Sequence[Any],
    seeds: Sequence[int],
) -> Layers:
    """A loop over classifiers, each a module with an optimizer, as most training code is; batches are [step][seed, rows]."""
    trained = [
        _alone(
            [layer[i] for layer in start],
            rate,
            inputs,
            labels,
            [rows[seed] for rows in batches],
        )
        for i, (rate, seed) in enumerate(zip(rates, seeds, strict=True))
    ]
    hidden, hidden_biases, output, output_biases = (
        torch.stack(layer) for layer in zip(*trained, strict=True)
    )
    return hidden, hidden_biases, output, output_biases


def _alone(
    start: Sequence[Any], rate: float, inputs: Any, labels: Any, batches: Sequence[Any]
) -> list[Any]:
    (features, hidden), (_, classes) = start[0].shape, start[2].shape
    model = torch.nn.Sequential(
        torch.nn.Linear(features, hidden),
        torch.nn.ReLU(),
        torch.nn.Linear(hidden, classes),
    )
    parameters = list(model.parameters())
    with torch.no_grad():
        for parameter, value in zip(parameters, start, strict=True):
            parameter.copy_(value.t())
    optimizer = torch.optim.SGD(parameters, lr=rate)
    for rows in batches:
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs[rows]), labels[rows]).backward()
        optimizer.step()
    return [parameter.detach().t() for parameter in parameters]


def vmapped(
    start: Layers,
    rates: Any,
    inputs: Any,
    labels: Any,
    batches: Sequence[Any],
    seeds: Any,
) -> Layers:
    """All classifiers at once: `torch.func.vmap` of the gradient of one."""
    gradient = torch.func.vmap(torch.func.grad(_loss))
    layers = start
    for rows in batches:
        of_members = rows[seeds]
        steps = gradient(layers, inputs[of_members], labels[of_members])
        layers = tuple(
            layer - rates.view(-1, *[1] * (layer.dim() - 1)) * step
            for layer, step in zip(layers, steps, strict=True)
        )
    return layers


def _loss(layers: Layers, inputs: Any, labels: Any) -> Any:
    hidden, hidden_biases, output, output_biases = layers
    logits = functional.relu(inputs @ hidden + hidden_biases) @ output + output_biases
    return functional.cross_entropy(logits, labels)


def in_best_threads(
    task: Callable[[], object], most: int
) -> tuple[int, Callable[[], object]]:
    """The task with as many threads as it is fastest with, and their number."""
    return min(
        (_seconds(threads, task), threads, partial(_in_threads, threads, task))
        for threads in {1, most}
    )[1:]


def _seconds(threads: int, task: Callable[[], object]) -> float:
    _in_threads(threads, task)
    started = time.perf_counter()
    _in_threads(threads, task)
    return time.perf_counter() - started


def _in_threads(threads: int, task: Callable[[], object]) -> object:
    torch.set_num_threads(threads)
    return task()

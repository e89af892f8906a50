"""Two ways of PyTorch to train many classifiers of one hidden layer by plain SGD."""

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
    """Train in a loop over classifiers, each a module with an optimizer, as most training code is.

    Args:
        start: Initial parameters.
        rates: Learning rate of each classifier.
        inputs: All training inputs.
        labels: All training labels.
        batches: Rows of the mini-batches, [step][seed, rows].
        seeds: Index of each classifier's seed.
    """
    trained = []
    for i, (rate, seed) in enumerate(zip(rates, seeds, strict=True)):
        parameters = [layer[i] for layer in start]
        rows = [batch[seed] for batch in batches]
        trained.append(_alone(parameters, rate, inputs, labels, rows))
    hidden, hidden_biases, output, output_biases = zip(*trained, strict=True)
    return (
        torch.stack(hidden),
        torch.stack(hidden_biases),
        torch.stack(output),
        torch.stack(output_biases),
    )


def _alone(
    start: Sequence[Any], rate: float, inputs: Any, labels: Any, batches: Sequence[Any]
) -> list[Any]:
    features, hidden = start[0].shape
    _, classes = start[2].shape
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
        loss = functional.cross_entropy(model(inputs[rows]), labels[rows])
        loss.backward()
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
    """Train all classifiers at once, by `torch.func.vmap` of the gradient of one.

    The arguments are those of `one_after_the_other`, with rates and seeds as tensors.
    """
    gradient = torch.func.vmap(torch.func.grad(_loss))
    layers = start
    for rows in batches:
        of_members = rows[seeds]
        slopes = gradient(layers, inputs[of_members], labels[of_members])
        layers = tuple(
            _step(layer, slope, rates)
            for layer, slope in zip(layers, slopes, strict=True)
        )
    return layers


def _step(layer: Any, slope: Any, rates: Any) -> Any:
    """One step of gradient descent, each member [members, ...] with its learning rate."""
    ones = [1] * (layer.dim() - 1)
    return layer - rates.view(-1, *ones) * slope


def _loss(layers: Layers, inputs: Any, labels: Any) -> Any:
    hidden, hidden_biases, output, output_biases = layers
    logits = functional.relu(inputs @ hidden + hidden_biases) @ output + output_biases
    return functional.cross_entropy(logits, labels)


def in_best_threads(
    task: Callable[[], object], most: int
) -> tuple[int, Callable[[], object]]:
    """The number of threads with which a task is fastest, and the task that uses them.

    Args:
        task: The task.
        most: The larger number of threads to try; the other is 1.
    """
    threads = min({1, most}, key=lambda number: _seconds(number, task))
    return threads, partial(_in_threads, threads, task)


def _seconds(threads: int, task: Callable[[], object]) -> float:
    _in_threads(threads, task)
    started = time.perf_counter()
    _in_threads(threads, task)
    return time.perf_counter() - started


def _in_threads(threads: int, task: Callable[[], object]) -> object:
    torch.set_num_threads(threads)
    return task()

"""The measurements of `ensembles`, in a process of their own."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
import torch

from logitscape._src.datasets import images as data
from logitscape._src.training import ensemble
from logitscape._src.training.config import TrainingConfig, make_config
from logitscape._src.training.metrics import METRICS
from logitscape._src.training.random_draws import shuffled
from logitscape._src.training.result import Training
from logitscape._src.training.train import train

from . import ensembles_torch
from .ensembles import FUNCTIONAL, LOOP, OURS
from .process import progress
from .timing import interleaved

PAIR, MODEL = "softmax + cross_entropy", ("mlp", 64)
SCALES = (0.1,)
CHECKED_STEPS = 40
LOOP_MODELS = 2


def run(quick: bool) -> dict[str, Any]:
    """Measure every size of mini-batch; in a quick run, few and small ensembles."""
    rates, seeds, steps, rounds = (4, 2, 64, 3) if quick else (8, 10, 330, 7)
    batch_sizes = (32,) if quick else (32, 64)
    cases = [_case(size, rates, seeds, steps, rounds) for size in batch_sizes]
    sizes = {
        "models": rates * seeds,
        "rates": rates,
        "seeds": seeds,
        "steps": steps,
        "rounds": rounds,
    }
    return sizes | {
        "loop_models": LOOP_MODELS,
        "threads": cases[0]["threads"],
        "cases": cases,
    }


def _case(
    batch_size: int, rates: int, seeds: int, steps: int, rounds: int
) -> dict[str, Any]:
    progress(f"ensembles: mini-batches of {batch_size}")
    learning_rates = np.geomspace(0.01, 0.3, rates).tolist()
    train_ours = partial(_ours, batch_size, learning_rates, range(seeds))
    config = make_config(
        PAIR,
        data.digits(),
        MODEL,
        learning_rates=learning_rates,
        seeds=range(seeds),
        init_scales=SCALES,
        steps=1,
        batch_size=batch_size,
        optimizer="sgd",
        metrics_every=1,
        metrics=METRICS,
    )
    batches = _batches(config, steps)
    _check(config, train_ours(CHECKED_STEPS), batches[:CHECKED_STEPS])
    most = torch.get_num_threads()
    members = rates * seeds
    loop, looped = ensembles_torch.in_best_threads(
        partial(_loop, config, batches, LOOP_MODELS), most
    )
    functional, vmapped = ensembles_torch.in_best_threads(
        partial(_vmapped, config, batches), most
    )
    tasks: dict[str, Callable[[], object]] = {
        OURS: partial(train_ours, steps),
        FUNCTIONAL: vmapped,
        LOOP: looped,
    }
    tasks[OURS]()
    model_steps = {
        OURS: members * steps,
        FUNCTIONAL: members * steps,
        LOOP: LOOP_MODELS * steps,
    }
    seconds = interleaved(tasks, rounds)
    per_step = {}
    for name in tasks:
        per_step[name] = [value / model_steps[name] for value in seconds[name]]
    return {
        "batch_size": batch_size,
        "seconds": per_step,
        "threads": f"{loop} in the loop, {functional} with torch.func",
    }


def _ours(
    batch_size: int, learning_rates: Sequence[float], seeds: Sequence[int], steps: int
) -> Training:
    return train(
        PAIR,
        data.digits(),
        model=MODEL,
        learning_rates=learning_rates,
        seeds=seeds,
        init_scales=SCALES,
        steps=steps,
        batch_size=batch_size,
        metrics_every=steps,
    )


def _check(config: TrainingConfig, ours: Training, batches: Sequence[Any]) -> None:
    """Compare the parameters of all ways after a few steps."""
    expected = []
    for leaf in _in_order(ours.parameters):
        expected.append(np.asarray(leaf).reshape(-1, *leaf.shape[3:]))
    _check_equal("loop", _loop(config, batches, LOOP_MODELS), expected)
    _check_equal("torch.func", _vmapped(config, batches), expected)


def _check_equal(
    name: str, layers: ensembles_torch.Layers, expected: Sequence[Any]
) -> None:
    for layer, values in zip(layers, expected, strict=True):
        np.testing.assert_allclose(
            values[: len(layer)], layer.numpy(), rtol=1e-3, atol=1e-4, err_msg=name
        )


def _loop(
    config: TrainingConfig, batches: Sequence[Any], models: int
) -> ensembles_torch.Layers:
    start, inputs, labels = _problem(config)
    rates = config.members.learning_rate[:models].tolist()
    seeds = config.members.seed_index[:models].tolist()
    return ensembles_torch.one_after_the_other(
        start, rates, inputs, labels, batches, seeds
    )


def _vmapped(config: TrainingConfig, batches: Sequence[Any]) -> ensembles_torch.Layers:
    start, inputs, labels = _problem(config)
    rates = torch.from_numpy(np.array(config.members.learning_rate))
    seeds = torch.from_numpy(np.array(config.members.seed_index))
    return ensembles_torch.vmapped(start, rates, inputs, labels, batches, seeds.long())


def _problem(config: TrainingConfig) -> tuple[ensembles_torch.Layers, Any, Any]:
    """Initial parameters, all training inputs and labels."""
    state = ensemble.start(config.program, config.members, config.seeds)
    hidden, hidden_biases, output, output_biases = (
        torch.from_numpy(np.array(leaf)) for leaf in _in_order(state.parameters)
    )
    train_inputs, train_labels = config.train
    inputs = torch.from_numpy(np.array(train_inputs[0]))
    labels = torch.from_numpy(np.array(train_labels[0]))
    return (hidden, hidden_biases, output, output_biases), inputs, labels.long()


def _in_order(parameters: Any) -> list[Any]:
    return [layer[name] for layer in parameters for name in ("weights", "biases")]


def _batches(config: TrainingConfig, steps: int) -> list[Any]:
    """The rows of every step and seed, [step][seeds, batch], that logitscape draws."""
    size = config.train.labels.shape[1]
    batch = config.program.batch_size
    per_epoch = size // batch
    batches = []
    for epoch in range(-(-steps // per_epoch)):
        order = np.array(shuffled(config.seeds, jnp.int32(epoch), size))
        for i in range(per_epoch):
            rows = order[:, batch * i : batch * (i + 1)]
            batches.append(torch.from_numpy(rows.copy()).long())
    return batches[:steps]

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
    """Every size of mini-batch; quick: few and small."""
    rates, seeds, steps, rounds = (4, 2, 64, 3) if quick else (8, 10, 330, 7)
    cases = [
        _case(batch, rates, seeds, steps, rounds)
        for batch in ((32,) if quick else (32, 64))
    ]
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
    grid = np.geomspace(0.01, 0.3, rates).tolist(), range(seeds)
    config = make_config(
        PAIR,
        data.digits(),
        MODEL,
        learning_rates=grid[0],
        seeds=grid[1],
        init_scales=SCALES,
        steps=1,
        batch_size=batch_size,
        optimizer="sgd",
        metrics_every=1,
        metrics=METRICS,
    )
    batches = _batches(config, steps)
    _check(config, _ours(batch_size, *grid, CHECKED_STEPS), batches[:CHECKED_STEPS])
    most, members = torch.get_num_threads(), rates * seeds
    loop, looped = ensembles_torch.in_best_threads(
        partial(_loop, config, batches, LOOP_MODELS), most
    )
    functional, vmapped = ensembles_torch.in_best_threads(
        partial(_vmapped, config, batches), most
    )
    tasks: dict[str, Callable[[], object]] = {
        OURS: partial(_ours, batch_size, *grid, steps),
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
    per_step = {
        name: [each / model_steps[name] for each in seconds[name]] for name in tasks
    }
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
    """The same parameters from all, after a few steps."""
    expected = [
        np.asarray(leaf).reshape(-1, *leaf.shape[3:])
        for leaf in _in_order(ours.parameters)
    ]
    for name, others in (
        ("loop", _loop(config, batches, LOOP_MODELS)),
        ("torch.func", _vmapped(config, batches)),
    ):
        for mine, other in zip(expected, others, strict=True):
            np.testing.assert_allclose(
                mine[: len(other)], other.numpy(), rtol=1e-3, atol=1e-4, err_msg=name
            )


def _loop(
    config: TrainingConfig, batches: Sequence[Any], models: int
) -> ensembles_torch.Layers:
    start, inputs, labels = _problem(config)
    rates, seeds = (
        config.members.learning_rate[:models].tolist(),
        config.members.seed_index[:models].tolist(),
    )
    return ensembles_torch.one_after_the_other(
        start, rates, inputs, labels, batches, seeds
    )


def _vmapped(config: TrainingConfig, batches: Sequence[Any]) -> ensembles_torch.Layers:
    start, inputs, labels = _problem(config)
    rates, seeds = (
        torch.from_numpy(np.array(each))
        for each in (config.members.learning_rate, config.members.seed_index)
    )
    return ensembles_torch.vmapped(start, rates, inputs, labels, batches, seeds.long())


def _problem(config: TrainingConfig) -> tuple[ensembles_torch.Layers, Any, Any]:
    """Initial parameters, all training inputs and labels."""
    state = ensemble.start(config.program, config.members, config.seeds)
    hidden, hidden_biases, output, output_biases = (
        torch.from_numpy(np.array(leaf)) for leaf in _in_order(state.parameters)
    )
    inputs, labels = (torch.from_numpy(np.array(part[0])) for part in config.train)
    return (hidden, hidden_biases, output, output_biases), inputs, labels.long()


def _in_order(parameters: Any) -> list[Any]:
    return [layer[name] for layer in parameters for name in ("weights", "biases")]


def _batches(config: TrainingConfig, steps: int) -> list[Any]:
    """The rows of every step and seed, [step][seeds, batch], that logitscape draws."""
    size, batch = config.train.labels.shape[1], config.program.batch_size
    per_epoch = size // batch
    epochs = [
        np.array(shuffled(config.seeds, jnp.int32(epoch), size))
        for epoch in range(-(-steps // per_epoch))
    ]
    rows = [
        order[:, batch * i :][:, :batch] for order in epochs for i in range(per_epoch)
    ]
    return [torch.from_numpy(each.copy()).long() for each in rows[:steps]]

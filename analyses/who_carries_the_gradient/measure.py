"""The measuring half of `who_carries_the_gradient.py`."""

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any, TypeAlias

import jax
import numpy as np
import pandas as pd
from numpy.typing import NDArray

import logitscape as ls
from logitscape._src.datasets import builtin as data
from logitscape._src.datasets.dataset import Dataset

from ..harness import StudyRun
from ..shared.intervals import difference, holm, interval
from ..shared.scattered import scattered

HERO = "softmax + cross_entropy"
PAIRS = (
    HERO,
    "softmax + focal",
    "softmax + label_smoothing",
    "softmax + brier",
    "softmax + mae",
    "taylor + cross_entropy",
    "spherical + cross_entropy",
    "softplus + cross_entropy",
    "sparsemax_loss",
    "entmax_loss",
    "sparsemax + brier",
    "crammer_singer",
)
MODELS: dict[str, tuple[Any, float]] = {
    "linear": ("linear", 0.01),
    "hidden layer of 64": (("mlp", 64), 0.1),
}
"""With the standard deviation of the last layer's initial weights."""
QUICK = [f"{HERO} | {model}" for model in MODELS]
LEARNING_RATES = (0.004, 0.02, 0.1, 0.5, 2.5, 12.5)
TUNING_SEEDS, SEEDS = tuple(range(100, 105)), ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9))
BATCH, EPOCHS = 64, 20
METRICS = "accuracy", "wrong_gradient_share"
AT = 0.05  # of the examples are wrong where pairs are compared
CLASSES, PROBES = 10, 10_000
Values: TypeAlias = NDArray[Any]


def measure(plan: StudyRun) -> dict[str, pd.DataFrame]:
    jax.config.update("jax_enable_x64", True)
    digits, keys = (
        data.digits(seed=0),
        QUICK if plan.quick else [" | ".join(key) for key in product(PAIRS, MODELS)],
    )
    size = (
        (LEARNING_RATES[2:5], SEEDS[:1], 5)
        if plan.quick
        else (LEARNING_RATES, SEEDS, EPOCHS)
    )
    runs = plan.gather("training", keys, partial(tuned_runs, digits, *size), threads=2)
    compared = pd.DataFrame(
        [summary(key, table) for key, table in runs.groupby("key", sort=False)]
    )
    return {
        "pairs": with_differences(compared, runs),
        "shares": shares(runs),
        "bounds": bounds(),
    }


def tuned_runs(
    digits: Dataset,
    rates: Sequence[float],
    seeds: Sequence[Sequence[int]],
    epochs: int,
    key: str,
) -> pd.DataFrame:
    """Every epoch of every seed, with the learning rate that was best for the tuning seeds.

    Each call trains as many members, so that one program serves all.
    """
    pair, name = key.split(" | ")
    model, scale = MODELS[name]
    steps = epochs * (len(digits.train.labels) // BATCH)
    train = partial(
        ls.train,
        pair,
        digits,
        model=model,
        init_scales=(scale,),
        steps=steps,
        batch_size=BATCH,
        metrics=METRICS,
    )
    tuning = [
        train(learning_rates=(rate,), seeds=TUNING_SEEDS, metrics_every=steps)
        for rate in rates
    ]
    scores = [float(found.accuracy[1, 0, :, 0, -1].mean()) for found in tuning]
    best = rates[int(np.argmax(scores))]
    found = [
        train(learning_rates=(best,), seeds=some, metrics_every=steps // epochs)
        for some in seeds
    ]
    scored = {
        f"validation_{rate:g}": score for rate, score in zip(rates, scores, strict=True)
    }
    edge = {rates[0]: "lowest", rates[-1]: "highest"}.get(best, "inside")
    return pd.concat([rows_of(each) for each in found], ignore_index=True).assign(
        key=key, pair=pair, model=name, learning_rate=best, edge=edge, **scored
    )


def rows_of(found: Any) -> pd.DataFrame:
    index = pd.MultiIndex.from_product(
        [found.seeds, range(len(found.steps))], names=["seed", "epoch"]
    )
    metrics = {
        "wrong": 1 - found.accuracy[0],
        "carried": found.wrong_gradient_share[0],
        "test": found.accuracy[2],
    }
    columns = {name: values[0, :, 0].ravel() for name, values in metrics.items()}
    diverged = np.repeat(found.diverged_at[0, :, 0] >= 0, len(found.steps))
    return pd.DataFrame({**columns, "diverged": diverged}, index).reset_index()


def summary(key: Any, table: pd.DataFrame) -> dict[str, Any]:
    """A pair with a model: what the wrong carry where AT of the images are wrong, and how training ended."""
    last, first = table[table.epoch == table.epoch.max()], table.iloc[0]
    return {
        "key": key,
        "pair": first.pair,
        "model": first.model,
        **interval("carried", carried_at(table)),
        **interval("end_wrong", last.wrong),
        **interval("end_carried", last.carried),
        **interval("test", last.test),
        "seeds": len(last),
        "never_there": int(np.isnan(carried_at(table)).sum()),
        "diverged": int(last.diverged.sum()),
        "learning_rate": first.learning_rate,
        "edge": first.edge,
        **{
            name: first[name] for name in table.columns if name.startswith("validation")
        },
    }


def carried_at(table: pd.DataFrame) -> Values:
    """For each seed, the share of the gradient carried where AT of the images are wrong; NaN if it never gets there."""
    return np.array(
        [
            crossing(runs.wrong.to_numpy(), runs.carried.to_numpy())
            for _, runs in table.groupby("seed")
        ]
    )


def crossing(wrong: Values, carried: Values, at: float = AT) -> float:
    """What is carried when the share that is wrong first falls to `at`, linearly between the epochs around it."""
    below = np.flatnonzero(wrong <= at)
    if not below.size or below[0] == 0:
        return float("nan")
    around = [below[0], below[0] - 1]
    return float(np.interp(at, wrong[around], carried[around]))


def with_differences(compared: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The paired difference of what is carried from softmax + cross_entropy with the same model."""
    carried = {key: carried_at(table) for key, table in runs.groupby("key", sort=False)}
    rows = [
        (key, f"{HERO} | {model}")
        for key, model in zip(compared.key, compared.model, strict=True)
    ]
    found = [difference(carried[key], carried[hero]) for key, hero in rows]
    p = [
        np.nan if key == hero else each.p
        for (key, hero), each in zip(rows, found, strict=True)
    ]
    columns = {
        name: [getattr(each, name) for each in found]
        for name in ("mean", "low", "high")
    }
    return compared.assign(
        **{f"difference_{name}": values for name, values in columns.items()},
        holm_p=holm(p),
    ).drop(columns="key")


def shares(runs: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds after every epoch, with the interval of what is carried."""
    groups = runs.groupby(["pair", "model", "epoch"], sort=False)
    names = ("pair", "model", "epoch")
    rows = [{**dict(zip(names, key, strict=True)), "wrong": each.wrong.mean(), **interval("carried", each.carried)}
            for key, each in groups]  # fmt: skip
    return pd.DataFrame(rows)


def bounds() -> pd.DataFrame:
    """How often the norm for softmax + cross_entropy leaves its bounds, between sqrt(K / (K - 1)) and sqrt 2 times 1 - p_y."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(PROBES, CLASSES)) * random.uniform(
        0, 15, size=(PROBES, 1)
    )
    found = ls.sweep(HERO, scattered("random", logits))
    norm, missing = (
        np.hypot.reduce(np.asarray(found.gradient)[0, 0], axis=-1),
        -np.asarray(found.gradient)[0, 0, :, 0],
    )
    low, high = missing * (CLASSES / (CLASSES - 1)) ** 0.5, missing * 2**0.5
    outside = (norm < low * (1 - 1e-9)) | (norm > high * (1 + 1e-9))
    wrong = ~np.asarray(found.correct)[0, 0]
    return pd.DataFrame(
        [
            {
                "logits": PROBES,
                "outside": outside.sum(),
                "least_while_wrong": norm[wrong].min(),
            }
        ]
    )

"""Pairs tuned on validation data and scored on test data: the measuring half of do_the_alternatives_win.py."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from threading import Lock
from typing import NamedTuple

import numpy as np
import pandas as pd

from logitscape._src.datasets.corpus import standard_library_corpus
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.datasets.images import mnist5k

from ..harness import StudyRun
from .held_out import Job, Recipe, scores
from .sparse_at_size import objective
from .word_counts import baselines

MOST_THREADS = 8
SETTING = ["learning_rate", "scale"]


class Task(NamedTuple):
    """What is to be learned, and how.

    Attributes:
        name: as the tables have it.
        pairs: what is compared.
        load: the data set of a seed.
        recipe: what all classifiers share.
        rates: the learning rates of the grid.
        scales: and its initial scales.
        tuning_seeds: for the grid.
        seeds: for the results.
        wave: how many are trained by one call.
    """

    name: str
    pairs: Sequence[str]
    load: Callable[[int], Dataset]
    recipe: Recipe
    rates: Sequence[float]
    scales: Sequence[float]
    tuning_seeds: Sequence[int]
    seeds: Sequence[int]
    wave: int


def images(quick: bool, name: str, pairs: Sequence[str]) -> Task:
    """MNIST-5k, split anew for every seed, for a perceptron."""
    rates = (0.003, 0.01) if quick else (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
    recipe = Recipe(64, 20 if quick else 1000, 64)
    scales = (0.01,) if quick else (0.01, 1.0)
    tuning, results = (
        (range(100, 101), range(2)) if quick else (range(100, 102), range(24))
    )
    return Task(
        name,
        pairs,
        _kept(_images),
        recipe,
        rates,
        scales,
        tuning,
        results,
        2 if quick else 12,
    )


def _images(seed: int) -> Dataset:
    return mnist5k(seed=seed)


def language(quick: bool, name: str, pairs: Sequence[str]) -> Task:
    """The next token from the one before it, in other files for every seed."""
    recipe = Recipe(16, 15 if quick else 300, 64)

    def load(seed: int) -> Dataset:
        corpus = (
            standard_library_corpus(vocabulary=300, seed=0)
            if quick
            else standard_library_corpus(seed=seed)
        )
        held_out = 1000 if quick else 4000
        return corpus.first(
            train=recipe.steps * recipe.batch, validation=held_out, test=held_out
        )

    rates = (0.02, 0.06) if quick else (0.002, 0.006, 0.02, 0.06, 0.2, 0.6)
    results = range(2 if quick else 12)
    return Task(
        name,
        pairs,
        _kept(load),
        recipe,
        rates,
        (0.01,),
        range(100, 101),
        results,
        2 if quick else 6,
    )


def _kept(load: Callable[[int], Dataset]) -> Callable[[int], Dataset]:
    """Each seed's data once, also where two threads ask for them."""
    lock, kept = Lock(), cache(load)

    def loaded(seed: int) -> Dataset:
        with lock:
            return kept(seed)

    return loaded


def measured(plan: StudyRun, task: Task) -> dict[str, pd.DataFrame]:
    """The tables of a task: `tuning`, `results`, `tasks` and, for tokens, `baselines`."""
    tuning = _tuned(plan, task)
    results = _results(plan, task, tuning)
    tables = {"tuning": tuning, "results": results, "tasks": _described(task)}
    if np.issubdtype(task.load(task.seeds[0]).train.inputs.dtype, np.integer):
        rows = [
            {"task": task.name, "seed": seed} | baselines(task.load(seed))
            for seed in task.seeds
        ]
        tables["baselines"] = pd.DataFrame(rows)
    return tables


def _tuned(plan: StudyRun, task: Task) -> pd.DataFrame:
    """Validation scores of every setting, means over the tuning seeds, and what they are the best for."""
    jobs = [Job(*each) for each in product(task.rates, task.scales, task.tuning_seeds)]
    each = _in_waves(
        plan, f"tune {task.name}", task, dict.fromkeys(task.pairs, jobs), "validation"
    )
    means = (
        each.groupby(["pair", *SETTING], sort=False)[["accuracy", "nll", "diverged"]]
        .mean()
        .reset_index()
    )
    means["best_for"] = ""
    for _, rows in means.groupby("pair"):
        for metric, scores_ in (("accuracy", rows["accuracy"]), ("nll", -rows["nll"])):
            known = scores_[np.isfinite(scores_)]
            if len(known):
                means.loc[known.idxmax(), "best_for"] += f" {metric}"
    means["best_for"] = means["best_for"].str.strip().str.replace(" ", " and ")
    rate = means["learning_rate"]
    means["at_the_edge"] = (means["best_for"] != "") & (
        (rate == min(task.rates)) | (rate == max(task.rates))
    )
    means.insert(0, "task", task.name)
    return means


def _results(plan: StudyRun, task: Task, tuning: pd.DataFrame) -> pd.DataFrame:
    """Test scores of the settings that are best for something, a row for each seed."""
    winners = tuning[tuning["best_for"] != ""]
    jobs = {
        pair: [
            Job(rate, scale, seed)
            for rate, scale in rows[SETTING].itertuples(index=False)
            for seed in task.seeds
        ]
        for pair, rows in winners.groupby("pair", sort=False)
    }
    each = _in_waves(plan, f"test {task.name}", task, jobs, "test")
    each.insert(0, "task", task.name)
    return each.merge(
        winners[["pair", *SETTING, "best_for"]], on=["pair", *SETTING], how="left"
    )


def _in_waves(
    plan: StudyRun, name: str, task: Task, jobs: Mapping[str, Sequence[Job]], part: str
) -> pd.DataFrame:
    """The scores of all jobs of every pair; waves are of the same size, so that one compiled program serves them all."""
    numbers = {pair: range(-(-len(each) // task.wave)) for pair, each in jobs.items()}
    # By number first: two threads seldom compile the same program at the same time.
    keys = sorted(
        ((number, pair) for pair, each in numbers.items() for number in each),
        key=lambda key: key[0],
    )

    def make(key: tuple[int, str]) -> pd.DataFrame:
        number, pair = key
        begin = number * task.wave
        wave = jobs[pair][begin : begin + task.wave]
        found = scores(
            objective(pair),
            task.recipe,
            wave,
            [task.load(job.seed) for job in wave],
            part,
        )
        found.insert(0, "pair", pair)
        return found

    table = plan.gather(
        name, keys, make, threads=min(os.cpu_count() or 1, MOST_THREADS)
    )
    table[SETTING] = table[SETTING].round(
        9
    )  # which text may have changed in the last digit
    order = {pair: place for place, pair in enumerate(jobs)}
    return table.sort_values(
        "pair", key=lambda pairs: pairs.map(order), kind="stable", ignore_index=True
    )


def _described(task: Task) -> pd.DataFrame:
    data = task.load(task.seeds[0])
    about = {
        "task": task.name,
        "data": data.source,
        "classes": data.classes,
        "training_examples": len(data.train.labels),
        "test_examples": len(data.test.labels),
        "hidden_units": task.recipe.hidden,
        "adam_steps": task.recipe.steps,
        "batch": task.recipe.batch,
        "tuning_seeds": len(task.tuning_seeds),
        "seeds": len(task.seeds),
    }
    return pd.DataFrame([about])

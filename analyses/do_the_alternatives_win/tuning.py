"""The measuring half of the study: pairs tuned on validation data and scored on test data."""

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from logitscape._src.base.cores import usable_cores

from ..harness import StudyRun
from .held_out import Job, scores
from .sparse_at_size import objective
from .tasks import Task
from .word_counts import baselines

MOST_THREADS = 8
SETTING = ["learning_rate", "scale"]


def measure_task(run: StudyRun, task: Task) -> dict[str, pd.DataFrame]:
    """The tables of a task: `tuning`, `results`, `tasks` and, for tokens, `baselines`."""
    tuning = _tuned(run, task)
    tables = {
        "tuning": tuning,
        "results": _results(run, task, tuning),
        "tasks": _described(task),
    }
    if _has_tokens(task):
        tables["baselines"] = _baselines(task)
    return tables


def _has_tokens(task: Task) -> bool:
    inputs = task.load(task.seeds[0]).train.inputs
    return np.issubdtype(inputs.dtype, np.integer)


def _baselines(task: Task) -> pd.DataFrame:
    rows = []
    for seed in task.seeds:
        key = {"task": task.name, "seed": seed}
        rows.append(key | baselines(task.load(seed)))
    return pd.DataFrame(rows)


def _tuned(run: StudyRun, task: Task) -> pd.DataFrame:
    """Validation scores of every setting, means over the tuning seeds.

    The column `best_for` names the metrics for which the setting is the best of its pair.
    """
    jobs = []
    for rate, scale, seed in product(task.rates, task.scales, task.tuning_seeds):
        jobs.append(Job(rate, scale, seed))
    jobs_by_pair = dict.fromkeys(task.pairs, jobs)
    rows = _in_waves(run, f"tune {task.name}", task, jobs_by_pair, "validation")
    by_setting = rows.groupby(["pair", *SETTING], sort=False)
    means = by_setting[["accuracy", "nll", "diverged"]].mean().reset_index()
    means["best_for"] = _best_for(means)
    rate = means["learning_rate"]
    at_end = (rate == min(task.rates)) | (rate == max(task.rates))
    means["at_the_edge"] = (means["best_for"] != "") & at_end
    means.insert(0, "task", task.name)
    return means


def _best_for(means: pd.DataFrame) -> "pd.Series[str]":
    """For each row the metrics for which it is the best of its pair: "accuracy and nll", say."""
    names = pd.Series("", index=means.index)
    for metric, sign in (("accuracy", 1), ("nll", -1)):
        goodness = sign * means[metric]
        # A pair whose NLL is infinite everywhere has no best setting for it.
        finite = goodness[np.isfinite(goodness)]
        for best in finite.groupby(means["pair"]).idxmax():
            names[best] += f" {metric}"
    return names.str.strip().str.replace(" ", " and ")


def _results(run: StudyRun, task: Task, tuning: pd.DataFrame) -> pd.DataFrame:
    """Test scores of the settings that are the best for some metric, with a row for each seed."""
    best = tuning[tuning["best_for"] != ""]
    jobs = {}
    for pair, rows in best.groupby("pair", sort=False):
        settings = rows[SETTING].itertuples(index=False)
        jobs[str(pair)] = [
            Job(rate, scale, seed) for rate, scale in settings for seed in task.seeds
        ]
    table = _in_waves(run, f"test {task.name}", task, jobs, "test")
    table.insert(0, "task", task.name)
    key = ["pair", *SETTING]
    return table.merge(best[[*key, "best_for"]], on=key, how="left")


def _in_waves(
    run: StudyRun, name: str, task: Task, jobs: Mapping[str, Sequence[Job]], part: str
) -> pd.DataFrame:
    """The scores of all jobs of every pair.

    Waves are of the same size, so that one compiled program serves all waves of a pair.
    """

    def measure_wave(key: tuple[int, str]) -> pd.DataFrame:
        number, pair = key
        first = number * task.wave
        wave = jobs[pair][first : first + task.wave]
        datasets = [task.load(job.seed) for job in wave]
        table = scores(objective(pair), task.recipe, wave, datasets, part)
        table.insert(0, "pair", pair)
        return table

    threads = min(usable_cores(), MOST_THREADS)
    table = run.gather(name, _wave_keys(jobs, task.wave), measure_wave, threads=threads)
    # Reading from text may have changed the last digit.
    table[SETTING] = table[SETTING].round(9)
    order = {pair: place for place, pair in enumerate(jobs)}
    # Stable, so that the waves of a pair stay in their order.
    return table.sort_values(
        "pair", key=lambda pairs: pairs.map(order), kind="stable", ignore_index=True
    )


def _wave_keys(jobs: Mapping[str, Sequence[Job]], wave: int) -> list[tuple[int, str]]:
    """The number and the pair of every wave.

    They are sorted by number, so that two threads seldom compile the same program at the same time.
    """
    keys = []
    for pair, jobs_of_pair in jobs.items():
        count = math.ceil(len(jobs_of_pair) / wave)
        keys += [(number, pair) for number in range(count)]
    return sorted(keys, key=lambda key: key[0])


def _described(task: Task) -> pd.DataFrame:
    """A row that describes the task."""
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

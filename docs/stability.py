"""Ask about a sample of the collection with five seeds and four numbers of classes.

`--write` updates `docs/stability.md`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from docs.loss_table import publish
from docs.verdicts import line
from tests.diagnosis.collection.asking import TOPICS, answers_about
from tests.diagnosis.collection.records import BROKEN, HEALTHY

TARGET = Path(__file__).with_suffix(".md")
SAMPLE = (
    "tanh on the last layer",
    "sigmoid twice",
    "smoothing adds 1 / n",
    "logits taken for probabilities, sparse",
    "margin taken from the rivals",
    "softmax over the batch",
    "focal factor of the log-probability",
    "root of a probability",
    "CosFace of cosines",
    "squentropy",
    "margin-based label smoothing",
    "distances of classes",
    "focal with smoothed target",
    "asymmetric loss",
)
"""Losses of any number of classes: eight that are broken, and six that are not."""
SEEDS = range(5)
CLASSES = (3, 10, 100, 1000)
USUAL = 10

Setting = tuple[int, int]
"""A number of classes, and a seed."""


def settings() -> Iterator[Setting]:
    """All numbers of classes with one seed, and all seeds with one number of classes."""
    yield from ((n, 0) for n in CLASSES)
    yield from ((USUAL, seed) for seed in SEEDS if seed)


def alarms(
    name: str, setting: Setting, topics: Iterable[str] = TOPICS
) -> frozenset[str]:
    """The faults and trades of a loss, each as "level: verdict"."""
    case = {**BROKEN, **HEALTHY}[name]
    n, seed = setting
    arguments = {**case.arguments, "num_classes": n, "seed": seed}
    return frozenset(
        f"{answer.severity}: {answer.verdict}"
        for answer in answers_about(case.loss, arguments, topics)
        if answer.severity in ("fault", "trade")
    )


def measured(names: Sequence[str]) -> dict[str, dict[Setting, frozenset[str]]]:
    """The faults and trades of losses in every setting."""
    found = dict[str, dict[Setting, frozenset[str]]]()
    for name in names:
        print(name, file=sys.stderr)
        found[name] = {setting: alarms(name, setting) for setting in settings()}
    return found


def page(found: Mapping[str, Mapping[Setting, frozenset[str]]]) -> str:
    """The page with a row for every loss."""
    same = [name for name in found if len(set(found[name].values())) == 1]
    lines = [
        "# How stable the verdicts are",
        "",
        f"With jax {version('jax')}; made by `python -m docs.stability --write`.",
        "",
        f"Each of {len(found)} losses is asked about with {', '.join(map(str, CLASSES))} classes, "
        f"and with {len(SEEDS)} seeds of the random searches at {USUAL} classes. "
        f"**{len(same)} have the same faults and trades everywhere.**",
        "",
        line(["loss", f"faults and trades at {USUAL} classes", "elsewhere"]),
        line(["---"] * 3),
    ]
    for name, sets in found.items():
        usual = sets[USUAL, 0]
        cells = [name, ", ".join(sorted(usual)), "; ".join(_differences(sets, usual))]
        lines.append(line(cells))
    return "\n".join(lines) + "\n"


def _differences(
    sets: Mapping[Setting, frozenset[str]], usual: frozenset[str]
) -> Iterator[str]:
    for (n, seed), found in sets.items():
        if found == usual:
            continue
        changes = [f"+ {each}" for each in sorted(found - usual)]
        changes += [f"- {each}" for each in sorted(usual - found)]
        yield f"n = {n}, seed {seed}: {', '.join(changes)}"


if __name__ == "__main__":
    publish(page(measured(SAMPLE)), TARGET)

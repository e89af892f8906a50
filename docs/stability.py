"""Ask about a sample of the collection with five seeds and four numbers of classes.

`--write` keeps what it says under the version of JAX in `docs/stability.json`, and makes
`docs/stability.md` of all versions there; `nox -s verdicts stability` asks with the newest and
the oldest one.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from docs.loss_table import publish
from docs.verdicts import line
from tests.diagnosis.collection.asking import TOPICS, answers_about
from tests.diagnosis.collection.records import BROKEN, HEALTHY

TARGET = Path(__file__).with_suffix(".md")
STORED = Path(__file__).with_suffix(".json")
SAMPLE = (
    "tanh on the last layer",
    "smoothing adds 1 / n",
    "margin taken from the rivals",
    "softmax over the batch",
    "root of a probability",
    "CosFace of cosines",
    "squentropy",
)
"""Losses of any number of classes, one of each kind: five that are broken, and two that are not."""
SEEDS = range(5)
CLASSES = (3, 10, 100, 1000)
USUAL = 10

Setting = tuple[int, int]
"""A number of classes, and a seed."""
Found = Mapping[str, Mapping[Setting, frozenset[str]]]
"""The faults and trades of losses by name, in every setting."""


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
        for answer in answers_about(case.loss, arguments, topics, every_dtype=False)
        if answer.severity in ("fault", "trade")
    )


def measured(names: Sequence[str]) -> Found:
    """The faults and trades of losses in every setting."""
    found = dict[str, dict[Setting, frozenset[str]]]()
    for name in names:
        print(name, file=sys.stderr)
        found[name] = {setting: alarms(name, setting) for setting in settings()}
    return found


def read() -> dict[str, Found]:
    """What was found before, by the version of JAX."""
    if not STORED.exists():
        return {}
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    return {
        jax_version: {
            name: {
                _setting(text): frozenset(verdicts) for text, verdicts in sets.items()
            }
            for name, sets in found.items()
        }
        for jax_version, found in stored.items()
    }


def text_of(by_version: Mapping[str, Found]) -> str:
    """The text of the file that `read` reads."""
    record = {
        jax_version: {
            name: {f"n = {n}, seed {seed}": sorted(s) for (n, seed), s in sets.items()}
            for name, sets in found.items()
        }
        for jax_version, found in by_version.items()
    }
    return json.dumps(record, indent=1) + "\n"


def _setting(text: str) -> Setting:
    n, seed = text.removeprefix("n = ").split(", seed ")
    return int(n), int(seed)


def page(by_version: Mapping[str, Found]) -> str:
    """The page with a row for every loss."""
    versions = sorted(by_version, key=_as_numbers, reverse=True)
    newest = by_version[versions[0]]
    everywhere = {
        name: {
            (jax_version, setting): verdicts
            for jax_version in versions
            for setting, verdicts in by_version[jax_version].get(name, {}).items()
        }
        for name in newest
    }
    same = [name for name, sets in everywhere.items() if len(set(sets.values())) == 1]
    lines = [
        "# How stable the verdicts are",
        "",
        f"With jax {' and '.join(versions)}; made by `nox -s verdicts stability -- --write`.",
        "",
        f"Each of {len(newest)} losses is asked about with {', '.join(map(str, CLASSES))} classes, "
        f"and with {len(SEEDS)} seeds of the random searches at {USUAL} classes. "
        f"**{len(same)} of {len(newest)} have the same faults and trades everywhere.**",
        "",
        line(["loss", f"faults and trades at {USUAL} classes", "elsewhere"]),
        line(["---"] * 3),
    ]
    for name, sets in everywhere.items():
        usual = newest[name][USUAL, 0]
        cells = [name, ", ".join(sorted(usual)), "; ".join(_differences(sets, usual))]
        lines.append(line(cells))
    return "\n".join(lines) + "\n"


def _as_numbers(jax_version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in jax_version.split(".") if part.isdecimal())


def _differences(
    sets: Mapping[tuple[str, Setting], frozenset[str]], usual: frozenset[str]
) -> Iterator[str]:
    for (jax_version, (n, seed)), found in sets.items():
        if found == usual:
            continue
        changes = [f"+ {each}" for each in sorted(found - usual)]
        changes += [f"- {each}" for each in sorted(usual - found)]
        yield f"jax {jax_version}, n = {n}, seed {seed}: {', '.join(changes)}"


def main() -> None:
    """Ask with the installed version of JAX, and print the page of all versions."""
    found = measured(SAMPLE)
    # Read afterwards, as another version may have been asked meanwhile.
    by_version = {**read(), version("jax"): found}
    if "--write" in sys.argv[1:]:
        STORED.write_text(text_of(by_version), encoding="utf-8")
    publish(page(by_version), TARGET)


if __name__ == "__main__":
    main()

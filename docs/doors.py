"""Call every public door with hostile values; `--write` updates `docs/doors.md`."""

import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import chdir
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import jax

from docs.loss_table import publish
from logitscape._src.base.xla import compile_all_fast
from tests.doors import commands, users
from tests.doors.calls import calls, outcomes
from tests.doors.functions import FUNCTIONS
from tests.doors.hostile import HOSTILE, UNKNOWN_KEYWORD
from tests.doors.outcomes import Outcome
from tests.doors.public import FORMULAS, doors
from tests.doors.valid import NO_DOORS

TARGET = Path(__file__).with_suffix(".md")
COMMAND = "python -m nox -s doors -- --write"
PACKAGES = ("jax", "numpy", "matplotlib", "logitscape")
BAD = ("raw", "hang", "wrong")
COLUMNS = ("calls", "results", "clear errors", "raw errors", "hangs", "wrong numbers")

HEAD = """\
# What every door does with bad input

With {versions}, on a CPU; made by `{command}`.

Every function that a user can call was called with hostile values in place of its arguments, one at
a time, and every option of the command line with hostile words. The functions are found by their
public names and signatures, so that a new one is here by itself. A share of these calls is part of
every run of the tests. A call is

* a **result** where the value can be meant: a list for an array, or a number of NumPy;
* a **clear error** if the package refuses it: a `TypeError`, a `ValueError`, an `OSError` for files
  or an `ImportError` for a package that is not installed, whose message names the argument and says
  what was given and what is allowed. These are Python's own kinds and have no further base class:
  code that already catches a `ValueError` catches these too;
* a **raw error** if anything else is raised, from inside Python, NumPy or JAX;
* a **hang** if it takes longer than half a minute of processor time; or
* a **wrong number** if a NaN was given and the result has finite numbers only, or an unknown
  keyword was accepted.

In **{calls:,} calls** there were {bad}.

Two kinds of errors pass as they are, and are not counted here: one that a class of the user's own
raises in a method of its own, such as a number that does not compare, and JAX's
`UnexpectedTracerError` for a value that was kept while JAX traced a function, as it names that
function.
"""
USERS = """\
## Functions of users

Every door that takes a function was given ones with something that JAX, or a loss, does not take. A
**clear** error has the user's own line, names the function and says what to do; errors of the
user's own keep their type, and have this in a note. What ends the program becomes an error, and an
interrupt passes as one. A function that never returns is left behind by a diagnosis when its budget
is over, and the error has the line at which it was.
"""


def of_door(place: int) -> list[Outcome]:
    """What the calls of one door come to."""
    door = list(doors())[place]
    print(door.name, file=sys.stderr)
    # Whatever is written to a name that is hostile goes with the folder.
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        return outcomes(door, calls(door))


def of_command(command: str) -> list[Outcome]:
    """What one command does with hostile words, in a folder of its own."""
    print(command, file=sys.stderr)
    asked = [(o, w) for o in commands.options() for w in commands.WORDS]
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        commands.make_files(Path(folder))
        return [commands.outcome(o, w) for o, w in asked if o.command == command]


def of_user(door: str) -> list[Outcome]:
    """What a door does with users' functions."""
    print(f"{door} with users' functions", file=sys.stderr)
    return [users.outcome(door, kind) for kind in FUNCTIONS]


def ready() -> None:
    """Set up a process: most programs run once, and are compiled in a third of the time."""
    jax.config.update("jax_enable_x64", True)
    compile_all_fast()


def page(
    of_doors: Sequence[Outcome],
    of_commands: Sequence[Outcome],
    of_users: Sequence[Outcome],
) -> str:
    """The page with its tables."""
    everything = [*of_doors, *of_commands, *of_users]
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    head = HEAD.format(
        versions=versions,
        command=COMMAND,
        calls=len(everything),
        bad=_bad_text(everything),
    )
    reasons = [f"* `{name}` {reason}." for name, reason in NO_DOORS.items()]
    kinds = [*HOSTILE, UNKNOWN_KEYWORD]
    parts = [
        head,
        "## By kind of value\n",
        _table("value", of_doors, lambda each: each.value, kinds),
        "## By door\n",
        "The formulas of the catalogue stand in one row for each module.\n",
        _table("door", of_doors, _name_of_row),
        "Left out are these:\n",
        "\n".join(reasons) + "\n",
        "## The command line\n",
        "Its exit status is 0, 1 or 2 for all of them, and a message is one sentence without "
        "control characters.\n",
        _table("option", of_commands, lambda each: f"{each.door} {each.parameter}"),
        _table("word", of_commands, lambda each: each.value, [*commands.WORDS]),
        USERS,
        _matrix(of_users),
    ]
    return "\n".join(parts)


def _bad_text(found: Iterable[Outcome]) -> str:
    counts = Counter(each.kind for each in found)
    names = {"raw": "raw errors", "hang": "hangs", "wrong": "wrong numbers"}
    told = [f"{counts[kind] or 'no'} {name}" for kind, name in names.items()]
    return f"{', '.join(told[:-1])} and {told[-1]}"


def _name_of_row(found: Outcome) -> str:
    module = found.door.removeprefix("ls.").partition(".")[0]
    return f"ls.{module}.*" if module in FORMULAS else found.door


def _table(
    title: str,
    found: Sequence[Outcome],
    row_of: Callable[[Outcome], str],
    order: Sequence[str] = (),
) -> str:
    """A table of the numbers of outcomes, a row for each of what `row_of` names."""
    by_row = {
        name: Counter(each.kind for each in group)
        for name, group in groupby(sorted(found, key=row_of), key=row_of)
    }
    lines = [_line([title, *COLUMNS]), _line(["---", *["---:"] * len(COLUMNS)])]
    for name in [each for each in order if each in by_row] or list(by_row):
        counts = by_row[name]
        numbers = [counts.total(), counts["result"], counts["clear"]]
        numbers += [counts[kind] for kind in BAD]
        lines.append(_line([f"`{name}`" if not order else name, *map(str, numbers)]))
    return "\n".join(lines) + "\n"


def _matrix(found: Sequence[Outcome]) -> str:
    """A table of doors by kinds of functions."""
    cells = {(each.value, each.door): each.kind for each in found}
    kinds = [kind for kind in FUNCTIONS if any(each.value == kind for each in found)]
    lines = [_line(["function", *COLUMNS]), _line(["---", *["---:"] * len(COLUMNS)])]
    for kind in kinds:
        counts = Counter(
            cells[kind, door] for door in users.DOORS if (kind, door) in cells
        )
        numbers = [counts.total(), counts["result"], counts["clear"]]
        numbers += [counts[each] for each in BAD]
        lines.append(_line([kind, *map(str, numbers)]))
    names = ", ".join(f"`{door}`" for door in users.DOORS)
    return "\n".join(lines) + f"\n\nThe doors are {names}.\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Measure in a process for each core, print the page, and say what is bad."""
    names = sorted({option.command for option in commands.options()})
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    # New processes, as threads of JAX would not live on in a copy of this one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, ready) as pool:
        asked = [
            [pool.submit(of_user, door) for door in users.DOORS],
            [pool.submit(of_command, name) for name in names],
            [pool.submit(of_door, k) for k, _ in enumerate(doors())],
        ]
        by_users, by_commands, by_doors = (
            [each for task in tasks for each in task.result()] for tasks in asked
        )
    for each in [*by_doors, *by_commands, *by_users]:
        if each.kind in BAD:
            print(each, file=sys.stderr)
    publish(page(by_doors, by_commands, by_users), TARGET)


if __name__ == "__main__":
    main()

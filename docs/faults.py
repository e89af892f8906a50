"""Damage every file, kill every job, and print what became of it; `--write` keeps it in faults.md.

`python -m docs.faults [PART ...]` asks about some parts only: written, read, kills, hosts, texts,
life. Those that were not asked keep their tables. It needs Linux.
"""

import argparse
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from logitscape._src.base.files import write_text
from logitscape._src.base.xla import compile_all_fast
from tests.faults import damages, hosts, kills, life, places
from tests.faults.disks import small_disk
from tests.faults.jobs import JOBS
from tests.faults.outcome import Outcome
from tests.faults.readers import READERS
from tests.faults.writers import WRITERS

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_suffix(".md")
KINDS = ("result", "clear error", "raw error", "hang", "loss", "let in")
KILLS = 100
TEXT_TESTS = ("tests/faults/test_pages.py", "tests/faults/test_shells.py")

Outcomes = Mapping[str, Sequence[Outcome]]
Lines = list[str]


def written() -> tuple[Lines, bool]:
    """Every door that writes, with every place."""
    found = {name: [*_of_places(name)] for name in WRITERS}
    return counted("door", found), all_good(found)


def _of_places(name: str) -> Iterator[Outcome]:
    writer = WRITERS[name]
    for place in places.PLACES:
        with TemporaryDirectory() as folder:
            # Only where it matters, since to mount a disk takes a while.
            if "disk" in place:
                with small_disk(Path(folder)):
                    outcome = places.asked(writer, place, Path(folder))
            else:
                outcome = places.asked(writer, place, Path(folder))
        yield from _said(f"{name}, {place}", outcome)
    with TemporaryDirectory() as folder:
        # Two threads must not draw at once: matplotlib cannot.
        if (
            writer.suffix in (".nc", ".zarr", ".npz", ".json", ".txt")
            and "--" not in name
        ):
            outcome = places.at_once(writer, Path(folder))
        else:
            outcome = places.at_once_by_processes(name, Path(folder))
        yield from _said(f"{name}, two at once", outcome)


def read() -> tuple[Lines, bool]:
    """Every door that reads, with every damage."""
    found = {name: [*_of_damages(name)] for name in READERS}
    return counted("door", found), all_good(found)


def _of_damages(name: str) -> Iterator[Outcome]:
    for damage in damages.DAMAGES:
        with TemporaryDirectory() as folder:
            outcome = damages.asked(name, damage, Path(folder))
        yield from _said(f"{name}, {damage}", outcome)


def killed(count: int) -> tuple[Lines, bool]:
    """Every job in turn, killed until there are so many kills."""
    found = dict[str, list[Outcome]]()
    for place, name in enumerate(JOBS):
        numbers = range(place, count, len(JOBS))
        with TemporaryDirectory() as folder:
            reference = kills.Reference(name, Path(folder))
            found[name] = [
                outcome
                for number in numbers
                for outcome in _said(
                    name, kills.killed(reference, Path(folder) / str(number), number)
                )
            ]
    return counted("job", found), all_good(found)


def of_hosts() -> tuple[Lines, bool]:
    """Jobs of two processes."""
    found = dict[str, list[Outcome]]()
    for name, case in hosts.CASES.items():
        with TemporaryDirectory() as folder:
            found[name] = [*_said(name, case(Path(folder)))]
    return counted("job of two processes", found), all_good(found)


def of_texts() -> tuple[Lines, bool]:
    """Names that hold markup, in every form: by the tests, which look at all of them."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "slow or not slow"]
    ended = subprocess.run(
        [*command, *TEXT_TESTS], cwd=ROOT, capture_output=True, text=True
    )
    last = ended.stdout.strip().splitlines()[-1].strip("= ")
    return [f"`{'`, `'.join(TEXT_TESTS)}`: {last.partition(' in ')[0]}."], (
        ended.returncode == 0
    )


def of_life() -> tuple[Lines, bool]:
    """The memory of processes that work for long."""
    rows, good = list[str](), True
    for name, each in life.LIVES.items():
        command = [sys.executable, "-m", "tests.faults.life", name]
        ended = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True
        )
        found = [int(word) for word in ended.stdout.split()]
        grown = life.grown(found)
        good = good and grown <= each.most
        print(f"{name}: {found} MiB", file=sys.stderr, flush=True)
        cells = [found[0], found[len(found) // 2], found[-1], grown, each.most]
        rows.append(row([name, *(f"{cell} MiB" for cell in cells)]))
    head = ["calls", "after the first", "half-way", "at the end", "grown", "at most"]
    return [row(head), row(["---"] * len(head)), *rows], good


def _said(name: str, outcome: Outcome | None) -> Iterator[Outcome]:
    if outcome is None:
        return
    if not outcome.is_good:
        print(ascii(f"{name}: {outcome}"), file=sys.stderr, flush=True)
    yield outcome


def counted(what: str, found: Outcomes) -> Lines:
    """A table of how often every outcome was met."""
    head = [what, "tried", *KINDS]
    lines = [row(head), row(["---"] * len(head))]
    for name, outcomes in [*found.items(), ("all", [*_every(found)])]:
        counts = Counter(outcome.kind for outcome in outcomes)
        lines.append(row([name, len(outcomes), *(counts[kind] for kind in KINDS)]))
    return lines


def _every(found: Outcomes) -> Iterator[Outcome]:
    for outcomes in found.values():
        yield from outcomes


def all_good(found: Outcomes) -> bool:
    """Whether every outcome is a result or a clear error."""
    return all(outcome.is_good for outcome in _every(found))


def row(cells: Iterable[object]) -> str:
    """A row of a table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def within(page: str, part: str, lines: Lines) -> str:
    """The page with another table between the marks of a part."""
    begin, end = f"<!-- begin: {part} -->", f"<!-- end: {part} -->"
    head, first, rest = page.partition(begin)
    _, second, tail = rest.partition(end)
    if not first or not second:
        raise ValueError(f"{PAGE.name} has no {begin} ... {end}")
    table = "\n".join(lines)
    return f"{head}{begin}\n\n{table}\n\n{end}{tail}"


def main() -> int:
    """Print the tables, and write them on request; the status is 1 if anything ended badly."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("parts", nargs="*", help="parts to ask about; by default all")
    parser.add_argument("--write", action="store_true", help="keep the tables")
    parser.add_argument("--kills", type=int, default=KILLS, help="number of kills")
    options = parser.parse_args()
    parts: Mapping[str, Callable[[], tuple[Lines, bool]]] = {
        "written": written,
        "read": read,
        "kills": lambda: killed(options.kills),
        "hosts": of_hosts,
        "texts": of_texts,
        "life": of_life,
    }
    unknown = set(options.parts) - set(parts)
    if unknown:
        parser.error(
            f"there is no part {unknown.pop()!r}; there are {', '.join(parts)}"
        )
    random.seed(0)
    compile_all_fast()
    status = 0
    for part in options.parts or parts:
        lines, is_good = parts[part]()
        print(f"\n{part}\n\n" + "\n".join(lines), flush=True)
        status = status if is_good else 1
        if options.write:
            write_text(PAGE, within(PAGE.read_text(encoding="utf-8"), part, lines))
    return status


if __name__ == "__main__":
    sys.exit(main())

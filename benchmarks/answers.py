"""What a person waits for at the command line: imports, help, show, diagnose and compare."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .process import progress
from .report import Report, Table, factor

BEFORE = "LOGITSCAPE_BEFORE"
"""Variable of the environment with the folder of another checkout to compare with."""
HERE = Path(__file__).parent.parent
FUNCTION = """
import jax
import jax.numpy as jnp


def my_loss(logits, target):
    log_p = jax.nn.log_softmax(logits)
    return -jnp.sum(target * (1 - jnp.exp(log_p)) ** 2 * log_p)
"""
OWN = "diagnose of a function"
QUESTIONS: Mapping[str, Sequence[str]] = {
    "import of JAX": ("-c", "import jax"),
    "import of the diagnosis": ("-c", "import logitscape as ls; ls.diagnose"),
    "help": ("-m", "logitscape", "--help"),
    "show": ("-m", "logitscape", "show", "softmax + brier"),
    "diagnose of a spec": ("-m", "logitscape", "diagnose", "softmax + brier"),
    OWN: ("-m", "logitscape", "diagnose", "loss.py:my_loss", "--normalizer", "softmax"),
    "compare of two": (
        *("-m", "logitscape", "compare", "softmax + brier", "taylor + cross_entropy"),
    ),
}
"""Arguments of Python, by what they ask for."""
GOALS = {"show": "1", "diagnose of a spec": "2.5", OWN: "2.5"}
"""Wall seconds with a warm cache, on 2 idle cores."""
NOTES = (
    "Fresh processes, {rounds} rounds in turn; the least of them. Processor time is that of all "
    "threads, and says most on a busy machine.",
    "The first run of a command finds an empty cache, the others what it has left.",
    "Goals on 2 idle cores with a warm cache: show 1 s, diagnose 2.5 s (5 s from empty), import "
    "of the diagnosis 1 s.",
    "LOGITSCAPE_BEFORE names the folder of an older checkout, beside which all is measured.",
)


class Seconds(NamedTuple):
    """Seconds of one process, on the clock and of the processor."""

    wall: float
    processor: float


def measure(quick: bool) -> Report:
    """Ask everything, in a quick run only for the imports and the help."""
    questions = list(QUESTIONS)[: 3 if quick else None]
    rounds = 2 if quick else 4
    checkouts = {"now": HERE}
    if os.environ.get(BEFORE):
        checkouts["before"] = Path(os.environ[BEFORE])
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "loss.py").write_text(FUNCTION, encoding="utf-8")
        measured = {
            question: _in_turn(question, checkouts, Path(folder), rounds)
            for question in questions
        }
    tables.append(_table(measured))
    if "before" in checkouts:
        tables.append(_ratios(measured))
    notes = [note.format(rounds=rounds) for note in NOTES]
    return Report("answers", "Answers at the command line", tables, notes)


def _in_turn(
    question: str, checkouts: Mapping[str, Path], folder: Path, rounds: int
) -> dict[str, list[Seconds]]:
    """Seconds of every round, by the checkout; the first round has an empty cache."""
    seconds: dict[str, list[Seconds]] = {name: [] for name in checkouts}
    for number in range(rounds):
        progress(f"answers: {question}, round {number + 1}")
        for name, checkout in checkouts.items():
            cache = folder / f"{name} {question}"
            seconds[name].append(_run(question, checkout, folder, cache))
    return seconds


def _run(question: str, checkout: Path, folder: Path, cache: Path) -> Seconds:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("JAX_")
    }
    environment |= {
        "PYTHONPATH": str(checkout / "src"),
        # As installed: without compiled modules every process would compile its imports.
        "PYTHONDONTWRITEBYTECODE": "",
        "XDG_CACHE_HOME": str(cache),
        "LOCALAPPDATA": str(cache),
    }
    before = os.times()
    started = time.perf_counter()
    # Exit status 1 says that the loss is not healthy.
    ended = subprocess.run(
        [sys.executable, *QUESTIONS[question]],
        cwd=folder,
        env=environment,
        capture_output=True,
    )
    wall = time.perf_counter() - started
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"{question} failed: {ended.stderr.decode()}")
    after = os.times()
    user = after.children_user - before.children_user
    system = after.children_system - before.children_system
    return Seconds(wall, user + system)


def _table(measured: Mapping[str, Mapping[str, Sequence[Seconds]]]) -> Table:
    columns = ("", "wall, empty", "wall, warm", "goal", "processor, warm")
    rows = []
    for question, by_checkout in measured.items():
        first, *warm = by_checkout["now"]
        walls = f"{first.wall:.2f}", f"{min(run.wall for run in warm):.2f}"
        processor = f"{min(run.processor for run in warm):.2f}"
        rows.append([question, *walls, GOALS.get(question, ""), processor])
    return Table("Seconds", columns, rows)


def _ratios(measured: Mapping[str, Mapping[str, Sequence[Seconds]]]) -> Table:
    columns = ("", "wall", "processor", "processor, empty cache")
    rows = []
    for question, by_checkout in measured.items():
        now, before = by_checkout["now"], by_checkout["before"]
        wall = min(run.wall for run in now[1:]) / min(run.wall for run in before[1:])
        processor = min(run.processor for run in now[1:]) / min(
            run.processor for run in before[1:]
        )
        empty = now[0].processor / before[0].processor
        rows.append([question, factor(wall), factor(processor), factor(empty)])
    return Table("Now, as a share of the time before", columns, rows)

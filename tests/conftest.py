"""Settings of every test: float64, and an error where JAX would otherwise promote in silence.

Programs of tests run once or twice, so they are compiled in a third of the time: without LLVM's
optimisations, in one piece and by XLA's older emitters. Where a test measures accuracy, programs
are compiled as they are in use, by `tests.oracle.accuracy.as_in_use`.

Nothing may import logitscape while this file is loaded: the import hook by which some sessions of
nox check every annotated shape is installed later.
"""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
gc.set_threshold(
    20_000, 50, 50
)  # each full collection walks through all that has been traced
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

QUICK = "quick and not slow and not lengthy"
"""What `-m quick` runs: without the parts of large collections that are left to `-m slow`."""

MUCH_MIB = 1200
"""Mebibytes of memory at which a process forgets its programs before a module has ended."""

MORE_MIB = 250
"""Mebibytes beyond what clearing has left at which it is worth clearing again."""

MOST_MIB = 2304
"""Mebibytes of memory that a process of the tests may take.

JAX keeps every program that it is not told to forget.
"""


def pytest_configure(config: pytest.Config) -> None:
    """Make a place for the peaks of the workers; `-m quick` leaves slow and lengthy tests out."""
    config.stash[PEAKS] = {}
    if config.option.markexpr == "quick":
        config.option.markexpr = QUICK


def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep compiled programs in pytest's cache, as many tests and all workers compile the same."""
    from logitscape._src.base.xla import compile_all_fast

    compile_all_fast()
    cache = session.config.cache
    if cache is not None:
        jax.config.update("jax_compilation_cache_dir", str(cache.mkdir("xla")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import the modules without quick tests when only those are asked for."""
    is_test = (
        collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    )
    if config.option.markexpr != QUICK or not is_test:
        return None
    return (
        "pytest.mark.quick" not in collection_path.read_text(encoding="utf-8") or None
    )


@pytest.fixture(autouse=True, scope="session")
def times_are_taken_once() -> Iterator[None]:
    """Time programs once: no test depends on times, and nine rounds in many reports add up."""
    from logitscape._src.diagnosis.questions import cost

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "ROUNDS", 1)
        yield


@pytest.fixture(autouse=True, scope="module")
def forget_programs() -> Iterator[None]:
    """Free what the tests of a module have compiled; other modules compile other programs."""
    yield
    oracle = sys.modules.get("tests.oracle.accuracy")
    if oracle is not None:
        oracle.forget()
    _clear_caches()


@pytest.fixture(autouse=True)
def figures_are_closed() -> Iterator[None]:
    """Close what a test has drawn: matplotlib warns of more than twenty open figures."""
    yield
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


@pytest.fixture(autouse=True)
def forget_programs_when_they_are_many(
    request: pytest.FixtureRequest,
) -> Iterator[None]:
    """Free what has been compiled within a module that compiles much."""
    yield
    stash = request.config.stash
    # What stays after clearing, such as the oracle's answers, is no reason to clear again.
    limit = max(MUCH_MIB, stash.get(LEFT, 0) + MORE_MIB)
    if resident_mib() > limit:
        _clear_caches()
        stash[LEFT] = resident_mib()


def _clear_caches() -> None:
    from logitscape._src.base.memory import clear_caches

    clear_caches()


def resident_mib() -> int:
    """The memory that this process takes now, in mebibytes; 0 where Linux does not tell."""
    pages = Path("/proc/self/statm")
    if not pages.exists():
        return 0
    resident = int(pages.read_text(encoding="utf-8").split()[1])
    return int(resident * os.sysconf("SC_PAGE_SIZE") / 2**20)


# The memory of every process is printed at the end; one that is too large fails the run.

PEAKS = pytest.StashKey[dict[str, int]]()
LEFT = pytest.StashKey[int]()


def peak_mib() -> int:
    """The most memory that this process has taken so far, in mebibytes."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / 2**20 if sys.platform == "darwin" else peak / 2**10)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Collect the peaks of the workers, or of this process if it has none, and judge them."""
    config: Any = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["peak_mib"] = peak_mib()
        return
    peaks = config.stash[PEAKS] or {"this process": peak_mib()}
    if max(peaks.values()) > MOST_MIB and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Note the peak of a worker of pytest-xdist that has ended."""
    output = getattr(node, "workeroutput", {})
    if "peak_mib" in output:
        node.config.stash[PEAKS][node.gateway.id] = output["peak_mib"]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how large the processes grew."""
    peaks = config.stash[PEAKS] or {"this process": peak_mib()}
    sizes = ", ".join(f"{name} {peak:,} MiB" for name, peak in sorted(peaks.items()))
    line = f"peak memory of the tests' processes: {sizes}; at most {MOST_MIB:,} MiB is allowed"
    terminalreporter.write_line(line)
    if max(peaks.values()) > MOST_MIB:
        terminalreporter.write_line("TOO MUCH MEMORY: the run fails", red=True)

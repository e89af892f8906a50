"""Long jobs that are killed: each leaves files, and says what a second run goes on from."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

SHARED = (
    "jax.numpy",
    "xarray",
    "matplotlib.figure",
    "logitscape._src.cli.app",
    "logitscape._src.landscapes.store",
    "logitscape._src.training.train",
    "logitscape._src.reports.audit",
    "logitscape._src.reports.diagnose",
)
"""Modules that the jobs need: imported once, by the process that all of them are copies of."""

LOSS = """
import jax, jax.numpy as jnp

def own(z, t):
    return -jnp.sum(t * jax.nn.log_softmax(z))
"""


class Job(NamedTuple):
    """A long job.

    Attributes:
        run: What it does in its folder, which is the working folder.
        files: Names of what it leaves.
        prepare: What its folder holds before.
    """

    run: Callable[[], Any]
    files: tuple[str, ...]
    prepare: Callable[[Path], Any] = lambda folder: None


def sweep_to() -> None:
    import numpy as np

    import logitscape as ls
    from logitscape._src.landscapes import plan

    plan.SLAB_BYTES = 4000
    grid = ls.plane(np.linspace(-3, 3, 100), np.linspace(0, 1, 5))
    ls.sweep_to("swept.zarr", ["softmax + brier", "softmax + cross_entropy"], grid)


def save() -> None:
    import numpy as np

    import logitscape as ls

    swept = [
        ls.sweep(pair, ls.ray("R1", np.linspace(0, 1, 3000)))
        for pair in ("softmax + brier", "softmax + cross_entropy")
    ]
    for _ in range(12):
        for landscape in swept:
            landscape.save("swept.nc")


def train() -> None:
    trained(Path("run.npz"), steps=80, metrics_every=2)


def trained(checkpoint: Path, *, steps: int, metrics_every: int) -> Any:
    """Train four runs, which are kept after every measurement."""
    import logitscape as ls
    from logitscape._src.training import run
    from logitscape.datasets import load

    run.CHECKPOINT_SECONDS = 0.0
    return ls.train(
        "softmax + cross_entropy",
        load("gaussian_clusters"),
        learning_rates=[0.1, 0.5],
        seeds=[0, 1],
        steps=steps,
        metrics_every=metrics_every,
        metrics=["accuracy"],
        checkpoint=checkpoint,
    )


def audit() -> None:
    _command("audit", "dump.npz", "-q", "--fail-on", "never", "--out", "audit.html")


def dumped(folder: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 500)
    np.savez(folder / "dump.npz", logits=rng.normal(size=(500, 4)), labels=labels)


def diagnose() -> None:
    _command("diagnose", "mine.py:own", "-q", "--fail-on", "never", "--out", "own.svg")


def written(folder: Path) -> None:
    (folder / "mine.py").write_text(LOSS, encoding="utf-8")


def _command(*words: str) -> None:
    from logitscape._src.cli.app import main
    from logitscape._src.cli.interrupts import terminable

    with terminable():
        status = main(words)
    if status:
        sys.exit(status)


FIGURE = """
from analyses import harness
from analyses.harness.findings import Finding

def compute():
    return {"x": [1.0, 2.0]}

def findings(data):
    return [Finding("C07a", "a share", "1", "cannot tell", "too few")]

def draw(data):
    from matplotlib import pyplot as plt
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(data["x"])
    return figure

if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, style="default")
"""

STUDY = """
import time
from analyses import harness
from analyses.harness.findings import Finding

def measure(run):
    import pandas as pd

    def part(key):
        time.sleep(0.05)
        return pd.DataFrame({"key": [key], "share": [key / 3]})

    return {"runs": run.gather("runs", list(range(20)), part)}

def findings(tables):
    return [Finding("C07a", "a share", "1", "cannot tell", "too few")]

def draw(tables):
    from matplotlib import pyplot as plt
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(tables["runs"].share)
    return figure

if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, style="default")
"""


def scripts(text: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "scripts").mkdir()
        (folder / "scripts" / "toy.py").write_text(text, encoding="utf-8")

    return prepare


def analyses(*options: str) -> Callable[[], None]:
    def run() -> None:
        from analyses.__main__ import main

        os.environ["XDG_CACHE_HOME"] = str(Path.cwd() / "cache")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        status = main([*options, "--folder", "scripts"])
        if status:
            sys.exit(status)

    return run


PICTURES = ("figures/toy.svg", "figures/toy.png", "figures/toy.findings.json")
JOBS: Mapping[str, Job] = {
    "sweep_to": Job(sweep_to, ("swept.zarr",)),
    "Landscape.save": Job(save, ("swept.nc",)),
    "train with a checkpoint": Job(train, ("run.npz",)),
    "audit --out": Job(audit, ("audit.html",), dumped),
    "diagnose --out": Job(diagnose, ("own.svg",), written),
    "a figure": Job(analyses("--fresh"), PICTURES, scripts(FIGURE)),
    "a study": Job(
        analyses("--measure"), (*PICTURES, "figures/data/toy/runs.csv"), scripts(STUDY)
    ),
}
"""Jobs by name."""

"""One analysis: what it writes, and that it writes nothing unless everything went well."""

import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from analyses import harness
from analyses.harness import script
from analyses.harness.findings import ContradictsTheory, Finding, proved
from analyses.harness.scripts import script_of
from logitscape._src.plotting.files import save

SCRIPT = """
import os
import jax
import jax.numpy as jnp
import numpy as np
from analyses import harness
from analyses.harness.findings import proved

def compute():
    return np.asarray(jax.jit(jax.nn.softmax)(jnp.array([1.0, 2.0])))

def findings(p):
    assert p.dtype == np.float64
    return [proved("C01", "softmax([1, 2])", p[1], expected=0.73105858, tolerance=1e-8)]

def draw(p):
    import matplotlib.pyplot as plt
    assert plt.get_backend().lower() == "agg"
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(p, marker="o")
    axes.imshow(np.outer(p, p))
    return figure

if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, style="default")
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of an analysis that runs in this process and does not change its settings."""
    monkeypatch.setattr(script, "configure", lambda: None)
    return tmp_path / "a project" / "scripts" / "crisp.py"


def compute() -> np.ndarray:
    return np.linspace(0, 1, 3)


def findings(data: np.ndarray) -> list[Finding]:
    return [
        Finding(
            "C13",
            "larger inputs, larger share",
            f"{data[-1]:.1f}",
            "holds",
            value=float(data[-1]),
        )
    ]


def draw(data: np.ndarray) -> Figure:
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(data)
    return figure


def test_it_writes_its_files_and_prints_its_findings(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    harness.main(path, compute, findings, draw, style="default")
    figures = path.parent.parent / "figures"
    written = [
        "crisp.findings.json",
        "crisp.png",
        "crisp.svg",
        "findings.json",
        "findings.md",
    ]
    assert sorted(file.name for file in figures.iterdir()) == written
    assert "[crisp](crisp.svg)" in (figures / "findings.md").read_text()
    printed = capsys.readouterr().out
    assert "C13" in printed
    assert "1.0" in printed
    assert not plt.get_fignums()


def table(data: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"p": data + 1e-12, "name": ["a", "b", "c"]})


def test_it_writes_the_numbers_behind_the_figure_to_six_digits(path: Path) -> None:
    harness.main(path, compute, findings, draw, table=table, style="default")
    assert (
        path.parent.parent / "figures" / "crisp.csv"
    ).read_text() == "p,name\n1e-12,a\n0.5,b\n1,c\n"


def test_damaged_findings_of_another_are_named_before_anything_is_computed_or_replaced(
    path: Path,
) -> None:
    figures = path.parent.parent / "figures"
    figures.mkdir(parents=True)
    (figures / "blurry.findings.json").write_text("[{")

    def never() -> np.ndarray:
        raise AssertionError

    with pytest.raises(
        ValueError, match=r"blurry\.findings\.json` is not a file of findings"
    ):
        harness.main(path, never, findings, draw, style="default")
    assert [file.name for file in figures.iterdir()] == ["blurry.findings.json"]


def bad_draw(data: np.ndarray) -> Figure:
    plt.figure()
    raise RuntimeError("no picture")


def contradiction(data: np.ndarray) -> list[Finding]:
    return [proved("C01", "claim", data[-1], expected=0.5, tolerance=0.1)]


@pytest.mark.parametrize(
    ("findings", "draw", "error"),
    [(findings, bad_draw, RuntimeError), (contradiction, draw, ContradictsTheory)],
)
def test_a_failure_leaves_the_old_files(path: Path, findings, draw, error) -> None:
    figures = path.parent.parent / "figures"
    figures.mkdir(parents=True)
    old = {name: f"old {name}" for name in ("crisp.svg", "crisp.png")}
    for name, text in old.items():
        (figures / name).write_text(text)
    with pytest.raises(error):
        harness.main(path, compute, findings, draw, style="default")
    plt.close("all")
    assert {file.name: file.read_text() for file in figures.iterdir()} == old


def test_figures_that_cannot_be_written_are_refused_before_the_work(path: Path) -> None:
    path.parent.mkdir(parents=True)
    (path.parent.parent / "figures").write_text("a file")
    with pytest.raises(FileExistsError, match="figures"):
        harness.main(path, lambda: pytest.fail("computed"), findings, draw)


def test_it_runs_by_itself_and_again_to_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "scripts" / "crisp.py"
    cache = tmp_path / "cache"
    figures = tmp_path / "figures"
    path.parent.mkdir()
    path.write_text(SCRIPT)

    def run(seed: str) -> dict[str, bytes]:
        settings = {
            "XDG_CACHE_HOME": str(cache),
            "LOCALAPPDATA": str(cache),
            "PYTHONHASHSEED": seed,
        }
        inherited = {
            key: value
            for key, value in script_of(path).environment.items()
            if not key.startswith(("JAX_", "MPL"))
        }
        subprocess.run(
            script_of(path).command, check=True, env=inherited | settings, cwd=tmp_path
        )
        return {file.name: file.read_bytes() for file in figures.iterdir()}

    first = run("1")
    assert len(first) == 5
    assert b"<dc:date>" not in first["crisp.svg"]
    assert run("2") == first
    if sys.platform == "linux":
        assert list((cache / "logitscape" / "jax").iterdir())


class Unsteady(ConstrainedLayoutEngine):
    """A layout that differs in the last bits every time, as that of the solver does."""

    def execute(self, fig: Figure) -> None:
        super().execute(fig)
        rng = np.random.default_rng()
        boxes = [subfigure.bbox_relative for subfigure in fig.subfigs]
        boxes += [axes._position for axes in fig.axes]
        for box in boxes:
            box.set_points(box.get_points() * (1 + rng.uniform(-1e-14, 1e-14, (2, 2))))
        for text in fig.texts:
            text.set_position(
                np.array(text.get_position()) * (1 + rng.uniform(-1e-14, 1e-14, 2))
            )


def test_a_layout_that_differs_in_the_last_bits_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    written = []
    for run in range(2):
        figure = Figure(figsize=(4, 3), layout=Unsteady())
        figure.suptitle("a title")
        upper, lower = figure.subfigures(2, 1)
        upper.suptitle("half of it")
        upper.subplots().plot([1, 3, 2])
        mesh = lower.subplots().pcolormesh(np.eye(3))
        lower.colorbar(mesh)
        files = [tmp_path / f"{run}.svg", tmp_path / f"{run}.png"]
        save(figure, *files)
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1]

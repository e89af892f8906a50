"""Pictures for one's own paper: axes, language, style, size, files and the numbers behind them."""

import csv
import inspect
import re
import zlib
from itertools import pairwise
from types import FunctionType

import jax
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import logitscape as ls
from logitscape import plotting
from tests.shares import share

S = np.linspace(0, 10, 21)
PAIRS = ["softmax + cross_entropy", "softmax + brier"]
GRID = np.linspace(-2.0, 2.0, 5)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def on_ray():
    return ls.sweep(PAIRS, ls.ray("R1", S))


@pytest.fixture(scope="module")
def on_plane():
    return ls.sweep(PAIRS, ls.plane(GRID, GRID[:4]))


def draw_field(**given):
    vectors = np.stack(np.meshgrid(GRID, GRID), axis=-1)
    return plotting.plane_field(
        GRID, GRID, np.linalg.norm(vectors, axis=-1), vectors, **given
    ).axes


def draw_simplex(**given):
    p = np.array([(i, j, 5 - i - j) for i in range(6) for j in range(6 - i)]) / 5
    norm = np.linalg.norm(1 / 3 - p, axis=-1)
    return plotting.simplex_field(p, norm, 1 / 3 - p, **given).axes


def draw_map(ax=None, **given):
    values = {"temperature": [1.0, 2.0], "gamma": [0.0, 1.0, 2.0]}
    plotting.parameter_map("softmax + focal", at=[0.0, 2.0], ax=ax, **values, **given)
    return plt.gcf().axes[0] if ax is None else ax


def draw_landscape(**given):
    swept = ls.sweep(PAIRS, ls.ray("R1", S[:3]))
    return plotting.plot(swept, quantity="loss", **given).axes[-1]


PANELS = {
    "plot": draw_landscape,
    "parameter_map": draw_map,
    "plane_field": draw_field,
    "simplex_field": draw_simplex,
    "labelled_curves": lambda **given: (
        plotting.labelled_curves(S, {"sum": S}, **given)[0].axes
    ),
    "hatch_spans": lambda **given: plotting.hatch_spans(S, S > 6, text="a", **given),
    "matrix": lambda **given: plotting.matrix(np.eye(2), rows=["a", "b"], **given).axes,
    "law_table": lambda **given: plotting.law_table(
        ["a"], ["b"], [["zero"]], [["0"]], **given
    ),
}
"""One call of every function that draws a panel; it returns the axes."""


def test_every_public_function_that_draws_is_asked():
    functions = {
        name: inspect.signature(value).parameters
        for name, value in vars(plotting).items()
        if isinstance(value, FunctionType)
    }
    draws = {name for name, parameters in functions.items() if "ax" in parameters}
    assert draws == {*PANELS, "norm_bar"}
    for name in PANELS:
        assert {"ax", "labels", "style", "size"} <= set(functions[name])
    assert {"labels", "style"} <= set(functions["norm_bar"])
    assert {"fig", "labels", "style"} <= set(functions["law_legend"])


@pytest.mark.parametrize("draw", PANELS.values(), ids=PANELS)
def test_a_panel_is_drawn_where_and_as_large_as_it_is_asked_for(draw):
    assert tuple(draw(size=(3.0, 2.5)).figure.get_size_inches()) == (3.0, 2.5)
    figure, (_, right) = plt.subplots(1, 2)
    assert draw(ax=right) is right
    assert right.figure is figure


@pytest.mark.parametrize("draw", share(PANELS.values(), one_in=2))
def test_the_settings_of_the_user_are_obeyed(draw):
    asked = {"figure.figsize": (3.4, 2.1), "font.family": ["serif"], "font.size": 6.0}
    with mpl.rc_context(asked):
        in_context = draw().figure
    assert tuple(in_context.get_size_inches()) == (3.4, 2.1)
    in_style = draw(style={"font.family": "serif", "font.size": 6}, size=(5, 4)).figure
    for figure in (in_context, in_style):
        texts = [text for text in figure.findobj(mpl.text.Text) if text.get_text()]
        assert {text.get_fontfamily()[0] for text in texts} <= {"serif"}
        assert all(text.get_fontsize() < 8 for text in texts)
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]


@pytest.mark.parametrize("draw", share(PANELS.values(), one_in=2))
def test_every_text_goes_through_the_labels(draw):
    seen = []

    def loud(text):
        seen.append(text)
        return f"«{text}»"

    axes = draw(labels=loud)
    axes.figure.draw_without_rendering()
    ticks = {*axes.get_xticklabels(), *axes.get_yticklabels()}
    shown = [
        text.get_text().replace(" +\n", " + ")
        for text in axes.figure.findobj(mpl.text.Text)
        if text not in ticks
    ]
    words = [text for text in shown if re.search("[a-z]{3}", text)]
    assert all(text.startswith("«") for text in words if "mathdefault" not in text)
    assert bool(seen) == (draw is not draw_field)


@pytest.mark.parametrize(
    ("given", "error", "names"),
    [
        ({"ax": "left"}, TypeError, "ax"),
        ({"size": 3.4}, ValueError, "size"),
        ({"size": (3.4, -1.0)}, ValueError, "size"),
        ({"size": (1920, 1080)}, ValueError, "size"),
        ({"size": "ab"}, ValueError, "size"),
        ({"labels": ["a"]}, TypeError, "labels"),
        ({"labels": {"a": 1}}, TypeError, "labels"),
        ({"style": "no such style"}, ValueError, "style"),
        ({"style": {"no.such": 1}}, ValueError, "style"),
        ({"style": 3}, TypeError, "style"),
    ],
)
@pytest.mark.parametrize("name", ["matrix", "labelled_curves", "plot"])
def test_bad_arguments_are_named(name, given, error, names):
    with pytest.raises(error, match=rf"`{name}\({names}=...\)`"):
        PANELS[name](**given)
    assert not plt.get_fignums()


def test_a_size_is_refused_with_axes():
    _, axes = plt.subplots()
    with pytest.raises(ValueError, match=r"`matrix\(size=...\)` is the size of a new"):
        plotting.matrix(np.eye(2), ax=axes, size=(3, 3))


def test_a_landscape_is_drawn_on_the_axes_of_the_user(on_ray, on_plane):
    _, axes = plt.subplots()
    plotting.plot(on_ray, ax=axes)
    assert [line.get_label() for line in axes.lines] == PAIRS
    assert axes.get_legend() is not None
    _, four = plt.subplots(2, 2)
    plotting.plot(on_plane, ax=four)
    assert [len(one.collections) for one in four.ravel()] == [1, 1, 1, 1]
    with pytest.raises(ValueError, match=r"`plot\(ax=...\)` must be 4 axes .*, got 1"):
        plotting.plot(on_plane, ax=[axes])
    with pytest.raises(ValueError, match=r"`plot\(quantity=...\)` must be 'loss' or"):
        plotting.plot(on_ray, quantity="slope")


@pytest.mark.parametrize("size", [(3.4, 2.4), (3.4, 4.0), (10.0, 3.4)])
def test_the_names_of_the_lines_fit(size, on_ray):
    figure = plotting.plot(on_ray, size=size)
    figure.draw_without_rendering()
    panels = figure.axes
    assert all(axes.get_position().width * size[0] > 0.9 for axes in panels)
    for axes in panels:
        assert [line.get_label() for line in axes.lines] == PAIRS
    narrow = size[0] < 5
    assert len(figure.legends) == narrow
    box = figure.get_tightbbox()
    assert box.x0 >= 0
    assert box.x1 <= size[0]


def test_the_csv_has_what_is_drawn(on_ray, tmp_path):
    figure = plotting.plot(on_ray)
    plotting.save(figure, tmp_path / "loss.svg", data=True)
    with (tmp_path / "loss.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["panel"] for row in rows[:: len(S)]] == [
        *["loss"] * 2,
        *["gradient norm"] * 2,
    ]
    loss = [float(row["y"]) for row in rows if row["series"] == PAIRS[1]][: len(S)]
    assert np.allclose(loss, on_ray.loss[1, 0], atol=1e-8)
    assert [float(row["x"]) for row in rows[: len(S)]] == S.tolist()


def test_the_csv_of_images_has_their_values(on_plane, tmp_path):
    figure = plotting.plot(on_plane)
    plotting.save(figure, tmp_path / "plane.png", data=tmp_path / "other.csv")
    with (tmp_path / "other.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 5 * 4
    row = rows[4]  # x runs first
    assert (float(row["x"]), float(row["y"]), row["panel"]) == (
        GRID[0],
        GRID[1],
        "loss",
    )
    assert np.isclose(float(row["value"]), on_plane.loss[0, 0, 1, 0])


def test_curves_and_images_of_the_user_are_in_the_csv_too():
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([1, 2], [3, 4], label="mine")
    left.axhline(3.5)
    right.imshow([[1.0, 2.0], [3.0, np.nan]])
    rows = plotting.drawn(figure)
    assert rows[0] == ("1", "mine", 1.0, 3.0, None)
    assert [row[:4] for row in rows[2:]] == [
        ("2", "", 0.0, 0.0),
        ("2", "", 1.0, 0.0),
        ("2", "", 0.0, 1.0),
        ("2", "", 1.0, 1.0),
    ]
    assert np.array_equal([row.value for row in rows[2:]], [1, 2, 3, np.nan], True)


@pytest.mark.parametrize("suffix", share([".pdf", ".pgf", ".png", ".svg"], one_in=2))
def test_figures_drawn_alike_give_the_same_bytes(suffix, on_plane, tmp_path):
    first, second = (tmp_path / f"{name}{suffix}" for name in "ab")
    for path in (first, second):
        plotting.save(plotting.plot(on_plane), path)
    images = first.read_bytes().replace(b"a-img", b"b-img")
    assert images == second.read_bytes()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_saved_figure_can_go_on(on_ray, tmp_path):
    figure = plotting.plot(on_ray)
    canvas, resolution = figure.canvas, figure.dpi
    plotting.save(figure, tmp_path / "a.svg", dpi=50)
    assert (figure.canvas, figure.dpi) == (canvas, resolution)
    before = figure.axes[0].get_position().width
    figure.set_size_inches(20, 3)
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().width > before


def test_fonts_are_embedded_as_truetype(on_ray, tmp_path):
    plotting.save(plotting.plot(on_ray), tmp_path / "loss.pdf")
    content = (tmp_path / "loss.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content


def test_pgf_needs_no_tex_and_brings_its_images(
    on_plane, on_ray, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", "")
    plotting.save(plotting.plot(on_plane), tmp_path / "plane.pgf")
    text = (tmp_path / "plane.pgf").read_text()
    images = re.findall(r"detokenize\{(.*?)\}", text)
    assert images
    assert all((tmp_path / name).is_file() for name in images)
    assert text.count(r"\begin{pgfpicture}") == text.count(r"\end{pgfpicture}") == 1
    plotting.save(plotting.plot(on_ray), tmp_path / "ray.pgf")
    assert "softmax + brier" in (tmp_path / "ray.pgf").read_text().replace(r"\_", "_")


def test_a_figure_is_written_in_the_fonts_in_which_it_was_drawn(on_ray, tmp_path):
    with mpl.rc_context({"font.serif": ["STIXGeneral"], "font.family": "serif"}):
        figure = plotting.plot(on_ray)
    plotting.save(figure, tmp_path / "loss.pdf")
    content = (tmp_path / "loss.pdf").read_bytes()
    parts = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    assert b"STIXGeneral" in content
    assert b"DejaVuSans-" not in content
    assert any(zlib.decompressobj().decompress(part) for part in parts)


@pytest.mark.parametrize(
    ("path", "given", "error", "names"),
    [
        ("a.jpg", {}, ValueError, r"`save\(path\)` must end in .pdf, .pgf, .png, .svg"),
        ("no/a.png", {}, FileNotFoundError, r"`save\(path=...\)`"),
        ("a.png", {"data": 1.5}, TypeError, r"`save\(data=...\)`"),
        (
            "a.png",
            {"data": "a.txt"},
            ValueError,
            r"`save\(data=...\)` must end in .csv",
        ),
        ("a.png", {"dpi": 0}, ValueError, r"`save\(dpi=...\)`"),
    ],
)
def test_what_cannot_be_saved_leaves_nothing(path, given, error, names, tmp_path):
    figure = plt.figure()
    with pytest.raises(error, match=names):
        plotting.save(figure, tmp_path / path, **given)
    assert not list(tmp_path.iterdir())


def test_only_figures_are_saved(tmp_path):
    for function in (plotting.drawn, lambda x: plotting.save(x, tmp_path / "a.png")):
        with pytest.raises(TypeError, match=r"must be a Figure of matplotlib, got str"):
            function("figure")


def test_a_map_shows_what_was_measured():
    temperatures, gammas = np.geomspace(0.1, 10, 5), [0.0, 1.0, 2.5]
    swept = plotting.parameter_map(
        "softmax + focal", at=[0.0, 3.0, 1.0], temperature=temperatures, gamma=gammas
    )
    axes, bar = plt.gcf().axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("temperature", "gamma")
    assert bar.get_ylabel() == "gradient norm"
    rows = plotting.drawn(plt.gcf())
    for row in rows:
        cell = swept["gradient norm"].sel(
            temperature=row.x, gamma=row.y, method="nearest"
        )
        assert np.isclose(row.value, float(cell), rtol=1e-8)
    assert len(rows) == 15


@pytest.mark.parametrize(
    "values", [[0.5, 1, 2, 4], np.geomspace(0.3, 9, 41), np.geomspace(1e-2, 1e3, 41)]
)
def test_numbers_at_a_map_do_not_overlap(values):
    plotting.parameter_map(
        "softmax + focal",
        at=[0.0, 2.0],
        temperature=values,
        gamma=[0, 1],
        size=(3.4, 2.6),
    )
    axes = plt.gcf().axes[0]
    plt.gcf().canvas.draw()
    ticks = [*axes.get_xticklabels(), *axes.get_xticklabels(minor=True)]
    low, high = axes.get_xlim()
    boxes = sorted(
        (text.get_window_extent().x0, text.get_window_extent().x1)
        for text in ticks
        if text.get_text() and low <= text.get_position()[0] <= high
    )
    assert len(boxes) > 2
    assert all(a[1] < b[0] for a, b in pairwise(boxes))


def test_one_parameter_makes_a_curve_and_three_are_refused():
    plotting.parameter_map("softmax + focal", at=[0.0, 3.0], gamma=[0, 1, 2])
    assert len(plt.gcf().axes[0].lines) == 1
    plt.close("all")
    with pytest.raises(ValueError, match="draws 1 or 2 parameters"):
        plotting.parameter_map("softmax + focal", at=[0.0, 3.0])
    with pytest.raises(ValueError, match=r"`parameter_map\(quantity=...\)`"):
        plotting.parameter_map("softmax + focal", at=[0.0], quantity="x", gamma=[1.0])
    with pytest.raises(
        ValueError, match=r"`parameter_map\(gama=...\)` is no parameter"
    ):
        plotting.parameter_map("softmax + focal", at=[0.0, 1.0], gama=[1.0])
    assert not plt.get_fignums()


def test_curves_need_names():
    with pytest.raises(
        TypeError, match=r"`labelled_curves\(curves\)` must be values by"
    ):
        plotting.labelled_curves([1, 2], [1, 2])


def test_drawing_needs_no_float64():
    with jax.enable_x64(False):
        swept = plotting.parameter_map("softmax + focal", at=[0.0, 90.0], gamma=[0, 1])
    assert swept["loss"].dtype == np.float64

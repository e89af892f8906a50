"""Every drawing function on synthetic data: no warnings, no overlaps, the same bytes every time."""

import io
import subprocess
import sys
from itertools import combinations

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import xarray
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from scipy.optimize import isotonic_regression

import logitscape as ls
from logitscape._src.plotting.label_places import spread
from logitscape._src.plotting.style import (
    ink_on,
    settled,
    settled_digits,
    settled_log10,
)
from logitscape.plotting import (
    LAWS,
    LOSS_STYLES,
    NORMALIZER_STYLES,
    hatch_spans,
    labelled_curves,
    law_legend,
    law_table,
    matrix,
    norm_bar,
    plane_field,
    plot,
    simplex_field,
    style_of,
)
from tests.shares import share

STYLE = "logitscape.styles.paper"
S = np.linspace(0, 20, 81)
CURVES = {
    "softmax + cross_entropy": 1 / (1 + np.exp(-S)),
    "sum + cross_entropy": 1 / (1 + S),
    "abs + cross_entropy": 1 / (1 + S),
    "softmax + brier": np.exp(-S),
    "softmax + exponential": np.exp(S),
    "sparsemax + brier": np.where(S < 1, 1 - S, 0),
    "iterated_exponential + cross_entropy": np.where(S < 5, np.exp(S), np.inf),
    "argmax + cross_entropy": np.full_like(S, np.nan),
    "mine": np.ones_like(S),
}
NOTES = {
    "sum + cross_entropy": r"$\sim s^{-1}$",
    "softmax + brier": r"$2.83\,e^{-1.00\,s}$",
}


@pytest.fixture(autouse=True)
def paper():
    with plt.style.context(STYLE):
        yield
    plt.close("all")


def curves_figure(scale="log"):
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6))
    for axes in (left, right):
        axes.set(
            yscale=scale, ylim=(1e-6, 1e3) if scale == "log" else (0, 4), xlabel="s"
        )
        labelled_curves(S, CURVES, notes=NOTES, ax=axes)
        hatch_spans(S, S > 12, text="loss is infinite", ax=axes)
    return figure


def atlas_figure():
    figure, (pairs, alone) = plt.subplots(
        2, 1, figsize=(10.5, 8.4), height_ratios=[16, 1]
    )
    kinds, rows, columns = list(LAWS), list(NORMALIZER_STYLES), list(LOSS_STYLES)
    table = [[kinds[(i * j) % 7] for j in range(15)] for i in range(16)]
    law_table(rows, columns[:15], table, [["$e^{-0.5s}$"] * 15] * 16, ax=pairs)
    law_table(
        ["(of logits)"], columns[15:], [(kinds * 2)[:9]], [["1.41"] * 9], ax=alone
    )
    law_legend(fig=figure)
    return figure


def fields_figure():
    figure, (left, right) = plt.subplots(1, 2)
    x = np.linspace(-3, 3, 31)
    vectors = np.stack(np.meshgrid(x, x), axis=-1)
    vectors[:8], vectors[-8:] = np.nan, 0
    plane_field(x, x, np.linalg.norm(vectors, axis=-1), vectors, ax=left)
    p = np.array([(i, j, 30 - i - j) for i in range(31) for j in range(31 - i)]) / 30
    flow = np.where(p[:, :1] > 0.7, np.nan, np.where(p[:, 1:2] > 0.7, 0, 1 / 3 - p))
    colors = simplex_field(p, np.linalg.norm(flow, axis=-1), flow, ax=right)
    norm_bar(colors, ax=[left, right])
    return figure


def matrices_figure():
    figure, (left, right) = plt.subplots(1, 2)
    matrix(
        [[0.2, -0.1, np.nan], [1e-12, -1.0, 0.5]],
        rows=["a", "b"],
        columns=["x", "y", "z"],
        ax=left,
    )
    matrix(np.zeros((2, 2)), ax=right)
    return figure


def dataset(**coordinates):
    """A landscape of two objectives and two labels, the second undefined near the origin."""
    dims, size = (
        ("objective", "label", *coordinates),
        [len(values) for values in coordinates.values()],
    )
    distance = sum(
        np.abs(grid) for grid in np.meshgrid(*coordinates.values(), indexing="ij")
    )
    defined = np.broadcast_to(
        np.stack([distance >= 0, distance > 1])[:, None], (2, 2, *size)
    )
    loss = np.where(defined, distance, np.inf)
    gradient = np.where(distance > 2, 1.0, 0.0)[..., None] * np.ones(
        (2, 2, *[1] * len(size), 3)
    )
    variables = {"loss": (dims, loss), "gradient": ((*dims, "component"), gradient)}
    variables |= {"finite": (dims, defined), "in_domain": (dims, defined)}
    names = {
        "objective": ["softmax + cross_entropy", "sum + cross_entropy"],
        "label": [0, 2],
    }
    return xarray.Dataset(variables, names | coordinates)


FIGURES = {
    "curves": curves_figure,
    "curves, linear": lambda: curves_figure("linear"),
    "atlas": atlas_figure,
    "fields": fields_figure,
    "matrices": matrices_figure,
    "landscape over a ray": lambda: plot(dataset(s=S), label=2),
    "landscape over a plane": lambda: plot(
        dataset(a=np.linspace(-3, 3, 9), b=np.linspace(-4, 4, 12)), label=0
    ),
}


def written(figure, kind="svg"):
    file = io.BytesIO()
    figure.savefig(
        file, format=kind, metadata={"Date": None} if kind == "svg" else None
    )
    return file.getvalue()


@pytest.mark.parametrize("draw", share(FIGURES.values(), one_in=2))
def test_the_same_call_gives_the_same_bytes(draw):
    first, second = draw(), draw()
    assert isinstance(first, Figure)
    assert written(first) == written(second)


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_no_text_overlaps_another_or_leaves_the_figure(draw, monkeypatch):
    figure = draw()
    boxes = level_texts(figure, monkeypatch)
    crossing = [
        (a.get_text(), b.get_text())
        for a, b in combinations(boxes, 2)
        if crosses(boxes[a], boxes[b])
    ]
    assert not crossing
    outside = [
        text.get_text() for text, box in boxes.items() if not inside(box, figure.bbox)
    ]
    assert not outside


def level_texts(figure, monkeypatch):
    """The box of every text that is drawn and not rotated by an odd angle."""
    figure.draw_without_rendering()  # the layout draws too
    drawn, draw = [], Text.draw
    monkeypatch.setattr(
        Text, "draw", lambda text, renderer: [drawn.append(text), draw(text, renderer)]
    )
    figure.canvas.draw()
    texts = [text for text in drawn if text.get_text() and not text.get_rotation() % 90]
    return {text: Text.get_window_extent(text) for text in texts}


def crosses(a, b, slack=1.0):
    return (
        min(a.x1, b.x1) - max(a.x0, b.x0) > slack
        and min(a.y1, b.y1) - max(a.y0, b.y0) > slack
    )


def inside(box, page):
    return (
        page.x0 - 1 <= box.x0
        and box.x1 <= page.x1 + 1
        and page.y0 - 1 <= box.y0
        and box.y1 <= page.y1 + 1
    )


@pytest.mark.parametrize("size", [3.0, 6.0])
def test_labels_follow_a_change_of_size(size):
    figure, axes = plt.subplots()
    labels = labelled_curves(S, CURVES, ax=axes)
    figure.set_size_inches(8, size)
    figure.canvas.draw()
    heights = sorted(Text.get_window_extent(label).y0 for label in labels)
    assert np.min(np.diff(heights)) > labels[0].get_size() * figure.dpi / 72
    assert all(isinstance(label, Annotation) for label in labels)


def test_of_the_curves_that_leave_the_first_to_leave_is_named_outermost():
    figure, axes = plt.subplots()
    axes.set_ylim(-1, 1)
    rates = {"2": 2, "-1": -1, "3": 3, "1": 1, "-2": -2}
    labels = labelled_curves(
        S, {name: rate * S for name, rate in rates.items()}, ax=axes
    )
    figure.canvas.draw()
    from_the_top = sorted(labels, key=lambda label: -Text.get_window_extent(label).y0)
    assert [label.get_text() for label in from_the_top] == ["3", "2", "1", "-1", "-2"]


@pytest.mark.parametrize(
    "targets", [[5.0, 5.0, 5.0], [0.0, 10.0, 5.2, 5.0], [10.0], [3.0, 2.0, 1.0]]
)
def test_spread_keeps_order_and_distance(targets):
    heights = spread(targets, 1.5, 0.0, 10.0)
    assert np.all(np.diff(np.sort(heights)) >= 1.5 - 1e-12)
    assert np.all(heights >= 0.75)
    assert np.all(heights <= 9.25)
    assert np.array_equal(
        np.argsort(heights), np.lexsort((-np.arange(len(targets)), targets))
    )


def test_spread_moves_nothing_that_has_room():
    assert np.allclose(spread([1.0, 7.0, 4.0], 1.0, 0.0, 10.0), [1, 7, 4])


@pytest.mark.parametrize("seed", range(5))
def test_spread_is_the_nearest(seed):
    targets = np.random.default_rng(seed).normal(size=12)
    nearest = isotonic_regression(
        np.sort(targets) - 0.4 * np.arange(12)
    ).x + 0.4 * np.arange(12)
    assert np.allclose(np.sort(spread(targets, 0.4, -100.0, 100.0)), nearest)


def test_spread_centres_what_does_not_fit():
    assert np.allclose(spread([0.0, 0.0, 0.0], 1.0, 0.0, 2.0), [2, 1, 0])


def test_hatched_spans_end_halfway_between_samples():
    _, axes = plt.subplots()
    s = np.arange(6.0)
    hatch_spans(s, [True, True, False, False, True, False], ax=axes)
    assert [(span.get_x(), span.get_width()) for span in axes.patches] == [
        (0.0, 1.5),
        (3.5, 1.0),
    ]


def test_nothing_is_hatched_where_nothing_is_undefined():
    _, axes = plt.subplots()
    hatch_spans(S, np.zeros_like(S, bool), text="never", ax=axes)
    assert not axes.patches
    assert not axes.texts


def test_a_field_shows_arrows_only_where_there_is_a_gradient():
    _, axes = plt.subplots()
    x = np.linspace(0, 1, 27)
    norm = np.where(x[:, None] > 0.5, 1.0, 0.0) * np.ones(27)
    plane_field(x, x, norm, np.ones((27, 27, 2)), ax=axes)
    (arrows,) = (c for c in axes.collections if isinstance(c, PolyCollection))
    assert len(arrows.get_offsets()) == 6 * 13
    assert np.all(arrows.get_offsets()[:, 1] > 0.5)


def test_every_name_of_the_catalog_has_a_look_of_its_own():
    looks = [str(look) for look in (NORMALIZER_STYLES | LOSS_STYLES).values()]
    assert set(NORMALIZER_STYLES) == set(ls.NORMALIZERS)
    # Colours and dashes do not suffice for all: the wider catalogue shares those of other names.
    assert set(LOSS_STYLES) <= set(ls.LOSSES)
    # softmax and cross_entropy are the same hero
    assert len(set(looks)) == len(looks) - 1


def test_a_pair_looks_like_what_differs_from_softmax_and_cross_entropy():
    hero = style_of("softmax + cross_entropy")
    assert hero == style_of("softmax") == style_of("cross_entropy")
    assert hero["linewidth"] > style_of("sum")["linewidth"]
    assert style_of("taylor(order=4) + cross_entropy") == style_of("taylor")
    assert style_of("softmax(inverse_temperature=2) + focal(gamma=1e+1)") == style_of(
        "focal"
    )
    both = style_of("taylor + brier")
    assert both["color"] == style_of("taylor")["color"]
    assert both["linestyle"] == style_of("brier")["linestyle"]


def test_an_unknown_name_has_a_look_that_is_its_own_and_lasting():
    assert style_of("mine") == style_of("mine")
    assert str(style_of("mine")["linestyle"]) not in {
        str(dashes) for _, dashes in NORMALIZER_STYLES.values()
    }


def test_laws_read_in_grey():
    greys = [
        np.dot(matplotlib.colors.to_rgb(law.color), [0.299, 0.587, 0.114])
        for law in LAWS.values()
    ]
    assert list(LAWS)[-2:] == ["zero", "undefined"]
    assert np.all(np.diff(greys[:-1]) > 0.08)
    assert LAWS["undefined"].hatch


def test_ink_is_readable():
    assert ink_on("black") == ink_on("#0072B2") == "white"
    assert ink_on("white") == ink_on("#E69F00") == "black"


def test_noise_is_not_drawn():
    assert str(settled([-1e-12, 0.1 + 0.2])) == "[0.  0.3]"
    assert settled_digits([[1e-30 * (1 + 1e-13), np.inf]]).tolist() == [[1e-30, np.inf]]
    assert np.array_equal(
        settled_log10([100, 0, np.nan, np.inf]),
        [2, np.nan, np.nan, np.nan],
        equal_nan=True,
    )


@pytest.mark.parametrize("label", [None, 1])
def test_a_label_that_the_dataset_lacks_is_refused(label):
    with pytest.raises(
        ValueError, match=rf"`plot\(label=...\)` must be one of \[0, 2\], got {label}"
    ):
        plot(dataset(s=S), label=label)


def test_a_slice_with_three_coordinates_is_refused():
    with pytest.raises(ValueError, match=r"1 or 2 coordinates, got \['a', 'b', 'c'\]"):
        plot(dataset(a=S[:3], b=S[:3], c=S[:3]), label=0)


def test_matplotlib_is_for_those_who_draw():
    code = """
import sys, logitscape
assert "matplotlib" not in sys.modules and "xarray" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)

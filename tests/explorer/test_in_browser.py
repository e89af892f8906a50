"""The page in a real browser: drags, keys, sizes, and numbers that are those of the engine."""

import json
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.explorer import field, rays
from logitscape._src.explorer.catalogue import read
from logitscape._src.explorer.page import page
from tests.reports.pages import CHROMIUM

from .browser import Tab, browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

RIGHT, UP, END = ("ArrowRight", 39), ("ArrowUp", 38), ("End", 35)
RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
SIX_DIGITS = 5.5e-6
"""Half a unit of the sixth digit, relative to the smallest number that has six."""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "page.html").write_text(page(read()), encoding="utf-8")
    with browser(folder / "profile") as tab:
        tab.look(1280, 800)
        tab.open((folder / "page.html").as_uri())
        yield tab
    assert not tab.complaints


def number(text: str) -> float:
    """The number that is shown."""
    plain = text.translate(RAISED).replace("\u2009×\u200910", "e")
    return {"undefined": np.nan, "∞": np.inf}.get(plain) or float(plain)


def first_screen(tab: Tab, name: str) -> list[float]:
    parts = ("p-cat", "p-dog", "loss", "gradient-cat", "gradient-dog")
    return [number(tab.text(f"{name}-{part}")) for part in parts]


def exact(spec: str, logits: tuple[float, float]) -> list[float]:
    pair = ls.objective(spec)
    z = jnp.array(logits, float)
    loss, gradient = jax.value_and_grad(pair)(z, jnp.array([1.0, 0.0]))
    return [*map(float, pair.predict(z).p), float(loss), *map(float, gradient)]


def middle(tab: Tab, selector: str) -> tuple[float, float]:
    tab.run(
        f"document.querySelector({json.dumps(selector)}).scrollIntoView({{block: 'center'}})"
    )
    box = tab.run(
        f"(() => {{ const b = document.querySelector({json.dumps(selector)})"
        ".getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()"
    )
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def check_first_screen(tab: Tab, logits: tuple[float, float]) -> None:
    for name in ("softmax", "sum"):
        shown = first_screen(tab, name)
        expected = exact(f"{name} + cross_entropy", logits)
        np.testing.assert_allclose(shown, expected, rtol=SIX_DIGITS)


@pytest.mark.parametrize(("preset", "logits"), [("1,2", (1, 2)), ("10,20", (10, 20))])
def test_presets(tab: Tab, preset: str, logits: tuple[float, float]) -> None:
    place = middle(tab, f"[data-preset='{preset}']")
    tab.drag(place, place)
    check_first_screen(tab, logits)
    sentence = tab.text("moment")
    assert ("sure. Softmax pushes back" in sentence) == (preset == "10,20")


def test_dragging_a_number_moves_everything(tab: Tab) -> None:
    tab.run("document.querySelector(\"[data-preset='10,20']\").click()")
    _, y = middle(tab, "#cat")
    left, width = tab.run(
        "(() => { const b = document.getElementById('cat').getBoundingClientRect();"
        "return [b.x, b.width]; })()"
    )
    knob = left + 14 + (width - 28) * 14 / 24
    tab.drag((knob, y), (knob - 200, y))
    cat = number(tab.text("cat-value"))
    assert cat < 9
    assert cat == float(tab.run("document.getElementById('cat').value"))
    check_first_screen(tab, (cat, 20.0))


def test_keys_move_a_number(tab: Tab) -> None:
    tab.run("document.querySelector(\"[data-preset='1,2']\").click()")
    tab.run("document.getElementById('dog').focus()")
    tab.key(*RIGHT)
    assert tab.text("dog-value") == "2.5"
    check_first_screen(tab, (1.0, 2.5))


def test_outside_its_domain_dividing_by_the_sum_has_no_answer(tab: Tab) -> None:
    tab.run("cat.value = -2; cat.dispatchEvent(new Event('input', {bubbles: true}))")
    assert np.isnan(first_screen(tab, "sum")).all()
    assert "no answer" in tab.text("moment")
    assert tab.run("document.querySelectorAll('#cat-arrows .sum').length") == 0


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_the_first_screen_needs_no_scrolling(tab: Tab, width: int, height: int) -> None:
    tab.look(width, height)
    try:
        for preset in ("1,2", "10,20"):
            tab.run(f"document.querySelector(\"[data-preset='{preset}']\").click()")
            bottom = tab.run(
                "scrollTo(0, 0); document.querySelector('.cards').getBoundingClientRect().bottom"
            )
            assert bottom <= height
    finally:
        tab.look(1280, 800)


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_is_wider_than_the_window(tab: Tab, width: int) -> None:
    tab.look(width, 800)
    try:
        assert tab.run("document.documentElement.scrollWidth") == width
    finally:
        tab.look(1280, 800)


def test_two_pairs_are_compared_at_every_place(tab: Tab) -> None:
    tab.choose("first", "taylor + focal")
    tab.choose("second", "softmax + brier")
    tab.run("document.querySelector('.panels').focus()")
    tab.key(*END)
    readings = tab.run(
        "[...document.querySelectorAll('.reading dd')].map(d => d.textContent)"
    )
    laws = tab.run("[...document.querySelectorAll('.law')].map(d => d.textContent)")
    assert len(readings) == len(laws) == 6
    assert laws[1] == "slope → 6 exp(−s)"
    for row, name in enumerate(("R1", "R2", "R3")):
        line = ls.ray(name, rays.S[-1:], num_classes=3)
        for column, spec in enumerate(("taylor + focal", "softmax + brier")):
            loss = float(ls.sweep(spec, line).loss[0, 0, 0])
            shown = readings[2 * row + column].removeprefix("loss ").split(", slope ")
            assert number(shown[0]) == pytest.approx(loss, rel=SIX_DIGITS)
    tab.key("ArrowLeft", 37)
    assert "s = 18" in tab.text("compare-sentence")


@pytest.mark.parametrize(
    ("law", "text"),
    [
        ("1.00", "1"),
        ("6.00 e^(-1.00 s)", "6 exp(−s)"),
        ("1.00 s^-1.00", "s⁻¹"),
        ("-0.274 s^-1.70", "−0.274 s⁻¹·⁷"),
        ("1.00 s^-2.50 (log s)^-1", "s⁻²·⁵ (log s)⁻¹"),
        ("100 s e^(-0.500 s)", "100 s exp(−0.5 s)"),
        ("-4.00e-06 s^-5.00", "−4\u2009×\u200910⁻⁶ s⁻⁵"),
        ("0 from s = 1.05e+07", "0 from s = 1.05\u2009×\u200910⁷"),
        ("e^(2.00 e^(1.00 s))", "exp(2 exp(s))"),
        ("faster than e^(-s)", "faster than exp(−s)"),
        ("undetermined", "undetermined"),
    ],
)
def test_laws_read_as_people_write_them(tab: Tab, law: str, text: str) -> None:
    assert tab.run(f"lawText({json.dumps(law)})") == text


def test_a_ball_rolls_from_where_one_clicks(tab: Tab) -> None:
    tab.choose("first", "softmax + cross_entropy")
    tab.choose("second", "softmax + brier")
    x, y = middle(tab, ".plane")
    size = tab.run("document.querySelector('.plane').getBoundingClientRect().width")
    low, high = field.AXIS[0] - 1.2, field.AXIS[-1] + 1.2
    unit = size / (high - low)
    start = (-2.0, 8.0)
    place = (x + (start[0] - 3.0) * unit + 5, y - (start[1] - 3.0) * unit + 5)
    tab.drag(place, place)
    sentence = tab.text("field-sentence")
    assert sentence.startswith("From cat = −2, dog = 8.")
    times = ls.flow(["softmax + cross_entropy", "softmax + brier"], start).times[:, 0]
    shown = [
        number(part.split(" ")[0].rstrip("."))
        for part in sentence.split("time of ")[1:]
    ]
    np.testing.assert_allclose(shown, times, rtol=SIX_DIGITS)
    tab.run("document.querySelector('.plane').focus()")
    tab.key(*RIGHT)
    assert "From cat = 0, dog = 8." in tab.text("field-sentence")


def test_sliders_turn_temperature_and_parameter(tab: Tab) -> None:
    tab.choose("second", "softmax + focal")
    tab.run("document.getElementById('parameter').focus()")
    tab.key(*END)
    tab.run("document.getElementById('temperature').focus()")
    tab.key(*END)
    sentence = tab.text("knobs-sentence")
    assert sentence.startswith("softmax + focal with gamma = 5 at temperature 4: ")
    spec = "scale(inverse_temperature=0.25) > softmax + focal(gamma=5.0)"
    s = number(sentence.split("s = ")[1].split(",")[0])
    swept = ls.sweep(spec, ls.ray("R1", [s], num_classes=3))
    said = sentence.split("the loss is ")[1].rstrip(".").split(" and its slope ")
    expected = [swept.loss[0, 0, 0], swept.gradient[0, 0, 0, 1]]
    np.testing.assert_allclose([*map(number, said)], expected, rtol=SIX_DIGITS)


def test_a_cell_of_the_atlas_leads_to_its_pair(tab: Tab) -> None:
    cells = len(ls.NORMALIZERS) * len(ls.PROBABILITY_LOSSES)
    assert tab.run("document.querySelectorAll('#atlas-table a').length") == cells
    tab.run(
        "document.querySelector('#atlas a[href=\"#spherical%20%2B%20mae\"]').click()"
    )
    tab.run("new Promise((done) => setTimeout(done, 200))")
    assert tab.run("document.getElementById('second').value") == "spherical + mae"
    assert tab.run("document.activeElement.id") == "compare"


def test_what_moves_has_a_name(tab: Tab) -> None:
    unnamed = tab.run(
        "[...document.querySelectorAll('input, select, [tabindex=\"0\"], svg:not([aria-hidden])')]"
        ".filter(e => !e.closest('[aria-hidden]') && !e.closest('svg svg') && !e.labels?.length"
        " && !e.getAttribute('aria-label')).map(e => e.outerHTML.slice(0, 80))"
    )
    assert unnamed == []

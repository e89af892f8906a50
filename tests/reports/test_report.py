"""The report of a diagnosis: what its pictures show, the figure, the page, and how it is saved."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from matplotlib.figure import Figure

from logitscape._src.diagnosis.answers import SEVERITIES, Answer, Witness
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import gradient as signal
from logitscape._src.diagnosis.questions import mistakes
from logitscape._src.diagnosis.subject import Subject
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.reports.curves import FAR, NEAR, deciding_rays, report_data
from logitscape._src.reports.diagnosis import Diagnosis
from logitscape._src.reports.figure import draw
from logitscape._src.reports.page import fragment, page
from logitscape._src.reports.save import rendered
from tests.reports.pages import CHROMIUM, Page, embedded, in_browser
from tests.shares import share

N = 4
EVIL = (
    "</script><script>alert('$x^$')</script> & \"quoted\" "
    "\N{SNOWMAN} \N{CJK UNIFIED IDEOGRAPH-6587}"
)


@cache
def reference() -> Subject:
    return subject("softmax + cross_entropy", num_classes=N)


@cache
def diagnosed(source: Any, name: str | None = None) -> Diagnosis:
    """With the cheap questions only."""
    about, config = (
        subject(source, num_classes=N, name=name),
        DiagnosisConfig(reference(), N),
    )
    with np.errstate(all="ignore"):
        answers = [*signal.answers(about, config), *mistakes.answers(about, config)]
    return Diagnosis(
        about,
        config,
        tuple(sorted(answers, key=lambda answer: SEVERITIES.index(answer.severity))),
    )


@cache
def drawn(spec: str) -> bytes:
    return rendered(draw(diagnosed(spec)), ".svg")


def log_of_softmax(z: Array, t: Array) -> Array:
    return -jnp.sum(t * jnp.log(jax.nn.softmax(z)))


def everywhere(value: float) -> Callable[[Array, Array], Array]:
    def loss(z: Array, t: Array) -> Array:
        return value * jnp.sum(z) + 0 * jnp.sum(t)

    return loss


@jax.custom_vjp
def first_order_only(z: Array, t: Array) -> Array:
    return -jnp.sum(t * jax.nn.log_softmax(z))


def _forward(z: Array, t: Array) -> tuple[Array, tuple[Array, Array]]:
    return first_order_only(z, t), (z, t)


def _backward(saved: tuple[Array, Array], pulled: Array) -> tuple[Array, Array]:
    z, t = saved
    slope = jax.pure_callback(
        lambda x: np.asarray(x),
        jax.ShapeDtypeStruct(z.shape, z.dtype),
        z,
        vmap_method="expand_dims",
    )
    return pulled * slope, jnp.zeros_like(t)


first_order_only.defvjp(_forward, _backward)


def refuses_half(z: Array, t: Array) -> Array:
    if z.dtype.itemsize < 4:
        raise TypeError("half precision is not supported")
    return -jnp.sum(t * jax.nn.log_softmax(z))


def test_curves_are_those_of_theory():
    data = report_data(diagnosed("softmax + cross_entropy"))
    wrong, right = data.sides["wrong"].subject, data.sides["right"].subject
    np.testing.assert_allclose(wrong.loss, np.log(N - 1 + np.exp(NEAR)), rtol=1e-12)
    np.testing.assert_allclose(
        wrong.slope, 1 / (1 + (N - 1) * np.exp(-FAR)), rtol=1e-12
    )
    np.testing.assert_allclose(
        right.loss, np.log1p((N - 1) * np.exp(-NEAR)), rtol=1e-12
    )
    p = np.exp(-right.loss)
    np.testing.assert_allclose(right.curvature[0], 0, atol=1e-12)
    np.testing.assert_allclose(
        right.curvature[1],
        np.maximum(N / (N - 1) * p * (1 - p), (1 - p) / (N - 1)),
        atol=1e-12,
    )
    assert wrong.working[1] == FAR[-1]
    assert not wrong.dead.any()
    assert wrong.errors["float32"].nan_from == np.inf
    assert np.nanmax(wrong.errors["float32"].worst) < 1e-6
    assert 80 < right.errors["float32"].zero_from < 110


def test_dead_regions_and_underflow_are_found():
    sparse = report_data(diagnosed("sparsemax + brier")).sides["wrong"].subject
    np.testing.assert_array_equal(sparse.dead, FAR >= 1)
    assert 0.9 < sparse.working[1] <= 1
    naive = report_data(diagnosed(log_of_softmax)).sides["wrong"].subject
    assert 85 < naive.errors["float32"].nan_from < 110


def test_rays_are_those_that_the_answers_name():
    assert deciding_rays(diagnosed("softmax + cross_entropy")) == {
        "right": "R2",
        "wrong": "R1",
    }
    assert deciding_rays(diagnosed("sum + cross_entropy"))["wrong"] == "R2"
    data = report_data(diagnosed("sum + cross_entropy"))
    assert data.sides["wrong"].reference.ray == "R2"
    np.testing.assert_array_equal(
        np.isfinite(data.sides["wrong"].subject.loss), NEAR < 1
    )


HOSTILE = [
    everywhere(np.nan),
    everywhere(np.inf),
    everywhere(0.0),
    everywhere(-1e300),
    first_order_only,
    refuses_half,
]
NAMES = [
    "nan",
    "infinite",
    "nothing",
    "huge",
    "first order only",
    "refuses half precision",
]


@pytest.mark.parametrize("loss", share(HOSTILE, one_in=2), ids=NAMES)
def test_whatever_a_loss_does_it_is_drawn(loss: Callable[[Array, Array], Array]):
    assert rendered(draw(diagnosed(loss)), ".png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "spec",
    share(
        ["softmax + brier", "sum + cross_entropy", "sparsemax + brier", "argmax + mae"],
        one_in=2,
    ),
)
def test_figures_are_drawn_without_a_warning_and_the_same_every_time(spec: str):
    assert rendered(draw(diagnosed(spec)), ".svg") == drawn(spec)


def test_figures_are_the_same_every_time_whatever_the_user_s_own_style():
    import matplotlib

    usual = drawn("crammer_singer")
    assert rendered(draw(diagnosed("crammer_singer")), ".svg") == usual
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "red", "savefig.bbox": "tight"}
    ):
        assert rendered(draw(diagnosed("crammer_singer")), ".svg") == usual


def test_a_page_is_well_formed_and_closed_in_itself():
    diagnosis = diagnosed("sparsemax + brier")
    text = page(diagnosis)
    parsed = Page(text)
    assert text == page(diagnosis)
    assert parsed.tags["figure"] == 4
    assert embedded(text) == json.loads(diagnosis.to_json())
    for answer in diagnosis.answers:
        assert answer.verdict in parsed.texts["h3"]
        assert answer.text in parsed.texts["p"]
    assert parsed.texts["code"].count("jax.grad(loss)(z, t)") == sum(
        answer.witness is not None for answer in diagnosis.answers
    )
    assert "sparsemax + brier: loss when wrong" in parsed.texts["title"]
    assert len(text) < 500_000


def test_the_code_of_a_page_shows_what_it_says():
    first = (
        Page(page(diagnosed("sparsemax + brier")))
        .texts["code"]
        .split("import jax, ")[1]
    )
    code = [
        line for line in f"import jax, {first}".splitlines() if not line.startswith("#")
    ]
    scope = dict[str, Any]()
    exec("\n".join(code[:-1]), scope)
    assert not np.any(eval(code[-1], scope))


def evil() -> Diagnosis:
    """Names, errors and witnesses that hold markup."""
    diagnosis = diagnosed(log_of_softmax, EVIL)
    witness = Witness((np.inf, -np.inf, np.nan, 0.0), (1.0, 0.0, 0.0, 0.0), EVIL)
    answer = Answer(
        question="bounds",
        verdict="pole",
        severity="fault",
        text=EVIL,
        method=EVIL,
        number=np.nan,
        witness=witness,
        details={EVIL: np.inf},
    )
    return Diagnosis(diagnosis.subject, diagnosis.config, (answer,))


def test_markup_in_names_and_errors_stays_text():
    text = page(evil())
    parsed = Page(text)
    assert parsed.tags["script"] == 2
    assert EVIL in parsed.texts["h1"]
    assert embedded(text)["answers"][0]["text"] == EVIL
    assert embedded(text)["answers"][0]["number"] == "nan"
    assert Page(fragment(evil())).tags["script"] == 0
    assert rendered(draw(evil()), ".png")


def test_a_fragment_keeps_its_style_to_itself():
    text = fragment(diagnosed("softmax + brier"))
    parsed = Page(text)
    assert "fades exponentially" in text.lower()
    assert all(
        line.startswith(".logitscape-card ")
        for line in parsed.texts["style"].strip().splitlines()
    )
    assert diagnosed("softmax + brier")._repr_html_() == text


def small_figure() -> Figure:
    figure = Figure(figsize=(3, 2), layout="constrained")
    upper, lower = figure.subplots(2)
    upper.plot([1, 3, 2], clip_on=False)
    upper.set_title("$x^2$")
    figure.colorbar(lower.imshow(np.eye(3)))
    return figure


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_the_same_figure_gives_the_same_bytes(suffix: str, start: bytes):
    first, again = rendered(small_figure(), suffix), rendered(small_figure(), suffix)
    assert first == again
    assert first.startswith(start)
    assert not re.search(rb"<dc:date>|CreationDate|Software", first)


def test_every_form_is_saved(tmp_path):
    diagnosis = diagnosed("softmax + brier")
    for suffix in (".html", ".json", ".txt", ".png", ".svg", ".pdf"):
        first, second = (
            diagnosis.save(tmp_path / f"a{suffix}"),
            diagnosis.save(str(tmp_path / f"b{suffix.upper()}")),
        )
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 1000
    with pytest.raises(ValueError, match=r"must end in \.html, .*, got 'report\.docx'"):
        diagnosis.save("report.docx")
    assert len(list(tmp_path.iterdir())) == 12


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize(
    "make", [evil, lambda: diagnosed("softmax + brier")], ids=["evil", "usual"]
)
def test_a_browser_shows_the_page_without_complaint(
    make: Callable[[], Diagnosis], tmp_path
):
    diagnosis = make()
    shown = in_browser(diagnosis.save(tmp_path / "report.html"), tmp_path / "profile")
    assert shown.count('<button type="button">Copy</button>') == sum(
        answer.witness is not None for answer in diagnosis.answers
    )

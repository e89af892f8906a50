"""Many objectives side by side."""

import json
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.diagnosis import examination
from logitscape._src.diagnosis.questions import gradient as signal
from logitscape._src.diagnosis.questions import mistakes
from logitscape._src.reports.comparison import Comparison, compare
from logitscape._src.reports.save import rendered
from tests.reports.pages import CHROMIUM, Page, embedded, in_browser

SPECS = [
    "softmax + cross_entropy",
    "softmax + brier",
    "sparsemax + brier",
    "crammer_singer",
    "sum + cross_entropy",
]


@pytest.fixture(scope="module", autouse=True)
def cheap_questions():
    """What is compared matters here, not all that is asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            examination,
            "QUESTIONS",
            {"gradient": signal.answers, "common mistakes": mistakes.answers},
        )
        yield


@pytest.fixture(scope="module")
def many(cheap_questions) -> Comparison:
    return compare(SPECS, num_classes=4)


@pytest.fixture(scope="module")
def few(cheap_questions) -> Comparison:
    def squared(z: Array, t: Array) -> Array:
        return jnp.sum((jax.nn.softmax(z) - t) ** 2)

    return compare(
        {"<b>bold</b> & $x^$": squared, "crammer_singer": "crammer_singer"},
        num_classes=4,
    )


def test_verdicts_are_those_of_each_alone(many):
    assert list(many.diagnoses) == SPECS
    assert many.diagnoses["softmax + cross_entropy"].healthy
    assert (
        many.diagnoses["sparsemax + brier"].of("gradient when wrong")[0].verdict
        == "dies"
    )
    assert many.worst == "fault"
    assert not many.healthy
    assert compare(["crammer_singer"], num_classes=4).healthy


def test_tables_fit_80_columns_and_say_what_is_wrong(many, few):
    for comparison in (many, few):
        lines = str(comparison).splitlines()
        assert max(map(len, lines)) <= 80
    assert "healthy" in str(few)
    assert "gradient when wrong: dies" in str(many)
    assert "healthy" in next(
        line
        for line in str(many).splitlines()
        if line.startswith(" softmax + cross_entropy")
    )
    assert "✓ constant" in str(few)


def test_long_names_are_folded():
    name = "a_very_long_name_of_a_function_that_nobody_would_give" * 2
    for count in (1, 4):
        names = {f"{name}{k}": "crammer_singer" for k in range(count)}
        assert max(map(len, str(compare(names, num_classes=4)).splitlines())) <= 80


def test_json_has_everything(many):
    found = json.loads(many.to_json(), parse_constant=pytest.fail)
    assert found["schema"] == "logitscape.comparison/4"
    assert found["diagnoses"]["softmax + brier"] == json.loads(
        many.diagnoses["softmax + brier"].to_json()
    )
    assert (found["num_classes"], found["dtype"], found["reference"]) == (
        4,
        "float32",
        "softmax + cross_entropy",
    )


@pytest.mark.parametrize(
    ("sources", "error", "message"),
    [
        (
            "softmax + brier",
            TypeError,
            r"`compare\(sources\)` must be a list or a dict of objectives, got 'softmax \+ brier'",
        ),
        ([], ValueError, "at least one objective"),
        ({}, ValueError, "at least one objective"),
        (
            ["crammer_singer", "crammer_singer"],
            ValueError,
            "several objectives called 'crammer_singer'; name them",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    sources: Any, error: type[Exception], message: str
):
    with pytest.raises(error, match=message):
        compare(sources, num_classes=4)


def test_names_tell_equal_ones_apart():
    comparison = compare(
        {"one": "crammer_singer", "two": ls.objective("crammer_singer")}, num_classes=4
    )
    assert [diagnosis.name for diagnosis in comparison.diagnoses.values()] == [
        "one",
        "two",
    ]


def test_the_figure_is_the_same_every_time(few):
    assert rendered(few.figure(), ".svg") == rendered(few.figure(), ".svg")


def test_the_page_is_well_formed_and_closed_in_itself(many, few, tmp_path):
    for comparison in (many, few):
        text = comparison.save(tmp_path / "page.html").read_text(encoding="utf-8")
        parsed = Page(text)
        assert parsed.tags["figure"] == 3
        assert embedded(text) == json.loads(comparison.to_json())
        assert parsed.texts["th"].count("Gradient when wrong") == 1
        for name in comparison.diagnoses:
            assert name in parsed.texts["th"]
        assert Page(comparison._repr_html_()).tags["script"] == 0


def test_every_form_is_saved(few, tmp_path):
    for suffix in (".json", ".txt", ".png", ".svg", ".pdf"):
        assert (
            few.save(tmp_path / f"a{suffix}").read_bytes()
            == few.save(str(tmp_path / f"b{suffix}")).read_bytes()
        )
    with pytest.raises(ValueError, match="must end in"):
        few.save(tmp_path / "a.gif")


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_shows_the_page_without_complaint(few, tmp_path):
    assert "<button" in in_browser(
        few.save(tmp_path / "page.html"), tmp_path / "profile"
    )

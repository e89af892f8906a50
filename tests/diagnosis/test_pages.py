"""Every verdict has a page, and the page in docs/ has them all."""

import re
from pathlib import Path

import pytest

from docs import vocabulary as written
from logitscape._src.diagnosis.answers import SEVERITIES
from logitscape._src.diagnosis.pages.all_pages import (
    ANY,
    PAGES,
    explanation,
    verdicts,
)
from logitscape._src.diagnosis.vocabulary import ANY_QUESTION, VOCABULARY
from tests.cli.command import run

pytestmark = pytest.mark.quick


def test_every_verdict_has_a_page_and_no_page_is_left_over() -> None:
    for question, listed in {**VOCABULARY, ANY: ANY_QUESTION}.items():
        assert set(PAGES.get(question, {})) == set(listed), question


@pytest.mark.parametrize("question", PAGES)
def test_pages_are_whole_sentences(question: str) -> None:
    for verdict, page in PAGES[question].items():
        assert page.severity in SEVERITIES
        for text in (page.why, page.remedy):
            # No double spaces, which strings of several lines easily have.
            assert re.fullmatch(r"[A-Zp1](\S| (?! ))*\S\.", text), (verdict, text)
        assert re.fullmatch(r"[A-Z]\w*.*[^.]|optax.*[^.]", page.reference), verdict


def test_an_alarm_says_what_to_do() -> None:
    for pages in PAGES.values():
        for verdict, page in pages.items():
            if page.severity in ("fault", "trade"):
                assert page.remedy != "Nothing.", verdict


@pytest.mark.parametrize("verdict", verdicts())
def test_an_explanation_fits_the_terminal(verdict: str) -> None:
    text = explanation(verdict)
    assert text.startswith(f"{verdict} (")
    assert max(map(len, text.splitlines())) <= 80
    for heading in ("What it means", "Why it matters", "What to do", "Read more"):
        assert f"\n{heading}: " in text


def test_the_page_in_docs_is_up_to_date() -> None:
    path = Path(written.__file__).with_suffix(".md")
    assert path.read_text(encoding="utf-8") == written.page()


def test_explain_prints_one_page(capsys: pytest.CaptureFixture[str]) -> None:
    for spelling in ("fades exponentially", "Fades exponentially."):
        status, out, _ = run(capsys, "explain", spelling)
        assert status == 0
        assert out.strip() == explanation("fades exponentially")


def test_explain_has_a_page_for_every_question_that_uses_the_word() -> None:
    text = explanation("grows")
    assert "(gradient when wrong" in text
    assert "(gradient when right" in text


def test_explain_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "explain")
    assert status == 0
    listed = {line.strip() for line in out.splitlines()}
    assert set(verdicts()) <= listed


def test_explain_suggests_near_names(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "explain", "fades exponentialy")
    assert status == 2
    assert "Did you mean 'fades exponentially'" in err

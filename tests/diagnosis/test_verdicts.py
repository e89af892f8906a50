"""Every verdict has one record, which says all that is to be said, and everywhere the same."""

import dataclasses
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from docs import vocabulary as written
from logitscape._src.audit.verdicts import all_topics
from logitscape._src.diagnosis import verdicts as package
from logitscape._src.diagnosis.answers import SEVERITIES
from logitscape._src.diagnosis.verdicts.explanation import explanation
from logitscape._src.diagnosis.verdicts.listing import NAMES, VERDICTS, topics
from logitscape._src.diagnosis.verdicts.verdict import Verdict
from tests.cli.command import run

pytestmark = pytest.mark.quick

TOPICS = all_topics()
LISTED = [
    pytest.param(verdict, id=f"{topic}: {name}")
    for topic, verdicts in TOPICS.items()
    for name, verdict in verdicts.items()
]
EXPLAINED = sorted({name for verdicts in TOPICS.values() for name in verdicts})


@pytest.mark.parametrize("verdict", LISTED)
def test_records_are_whole_sentences(verdict: Verdict) -> None:
    assert verdict.severity in SEVERITIES
    assert re.fullmatch(r"[`A-Z0-9a-z][^\n]*[^.]\.", verdict.meaning)
    for text in (verdict.meaning, verdict.why, verdict.remedy):
        # No double spaces, which strings of several lines easily have.
        assert re.fullmatch(r"[A-Zp1`5z](\S| (?! ))*\S\.", text)
    assert re.fullmatch(r"[A-Z]\w*.*[^.]|optax.*[^.]", verdict.reference)


@pytest.mark.parametrize("verdict", LISTED)
def test_an_alarm_says_what_to_do(verdict: Verdict) -> None:
    if verdict.severity in ("fault", "trade"):
        assert verdict.remedy != "Nothing."


@pytest.mark.parametrize("verdict", EXPLAINED)
def test_an_explanation_fits_the_terminal(verdict: str) -> None:
    text = explanation(verdict, TOPICS)
    assert text.startswith(f"{verdict} (")
    assert max(map(len, text.splitlines())) <= 80
    for heading in ("What it means", "Why it matters", "What to do", "Read more"):
        assert f"\n{heading}: " in text


@pytest.mark.parametrize("verdict", LISTED)
def test_all_of_a_record_is_printed_everywhere(verdict: Verdict) -> None:
    printed = " ".join(explanation(verdict.name, TOPICS).split())
    page = written.page()
    for field in dataclasses.fields(verdict):
        told = getattr(verdict, field.name)
        assert told in printed
        assert told in page or told == "Nothing."


def test_every_record_of_the_modules_is_listed() -> None:
    # A record that another one of the same name hides is not.
    listed = [
        verdict for verdicts in topics().values() for verdict in verdicts.values()
    ]
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(found.name)).values():
            for verdict in value if isinstance(value, tuple) else [value]:
                if isinstance(verdict, Verdict):
                    assert any(verdict is one for one in listed), verdict.name


def test_all_questions_and_verdicts_may_be_named() -> None:
    named = {name for verdicts in topics().values() for name in verdicts}
    assert {*VERDICTS, *named} == NAMES


def test_the_page_in_docs_is_up_to_date() -> None:
    path = Path(written.__file__).with_suffix(".md")
    assert path.read_text(encoding="utf-8") == written.page()


def test_explain_prints_one_page(capsys: pytest.CaptureFixture[str]) -> None:
    for spelling in ("fades exponentially", "Fades exponentially."):
        status, out, _ = run(capsys, "explain", spelling)
        assert status == 0
        assert out.strip() == explanation("fades exponentially", TOPICS)


def test_explain_has_a_page_for_every_question_that_uses_the_word() -> None:
    text = explanation("grows", TOPICS)
    assert "(gradient when wrong" in text
    assert "(gradient when right" in text


def test_explain_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "explain")
    assert status == 0
    listed = {line.strip() for line in out.splitlines()}
    assert set(EXPLAINED) <= listed


def test_explain_suggests_near_names(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "explain", "fades exponentialy")
    assert status == 2
    assert "Did you mean 'fades exponentially'" in err

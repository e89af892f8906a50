"""The collection of losses after public reports: faults are named by their cause, none is false."""

import re
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from logitscape._src.diagnosis.verdicts.listing import NAMES, VERDICTS
from tests.diagnosis.collection.asking import answers_about
from tests.diagnosis.collection.records import BROKEN, HEALTHY
from tests.shares import share

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"
OFTEN_ALARMING = ("identity", "design", "gradient", "common mistakes", "consistency")
"""Topics in which healthy losses have raised false alarms."""


@pytest.fixture(autouse=True)
def promotion_is_as_users_have_it() -> Iterator[None]:
    """The losses are written as people write them, and lean on JAX's promotion of dtypes."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


def topic_of(verdict: str) -> str:
    """The topic whose question gives a verdict."""
    question = next(name for name, verdicts in VERDICTS.items() if verdict in verdicts)
    if question.startswith("gradient"):
        return "gradient"
    return "proper" if question == "top label" else question.partition(",")[0]


@pytest.mark.parametrize("name", share(BROKEN, one_in=10))
def test_the_cause_is_named(name: str) -> None:
    case = BROKEN[name]
    topics = dict.fromkeys(map(topic_of, case.causes))
    verdicts = {
        answer.verdict for answer in answers_about(case.loss, case.arguments, topics)
    }
    assert verdicts & set(case.causes)


@pytest.mark.parametrize("name", share(HEALTHY, one_in=10))
def test_a_healthy_loss_raises_no_alarm(name: str) -> None:
    case = HEALTHY[name]
    answers = answers_about(case.loss, case.arguments, OFTEN_ALARMING)
    assert not [answer.text for answer in answers if answer.severity == "fault"]
    trades = {answer.verdict for answer in answers if answer.severity == "trade"}
    assert trades <= {*case.trades, "fades exponentially", "fades slowly"}


@pytest.mark.quick
def test_the_collection_is_as_large_as_the_page_says() -> None:
    assert len(BROKEN) >= 60
    assert len(HEALTHY) >= 40
    page = PAGE.read_text(encoding="utf-8")
    for name in (*BROKEN, *HEALTHY):
        assert f"| {name} |" in page


@pytest.mark.quick
def test_every_case_has_listed_verdicts_and_a_source() -> None:
    for case in BROKEN.values():
        assert case.causes
        assert set(case.causes) <= NAMES
        assert re.match(
            r"own|github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+$", case.source
        )
    for case in HEALTHY.values():
        assert set(case.trades) <= NAMES
        assert case.source

"""The vocabulary of questions and verdicts: what is listed, and that nothing else is accepted."""

import pytest

from logitscape import testing
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.questions.gradient import SENTENCES
from logitscape._src.diagnosis.questions.propriety import TEXTS
from logitscape._src.diagnosis.verdicts.listing import NAMES, VERDICTS
from logitscape._src.diagnosis.vocabulary import CORRECTED_OFF_THE_RAY, THROUGHOUT
from tests.diagnosis import broken

pytestmark = pytest.mark.quick


def answer(question: str, verdict: str) -> Answer:
    return Answer(question, verdict, "note", text="", method="")


@pytest.mark.parametrize("name", broken.BROKEN)
def test_the_broken_losses_use_listed_verdicts(name: str) -> None:
    assert broken.BROKEN[name].verdict in NAMES


def test_listed_words_are_accepted() -> None:
    assert answer("convexity", "not convex").names == {"convexity", "not convex"}
    assert answer("precision, float16", "inaccurate").names >= {"precision"}
    for question in VERDICTS:
        assert answer(question, "undecided").verdict == "undecided"


def test_other_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="'convexty' is no listed question"):
        answer("convexty", "not convex")


def test_verdicts_of_other_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="'kink' is no listed verdict of 'convexity'"):
        answer("convexity", "kink")


def test_sentences_are_about_listed_verdicts() -> None:
    # Bounded logits have a sentence of their own, with the domain in it, and what another answer
    # limits keeps its sentence.
    listed = {*VERDICTS["gradient when wrong"], "undecided"}
    assert {*SENTENCES, THROUGHOUT, CORRECTED_OFF_THE_RAY} == listed
    assert set(TEXTS) == set(VERDICTS["proper"])


def test_every_listed_name_may_be_allowed() -> None:
    with pytest.raises(ValueError, match="must be a number of seconds, greater than 0"):
        testing.assert_healthy("softmax + kl", allow=NAMES, budget=-1.0)

"""Answers that exclude each other never stand in one report."""

from dataclasses import replace
from itertools import product

import jax
import jax.numpy as jnp
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.contradictions import RULES, Rule, reconciled
from logitscape._src.diagnosis.qualifications import (
    QUALIFICATIONS,
    Qualification,
    qualified,
)
from logitscape._src.diagnosis.questions import QUESTIONS, convexity
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.diagnosis.verdicts.listing import VERDICTS

OUTCOMES = [
    (rule, weaker, stronger)
    for rule in RULES
    for weaker, stronger in product(sorted(rule.weaker[1]), sorted(rule.stronger[1]))
]


def answer(question: str, verdict: str) -> Answer:
    return Answer(question, verdict, "note", text="As measured.", method="")


def never(topic: str) -> list[Answer]:
    return []


@pytest.mark.parametrize("rule", RULES)
def test_rules_are_about_listed_verdicts(rule: Rule) -> None:
    assert rule.topic in QUESTIONS
    for question, verdicts in (rule.weaker, rule.stronger):
        assert verdicts <= set(VERDICTS[question])


@pytest.mark.parametrize(("rule", "weaker", "stronger"), OUTCOMES)
def test_the_weaker_answer_becomes_undecided(rule, weaker, stronger) -> None:
    other = "common mistakes" if rule.topic == "cost" else "cost"
    by_topic = {
        rule.topic: [
            answer(rule.weaker[0], "undecided"),
            answer(rule.weaker[0], weaker),
        ],
        other: [answer(rule.stronger[0], stronger)],
    }
    agreed = reconciled(by_topic, never)
    kept, decided = agreed[rule.topic]
    assert kept == by_topic[rule.topic][0]
    assert (decided.verdict, decided.severity) == ("undecided", "undecided")
    assert stronger in decided.text
    assert weaker in decided.text
    assert agreed[other] == by_topic[other]


def test_the_pole_of_a_design_excludes_nothing() -> None:
    found = answer("singular points", "no singular point found")
    pole = replace(
        answer("common mistakes", "not finite at equal logits"), severity="trade"
    )
    by_topic = {"singular points": [found], "common mistakes": [pole]}
    assert reconciled(by_topic, never) == by_topic


def test_a_second_answer_that_agrees_is_believed() -> None:
    second = [answer("convexity", "not convex")]
    by_topic = {
        "convexity": [answer("convexity", "convex (certified)")],
        "bounds": [answer("bounds", "bounded")],
    }
    asked = []

    def again(topic: str) -> list[Answer]:
        asked.append(topic)
        return second

    assert reconciled(by_topic, again)["convexity"] == second
    assert asked == ["convexity"]


def test_what_agrees_stays_and_is_not_asked_again() -> None:
    by_topic = {
        "convexity": [answer("convexity", "convex (certified)")],
        "bounds": [answer("bounds", "unbounded above"), answer("bounds", "smooth")],
    }

    def fail(topic: str) -> list[Answer]:
        raise AssertionError(topic)

    assert reconciled(by_topic, fail) == by_topic


def test_a_domain_may_bound_a_convex_loss() -> None:
    by_topic = {
        "convexity": [answer("convexity", "convex (certified)")],
        "bounds": [answer("bounds", "bounded")],
        "gradient": [answer("gradient when wrong", "leaves the domain")],
    }
    assert reconciled(by_topic, never) == by_topic


@pytest.mark.parametrize("rule", QUALIFICATIONS)
def test_qualifications_are_about_listed_verdicts(rule: Qualification) -> None:
    assert {*rule.verdicts, rule.verdict} <= set(VERDICTS[rule.question])
    assert rule.other_verdicts <= set(VERDICTS[rule.other_question])


@pytest.mark.parametrize("rule", QUALIFICATIONS)
def test_an_answer_says_where_another_limits_it(rule: Qualification) -> None:
    first = answer(rule.question, min(rule.verdicts))
    limits = Answer(
        rule.other_question, min(rule.other_verdicts), "fault", "As measured.", ""
    )
    told = qualified({"a": [first], "b": [limits]})
    (changed,) = told["a"]
    assert (changed.verdict, changed.severity) == (rule.verdict, rule.severity)
    assert changed.text == f"{first.text} {rule.sentence}"
    assert qualified({"a": [first]}) == {"a": [first]}


def clipped_at(least):
    def loss(z, t):
        return -jnp.log(jnp.clip(jax.nn.softmax(z) @ t, least, 1))

    return loss


def capped_at(most):
    def loss(z, t):
        return jnp.minimum(-jnp.sum(t * jax.nn.log_softmax(z)), most)

    return loss


def flat_beyond(reach):
    """Linear terms that end far out, whatever else the loss is made of."""

    def loss(z, t):
        return jnp.sum((1 - t) * jnp.clip(z - z @ t, -reach, reach))

    return loss


@pytest.mark.parametrize(
    "loss", [clipped_at(1e-12), clipped_at(1e-5), capped_at(40.0), flat_beyond(35.0)]
)
def test_kinks_far_out_keep_a_loss_from_being_convex(loss) -> None:
    with enable_x64():
        config = DiagnosisConfig(
            reference=subject("softmax + cross_entropy", num_classes=3), num_classes=3
        )
        (found,) = convexity.answers(subject(loss, num_classes=3), config)
    assert found.verdict == "not convex"

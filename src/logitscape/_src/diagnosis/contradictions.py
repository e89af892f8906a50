"""Answers of one diagnosis that cannot both be true, found before anybody reads them.

Every rule names two outcomes that exclude each other, and the one whose evidence is weaker: an
outcome that was only not refuted loses against logits that show something. The weaker question
is asked again with other random logits; if the answers still exclude each other, it is undecided.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from .answers import Answer
from .vocabulary import (
    BOUNDS,
    CONSISTENCY,
    CONVEX,
    CORRECTS,
    FADES_EXPONENTIALLY,
    FADES_SLOWLY,
    JUMPS,
    LEAVES_DOMAIN,
    NO_NEGATIVE_CURVATURE,
    PROPER,
    SLOW_TO_CORRECT,
    UNDECIDED,
    UNDEFINED_FAR_OUT,
)

Ask = Callable[[str], list[Answer]]
"""Function that asks a topic again, with other random logits."""

CONVEXITY = ("convexity", frozenset({CONVEX, NO_NEGATIVE_CURVATURE}))
LIPSCHITZ = (BOUNDS, frozenset({"Lipschitz"}))
ROBUST = frozenset({"robust to label noise", "partly robust to label noise"})
ALIKE = ("invariances", frozenset({"treats classes alike"}))
Outcome = tuple[str, frozenset[str]]
"""A question and verdicts."""


@dataclass(frozen=True)
class Rule:
    """Two outcomes that exclude each other.

    Attributes:
        weaker: Outcome with the weaker evidence.
        stronger: Outcome with the stronger evidence.
        topic: Topic that is asked again for the weaker one.
        why: Reason, a clause that follows "as".
        only_everywhere: Whether the reason holds only for losses that are defined everywhere.
        also_as_trade: Whether the stronger outcome excludes the other where it is a trade, too.
    """

    weaker: Outcome
    stronger: Outcome
    topic: str
    why: str
    only_everywhere: bool = False
    also_as_trade: bool = True


RULES = (
    Rule(
        CONVEXITY,
        (BOUNDS, frozenset({"bounded"})),
        "convexity",
        "a convex function that is bounded is constant",
        only_everywhere=True,
    ),
    Rule(
        CONVEXITY,
        (BOUNDS, frozenset({JUMPS})),
        "convexity",
        "a convex function does not jump",
        only_everywhere=True,
    ),
    Rule(
        CONVEXITY,
        (CONSISTENCY, frozenset({"jump"})),
        "convexity",
        "a convex function does not jump",
        only_everywhere=True,
    ),
    Rule(
        CONVEXITY,
        ("gradient when wrong", frozenset({FADES_SLOWLY, FADES_EXPONENTIALLY})),
        "convexity",
        "the slope of a convex function never falls along a ray",
    ),
    Rule(
        LIPSCHITZ,
        ("gradient when wrong", frozenset({"grows", "explodes"})),
        BOUNDS,
        "a gradient that grows along a ray has no bound",
    ),
    Rule(
        (BOUNDS, frozenset({"bounded"})),
        ("gradient when wrong", frozenset({"constant", "grows", "explodes"})),
        BOUNDS,
        "a slope that does not fade along a ray leads to losses of any size",
        only_everywhere=True,
    ),
    Rule(
        ALIKE,
        (
            "common mistakes",
            frozenset({"label not taught", "not finite for a label"}),
        ),
        "invariances",
        "a loss that treats its labels differently depends on their order",
    ),
    Rule(
        ALIKE,
        ("design", frozenset({"class weights"})),
        "invariances",
        "a loss with weights of the labels depends on their order",
    ),
    Rule(
        ("proper", frozenset({PROPER})),
        ("top label", frozenset({"top label missed"})),
        "proper",
        "a proper loss predicts the most probable class",
    ),
    Rule(
        ("proper", frozenset({PROPER})),
        ("common mistakes", frozenset({"never certain", "wrong label convention"})),
        "proper",
        "a proper loss is least where p is the true distribution, however certain that is",
    ),
    Rule(
        ("noise robustness", ROBUST),
        (BOUNDS, frozenset({"unbounded above"})),
        "noise robustness",
        "losses that are bounded below, and whose sum is bounded, are bounded above",
    ),
    Rule(
        ("label", frozenset({"label ignored"})),
        (CONSISTENCY, frozenset({"examples influence each other", "labels broadcast"})),
        "label",
        "an example alone says nothing of what a batch does",
    ),
    Rule(
        (BOUNDS, frozenset({"constant"})),
        (CONSISTENCY, frozenset({"examples influence each other", "labels broadcast"})),
        BOUNDS,
        "an example alone says nothing of what a batch does",
    ),
    Rule(
        ("singular points", frozenset({"no singular point found"})),
        ("common mistakes", frozenset({"not finite at equal logits"})),
        "singular points",
        "equal logits are a singular point",
        # The pole of a loss of directions is no point that breaks alone.
        also_as_trade=False,
    ),
    Rule(
        ("correction", frozenset({CORRECTS, SLOW_TO_CORRECT})),
        (BOUNDS, frozenset({"constant"})),
        "correction",
        "a loss that is the same everywhere leads nowhere",
    ),
)
"""All rules; those that come first are applied first."""

_EDGES = frozenset({LEAVES_DOMAIN, UNDEFINED_FAR_OUT})


def reconciled(
    by_topic: Mapping[str, Sequence[Answer]], ask: Ask
) -> dict[str, list[Answer]]:
    """The answers without contradictions.

    Args:
        by_topic: All answers of one diagnosis, by their topics.
        ask: Function that asks a topic again; it returns nothing if there is no time.
    """
    result = {topic: list(answers) for topic, answers in by_topic.items()}
    for rule in RULES:
        if rule.topic in result and any(_pairs(rule, result)):
            result[rule.topic] = ask(rule.topic) or result[rule.topic]
            contradicted = dict(_pairs(rule, result))
            answers = result[rule.topic]
            for index, answer in enumerate(answers):
                if index in contradicted:
                    answers[index] = _undecided(rule, answer, contradicted[index])
    return result


def _pairs(
    rule: Rule, by_topic: Mapping[str, Sequence[Answer]]
) -> Iterator[tuple[int, Answer]]:
    """The places of the weaker answers, each with an answer that contradicts it."""
    everything = list(chain.from_iterable(by_topic.values()))
    if rule.only_everywhere and any(answer.verdict in _EDGES for answer in everything):
        return
    against = [
        answer
        for answer in everything
        if _is(answer, rule.stronger)
        and (rule.also_as_trade or answer.severity != "trade")
    ]
    for index, answer in enumerate(by_topic[rule.topic]):
        if against and _is(answer, rule.weaker):
            yield index, against[0]


def _is(answer: Answer, outcome: Outcome) -> bool:
    question, verdicts = outcome
    return answer.question == question and answer.verdict in verdicts


def _undecided(rule: Rule, weaker: Answer, stronger: Answer) -> Answer:
    text = (
        f'Measured as "{weaker.verdict}", which cannot be together with '
        f'"{stronger.verdict}" ({stronger.question}), as {rule.why}.'
    )
    return replace(
        weaker,
        verdict=UNDECIDED,
        severity="undecided",
        text=text,
        number=None,
        witness=None,
    )

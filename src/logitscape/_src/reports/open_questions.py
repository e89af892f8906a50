"""Questions without an answer, those with the same reason together."""

from collections.abc import Iterable
from itertools import groupby

from ..diagnosis.answers import Answer


def open_questions(answers: Iterable[Answer]) -> list[tuple[str, Answer]]:
    """Return the answers that are undecided, each reason once, with the questions it keeps open.

    Returns:
        Pairs of the questions, such as "proper, top label", and the first of their answers.
    """
    undecided = [answer for answer in answers if answer.severity == "undecided"]
    first = {_reason(answer): k for k, answer in reversed(list(enumerate(undecided)))}
    undecided.sort(key=lambda answer: first[_reason(answer)])
    together = list[tuple[str, Answer]]()
    for _, group in groupby(undecided, key=_reason):
        same = list(group)
        questions = dict.fromkeys(answer.question for answer in same)
        together.append((", ".join(questions), same[0]))
    return together


def _reason(answer: Answer) -> tuple[str, str]:
    return answer.verdict, answer.text

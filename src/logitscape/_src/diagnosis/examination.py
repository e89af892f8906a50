"""The questions of a diagnosis, asked within a budget of time and evaluations."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from ..base.types import Number
from ..base.x64 import enable_x64
from .answers import Answer, Severity
from .config import DiagnosisConfig
from .designs.recognition import explained
from .evaluation import points_evaluated
from .questions import QUESTIONS, cost
from .subject import Subject, gradient_error
from .vocabulary import NOT_ASKED, NOT_MEASURED

SLOWEST = ("consistency", "correction")
"""Topics that are asked first, so that at the end no thread waits for a long one."""


@dataclass(frozen=True)
class Examination:
    """One pass through all questions about one subject.

    Attributes:
        subject: The objective that is measured.
        config: The setting.
        budget: Seconds after which no further question is asked.
        max_points: Number of evaluated logits after which no further question is asked.
        started: Time of `time.monotonic` from which the seconds count.
        points_before: Number of logits at which the subject had been evaluated before.
        show: Function that shows a message.
        tell: Function that is told the answers to every topic as soon as they are known.
    """

    subject: Subject
    config: DiagnosisConfig
    budget: Number
    max_points: int
    started: float
    points_before: int
    show: Callable[[str], None]
    tell: Callable[[list[Answer]], None]

    def answers(self) -> list[Answer]:
        """Ask everything, and return the answers in the order of the questions.

        Two threads ask: one compiles while the other traces. Cost is measured alone, so that
        nothing disturbs its times, but its programs are compiled beside the other questions.
        """
        topics = [topic for topic in QUESTIONS if topic != cost.QUESTION]
        topics.sort(key=lambda topic: topic not in SLOWEST)
        pool = ThreadPoolExecutor(max_workers=2)
        try:
            prepared = pool.submit(self._prepare_cost)
            by_topic = dict(zip(topics, pool.map(self._ask, topics), strict=True))
            prepared.result()
        finally:
            # After an interruption the running questions end,
            # and none that waits is begun.
            pool.shutdown(cancel_futures=True)
        by_topic[cost.QUESTION] = self._ask(cost.QUESTION)
        return [answer for topic in QUESTIONS for answer in by_topic[topic]]

    def spent(self) -> str:
        """Return the limit that has been reached, such as "120 s"; "" if there is none."""
        if time.monotonic() - self.started >= self.budget:
            return f"{self.budget:g} s"
        if points_evaluated(self.subject) - self.points_before >= self.max_points:
            return f"{self.max_points:,} points"
        return ""

    def _ask(self, topic: str) -> list[Answer]:
        limit = self.spent()
        if limit:
            reason = f"The budget of {limit} was spent."
            return [_unanswered(topic, NOT_ASKED, reason)]
        self.show(f"{self.subject.name}: {topic}")
        # What overflows is what is measured, and needs no warnings
        # of NumPy beside the answers.
        with enable_x64(), np.errstate(all="ignore"):
            answers = self._measure(topic)
        self.tell(answers)
        return answers

    def _measure(self, topic: str) -> list[Answer]:
        """Answer one question; an error in it does not lose the answers to the others."""
        try:
            answers = QUESTIONS[topic](self.subject, self.config)
        except Exception as error:
            return [self._not_measured(topic, error)]
        # An error of the recognition is told by the question about the design.
        with suppress(Exception):
            answers = explained(answers, self.subject, self.config)
        return answers

    def _not_measured(self, topic: str, error: Exception) -> Answer:
        """The answer to a question that raised an error: a fault if the loss itself raises one."""
        config = self.config
        raised = gradient_error(self.subject.function, config.num_classes, config.dtype)
        if raised:
            return _unanswered(topic, NOT_MEASURED, raised, "fault")
        lines = str(error).splitlines() or [""]
        return _unanswered(topic, NOT_MEASURED, f"{type(error).__name__}: {lines[0]}")

    def _prepare_cost(self) -> None:
        # An error is raised again, and reported, when the question itself is asked.
        with suppress(Exception), enable_x64(), np.errstate(all="ignore"):
            cost.prepare(self.subject, self.config, self.spent)


def _unanswered(
    topic: str, verdict: str, reason: str, severity: Severity = "undecided"
) -> Answer:
    return Answer(
        question=topic, verdict=verdict, severity=severity, text=reason, method=""
    )

"""The questions of a diagnosis, asked within a budget of time and evaluations."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..base.messages import in_one_line
from ..base.types import Number
from ..base.x64 import enable_x64
from .answers import Answer, Severity, not_asked
from .config import DiagnosisConfig
from .contradictions import reconciled
from .deadline import OutOfTimeError
from .designs.recognition import explained
from .evaluation import points_evaluated
from .qualifications import qualified
from .questions import QUESTIONS, cost, label_use
from .subject import Subject, gradient_error
from .vocabulary import NOT_ASKED, NOT_MEASURED
from .workers import Workers

OF_PROGRAMS = (cost.QUESTION, "singular points")
"""Topics about the program that JAX makes of a loss."""
SLOWEST = ("consistency", "correction")
"""Topics that are asked first, so that at the end no thread waits for a long one."""
SHORT = 30.0
"""Seconds of a budget in which the slowest topics come last."""


@dataclass(frozen=True)
class Examination:
    """One pass through all questions about one subject.

    Attributes:
        subject: The objective that is measured.
        config: The setting, with the time by which all questions end.
        budget: Seconds after which nothing more is asked.
        max_points: Number of evaluated logits after which no further question is asked.
        points_before: Number of logits at which the subject had been evaluated before.
        show: Function that shows a message.
        tell: Function that is told the answers to every topic as soon as they are known.
    """

    subject: Subject
    config: DiagnosisConfig
    budget: Number
    max_points: int
    points_before: int
    show: Callable[[str], None]
    tell: Callable[[list[Answer]], None]

    def answers(self) -> list[Answer]:
        """Ask everything, and return the answers in the order of the questions.

        What the label does is asked first, as other questions may make no sense then. Two threads
        ask: one compiles while the other traces. Cost is measured alone, so that
        nothing disturbs its times, but its programs are compiled beside the other questions.
        When the time is over, what the questions have found by then is all that there is.
        """
        found: dict[str, list[Answer]] = {topic: [] for topic in QUESTIONS}
        ended = set[str]()

        def ask(topic: str) -> None:
            self._ask(topic, found[topic])
            ended.add(topic)

        deadline = self.config.deadline
        about_label = label_use.QUESTION
        if about_label in QUESTIONS:
            Workers([partial(ask, about_label)]).run(deadline.remaining())
        senseless = self._senseless(found.get(about_label, []))
        found |= senseless
        ended |= set(senseless)
        others = [
            topic for topic in QUESTIONS if topic not in (about_label, *senseless)
        ]
        Workers(self._tasks(ask, others)).run(deadline.remaining())
        if cost.QUESTION in others:
            Workers([partial(ask, cost.QUESTION)]).run(deadline.remaining())
        # Threads that still run may add to what they found; nobody waits for that.
        by_topic = {topic: list(answers) for topic, answers in found.items()}
        for topic in QUESTIONS:
            if topic not in ended:
                by_topic[topic].append(self._not_asked(topic))
        agreed = reconciled(by_topic, self._ask_again)
        told = qualified(agreed)
        return [answer for topic in QUESTIONS for answer in told[topic]]

    def _tasks(
        self, ask: Callable[[str], None], topics: Sequence[str]
    ) -> list[Callable[[], None]]:
        """What is done beside each other: all topics but cost, for which programs are compiled."""
        first = self.budget >= SHORT
        asked = [topic for topic in topics if topic != cost.QUESTION]
        asked.sort(key=lambda topic: (topic in SLOWEST) != first)
        tasks: list[Callable[[], None]] = [partial(ask, topic) for topic in asked]
        if cost.QUESTION in topics:
            tasks.insert(0 if first else len(tasks), self._prepare_cost)
        return tasks

    def _senseless(self, about_label: list[Answer]) -> dict[str, list[Answer]]:
        """The topics that make no sense after what the label does, each with its answer."""
        reasons = {
            topic: label_use.why_undefined(topic, self.subject)
            or label_use.reason_not_to_ask(topic, about_label)
            for topic in QUESTIONS
            if topic != label_use.QUESTION
        }
        return {
            topic: [not_asked(topic, reason)]
            for topic, reason in reasons.items()
            if reason
        }

    def spent(self) -> str:
        """Return the limit that has been reached, such as "120 s"; "" if there is none."""
        if self.config.deadline.passed():
            return f"{self.budget:g} s"
        if points_evaluated(self.subject) - self.points_before >= self.max_points:
            return f"{self.max_points:,} points"
        return ""

    def _ask(self, topic: str, found: list[Answer]) -> None:
        """Add the answers to a topic, one after the other as they are found."""
        if self.spent():
            found.append(self._not_asked(topic))
            return
        if self.subject.opaque is not None and topic in OF_PROGRAMS:
            why = f"{self.subject.opaque.library} computes the loss: JAX has no program of it."
            found.append(not_asked(topic, why))
            return
        self.show(f"{self.subject.name}: {topic}")
        # What overflows is what is measured, and needs no warnings
        # of NumPy beside the answers.
        with enable_x64(), np.errstate(all="ignore"), self.config.deadline.holds():
            self._measure(topic, found)
        if not self.config.deadline.passed():
            self.tell(found)

    def _measure(self, topic: str, found: list[Answer]) -> None:
        """Answer one question; an error in it does not lose the answers to the others."""
        try:
            for answer in QUESTIONS[topic](self.subject, self.config):
                found.append(self._explained(answer))
        except OutOfTimeError:
            found.append(self._not_asked(topic))
        except Exception as error:
            found.append(self._not_measured(topic, error))

    def _explained(self, answer: Answer) -> Answer:
        """The answer in the light of the loss's design."""
        # An error of the recognition is told by the question about the design.
        with suppress(Exception):
            (answer,) = explained([answer], self.subject, self.config)
        return answer

    def _ask_again(self, topic: str) -> list[Answer]:
        """The answers with other random logits; none if nothing more may be asked."""
        if self.spent():
            return []
        other = replace(self.config, seed=self.config.seed + 1)
        found = list[Answer]()
        with enable_x64(), np.errstate(all="ignore"), self.config.deadline.holds():
            replace(self, config=other)._measure(topic, found)
        return found

    def _not_asked(self, topic: str) -> Answer:
        limit = self.spent() or f"{self.budget:g} s"
        return _unanswered(topic, NOT_ASKED, f"The budget of {limit} was spent.")

    def _not_measured(self, topic: str, error: Exception) -> Answer:
        """The answer to a question that raised an error: a fault if the loss itself raises one."""
        config = self.config
        raised = gradient_error(self.subject.function, config.num_classes, config.dtype)
        if raised:
            return _unanswered(topic, NOT_MEASURED, raised, "fault")
        return _unanswered(topic, NOT_MEASURED, in_one_line(error))

    def _prepare_cost(self) -> None:
        if self.subject.opaque is not None:
            return
        # An error is raised again, and reported, when the question itself is asked.
        with suppress(Exception), enable_x64(), np.errstate(all="ignore"):
            cost.prepare(self.subject, self.config, self.spent)


def _unanswered(
    topic: str, verdict: str, reason: str, severity: Severity = "undecided"
) -> Answer:
    return Answer(
        question=topic, verdict=verdict, severity=severity, text=reason, method=""
    )

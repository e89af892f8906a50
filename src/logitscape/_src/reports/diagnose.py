"""`ls.diagnose`: every question, asked of one objective."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import get_args

import numpy as np

from ..base.arguments import whole_number
from ..base.types import Number
from ..base.x64 import enable_x64
from ..diagnosis.answers import SEVERITIES, Answer
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.evaluation import Precision, points_evaluated
from ..diagnosis.questions import (
    bounds,
    consistency,
    convexity,
    correction,
    cost,
    gradient,
    invariances,
    mistakes,
    precision,
    propriety,
)
from ..diagnosis.subject import Subject, subject
from ..objectives.objective import Normalizer, Source
from ..objectives.signatures import Form
from .diagnosis import Diagnosis
from .progress import shown

QUESTIONS: Mapping[str, Callable[[Subject, DiagnosisConfig], list[Answer]]] = {
    "gradient": gradient.answers,
    "correction": correction.answers,
    "common mistakes": mistakes.answers,
    "precision": precision.answers,
    "consistency": consistency.answers,
    "proper": propriety.answers,
    "convexity": convexity.answers,
    "invariances": invariances.answers,
    "bounds": bounds.answers,
    "cost": cost.answers,
}
"""Told in this order among answers that are equally serious."""

FIRST = ("consistency", "correction")
"""What takes longest is begun first, so that no thread is left waiting for it."""


def diagnose(
    source: Source | Subject,
    *,
    num_classes: int = 10,
    dtype: str = "float32",
    seed: int = 0,
    reference: Source = "softmax + cross_entropy",
    normalizer: str | Normalizer | None = None,
    form: str | None = None,
    name: str | None = None,
    budget: Number = 120.0,
    points: int = 10_000_000,
    progress: bool = False,
) -> Diagnosis:
    """Measure where the gradient of a loss dies or explodes, whether it is convex, proper, invariant, safe, and what it costs.

    Everything is measured on the function itself, in float64 where not said otherwise, whatever JAX has switched on; the
    same seed gives the same answers, apart from measured times. A question that fails, or comes too late, is a warning.

    Args:
        source: a spec, an Objective, or a function: `(logits [n], target [n]) -> scalar`, `(logits [n], label) -> scalar`,
            `(logits [N, n], labels [N]) -> [N]` or `(logits [N, n], one-hot [N, n]) -> [N]`; which is recognised by trying.
        num_classes: n, at least 2.
        dtype: the precision it will be trained in: "float64", "float32", "bfloat16" or "float16".
        seed: of the random searches.
        reference: what it is compared with; in any of the forms.
        normalizer: how a function of the user's own predicts, a spec or a function; needed for what concerns probabilities.
        form: the form of a function: "one example", "one example, label", "batch, labels" or "batch, one-hot".
        name: instead of the spec, or of the function's name.
        budget: seconds after which no further question is begun.
        points: logits at which the loss may be evaluated before no further question is begun; all questions take about 200,000.
        progress: whether to show on stderr which question is being answered.

    Returns:
        Diagnosis; print it, or see its methods.

    Raises:
        TypeError: for a function that has none of the forms.
        ValueError: for an argument out of range, a spec that is malformed, or a function that reduces its batch.
    """
    _check(num_classes, dtype, seed, budget, points)
    started = time.monotonic()
    with enable_x64():
        about = subject(
            source,
            num_classes=num_classes,
            normalizer=normalizer,
            form=_form(form),
            name=name,
        )
        config = DiagnosisConfig(
            subject(reference, num_classes=num_classes),
            num_classes,
            _precision(dtype),
            seed,
        )
    before = points_evaluated(about)
    with shown(progress) as show:

        def spent() -> str:
            if time.monotonic() - started >= budget:
                return f"{budget:g} s"
            return (
                f"{points:,} points"
                if points_evaluated(about) - before >= points
                else ""
            )

        def ask(topic: str) -> list[Answer]:
            if what := spent():
                return [
                    _unanswered(topic, "not asked", f"The budget of {what} was spent.")
                ]
            show(f"{about.name}: {topic}")
            with enable_x64(), np.errstate(all="ignore"):
                return _asked(topic, about, config)

        def prepare() -> None:
            with (
                suppress(Exception),
                enable_x64(),
                np.errstate(all="ignore"),
            ):  # an error returns when the question is asked
                cost.prepare(about, config, spent)

        answers = _all(ask, prepare)
    ordered = sorted(answers, key=lambda each: SEVERITIES.index(each.severity))
    return Diagnosis(about, config, tuple(ordered))


def _all(
    ask: Callable[[str], list[Answer]], prepare: Callable[[], object]
) -> list[Answer]:
    """All answers, in the order of the questions. Two threads: one compiles while the other traces.

    Cost is timed alone, and its programs prepared beside the other questions.
    """
    together = sorted(
        (topic for topic in QUESTIONS if topic != cost.QUESTION),
        key=lambda topic: topic not in FIRST,
    )
    pool = ThreadPoolExecutor(max_workers=2)
    try:
        prepared = pool.submit(prepare)
        found = dict(zip(together, pool.map(ask, together), strict=True))
        prepared.result()
    finally:
        pool.shutdown(cancel_futures=True)
    found[cost.QUESTION] = ask(cost.QUESTION)
    return [answer for topic in QUESTIONS for answer in found[topic]]


def _asked(topic: str, about: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The answers to one question; an error in it is no reason to lose those to the others."""
    try:
        return QUESTIONS[topic](about, config)
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return [
            _unanswered(
                topic, "could not be measured", f"{type(error).__name__}: {first}"
            )
        ]


def _unanswered(topic: str, verdict: str, why: str) -> Answer:
    """A warning: what was not looked at must not pass for healthy."""
    return Answer(topic, verdict, "warning", why, "")


def _precision(dtype: str) -> Precision:
    names: dict[str, Precision] = {each: each for each in get_args(Precision)}
    return names[dtype]


def _form(form: str | None) -> Form | None:
    names: dict[str | None, Form | None] = {None: None} | {
        each: each for each in get_args(Form)
    }
    if form not in names:
        raise ValueError(
            f"`diagnose(form=...)` must be one of {', '.join(map(repr, get_args(Form)))}, got {form!r}."
        )
    return names[form]


def _check(
    num_classes: int, dtype: str, seed: int, budget: Number, points: int
) -> None:
    whole_number("diagnose", "num_classes", num_classes, low=2)
    if dtype not in get_args(Precision):
        raise ValueError(
            f"`diagnose(dtype=...)` must be one of {', '.join(get_args(Precision))}, got {dtype!r}."
        )
    whole_number("diagnose", "seed", seed, low=0)
    if not isinstance(budget, int | float | np.number) or not budget > 0:
        raise ValueError(
            f"`diagnose(budget=...)` must be a positive number of seconds, got {budget!r}."
        )
    whole_number("diagnose", "points", points, low=1)

"""`ls.diagnose`: every question, asked about one objective."""

import time
from collections.abc import Sequence
from typing import get_args

import numpy as np

from ..base.memory import trim
from ..base.types import Number
from ..base.whole_numbers import whole_number
from ..base.x64 import enable_x64
from ..diagnosis.answers import SEVERITIES
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.deadline import Deadline
from ..diagnosis.domain import domain_of
from ..diagnosis.evaluation import points_evaluated
from ..diagnosis.examination import Examination
from ..diagnosis.programs import Precision
from ..diagnosis.subject import Subject, subject, within
from ..objectives.objective import Source
from ..objectives.parts import Normalizer
from ..objectives.signatures import Form
from .checked_witnesses import with_checked_witnesses
from .diagnosis import Diagnosis
from .progress import shown


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
    domain: Sequence[Number] | None = None,
    logit_scale: Number = 1.0,
    normalised: bool = False,
    budget: Number = 120.0,
    points: int = 10_000_000,
    progress: bool = False,
) -> Diagnosis:
    """Measure where the gradient of a loss dies or explodes, and what else can go wrong with it.

    The answers also say whether the loss is convex, proper, consistent, invariant and safe in low
    precision, and what it costs. Everything is measured on the function itself, in float64 unless
    an answer says otherwise, whatever precision JAX is set to. The same seed gives the same
    answers, apart from measured times. A question that fails, or is not asked in time, is
    undecided.

    >>> import logitscape as ls
    >>> diagnosis = ls.diagnose("crammer_singer", num_classes=3, points=1)
    >>> verdicts = [answer.verdict for answer in diagnosis.of("consistency")]
    >>> "gradient is that of the loss" in verdicts
    True

    Here the number of points is so small that most questions are not asked.

    Args:
        source: Spec, Objective, or function in one of four forms, which is recognised by trying:
            `(logits [n], target [n]) -> scalar`, `(logits [n], label) -> scalar`,
            `(logits [N, n], labels [N]) -> [N]` or `(logits [N, n], one-hot [N, n]) -> [N]`.
        num_classes: Number of classes, at least 2.
        dtype: Precision of the training: "float64", "float32", "bfloat16" or "float16".
        seed: Seed of the random searches.
        reference: Objective to compare with, in any of the forms.
        normalizer: Normalizer by which a user's function predicts, a spec or a function; needed
            for the questions about probabilities.
        form: Form of a function: "one example", "one example, label", "batch, labels" or
            "batch, one-hot".
        name: Name of the objective; by default the spec, or the function's name.
        domain: Least and largest logit that the loss can be given, such as (-1, 1) for cosines;
            nothing is evaluated outside.
        logit_scale: Factor by which random logits are larger than usual; with `normalised` the
            length of a row.
        normalised: Whether each row of logits is scaled to one length before the loss sees it.
        budget: Seconds after which the answers are those that are known by then; what is unfinished
            is "not asked".
        points: Number of evaluated logits after which no further question is asked; all questions
            take about 200,000.
        progress: Whether to show on stderr which question is being answered; a terminal shows
            every finding as soon as it is known too.

    Returns:
        The diagnosis: its answers, and the methods that print, draw and save them.

    Raises:
        TypeError: For a function that has none of the forms.
        ValueError: For an argument out of range, a malformed spec, or a function that reduces its
            batch to one number.
    """
    _check(num_classes, dtype, seed, budget, points)
    allowed = domain_of("diagnose", domain, logit_scale, normalised)
    started = time.monotonic()
    with enable_x64():
        measured = subject(
            source,
            num_classes=num_classes,
            normalizer=normalizer,
            form=_form(form),
            name=name,
        )
        measured = within(measured, allowed)
        config = DiagnosisConfig(
            reference=within(subject(reference, num_classes=num_classes), allowed),
            num_classes=num_classes,
            dtype=_precision(dtype),
            seed=seed,
            deadline=Deadline(started + float(budget)),
            domain=allowed,
        )
    with shown(progress) as running:
        examination = Examination(
            subject=measured,
            config=config,
            budget=budget,
            max_points=points,
            points_before=points_evaluated(measured),
            show=running.topic,
            tell=running.answers,
        )
        answers = examination.answers()
        answers = with_checked_witnesses(answers, measured, config.deadline)
    # Tracing leaves much free memory behind, which a session of many diagnoses would keep.
    trim()
    answers.sort(key=lambda answer: SEVERITIES.index(answer.severity))
    return Diagnosis(subject=measured, config=config, answers=tuple(answers))


def _precision(dtype: str) -> Precision:
    """Return a dtype that has been checked, with the type that says so."""
    precisions: dict[str, Precision] = {name: name for name in get_args(Precision)}
    return precisions[dtype]


def _form(form: str | None) -> Form | None:
    if form is None:
        return None
    forms: dict[str, Form] = {name: name for name in get_args(Form)}
    if form not in forms:
        known = ", ".join(map(repr, forms))
        raise ValueError(f"`diagnose(form=...)` must be one of {known}, got {form!r}.")
    return forms[form]


def _check(
    num_classes: int, dtype: str, seed: int, budget: Number, points: int
) -> None:
    whole_number("diagnose", "num_classes", num_classes, low=2)
    precisions = get_args(Precision)
    if dtype not in precisions:
        raise ValueError(
            f"`diagnose(dtype=...)` must be one of {', '.join(precisions)}, got {dtype!r}."
        )
    whole_number("diagnose", "seed", seed, low=0)
    is_number = isinstance(budget, int | float | np.number)
    if not is_number or not budget > 0:
        raise ValueError(
            f"`diagnose(budget=...)` must be a positive number of seconds, got {budget!r}."
        )
    whole_number("diagnose", "points", points, low=1)

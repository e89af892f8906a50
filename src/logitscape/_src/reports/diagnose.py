"""`ls.diagnose`: every question, asked about one objective."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias, get_args

from ..base.memory import trim
from ..base.messages import quoted
from ..base.settings import one_of, own_name, real_number, truth_value
from ..base.time_limits import limited
from ..base.types import Number
from ..base.users_code import name_of
from ..base.whole_numbers import MOST_CLASSES, whole_number
from ..base.x64 import enable_x64
from ..diagnosis.config import DiagnosisConfig
from ..diagnosis.deadline import deadline_after
from ..diagnosis.domain import Domain, domain_of
from ..diagnosis.evaluation import points_evaluated
from ..diagnosis.examination import Examination
from ..diagnosis.leading import in_order
from ..diagnosis.programs import Precision
from ..diagnosis.subject import Subject
from ..diagnosis.subjects import subject, subject_of_gradient
from ..diagnosis.within import within
from ..forms.reading import Form
from ..objectives.catalog import BY_NAME
from ..objectives.objective import Objective
from ..objectives.parts import Normalizer
from ..objectives.sources import Source
from .diagnosis import Diagnosis
from .progress import shown

GradientFunctions: TypeAlias = (
    Callable[..., Any] | tuple[Callable[..., Any], Callable[..., Any]]
)
"""A function to loss and gradient, or one function for each."""


PATIENCE = 30.0
"""Seconds beyond its budget for which a diagnosis waits until a function has returned at all."""


def diagnose(
    source: Source | Subject | None = None,
    *,
    value_and_grad: GradientFunctions | None = None,
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
    >>> [answer.verdict for answer in diagnosis.of("label")]
    ['label used']

    Here the number of points is so small that most questions are not asked.

    Args:
        source: Spec, Objective, or function, whose form is recognised by trying:
            `(logits [n], target [n]) -> scalar`, `(logits [n], label) -> scalar`,
            `(logits [N, n], labels [N]) -> [N]` or `(logits [N, n], one-hot [N, n]) -> [N]`, or the
            mean or sum of these over the batch; one logit for every example; similarities [N, N]
            of a contrastive loss. Targets may also be -1 and 1, or the logits of a teacher, and
            `(loss, aux)` may be returned. Modules and functions of PyTorch are computed by it.
        value_and_grad: Instead of `source`, a function (logits, target) -> (loss, gradient) of
            arrays of NumPy, in any of these forms, or a pair of functions (loss, gradient). What
            needs a program of JAX is then not asked.
        num_classes: Number of classes; 1 for one logit, which stands for two classes.
        dtype: Precision of the training: "float64", "float32", "bfloat16" or "float16".
        seed: Seed of the random searches.
        reference: Objective to compare with, in any of the forms.
        normalizer: Normalizer by which a user's function predicts, a spec or a function; needed
            for the questions about probabilities.
        form: Form of a function: "one example", "one example, label", "batch, labels",
            "batch, one-hot", "binary", "multi-label", "similarities" or "positives": a similarity
            [N] to what matches, and [N, m] to what does not. With "multi-label" every class has an
            answer of its own, and none, one, several or all of them are yes.
        name: Name of the objective; by default the spec, or the function's name.
        domain: Least and largest logit that the loss can be given, such as (-1, 1) for cosines;
            nothing is evaluated outside. By default any, and for "arcface" (-1, 1).
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
        TypeError: For a function that has none of the forms; the message has a call that works.
        ValueError: For an argument out of range, or a malformed spec.
        TimeoutError: If the function has not returned half a minute after the budget.
    """
    own_name("diagnose", name)
    check_settings(
        "diagnose",
        num_classes=num_classes,
        dtype=dtype,
        seed=seed,
        budget=budget,
        points=points,
        progress=progress,
    )
    truth_value("diagnose", "normalised", normalised)
    if domain is None and not normalised:
        domain = _stated_domain(source)
    allowed = domain_of("diagnose", domain, logit_scale, normalised)
    deadline = deadline_after(float(budget))
    recognised = partial(
        _measured,
        source,
        value_and_grad,
        num_classes=num_classes,
        normalizer=normalizer,
        form=_form(form),
        name=name,
        domain=allowed,
    )
    given = source if value_and_grad is None else value_and_grad
    measured = in_time(recognised, deadline.remaining(), given)
    with enable_x64():
        # A loss of one logit has two classes, whatever number is given.
        num_classes = 2 if measured.one_logit else num_classes
        config = DiagnosisConfig(
            reference=within(
                subject(
                    reference,
                    num_classes=num_classes,
                    domain=allowed,
                    argument="reference",
                ),
                allowed,
            ),
            num_classes=num_classes,
            dtype=_precision(dtype),
            seed=seed,
            deadline=deadline,
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
    # Tracing leaves much free memory behind, which a session of many diagnoses would keep.
    trim()
    ordered = tuple(in_order(answers, config))
    return Diagnosis(subject=measured, config=config, answers=ordered)


def in_time(recognise: Callable[[], Subject], seconds: float, given: Any) -> Subject:
    """The subject, for which a function of the user's is called no longer than a time.

    Args:
        recognise: Function that calls it, and returns the subject.
        seconds: Budget of the diagnosis.
        given: What the user gave.

    Raises:
        TimeoutError: If it has not returned some time after the budget.
    """
    if not callable(given) or math.isinf(seconds):
        return recognise()
    return limited(recognise, seconds + PATIENCE, name_of(given), given)


def _stated_domain(source: Any) -> tuple[float, float] | None:
    """The least and largest logit of a loss of the catalog that has these."""
    if not isinstance(source, str | Objective):
        return None
    known = BY_NAME.get(str(source).partition("(")[0].strip())
    return None if known is None else known.domain


def _measured(
    source: Source | Subject | None,
    value_and_grad: Any,
    *,
    domain: Domain,
    **arguments: Any,
) -> Subject:
    """The subject within its domain, recognised in float64 whatever the thread is set to."""
    with enable_x64():
        found = _recognised(source, value_and_grad, domain=domain, **arguments)
        return within(found, domain)


def _recognised(
    source: Source | Subject | None, value_and_grad: Any, **arguments: Any
) -> Subject:
    if (source is None) == (value_and_grad is None):
        raise TypeError(
            "`diagnose(source)` takes a loss, or `value_and_grad=`: one of the two, "
            f"got {quoted(source)} and {quoted(value_and_grad)}."
        )
    if source is None:
        return subject_of_gradient(value_and_grad, **arguments)
    return subject(source, **arguments)


def _precision(dtype: str) -> Precision:
    """Return a dtype that has been checked, with the type that says so."""
    precisions: dict[str, Precision] = {name: name for name in get_args(Precision)}
    return precisions[dtype]


def _form(form: str | None) -> Form | None:
    if form is None:
        return None
    forms: dict[str, Form] = {name: name for name in get_args(Form)}
    return forms[one_of("diagnose", "form", form, forms)]


def check_settings(
    caller: str,
    *,
    num_classes: int,
    dtype: str,
    seed: int,
    budget: Number,
    points: int,
    progress: bool,
) -> None:
    """Raise an error that names the caller and the setting, if one of them is out of range."""
    whole_number(caller, "num_classes", num_classes, low=1, high=MOST_CLASSES)
    one_of(caller, "dtype", dtype, get_args(Precision))
    whole_number(caller, "seed", seed, low=0)
    if not isinstance(budget, float) or budget != math.inf:
        real_number(caller, "budget", budget, low=0, open=True, unit="seconds")
    whole_number(caller, "points", points, low=1)
    truth_value(caller, "progress", progress)

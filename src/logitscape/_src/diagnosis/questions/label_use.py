"""What a loss does with its label: asked first, as nothing else makes sense without it."""

import inspect
from collections.abc import Sequence

import numpy as np

from ...base.target_kinds import DISTRIBUTION, LABELS
from ..answers import Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import one_hot, row
from ..subject import Subject
from .answers_per_class import answers_of_classes
from .argument_order import reversed_loss
from .identities import Identity
from .identity_sentences import described
from .label_patterns import depends_on_label, is_ordinal, labels_are_numbers
from .label_rows import LabelRows, label_rows
from .recognition import Recognition, recognition

QUESTION = "label"
METHOD = "loss and gradient of every label at the same logits, float64"
IGNORED, REVERSED = "label ignored", "arguments in the wrong order"
NEVER_FINITE = "never finite"
TOPICS_OF_LABEL = (
    "identity",
    "design",
    "gradient",
    "correction",
    "common mistakes",
    "proper",
    "noise robustness",
    "calibration exponent",
    "mixability",
    "collapse margin",
)
"""Topics that make no sense where the loss does not depend on its label."""
TOPICS_OF_ONE_LABEL = (
    "proper",
    "noise robustness",
    "calibration exponent",
    "mixability",
)
"""Topics that make no sense where every class has an answer of its own."""

TOPICS_OF_VALUES = (
    "precision",
    "convexity",
    "invariances",
    "bounds",
    "singular points",
)
"""Topics that make no sense either where the loss is nowhere finite."""


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether the loss depends on its label, and on every label in the same way."""
    recognised = subject.recognised
    if recognised is not None and recognised.call.swapped:
        return [_reversed_by_names(subject)]
    exchanged = reversed_loss(subject, config)
    if exchanged is not None:
        return [_reversed(subject, exchanged[1])]
    if subject.targets is not DISTRIBUTION:
        return answers_of_classes(subject, config)
    rows = label_rows(subject, config)
    if not any(np.isfinite(loss).any() for loss in rows.all_losses()):
        return [_never_finite(rows)]
    if not depends_on_label(rows):
        return [_ignored(rows)]
    if labels_are_numbers(rows):
        return [_numbers(rows)]
    if is_ordinal(rows):
        return [_ordinal()]
    found = recognition(subject, config)
    differing = _differing(found)
    if differing:
        return [_differs(found, differing)]
    text = "The loss depends on its label, and no label's loss is of another kind."
    return [Answer(QUESTION, "label used", "fine", text, METHOD)]


def why_undefined(topic: str, subject: Subject) -> str:
    """Why a topic is not defined for the targets of a subject; "" if it is."""
    if subject.targets is DISTRIBUTION or topic not in TOPICS_OF_ONE_LABEL:
        return ""
    each = "class" if subject.targets is LABELS else "similarity"
    return (
        f"It is defined for one label among the classes; here every {each} has an answer of its "
        "own."
    )


def reason_not_to_ask(topic: str, found: Sequence[Answer]) -> str:
    """Why a topic makes no sense after the answers to this question; "" if it does."""
    verdicts = {answer.verdict for answer in found if not answer.details}
    if REVERSED in verdicts:
        return "The arguments of the loss are in the wrong order."
    if IGNORED in verdicts and topic in TOPICS_OF_LABEL:
        return "The loss of one example does not depend on its label."
    if NEVER_FINITE in verdicts and topic in (*TOPICS_OF_LABEL, *TOPICS_OF_VALUES):
        return "The loss is nowhere finite."
    return ""


def _reversed_by_names(subject: Subject) -> Answer:
    """The names of the arguments say it, so that all else is measured in the right order.

    It is no fault: whoever names the target first means it, as Keras and TensorFlow do.
    """
    first = next(iter(inspect.signature(subject.given).parameters))
    text = (
        f"The target is the first argument, `{first}`, and the logits are the second one, as in "
        "Keras; optax and PyTorch have the logits first. All else is measured with the logits in "
        "their place."
    )
    return Answer(
        question=QUESTION,
        verdict=REVERSED,
        severity="note",
        text=text,
        method="the names of the arguments",
        details={"first": first},
    )


def _reversed(subject: Subject, identity: Identity | None) -> Answer:
    name = getattr(subject.given, "__name__", "loss")
    name = name if name.isidentifier() else "loss"
    is_then = "it is then a loss that teaches its label"
    sentence = described(identity)
    if sentence:
        is_then = f"it is then {sentence}"
    text = (
        "The arguments are in the order (target, logits): given logits first, the function is no "
        f"loss of them. Pass `lambda z, t: {name}(t, z)`: {is_then}."
    )
    return Answer(QUESTION, REVERSED, "fault", text, METHOD)


def _never_finite(rows: LabelRows) -> Answer:
    logits, loss = rows.same[0], float(rows.at_same.loss[0, 0])
    text = (
        f"The loss is {loss:.4g} at all of the logits that were tried, for every label: look for "
        "a parameter that is divided by, such as an exponent of 0, and for statistics of a batch, "
        "which one example does not have."
    )
    n = len(rows.loss)
    return Answer(
        question=QUESTION,
        verdict=NEVER_FINITE,
        severity="fault",
        text=text,
        method=METHOD,
        witness=Witness(row(logits), one_hot(0, n), f"loss = {loss:.4g}", "loss"),
    )


def _ignored(rows: LabelRows) -> Answer:
    loss = float(rows.at_same.loss[0, 0])
    n = len(rows.loss)
    return Answer(
        question=QUESTION,
        verdict=IGNORED,
        severity="fault",
        text="The loss does not depend on its label: nothing can be learnt from it.",
        method=METHOD,
        witness=Witness(
            logits=row(rows.same[0]),
            target=one_hot(0, n),
            shows=f"loss = {loss:.4g}, the same for every label",
            expression="loss",
        ),
    )


def _numbers(rows: LabelRows) -> Answer:
    n = len(rows.loss)
    last = rows.at_same.gradient[-1, 0]
    middle = n // 2
    text = (
        "The label is taken for a number with which the output is compared, so that class 0 is "
        "nearer to class 1 than to class 2. The numbers of classes have no such meaning."
    )
    shows = (
        f"the largest slope is {np.abs(last).max():.3g} for label {n - 1}; "
        f"for label {middle} it is {np.abs(rows.at_same.gradient[middle, 0]).max():.3g}"
    )
    return Answer(
        question=QUESTION,
        verdict="labels as numbers",
        severity="fault",
        text=text,
        method=METHOD,
        witness=Witness(row(rows.same[0]), one_hot(n - 1, n), shows),
    )


def _ordinal() -> Answer:
    text = (
        "The classes are ordered: label y raises the logits before the y-th and lowers the others, "
        "as of cumulative logits with a threshold each. The predicted class is the number of "
        "positive logits, not the largest logit."
    )
    return Answer(QUESTION, "ordered classes", "trade", text, METHOD)


def _differing(recognised: Recognition) -> list[int]:
    """Outliers that are taught something; those that are not have an answer of their own."""
    rows = recognised.labels
    return [
        label
        for label in recognised.outliers
        if np.isfinite(rows.loss[label]).all() and np.any(rows.gradient[label])
    ]


def _differs(recognised: Recognition, labels: Sequence[int]) -> Answer:
    rows = recognised.labels
    label = labels[0]
    names = ", ".join(str(label) for label in labels[:5])
    plural = "s" if len(labels) > 1 else ""
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    text = (
        f"The loss of label{plural} {names}{more} is another function than that of the other "
        "labels."
    )
    own = described(recognised.outliers[label])
    usual = described(recognised.identity)
    if own and usual:
        text += f" For label {label} it is {own}; for most it is {usual}."
    usual_label = int(recognised.rows.label)
    shows = (
        f"loss = {rows.loss[label, 0]:.4g}; with classes {usual_label} and {label} exchanged "
        f"it is {rows.loss[usual_label, 0]:.4g}"
    )
    return Answer(
        question=QUESTION,
        verdict="label differs",
        severity="fault",
        text=text,
        method=METHOD,
        number=float(label),
        witness=Witness(
            row(rows.logits[label, 0]), one_hot(label, len(rows.loss)), shows, "loss"
        ),
        details={"labels": list(labels)},
    )

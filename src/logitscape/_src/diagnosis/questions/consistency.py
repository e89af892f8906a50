"""Consistency: whether the gradient is that of the loss, and both are the same in every setting.

The settings are compiled or not, alone or in a batch, with masked classes and with many.
"""

from collections.abc import Iterator

from ..answers import Answer, not_asked, undecided
from ..config import DiagnosisConfig
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .class_counts import compare_many_classes, compare_masked_classes
from .compiled_program import compare_jit_with_eager, find_reduced_precision
from .cotangents import ignores_its_factor
from .forward_mode import compare_forward_mode
from .independence import (
    WRONG_GRADIENT,
    compare_with_batch,
    finite_in_batches_only,
)
from .kinks import find_kinks
from .scattered_points import Points, scattered_points
from .slopes import compare_sums, compare_with_differences


def answers(subject: Subject, config: DiagnosisConfig) -> Iterator[Answer]:
    """The answers of all checks, one after the other.

    A loss that is computed in few digits is not smooth, and goes without the checks that
    need a smooth one.
    """
    points = scattered_points(subject, config)
    if len(points.z) < 2:
        why = "the loss or its gradient is not finite at nearly all scattered logits."
        needs_batch = finite_in_batches_only(subject, config)
        yield needs_batch or undecided(CONSISTENCY, why)
        return
    if subject.opaque is not None:
        yield from _without_program(subject, subject.opaque.library, config, points)
    else:
        yield from _of_program(subject, config, points)
    if not subject.domain.is_bounded:
        # Masked classes have logits of -inf.
        yield compare_masked_classes(subject, config)


def _of_program(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> Iterator[Answer]:
    in_few_digits = find_reduced_precision(subject, config, points)
    yield from in_few_digits
    of_batch = compare_with_batch(
        subject, config, points, few_digits=bool(in_few_digits)
    )
    if not in_few_digits:
        if not any(answer.verdict == WRONG_GRADIENT for answer in of_batch):
            yield _about_gradient(subject, config, points)
        yield from compare_sums(subject, points)
        yield compare_forward_mode(subject, config, points)
        yield find_kinks(subject, config)
    yield from of_batch
    yield compare_jit_with_eager(subject, config, points)
    yield compare_many_classes(subject, config)


def _about_gradient(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> Answer:
    """The gradient of the loss alone; where that is right, that of a multiple too."""
    alone = compare_with_differences(subject, config, points)
    if alone.severity != "fine":
        return alone
    return ignores_its_factor(subject, points) or alone


def _without_program(
    subject: Subject, library: str, config: DiagnosisConfig, points: Points
) -> Iterator[Answer]:
    yield compare_with_differences(subject, config, points)
    yield from compare_sums(subject, points)
    yield find_kinks(subject, config)
    yield from compare_with_batch(subject, config, points)
    why = (
        f"{library} computes the loss, and JAX has no program of it: compilation, forward mode "
        "and 50,000 classes are not tried."
    )
    yield not_asked(CONSISTENCY, why)

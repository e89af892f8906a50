"""All checks of a fused loss, one after the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from . import (
    cotangents,
    extremes,
    halves,
    independence,
    labels,
    parameters,
    plain,
    reductions,
    repetition,
    transformations,
)
from .batch import ROWS, Maker, is_half
from .fault import Fault
from .fused import CallFailed, Fused
from .reference import Reference
from .scope import Scope
from .vocabulary import DOES_NOT_RUN, SECOND_CALL

Check = Callable[[Scope], Iterator[Fault]]


def examine(
    fused: Fused,
    reference: Reference,
    *,
    values: Mapping[str, Any],
    dtypes: Sequence[str],
    class_counts: Sequence[int],
    jit: bool,
) -> list[Fault]:
    """Find the faults of a loss.

    Args:
        fused: The loss.
        reference: What it stands for.
        values: Values of parameters, each of which is tried alone.
        dtypes: Names of the dtypes; all but half precision is checked in the first.
        class_counts: Numbers of classes.
        jit: Whether the loss can be traced.
    """
    maker = _maker(fused, reference, dtypes[0])
    untraceable = [] if jit is False else _untraceable(fused, maker, class_counts[0])
    jit = jit and not untraceable
    fused = replace(fused, jit=jit)
    faults, scope = plain.examine(fused, reference, maker, class_counts)
    if scope is None:
        return [*faults, *untraceable]
    faults += untraceable
    faults += _faults(repetition.faults, scope)
    if faults and faults[-1].verdict == SECOND_CALL:
        # What a loss returns now says nothing about what it returns later.
        return faults
    faults += _of_rows(scope)
    for check in _checks(dtypes[0], values, jit):
        faults += _faults(check, scope)
    for dtype in dtypes:
        if is_half(dtype):
            faults += halves.faults(scope, dtype)
    return list(_once(faults))


def _once(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults, each name once; of parameters each may have the same one."""
    known = set[str]()
    for fault in faults:
        if fault.verdict not in known or fault.verdict.startswith("parameter"):
            yield fault
        known.add(fault.verdict)


def _of_rows(scope: Scope) -> list[Fault]:
    """The faults of cotangents, ignored labels and reductions, without their consequences."""
    faults = _faults(cotangents.faults, scope)
    if faults:
        # Rows that are ignored or averaged have cotangents other than 1.
        scope = replace(scope, compared=frozenset())
    of_ignored = _faults(labels.ignored, scope)
    with_ignored = scope.fused.ignored_label is not None and not of_ignored
    check = partial(reductions.faults, with_ignored=with_ignored)
    return [*faults, *of_ignored, *_faults(check, scope)]


def _checks(dtype: str, values: Mapping[str, Any], jit: bool) -> Iterator[Check]:
    yield independence.faults
    yield labels.out_of_range
    yield partial(parameters.faults, parameters=values)
    if not is_half(dtype):
        yield extremes.offsets
        yield extremes.confident
    if jit:
        yield transformations.faults


def _untraceable(fused: Fused, maker: Maker, classes: int) -> list[Fault]:
    """The fault that a loss runs, and does not run inside `jax.jit`."""
    batch = maker.ordinary(ROWS, classes)
    try:
        replace(fused, jit=True).run(batch)
    except CallFailed as error:
        under_jit = Fault("does not run under jit", f"{error}", batch)
    else:
        return []
    try:
        fused.run(batch)
    except CallFailed:
        return []
    return [under_jit]


def _faults(check: Check, scope: Scope) -> list[Fault]:
    """The faults that a check finds; an error that the loss raises is one."""
    try:
        return list(check(scope))
    except CallFailed as error:
        return [Fault(DOES_NOT_RUN, f"{error}")]


def _maker(fused: Fused, reference: Reference, dtype: str) -> Maker:
    """The maker of batches, whose logits are positive if the reference needs that."""
    for positive in (False, True):
        maker = Maker(
            fused.inputs, fused.takes_bias, positive, dtype, fused.ignored_label
        )
        batch = maker.ordinary(4, 10)
        losses, slopes = reference.evaluate(batch.logits, batch.labels)
        if np.isfinite(losses).all() and np.isfinite(slopes).all():
            return maker
    raise ValueError(
        f"the reference `{reference.name}` is not finite at logits of ordinary size, "
        "such as the normally distributed ones."
    )

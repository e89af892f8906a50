"""Groups of examples beside each other: splits, sources, rare and frequent classes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.conversion import array_of
from ..base.messages import printable
from .estimates import Estimate, mean, share
from .examples import Measured
from .extremes import stuck_at
from .files.opening import entries_of

MOST = 50
"""Largest number of groups of one kind."""
UNEVEN = 2.0
"""Ratio of the most to the least frequent class from which classes are grouped by frequency."""
FREQUENCY = "class frequency"


@dataclass(frozen=True)
class Group:
    """One group, and how surprising its difference from all other examples is.

    Attributes:
        kind: What the examples are grouped by.
        name: Name of the group.
        count: Number of its examples.
        accuracy: Its accuracy.
        loss: Its mean loss.
        stuck: Its share of stuck examples.
        p_accuracy: p value of the difference in accuracy from the rest.
        p_loss: p value of the difference in the mean loss from the rest.

    Both p values are adjusted together for all groups, so that of those below 5 % at most one in
    twenty is expected to be a false discovery (Benjamini and Yekutieli 2001, which needs no
    assumption about how the groups depend on each other).
    """

    kind: str
    name: str
    count: int
    accuracy: Estimate
    loss: Estimate
    stuck: Estimate
    p_accuracy: float
    p_loss: float


def checked_groups(groups: Any, m: int) -> dict[str, NDArray[Any]]:
    """Groups by kind, each [m].

    Raises:
        ValueError: If one has another length, or far too many groups.
    """
    if groups is None:
        return {}
    named = groups if isinstance(groups, Mapping) else {"group": groups}
    checked = {
        printable(kind): array_of(
            "`audit(groups=...)`", entries_of("groups", values), "names of groups"
        )
        for kind, values in named.items()
    }
    for kind, values in checked.items():
        if values.shape != (m,):
            raise ValueError(
                f"`audit(groups=...)`: {kind!r} must have one entry for each of the {m:,} "
                f"examples, got shape {values.shape}."
            )
        checked[kind] = _named(values)
        number = len(np.unique(checked[kind]))
        if number > MOST:
            raise ValueError(
                f"`audit(groups=...)`: {kind!r} must have at most {MOST} groups, got {number:,}."
            )
    return checked


def _named(values: NDArray[Any]) -> NDArray[Any]:
    """Entries that can be put in an order and compared with themselves: NaN cannot."""
    is_missing = values.dtype.kind == "f" and bool(np.isnan(values).any())
    return values.astype(str) if is_missing or values.dtype.kind == "O" else values


def compared(
    measured: Measured, groups: Mapping[str, NDArray[Any]]
) -> tuple[Group, ...]:
    """Every group of every kind beside the rest, with p values adjusted for their number."""
    from scipy.stats import false_discovery_control

    kinds = {kind: values[measured.index] for kind, values in groups.items()}
    by_frequency = _frequencies(measured)
    if by_frequency is not None:
        kinds[FREQUENCY] = by_frequency
    stuck = stuck_at(measured.setting, measured.examples, 0)
    found = [
        _group(measured, stuck, kind, name, values == name)
        for kind, values in kinds.items()
        for name in np.unique(values)
    ]
    p = np.array([[group.p_accuracy, group.p_loss] for group in found]).reshape(-1)
    known = np.isfinite(p)
    if known.any():
        p[known] = false_discovery_control(p[known], method="by")
    pairs = p.reshape(-1, 2).tolist()
    return tuple(
        replace(group, p_accuracy=first, p_loss=second)
        for group, (first, second) in zip(found, pairs, strict=True)
    )


def _frequencies(measured: Measured) -> NDArray[Any] | None:
    """Whether the label of each example is a rare, a common or a frequent one; None if even."""
    count = np.bincount(measured.labels, minlength=measured.num_classes)
    present = np.sort(count[count > 0])
    if len(present) < 3 or present[-1] < UNEVEN * present[0]:
        return None
    low, high = np.quantile(present, [1 / 3, 2 / 3])
    names = np.array(["rare", "common", "frequent"])
    place = (count > low).astype(int) + (count > high).astype(int)
    named: NDArray[Any] = names[place[measured.labels]]
    return named


def _group(
    measured: Measured,
    stuck: NDArray[np.bool_],
    kind: str,
    name: Any,
    inside: NDArray[np.bool_],
) -> Group:
    examples = measured.examples
    loss = examples.loss.astype(np.float64)
    right, rest = examples.right, ~inside
    return Group(
        kind=kind,
        name=printable(name),
        count=int(inside.sum()),
        accuracy=share(int(right[inside].sum()), int(inside.sum())),
        loss=mean(loss[inside]),
        stuck=share(int(stuck[inside].sum()), int(inside.sum())),
        p_accuracy=_p_of_shares(right[inside], right[rest]),
        p_loss=_p_of_means(loss[inside], loss[rest]),
    )


def _p_of_shares(a: NDArray[Any], b: NDArray[Any]) -> float:
    from scipy.stats import fisher_exact

    if len(a) == 0 or len(b) == 0:
        return float("nan")
    table = [[int(x.sum()), int(len(x) - x.sum())] for x in (a, b)]
    return float(fisher_exact(table).pvalue)


def _p_of_means(a: NDArray[Any], b: NDArray[Any]) -> float:
    from scipy.stats import ttest_ind

    if len(a) < 2 or len(b) < 2 or (a.std() == 0 and b.std() == 0):
        return float("nan")
    return float(ttest_ind(a, b, equal_var=False).pvalue)

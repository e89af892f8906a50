"""How the time to correct grows with the margin: its growth class, fitted and named."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kind: TypeAlias = Literal[
    "bounded",
    "logarithmic",
    "linear",
    "polynomial",
    "exponential",
    "never",
    "undetermined",
]
Samples: TypeAlias = NDArray[Any]

FEWEST = 8
SHIFTS = np.concatenate([-np.geomspace(10, 0.1, 21), [0.0], np.geomspace(0.1, 10, 21)])
RATES = np.geomspace(0.05, 5, 41)
REFINEMENTS = 6
PRECISION = 1e-6
"""Of the times: of fits better than this, and of those as good as twice the best one, the simplest counts."""
FAIR = 0.1
"""A fit that is off by more, relative to the time, is none."""
FAR = 2 / 3
"""The part of the margins that is left out: a growth class is what a time tends to."""
NEAR_ONE = 0.02
SETTLED = 0.1
"""The largest share of a bounded time that may still be to come."""


@dataclass(frozen=True)
class Growth:
    """How T grows with the margin M.

    Attributes:
        kind: "bounded", `T -> coefficient`; "logarithmic", `coefficient * log M`; "linear"; "polynomial",
            `coefficient * M^exponent`; "exponential", `coefficient * M^exponent * e^(rate M)`; "never", from some margin on;
            "undetermined", too few times or none of these.
        coefficient: see the kind; 0 where there is no formula.
        exponent: of M.
        rate: of the exponential.
        residual: root mean square of what the fit leaves of log T.
        never_from: the least margin from which it is never corrected; None if always.
    """

    kind: Kind
    coefficient: float = 0.0
    exponent: float = 0.0
    rate: float = 0.0
    residual: float = 0.0
    never_from: float | None = None

    def __str__(self) -> str:
        """The kind with its constants, as in `exponential, e^(0.71 M)`."""
        if self.kind == "polynomial":
            return f"polynomial, M^{self.exponent:.2f}"
        if self.kind == "exponential":
            return f"exponential, e^({self.rate:.2f} M)"
        return (
            self.kind
            if self.never_from is None
            else f"{self.kind} from M = {self.never_from:g}"
        )


def growth(margins: ArrayLike, log_times: ArrayLike) -> Growth:
    """Fit and name the growth of times to correct, as `times_to_correct` gives them, over the furthest third of the margins.

    Args:
        margins: [m], positive and increasing.
        log_times: [m], logarithms of the times; inf for "never", NaN and -inf (not wrong there) are left out.

    Raises:
        ValueError: for margins that are not positive and increasing, or another number of times.
    """
    m, log_t = np.asarray(margins, np.float64), np.asarray(log_times, np.float64)
    if (
        m.ndim != 1
        or m.shape != log_t.shape
        or not (np.isfinite(m) & (m > 0)).all()
        or (np.diff(m) <= 0).any()
    ):
        raise ValueError(
            f"`growth(margins, log_times)` must be positive increasing margins [m] and as many times, got {m} and {log_t}."
        )
    if m.size and log_t[-1] == np.inf:
        ends = np.flatnonzero(log_t != np.inf)
        return Growth("never", never_from=float(m[ends[-1] + 1 if ends.size else 0]))
    use = np.isfinite(log_t) & (m >= FAR * m[-1]) if m.size else np.zeros(0, bool)
    if use.sum() < FEWEST:
        return Growth("undetermined")
    fits = [
        fit(m[use], log_t[use])
        for fit in (_bounded, _logarithmic, _linear, _polynomial, _exponential)
    ]
    limit = max(PRECISION, 2 * min(each.residual for each in fits))
    return next(
        (each for each in fits if each.residual <= min(limit, FAIR)),
        Growth("undetermined"),
    )


def _bounded(m: Samples, log_t: Samples) -> Growth:
    """`T = a + b e^(-c M)` or `a + b / (M + c)`, where what b adds is small at the end, or T falls."""
    t = np.exp(log_t - log_t.max())
    shapes = [np.exp(-rate * (m - m[0])) for rate in RATES] + [
        1 / (m + shift) for shift in SHIFTS
    ]
    (limit, further), residual, shape = _best(t, shapes)
    settles = further > 0 or (limit > 0 and abs(further * shape[-1]) < SETTLED * limit)
    return Growth(
        "bounded",
        float(max(limit, 0) * np.exp(log_t.max())),
        residual=residual if settles else np.inf,
    )


def _logarithmic(m: Samples, log_t: Samples) -> Growth:
    """`T = a + b log(M + c)`."""
    t = np.exp(log_t - log_t.max())
    (_, slope), residual, _ = _best(t, [np.log(m + shift) for shift in SHIFTS])
    return Growth(
        "logarithmic",
        float(slope * np.exp(log_t.max())),
        residual=residual if slope > 0 else np.inf,
    )


def _linear(m: Samples, log_t: Samples) -> Growth:
    """`T = a + b M + c log M`, where what c adds is less than half of what b does."""
    columns = (
        np.stack([np.ones_like(m), m, np.log(m)], axis=1)
        / np.exp(log_t - log_t.max())[:, None]
    )
    (offset, slope, further), *_ = np.linalg.lstsq(columns, np.ones_like(m))
    residual = float(np.sqrt(np.mean((columns @ [offset, slope, further] - 1) ** 2)))
    leads = abs(further * np.log(m[-1] / m[0])) < slope * (m[-1] - m[0]) / 2
    return Growth(
        "linear",
        float(slope * np.exp(log_t.max())),
        1.0,
        residual=residual if leads else np.inf,
    )


def _polynomial(m: Samples, log_t: Samples) -> Growth:
    """`log T = log a + k log(M + c)`."""
    (log_a, k), residual, _ = _best(
        log_t, [np.log(m + shift) for shift in SHIFTS], relative=False
    )
    kind: Kind = "linear" if abs(k - 1) < NEAR_ONE else "polynomial"
    return Growth(
        kind, float(np.exp(log_a)), float(k), residual=residual if k > 0 else np.inf
    )


def _exponential(m: Samples, log_t: Samples) -> Growth:
    """`log T = log a + k log M + r M`, or `T = a + b e^(r M)`; in both with at least one e-fold by the exponential."""
    columns = np.stack([np.ones_like(m), np.log(m), m], axis=1)
    (log_a, k, rate), *_ = np.linalg.lstsq(columns, log_t)
    residual = float(np.sqrt(np.mean((columns @ [log_a, k, rate] - log_t) ** 2)))
    pure = Growth("exponential", float(np.exp(log_a)), float(k), float(rate), residual)
    enough = [
        each
        for each in (pure, _exponential_above(m, log_t))
        if each.rate * (m[-1] - m[0]) >= 1
    ]
    return min(
        enough,
        key=lambda each: each.residual,
        default=Growth("exponential", residual=np.inf),
    )


def _exponential_above(m: Samples, log_t: Samples) -> Growth:
    """`T = a + b e^(r M)`, with r from ever finer grids."""
    t, rates = np.exp(log_t - log_t.max()), RATES
    for _ in range(REFINEMENTS):
        (_, factor), residual, shape = _best(
            t, [np.exp(rate * (m - m[-1])) for rate in rates]
        )
        rate = float(np.log(shape[-1] / shape[0]) / (m[-1] - m[0]))
        rates = rate * np.linspace(rates[0] / rates[1], rates[1] / rates[0], len(RATES))
    log_coefficient = float(
        np.log(max(factor, np.finfo(float).tiny)) + log_t.max() - rate * m[-1]
    )
    return Growth(
        "exponential",
        float(np.exp(log_coefficient)),
        0.0,
        rate,
        residual if factor > 0 else np.inf,
    )


def _best(
    y: Samples, shapes: list[Samples], relative: bool = True
) -> tuple[Samples, float, Samples]:
    """The shape s whose `a + b s` fits y best: (a, b), the residual, s."""
    weight: Callable[[Samples], Samples] = (
        (lambda error: error / y) if relative else (lambda error: error)
    )
    found = []
    for shape in shapes:
        columns = np.stack([np.ones_like(shape), shape], axis=1)
        scale = y if relative else np.ones_like(y)
        pair, *_ = np.linalg.lstsq(columns / scale[:, None], y / scale)
        found.append(
            (pair, float(np.sqrt(np.mean(weight(columns @ pair - y) ** 2))), shape)
        )
    return min(found, key=lambda each: each[1])

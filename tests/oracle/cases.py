"""Where numerics break: logits and targets, each exactly representable in the dtype that it is
meant for.

`cases(normalizer, n, dtype)` gives them for one normalizer, points outside its domain and at
poles included: the oracle tells which is which. Targets are one-hot or sums of powers of two,
hence exact distributions.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

POSITIVE_INPUT = ("sum", "abs", "relu", "square", "power")
MASKABLE = (
    "softmax", "relu", "softplus", "sigmoid", "sigsoftmax", "argmax", "softmax_one", "sparsemax",
    "entmax", "iterated_exponential", "stablemax", "evidential", "top_k", "ev_softmax",
    "eps_softmax", "tempered", "t_softmax", "r_softmax", "sparsegen", "sparsehourglass",
    "normmax", "softpick", "sigmoid_attention", "budget",
)  # fmt: skip
EDGE = {"float64": 700.0, "float32": 85.0}  # e^-edge is still a normal number
DECADES = {"float64": (1e300, 1e150, 1e16, 1e3), "float32": (1e35, 1e18, 1e8, 1e3)}
TINY = {"float64": (1e-300, 1e-20), "float32": (1e-35, 1e-20)}
HUGE = {"float64": (1e300, 1e30, 1e4), "float32": (1e35, 1e18, 1e4)}
LARGE = (
    "all 1",
    "all 1.0",
    "tie, label 0",
    "rivals tie, label 0",
    "one ulp, label -1",
    "waves x 5.0, label -1",
    "a zero, label 0",
    "masks, label 2",
)
LARGE_FAMILIES = (
    "rival up",
    "label up",
    "label down",
    "others down",
    "antisymmetric",
    "offset 1e+08",
    "gap 1.0",
    "single 10000",
    "one 1e",
    "steps",
    "soft target",
)


@dataclass(frozen=True)
class Case:
    name: str
    z: tuple[float, ...]
    target: tuple[float, ...]


def cases(normalizer: str, n: int, dtype: str) -> list[Case]:
    """Every case for a normalizer's spec; for "" those of the logit losses."""
    name = normalizer.partition("(")[0]
    if name == "sum":
        chosen = [*positive(n, dtype), *outside(n)]
    elif name in POSITIVE_INPUT:
        chosen = [*positive(n, dtype), *logits(n, dtype), *outside(n)]
    else:
        chosen = [*logits(n, dtype), *outside(n)]
    if name in MASKABLE:
        chosen += masked(n)
    if n > 3:
        chosen = [
            case
            for case in chosen
            if case.name in LARGE
            or any(case.name.startswith(x) for x in LARGE_FAMILIES)
        ]
    return [rounded(case, dtype) for case in chosen]


def stack(chosen: list[Case], dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Logits and targets as arrays [cases, n]."""
    return np.array([c.z for c in chosen], dtype), np.array(
        [c.target for c in chosen], dtype
    )


def rounded(case: Case, dtype: str) -> Case:
    return Case(
        case.name, tuple(float(x) for x in np.array(case.z, dtype)), case.target
    )


def one_hot(n: int, label: int) -> tuple[float, ...]:
    return tuple(float(k == label % n) for k in range(n))


def padded(n: int, *head: float, fill: float = 0.0) -> tuple[float, ...]:
    return (head + (fill,) * n)[:n]


def soft(n: int) -> list[tuple[float, ...]]:
    return [padded(n, 0.75, 0.25), *([padded(n, 0.5, 0.25, 0.25)] if n > 2 else [])]


def logits(n: int, dtype: str) -> list[Case]:
    """Cases for normalizers that take any finite logits."""
    return [
        *margins(n, dtype),
        *ties(n, dtype),
        *offsets(n, dtype),
        *sizes(n, dtype),
        *generic(n),
        *edges(n, dtype),
    ]


def margins(n: int, dtype: str) -> list[Case]:
    """The three rays of the theory, the right class (label 1) and a wrong one (label 0) up by s."""
    edge = EDGE[dtype]
    steps = (
        (edge, 17.0) if n > 3 else (1.4 * edge, edge, 0.6 * edge, 40.0, 17.0, 3.0, 0.5)
    )
    found = []
    for s in steps:
        found += [
            Case(f"rival up {s}", padded(n, 0.0, s), one_hot(n, 0)),
            Case(f"label up {s}", padded(n, 0.0, s), one_hot(n, 1)),
        ]
        found += [Case(f"label down {s}", padded(n, -s), one_hot(n, 0))]
        if n > 2:
            found += [
                Case(f"antisymmetric {s}", padded(n, -s / 2, s / 2), one_hot(n, y))
                for y in (0, 1, 2)
            ]
        if s in (edge, 17.0):
            found += [Case(f"others down {s}", padded(n, 0.0, fill=-s), one_hot(n, 0))]
            found += [Case(f"soft target, up {s}", padded(n, s), t) for t in soft(n)]
        if s in (edge, 3.0):
            found += [Case(f"soft target, {s}", padded(n, 0.0, s), t) for t in soft(n)]
    return found


def ties(n: int, dtype: str) -> list[Case]:
    above = float(np.nextafter(np.array(1, dtype), np.array(2, dtype)))
    pairs = {
        "tie": (1.0, 1.0),
        "one ulp": (1.0, above),
        "1e-8 apart": (0.0, 1e-8),
        "low tie": (-2.0, -2.0),
    }
    found = [
        Case(f"{name}, label {y}", padded(n, *z, fill=-1.0), one_hot(n, y))
        for name, z in pairs.items()
        for y in (0, -1)
    ]
    found += [
        Case(f"rivals tie, label {y}", padded(n, -17.0, fill=10.0), one_hot(n, y))
        for y in (0, 1)
    ]
    return found + [
        Case(f"all {x}", (x,) * n, one_hot(n, 0)) for x in (1.0, -3.0, 100.0)
    ]


def offsets(n: int, dtype: str) -> list[Case]:
    """Gaps that survive a common offset: multiples of 8 at 1e8 in float32."""
    step = 8.0 if dtype == "float32" else 0.5
    gaps = padded(n, 0.0, step, 2 * step, -3 * step)
    found = [
        Case(f"offset {c:g}, label {y}", tuple(c + g for g in gaps), one_hot(n, y))
        for c in (1e8, -1e8)
        for y in (0, 1)
    ]
    return [
        *found,
        Case("offset 1024", tuple(1024.0 + g / step for g in gaps), one_hot(n, 0)),
    ]


def sizes(n: int, dtype: str) -> list[Case]:
    found = [
        Case(f"tiny {x:g}", padded(n, x, -x, 2 * x), one_hot(n, 0)) for x in TINY[dtype]
    ]
    for x in HUGE[dtype]:
        found += [
            Case(f"single {c:g}, label {y}", padded(n, c, fill=0.25), one_hot(n, y))
            for c in (x, -x)
            for y in (0, 1)
        ]
    return found


def generic(n: int) -> list[Case]:
    """Unremarkable logits, as they are and wider."""
    waves = tuple(math.sin(3.0 * k + 1.0) for k in range(n))
    found = [
        Case(f"waves x {c}, label {y}", tuple(c * x for x in waves), one_hot(n, y))
        for c in (1.0, 5.0)
        for y in (0, -1)
    ]
    return found + [Case(f"waves, soft target {t[0]}", waves, t) for t in soft(n)]


def edges(n: int, dtype: str) -> list[Case]:
    """Support edges and hinges (gaps 1 and 2), roots of Taylor's slope, optima of soft targets."""
    below = [
        float(np.nextafter(np.array(x, dtype), np.array(0, dtype))) for x in (1, 2)
    ]
    gaps = [1.0, 2.0, *below, 1 - 1e-4, 2 - 1e-4, 1 + 1e-4, 4 - 1e-3]
    found = [
        Case(f"gap {g!r}, label {y}", padded(n, 0.0, g, fill=-9.0), one_hot(n, y))
        for g in gaps
        for y in (0, 1)
    ]
    lows = (
        -1.0,
        -1.0 + 1e-4,
        float(np.nextafter(np.array(-1, dtype), np.array(0, dtype))),
    )
    found += [Case(f"lowest {x!r}", padded(n, x, 0.5), one_hot(n, 0)) for x in lows]
    smoothed = math.log((0.9 + 0.1 / n) / (0.1 / n))
    found += [Case("optimum of label smoothing", padded(n, smoothed), one_hot(n, 0))]
    return [
        *found,
        Case(
            "optimum of a soft target",
            padded(n, math.log(3.0), 0.0, fill=-40.0),
            padded(n, 0.75, 0.25),
        ),
    ]


def positive(n: int, dtype: str) -> list[Case]:
    """Cases for normalizers whose probabilities are ratios of the logits."""
    above = float(np.nextafter(np.array(1, dtype), np.array(2, dtype)))
    found = []
    for x in DECADES[dtype]:
        for c in (x, 1 / x):
            found += [
                Case(
                    f"one {c:g} among ones, label {y}",
                    padded(n, c, fill=1.0),
                    one_hot(n, y),
                )
                for y in (0, 1)
            ]
    found += [
        Case(f"one 3 among ones, label {y}", padded(n, 3.0, fill=1.0), one_hot(n, y))
        for y in (0, 1)
    ]
    found += [
        Case(f"all {x:g}", (x,) * n, one_hot(n, 0))
        for x in (1.0, DECADES[dtype][0], 1 / DECADES[dtype][0])
    ]
    found += [
        Case(f"one ulp, label {y}", padded(n, 1.0, above, fill=0.5), one_hot(n, y))
        for y in (0, 1)
    ]
    found += [
        Case(f"a zero, label {y}", padded(n, 2.0, 0.0, fill=1.0), one_hot(n, y))
        for y in (0, 1)
    ]
    steps = tuple(1.0 + 0.5 * k for k in range(n))
    return found + [
        Case(f"steps, target {t[0]}", steps, t)
        for t in (one_hot(n, 0), one_hot(n, -1), *soft(n))
    ]


def masked(n: int) -> list[Case]:
    """Some classes at -inf: never the label, once the label."""
    if n == 2:
        return [
            Case(f"masked rival, label {y}", (1.5, -math.inf), one_hot(2, y))
            for y in (0, 1)
        ]
    z = tuple(-math.inf if k % 3 == 1 else 0.5 * (k % 5) for k in range(n))
    return [Case(f"masks, label {y}", z, one_hot(n, y)) for y in (0, 1, 2)]


def outside(n: int) -> list[Case]:
    """Outside of some or all domains."""
    points = {
        "negative": padded(n, 1.0, -1.0),
        "zero": (0.0,) * n,
        "masked": (-math.inf,) * n,
        "infinite": padded(n, math.inf),
    }
    points |= {
        "not a number": padded(n, 1.0, math.nan),
        "masks": padded(n, 1.0, -math.inf, fill=2.0),
    }
    return [
        Case(f"{name}, label {y}", z, one_hot(n, y))
        for name, z in points.items()
        for y in (0, 1)
    ]


def in_domain(spec: str, z: Any) -> Any:
    """Logits [n] of a loss of cosines within [-1, 1]; those of any other loss as they are."""
    return z / (1.25 * abs(z[np.isfinite(z)]).max()) if "arcface" in spec else z


def as_cosines(case: Case, dtype: str) -> Case:
    """The same case within [-1, 1]; what is not finite stays as it is."""
    z = np.asarray(case.z, dtype)
    finite = np.abs(z[np.isfinite(z)])
    largest = finite.max(initial=0.8)
    with np.errstate(invalid="ignore"):
        scaled = z / (np.asarray(1.25, dtype) * np.maximum(largest, 0.8).astype(dtype))
    return Case(f"{case.name}, as cosines", tuple(map(float, scaled)), case.target)

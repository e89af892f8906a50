"""How far out a subject stays finite in a dtype, and why no further.

Places of failure tell causes apart: exp overflows near log(max), a probability is 0 near -log(tiny), 1 - p near -log(eps).
"""

from collections.abc import Mapping
from typing import NamedTuple, get_args

import jax.numpy as jnp
import numpy as np

from ..config import DiagnosisConfig
from ..evaluation import Precision, Rows, Values, evaluate
from ..subject import Subject

RAYS = {
    "wrong on R1": (0.0, 1.0, 0.0),
    "wrong on R2": (-1.0, 0.0, 0.0),
    "wrong on R3": (-0.5, 0.5, 0.0),
    "right on R1": (1.0, 0.0, 0.0),
    "right on R3": (0.5, -0.5, 0.0),
    "offset up": (1.0, 1.0, 1.0),
    "offset down": (-1.0, -1.0, -1.0),
}
"""How the logits of the label, of its rival and of the others move with s."""

LARGEST: Mapping[Precision, float] = {
    "float64": 1e30,
    "float32": 1e30,
    "bfloat16": 1e30,
    "float16": 2e4,
}
STEPS = 64
TOO_LARGE = "the value itself grows too large"


class Run(NamedTuple):
    """What is measured; the logits that do not move are `base`."""

    subject: Subject
    config: DiagnosisConfig
    dtype: Precision
    base: float


class Failure(NamedTuple):
    """A ray is finite up to s = last, and fails from `begins` on."""

    ray: str
    last: float
    begins: float
    cause: str


def on(ray: str, s: Rows, base: float, n: int) -> Rows:
    """The logits [m, n]; with a common offset the rival is 1 above the rest, so that not all are equal."""
    label, rival, others = RAYS[ray]
    z: Rows = base + s[:, None] * np.array([label, rival, *[others] * (n - 2)])
    z[:, 1] += ray.startswith("offset")
    return z


def rounded(z: Rows, dtype: Precision) -> Rows:
    """What becomes of numbers in a dtype, as float64 again."""
    found: Rows = np.asarray(jnp.asarray(z, dtype), np.float64)
    return found


def grid(dtype: Precision) -> Rows:
    """The s that are tried first: round, from 1 to the largest."""
    s = np.array([m * 10.0**k for k in range(31) for m in (1.0, 2.0, 5.0)])
    chosen: Rows = s[s <= LARGEST[dtype]]
    return chosen


def finite(values: Values) -> Rows:
    """At which points loss and gradient are finite, [m]."""
    all_finite: Rows = np.isfinite(values.loss) & np.isfinite(values.gradient).all(
        axis=1
    )
    return all_finite


def failures(run: Run) -> list[Failure]:
    """The first failures of all rays, without the edges of domains."""
    low, high = _bisected(run)
    n = run.config.num_classes
    at, before = (
        np.concatenate(
            [on(ray, s[None], run.base, n) for ray, s in zip(RAYS, ends, strict=True)]
        )
        for ends in (np.where(np.isfinite(high), high, low), low)
    )
    true = finite(evaluate(run.subject, rounded(at, run.dtype))) & (
        run.dtype != "float64"
    )
    last = evaluate(run.subject, before, dtype=run.dtype)
    size = np.maximum(np.abs(last.loss), np.abs(last.gradient).max(axis=1))
    top = at[list(RAYS).index("offset up")]
    found = list[Failure]()
    for i, ray in enumerate(RAYS):
        why = _cause(run, ray, at[i], float(size[i]), top, bool(true[i]))
        if np.isfinite(high[i]) and (true[i] or why != "unknown"):
            found.append(Failure(ray, float(low[i]), float(high[i]), why))
    return found


def _bisected(run: Run) -> tuple[Rows, Rows]:
    """On every ray the last s that is finite and the first that is not, inf if there is none."""
    s = np.tile(grid(run.dtype), (len(RAYS), 1))
    low, high, every = (
        np.zeros(len(RAYS)),
        np.full(len(RAYS), np.inf),
        np.arange(len(RAYS)),
    )
    for _ in range(3):
        z = np.concatenate(
            [
                on(ray, each, run.base, run.config.num_classes)
                for ray, each in zip(RAYS, s, strict=True)
            ]
        )
        bad = ~finite(evaluate(run.subject, z, dtype=run.dtype))
        if bad.any():  # else the reference need not be compiled
            bad &= finite(evaluate(run.config.reference, z, dtype=run.dtype))
        bad = bad.reshape(s.shape)
        first, fails = bad.argmax(axis=1), bad.any(axis=1)
        high = np.where(fails, s[every, first], high)
        low = np.where(fails, np.where(first > 0, s[every, first - 1], low), s[:, -1])
        s = low[:, None] + np.where(fails, high - low, 0)[:, None] * np.linspace(
            0, 1, STEPS
        )
    return low, high


def _cause(run: Run, ray: str, z: Rows, size: float, top: Rows, true: bool) -> str:
    """What the place of a failure says: every cause has its own, told by the dtype that is computed in.

    Where float64 is right (`true`), that is the dtype of the logits, or float32 for half precision.
    """
    if size > info(run.dtype, "max") ** 0.85:
        return TOO_LARGE
    for kind in (run.dtype, "float32") if true else (run.dtype, *get_args(Precision)):
        found = _cause_in(kind, ray == "offset down", z, top)
        if found:
            return found if kind == run.dtype else f"{found} in {kind} inside"
    return "unknown"


def _cause_in(dtype: Precision, down: bool, z: Rows, top: Rows) -> str:
    """The cause that fits if `dtype` is computed in; derivatives square a sum, which then fails at half the way."""
    least, largest = (
        -np.log(info(dtype, "smallest_subnormal")) + np.log(2),
        np.log(info(dtype, "max")),
    )
    tiny, one = -np.log(info(dtype, "tiny")), -np.log(info(dtype, "eps"))
    total, others = np.logaddexp.reduce(z), np.logaddexp.reduce(z[1:])
    causes = {
        "exp overflows": _near(total, tiny, largest)
        and _near(np.logaddexp.reduce(top), tiny, largest),
        "a sum of exp underflows": down
        and (_near(-total, tiny, least) or _near(-2 * total, tiny - 3, least)),
        "a probability is 0": any(
            _near(x, tiny, least) for x in (total - z[0], total - min(z), -min(z))
        ),
        "1 - p is 0": any(
            _near(x, one, one + 1.4) for x in (total - others, total - z[0], max(z))
        ),
    }
    return next((cause for cause, fits in causes.items() if fits), "")


def _near(x: float, low: float, high: float) -> bool:
    return bool(0.98 * low <= x <= 1.02 * high)


def info(dtype: Precision, name: str) -> float:
    """A number of `jnp.finfo`."""
    return float(getattr(jnp.finfo(dtype), name))  # type: ignore[no-untyped-call]

"""How far second derivatives are from the exact ones, relative to what the rule allows."""

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from mpmath import mpf

import logitscape as ls

from . import INSIDE, OUTSIDE
from .accuracy import ONE_HOT_ONLY, Reference, as_in_use, evaluate, ratios, split
from .cases import POSITIVE_INPUT, Case, one_hot, padded, soft, stack
from .failures import describe
from .hessians import hessian

SIGNED = {
    "moderate": (0.25, -0.75, 1.25, -2.0, 0.5),
    "close": (1.0, 1.0009765625, -0.5, 0.75, -1.5),
    "tie": (1.0, 1.0, -0.5, -0.75, 0.25),
    "equal": (0.5, 0.5, 0.5, 0.5, 0.5),
    "low": (-3.0, -2.0, -5.0, -4.0, -2.5),
    "5 ahead": (5.0, 0.0, 0.5, -1.0, 0.25),
    "17 ahead": (17.0, 0.0, 0.5, -1.0, 0.25),
    "40 ahead": (40.0, 0.0, 0.5, -1.0, 0.25),
    "80 ahead": (80.0, 0.0, 1.0, 2.0, 0.5),
    "two far ahead": (40.0, 37.0, 1.0, 2.0, -1.0),
    "one far behind": (1.0, 2.0, -20.0, 0.5, 1.5),
    "all apart": (15.0, 0.0, -15.0, -25.0, 10.0),
}
POSITIVE = {
    "moderate": (1.0, 2.0, 3.5, 0.75, 1.25),
    "close": (1.0, 1.0009765625, 0.5, 0.75, 0.25),
    "tie": (1.0, 1.0, 0.5, 0.75, 0.25),
    "equal": (2.0, 2.0, 2.0, 2.0, 2.0),
    "one large": (4096.0, 1.0, 2.0, 0.5, 3.0),
    "one huge": (2.0**40, 1.0, 2.0, 0.5, 3.0),
    "one tiny": (2.0**-30, 1.0, 2.0, 0.5, 3.0),
    "all apart": (2.0**20, 1.0, 2.0**-20, 2.0**-30, 2.0**10),
}


def hessian_cases(normalizer: str, n: int, dtype: str) -> list[Case]:
    """Every point with every one-hot target and with a soft one."""
    name = normalizer.partition("(")[0]
    points = dict(POSITIVE) if name in POSITIVE_INPUT else {}
    if name != "sum":
        points = {**points, **{f"{key}, signed": z for key, z in SIGNED.items()}}
    targets = [*(one_hot(n, y) for y in range(n)), soft(n)[-1]]
    return [
        Case(f"{key}, target {t}", padded(n, *z), t)
        for key, z in points.items()
        for t in targets
    ]


@cache
def hessian_reference(spec: str, n: int, dtype: str) -> Reference:
    """The exact values and Hessians as [cases, 1 + n^2]."""
    normalizer, _, loss = spec.rpartition(" + ")
    chosen = hessian_cases(normalizer, n, dtype)
    if loss.partition("(")[0] in ONE_HOT_ONLY:
        chosen = [case for case in chosen if 1.0 in case.target]
    exact = [hessian(spec, case.z, case.target, dtype) for case in chosen]
    rows = [numbers_of(h, n) for h in exact]
    values = np.array([[split(x, size) for x, size in row] for row in rows])
    smooth = np.array([[x is not None for x, _ in row] for row in rows])
    tiny = mpf(float(np.finfo(dtype).tiny))
    return Reference(
        chosen,
        np.array([OUTSIDE if h is None else INSIDE for h in exact]),
        *np.moveaxis(values, -1, 0),
        smooth,
        np.array([h is not None and h.least < tiny for h in exact]),
    )


def numbers_of(exact, n: int) -> list:
    if exact is None:
        return [(None, mpf(0))] * (1 + n * n)
    entries = [x for row in exact.entries for x in row]
    sizes = [x for row in exact.sizes for x in row]
    return [exact.value, *zip(entries, sizes, strict=True)]


def value_and_hessian(function: Callable) -> Callable:
    """`(z, t) -> [1 + n^2]`: the value, then the Hessian."""

    def both(z: jax.Array, t: jax.Array) -> jax.Array:
        second = jax.jacfwd(jax.grad(function))(z, t)
        return jnp.concatenate([function(z, t)[None], second.ravel()])

    return both


@cache
def measured_hessians(
    normalizer: str, losses: tuple[str, ...], n: int, dtype: str
) -> dict[str, np.ndarray]:
    """Value and Hessian of every objective, [cases, 1 + n^2] each."""
    specs = [f"{normalizer} + {loss}" if normalizer else loss for loss in losses]
    z, t = stack(hessian_cases(normalizer, n, dtype), dtype)
    got = evaluate(
        [ls.objective(spec) for spec in specs], z, t, value_and_hessian, as_in_use
    )
    return dict(zip(losses, got, strict=True))


def hessian_failures(spec: str, got: np.ndarray, n: int, dtype: str) -> list[str]:
    """The worst entries that the rule does not allow, as text."""
    expected = hessian_reference(spec, n, dtype)
    ratio = ratios(got, expected, dtype)
    worst = sorted(np.argwhere(ratio > 1), key=lambda at: -ratio[tuple(at)])
    return [
        describe(spec, got, expected, dtype, ratio, *at, names=entry_names(n))
        for at in worst[:5]
    ]


def entry_names(n: int) -> list[str]:
    """Names of the value and of the entries of a Hessian."""
    return ["value", *(f"hessian[{i}, {j}]" for i in range(n) for j in range(n))]

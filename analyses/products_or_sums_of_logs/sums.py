"""Sums of logarithms of probabilities by five methods, and the bounds of their errors."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .formats import Array, rounded, rounding, unit_roundoff

METHODS = ("one after the other", "pairwise", "compensated", "running mean", "jnp.sum")


def logarithms(dtype: str, n: int, seeds: int) -> Array:
    """Logarithms of probabilities uniform in (0, 1], rounded to the format, [seeds, n]."""
    draws = []
    for seed in range(seeds):
        # Minus the logarithm of a uniform number is exponential;
        # drawn so it is never infinite.
        draws.append(-np.random.default_rng(seed).standard_exponential(n))
    return rounded(np.stack(draws), dtype)


def sums(dtype: str, terms: Array, ends: Sequence[int]) -> dict[str, Array]:
    """Sums of the first terms by every method, [ends, seeds], in float64.

    Args:
        dtype: Format to add in.
        terms: Terms, [seeds, n].
        ends: Numbers of terms to add, in increasing order.
    """
    by_method = sequential_sums(dtype, terms, ends)
    # Long sums overflow in float16, which is one of the findings.
    with np.errstate(over="ignore"):
        by_halves = [pairwise(terms[:, :end]) for end in ends]
    by_jax = [jnp.sum(jnp.asarray(terms[:, :end]), axis=1) for end in ends]
    by_method["pairwise"] = np.stack(by_halves)
    by_method["jnp.sum"] = np.stack(by_jax)
    return {method: by_method[method].astype(float) for method in METHODS}


def sequential_sums(dtype: str, terms: Array, ends: Sequence[int]) -> dict[str, Array]:
    """Sums in order, [ends, seeds]: plain, compensated (Neumaier), and n times a running mean."""
    width = jnp.float64 if dtype == "float64" else jnp.float32
    x = jnp.asarray(terms.T).astype(width)
    seeds = terms.shape[0]
    state = jnp.zeros((3, seeds), x.dtype), jnp.zeros(seeds, x.dtype)
    totals: list[Any] = []
    compensated = []
    from_means = []
    begin = 0
    for end in ends:
        # The ends are arguments of the program, which is compiled once for all of them.
        state = _adding_program(dtype)(x, state, begin, end)
        plain, high, low = np.asarray(state[0])
        totals.append(plain)
        compensated.append(rounded(high + low, dtype))
        # In float64, as the sum may be beyond float16 although its mean is not.
        from_means.append(np.asarray(state[1]).astype(float) * end)
        begin = end
    return {
        "one after the other": np.stack(totals),
        "compensated": np.stack(compensated),
        "running mean": np.stack(from_means),
    }


@cache
def _adding_program(dtype: str) -> Callable[..., Any]:
    """A program that adds the terms from `begin` to `end` to a state.

    The state holds the plain sum, Neumaier's sum and what it has lost, [3, seeds], and the running
    mean. Every operation is rounded to the format.
    """
    to_format = rounding(dtype)

    def step(x: Any, i: Any, state: Any) -> Any:
        (plain, high, low), mean = state
        term = x[i]
        total = to_format(high + term)
        large = jnp.where(abs(high) >= abs(term), high, term)
        small = jnp.where(abs(high) >= abs(term), term, high)
        lost = to_format(to_format(large - total) + small)
        count = to_format((i + 1).astype(x.dtype))
        moved = to_format(mean + to_format(to_format(term - mean) / count))
        added = to_format(plain + term)
        return jnp.stack([added, total, to_format(low + lost)]), moved

    def program(x: Any, state: Any, begin: Any, end: Any) -> Any:
        return jax.lax.fori_loop(begin, end, partial(step, x), state)

    return jax.jit(program)


def pairwise(terms: Array) -> Array:
    """Sums by halves, [seeds], in the format of the terms [seeds, n]."""
    # NumPy's own sum is pairwise only between blocks of 128 terms.
    while terms.shape[1] > 1:
        even = terms.shape[1] // 2 * 2
        pairs = terms[:, 0:even:2] + terms[:, 1:even:2]
        terms = np.concatenate([pairs, terms[:, even:]], axis=1)
    return terms[:, 0]


def exact(terms: Array) -> Array:
    """The exact sums, rounded once to float64, [seeds]."""
    return np.array([math.fsum(row.astype(float)) for row in terms])


def bound(method: str, dtype: str, n: int) -> float:
    """The largest relative error that a sum of n numbers of one sign can have; infinite if unknown.

    Source: Higham, Accuracy and Stability of Numerical Algorithms, chapter 4.
    """
    u = unit_roundoff(dtype)
    if method == "compensated":
        if n * u >= 1:
            return math.inf
        return 2 * u + 2 * n * n * u * u
    if method == "one after the other":
        return _bound_after(n - 1, u)
    if method == "pairwise":
        return _bound_after(math.ceil(math.log2(n)), u)
    return math.inf


def _bound_after(roundings: int, u: float) -> float:
    """The bound for terms that are rounded so often."""
    if roundings * u >= 1:
        return math.inf
    return roundings * u / (1 - roundings * u)

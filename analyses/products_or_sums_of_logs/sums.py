"""Products of probabilities and sums of their logarithms in four floating-point formats: the measuring half."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

DTYPES = ("float64", "float32", "bfloat16", "float16")
LONGEST_PRODUCT = 10_000
METHODS = ("one after the other", "pairwise", "compensated", "running mean", "jnp.sum")


def unit(dtype: str) -> float:
    """The unit roundoff: by how much a rounded number is off at most, relative to its size."""
    return float(jnp.finfo(dtype).eps) / 2  # type: ignore[no-untyped-call]


def smallest(dtype: str) -> tuple[float, float]:
    """The smallest normal and the smallest subnormal number."""
    info = jnp.finfo(dtype)  # type: ignore[no-untyped-call]
    return float(info.smallest_normal), float(info.smallest_subnormal)


def powers(p: float, dtype: str) -> Array:
    """p, p^2, p^3, ... by repeated multiplication with gradual underflow, as IEEE 754 has it; in float64."""
    factor = np.array(p, dtype)
    product, found = np.array(1, dtype), np.empty(LONGEST_PRODUCT)
    for i in range(LONGEST_PRODUCT):
        product = product * factor
        found[i] = product
    return found


@cache
def _flushed(dtype: str) -> Callable[[float], Any]:
    def step(product: Any, factor: Any) -> Any:
        return product * factor, product * factor

    def run(p: float) -> Any:
        factors = jnp.full(LONGEST_PRODUCT, p).astype(dtype)
        return jax.lax.scan(step, jnp.ones((), dtype), factors)[1]

    return jax.jit(run)


def powers_in_jax(p: float, dtype: str) -> Array:
    """The same, multiplied by JAX."""
    return np.asarray(_flushed(dtype)(p)).astype(float)


def first(condition: Array) -> int:
    """How many factors it takes until a condition holds; -1 if it never does."""
    return int(np.argmax(condition)) + 1 if condition.any() else -1


def logarithms(dtype: str, n: int, seeds: int) -> Array:
    """Logarithms of probabilities that are uniform in (0, 1], rounded to the format, [seeds, n]."""
    draws = np.stack(
        [-np.random.default_rng(seed).standard_exponential(n) for seed in range(seeds)]
    )
    return np.asarray(jnp.asarray(draws).astype(dtype))


def rounding(dtype: str) -> Callable[[Any], Any]:
    """What rounds to a format of 16 bits what was computed with 32: the sum that the format itself would give."""
    if dtype in ("float64", "float32"):
        return lambda x: x
    info = jnp.finfo(dtype)  # type: ignore[no-untyped-call]
    return partial(
        jax.lax.reduce_precision, exponent_bits=info.nexp, mantissa_bits=info.nmant
    )


def sequential_sums(dtype: str, terms: Array, ends: Sequence[int]) -> dict[str, Array]:
    """Sums of the first so many terms, [ends, seeds], in order: plain, compensated (Neumaier), and n times a running mean."""
    wide = jnp.asarray(terms.T).astype(
        jnp.float64 if dtype == "float64" else jnp.float32
    )
    state, found, begin = (
        (
            jnp.zeros((3, terms.shape[0]), wide.dtype),
            jnp.zeros(terms.shape[0], wide.dtype),
        ),
        [],
        0,
    )
    for end in ends:
        state = _added(dtype)(wide, state, begin, end)
        (plain, high, low), mean = np.asarray(state[0]), np.asarray(state[1])
        found.append((plain, rounded(high + low, dtype), mean.astype(float) * end))
        begin = end
    return dict(
        zip(
            ("one after the other", "compensated", "running mean"),
            map(np.stack, zip(*found, strict=True)),
            strict=True,
        )
    )


@cache
def _added(dtype: str) -> Callable[..., Any]:
    to_format = rounding(dtype)

    def step(x: Any, i: Any, state: Any) -> Any:
        (plain, high, low), mean = state
        term = x[i]
        total = to_format(high + term)
        large, small = (
            jnp.where(abs(high) >= abs(term), high, term),
            jnp.where(abs(high) >= abs(term), term, high),
        )
        lost = to_format(to_format(large - total) + small)
        count = to_format((i + 1).astype(x.dtype))
        moved = to_format(mean + to_format(to_format(term - mean) / count))
        return jnp.stack([to_format(plain + term), total, to_format(low + lost)]), moved

    def run(x: Any, state: Any, begin: Any, end: Any) -> Any:
        return jax.lax.fori_loop(begin, end, partial(step, x), state)

    return jax.jit(run)


def pairwise(terms: Array) -> Array:
    """Sums by halves, [seeds], in the format of the terms [seeds, n]."""
    while terms.shape[1] > 1:
        odd = terms[:, -1:] if terms.shape[1] % 2 else terms[:, :0]
        even = terms.shape[1] // 2 * 2
        terms = np.concatenate([terms[:, 0:even:2] + terms[:, 1:even:2], odd], axis=1)
    return terms[:, 0]


def rounded(values: Array, dtype: str) -> Array:
    """In the format, by way of float64."""
    return np.asarray(jnp.asarray(values).astype(dtype))


def sums(dtype: str, terms: Array, ends: Sequence[int]) -> dict[str, Array]:
    """By every method, [ends, seeds], in float64."""
    found = sequential_sums(dtype, terms, ends)
    with np.errstate(over="ignore"):
        found["pairwise"] = np.stack([pairwise(terms[:, :end]) for end in ends])
    found["jnp.sum"] = np.stack(
        [np.asarray(jnp.sum(jnp.asarray(terms[:, :end]), axis=1)) for end in ends]
    )
    return {name: found[name].astype(float) for name in METHODS}


def exact(terms: Array) -> Array:
    """The exact sums, rounded once to float64, [seeds]."""
    return np.array([math.fsum(row.astype(float)) for row in terms])


def bound(method: str, dtype: str, n: int) -> float:
    """What the relative error of a sum of numbers of one sign cannot exceed (Higham, Accuracy and stability, chapter 4)."""
    u = unit(dtype)
    if method == "compensated":
        return 2 * u + 2 * n * n * u * u if n * u < 1 else math.inf
    rounds = {"one after the other": n - 1, "pairwise": math.ceil(math.log2(n))}.get(
        method, math.inf
    )
    return rounds * u / (1 - rounds * u) if rounds * u < 1 else math.inf


def gradients(dtype: str, longest: int) -> dict[str, Array]:
    """Of the negative log likelihood of 1, 2, ... labels in the logits of one softmax, as log of a product and as a sum.

    Relative errors against counts p - counts, NaN or infinite where the gradient is.
    """
    random = np.random.default_rng(0)
    logits, labels = (
        np.array([0.5, 0.0, -0.5]),
        random.choice(3, longest, p=[0.5, 0.3, 0.2]),
    )
    counts = np.cumsum(np.eye(3)[labels], axis=0)
    p = np.exp(logits) / np.exp(logits).sum()
    wanted = np.arange(1, longest + 1)[:, None] * p - counts

    def of_product(z: Any, n: Any) -> Any:
        return -jnp.log(
            jnp.prod(
                jnp.where(
                    jnp.arange(longest) < n,
                    jax.nn.softmax(z)[labels],
                    jnp.ones((), dtype),
                )
            )
        )

    def of_sum(z: Any, n: Any) -> Any:
        return -jnp.sum(
            jnp.where(
                jnp.arange(longest) < n,
                jax.nn.log_softmax(z)[labels],
                jnp.zeros((), dtype),
            )
        )

    def errors(function: Callable[..., Any]) -> Array:
        every = jax.jit(jax.vmap(jax.grad(function), in_axes=(None, 0)))
        found = np.asarray(
            every(jnp.asarray(logits).astype(dtype), jnp.arange(1, longest + 1))
        ).astype(float)
        off: Array = np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(
            wanted, axis=1
        )
        return off

    return {"product": errors(of_product), "sum": errors(of_sum)}

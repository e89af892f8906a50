"""How far values and gradients are from the oracle's, relative to what its rule allows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
from mpmath import mp, mpf

import logitscape as ls
from logitscape._src.base.xla import IN_USE, jit_fast_compile, known

from . import INSIDE, LOSSES, NORMALIZERS, OUTSIDE, OVERFLOW, POLE, truth
from .cases import Case, as_cosines, cases, outside, stack
from .exact import distinct

TOLERANCE = {"float64": 1e-12, "float32": 2e-5}
CLASSES = (2, 3, 10, 100)
OF_PAIRS = ("spherical_score",)
"""Losses whose cotangents in p do not determine the gradient in the logits to all digits."""
CORE = (
    "cross_entropy",
    "exponential",
    "generalized_cross_entropy",
    "brier",
    "spherical_score",
    "reverse_kl",
    "label_smoothing",
)
"""One loss for each way of being computed, which every run asks about with some normalizers."""
PROBES = ("cross_entropy", "brier")
"""One loss of the label and one of all classes, which tell what a normalizer's derivatives are."""
COMPLETE = ("softmax", "sum")
"""Normalizers that every run asks about with every loss."""
ALL_SIZES = {"float64": CLASSES, "float32": (3, 100)}
"""Numbers of classes; fewer in float32, to save time."""
SIZES = {"float64": (3,), "float32": (100,)}
"""Those that every run asks about: each is a program of its own."""
# At p = 0 the oracle leaves out the derivative, where that of the whole quotient is finite, and
# what the smaller of two classes takes from it may underflow before its slope does. Of 98 classes
# that tie, budget leaves a rounding error of their mean. Next to a logit of -1e30, with p = 1e-60,
# tempered loses what the others take from it.
LEFT_OUT = {
    ("tempered", "label_smoothing"),
    ("budget", "label_smoothing"),
    ("budget", "reverse_kl"),
    ("budget", "spherical_score"),
    ("sum", "normalized_focal"),
    ("sum", "normalized_generalized_cross_entropy"),
    ("min_shift", "normalized_generalized_cross_entropy"),
}
"""Pairs that the tests and the tables of docs/numerics.md leave out."""
ONE_HOT_ONLY = (
    "crammer_singer",
    "weston_watkins",
    "top_k_entropy",
    "top_k_hinge",
    "dual_focal",
    "smooth_top_k_hinge",
)

as_in_use = partial(jax.jit, compiler_options=known(IN_USE))
"""`jax.jit` with the options that are the default outside of the tests."""


@dataclass(frozen=True)
class Reference:
    """The oracle's answers for a list of cases: numbers as [cases, 1 + n], the value, then the
    gradient.

    `high + low` is the true number; `allowed` the error that the rule of oracle.py allows per
    unit of tolerance; `smooth` is False where there is no number to compare with; `underflows`
    marks cases where a probability is no normal number.
    """

    cases: list[Case]
    status: np.ndarray
    high: np.ndarray
    low: np.ndarray
    allowed: np.ndarray
    smooth: np.ndarray
    underflows: np.ndarray


@cache
def reference(spec: str, n: int, dtype: str, *, forward: bool = False) -> Reference:
    normalizer, _, loss = spec.rpartition(" + ")
    chosen = cases(normalizer, n, dtype)
    if loss.partition("(")[0] in ONE_HOT_ONLY:
        chosen = [case for case in chosen if 1.0 in case.target]
    if loss.partition("(")[0] == "arcface":
        chosen = [*(as_cosines(case, dtype) for case in chosen), *outside(n)]
    return answers(spec, chosen, dtype, forward=forward)


def answers(
    spec: str, chosen: list[Case], dtype: str, *, forward: bool = False
) -> Reference:
    truths = [
        truth(spec, case.z, case.target, dtype, forward=forward) for case in chosen
    ]
    n = len(chosen[0].z)
    rows = [((t.value, *t.gradient), (t.value_size, *t.gradient_size)) for t in truths]
    rows = [
        (x + (None,) * (1 + n - len(x)), size + (mpf(0),) * (1 + n - len(size)))
        for x, size in rows
    ]
    numbers = np.array([split_all(*row) for row in rows])
    smooth = np.array(
        [
            [x is not None and t.status == INSIDE for x in row[0]]
            for t, row in zip(truths, rows, strict=True)
        ]
    )
    underflows = np.array([t.least < mpf(float(np.finfo(dtype).tiny)) for t in truths])
    return Reference(
        chosen,
        np.array([t.status for t in truths]),
        *np.moveaxis(numbers, -1, 0),
        smooth,
        underflows,
    )


def split_all(numbers: tuple, sizes: tuple) -> list:
    """`split` of each, once for what is shared."""
    found = {key: split(*pair) for key, pair in distinct(numbers, sizes).items()}
    return [found[id(x), id(size)] for x, size in zip(numbers, sizes, strict=True)]


def split(x: mpf | None, size: mpf) -> tuple[float, float, float]:
    """A number as a sum of two doubles, and its |terms| (at least itself)."""
    if x is None or not mp.isfinite(x):
        return 0.0, 0.0, 0.0
    high = float(x)
    low = float(x - high) if np.isfinite(high) else 0.0
    return high, low, float(max(size, abs(x)))


def ratios(got: np.ndarray, expected: Reference, dtype: str) -> np.ndarray:
    """Error over allowed error of [cases, 1 + n] numbers: at most 1 is right; a NaN is inf.

    * pole: the value is inf, the gradient not NaN; outside the domain nothing is compared here;
    * a loss that is itself beyond the dtype is inf, and its gradient is not compared;
    * a derivative that does not exist, or is beyond the dtype, is not NaN;
    * where the allowed error is more than a tenth of the number, it is not NaN: see `promised`.
    """
    largest = float(np.finfo(dtype).max)
    got, bad = got.astype("float64"), np.isnan(got)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        error = np.abs((got - expected.high) - expected.low)
        ratio = np.where(error == 0, 0, error / allowed_error(expected, dtype))
    ratio[
        ~promised(expected, dtype)
        | ~expected.smooth
        | (np.abs(expected.high) > largest)
    ] = 0
    ratio[bad] = np.inf
    beyond = expected.smooth[:, 0] & (np.abs(expected.high[:, 0]) > largest)
    ratio[beyond] = np.where(np.isinf(got[beyond, :1]), 0, np.inf)
    pole = expected.status == POLE
    ratio[pole, 0] = np.where(got[pole, 0] == np.inf, 0, np.inf)
    ratio[(expected.status == OUTSIDE) | (expected.status == OVERFLOW)] = 0
    return ratio


def allowed_error(expected: Reference, dtype: str) -> np.ndarray:
    """The tolerance times `sum |terms|`, and what is lost where terms below the normal numbers
    become 0.

    A sum of n terms can lose n of the smallest normal numbers; where a probability itself is
    flushed, the factors h = g'/g and dL/dp that it is multiplied with count too, for which 1e4 is
    allowed.
    """
    tiny, n = float(np.finfo(dtype).tiny), expected.high.shape[1]
    return (
        TOLERANCE[dtype] * expected.allowed
        + tiny * np.where(expected.underflows, 1e4, 4 * n)[:, None]
    )


def promised(expected: Reference, dtype: str) -> np.ndarray:
    """Where the rule leaves a right digit; zeros and subnormal numbers have an absolute bound
    instead.
    """
    return ~normal(expected, dtype) | (
        allowed_error(expected, dtype) < 0.1 * np.abs(expected.high)
    )


def normal(expected: Reference, dtype: str) -> np.ndarray:
    """Where the true number exists and is a normal number of the dtype."""
    size = np.abs(expected.high)
    return (
        expected.smooth
        & (size >= float(np.finfo(dtype).tiny))
        & (size <= float(np.finfo(dtype).max))
    )


def value_and_gradient(function: Callable) -> Callable:
    """`(z, t) -> [1 + n]`: the value, then the gradient.

    Of an objective as it is composed. Its rule for one-hot targets has tests of its own, and would
    be compiled beside it.
    """
    if isinstance(function, ls.Objective):
        function = function.composed

    def both(z: jax.Array, t: jax.Array) -> jax.Array:
        value, gradient = jax.value_and_grad(function)(z, t)
        return jnp.concatenate([value[None], gradient])

    return both


def evaluate(
    functions: list,
    z: np.ndarray,
    t: np.ndarray,
    how: Callable = value_and_gradient,
    compiled: Callable = as_in_use,
) -> list:
    """Many functions over one batch, in one compiled program: an array of numbers for each."""
    batch = lambda z, t: tuple(jax.vmap(how(f))(z, t) for f in functions)
    return [np.asarray(x) for x in compiled(batch)(jnp.asarray(z), jnp.asarray(t))]


def eager(function: Callable) -> Callable:
    """Not compiled: one operation after the other."""
    return function


def compiler(n: int) -> Callable:
    """Few classes, and many, as in use; the sizes between and below briefly, as small sweeps are,
    to save time.
    """
    return as_in_use if n in (3, 100) else jit_fast_compile


def is_in_tables(normalizer: str, loss: str) -> bool:
    """Whether a pair is among those of the tables in docs/numerics.md."""
    if (normalizer, loss) in LEFT_OUT:
        return False
    return normalizer in COMPLETE or loss in CORE


@cache
def measured(
    normalizer: str, losses: tuple[str, ...], n: int, dtype: str
) -> dict[str, np.ndarray]:
    """Value and gradient of losses with a normalizer, [cases, 1 + n] each.

    For n = 3 in float64 the objectives themselves, compiled as small sweeps and diagnoses are.
    Elsewhere, as `compiler` says, the same chain of derivatives in two steps, so that the losses
    are compiled once for all normalizers: cotangents of (p, log p), then the transposed
    derivative of the normalizer.
    """
    z, t = stack(reference(f"{normalizer} + brier", n, dtype).cases, dtype)
    if n == 3 and dtype == "float64":
        objectives = [ls.objective(f"{normalizer} + {loss}") for loss in losses]
        return dict(
            zip(
                losses,
                evaluate(objectives, z, t, compiled=jit_fast_compile),
                strict=True,
            )
        )
    count, size = len(z), max(len(cases(name, n, dtype)) for name in NORMALIZERS)
    z, t = (np.concatenate([x, np.repeat(x[-1:], size - count, 0)]) for x in (z, t))
    function, compiled = ls.normalizer(normalizer), compiler(n)
    probs = compiled(jax.vmap(function))(z)
    values, cotangents = compiled_losses(losses, compiled)(probs, t)
    gradients = compiled(jax.vmap(partial(pulled_back, function), in_axes=(0, 1)))(
        z, cotangents
    )
    rows = jnp.concatenate([values[:, :, None], jnp.moveaxis(gradients, 1, 0)], axis=2)
    found = dict(zip(losses, np.asarray(rows)[:, :count], strict=True))
    # Only the pair as a whole keeps the digits of these.
    of_pairs = [loss for loss in OF_PAIRS if loss in losses]
    pairs = [ls.objective(f"{normalizer} + {loss}") for loss in of_pairs]
    whole = evaluate(pairs, z[:count], t[:count], compiled=compiled)
    return found | dict(zip(of_pairs, whole, strict=True))


@cache
def compiled_losses(losses: tuple[str, ...], compiled: Callable) -> Callable:
    """`losses_and_cotangents`, once for all normalizers."""
    return compiled(partial(losses_and_cotangents, losses))


def losses_and_cotangents(
    losses: tuple[str, ...], probs: ls.Probs, t: jax.Array
) -> tuple[jax.Array, ls.Probs]:
    """Losses of a batch of probabilities, [losses, batch], and their derivatives in (p, log p)."""
    pairs = [jax.vmap(jax.value_and_grad(ls.loss(loss)))(probs, t) for loss in losses]
    return jnp.stack([value for value, _ in pairs]), jax.tree.map(
        lambda *x: jnp.stack(x), *(d for _, d in pairs)
    )


def pulled_back(function: Callable, z: jax.Array, cotangents: ls.Probs) -> jax.Array:
    """[losses, n]: the gradients in z for cotangents [losses, n] of the probabilities."""
    _, transposed = jax.vjp(function, z)
    return jax.vmap(lambda cotangent: transposed(cotangent)[0])(cotangents)


@cache
def measured_logit_loss(loss: str, n: int, dtype: str) -> np.ndarray:
    return evaluate(
        [ls.objective(loss)],
        *stack(reference(loss, n, dtype).cases, dtype),
        compiled=compiler(n),
    )[0]


def measured_one(normalizer: str, loss: str, n: int, dtype: str) -> np.ndarray:
    """[cases, 1 + n]; "" as the normalizer of a loss of logits."""
    if not normalizer:
        return measured_logit_loss(loss, n, dtype)
    # Compiled together with those that are asked about in the same run.
    losses = CORE if loss in CORE else tuple(x for x in LOSSES if x not in CORE)
    return measured(normalizer, losses, n, dtype)[loss]


def forget() -> None:
    """Free all references and measurements, which take hundreds of megabytes, but not the programs
    that other normalizers share.
    """
    for cached in (reference, measured, measured_logit_loss):
        cached.cache_clear()

"""Every pair and every loss of logits against the oracle, by the rule of tests/oracle."""

from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.oracle import LOGIT_LOSSES, LOSSES, NORMALIZERS, OUTSIDE, OVERFLOW
from tests.oracle.accuracy import (
    ALL_SIZES,
    COMPLETE,
    CORE,
    LEFT_OUT,
    PROBES,
    SIZES,
    TOLERANCE,
    Reference,
    evaluate,
    measured_one,
    normal,
    promised,
    reference,
)
from tests.oracle.cases import stack
from tests.oracle.failures import UNDERFLOW, describe, failures, spec_of
from tests.shares import share


def is_asked_always(normalizer: str, loss: str, dtype: str) -> bool:
    """Of every normalizer two losses in float64; all of the core, and float32, of a share.

    In float32 each takes a program of 100 classes.
    """
    place = list(NORMALIZERS).index(normalizer)
    if dtype == "float32":
        return place % 9 == 0 and loss in CORE
    if normalizer in COMPLETE:
        return True
    return loss in PROBES or (place % 9 == 0 and loss in CORE)


PAIRS = [
    pytest.param(
        x,
        y,
        dtype,
        id=f"{x} + {y} {dtype}",
        marks=[] if is_asked_always(x, y, dtype) else [pytest.mark.slow],
    )
    for x in NORMALIZERS
    for y in LOSSES
    for dtype in TOLERANCE
    if (x, y) not in LEFT_OUT
]


NORMALIZED = "what a third class and its equals take from the sum over all labels"


# Where the terms of a formula cancel so far that the rule of tests/oracle leaves no digit, none
# is promised. With one-hot targets this happens for these formulas only, for the given reasons.
CANCELS = {
    "brier": "dL/dp_k - sum p dL/dp of a third class, where label and rival balance",
    "tsallis_score": "dL/dp_k - sum p dL/dp of a third class, where label and rival balance",
    "reverse_kl": "log(p_k / t_k) - sum p log(p / t) at its optimum",
    "label_smoothing": "p - t at its optimum",
    "clipped_cross_entropy": "-log(p + epsilon) at p = 1 - epsilon",
    "sample_dependent_focal": "the jump where p is the threshold",
    "bi_tempered": "dL/dp_k - sum p dL/dp of a third class, where label and rival balance",
    "jensen_shannon": "with softmax_one: dL/dp_k - sum p dL/dp of a third class",
    "normalized_cross_entropy": NORMALIZED,
    "normalized_focal": NORMALIZED,
    "normalized_generalized_cross_entropy": NORMALIZED,
    "active_passive": NORMALIZED,
    "active_negative": NORMALIZED,
    "ranked_probability_score": "gaps of cumulative sums of both signs below and above the label",
    "hard_bootstrapping": "two classes that are the largest to within rounding",
    "spherical_bound": "1/K + (z_k - mean) tanh(xi/2) / (2 xi) - t_k as the gap grows, "
    "with K = 2 and 3",
    "crammer_singer": "the margin an ulp before the hinge",
    "weston_watkins": "the margin an ulp before the hinge",
    "top_k_hinge": "the margin an ulp before the hinge",
    "max_sup": "p - t and the pull on the largest logit at its optimum",
}


CANCELS_WITH = {
    "sparsemax": "a class an ulp inside the support",
    "entmax": "a class an ulp inside the support",
    "sparsegen": "a class an ulp inside the support",
    "sparsehourglass": "a class an ulp inside the support; logits that sum to nearly 0",
    "budget": "a class an ulp from 0 or from 1",
    "normmax": "a class an ulp inside the support",
    "t_softmax": "a class an ulp above where it is cut off",
    "r_softmax": "a class an ulp above where it is cut off",
    "sparsemax_loss": "a class an ulp inside the support",
    "sparsegen_loss": "a class an ulp inside the support",
    "entmax_loss": "a class an ulp inside the support",
    "tempered": "sum p dL/dp of the spherical score, next to a logit of -1e30",
    "softpick": "sum p dL/dp of the spherical score, next to an offset of 1e8",
    "top_k": "sum p dL/dp of the spherical score, which is 0",
    "ev_softmax": "sum p dL/dp of the spherical score, which is 0",
    "eps_softmax": "sum p dL/dp of the spherical score, which is 0",
    "min_shift": "dp_j/dz_k = ((K - 1) p_j - 1) / S of the lowest class k, where its rivals tie",
}


TINY = {"tempered": 1e-29}
"""Numbers that may be lost: of logits of -1e30, whose probabilities are powers of them."""


RATIOS = ("sum", "square", "min_shift", "sparsemax")  # p may be 0 and move all the same


@pytest.mark.parametrize(("normalizer", "loss", "dtype"), PAIRS)
def test_pair(normalizer, loss, dtype):
    assert_right(normalizer, loss, dtype, SIZES[dtype])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_pair_of_other_sizes(normalizer, loss, dtype):
    assert_right(normalizer, loss, dtype, other_sizes(dtype))


@pytest.mark.parametrize(
    ("loss", "dtype"),
    [
        *product(LOGIT_LOSSES, ["float64"]),
        *share(product(LOGIT_LOSSES, ["float32"]), one_in=7),
    ],
)
def test_logit_loss(loss, dtype):
    assert_right("", loss, dtype, SIZES[dtype])


@pytest.mark.slow
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", LOGIT_LOSSES)
def test_logit_loss_of_other_sizes(loss, dtype):
    assert_right("", loss, dtype, other_sizes(dtype))


def other_sizes(dtype: str) -> list[int]:
    return [n for n in ALL_SIZES[dtype] if n not in SIZES[dtype]]


def assert_right(normalizer: str, loss: str, dtype: str, sizes: Iterable[int]) -> None:
    found = []
    for n in sizes:
        spec, expected = (
            spec_of(normalizer, loss),
            reference(spec_of(normalizer, loss), n, dtype),
        )
        got = measured_one(normalizer, loss, n, dtype)
        found += failures(spec, got, expected, dtype)
        assert_promises_are_kept(spec, got, expected, dtype)
        if n == 3:
            assert_undefined_outside_the_domain(spec, got, expected)
    assert not found, "\n".join(found)


def assert_promises_are_kept(
    spec: str, got: np.ndarray, expected: Reference, dtype: str
) -> None:
    """Where nothing is promised, the tables above say so; no 0 where the truth is not 0."""
    normalizer, _, loss = spec.rpartition(" + ")
    one_hot = np.array([1.0 in case.target for case in expected.cases])[:, None]
    cancels = TOLERANCE[dtype] * expected.allowed >= 0.1 * np.abs(expected.high)
    vacuous = normal(expected, dtype) & cancels & one_hot
    if not {normalizer.partition("(")[0], loss.partition("(")[0]} & {
        *CANCELS,
        *CANCELS_WITH,
    }:
        assert not vacuous.any(), describe(
            spec, got, expected, dtype, 1e99 * vacuous, *np.argwhere(vacuous)[0]
        )
    lost = (got == 0) & normal(expected, dtype) & promised(expected, dtype)
    if loss in UNDERFLOW:
        lost &= ~expected.underflows[:, None]
    if normalizer in TINY:
        lost &= np.abs(expected.high) > TINY[normalizer]
    assert not lost.any(), describe(
        spec, got, expected, dtype, 1e99 * lost, *np.argwhere(lost)[0]
    )


def assert_undefined_outside_the_domain(
    spec: str, got: np.ndarray, expected: Reference
) -> None:
    """With a normalizer all is NaN; the value of a loss of logits is not finite."""
    normalizer = spec.rpartition(" + ")[0]
    for i in np.flatnonzero(
        (expected.status == OUTSIDE) | (expected.status == OVERFLOW)
    ):
        whole = (
            got[i, :1] if normalizer in ("argmax", "softpick") else got[i]
        )  # the derivative is 0 everywhere, or where all p are 0
        undefined = (
            np.isnan(whole).all()
            if normalizer
            else not np.isfinite(got[i, 0]) or expected.status[i] == OVERFLOW
        )
        assert undefined, f"{spec} at z = {expected.cases[i].z}: {got[i]}"


CASES_OF_PARAMETERS = [
    (
        "softmax",
        (
            "focal(gamma=0.5)",
            "focal(gamma=0)",
            "poly1(epsilon=-1)",
            "tsallis_score(alpha=1)",
            "tsallis_score(alpha=2)",
        ),
    ),
    (
        "softmax",
        (
            "generalized_cross_entropy(q=0)",
            "generalized_cross_entropy(q=1)",
            "brier(convention='mean')",
        ),
    ),
    (
        "softmax",
        (
            "label_smoothing(smoothing=0)",
            "symmetric_cross_entropy(alpha=0.5, beta=2, log_zero=-3)",
        ),
    ),
    *(
        (
            x,
            (
                "tsallis_score(alpha=1)",
                "tsallis_score(alpha=2)",
                "generalized_cross_entropy(q=1)",
            ),
        )
        for x in RATIOS
    ),
    ("softmax(inverse_temperature=2)", ("cross_entropy", "brier")),
    ("softmax(inverse_temperature=0.25)", ("cross_entropy", "brier")),
    ("spherical(epsilon=1)", ("cross_entropy", "brier")),
    ("taylor(order=4)", ("cross_entropy", "brier")),
    ("taylor(order=8)", ("cross_entropy", "brier")),
    ("taylor(order=64)", ("cross_entropy", "brier")),
    ("iterated_exponential(depth=1)", ("cross_entropy", "brier")),
    ("iterated_exponential(depth=3)", ("cross_entropy", "brier")),
    ("softmax_one(sink=1.5)", ("cross_entropy", "brier")),
    ("evidential(evidence='exp')", ("cross_entropy", "brier")),
    ("evidential(evidence='softplus')", ("cross_entropy", "brier")),
    ("power(exponent=3)", ("cross_entropy", "brier")),
    # With brier, of (1e-300, 1, 1), the composed chain underflows before 1 / 1e-300.
    ("power(exponent=-1)", ("cross_entropy",)),
    ("power(exponent=0.5)", ("cross_entropy", "brier")),
    ("eps_softmax(amount=0.5)", ("cross_entropy", "brier")),
    ("entmax(alpha=1)", ("cross_entropy", "brier")),
    ("entmax(alpha=-1)", ("cross_entropy", "brier")),
    ("entmax(alpha=0)", ("cross_entropy", "brier")),
    ("entmax(alpha=0.5)", ("cross_entropy", "brier", "tsallis_score")),
    ("entmax(alpha=1.25)", ("cross_entropy", "brier")),
    ("tempered(temperature=1)", ("cross_entropy", "brier")),
    ("t_softmax(width=40)", ("cross_entropy", "brier")),
    ("r_softmax(rate=0.25)", ("cross_entropy", "brier")),
    ("r_softmax(rate=0)", ("cross_entropy", "brier")),
    ("sparsegen(sparsity=-1)", ("cross_entropy", "brier")),
    ("sparsehourglass(q=0.125)", ("cross_entropy", "brier")),
    ("budget(total=1)", ("cross_entropy", "brier")),
    ("budget(total=1.5)", ("cross_entropy", "brier")),
    ("normmax(alpha=1.5)", ("cross_entropy", "brier")),
    ("normmax(alpha=3)", ("cross_entropy", "brier")),
    ("entmax(alpha=2)", ("cross_entropy", "brier")),
    (
        "",
        (
            "entmax_loss(alpha=0.5)",
            "entmax_loss(alpha=1)",
            "entmax_loss(alpha=1.25)",
            "entmax_loss(alpha=2)",
            "squared_logits(scale=3, target=2)",
        ),
    ),
    (
        "softmax",
        (
            "alpha_loss(alpha=1)",
            "comp_sum(tau=2)",
            "comp_sum(tau=3)",
            "taylor_cross_entropy(order=1)",
            "taylor_cross_entropy(order=30)",
            "asymmetric_generalized_cross_entropy(a=0.001, q=0.5)",
            "asymmetric_unhinged(a=1.001, q=2)",
            "jensen_shannon(weight=0.01)",
            "jensen_shannon(weight=0.99)",
            "bi_tempered(t1=1)",
            "bi_tempered(t1=0.2)",
            "ranked_probability_score(convention='mean')",
        ),
    ),
    (
        "",
        (
            "logit_adjusted(prior=(0.75, 0.125, 0.125), tau=2)",
            "balanced_softmax(counts=(1, 1000, 30))",
            "ldam(counts=(1, 16, 1000), scale=5)",
            "cosface(margin=1, scale=1)",
            "evidential_log(evidence='softplus')",
            "evidential_digamma(evidence='softplus')",
            "evidential_mse(evidence='softplus')",
        ),
    ),
    (
        "",
        (
            "top_k_entropy(k=1)",
            "top_k_entropy(k=3)",
            "top_k_hinge(k=1)",
            "dual_focal(gamma=0)",
            "dual_focal(gamma=0.5)",
            "smooth_top_k_hinge(k=1)",
            "smooth_top_k_hinge(k=2, temperature=0.1)",
        ),
    ),
]


@pytest.mark.parametrize(("normalizer", "losses"), share(CASES_OF_PARAMETERS, one_in=2))
def test_parameters(normalizer, losses):
    expected = [reference(spec_of(normalizer, loss), 3, "float64") for loss in losses]
    objectives = [ls.objective(spec_of(normalizer, loss)) for loss in losses]
    got = evaluate(
        objectives, *stack(expected[0].cases, "float64"), compiled=jit_fast_compile
    )
    found = [
        failures(spec_of(normalizer, x), a, b, "float64")
        for x, a, b in zip(losses, got, expected, strict=True)
    ]
    assert not any(found), "\n".join(line for lines in found for line in lines)

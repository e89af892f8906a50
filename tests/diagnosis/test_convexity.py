"""Convexity agrees with theory: the theorem that proves it, or a witness against it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.sparsemax import sparsemax_rows
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import Values
from logitscape._src.diagnosis.questions import convexity
from logitscape._src.diagnosis.questions.certificates import tangent_excess
from logitscape._src.diagnosis.questions.pull_theorem import (
    logits_by_margin,
    violations_of_theorem,
)
from logitscape._src.diagnosis.subjects import subject
from tests.shares import share

CERTIFIED = {
    "softmax + cross_entropy": "pull theorem",
    "softmax + kl": "pull theorem",
    "softmax + exponential": "pull theorem",
    "softmax + poly1(epsilon=1)": "pull theorem",
    "softmax + poly1(epsilon=-1)": "pull theorem",
    "softmax + symmetric_cross_entropy(alpha=1, beta=0.2)": "pull theorem",
    "softmax(inverse_temperature=2) + cross_entropy": "logsumexp at inverse temperature 2",
    "softmax + label_smoothing": "logsumexp",
    "one_vs_rest": "softplus",
    "sparsemax_loss": "sparsemax",
    "squared_logits": "squares",
    "crammer_singer": "3 affine functions",
    "weston_watkins": "4 affine functions",
    "perceptron": "3 affine functions",
}
NOT_CONVEX = (
    "softmax + brier",
    "softmax + mae",
    "softmax + focal",
    "softmax + hellinger",
    "softmax + generalized_cross_entropy",
    "softmax + poly1(epsilon=1.1)",
    "softmax + symmetric_cross_entropy",
    "softmax + clipped_cross_entropy",
    "spherical + cross_entropy",
    "sum + cross_entropy",
    "taylor + cross_entropy",
)
NOT_FOUND = ("entmax_loss", "z_loss")


def clipped_far_out(z, label):
    """Bends the wrong way beyond a margin of 69 only."""
    return -jnp.log(jax.nn.softmax(z)[label] + 1e-30)


def in_float32(z, label):
    return -jax.nn.log_softmax(z.astype(jnp.float32))[label].astype(z.dtype)


def concave_kink(z, t):
    return -jnp.abs(z[0]) + 0 * jnp.sum(t)


def undefined(z, t):
    return jnp.sum(z * t) * jnp.nan


def diagnose(source):
    of = subject(source, num_classes=3)
    (answer,) = convexity.answers(of, DiagnosisConfig(of, 3))
    assert answer.question == "convexity"
    return answer


@pytest.mark.parametrize("spec", CERTIFIED)
def test_theorems(spec):
    answer = diagnose(spec)
    assert (answer.verdict, answer.severity) == ("convex (certified)", "fine")
    assert CERTIFIED[spec] in answer.text


@pytest.mark.parametrize("spec", share(NOT_CONVEX, one_in=2))
def test_the_hessian_at_the_witness_has_a_negative_eigenvalue(spec):
    answer = diagnose(spec)
    assert (answer.verdict, answer.severity, answer.witness.expression) == (
        "not convex",
        "note",
        "hessian",
    )
    target = jnp.array(answer.witness.target)
    hessian = jax.jit(jax.hessian(ls.objective(spec).function))(
        jnp.array(answer.witness.logits), target
    )
    assert np.linalg.eigvalsh(hessian)[0] <= answer.number / 2 < 0


@pytest.mark.parametrize("spec", NOT_FOUND)
def test_no_theorem_is_no_certificate(spec):
    assert diagnose(spec).verdict == "no negative curvature found"


def test_weak_pull_beyond_the_box():
    answer = diagnose(clipped_far_out)
    assert answer.verdict == "not convex"
    assert answer.witness.logits[0] < -30
    assert answer.number < -0.1


@pytest.mark.parametrize("source", [concave_kink, "argmax + mae"])
def test_kinks_and_jumps_are_seen_by_chords(source):
    answer = diagnose(source)
    assert (answer.verdict, answer.witness.expression) == ("not convex", "chord")
    assert answer.number < 0


def test_rounding_is_no_curvature():
    assert diagnose(in_float32).severity == "fine"


@pytest.mark.parametrize("temperature", [0.07, 1e-3])
def test_rounding_is_no_curvature_where_almost_all_curvature_has_faded(temperature):
    """A search for the least eigenvalue ends where only what rounding leaves is negative."""
    weights = np.array([20.0, 1.0, 0.3])

    def weighted(z, t):
        return -jnp.sum(weights * t * jax.nn.log_softmax(z / temperature))

    assert diagnose(weighted).verdict == "convex (certified)"


@pytest.mark.parametrize("size", [1.0, 1e-6])
def test_curvature_is_negative_at_any_temperature_and_size(size):
    def bounded(z, t):
        return size * (1 - jnp.sum(t * jax.nn.softmax(z / 0.07)))

    def faint_dent(z, t):
        return ls.objective("squared_logits")(z, t) + 1.1 * jnp.exp(-jnp.sum(z * z))

    assert diagnose(bounded).verdict == "not convex"
    assert diagnose(faint_dent).verdict == "not convex"


def test_undefined_losses():
    assert diagnose(undefined).verdict == "undecided"


def test_a_function_without_second_derivatives():
    @jax.custom_vjp
    def squares(z):
        return jnp.sum(z * z)

    def backward(z, g):
        return (
            jax.pure_callback(
                lambda x: 2 * np.asarray(x), z, z, vmap_method="sequential"
            )
            * g,
        )

    squares.defvjp(lambda z: (squares(z), z), backward)
    answer = diagnose(lambda z, t: squares(z) + 0 * jnp.sum(t))
    assert answer.verdict == "undecided"
    assert "second derivatives" in answer.text


def test_tangent_planes_lie_below_a_convex_function():
    z = np.random.default_rng(0).normal(size=(40, 3))
    square = Values((z * z).sum(axis=1), 2 * z)
    assert (tangent_excess(z, square) <= 0).all()
    assert (tangent_excess(z, Values(-square.loss, -square.gradient)) > 0).any()


def test_logits_have_the_log_odds_that_were_asked_for():
    margins, rivals = np.array([-2.0, 3.0]), np.array([5.0, 2.0])
    p = jax.nn.softmax(jnp.array(logits_by_margin(margins, rivals)))[:, 0]
    np.testing.assert_allclose(np.log(p / (1 - p)), [-2, 3])


def test_a_pull_that_grows_or_is_negative():
    assert not violations_of_theorem(np.array([3.0, 2.0, 1.0])).any()
    assert violations_of_theorem(np.array([1.0, 2.0, 1.0])).tolist() == [True, False]
    assert violations_of_theorem(np.array([1.0, -1.0, -1.0])).any()


def test_sparsemax_is_that_of_the_catalog():
    z = np.random.default_rng(0).normal(size=(20, 4))
    np.testing.assert_allclose(
        sparsemax_rows(z), ls.drop_in("sparsemax")(jnp.array(z)), atol=1e-12
    )

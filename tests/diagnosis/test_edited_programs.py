"""Steps of a loss are left out of its traced program, which tells what ends its gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import mistakes
from logitscape._src.diagnosis.questions.edited_programs import (
    Step,
    gradients_of_edited,
    run_edited,
)
from logitscape._src.diagnosis.subjects import subject

N = 4


def mistakes_of(loss, **arguments) -> dict[str, Answer]:
    with enable_x64(), np.errstate(all="ignore"):
        about = subject(loss, num_classes=N, **arguments)
        config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
        return {each.verdict: each for each in mistakes.answers(about, config)}


def test_a_step_without_its_constant_is_what_it_was_given() -> None:
    def loss(z, t):
        return jnp.sum(t * jnp.maximum(jnp.sin(z) + 3.0, 2.5))

    def without_clip(step: Step):
        is_clip = step.name == "max" and step.has_constant
        return step.given if is_clip else step.output

    with enable_x64():
        z, t = np.linspace(-2, 2, N), np.ones(N)
        traced = jax.make_jaxpr(loss)(z, t)
        np.testing.assert_allclose(
            run_edited(traced, z, t, lambda s: s.output), loss(z, t)
        )
        left = run_edited(traced, z, t, without_clip)
        np.testing.assert_allclose(left, np.sum(np.sin(z) + 3))


def clipped_exponent(z, t):
    a = jnp.exp(jnp.clip(z, -10, 10)) + 1
    return jnp.sum(t * (jnp.log(a.sum()) - jnp.log(a)))


def capped_loss(z, t):
    return jnp.minimum(jnp.sum(t * jax.nn.log_softmax(z)) ** 2, 30.0)


@pytest.mark.parametrize(
    ("loss", "bound"), [(clipped_exponent, 10.0), (capped_loss, 30.0)]
)
def test_the_clip_that_ends_the_gradient_is_named(loss, bound) -> None:
    answer = mistakes_of(loss)["clipped value"]
    assert answer.severity == "fault"
    assert abs(answer.number) == bound


def test_a_clip_that_no_gradient_needs_is_none() -> None:
    def loss(z, t):
        return -jnp.sum(t * jnp.minimum(jax.nn.log_softmax(z), 0.0))

    assert set(mistakes_of(loss)) == {"none recognised"}


def shares_in_the_root(z, t):
    """No formula of the catalogue: the logarithm of a power with a constant."""
    return -jnp.sum(t * jnp.log(jax.nn.softmax(z) ** 2 + 1e-6))


def test_a_constant_in_the_logarithm_of_any_loss_is_named() -> None:
    answer = mistakes_of(shares_in_the_root)["epsilon inside the logarithm"]
    assert answer.number == pytest.approx(1e-6)


def logarithms_of_each(logits, targets):
    p = jax.nn.sigmoid(logits)
    each = targets * jnp.log(p + 1e-5) + (1 - targets) * jnp.log(1 - p + 1e-5)
    return -jnp.mean(jnp.sum(each, -1))


def test_a_constant_is_named_where_every_class_has_an_answer() -> None:
    answer = mistakes_of(logarithms_of_each, form="multi-label")[
        "epsilon inside the logarithm"
    ]
    assert answer.number == pytest.approx(1e-5)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_loss_that_rises_again_when_right_is_named(factor) -> None:
    def loss(z, t):
        log_p = jnp.sum(t * jax.nn.log_softmax(z))
        return -log_p + factor * jnp.exp(log_p)

    # -log p + c p rises from p = 1 / c on.
    named = mistakes_of(loss)
    assert ("never certain" in named) == (factor > 1)
    if factor > 1:
        assert named["never certain"].number == pytest.approx(1 / factor, abs=0.03)


def test_differences_that_overflow_are_told_from_probabilities_that_underflow() -> None:
    def of_differences(z, t):
        return jnp.log(jnp.sum(jnp.exp(z - jnp.sum(t * z))))

    def of_probability(z, t):
        return -jnp.log(jnp.sum(t * jax.nn.softmax(z)))

    assert "exponential overflows" in mistakes_of(of_differences)
    assert "logarithm of a probability" in mistakes_of(of_probability)


def test_a_part_with_a_rule_of_its_own_may_have_no_derivative_without_it() -> None:
    """A loop that ends by itself: the clip is found where it can be, and no question fails."""

    @jax.custom_jvp
    def root(x):
        """The square root by Newton's method."""
        return jax.lax.while_loop(
            lambda r: jnp.any(jnp.abs(r * r - x) > 1e-9 * x),
            lambda r: (r + x / r) / 2,
            x,
        )

    @root.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        return root(x), dx / (2 * root(x))

    def loss(z, t):
        p = jax.nn.softmax(z)
        return -jnp.log(jnp.maximum(jnp.sum(t * root(p) ** 2), 1e-4))

    with enable_x64():
        z, t = jnp.arange(N, dtype=float), jnp.eye(N)[0]
        traced = jax.make_jaxpr(loss)(z, t)
        slopes = gradients_of_edited(
            traced, z[None], t[None], lambda: lambda s: s.output
        )
    assert np.isnan(slopes).all()
    assert mistakes_of(loss)

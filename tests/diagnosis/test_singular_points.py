"""Points at which a step of the program is singular, found by the kind of the step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.questions import singular_points
from logitscape._src.diagnosis.subjects import subject

N = 4


def surprisal(z: Array, t: Array) -> Array:
    return -jnp.sum(t * jax.nn.log_softmax(z))


def unselected_quotient(z: Array, t: Array) -> Array:
    weights = jnp.where(z >= 0, z + 1, 1 / (1 - z))
    return -jnp.log(jnp.sum(t * weights) / jnp.sum(weights))


def guarded_by_equality(z: Array, t: Array) -> Array:
    x = z - 0.3
    return surprisal(z, t) + jnp.sum(jnp.where(x == 0, 1.0, jnp.sin(x) / x))


def root_of_a_rectified(z: Array, t: Array) -> Array:
    return surprisal(z, t) + jnp.sum(jnp.sqrt(jnp.maximum(z, 0)))


def distance_from_a_prior(z: Array, t: Array) -> Array:
    return surprisal(z, t) + jnp.linalg.norm(
        z - jnp.array([0.0, 0.37, 0.74, 1.11]).astype(z.dtype)
    )


def quotient_of_a_margin(z: Array, t: Array) -> Array:
    margin = jnp.sum(t * z) - jnp.max(jnp.where(t > 0, -1e9, z))
    return jnp.where(margin == 0, 1.0, jnp.expm1(-margin) / -margin)


def another_value(z: Array, t: Array) -> Array:
    return surprisal(z, t) + jnp.where(z[0] == 7.25, 5.0, 0.0)


def guarded_norm(z: Array, t: Array) -> Array:
    square = jnp.sum(z * z)
    positive = square > 0
    root = jnp.sqrt(jnp.where(positive, square, 1.0))
    return surprisal(z, t) + jnp.where(positive, root, 0.0)


def guarded_quotient(z: Array, t: Array) -> Array:
    weights = jnp.where(z >= 0, z + 1, 1 / (1 - jnp.minimum(z, 0)))
    return -jnp.log(jnp.sum(t * weights) / jnp.sum(weights))


def asked(loss) -> Answer:
    with enable_x64(), np.errstate(all="ignore"):
        config = DiagnosisConfig(
            reference=subject("softmax + cross_entropy", num_classes=N), num_classes=N
        )
        (answer,) = singular_points.answers(subject(loss, num_classes=N), config)
    return answer


@pytest.mark.parametrize(
    "loss",
    [
        unselected_quotient,
        guarded_by_equality,
        root_of_a_rectified,
        distance_from_a_prior,
        quotient_of_a_margin,
    ],
)
def test_every_kind_of_singular_step_is_found(loss) -> None:
    answer = asked(loss)
    assert answer.verdict == "not finite at single logits"
    witness = answer.witness
    assert witness is not None
    with enable_x64(), np.errstate(all="ignore"):
        values = evaluate(
            subject(loss, num_classes=N), [witness.logits], [witness.target]
        )
    assert not np.isfinite(np.r_[values.loss, values.gradient[0]]).all()


def test_a_value_of_its_own_is_found() -> None:
    answer = asked(another_value)
    assert answer.verdict == "another value at single logits"
    assert answer.witness is not None
    assert answer.witness.logits[0] == 7.25


@pytest.mark.parametrize(
    "loss",
    [
        guarded_norm,
        guarded_quotient,
        "softmax + cross_entropy",
        "sparsemax_loss",
        "sum + cross_entropy",
        "spherical + brier",
        # A pole, jumps between ties, an even function, and a corner without a positive logit.
        "abs + cross_entropy",
        "argmax + hellinger",
        "square + mae",
        "relu + hellinger",
    ],
)
def test_guarded_steps_and_genuine_poles_are_no_fault(loss) -> None:
    assert asked(loss).verdict == "no singular point found"

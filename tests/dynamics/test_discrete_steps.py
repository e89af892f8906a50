"""Numbers of steps that optimizers take, against plain loops and the time of the flow."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.base.optimizers import OPTIMIZERS
from logitscape._src.dynamics.discrete import (
    CAPPED,
    DIVERGED,
    STOPPED,
    steps_to_correct,
)
from logitscape._src.dynamics.flow import flow


def by_hand(spec, z, optimizer, most=10_000):
    gradient = jax.jit(jax.grad(ls.objective(spec).function))
    target, state = jnp.eye(len(z))[0], optimizer.init(z)
    for count in range(most):
        if int(jnp.argmax(z)) == 0:
            return count
        with jax.numpy_dtype_promotion("standard"):
            updates, state = optimizer.update(gradient(z, target), state, z)
        z = optax.apply_updates(z, updates)
    return -1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_a_plain_loop(name):
    optimizer = OPTIMIZERS[name](0.3)
    starts = np.array([[-1.0, 1.0, 0.0], [-2.0, 0.5, 0.3], [1.0, 0.0, 0.0]])
    steps = steps_to_correct("softmax + brier", starts, optimizer)
    assert steps.counts[0].tolist() == [
        by_hand("softmax + brier", jnp.array(z), optimizer) for z in starts
    ]
    assert steps.reached.all()


def test_normalised_steps_do_not_mind_saturation():
    specs, start = ["softmax + mae", "softmax + cross_entropy"], [-5.0, 5.0]
    slow, normal = steps_to_correct(specs, start, OPTIMIZERS["sgd"](0.1)).counts[:, 0]
    assert slow > 100 * normal
    slow, normal = steps_to_correct(specs, start, OPTIMIZERS["adam"](0.1)).counts[:, 0]
    assert slow < 2 * normal


def test_small_steps_of_descent_take_the_time_of_the_flow():
    time = flow("softmax + cross_entropy", [-5.0, 5.0]).times[0, 0]
    count = steps_to_correct(
        "softmax + cross_entropy", [-5.0, 5.0], OPTIMIZERS["sgd"](1e-3)
    ).counts[0, 0]
    assert count * 1e-3 == pytest.approx(time, rel=1e-2)


def test_steps_that_lead_nowhere_have_a_reason():
    start, run = [-5.0, 5.0, 0.0], OPTIMIZERS["sgd"](0.1)
    steps = steps_to_correct(
        ["sparsemax + brier", "sum + cross_entropy", "softmax + mae"],
        start,
        run,
        most=50,
    )
    assert steps.reasons[:, 0].tolist() == [STOPPED, DIVERGED, CAPPED]
    assert steps.counts[:, 0].tolist() == [-1, -1, -1]
    with pytest.raises(
        ValueError, match=r"`steps_to_correct\(most=...\)` must be at least 1, got 0."
    ):
        steps_to_correct("softmax + mae", start, run, most=0)

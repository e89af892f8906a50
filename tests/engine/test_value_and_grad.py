"""`ls.value_and_grad` of a batch gives the losses and gradients of its examples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.shares import share

Z = jnp.array([0.3, 1.2, 2.0])


@pytest.mark.parametrize("spec", ["softmax + cross_entropy", "entmax + brier"])
@pytest.mark.parametrize(
    ("n", "m"),
    share([(3, 5), (20, 30000), (10, 7), (3, 100000), (20, 7), (10, 40000)], one_in=3),
)
def test_value_and_grad_of_a_batch_is_that_of_its_examples(
    spec: str, n: int, m: int
) -> None:
    rng = np.random.default_rng(0)
    rows, labels = (
        jnp.asarray(rng.normal(size=(m, n))),
        jnp.asarray(rng.integers(0, n, m)),
    )
    plain = ls.per_example(spec)

    def total(z):
        losses = plain(z, labels)
        return losses.sum(), losses

    (_, expected), slopes = jax.jit(jax.value_and_grad(total, has_aux=True))(rows)
    for class_axis in (-1, 0):
        losses, gradients = jax.jit(ls.value_and_grad(spec, class_axis=class_axis))(
            rows if class_axis else rows.T, labels
        )
        np.testing.assert_allclose(losses, expected, rtol=1e-12)
        np.testing.assert_allclose(
            gradients if class_axis else gradients.T, slopes, rtol=1e-11, atol=1e-15
        )


@pytest.mark.parametrize(("n", "m"), [(3, 300), (10, 20000)])
def test_value_and_grad_can_be_differentiated(n: int, m: int) -> None:
    """Losses and gradients have the derivatives of the plain form, not those of blocks."""
    rng = np.random.default_rng(0)
    z, y = jnp.asarray(rng.normal(size=(m, n))), jnp.asarray(rng.integers(0, n, m))
    run = ls.value_and_grad("softmax + cross_entropy")
    gradients = jax.jit(run)(z, y)[1]
    np.testing.assert_allclose(
        jax.jit(jax.grad(lambda z: run(z, y)[0].sum()))(z),
        gradients,
        rtol=1e-12,
        atol=1e-15,
    )
    curvature = jax.jit(
        lambda z: jax.jvp(lambda z: run(z, y)[1], (z,), (jnp.ones_like(z),))[1]
    )(z)
    np.testing.assert_allclose(curvature, 0, atol=1e-15)  # invariant to a shift
    slopes = jax.jit(lambda z: jax.jvp(lambda z: run(z, y)[0], (z,), (gradients,))[1])(
        z
    )
    np.testing.assert_allclose(slopes, (gradients**2).sum(1), rtol=1e-12)


def test_value_and_grad_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="must be 0 or -1, got 1"):
        ls.value_and_grad("softmax + brier", class_axis=1)
    with pytest.raises(ValueError, match="must have two axes"):
        ls.value_and_grad("softmax + brier")(Z, jnp.array(0))
    with pytest.raises(IndexError, match="between 0 and 2"):
        ls.value_and_grad("softmax + brier")(jnp.stack([Z]), jnp.array([3]))

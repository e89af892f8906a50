"""Ignored labels, masks and weights, in `ls.per_example` and `ls.linear_loss` alike."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

X = jax.random.normal(jax.random.PRNGKey(0), (6, 4))
W = jax.random.normal(jax.random.PRNGKey(1), (3, 4))
Y = np.array([0, 1, 2, -100, 1, 0])
MASK = np.array([True, True, True, True, True, False])
WEIGHTS = np.array([1.0, 2.0, 0.0, 1.0, 0.5, 3.0])
CLASSES = [1.0, 2.0, 0.5]
COUNTS = np.array([1.0, 4.0, 0.0, 0.0, 1.0, 0.0])
"""What the losses are multiplied with: the weight of the row times that of its class."""


@pytest.mark.lengthy
def test_losses_and_gradients_are_those_of_the_examples_that_count() -> None:
    plain = ls.per_example("sum + brier")(X @ W.T + 9, np.clip(Y, 0, 2))
    options = {"ignored_label": -100, "class_weights": CLASSES}
    # What does not count may be anything: a logit of NaN, or outside of the domain.
    x = X.at[5].set(jnp.nan).at[3].set(jnp.inf)
    z = jnp.where((COUNTS > 0)[:, None], X @ W.T + 9, -jnp.inf)
    given = {"mask": MASK, "example_weights": WEIGHTS}
    of_logits = ls.per_example("sum + brier", **options)
    of_layer = ls.linear_loss("sum + brier", tile=2, **options)
    bias = jnp.full(3, 9.0)
    for run in (lambda f: f, jax.jit):
        losses = run(of_logits)(z, Y, **given)
        layer = run(of_layer)(x, W, Y, bias=bias, **given)
        np.testing.assert_allclose(losses, COUNTS * plain, rtol=1e-12)
        np.testing.assert_allclose(layer, losses, rtol=1e-12)
    gradient = jax.grad(lambda z: of_logits(z, Y, **given).sum())(z)
    assert (gradient[COUNTS == 0] == 0).all()
    assert (gradient[COUNTS > 0] != 0).any(axis=1).all()
    of_weights = jax.grad(lambda w: of_layer(x, w, Y, bias=bias, **given).sum())(W)
    np.testing.assert_allclose(of_weights, gradient.T @ jnp.nan_to_num(X), rtol=1e-9)


def test_targets_are_masked_and_weighted_too() -> None:
    z, t = jnp.stack([jnp.full(2, jnp.nan), jnp.ones(2)]), jnp.ones((2, 2))
    loss = ls.per_example("sigmoid_cross_entropy")
    expected = [0, 3 * loss(z[1:], t[1:])[0]]
    weights, mask = np.array([1.0, 3.0]), np.array([False, True])
    np.testing.assert_allclose(loss(z, t, mask=mask, example_weights=weights), expected)


def test_traced_weights_out_of_range_give_nan() -> None:
    run = jax.jit(
        lambda w: ls.per_example("softmax + brier")(X @ W.T, Y % 3, example_weights=w)
    )
    losses = run(jnp.array([1.0, -1.0, jnp.nan, jnp.inf, 0.0, 1.0]))
    np.testing.assert_array_equal(
        np.isnan(losses), [False, True, True, True, False, False]
    )


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"mask": MASK[:2]}, ValueError, r"`mask` must have shape \(6,\)"),
        ({"mask": WEIGHTS}, TypeError, "`mask` must be boolean, got float64"),
        ({"example_weights": -WEIGHTS}, ValueError, "at least 0, got -1.0"),
        ({"example_weights": WEIGHTS[:3]}, ValueError, r"must have shape \(6,\)"),
    ],
)
def test_bad_arguments_are_explained(given, error, message: str) -> None:
    with pytest.raises(error, match=message):
        ls.per_example("softmax + brier")(X @ W.T, Y % 3, **given)
    with pytest.raises(error, match=message):
        ls.linear_loss("softmax + brier")(X, W, Y % 3, **given)


@pytest.mark.parametrize("make", [ls.per_example, ls.linear_loss])
def test_bad_options_are_explained(make) -> None:
    with pytest.raises(
        ValueError, match=r"`\w+\(class_weights=\.\.\.\)` must be finite"
    ):
        make("softmax + brier", class_weights=[1, -1])
    with pytest.raises(ValueError, match="one number for each class"):
        make("softmax + brier", class_weights=np.array(3.0))
    loss = make("softmax + brier", class_weights=[1, 1])
    arguments = (X @ W.T,) if make is ls.per_example else (X, W)
    with pytest.raises(ValueError, match="each of the 3 classes, got 2"):
        loss(*arguments, Y % 3)

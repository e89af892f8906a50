"""Losses of what matches [N] and of what does not [N, m] are known by trying."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.nn import logsumexp

from logitscape._src.forms.adapt import as_code, in_form
from logitscape._src.forms.recognise import recognise

N = 6


def contrasted(anything, others):
    """Nothing else fits, whatever the names are."""
    s = jnp.concatenate([anything[:, None], others], axis=1)
    return logsumexp(s, axis=1) - s[:, 0]


def decoupled(pos_dist, neg_dist):
    """As in CEBRA: the loss, and its two parts."""
    largest = jax.lax.stop_gradient(neg_dist.max(axis=1))
    align = -jnp.mean(pos_dist - largest)
    uniform = jnp.mean(logsumexp(neg_dist - largest[:, None], axis=1))
    return align + uniform, align, uniform


def of_any_shape(positive, negative):
    """It takes logits [n] and a target [n] as well; its names say what it is for."""
    return jnp.sum(logsumexp(negative, axis=-1) - positive)


@pytest.mark.parametrize(
    ("loss", "reduction"),
    [(contrasted, "none"), (decoupled, "mean"), (of_any_shape, "sum")],
)
def test_the_label_is_the_match_and_the_rivals_are_the_others(loss, reduction) -> None:
    found = recognise(loss, N)
    assert (found.form, found.reduction) == ("positives", reduction)
    z, label = jnp.linspace(-1.0, 2.0, N), 4
    t = jax.nn.one_hot(label, N, dtype=z.dtype)
    expected = logsumexp(jnp.delete(z, label)) - z[label]
    if loss is contrasted:
        expected = logsumexp(z) - z[label]
    np.testing.assert_allclose(in_form(loss, found)(z, t), expected, rtol=1e-5)
    code = eval(as_code("loss", found), {"loss": loss, "jnp": jnp})
    np.testing.assert_allclose(code(z, t), expected, rtol=1e-5)


def test_names_alone_do_not_tell() -> None:
    def of_one(positive, negative):
        return -jnp.sum(negative * jax.nn.log_softmax(positive))

    assert recognise(of_one, N).form == "one example"

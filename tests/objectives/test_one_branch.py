"""A batch takes the short way or the exact one as a whole: no row depends on which it is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

N = 70
ORDINARY = np.sin(np.arange(N) * 1.7)
ODD = {
    "huge": 1e300 * ORDINARY,
    "tiny": 1e-300 * ORDINARY,
    "zero": 0 * ORDINARY,
    "masked": np.where(np.arange(N) % 7 == 3, -np.inf, ORDINARY),
    "the label is far above": ORDINARY + 1e9 * (np.arange(N) == 5),
    "a common offset": ORDINARY + 1e9,
}
CASES = {
    "logit_norm > softmax + cross_entropy": ("huge", "tiny", "zero", "masked"),
    "clip_norm > softmax + cross_entropy": ("huge", "tiny", "zero", "masked"),
    "squentropy": ("the label is far above",),
    "squared_logits(scale=2)": ("the label is far above", "zero"),
    "max_sup": ("a common offset", "zero"),
}


@pytest.mark.parametrize("spec", CASES)
def test_rows_are_the_same_beside_any_others(spec: str) -> None:
    losses = ls.per_example(spec)

    @jax.jit
    def values_and_slopes(z: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
        slopes = jax.grad(lambda z: losses(z, y).sum())(z)
        return losses(z, y), slopes

    rows = np.stack([ORDINARY, *(ODD[name] for name in CASES[spec])])
    labels = np.full(len(rows), 5)
    together = values_and_slopes(jnp.asarray(rows), jnp.asarray(labels))
    composed = jax.value_and_grad(ls.objective(spec).composed)
    for k, row in enumerate(rows):
        alone = values_and_slopes(jnp.asarray(rows[k : k + 1]), jnp.asarray([5]))
        value, slope = composed(jnp.asarray(row), jax.nn.one_hot(5, N, dtype=float))
        for got, exact in zip(together, (value, slope), strict=True):
            size = np.max(np.abs(np.asarray(exact)))
            np.testing.assert_allclose(got[k], exact, rtol=1e-12, atol=1e-14 * size)
        for got, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(got[k], other[0], rtol=1e-13, atol=0)

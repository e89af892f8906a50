"""The short way of softmax with cross-entropy gives the numbers of the long one."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.audit.config import make_setting
from logitscape._src.audit.example_numbers import numbers_of
from logitscape._src.audit.program import compiled
from logitscape._src.audit.textbook import numbers_of_textbook

RNG = np.random.default_rng(0)
M, N = 400, 6


def hostile() -> tuple[np.ndarray, np.ndarray]:
    """Logits of every size, with ties, masked classes, and margins of -60 to 60."""
    z = RNG.normal(size=(M, N)) * np.geomspace(1e-3, 1e3, M)[:, None]
    y = RNG.integers(0, N, M)
    z[:40] = np.round(z[:40] * 100)
    z[40:60], z[60:80, 1] = 1.0, -np.inf
    y[60:80] = 0
    z[80:120] = 0
    z[np.arange(80, 120), y[80:120]] = np.linspace(-60, 60, 40)
    return z, y


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_numbers_are_those_of_any_loss(dtype: str) -> None:
    given, labels = hostile()
    z, y = jnp.asarray(given, dtype), jnp.asarray(labels, jnp.int32)
    setting = make_setting(
        "softmax + cross_entropy",
        ("softmax + brier",),
        num_classes=N,
        normalizer=None,
        is_soft=False,
        dtype="bfloat16",
        threshold=1e-3,
    )
    assert setting.predicts_by_softmax

    def long(z: Any, y: Any) -> Any:
        pairs = [jax.value_and_grad(loss)(z, y) for loss in setting.losses]
        slopes = jnp.stack([slope for _, slope in pairs])
        return numbers_of(setting, z, y, pairs[0][0], slopes)

    def short(z: Any, y: Any) -> Any:
        others = [jax.grad(loss)(z, y) for loss in setting.losses[1:]]
        return partial(numbers_of_textbook, setting)(z, y, others)

    (examples, *rest), (expected, *of_long) = (
        jax.jit(jax.vmap(way))(z, y) for way in (short, long)
    )
    rtol = 2e-5 if dtype == "float32" else 1e-12
    for name, ours, theirs in zip(examples._fields, examples, expected, strict=True):
        # The long way squares 1 - p, which has lost its digits where p is nearly 1.
        atol = 1e-6 if name in ("brier", "cosine") else 1e-37
        np.testing.assert_allclose(ours, theirs, rtol, atol, err_msg=name)
    for ours, theirs in zip(rest, of_long, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol, 1e-37)


def test_equal_settings_share_a_compiled_program() -> None:
    """A series of audits compiles once."""
    one, other = (
        make_setting(
            "softmax + cross_entropy",
            ("softmax + focal(gamma=2)",),
            num_classes=3,
            normalizer=None,
            is_soft=False,
            dtype="float32",
            threshold=1e-3,
        )
        for _ in range(2)
    )
    assert one == other
    assert compiled(one) is compiled(other)

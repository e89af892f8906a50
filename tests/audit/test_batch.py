"""A probe of a batch says what an audit says of the same logits, under the same names."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

RNG = np.random.default_rng(0)
M, N = 1500, 6
Z = (3 * RNG.normal(size=(M, N))).astype(np.float32)
Y = RNG.integers(0, N, M)
Z[np.arange(M), Y] += 3
SEVERAL = (RNG.random((M, N)) < 0.3).astype(np.float32)
# An audit takes one of the values, a probe lies between two of them.
BETWEEN = ("norm_5", "norm_50", "norm_95", "margin_5", "margin_50", "margin_95")
OF_PROBES = ("not_finite", "measured")


def dirty() -> tuple[np.ndarray, np.ndarray]:
    z, y = Z.copy(), Y.copy()
    z[3, 1], z[7, 0], y[10:40] = np.nan, np.inf, -100
    z[50:90] *= 40
    return z, y


@pytest.mark.parametrize(
    ("source", "z", "target", "options"),
    [
        ("softmax + brier", *dirty(), {"ignored_label": -100}),
        ("sigmoid_cross_entropy", Z, SEVERAL, {}),
        ("siglip", Z, SEVERAL, {}),
        (lambda z, t: jax.nn.relu(1 - z @ t), Z, Y, {}),
    ],
    ids=["labels", "multilabel", "contrastive", "own"],
)
def test_a_probe_and_an_audit_agree(
    source: Any, z: np.ndarray, target: np.ndarray, options: dict[str, Any]
) -> None:
    probe = jax.jit(ls.probe(source, **options))
    found = probe(z, target).by_name()
    audit = ls.audit(z, target, source, **options)
    assert set(found) - set(OF_PROBES) <= set(audit.by_name) | {
        "overconfidence",
        "ece",
        "brier",
    }
    assert found["measured"] == audit.counts()["measured"]
    left_out = audit.counts()["not_finite"] + audit.counts()["without_loss"]
    counted = audit.counts()["examples"] - audit.counts()["ignored"]
    np.testing.assert_allclose(found["not_finite"], left_out / counted, rtol=1e-6)
    for name, value in found.items():
        if name in OF_PROBES or (name == "accuracy" and left_out):
            continue  # A probe counts as wrong what is not finite.
        if name not in audit.by_name:
            assert np.isnan(value), name
            continue
        expected = audit[name].estimate.value
        rtol, atol = (0.02, 0.02) if name in BETWEEN else (2e-5, 2e-7)
        np.testing.assert_allclose(value, expected, rtol, atol, err_msg=name)


def test_a_linear_layer_is_probed_as_its_logits_are() -> None:
    x = RNG.normal(size=(5, 100, 8)).astype(np.float32)
    w = RNG.normal(size=(N, 8)).astype(np.float32)
    bias = RNG.normal(size=N).astype(np.float32)
    y = Y[:500].reshape(5, 100).copy()
    y[0, :30] = -1
    probe = ls.probe_linear_loss("softmax + focal", tile=64, ignored_label=-1)
    found = jax.jit(probe)(x, w, y, bias=bias)
    logits = (x @ w.T + bias).reshape(-1, N)
    dense = ls.probe("softmax + focal", ignored_label=-1)(logits, y.ravel())
    for name, ours, theirs in zip(found._fields, found, dense, strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-4, 1e-6, err_msg=name)
    mask = np.ones(y.shape, bool)
    mask[0, :30] = False
    masked = ls.probe_linear_loss("softmax + focal")(
        x, w, np.maximum(y, 0), bias=bias, mask=mask
    )
    np.testing.assert_allclose(masked.ece, found.ece, 1e-4)
    assert np.isnan(jax.jit(probe)(x, w, y + 3, bias=bias).loss)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_limits_and_collapse_are_those_of_the_dtype(dtype: str) -> None:
    wide = np.zeros((400, 3), np.float32)
    wide[:, 0] = np.linspace(0, 40, 400)
    y = jnp.zeros(400, int)
    found = ls.probe("softmax + cross_entropy")(jnp.asarray(wide, dtype), y)
    full = ls.probe("softmax + cross_entropy")(jnp.asarray(wide), y)
    assert found.collapsed > full.collapsed + 0.1
    limit = float(jnp.finfo(dtype).max)
    np.testing.assert_allclose(found.of_limit, 40 / limit, 1e-2)
    assert found.ece.dtype == found.scale.dtype == jnp.float32


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"`probe_linear_loss\(threshold=...\)`"):
        ls.probe_linear_loss("softmax + brier", threshold=-1)
    with pytest.raises(ValueError, match=r"`probe\(ignored_label=...\)` is for losses"):
        ls.probe("zlpr", ignored_label=-1)
    with pytest.raises(TypeError, match="'zlpr' takes targets"):
        ls.probe_linear_loss("zlpr")
    with pytest.raises(ValueError, match="`weights` must have shape"):
        ls.probe_linear_loss("softmax + brier")(np.ones((4, 2)), np.ones((2, 3)), Y[:4])

"""bfloat16 and float16: within 16 ulp of what float32 gives for the same inputs."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.oracle import LOGIT_LOSSES, LOSSES, NORMALIZERS
from tests.oracle.accuracy import value_and_gradient
from tests.shares import share

HALF = ("bfloat16", "float16")
ROWS = [
    (0.0, 0.5, 1.5),
    (0.0, 11.0, 0.0),
    (0.0, 40.0, 1.0),
    (-20.0, 20.0, 0.0),
    (1.0, 1.0, 1.0),
    (2.0, 2.0, 0.25),
    (1000.0, 1001.0, 1002.0),
    (0.001, 0.002, 0.003),
    (60000.0, 1.0, 2.0),
    (3.0, 2.0, 1.0),
]
TARGETS = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.5, 0.25, 0.25)]
ONE_HOT_TARGETS = TARGETS[:2]


def examples(targets: list) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(np.array(ROWS), len(targets), 0), np.tile(
        np.array(targets), (len(ROWS), 1)
    )


def ulp(x: np.ndarray, dtype: str) -> np.ndarray:
    """The distance of neighbouring numbers of the dtype at |x|."""
    kind = jnp.finfo(dtype)
    size = np.maximum(np.abs(x.astype("float64")), float(kind.tiny))
    return 2.0 ** (np.floor(np.log2(size)) - kind.nmant)


def assert_close(specs: list[str], targets: list) -> None:
    objectives = [ls.objective(spec) for spec in specs]
    run = jit_fast_compile(
        lambda z, t: tuple(
            jax.vmap(value_and_gradient(each))(z, t) for each in objectives
        )
    )
    for dtype in HALF:
        z, t = (jnp.asarray(x, dtype) for x in examples(targets))
        half, full = run(z, t), run(z.astype("float32"), t.astype("float32"))
        for spec, got, want in zip(specs, half, full, strict=True):
            assert got.dtype == jnp.dtype(dtype), spec
            assert_within(
                spec, np.asarray(got, "float64"), np.asarray(want, "float64"), dtype
            )


def assert_within(spec: str, got: np.ndarray, want: np.ndarray, dtype: str) -> None:
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want), err_msg=spec)
    there = np.abs(want) <= float(jnp.finfo(dtype).max)
    target = np.where(there, want, 1)
    wrong = there & ~(
        np.abs(np.where(there, got, 1) - target) <= 16 * ulp(target, dtype)
    )
    assert not wrong.any(), f"{spec} {dtype}: {got[wrong]}, in float32 {want[wrong]}"
    beyond = np.abs(want) > 1.01 * float(jnp.finfo(dtype).max)
    np.testing.assert_array_equal(
        got[beyond], np.copysign(np.inf, want[beyond]), err_msg=spec
    )


@pytest.mark.parametrize("normalizer", share(NORMALIZERS, one_in=36))
def test_normalizer(normalizer):
    losses = LOSSES if normalizer == "softmax" else ("cross_entropy", "brier")
    assert_close([f"{normalizer} + {loss}" for loss in losses], TARGETS)


@pytest.mark.parametrize("loss", share(LOGIT_LOSSES, one_in=8))
def test_logit_loss(loss):
    assert_close([loss], ONE_HOT_TARGETS)

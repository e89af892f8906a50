"""Errors of slices and sweeps name the argument that is wrong."""

import inspect
import re

import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.landscapes import plan

pytestmark = pytest.mark.quick

S = np.linspace(0, 4, 5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ls.ray("R4", S), "must be 'R1', 'R2', 'R3' or a vector, got 'R4'"),
        (
            lambda: ls.ray("R1", [0, 2, 1]),
            "`ray(s=...)` must be strictly increasing, got 2 before 1.",
        ),
        (lambda: ls.ray("R1", [0, 1, 1]), "strictly increasing, got 1 before 1"),
        (lambda: ls.ray("R1", [0, np.inf]), "must be finite, got inf"),
        (lambda: ls.ray("R1", []), "list of coordinates"),
        (
            lambda: ls.ray("R1", S, label=3),
            "`ray(label=...)` must lie between 0 and 2, got 3.",
        ),
        (lambda: ls.ray("R1", S, rival=0), "must not be the label"),
        (lambda: ls.ray("R1", S, num_classes=1), "at least 2, got 1"),
        (
            lambda: ls.ray("R1", S, base=np.nan),
            "`ray(base=...)` must be a finite number, got nan.",
        ),
        (
            lambda: ls.ray("R1", ["a", "b"]),
            "`ray(s=...)` must be numbers, got ['a', 'b'].",
        ),
        (lambda: ls.ray("R1", np.array([1j])), "`ray(s=...)` must be numbers"),
        (lambda: ls.ray(np.ones((2, 2)), S), "must be a finite vector"),
        (
            lambda: ls.ray([0.0, 0.0], S),
            "`ray(direction=...)` must not be zero in every logit",
        ),
        (
            lambda: ls.ray([1.0, 2.0], S, num_classes=3),
            "`ray(direction=...)` must have num_classes = 3 logits, got 2.",
        ),
        (
            lambda: ls.ray("R1", S, num_classes=3, origin=[0, 0]),
            "`ray(origin=...)` must have num_classes = 3 logits, got 2.",
        ),
        (lambda: ls.ray("R1", S, origin=[0, np.inf]), "must be 2 finite logits"),
        (
            lambda: ls.plane(S, [1, 0]),
            "`plane(y=...)` must be strictly increasing, got 1 before 0.",
        ),
        (
            lambda: ls.plane(S, S, axes=(0, 5)),
            "`plane(axes=...)` must name classes between 0 and 2 (num_classes=3)",
        ),
        (lambda: ls.plane(S, S, axes=(1, 1)), "each once, got [1, 1]"),
        (
            lambda: ls.plane(S, S, directions=([1, 0, 0], [-2, 0, 0])),
            "`plane(directions=...)` must not be parallel",
        ),
        (lambda: ls.plane(S, S, directions=([1e300, 0], [0, 0])), "must not be zero"),
        (
            lambda: ls.plane(S, S, directions=([1, 0], [0, 0, 1])),
            "must be of the same length, got 2 and 3 logits",
        ),
        (
            lambda: ls.box([S] * 4),
            "`box(axes=...)` must name classes between 0 and 2 (num_classes=3), each once",
        ),
        (lambda: ls.simplex_plane(1), "at least 2 and at most 16,777,216, got 1"),
        (
            lambda: ls.sweep("softmax + brier", ls.ray("R1", S), label=3),
            "`sweep(label=...)` must lie between 0 and 2, got 3.",
        ),
        (
            lambda: ls.sweep("softmax + brier", ls.ray("R1", S), label=[0, 0]),
            "each once",
        ),
        (lambda: ls.sweep([], ls.ray("R1", S)), "at least one"),
        (lambda: ls.sweep(["softmax + kl"] * 2, ls.ray("R1", S)), "of different names"),
        (
            lambda: ls.sweep("softmax + kl", ls.ray("R1", S), dtype="float99"),
            "bfloat16, float16, float32, float64, got 'float99'",
        ),
        (
            lambda: ls.sweep("softmax + kl", ls.ray("R1", S), dtype=int),
            "`sweep(dtype=...)` must be bfloat16",
        ),
        (
            lambda: ls.gradient_law("softmax + kl", [0.0, 1.0, 0.0], label=3),
            "must lie between 0 and 2, got 3",
        ),
        (
            lambda: ls.gradient_law("softmax + kl", end=-1),
            "`gradient_laws(end=...)` must be more than 0.001, got -1.",
        ),
    ],
)
def test_bad_slices_and_sweeps_are_explained(make, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_float64_that_is_switched_off_is_refused() -> None:
    with (
        enable_x64(False),
        pytest.raises(ValueError, match=r"float64 needs .*jax_enable_x64"),
    ):
        ls.sweep("softmax + kl", ls.ray("R1", S), dtype="float64")


def _of_one_argument(z):
    return jnp.sum(z)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            _of_one_argument,
            r"`objective\(source\)` must take \(logits or probs, target\), "
            r"got `_of_one_argument\(z\)`",
        ),
        (
            lambda z, t: z - t,
            r"`<lambda>` must return one floating-point number for one example, "
            r"got float64 of shape \(3,\)",
        ),
        (
            lambda z, t: "text",
            r"`<lambda>` must return one floating-point number, got str",
        ),
        (
            lambda z, t: jnp.argmax(z),
            r"`<lambda>` must return one floating-point number for one example, "
            r"got int64 of shape \(\)",
        ),
    ],
)
def test_a_function_that_is_no_loss_is_explained(function, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        ls.sweep(function, ls.ray("R1", S))


@pytest.mark.parametrize("wrong", [[0.0, 1.0], "R1"])
def test_where_to_look_must_be_a_slice(wrong) -> None:
    with pytest.raises(TypeError, match=r"`slice` must be a slice, .* got"):
        inspect.unwrap(plan.make_plan)(
            "softmax + brier", wrong
        )  # in tests, types are checked before

"""Errors that say what to do: targets of the wrong kind, and parameters that count classes."""

import re

import jax.numpy as jnp
import pytest

import logitscape as ls

Z = jnp.array([0.3, -0.2, 0.1])
SEVERAL, NONE = jnp.array([1.0, 1.0, 0.0]), jnp.zeros(3)
ROWS = jnp.zeros((2, 3))

CASES = {
    "several labels for one": (
        lambda: ls.objective("softmax + cross_entropy")(Z, SEVERAL),
        "multi-label loss, such as 'sigmoid_cross_entropy'; `t / t.sum()` is a distribution.",
    ),
    "no label for one": (
        lambda: ls.objective("max_sup")(Z, NONE),
        "No class at all can be the target of a multi-label loss only.",
    ),
    "targets for labels": (
        lambda: ls.per_example("softmax + cross_entropy")(ROWS, ROWS),
        "of the logits' shape (2, 3): `jax.vmap` of `ls.objective` takes distributions",
    ),
    "signs for answers": (
        lambda: ls.objective("binary_hinge")(Z, 2 * SEVERAL - 1),
        "Signs t of -1 and 1 become `(t + 1) / 2`.",
    ),
    "signs for answers in a batch": (
        lambda: ls.per_example("binary_hinge")(
            ROWS, 2 * jnp.stack([SEVERAL, NONE]) - 1
        ),
        "Signs t of -1 and 1 become `(t + 1) / 2`.",
    ),
    "no guess": (
        lambda: ls.objective("top_k_hinge(k=0)"),
        "at least 1 and at most the number of classes, got 0",
    ),
    "no budget": (
        lambda: ls.normalizer("budget(total=0)"),
        "greater than 0 and at most the number of classes, got 0",
    ),
    "the limit of a weight": (
        lambda: ls.objective("softmax + jensen_shannon(weight=1)"),
        "must be greater than 0 and less than 1, got 1; the limit is half of `mae`.",
    ),
    "a normalizer before a map": (
        lambda: ls.objective("softmax > soft_cap + cross_entropy"),
        "'softmax' is a normalizer and stands behind the logit maps",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_error_says_what_to_do(name: str) -> None:
    call, message = CASES[name]
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        call()

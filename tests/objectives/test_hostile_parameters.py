"""Every parameter of every entry of the catalogue refuses what it cannot be, by its name.

Only shapes are computed: what is known is checked while a function is traced.
"""

import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

LOGITS = jax.ShapeDtypeStruct((3,), jnp.float64)
TARGET = jnp.array([1.0, 0.0, 0.0])
NEVER = (math.nan, "text", [1.0, 2.0], np.zeros((2, 2)), 10**400)
"""What no parameter can be."""
CATALOGUE: dict[str, dict[str, Callable[..., Any]]] = {
    "normalizers": ls.NORMALIZERS,
    "logit maps": ls.LOGIT_MAPS,
    "losses of probabilities": ls.PROBABILITY_LOSSES,
    "losses of logits": ls.LOGIT_LOSSES,
    "multi-label losses": ls.MULTILABEL_LOSSES,
    "contrastive losses": ls.CONTRASTIVE_LOSSES,
}


def call(kind: str, function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """Trace a function of the catalogue with three classes."""

    def run(logits: jax.Array) -> Any:
        if kind in ("normalizers", "logit maps"):
            return function(logits, **parameters)
        of_probs = kind == "losses of probabilities"
        first = ls.normalizer("softmax")(logits) if of_probs else logits
        return function(first, TARGET, **parameters)

    return jax.eval_shape(run, LOGITS)


def parameters_of(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            yield name, parameter.default


def refusal(
    kind: str, function: Callable[..., Any], name: str, value: Any
) -> str | None:
    """What the error says; None if there is none."""
    try:
        call(kind, function, {name: value})
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def is_clear(message: str, name: str) -> bool:
    """Whether a message names the parameter, says what it must be and what was given."""
    says_what_was_given = "got " in message or "it has " in message
    return f"({name}=...)` must " in message and says_what_was_given


@pytest.mark.parametrize("kind", CATALOGUE)
def test_what_no_parameter_can_be_is_refused_by_name(kind: str) -> None:
    unclear = []
    for function in CATALOGUE[kind].values():
        for name, default in parameters_of(function):
            # None stands for equal numbers where it is the default, as that of a prior.
            for value in (*NEVER, *([] if default is None else [None])):
                message = refusal(kind, function, name, value)
                if not message or not is_clear(message, name):
                    unclear.append((function.__name__, name, value, message))
    assert unclear == []


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_default_is_allowed_and_far_too_large_numbers_are_named(kind: str) -> None:
    unclear = []
    for function in CATALOGUE[kind].values():
        for name, default in parameters_of(function):
            call(kind, function, {name: default})
            for value in (-1e300, math.inf):
                message = refusal(kind, function, name, value)
                if message and not is_clear(message, name):
                    unclear.append((function.__name__, name, value, message))
    assert unclear == []

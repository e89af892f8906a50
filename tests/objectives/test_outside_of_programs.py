"""Outside of programs nothing is compiled anew in every call, which would be slow and stay."""

import inspect
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.shares import share

Z = jnp.asarray(np.random.default_rng(0).uniform(0.5, 2.0, (4, 5)))
LABELS = jnp.asarray([0, 1, 2, 3])
ANSWERS = (Z > 1).astype(Z.dtype)


def specs() -> Iterator[str]:
    """Every entry of the catalogue whose parameters have defaults, in one pair."""
    for name, function in ls.NORMALIZERS.items():
        if has_defaults(function):
            yield f"{name} + cross_entropy"
    for name, function in ls.LOGIT_MAPS.items():
        if has_defaults(function):
            yield f"{name} > softmax + cross_entropy"
    for name, function in ls.PROBABILITY_LOSSES.items():
        if has_defaults(function):
            yield f"softmax + {name}"
    for losses in (ls.LOGIT_LOSSES, ls.MULTILABEL_LOSSES):
        yield from (name for name, function in losses.items() if has_defaults(function))


def has_defaults(function: object) -> bool:
    assert callable(function)
    return all(
        parameter.default is not parameter.empty
        for parameter in inspect.signature(function).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    )


COMPILED = list[str]()


def note(event: str, duration: float, **_: object) -> None:
    if "backend_compile" in event:
        COMPILED.append(event)


jax.monitoring.register_event_duration_secs_listener(note)


def compilations_of(function) -> int:
    """How many programs JAX compiles in a third call."""
    function()
    function()
    before = len(COMPILED)
    function()
    return len(COMPILED) - before


def test_compilations_are_counted() -> None:
    assert compilations_of(lambda: jax.jit(lambda: 0)()) == 1


@pytest.mark.parametrize("spec", share(list(specs()), one_in=4))
def test_a_later_call_compiles_nothing(spec: str) -> None:
    losses = ls.per_example(spec)
    of_answers = spec in ls.MULTILABEL_LOSSES
    target = ANSWERS if of_answers else LABELS
    gradient = jax.grad(lambda z: losses(z, target).sum())
    assert compilations_of(lambda: losses(Z, target)) == 0
    assert compilations_of(lambda: gradient(Z)) == 0


@pytest.mark.quick
def test_nor_does_a_probe() -> None:
    probe = ls.probe("softmax + brier")
    assert compilations_of(lambda: probe(Z, LABELS)) == 0

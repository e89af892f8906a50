"""Fingerprints of traced programs: equal for the same program, different for every other."""

import os
import subprocess
import sys
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base import program_keys
from logitscape._src.base.fingerprint import fingerprint

pytestmark = pytest.mark.quick

X = jax.ShapeDtypeStruct((3,), np.float32)
IN_A_PROCESS = """
import jax, numpy as np
from logitscape._src.base.fingerprint import fingerprint
x = jax.ShapeDtypeStruct((3,), np.float32)
loss = jax.value_and_grad(lambda x: (jax.nn.relu(x) * jax.nn.softmax(x)).sum())
print(fingerprint(jax.make_jaxpr(loss)(x)))
"""


def of(function: Callable[..., jax.Array]) -> str | None:
    return fingerprint(jax.make_jaxpr(function)(X))


def with_rule(slope: float) -> Callable[[jax.Array], jax.Array]:
    """The sum, with a derivative of its own."""

    @jax.custom_vjp
    def total(x: jax.Array) -> jax.Array:
        return jnp.sum(x)

    total.defvjp(
        lambda x: (jnp.sum(x), None),
        lambda _, g: (jnp.full(3, slope, jnp.float32) * g,),
    )
    return total


def scanned(step: float) -> Callable[[jax.Array], jax.Array]:
    table = np.full(3, step, np.float32)
    return lambda x: jax.lax.scan(lambda c, a: (c + table @ table * a, a), 0.0, x)[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda a: lambda x: jnp.log(jax.nn.softmax(x) + a).sum(),
        lambda a: lambda x: x @ np.array([1.0, a, 3.0], np.float32),
        lambda a: jax.jit(lambda x: jnp.where(x > a, x, 0.0).sum()),
        lambda a: jax.grad(with_rule(a)),
        lambda a: lambda x: jnp.max(x, initial=a),
        scanned,
    ],
)
def test_a_number_tells_programs_apart(make) -> None:
    assert of(make(1e-6)) == of(make(1e-6)) is not None
    assert of(make(1e-6)) != of(make(1.1e-6))


def test_shapes_steps_and_their_order_tell_programs_apart() -> None:
    programs = [
        of(lambda x: x[0] - x[1]),
        of(lambda x: x[1] - x[0]),
        of(lambda x: x[0] + x[1]),
        of(lambda x: jnp.sum(x, axis=0)),
        of(lambda x: jnp.sum(x, axis=0, keepdims=True)),
        fingerprint(jax.make_jaxpr(jnp.sum)(jax.ShapeDtypeStruct((3,), np.float16))),
    ]
    assert len(set(programs)) == len(programs)
    assert None not in programs


def test_a_rule_that_is_not_used_yet_needs_the_derivative_to_tell() -> None:
    assert of(with_rule(1.0)) == of(with_rule(2.0))
    assert of(jax.grad(with_rule(1.0))) != of(jax.grad(with_rule(2.0)))


def test_what_python_computes_has_no_fingerprint() -> None:
    result = jax.ShapeDtypeStruct((3,), np.float32)
    assert of(lambda x: jax.pure_callback(np.sin, result, x)) is None
    assert (
        of(lambda x: x + jax.random.uniform(jax.random.key(0), dtype=x.dtype)) is None
    )


def test_another_process_finds_the_same() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert found != {"None\n"}


def test_nothing_is_traced_where_nothing_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unwanted(x: jax.Array) -> jax.Array:
        raise AssertionError

    monkeypatch.setitem(program_keys._SWITCH, "on", False)
    assert program_keys.traced_key(unwanted, X) is None
    monkeypatch.setitem(program_keys._SWITCH, "on", True)
    assert program_keys.traced_key(lambda x: 1 / 0 * x, X) is None
    assert program_keys.traced_key(jnp.sum, X, about=1) != program_keys.traced_key(
        jnp.sum, X
    )

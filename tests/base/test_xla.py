"""Settings of the compiler: options that XLA lacks are left out, and the user's own win."""

import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.xla import (
    AS_TRAINED,
    BRIEF,
    IN_USE,
    LEVEL,
    compile_all_as_trained,
    compile_all_fast,
    jit_as_trained,
    jit_fast_compile,
    known,
)

pytestmark = pytest.mark.quick


def test_what_xla_does_not_know_is_left_out():
    assert known({LEVEL: 0, "xla_no_such_option": True}) == {LEVEL: 0}
    assert known(BRIEF)[LEVEL] == 0


@pytest.mark.parametrize("compile_all", [compile_all_fast, compile_all_as_trained])
def test_the_user_s_own_flags_come_last(monkeypatch: pytest.MonkeyPatch, compile_all):
    if compile_all is compile_all_as_trained and AS_TRAINED is IN_USE:
        pytest.skip("XLA's own settings are the only ones that round alike")
    monkeypatch.setenv("XLA_FLAGS", f"--{LEVEL}=2")
    compile_all()
    compile_all()
    flags = os.environ["XLA_FLAGS"].split()
    assert flags[0] in (f"--{LEVEL}=0", f"--{LEVEL}=1")
    assert len(flags) == len(set(flags))
    assert flags[-1] == f"--{LEVEL}=2"
    assert all(flag == flag.lower() for flag in flags)


def test_what_is_compiled_briefly_computes_the_same():
    x = jnp.linspace(-3.0, 3.0, 7)
    np.testing.assert_allclose(
        jit_fast_compile(lambda x: jnp.exp(x) / jnp.exp(x).sum())(x),
        np.exp(x) / np.exp(x).sum(),
        rtol=1e-14,
    )


def test_what_is_compiled_as_in_training_has_the_same_bits():
    """Products and sums are fused alike, in the loss and in its gradient."""

    def focal(z, t):
        p = jax.nn.softmax(z)
        return -jnp.sum(t * (1 - p) ** 1.5 * jnp.log(p)) + jnp.sum(z * jnp.tanh(z) + z)

    def both(z, t):
        return jax.vmap(jax.value_and_grad(focal))(z, t)

    rows = np.random.default_rng(0).normal(size=(200, 10)) * np.geomspace(1e-3, 50, 10)
    z = jnp.asarray(rows, jnp.float32)
    t = jnp.eye(10, dtype=jnp.float32)[np.arange(200) % 10]
    # The tests' own programs are compiled briefly, unless they say otherwise.
    as_usual = jax.jit(both, compiler_options=known(IN_USE))
    quick, usual, brief = (
        np.concatenate([np.ravel(part) for part in program(z, t)])
        for program in (jit_as_trained(both), as_usual, jit_fast_compile(both))
    )
    np.testing.assert_array_equal(quick, usual)
    # The comparison can fail: without LLVM's optimisations nothing is fused.
    assert (brief != usual).any()

"""Settings of the compiler: options that XLA lacks are left out, and the user's own win."""

import os

import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.xla import (
    BRIEF,
    LEVEL,
    compile_all_fast,
    jit_fast_compile,
    known,
)

pytestmark = pytest.mark.quick


def test_what_xla_does_not_know_is_left_out():
    assert known({LEVEL: 0, "xla_no_such_option": True}) == {LEVEL: 0}
    assert known(BRIEF)[LEVEL] == 0


def test_the_user_s_own_flags_come_last(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XLA_FLAGS", f"--{LEVEL}=2")
    compile_all_fast()
    flags = os.environ["XLA_FLAGS"].split()
    assert flags[0] == f"--{LEVEL}=0"
    assert flags[-1] == f"--{LEVEL}=2"
    assert all(flag == flag.lower() for flag in flags)


def test_what_is_compiled_briefly_computes_the_same():
    x = jnp.linspace(-3.0, 3.0, 7)
    np.testing.assert_allclose(
        jit_fast_compile(lambda x: jnp.exp(x) / jnp.exp(x).sum())(x),
        np.exp(x) / np.exp(x).sum(),
        rtol=1e-14,
    )

"""Stored programs: found by their keys, the same as compiled ones, and never of other code."""

import os
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base import program_keys, stored
from logitscape._src.base.memory import clear_caches
from logitscape._src.base.xla import jit_fast_compile

pytestmark = pytest.mark.quick

X = np.linspace(0.0, 1.0, 7)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of the programs, in an empty cache, while storing is switched on."""
    monkeypatch.setattr(stored, "cache_folder", lambda: tmp_path)
    monkeypatch.setitem(program_keys._SWITCH, "on", True)
    monkeypatch.setattr(program_keys, "_KEYS", {})
    return tmp_path / "programs"


class Counted:
    """A function that counts how often it is traced."""

    def __init__(self) -> None:
        self.traces = 0

    def __call__(self, x: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Some function with a structure of results."""
        self.traces += 1
        return jnp.cumsum(jnp.exp(x)), {"half": x / 2}


@pytest.mark.parametrize("jit", [jax.jit, jit_fast_compile])
def test_a_stored_program_is_loaded_without_tracing(folder: Path, jit: object) -> None:
    function = Counted()
    first = stored.stored_program("key", function, X, jit=jit)  # type: ignore[arg-type]
    again = stored.stored_program("key", function, X, jit=jit)  # type: ignore[arg-type]
    assert function.traces == 1
    assert again.seconds == first.seconds > 0
    for before, after in zip(
        jax.tree.leaves(first.program(X)),
        jax.tree.leaves(again.program(X)),
        strict=True,
    ):
        np.testing.assert_array_equal(before, after)


def test_another_key_shape_or_precision_is_another_program(folder: Path) -> None:
    function = Counted()
    run = stored.under_jit("key", function)
    run(X)
    run(X[:3])
    run(X.astype(np.float32))
    run(X)
    assert function.traces == 3
    stored.under_jit("other key", function)(X)
    assert function.traces == 4


def test_a_number_of_pythons_is_an_argument_like_an_array(folder: Path) -> None:
    run = stored.under_jit("key", lambda x, label: x[label])
    assert run(X, 6) == X[6]
    assert run(X, 0) == X[0]
    assert run(X, np.int32(3)) == X[3]


# Every question has an objective of its own, as objectives and their keys are kept.
@pytest.mark.parametrize(
    ("ask", "gamma"),
    [
        (ls.collapse_margin, 2.125),
        (ls.gradient_law, 2.25),
        (ls.noise_symmetry, 2.375),
        (ls.mixability, 2.625),
        (ls.calibration_function, 2.75),
    ],
)
@pytest.mark.lengthy
def test_answers_are_the_same_stored_or_not(
    ask: Callable[[str], object],
    gamma: float,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = f"softmax + focal(gamma={gamma})"
    first, loaded = str(ask(pair)), str(ask(pair))
    monkeypatch.setitem(program_keys._SWITCH, "on", False)
    clear_caches()
    assert first == loaded == str(ask(pair))
    assert list(folder.rglob("*.program"))


def test_objectives_of_specs_have_keys_whatever_their_name(folder: Path) -> None:
    specs = ("softmax + focal(gamma=3.25)", "softmax + focal(gamma=3.5)")
    first, second = (ls.objective(spec) for spec in specs)
    renamed = ls.objective(specs[0], name="mine")
    assert program_keys.key_of(renamed) == program_keys.key_of(first) is not None
    assert program_keys.key_of(second) not in {None, program_keys.key_of(first)}
    own = ls.objective(lambda z, t: ((z - t) ** 2).sum(), name=specs[0])
    assert program_keys.key_of(own) is None


def test_of_other_code_nothing_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Counted()
    stored.stored_program("key", function, X)
    monkeypatch.setattr(stored, "_generation", lambda: "of other code")
    stored.stored_program("key", function, X)
    assert function.traces == 2


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_programs_are_loaded_where_new_folders_are_for_a_group(folder: Path) -> None:
    function = Counted()
    before = os.umask(0o002)
    try:
        stored.stored_program("key", function, X)
    finally:
        os.umask(before)
    stored.stored_program("key", function, X)
    assert function.traces == 1


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_no_program_is_run_that_others_may_have_written(folder: Path) -> None:
    function = Counted()
    for permissions in (0o700, 0o770, 0o707, 0o755):
        stored.stored_program("key", function, X)
        (path,) = folder.rglob("*.program")
        path.parent.chmod(permissions)
    assert function.traces == 3


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04N."])
def test_a_damaged_file_is_replaced(folder: Path, content: bytes) -> None:
    function = Counted()
    stored.stored_program("key", function, X)
    (path,) = folder.rglob("*.program")
    path.write_bytes(content)
    stored.stored_program("key", function, X)
    stored.stored_program("key", function, X)
    assert function.traces == 2


def test_nothing_is_stored_without_a_key_or_before_it_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = Counted()
    assert program_keys.key_of(function, "about") is None
    assert program_keys.key_of(None) is None
    stored.under_jit(None, function)(X)
    stored.stored_program(None, function, X)
    program_keys.set_key(function, "mine")
    assert program_keys.key_of(function, "about", 3) == "mine | about | 3"
    assert program_keys.key_of_all([function, Counted()]) is None
    monkeypatch.setitem(program_keys._SWITCH, "on", False)
    stored.stored_program("key", function, X)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(stored, "cache_folder", lambda: tmp_path / "file")
    program = stored.stored_program("key", Counted(), X).program
    assert np.isfinite(program(X)[0]).all()


def test_texts_are_remembered(folder: Path) -> None:
    assert stored.remembered("key", lambda: "é") == "é"
    assert stored.remembered("key", lambda: pytest.fail("asked again")) == "é"
    assert stored.remembered(None, lambda: "made") == "made"


def test_an_empty_text_is_remembered_too(folder: Path) -> None:
    made = []

    def make() -> str:
        made.append("")
        return ""

    assert stored.remembered("nothing", make) == stored.remembered("nothing", make)
    assert len(made) == 1


def test_a_function_and_its_derivatives_have_one_key_unless_it_has_rules(
    folder: Path,
) -> None:
    point = jax.ShapeDtypeStruct((3,), np.float32)

    def key(loss: Callable[..., jax.Array]) -> str | None:
        return program_keys.loss_key(loss, point, point, about="its gradient")

    def plain(z: jax.Array, t: jax.Array) -> jax.Array:
        return jax.nn.logsumexp(z) - jnp.sum(z * t)

    def held(z: jax.Array, t: jax.Array) -> jax.Array:
        return jax.lax.stop_gradient(jax.nn.logsumexp(z)) - jnp.sum(z * t)

    assert key(plain) is not None
    assert key(plain) == key(lambda z, t: plain(z, t))
    # The values are equal, and the gradients are not.
    assert key(held) not in (None, key(plain))
    # The rule of `relu` is a function of Python: the derivative itself has to be traced.
    assert key(lambda z, t: jnp.sum(jax.nn.relu(z) * t)) is None
    assert key(lambda z: z) is None

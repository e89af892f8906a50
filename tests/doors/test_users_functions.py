"""Functions of users at every door: the error has the user's own line, and says what to do."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import pytest

import logitscape as ls
from logitscape._src.reports import diagnose as diagnosing
from tests.doors.functions import FUNCTIONS, cross_entropy, takes_a_batch
from tests.doors.users import DOORS, INTERRUPTED, RECOGNISING, outcome

ONE_IN = 8
"""One of so many functions is given in every run to a door that takes seconds for each."""
SLOW = RECOGNISING | {
    "ls.train",
    "ls.gradient_law",
    "ls.collapse_margin",
    "ls.mixability",
}
FAULTY = [kind for kind in FUNCTIONS if kind not in ("prints", "counts its calls")]


def kinds_for(door: str) -> list[str]:
    place = list(DOORS).index(door)
    return FAULTY[place % ONE_IN :: ONE_IN] if door in SLOW else FAULTY


@pytest.mark.parametrize("door", DOORS)
def test_an_error_has_the_users_line_and_a_remedy(door: str) -> None:
    found = [outcome(door, kind) for kind in kinds_for(door)]
    assert not [each for each in found if each.kind not in ("clear", "result")]


@pytest.mark.quick
@pytest.mark.parametrize("kind", FAULTY)
def test_no_faulty_function_is_swept(kind: str) -> None:
    # JAX notices what was kept only where it is computed with once more.
    allowed = ("clear", "result") if "keeps" in kind else ("clear",)
    assert outcome("ls.sweep", kind).kind in allowed


@pytest.mark.quick
def test_a_batch_that_is_taken_for_one_example_is_given_a_call_that_works() -> None:
    with pytest.raises(TypeError) as raised:
        ls.sweep([takes_a_batch], ls.ray("R1", [0.0, 1.0]))
    (note,) = (n for n in raised.value.__notes__ if "This works" in n)
    code = note.partition("This works: `")[2].partition("`")[0]
    works: Callable[..., Any] = eval(code, {"takes_a_batch": takes_a_batch})
    z, t = jnp.array([0.3, -1.0]), jnp.array([0.0, 1.0])
    assert float(works(z, t)) == pytest.approx(float(cross_entropy(z, t)))


@pytest.mark.quick
def test_an_error_of_the_users_keeps_its_type() -> None:
    class MineError(Exception):
        pass

    def loss(z: Any, t: Any) -> Any:
        raise MineError("mine")

    with pytest.raises(MineError, match="mine") as raised:
        ls.flow([loss], [[1.0, 0.0]])
    assert "`raise MineError" in "".join(raised.value.__notes__)


@pytest.mark.quick
def test_interrupts_pass() -> None:
    with pytest.raises(KeyboardInterrupt):
        ls.sweep([FUNCTIONS[INTERRUPTED]], ls.ray("R1", [0.0, 1.0]))


def loops(z: Any, t: Any) -> Any:
    rounds = 0
    while True:
        rounds += 1


@pytest.mark.lengthy
def test_a_function_that_never_returns_ends_with_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diagnosing, "PATIENCE", 3.0)
    with pytest.raises(TimeoutError, match=r"within \d+ s at .*, line \d+: `"):
        ls.diagnose(loops, budget=0.5)
    with pytest.raises(TimeoutError, match="give its loops a number of rounds"):
        ls.compare([loops], budget=0.5)

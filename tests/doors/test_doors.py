"""Hostile calls at public doors: a result, or an error that names argument, value and what may be.

`python -m docs.doors` makes all calls; every run of the tests makes a share, another one for each
door.
"""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import logitscape as ls
from tests.doors.calls import outcomes, share
from tests.doors.hostile import HOSTILE, UNKNOWN_KEYWORD
from tests.doors.outcomes import Outcome, outcome_of
from tests.doors.public import Door, doors
from tests.doors.valid import NO_DOORS

EVERY = list(doors())
FORMULAS = [door for door in EVERY if door.is_formula]
OTHERS = [door for door in EVERY if not door.is_formula]
ONE_IN = 7
"""One of so many calls of a door is made in every run."""
ONE_FORMULA_IN = 24
EXAMPLES = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
"""The same examples in every run, however long they take."""
SLOW = ("ls.testing.check_faithful", "ls.testing.assert_faithful")
"""Doors at which each result takes seconds."""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written to a name that is hostile goes with the test."""
    monkeypatch.chdir(tmp_path)


def chosen(door: Door) -> list[tuple[str, str]]:
    """The calls of a door in every run, others for each door."""
    one_in = ONE_FORMULA_IN if door.is_formula else ONE_IN
    one_in *= 8 if door.name in SLOW else 1
    return share(door, EVERY.index(door), one_in)


def bad(found: list[Outcome]) -> list[Outcome]:
    return [each for each in found if each.kind not in ("result", "clear")]


@pytest.mark.parametrize("door", OTHERS, ids=lambda door: door.name)
def test_a_hostile_call_ends_in_a_result_or_a_clear_error(door: Door) -> None:
    assert not bad(outcomes(door, chosen(door)))


@pytest.mark.parametrize("module", sorted({d.name.split(".")[1] for d in FORMULAS}))
def test_a_hostile_call_of_a_formula_does_too(module: str) -> None:
    of_module = [door for door in FORMULAS if door.name.split(".")[1] == module]
    found = [each for door in of_module for each in outcomes(door, chosen(door))]
    assert not bad(found)


def test_a_run_makes_thousands_of_calls() -> None:
    assert sum(len(chosen(door)) for door in EVERY) > 2000


@pytest.mark.parametrize("door", OTHERS, ids=lambda door: door.name)
def test_every_door_takes_its_valid_values(door: Door) -> None:
    """Otherwise every hostile call would be refused for another reason."""
    # A new argument needs a value: `valid.py`.
    door.call()


@pytest.mark.quick
def test_formulas_take_their_valid_values() -> None:
    for door in FORMULAS[::12]:
        door.call()


@pytest.mark.quick
def test_no_public_name_is_left_out() -> None:
    names = {door.name for door in EVERY} | set(NO_DOORS)
    functions = {f"ls.{n}" for n in ls.__all__ if inspect.isfunction(getattr(ls, n))}
    assert functions <= names
    assert {f"ls.testing.{n}" for n in ("assert_healthy", "check_faithful")} <= names
    assert {"ls.Landscape.save", "ls.Diagnosis.table", "ls.Objective.predict"} <= names
    assert {f"ls.losses.{n}" for n in ls.PROBABILITY_LOSSES} <= names


def raw() -> Any:
    return np.zeros(2)[[7]]


def accepts(value: Any) -> Any:
    return np.zeros(2)


def swallows(**anything: Any) -> None:
    """Accept every keyword."""


@pytest.mark.quick
def test_what_is_bad_is_seen() -> None:
    """The judge itself: a raw error, a NaN that is hidden, a keyword that is swallowed."""

    def kind(function: Any, parameter: str, value: str) -> str:
        (found,) = outcomes(Door("f", lambda: function), [(parameter, value)])
        return found.kind

    assert kind(lambda value=0: raw(), "value", "text") == "raw"
    assert kind(lambda value=0: value + 1, "value", "text") == "raw"
    assert kind(accepts, "value", "array of NaN") == "wrong"
    assert kind(accepts, "value", "tuple") == "result"
    assert kind(swallows, "no_such_setting", UNKNOWN_KEYWORD) == "wrong"


@pytest.mark.quick
def test_hostile_values_are_made_anew() -> None:
    assert len(HOSTILE) > 40
    assert list(HOSTILE["generator"]()) == list(HOSTILE["generator"]())


WORDS = st.sampled_from(
    ["softmax", "cross_entropy", "focal", "+", ">", "(", ")", "gamma", "=", "1e400"]
)


@pytest.mark.quick
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=9).map(" ".join)))
def test_any_text_is_a_spec_or_is_quoted(text: str) -> None:
    door = Door("ls.objective", lambda: ls.objective)
    assert not bad([outcome_of(door, "source", text, "any text")])


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.one_of(
        st.integers(), st.floats(), st.complex_numbers(), st.text(), st.booleans()
    )
)
def test_any_single_value_is_a_setting_or_is_named(value: Any) -> None:
    door = Door("ls.ray", lambda: ls.ray)
    for name in ("base", "num_classes", "label"):
        assert not bad([outcome_of(door, name, value, "any value")])


def test_hostile_paths_leave_nothing_behind(tmp_path: Path) -> None:
    landscape = ls.sweep(["softmax + brier"], ls.ray("R1", [0.0, 1.0]))
    for kind in HOSTILE:
        (door,) = (d for d in EVERY if d.name == "ls.Landscape.save")
        found = outcomes(Door(door.name, lambda: landscape.save), [("path", kind)])
        assert not bad(found)
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]

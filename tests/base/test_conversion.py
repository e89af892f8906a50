"""Values of any kind as arrays and as words of a message."""

from typing import Any

import numpy as np
import pytest

from logitscape._src.base.conversion import entries, reals_of
from logitscape._src.base.messages import LONGEST, quoted
from tests.doors.hostile import HOSTILE, Attached

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_value_can_be_quoted_in_one_line(kind: str) -> None:
    text = quoted(HOSTILE[kind]())
    assert text.isprintable()
    assert len(text) < LONGEST + 40


def test_what_is_quoted_says_how_much_was_left_out() -> None:
    assert quoted("x" * 5000).endswith("... (5002 characters)")
    assert quoted(10**5000) == "a number of 16,610 bits"


@pytest.mark.parametrize(
    "value", [[1j], ["1.5"], "2", np.array(["2020-01-01"], "datetime64[D]"), [[1], []]]
)
def test_what_numpy_would_misread_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"`f\(x\)` must be numbers, got "):
        reals_of("`f(x)`", value)


def test_masked_entries_are_no_numbers() -> None:
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    with pytest.raises(TypeError, match="some are masked; fill them first"):
        reals_of("`f(x)`", masked)
    assert reals_of("`f(x)`", np.ma.masked_array([1.0, 2.0])).tolist() == [1, 2]


def test_the_words_of_another_framework_are_kept() -> None:
    with pytest.raises(TypeError, match="requires grad"):
        reals_of("`f(x)`", Attached())


def test_a_container_has_entries_and_a_single_value_has_none() -> None:
    assert entries((1, 2)) == entries(np.array([1, 2])) == entries({1: "a", 2: "b"})
    assert [entries(single) for single in ("ab", b"ab", 3, None, np.array(3))] == [
        None
    ] * 5

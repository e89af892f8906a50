import numpy as np
import pytest

from analyses.shared.intervals import interval
from analyses.who_carries_the_gradient.tables import crossing


def test_what_is_carried_is_read_off_between_two_epochs():
    wrong, carried = np.array([0.9, 0.07, 0.03, 0.06]), np.array([0.9, 0.4, 0.2, 0.5])
    assert crossing(wrong, carried, 0.05) == pytest.approx(0.3)
    assert crossing(wrong, carried, 0.03) == pytest.approx(0.2)


@pytest.mark.parametrize("wrong", [[0.9, 0.5, 0.2], [0.01, 0.02]])
def test_a_run_that_never_is_there_carries_no_number(wrong):
    assert np.isnan(crossing(np.array(wrong), np.ones(len(wrong)), 0.05))


def test_the_interval_is_that_of_student():
    found = interval("a", [1.0, 2.0, 3.0])
    assert (found["a"], found["a_high"] - found["a"]) == (
        2,
        pytest.approx(4.302652729911275 / 3**0.5),
    )

"""Verdicts are the same for every seed and number of classes."""

from functools import cache
from itertools import product

import pytest

from docs.stability import CLASSES, SAMPLE, SEEDS, alarms
from tests.shares import share

TOPICS = ("label", "identity", "design", "common mistakes")
"""Topics that take a moment; docs/stability.py asks the others as well."""
BROKEN = "smoothing adds 1 / n"
HEALTHY = "CosFace of cosines"
USUAL = 10
SOME = (BROKEN, HEALTHY, "sigmoid twice")
SETTINGS = ((3, 0), (100, 0), (USUAL, 3))


@cache
def usually(name: str) -> frozenset[str]:
    """The alarms of a loss with the usual number of classes and seed."""
    return alarms(name, (USUAL, 0), TOPICS)


@pytest.mark.parametrize(("name", "setting"), share(product(SOME, SETTINGS), one_in=4))
def test_a_loss_has_the_same_faults_and_trades(
    name: str, setting: tuple[int, int]
) -> None:
    usual = usually(name)
    assert alarms(name, setting, TOPICS) == usual
    assert usual


@pytest.mark.quick
def test_the_sample_is_large_enough() -> None:
    assert len(SAMPLE) == len(set(SAMPLE)) == 14
    assert (len(SEEDS), CLASSES) == (5, (3, 10, 100, 1000))

"""Verdicts are the same for every seed and number of classes."""

from functools import cache
from itertools import product
from pathlib import Path

import pytest

from docs import stability
from docs.stability import CLASSES, SAMPLE, SEEDS, alarms, page, read, text_of
from tests.shares import share

TOPICS = ("label", "identity", "design", "common mistakes")
"""Topics that take a moment; docs/stability.py asks the others as well."""
BROKEN = "smoothing adds 1 / n"
HEALTHY = "CosFace of cosines"
USUAL = 10
SOME = (BROKEN, HEALTHY, "tanh on the last layer", "logarithm of the lead")
SETTINGS = ((3, 0), (100, 0), (USUAL, 1))


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
    assert len(SAMPLE) == len(set(SAMPLE)) == 7
    assert (len(SEEDS), CLASSES) == (5, (3, 10, 100, 1000))


@pytest.mark.quick
def test_what_is_stored_comes_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = {setting: frozenset({"fault: dies"}) for setting in stability.settings()}
    by_version = {"0.10.2": {"a loss": found}}
    monkeypatch.setattr(stability, "STORED", tmp_path / "stored.json")
    assert read() == {}
    stability.STORED.write_text(text_of(by_version), encoding="utf-8")
    assert read() == by_version


@pytest.mark.quick
def test_a_difference_is_told() -> None:
    usual = {setting: frozenset({"fault: dies"}) for setting in stability.settings()}
    other = {**usual, (100, 0): frozenset[str]()}
    told = page({"0.10.2": {"a loss": usual}, "0.7.2": {"a loss": other}})
    assert (
        "| a loss | fault: dies | jax 0.7.2, n = 100, seed 0: - fault: dies |" in told
    )
    assert "**0 of 1 have" in told

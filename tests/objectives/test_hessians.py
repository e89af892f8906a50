"""Second derivatives against the oracle, entry by entry, by the rule of tests/oracle.

`python -m benchmarks accuracy` compares all pairs in both dtypes. Here are all losses with softmax,
and with every other normalizer some whose second derivatives are made in different ways.
"""

from itertools import product

import pytest

from tests.oracle import LOGIT_LOSSES, LOSSES, NORMALIZERS
from tests.oracle.accuracy import ONE_HOT_ONLY, TOLERANCE
from tests.oracle.failures import spec_of
from tests.oracle.second_order import hessian_failures, measured_hessians
from tests.shares import share

# The derivative of r_softmax leaves out that of its t, which differences do not.
OTHERS = [x for x in NORMALIZERS if x not in ("softmax", "r_softmax")]
LEFT_OUT = {
    "normalized_generalized_cross_entropy": "composed: entries below 1e-30 lose half their digits",
    "cosface": "entries of 1e-256, where the oracle has 0",
    "ldam": "entries of 1e-191, where the oracle has 0",
}
"""Losses whose second derivatives are not held to the rule, and why."""
FEW = ("cross_entropy", "clipped_cross_entropy", "brier", "spherical_score")


def wrong_entries(
    normalizer: str, losses: tuple[str, ...], n: int, dtype: str
) -> list[str]:
    got = measured_hessians(normalizer, losses, n, dtype)
    return [
        line
        for loss in losses
        for line in hessian_failures(spec_of(normalizer, loss), got[loss], n, dtype)
    ]


@pytest.mark.parametrize(
    ("loss", "dtype"),
    share(((x, y) for x in LOSSES if x not in LEFT_OUT for y in TOLERANCE), one_in=25),
)
def test_every_loss_with_softmax(loss: str, dtype: str) -> None:
    found = wrong_entries("softmax", (loss,), 3, dtype)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("normalizer", share(OTHERS, one_in=40))
def test_every_normalizer(normalizer: str) -> None:
    found = wrong_entries(normalizer, FEW, 3, "float32")
    assert not found, "\n".join(found)


OF_LOGITS = [x for x in LOGIT_LOSSES if x not in ONE_HOT_ONLY and x not in LEFT_OUT]


@pytest.mark.parametrize(
    ("loss", "dtype"), share(product(OF_LOGITS, TOLERANCE), one_in=60)
)
def test_every_loss_of_logits(loss: str, dtype: str) -> None:
    found = wrong_entries("", (loss,), 3, dtype)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("n", share([2, 5], one_in=2))
def test_other_numbers_of_classes(n: int) -> None:
    losses = ("focal", "brier", "spherical_score")
    found = wrong_entries("softmax", losses, n, "float32")
    found += wrong_entries("", ("one_vs_rest", "spherical_bound"), n, "float32")
    assert not found, "\n".join(found)

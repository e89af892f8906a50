"""The part of the catalogue that the figures compare."""

import pytest

import logitscape as ls
from analyses.shared import catalogue

pytestmark = pytest.mark.quick


def test_every_formula_of_the_figures_is_in_the_catalogue() -> None:
    assert set(catalogue.NORMALIZERS) <= set(ls.NORMALIZERS)
    assert set(catalogue.PROBABILITY_LOSSES) <= set(ls.PROBABILITY_LOSSES)
    assert set(catalogue.LOGIT_LOSSES) <= set(ls.LOGIT_LOSSES)

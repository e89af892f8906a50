import numpy as np
import pytest

from analyses.atlas import objectives as atlas
from analyses.confident_start import laws
from analyses.confident_start.judgement import clopper_pearson, is_steady


@pytest.mark.parametrize(
    ("norms", "evenness", "kind"),
    [
        ([1.0, 0.5, 0.1], 0.1, "fades"),
        ([0.1, 0.5, 1.0], 0.1, "grows"),
        ([1.0, 0.0, 0.0], 0.0, "exactly 0"),
        ([1.0, np.nan, 1.0], 0.0, "undefined"),
        ([-1.0, 2.0, 1.0, -1.0], 0.5, "fades"),
        ([-1.0, -1.0], 1.0, "never wrong"),
        ([0.0, 0.0], 0.0, "exactly 0"),
    ],
)
def test_the_gradient_is_judged_where_the_model_is_wrong(norms, evenness, kind):
    assert laws.evenness(np.array(norms)) == evenness
    assert laws.kind(np.array(norms)) == kind


def test_the_label_changes_places_with_class_0():
    z = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    assert laws.label_first(z, np.array([2, 0])).tolist() == [
        [2.0, 1.0, 0.0],
        [3.0, 4.0, 5.0],
    ]


def test_pairs_that_are_the_same_are_named():
    values = np.array([[[1.0]], [[2.0]], [[1.0]], [[np.nan]], [[1.0]]])
    assert laws.earlier_equals(("a", "b", "c", "d", "e"), values) == [
        "",
        "",
        "a",
        "",
        "a",
    ]


def test_clopper_and_pearson_keep_their_level():
    from scipy.stats import binom

    low, high = clopper_pearson(7, 10)
    assert binom.sf(6, 10, low) == pytest.approx(0.025)
    assert binom.cdf(7, 10, high) == pytest.approx(0.025)
    assert clopper_pearson(0, 5)[0] == 0
    assert clopper_pearson(5, 5)[1] == 1


def test_the_steady_pairs_are_those_of_the_atlas():
    expected = {
        f"{row} + {column}"
        for row in atlas.EXPONENTIAL
        for column in atlas.LOGARITHMIC
        if column != "kl"
    }
    assert {pair for pair in atlas.PAIRS.values() if is_steady(pair)} == expected

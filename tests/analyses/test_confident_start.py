import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import logitscape as ls
from analyses.atlas import objectives as atlas
from analyses.confident_start import kernel_descent, laws
from analyses.confident_start.judgement import (
    clopper_pearson,
    held_out,
    is_steady,
    looked_at,
)
from analyses.confident_start.prediction_findings import brier_scores
from analyses.confident_start.settings import MAIN, OTHERS
from analyses.confident_start.training_tables import tuned_rates
from logitscape._src.training import models

PAIRS = Path(__file__).parents[2] / "figures" / "data" / "confident_start" / "pairs.csv"


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


def trained(setting, scale, pair, rate, steps):
    """Logits after gradient descent on the parameters, with the whole batch."""
    start = kernel_descent.start(setting, scale)
    dataset = setting.load()
    inputs = jnp.asarray(dataset.train.inputs[: setting.examples]).astype(float)
    sizes = models.layer_sizes(setting.model, dataset.features, dataset.classes)
    key = jax.random.key(kernel_descent.SEED)
    parameters = models.initial(key, sizes, jnp.asarray(scale))
    targets = jax.nn.one_hot(start.labels, dataset.classes, dtype=float)
    objective = ls.objective(pair)

    def mean(parameters):
        z = models.logits(parameters, inputs)
        return jnp.mean(jax.vmap(objective)(z, targets))

    for _ in range(steps):
        slopes = jax.grad(mean)(parameters)
        parameters = jax.tree.map(lambda w, g: w - rate * g, parameters, slopes)
    return models.logits(parameters, inputs)


def descended(setting, scale, pair, rate, steps):
    """Logits after the same descent on the logits themselves."""
    start = kernel_descent.start(setting, scale)
    targets = jax.nn.one_hot(start.labels, start.logits.shape[-1], dtype=float)
    objective = ls.objective(pair)
    return kernel_descent.descent(objective, start, targets, rate, steps)


@pytest.mark.parametrize("pair", ["softmax + brier", "taylor + cross_entropy"])
def test_a_linear_model_descends_as_its_kernel_does(pair):
    setting = dataclasses.replace(MAIN, examples=12)
    expected = trained(setting, 4.0, pair, 0.3, 5)
    found = descended(setting, 4.0, pair, 0.3, 5)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_hidden_layer_does_so_for_small_steps():
    setting = dataclasses.replace(OTHERS[1], examples=12)
    z = kernel_descent.start(setting, 4.0).logits
    expected, found = (
        move(setting, 4.0, "softmax + brier", 1e-6, 1) - z
        for move in (trained, descended)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-9)


def test_of_equal_rates_that_in_the_middle_is_best():
    rows = [
        {
            "pair": "a",
            "start": "gentle",
            "epoch": 1,
            "learning_rate": rate,
            "validation": v,
        }
        for rate, v in zip([0.1, 1.0, 10.0, 100.0], [0.5, 0.9, 0.9, 0.9], strict=True)
    ]
    row = tuned_rates(pd.DataFrame(rows)).iloc[0]
    assert (row.best, row.edge) == (10.0, "inside")


def test_a_pair_that_was_looked_at_stays_so_among_others():
    stored = pd.read_csv(PAIRS)
    assert len(looked_at()) == 157 // 2
    assert looked_at() <= set(stored.pair)
    for pairs in (stored.pair, stored.pair[::-1], stored.pair[:50]):
        assert set(pairs[~held_out(pairs)]) == looked_at() & set(pairs)


def test_brier_scores_are_those_of_pairs_that_were_not_looked_at():
    table = pd.DataFrame(
        {
            "held_out": [True, True, True, True, False, False],
            "recovers": [True, False, True, False, True, False],
            "predicted_way_back": [1.2, 0.5, 1.0, np.nan, 0.0, 1.0],
        }
    )
    assert brier_scores(table) == (1 / 16, 0.25, 0.5)

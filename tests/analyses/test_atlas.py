import math

import numpy as np
import pytest

from analyses import linear_or_saturating
from analyses.atlas import objectives
from analyses.atlas.laws import vanishing
from analyses.blurry_or_crisp import strength
from analyses.shared import catalogue
from analyses.shared.far_out import short
from logitscape._src.properties.fit import fit_law
from logitscape._src.properties.law import Law

pytestmark = pytest.mark.quick

S = np.geomspace(1e-2, 1e8, 400)


def test_the_atlas_has_a_row_for_every_normalizer_and_a_column_for_every_loss():
    assert sorted(objectives.ROWS) == sorted(catalogue.NORMALIZERS)
    assert sorted(objectives.COLUMNS) == sorted(catalogue.PROBABILITY_LOSSES)


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        (2 * np.exp(-S), "exponential decay"),
        (3 / S, "polynomial decay"),
        (np.full_like(S, -1e-7), "clipped"),
        (np.maximum(1 - S, 0), "zero"),
        (np.full_like(S, 0.069), ""),
        (np.log1p(S), ""),
    ],
)
def test_the_atlas_says_how_a_loss_vanishes(loss, kind):
    assert vanishing(fit_law(S, loss)) == kind


def test_a_cell_of_the_atlas_has_two_digits_and_names_an_infinite_loss():
    assert short(fit_law(S, 0.0887 * np.exp(-S))) == r"$0.089\,e^{-s}$"
    assert short(Law("undefined", (1.0, 2.0), begins=1.0)) == r"$\infty,\ s \geq 1$"
    assert short(Law("undefined", (1.0, 2.0), begins=-math.inf)) == r"$\infty$"


def test_normalizers_are_grouped_by_what_strength_does_to_them():
    p = {
        "a": np.array([0.5, 1.0]),
        "b": np.array([0.5, 0.8]),
        "c": np.array([0.8, 0.8]),
    }
    groups = strength.grouped(
        {name: strength.Curve(curve, curve) for name, curve in p.items()}
    )
    assert groups == {"sure": ["a"], "between": ["b"], "never": ["c"]}


def test_notes_tell_limits_and_poles():
    note = linear_or_saturating.note
    assert note(Law("constant", (1.0, 2.0), coefficient=2.0), "loss") == r"$\to$$2$"
    assert note(Law("constant", (1.0, 2.0), coefficient=2.0), "slope") == "$2$"
    assert (
        note(Law("undefined", (1.0, 2.0), begins=1.0), "loss") == r"$\infty$ at $s = 1$"
    )

"""The gradient law, on functions whose law is known by construction."""

import math

import matplotlib.mathtext
import numpy as np
import pytest

from logitscape import Law
from logitscape._src.properties.fit import find_law, fit_law

pytestmark = pytest.mark.quick

# name: f, kind, coefficient, power, rate; constants that have no meaning for the kind are 0.
SMOOTH = {
    "constant": (lambda s: 0 * s + 3, "constant", 3, 0, 0),
    "tiny constant": (lambda s: 0 * s + 1e-30, "constant", 1e-30, 0, 0),
    "negative constant": (lambda s: 0 * s - 2, "constant", -2, 0, 0),
    "saturating": (
        lambda s: -math.sqrt(2) * np.expm1(-s),
        "constant",
        math.sqrt(2),
        0,
        0,
    ),
    "c (1 + 1/s)": (lambda s: 3 * (1 + 1 / s), "constant", 3, 0, 0),
    "c (1 + 1/sqrt s)": (lambda s: 3 * (1 + s**-0.5), "constant", 3, 0, 0),
    "c (1 + log s / s)": (lambda s: 3 * (1 + np.log(s) / s), "constant", 3, 0, 0),
    "decays to a floor": (lambda s: np.exp(-s) + 1e-12, "constant", 1e-12, 0, 0),
    "s": (lambda s: s + 5, "polynomial growth", 1, 1, 0),
    "sqrt s": (lambda s: 2 * np.sqrt(s), "polynomial growth", 2, 0.5, 0),
    "s^3": (lambda s: 2 * s**3 + s, "polynomial growth", 2, 3, 0),
    "softplus": (lambda s: np.logaddexp(0, s), "polynomial growth", 1, 1, 0),
    "2s / (s^2 + 1)": (lambda s: 2 * s / (s * s + 1), "polynomial decay", 2, -1, 0),
    "s^-2": (lambda s: s**-2, "polynomial decay", 1, -2, 0),
    "s^-0.3": (lambda s: 5 * s**-0.3, "polynomial decay", 5, -0.3, 0),
    "s^-40": (lambda s: s**-40.0, "polynomial decay", 1, -40, 0),
    "shifted power": (
        lambda s: 1e-9 * (s + 7) ** -1.7,
        "polynomial decay",
        1e-9,
        -1.7,
        0,
    ),
    "behind a pole": (lambda s: 1 / (s - 3), "polynomial decay", 1, -1, 0),
    "turns negative": (
        lambda s: 2 * (1 - s) / (1 + (1 - s) ** 2),
        "polynomial decay",
        -2,
        -1,
        0,
    ),
    "e^-s": (lambda s: np.exp(-s), "exponential decay", 1, 0, 1),
    "-e^-s": (lambda s: -np.exp(-s), "exponential decay", -1, 0, 1),
    "e^(-s/10)": (lambda s: np.exp(-s / 10), "exponential decay", 1, 0, 0.1),
    "1e-20 e^-s": (lambda s: 1e-20 * np.exp(-s), "exponential decay", 1e-20, 0, 1),
    "s e^-3s": (lambda s: 4 * s * np.exp(-3 * s), "exponential decay", 4, 1, 3),
    "s^2 e^(-s/10)": (lambda s: s**2 * np.exp(-s / 10), "exponential decay", 1, 2, 0.1),
    "(1 + s) e^-s": (lambda s: (1 + s) * np.exp(-s), "exponential decay", 1, 1, 1),
    "sqrt(s) e^(-s/2)": (
        lambda s: np.sqrt(s) * np.exp(-s / 2),
        "exponential decay",
        1,
        0.5,
        0.5,
    ),
    "two rates": (
        lambda s: np.exp(-s) + np.exp(-1.1 * s),
        "exponential decay",
        1,
        0,
        1,
    ),
    "fast": (lambda s: 2 * np.exp(-1e3 * s), "exponential decay", 2, 0, 1e3),
    "slow": (lambda s: 2 * np.exp(-1e-7 * s), "exponential decay", 2, 0, 1e-7),
    "slow beside a power": (
        lambda s: s**-2 * np.exp(-1e-9 * s),
        "exponential decay",
        1,
        -2,
        1e-9,
    ),
    "a norm that underflows early": (
        lambda s: np.sqrt(np.exp(-s) ** 2),
        "exponential decay",
        1,
        0,
        1,
    ),
    "e^s": (lambda s: np.exp(s), "exponential growth", 1, 0, 1),
    "a norm that overflows early": (
        lambda s: np.sqrt(np.exp(s) ** 2),
        "exponential growth",
        1,
        0,
        1,
    ),
    "s e^(s/2)": (lambda s: 3 * s * np.exp(s / 2), "exponential growth", 3, 1, 0.5),
}
LOGARITHMIC = {
    "log s": (lambda s: np.log(s), "logarithmic growth", 1, 0, 1),
    "3 log s + 7": (lambda s: 3 * np.log(s) + 7, "logarithmic growth", 3, 0, 1),
    "log^2 s": (lambda s: np.log(s) ** 2, "logarithmic growth", 1, 0, 2),
    "s log^3 s": (lambda s: s * np.log(s) ** 3, "polynomial growth", 1, 1, 3),
    "1 / log s": (lambda s: 1 / np.log(s), "logarithmic decay", 1, 0, -1),
    "s^-2 log s": (lambda s: np.log1p(s) / s**2, "polynomial decay", 1, -2, 1),
    "1 / (s log s)": (lambda s: 1 / (s * np.log(s)), "polynomial decay", 1, -1, -1),
}
FASTER = {
    "e^e^s": (lambda s: np.exp(np.exp(s)), "super-exponential growth", math.inf, 1, 1),
    "e^s e^e^s": (
        lambda s: np.exp(s) * np.exp(np.exp(s)),
        "super-exponential growth",
        math.inf,
        1,
        1,
    ),
    "e^-e^s": (
        lambda s: -np.exp(-np.exp(s)),
        "super-exponential decay",
        math.inf,
        1,
        1,
    ),
    "e^(-3 e^2s)": (
        lambda s: np.exp(-3 * np.exp(2 * s)),
        "super-exponential decay",
        math.inf,
        3,
        2,
    ),
    "Gaussian": (lambda s: np.exp(-s * s / 2), "super-exponential decay", 2, 0.5, 0),
    "e^-sqrt s": (
        lambda s: np.exp(-np.sqrt(s)),
        "stretched exponential decay",
        0.5,
        1,
        0,
    ),
}
ENDING = {
    "nothing": (lambda s: 0 * s, "zero", -math.inf),
    "a step": (lambda s: np.where(s < 1, 2.0, 0.0), "zero", 1),
    "a ramp": (lambda s: np.maximum(0, 1 - s / 3), "zero", 3),
    "a tiny ramp": (lambda s: 1e-200 * np.maximum(0, 1 - s / 3), "zero", 3),
    "a smooth foot": (lambda s: np.maximum(0, 1 - s / 20) ** 20, "zero", 20),
    "rounded to 0": (lambda s: 1 - 1 / (1 + np.exp(-s)), "zero", 53 * math.log(2)),
    "no domain": (lambda s: np.nan * s, "undefined", -math.inf),
    "domain left": (lambda s: np.where(s > 5, np.nan, 1.0), "undefined", 5),
    "infinite": (lambda s: np.where(s > 700, np.inf, s), "undefined", 700),
    "a pole": (lambda s: np.where(s < 3, 1 / (3 - s), np.nan), "undefined", 3),
    "zero, then undefined": (
        lambda s: np.where(s < 9, np.maximum(0, 2 - s), np.nan),
        "undefined",
        9,
    ),
}


def law_of(f):
    def quiet(s):
        with np.errstate(all="ignore"):
            return f(s)

    return find_law(quiet)


@pytest.mark.parametrize("name", SMOOTH)
def test_powers_and_exponentials_have_their_constants(name):
    f, kind, coefficient, power, rate = SMOOTH[name]
    law = law_of(f)
    assert law.kind == kind
    assert law.coefficient == pytest.approx(coefficient, rel=2e-4)
    assert law.power == pytest.approx(power, abs=1e-5)
    assert law.rate == pytest.approx(rate, rel=1e-6)
    assert abs(
        law.coefficient - coefficient
    ) <= 5 * law.coefficient_error + 1e-12 * abs(coefficient)
    assert law.residual < 1e-4
    assert 0 < law.range[0] < law.range[1] <= 1e8
    assert law.begins is None


@pytest.mark.parametrize("name", LOGARITHMIC)
def test_logarithms_are_distinguished_from_powers(name):
    f, kind, coefficient, power, log_power = LOGARITHMIC[name]
    law = law_of(f)
    assert (law.kind, law.power, law.log_power) == (kind, power, log_power)
    assert law.coefficient == pytest.approx(coefficient, rel=1e-5)


@pytest.mark.parametrize("name", FASTER)
def test_exponentials_of_more_and_less_than_s(name):
    f, kind, order, rate, inner_rate = FASTER[name]
    law = law_of(f)
    assert law.kind == kind
    assert law.order == pytest.approx(order, rel=1e-5)
    assert law.rate == pytest.approx(rate, rel=1e-3)
    assert law.inner_rate == pytest.approx(inner_rate, rel=1e-5)
    assert math.copysign(1, law.coefficient) == np.sign(f(np.array(2.0)))


@pytest.mark.parametrize("name", ENDING)
def test_where_a_function_ends(name):
    f, kind, begins = ENDING[name]
    law = law_of(f)
    assert (law.kind, law.coefficient) == (kind, 0)
    assert law.begins == pytest.approx(begins, rel=1e-14)


def test_faster_than_any_formula():
    law = law_of(lambda s: np.exp(-np.exp(np.exp(s))))
    assert (law.kind, law.rate) == ("super-exponential decay", 0)
    assert str(law) == "faster than e^(-s)"


@pytest.mark.parametrize("f", [lambda s: np.sin(s) / s, lambda s: 2 + np.sin(s)])
def test_oscillations_have_no_law(f):
    law = law_of(f)
    assert law.kind == "oscillating"
    assert law.coefficient == 0


SLOW = [lambda s: 2 + np.sin(np.log(s)), lambda s: np.log(1 + np.log(s + 3))]
"""Functions that look like a small power, or a stretched exponential of a small order."""


@pytest.mark.parametrize(
    "f",
    [
        lambda s: 0 * s + 1e-300,
        lambda s: s - 9e7,
        lambda s: np.exp(-(np.log(s) ** 2)),
        *SLOW,
    ],
)
def test_ambiguous_functions_are_undetermined(f):
    assert law_of(f).kind == "undetermined"


def test_small_oscillations_are_a_residual():
    law = law_of(lambda s: 2 + 1e-3 * np.sin(s))
    assert law.kind == "constant"
    assert law.coefficient == pytest.approx(2, abs=1e-3)
    assert 1e-4 < law.residual < 1e-3


def test_a_wrong_correction_shows_in_the_error():
    law = law_of(lambda s: np.log(s) * np.exp(-s))
    assert law.kind == "exponential decay"
    assert law.rate == pytest.approx(1, abs=1e-3)
    assert law.power_error > 1e-3


@pytest.mark.parametrize("noise", [1e-15, 1e-12])
@pytest.mark.parametrize(
    "name", ["saturating", "2s / (s^2 + 1)", "s^-2", "s e^-3s", "e^(-s/10)", "e^s"]
)
def test_noise_does_not_matter(name, noise):
    f, kind, coefficient, power, rate = SMOOTH[name]
    wobble = 1 + noise * np.sin(np.arange(512) ** 2)
    law = law_of(lambda s: f(s) * wobble)
    assert law.kind == kind
    assert law.coefficient == pytest.approx(coefficient, rel=1e-3)
    assert law.power == pytest.approx(power, abs=1e-4)
    assert law.rate == pytest.approx(rate, rel=1e-6)


def test_a_noisy_power_is_no_exponential():
    law = law_of(lambda s: s**-5 * (1 + 1e-2 * np.sin(np.arange(512) ** 2)))
    assert law.kind == "polynomial decay"
    assert abs(law.power + 5) < 5 * law.power_error + 1e-2


def test_samples_as_they_stand():
    s = np.linspace(1, 100, 200)
    assert fit_law(s, s**-2.0).kind == "polynomial decay"
    assert fit_law(s, np.exp(-s / 10)).kind == "exponential decay"
    assert fit_law(s, np.exp(-s / 10)).rate == pytest.approx(0.1, rel=1e-9)
    assert fit_law(s, 2 * (1 + 1 / s)).coefficient == pytest.approx(2, rel=1e-2)
    assert fit_law(s, np.maximum(0, 50.5 - s)).begins == s[s >= 50.5][0]


@pytest.mark.parametrize(
    ("f", "text", "mathtext"),
    [
        (lambda s: -math.sqrt(2) * np.expm1(-s), "1.41", "$1.41$"),
        (lambda s: 2 * s / (s * s + 1), "2.00 s^-1.00", r"$2\,s^{-1}$"),
        (lambda s: s * (1 + 0 * s), "1.00 s", "$s$"),
        (lambda s: 5.66 * s * np.exp(-s), "5.66 s e^(-1.00 s)", r"$5.66\,s\,e^{-s}$"),
        (lambda s: -np.exp(0.7 * s), "-1.00 e^(0.700 s)", r"$-e^{0.7\,s}$"),
        (lambda s: 0 * s + 2e-30, "2.00e-30", r"$2\cdot 10^{-30}$"),
        (lambda s: 3 * np.log(s), "3.00 log s", r"$3\,\log s$"),
        (
            lambda s: 1 / (s * np.log(s)),
            "1.00 s^-1.00 (log s)^-1",
            r"$s^{-1}\,\log^{-1} s$",
        ),
        (lambda s: np.exp(-np.exp(s)), "e^(-1.00 e^(1.00 s))", "$e^{-e^{s}}$"),
        (lambda s: -np.exp(-s * s / 2), "-e^(-0.500 s^2.00)", r"$-e^{-0.5\,s^{2}}$"),
        (
            lambda s: np.exp(-np.exp(np.exp(s))),
            "faster than e^(-s)",
            r"$\mathrm{faster\ than}\ e^{-s}$",
        ),
        (lambda s: np.where(s < 1, 2.0, 0.0), "0 from s = 1.00", r"$0,\ s \geq 1$"),
        (lambda s: 0 * s, "0", "$0$"),
        (
            lambda s: np.where(s > 5, np.nan, 1.0),
            "undefined from s = 5.00",
            r"$\mathrm{undefined},\ s \geq 5$",
        ),
        (lambda s: np.nan * s, "undefined", r"$\mathrm{undefined}$"),
        (np.sin, "oscillating", r"$\mathrm{oscillating}$"),
    ],
)
def test_a_law_reads_as_mathematics(f, text, mathtext):
    law = law_of(f)
    assert (str(law), law.math) == (text, mathtext)
    matplotlib.mathtext.MathTextParser("path").parse(law.math)


def test_laws_are_equal_by_value_and_hashable():
    assert hash(law_of(lambda s: s**-2)) == hash(law_of(lambda s: s**-2))
    assert Law("zero", (1.0, 2.0), begins=1.0) == Law("zero", (1.0, 2.0), begins=1.0)


def test_every_call_has_the_same_shape():
    shapes = set()

    def f(s):
        shapes.add(s.shape)
        return np.maximum(0, 1 - s / 3)

    assert find_law(f).begins == 3
    assert shapes == {(512,)}


@pytest.mark.parametrize(
    "ends",
    [
        {"start": 0.0},
        {"start": 2.0, "end": 1.0},
        {"end": math.inf},
        {"start": math.nan},
    ],
)
def test_a_ray_needs_two_ends(ends):
    with pytest.raises(
        ValueError,
        match=r"`find_law\(start=..., end=...\)` must be 0 < start < end < inf, got",
    ):
        find_law(np.exp, **ends)


@pytest.mark.parametrize(
    "s",
    [
        [1.0, 2.0],
        np.arange(9.0),
        np.arange(9.0, 0, -1),
        np.full(9, np.nan),
        np.ones((9, 2)),
    ],
)
def test_samples_must_be_positive_and_increasing(s):
    with pytest.raises(
        ValueError,
        match=r"`fit_law\(s, ...\)` must be at least 8 positive, finite, increasing",
    ):
        fit_law(s, np.ones_like(s))


def test_values_must_match_the_samples():
    with pytest.raises(
        ValueError,
        match=r"`find_law\(evaluate\)` must have one value for each s, shape \(512,\)",
    ):
        find_law(lambda s: np.ones(1))
    with pytest.raises(
        ValueError, match=r"`fit_law\(s, values\)` .* shape \(9,\), got shape \(8,\)"
    ):
        fit_law(np.arange(1.0, 10), np.ones(8))

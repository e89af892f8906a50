"""The stored numbers of the catalogue are those of the engine."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.diagnosis.rays import origin_of
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.explorer import catalogue, field, knobs, opening, rays
from logitscape._src.explorer.packing import unpacked
from logitscape._src.landscapes.probe_rays import PROBE_RAYS
from tests.shares import share

SIX_DIGITS = 5.5e-6
"""Half a unit of the sixth digit, relative to the smallest number that has six."""
ROUNDING = 8 * np.finfo(np.float64).eps
TINY = np.finfo(np.float32).tiny
STORED = catalogue.read()
PAIRS = STORED["pairs"]
NAMES = PAIRS["names"]
VALUES = unpacked(PAIRS["values"])


def text_of(stored: Any, *place: int) -> str:
    return str(stored["texts"][unpacked(stored["index"])[place]])


def test_it_has_every_pair_of_the_catalogue() -> None:
    pairs = [
        f"{normalizer} + {loss}"
        for normalizer in ls.NORMALIZERS
        for loss in ls.PROBABILITY_LOSSES
    ]
    alone = [*ls.LOGIT_LOSSES, *ls.MULTILABEL_LOSSES, *ls.CONTRASTIVE_LOSSES]
    of_cosines = {"arcface"}
    mapped = [f"{name} > softmax + cross_entropy" for name in ls.LOGIT_MAPS]
    whole = [name for name in alone if name not in of_cosines]
    expected = [*pairs, *whole, *mapped]
    assert expected == NAMES, (
        "run `python -m logitscape._src.explorer.catalogue --write`"
    )


@pytest.mark.parametrize("name", share(NAMES, one_in=200))
def test_losses_and_slopes_are_those_of_a_sweep(name: str) -> None:
    index = NAMES.index(name)
    base = PAIRS["base"][index]
    assert base == origin_of(subject(name, num_classes=3), 3)
    for row, ray in enumerate(PROBE_RAYS.values()):
        line = ls.ray(ray.name, rays.S, num_classes=3, base=base)
        swept = ls.sweep(name, line)
        loss = np.asarray(swept.loss)[0, 0]
        gradient = np.asarray(swept.gradient)[0, 0]
        moved = ray.direction(3) != 0
        slope = gradient[:, moved] @ ray.direction(3)[moved]
        slope = np.where(np.isfinite(loss), slope, np.nan)
        np.testing.assert_allclose(VALUES[index, row, 0], loss, rtol=SIX_DIGITS)
        # A component that is exactly 0 may be what rounding leaves of the largest one.
        rounding = ROUNDING * np.nan_to_num(np.abs(gradient)).max(axis=1) + TINY
        kept = VALUES[index, row, 1]
        np.testing.assert_array_equal(np.isnan(kept), np.isnan(slope))
        error = np.abs(kept - slope)[np.isfinite(slope)]
        allowed = (SIX_DIGITS * np.abs(slope) + rounding)[np.isfinite(slope)]
        assert (error <= allowed).all()


@pytest.mark.parametrize("name", share(NAMES[3:], one_in=400))
def test_laws_are_those_of_gradient_law(name: str) -> None:
    index = NAMES.index(name)
    for row, ray in enumerate(PROBE_RAYS):
        law = ls.gradient_law(name, ray, base=PAIRS["base"][index]).slope
        assert text_of(PAIRS["laws"], index, row) == str(law)
        assert text_of(PAIRS["kinds"], index, row) == law.kind


def test_the_first_screen_is_what_the_pairs_say() -> None:
    values = unpacked(STORED["opening"]["values"])
    target = jnp.array([1.0, 0.0])
    places = [opening.PRESETS[name] for name in opening.PRESETS]
    for cat, dog in [*places, (0.5, 0.5), (20.0, -4.0), (19.5, 3.0)]:
        at = [int(np.flatnonzero(z == opening.AXIS)[0]) for z in (cat, dog)]
        for row, spec in enumerate(opening.PAIRS):
            pair = ls.objective(spec)
            z = jnp.array([cat, dog])
            loss, gradient = jax.value_and_grad(pair)(z, target)
            exact = np.array([*pair.predict(z).p, loss, *gradient])
            if spec.startswith("sum") and dog < 0:
                exact[:] = np.nan
            kept = values[(row, slice(None), *at)]
            np.testing.assert_allclose(kept, exact, rtol=SIX_DIGITS)


def test_the_answer_to_the_question_is_on_the_first_screen() -> None:
    softmax, by_sum = unpacked(STORED["opening"]["values"])[:, 3]
    at = {z: int(np.flatnonzero(z == opening.AXIS)[0]) for z in (1.0, 2.0, 10.0, 20.0)}
    blurry, crisp = (at[1.0], at[2.0]), (at[10.0], at[20.0])
    assert softmax[crisp] == pytest.approx(-1, abs=1e-4)
    assert by_sum[blurry] == pytest.approx(10 * by_sum[crisp])


def test_every_moment_has_its_sentence() -> None:
    first = opening.opening()
    np.testing.assert_array_equal(
        first.sentence, unpacked(STORED["opening"]["sentence"])
    )
    assert set(first.sentence.ravel()) == set(range(len(opening.SENTENCES)))

    def said(cat: float, dog: float) -> str:
        at = tuple(int(np.flatnonzero(z == opening.AXIS)[0]) for z in (cat, dog))
        return opening.NAMES[first.sentence[at]]

    assert said(1, 2) == "wrong"
    assert said(10, 20) == "sure"
    assert said(20, 10) == "done"
    assert said(2, 1) == "right"
    assert said(3, 3) == "tie"
    assert said(-1, 3) == said(0, 0) == "undefined"


@pytest.mark.parametrize(
    "name", ["sum + cross_entropy", "abs + focal", "soft_cap > softmax + cross_entropy"]
)
def test_flows_are_those_of_ls_flow(name: str) -> None:
    rolling = PAIRS["rolling"]
    assert [NAMES[pair] for pair in rolling["pairs"]] == NAMES
    times = unpacked(rolling["times"])
    paths = np.cumsum(unpacked(rolling["steps"]), axis=2) * field.UNIT
    starts = field.POINTS[field.WRONG]
    row = NAMES.index(name)
    flows = ls.flow(name, starts, points=field.STEPS)
    np.testing.assert_allclose(times[row], flows.times[0], rtol=SIX_DIGITS)
    assert flows.paths is not None
    reached = flows.reached[0]
    assert reached.any()
    np.testing.assert_allclose(
        paths[row][reached], flows.paths[0][reached], atol=field.UNIT
    )
    for start, reason in enumerate(flows.reasons[0]):
        assert text_of(rolling["reasons"], row, start) == reason


def test_arrows_point_down_the_gradient() -> None:
    index = NAMES.index("softmax + brier")
    angle, ink = unpacked(PAIRS["arrows"])[index].T
    gradient = np.asarray(
        jax.vmap(jax.grad(ls.objective("softmax + brier")), in_axes=(0, None))(
            jnp.asarray(field.POINTS), jnp.array([1.0, 0.0])
        )
    )
    turn = angle / 256 * 2 * np.pi
    along = -(np.cos(turn) * gradient[:, 0] + np.sin(turn) * gradient[:, 1])
    assert (ink > 0).all()
    assert (along > 0.999 * np.linalg.norm(gradient, axis=1)).all()


def test_every_pair_has_knobs_and_its_usual_settings_are_the_catalogue_s() -> None:
    turned = set()
    for stored in PAIRS["knobs"]:
        values = unpacked(stored["values"])
        unit = stored["temperatures"].index(1.0)
        usual = values[:, unit, stored["default"]]
        expected = VALUES[stored["pairs"], 0]
        np.testing.assert_allclose(usual, expected, rtol=2 * SIX_DIGITS, atol=ROUNDING)
        turned |= {NAMES[pair] for pair in stored["pairs"]}
    assert turned == set(NAMES)


@pytest.mark.parametrize("name", ["sum + cross_entropy", "sparsemax + focal"])
def test_a_temperature_divides_the_logits(name: str) -> None:
    index = NAMES.index(name)
    (stored,) = [each for each in PAIRS["knobs"] if index in each["pairs"]]
    values = unpacked(stored["values"])[stored["pairs"].index(index)]
    line = ls.ray("R1", rays.S, num_classes=3, base=PAIRS["base"][index])
    for row, temperature in enumerate(stored["temperatures"]):
        swept = ls.sweep(f"scale(inverse_temperature={1 / temperature}) > {name}", line)
        loss, slope = swept.loss[0, 0], swept.gradient[0, 0][:, 1]
        np.testing.assert_allclose(values[row, 0, 0], loss, rtol=SIX_DIGITS)
        slope = np.where(np.isfinite(loss), slope, np.nan)
        np.testing.assert_allclose(values[row, 0, 1], slope, rtol=SIX_DIGITS, atol=TINY)


def test_a_temperature_and_a_parameter_are_turned() -> None:
    (focal,) = [each for each in PAIRS["knobs"] if each["parameter"] == "focal: gamma"]
    (values,) = unpacked(focal["values"])
    turned = {0: 4.0, len(knobs.TEMPERATURES) - 1: 0.25}
    specs = [
        f"scale(inverse_temperature={inverse}) > softmax + focal(gamma=5.0)"
        for inverse in turned.values()
    ]
    swept = ls.sweep(specs, ls.ray("R1", rays.S, num_classes=3))
    at = focal["settings"].index(5.0)
    for row, t in enumerate(turned):
        assert knobs.TEMPERATURES[t] == 1 / turned[t]
        exact = [swept.loss[row, 0], swept.gradient[row, 0][:, 1]]
        np.testing.assert_allclose(values[t, at], exact, rtol=SIX_DIGITS)

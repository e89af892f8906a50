"""Temperature and a parameter of the loss as knobs: loss and slope on R1 at every setting."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.xla import jit_fast_compile
from ..landscapes.probe_rays import RIVAL_UP
from ..objectives.catalog import BY_NAME, LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
from .parts import Evaluate
from .rays import NUM_CLASSES, S, loss_and_slope

TEMPERATURES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Numbers by which the logits are divided."""
FEW_TEMPERATURES = (0.25, 1.0, 4.0)
"""Those of the pairs that are neither with softmax nor with cross-entropy."""

PARAMETERS: dict[str, tuple[str, tuple[float, ...]]] = {
    "entmax": ("alpha", (1.0, 1.25, 1.5, 1.75, 2.0)),
    "tempered": ("temperature", (1.1, 1.25, 1.5, 1.75, 1.9)),
    "power": ("exponent", (0.5, 1.0, 1.5, 2.0, 3.0)),
    "softmax_one": ("sink", (-4.0, -2.0, 0.0, 2.0, 4.0)),
    "spherical": ("epsilon", (0.001, 0.01, 0.1, 1.0, 10.0)),
    "generalized_cross_entropy": ("q", (0.1, 0.3, 0.5, 0.7, 1.0)),
    "focal": ("gamma", (0.0, 0.5, 1.0, 2.0, 5.0)),
    "poly1": ("epsilon", (0.0, 0.5, 1.0, 2.0, 4.0)),
    "clipped_cross_entropy": ("epsilon", (1e-9, 1e-7, 1e-5, 1e-3, 1e-1)),
    "tsallis_score": ("alpha", (1.1, 1.25, 1.5, 2.0, 3.0)),
    "label_smoothing": ("smoothing", (0.0, 0.05, 0.1, 0.2, 0.4)),
    "alpha_loss": ("alpha", (0.5, 1.0, 1.5, 2.0, 4.0)),
    "comp_sum": ("tau", (0.0, 0.5, 1.0, 1.5, 2.0)),
    "partially_huberised_cross_entropy": ("tau", (2.0, 5.0, 10.0, 20.0, 50.0)),
    "bi_tempered": ("t1", (0.2, 0.4, 0.6, 0.8, 1.0)),
    "normalized_focal": ("gamma", (0.0, 0.5, 1.0, 2.0, 5.0)),
    "normalized_generalized_cross_entropy": ("q", (0.1, 0.3, 0.5, 0.7, 1.0)),
    "jensen_shannon": ("weight", (0.1, 0.3, 0.5, 0.7, 0.9)),
    "confidence_penalty": ("beta", (0.0, 0.05, 0.1, 0.3, 0.5)),
    "soft_bootstrapping": ("beta", (0.5, 0.7, 0.8, 0.95, 1.0)),
    "hard_bootstrapping": ("beta", (0.5, 0.7, 0.8, 0.95, 1.0)),
    "reverse_kl": ("smoothing", (0.01, 0.05, 0.1, 0.2, 0.4)),
    "symmetric_cross_entropy": ("beta", (0.0, 0.5, 1.0, 2.0, 5.0)),
    "entmax_loss": ("alpha", (1.0, 1.25, 1.5, 1.75, 2.0)),
    "squared_logits": ("target", (0.5, 1.0, 2.0, 4.0, 8.0)),
    "z_loss": ("weight", (0.0, 1e-4, 1e-3, 1e-2, 1e-1)),
    "cosface": ("margin", (0.0, 0.2, 0.35, 0.5, 0.7)),
    "max_sup": ("weight", (0.0, 0.05, 0.1, 0.5, 1.0)),
    "dual_focal": ("gamma", (0.0, 1.0, 2.0, 5.0, 7.0)),
}
"""A parameter of each formula that has one to turn, and its settings."""


@dataclass(frozen=True)
class Knobs:
    """What the knobs do to one pair.

    Attributes:
        pair: Name of the pair.
        parameter: Parameter that can be turned, such as "focal: gamma"; empty if there is none.
        settings: Its settings.
        default: Index of the setting that the catalogue has.
        values: Loss and slope on R1, [temperature, setting, 2, place].
        temperatures: Numbers by which the logits are divided.
    """

    pair: str
    parameter: str
    settings: tuple[float, ...]
    default: int
    values: NDArray[np.float64]
    temperatures: tuple[float, ...] = TEMPERATURES


def of_formula(name: str, base: float) -> Knobs:
    """Return the knobs of a normalizer before cross-entropy, or of a loss behind softmax."""
    parameter, settings = PARAMETERS[name]
    function, pair = _with_parameter(name, parameter)
    default = settings.index(BY_NAME[name].parameters[parameter])
    values = _values(function, settings, base)
    return Knobs(pair, f"{name}: {parameter}", settings, default, values)


def of_temperature(
    name: str,
    evaluate: Evaluate,
    base: float,
    temperatures: tuple[float, ...] = TEMPERATURES,
) -> Knobs:
    """Return the knob that every pair has."""
    values = [
        [loss_and_slope(evaluate, RIVAL_UP, base, S, temperature)]
        for temperature in temperatures
    ]
    return Knobs(name, "", (1.0,), 0, np.array(values), temperatures)


def _with_parameter(name: str, parameter: str) -> tuple[Callable[..., Array], str]:
    """Return the pair as a function of logits, target and setting, and its name."""
    if name in LOGIT_LOSSES:
        loss = LOGIT_LOSSES[name]
        return lambda z, t, setting: loss(z, t, **{parameter: setting}), name
    if name in PROBABILITY_LOSSES:
        loss, softmax = PROBABILITY_LOSSES[name], NORMALIZERS["softmax"]
        return (
            lambda z, t, setting: loss(softmax(z), t, **{parameter: setting}),
            f"softmax + {name}",
        )
    normalizer, loss = NORMALIZERS[name], PROBABILITY_LOSSES["cross_entropy"]
    return (
        lambda z, t, setting: loss(normalizer(z, **{parameter: setting}), t),
        f"{name} + cross_entropy",
    )


def _values(
    function: Callable[..., Array], settings: Sequence[float], base: float
) -> NDArray[np.float64]:
    direction = RIVAL_UP.direction(NUM_CLASSES)
    places = jnp.asarray(base + S[:, None] * direction)

    def at(place: Array, temperature: Array, setting: Array) -> Any:
        target = jnp.eye(NUM_CLASSES)[0]
        return jax.value_and_grad(lambda z: function(z / temperature, target, setting))(
            place
        )

    over_places = jax.vmap(at, in_axes=(0, None, None))
    over_settings = jax.vmap(over_places, in_axes=(None, None, 0))
    over_all = jax.vmap(over_settings, in_axes=(None, 0, None))
    loss, gradient = jit_fast_compile(over_all)(
        places, jnp.asarray(TEMPERATURES), jnp.asarray(settings)
    )
    slope = np.asarray(gradient) @ direction
    loss = np.asarray(loss)
    return np.stack([loss, np.where(np.isfinite(loss), slope, np.nan)], axis=2)

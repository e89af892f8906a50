"""Forward-mode differentiation compared with reverse mode."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from ...base.program_keys import program_key
from ...base.stored import stored_program
from ...base.xla import jit_fast_compile
from ..answers import Answer
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .scattered_points import Points

FADED = 1e-9
"""Share of the largest slope below which a slope is rounding."""
METHOD = "jax.jvp along one random direction at scattered points, float64"


def compare_forward_mode(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> Answer:
    """Whether forward mode runs, and gives the slopes that reverse mode gives."""
    direction = config.random().normal(size=config.num_classes)
    try:
        slopes = _forward_slopes(subject, points, direction)
    except Exception as error:
        return _no_forward_mode(points, error)
    expected = points.gradient @ direction
    # Rounding errors are in proportion to the terms, which
    # may cancel in the slope itself.
    size = np.abs(points.gradient) @ np.abs(direction)
    # Those of a gradient that has faded are left over from
    # terms of the size that it has elsewhere.
    size = np.maximum(size, max(float(FADED * size.max()), 1e-300))
    error_share = np.abs(slopes - expected) / size
    worst = float(error_share.max())
    if worst <= 1e-6:
        return Answer(
            question=CONSISTENCY,
            verdict="forward agrees with reverse",
            severity="fine",
            text=f"Alike, to {worst:.0e} of their size.",
            method=METHOD,
            number=worst,
        )
    point = int(error_share.argmax())
    reverse = points.gradient[point] @ direction
    shows = f"slope {slopes[point]:.4g} by forward, {reverse:.4g} by reverse mode"
    return Answer(
        question=CONSISTENCY,
        verdict="forward differs from reverse",
        severity="fault",
        text=f"{shows} along one direction.",
        method=METHOD,
        number=worst,
        witness=replace(points.witness(point, shows), expression="jvp"),
    )


def _forward_slopes(subject: Subject, points: Points, direction: Rows) -> Rows:
    """Slopes of the loss along the direction, [m]."""

    def slope(z: jax.Array, t: jax.Array) -> jax.Array:
        def loss(z: jax.Array) -> jax.Array:
            return subject.function(z, t)

        tangent: jax.Array
        _, tangent = jax.jvp(loss, (z,), (jnp.asarray(direction),))
        return tangent

    targets = np.eye(len(direction))[points.labels]
    about = ("forward slopes", points.z.shape, direction.tobytes())
    key = program_key(subject.function, about, slope, points.z[0], targets[0])
    program, _ = stored_program(
        key, jax.vmap(slope), points.z, targets, jit=jit_fast_compile
    )
    return np.asarray(program(points.z, targets))


def _no_forward_mode(points: Points, error: Exception) -> Answer:
    text = (
        f"jvp, jacfwd and hessian fail ({type(error).__name__}): "
        "a jax.custom_vjp has no forward mode. Reverse mode works."
    )
    return Answer(
        question=CONSISTENCY,
        verdict="no forward mode",
        severity="note",
        text=text,
        method=METHOD,
        witness=replace(points.witness(0, "jax.jvp raises an error"), expression="jvp"),
    )

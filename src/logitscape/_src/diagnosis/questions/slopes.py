"""The gradient held against the loss: by differences, by its sum, and by forward mode."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...base.xla import jit_fast_compile
from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, losses, one_hot, row
from ..subject import Subject

QUESTION = "consistency"
POINTS, WAYS = 32, 6
WIDE, CLOSE, TINY = (
    1e-2,
    1e-3,
    1e-7,
)  # steps of differences; the last shows rounding only
WRONG_SHARE = 0.02


class Points(NamedTuple):
    """Scattered points with finite float64 values: logits [m, n], labels [m], losses [m], gradients [m, n], rounding [m]."""

    z: Rows
    labels: Rows
    loss: Rows
    gradient: Rows
    noise: Rows


def scattered(subject: Subject, config: DiagnosisConfig) -> Points:
    """Points of three decimals; every other one positive, every third labelled with its top class."""
    random, n = config.random(), config.num_classes
    z = 10 ** random.uniform(-0.5, 0.8, (4 * POINTS, 1)) * random.uniform(
        -1, 1, (4 * POINTS, n)
    )
    z[1::2] = np.abs(z[1::2])
    z = np.round(z, 3)
    labels = random.integers(n, size=len(z))
    labels[::3] = z[::3].argmax(axis=1)
    found = evaluate(subject, z, labels)
    kept = np.flatnonzero(
        np.isfinite(found.loss) & np.isfinite(found.gradient).all(axis=1)
    )[:POINTS]
    return Points(
        z[kept],
        labels[kept],
        found.loss[kept],
        found.gradient[kept],
        roughness(subject, z[kept], labels[kept], TINY)[0],
    )


def roughness(
    subject: Subject, z: Rows, labels: Rows, step: float
) -> tuple[Rows, Rows]:
    """The largest second difference of eight small steps, [m], and whether the loss stays the same in all of them, [m]."""
    way = np.cos(np.arange(z.shape[1]) ** 2.0)
    steps = z[:, None] + step * np.arange(8)[:, None] * way
    values = losses(
        subject, steps.reshape(-1, z.shape[1]), np.repeat(labels, 8)
    ).reshape(-1, 8)
    return np.abs(np.diff(values, 2, axis=1)).max(axis=1), (
        values == values[:, :1]
    ).all(axis=1)


def against_differences(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> Answer:
    """Whether the gradient is the loss's, at two step sizes that agree: finds straight-through, stop_gradient, wrong rules."""
    method = f"central differences of steps {WIDE} and {CLOSE} at {len(points.z)} scattered points, float64"
    ways = _ways(config, points)
    wide, close = _differences(subject, points, ways)
    own = np.take_along_axis(points.gradient, ways, axis=1)
    size = np.maximum(np.abs(points.gradient).max(axis=1), np.abs(wide).max(axis=1))[
        :, None
    ]
    allowed = 1e-3 * size + 8 * points.noise[:, None] / CLOSE + 1e-12
    smooth = np.abs(wide - close) <= allowed
    error = np.where(smooth, np.abs(own - wide), 0)
    wrong = (error > 3 * allowed).any(axis=1)
    if not smooth.any():
        return undecided(
            QUESTION,
            "the loss is too rough for differences at every point tried.",
            method,
        )
    worst = float((error / np.maximum(size, 1e-300)).max())
    if wrong.sum() < max(2, WRONG_SHARE * len(wrong)):
        text = f"The gradient is that of the loss, to {worst:.0e} of its size, as differences tell."
        return Answer(
            QUESTION, "gradient is that of the loss", "fine", text, method, worst
        )
    i = int(np.argmax(np.where(wrong, error.max(axis=1), -1)))
    k = int(error[i].argmax())
    at, slope = int(ways[i, k]), float(wide[i, k])
    shows = f"dL/dz_{at} = {own[i, k]:.4g}, but the loss changes like {slope:.4g}"
    text = (
        f"At {wrong.mean():.0%} of the points the gradient is not the slope of the loss: {shows} (straight-through, "
        "stop_gradient or a wrong custom rule)."
    )
    witness = Witness(
        row(points.z[i]), one_hot(int(points.labels[i]), config.num_classes), shows
    )
    return Answer(
        QUESTION,
        "gradient is not that of the loss",
        "serious",
        text,
        method,
        worst,
        witness,
    )


def _ways(config: DiagnosisConfig, points: Points) -> Rows:
    """Which logits are moved, [m, ways]: the label's and the top one among them."""
    ways = config.random().integers(config.num_classes, size=(len(points.z), WAYS))
    ways[:, 0], ways[:, 1] = points.labels, points.z.argmax(axis=1)
    return ways


def _differences(subject: Subject, points: Points, ways: Rows) -> tuple[Rows, Rows]:
    """Of fourth order with wide steps, of second order with close ones, [m, ways] each."""
    n = points.z.shape[1]
    steps = np.array([WIDE, -WIDE, 2 * WIDE, -2 * WIDE, CLOSE, -CLOSE])
    z = points.z[:, None, None] + steps[:, None] * np.eye(n)[ways][:, :, None]
    labels = np.repeat(points.labels, WAYS * len(steps))
    near, back, far, far_back, close, close_back = np.moveaxis(
        losses(subject, z.reshape(-1, n), labels).reshape(*ways.shape, len(steps)),
        -1,
        0,
    )
    return (8 * (near - back) - (far - far_back)) / (12 * WIDE), (
        close - close_back
    ) / (2 * CLOSE)


def sums(subject: Subject, config: DiagnosisConfig, points: Points) -> list[Answer]:
    """Whether the gradient sums to 0, if the loss does not notice that 1 is added to all logits."""
    shifted = losses(
        subject,
        np.concatenate([points.z + 1, points.z - 0.5]),
        np.tile(points.labels, 2),
    ).reshape(2, -1)
    if not (
        np.abs(shifted - points.loss)
        <= 1e-9 * (1 + np.abs(points.loss)) + 8 * points.noise
    ).all():
        return []
    method = "L(z + 1) = L(z) at scattered points, float64"
    size = np.maximum(np.abs(points.gradient).sum(axis=1), 1e-300)
    share = np.abs(points.gradient.sum(axis=1)) / size
    share = np.where(
        np.abs(points.gradient.sum(axis=1)) <= 64 * points.noise + 1e-14, 0, share
    )
    i, worst = int(share.argmax()), float(share.max())
    if worst <= 1e-6:
        return [
            Answer(
                QUESTION,
                "gradient sums to 0",
                "fine",
                f"0 to {worst:.0e} of its size, as it ought to.",
                method,
                worst,
            )
        ]
    total = points.gradient[i].sum()
    text = f"The loss does not change when all logits grow alike, but the gradient's sum is {total:.3g}: not that of the loss."
    witness = Witness(
        row(points.z[i]),
        one_hot(int(points.labels[i]), config.num_classes),
        f"sum of gradient = {total:.4g}",
    )
    return [
        Answer(
            QUESTION,
            "gradient does not sum to 0",
            "warning",
            text,
            method,
            worst,
            witness,
        )
    ]


def forward(subject: Subject, config: DiagnosisConfig, points: Points) -> Answer:
    """Whether forward mode is supported, and gives what reverse mode gives."""
    method = "jax.jvp along one random direction at scattered points, float64"
    way = config.random().normal(size=config.num_classes)

    def slope(z: jax.Array, t: jax.Array) -> jax.Array:
        tangent: jax.Array = jax.jvp(
            lambda z: subject.function(z, t), (z,), (jnp.asarray(way),)
        )[1]
        return tangent

    try:
        targets = jnp.asarray(np.eye(config.num_classes)[points.labels])
        found = np.asarray(
            jit_fast_compile(jax.vmap(slope))(jnp.asarray(points.z), targets)
        )
    except Exception as error:
        text = f"jvp, jacfwd and hessian fail ({type(error).__name__}): a jax.custom_vjp has no forward mode. Reverse mode works."
        return Answer(
            QUESTION,
            "no forward mode",
            "note",
            text,
            method,
            witness=_first(points, "jax.jacfwd raises an error"),
        )
    size = np.maximum(np.abs(points.gradient) @ np.abs(way), 1e-300)
    error_share = np.abs(found - points.gradient @ way) / size
    i, worst = int(error_share.argmax()), float(error_share.max())
    if worst <= 1e-6:
        return Answer(
            QUESTION,
            "forward agrees with reverse",
            "fine",
            f"Alike, to {worst:.0e} of their size.",
            method,
            worst,
        )
    shows = f"slope {found[i]:.4g} by forward, {points.gradient[i] @ way:.4g} by reverse mode"
    witness = Witness(
        row(points.z[i]), one_hot(int(points.labels[i]), config.num_classes), shows
    )
    return Answer(
        QUESTION,
        "forward differs from reverse",
        "warning",
        shows + " along one direction.",
        method,
        worst,
        witness,
    )


def _first(points: Points, shows: str) -> Witness:
    return Witness(
        row(points.z[0]), one_hot(int(points.labels[0]), points.z.shape[1]), shows
    )

"""Clips that end a gradient, found in the traced program.

Where a loss is finite and has no gradient although the label is very wrong, every `clip`,
`maximum` and `minimum` with a constant that holds a value there is taken out of the program, one at
a time. The one without which the gradient comes back is the cause, whatever formula it stands in.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr

from ...base.jaxpr import interpret
from ..answers import Witness
from ..evaluation import Rows, evaluate, one_hot, row
from ..levels import level_at
from .clamped_logarithms import clamped_logarithm
from .mistake_samples import FAR, Mistake, Samples
from .vanishing_probabilities import clipped

HOLDING = frozenset({"clamp", "max", "min"})
MOST = 8
"""Largest number of clips that are taken out, the first ones of the program."""
STEPS = 161
"""Number of distances at which the end of the gradient is looked for."""

Tracked: TypeAlias = tuple[Any, bool]
"""A value of the program, and whether it depends on the logits."""


class _Held(NamedTuple):
    """A value that a clip holds.

    Attributes:
        before: What the clip is given.
        after: What it returns.
    """

    before: Rows
    after: Rows

    @property
    def bound(self) -> float:
        """The constant at which some element is held."""
        return float(self.after[self.after != self.before].flat[0])


def held_value(samples: Samples) -> Mistake | None:
    """A clip without which the gradient of a very wrong label would not be 0."""
    if samples.subject.opaque is not None:
        return None
    z = _dead_logits(samples)
    if z is None or clipped(samples) is not None:
        return None
    if clamped_logarithm(samples) is not None:
        return None
    target = np.eye(samples.num_classes)[0]
    traced = jax.make_jaxpr(samples.subject.function)(z, target)
    causes = list[tuple[float, _Held]]()
    for index, held in enumerate(_clips(traced, z, target)):
        if held is None:
            continue
        slopes = _gradient_without(traced, index, z, target)
        if np.isfinite(slopes).all() and slopes.any():
            causes.append((float(np.abs(slopes).max()), held))
    if not causes:
        return None
    slope, held = max(causes, key=lambda cause: cause[0])
    return _mistake(samples, held, z, slope)


def _dead_logits(samples: Samples) -> Rows | None:
    """The least wrong logits of label 0 that have a finite loss without a gradient."""
    shapes = np.zeros((3, samples.num_classes))
    # A rival rises, the label falls against its rivals, and falls alone.
    shapes[0, 1] = 1
    shapes[1] = 1
    shapes[1:, 0] = -1
    z = samples.temperature * FAR[:, None, None] * shapes
    z = samples.subject.domain.fit(z.reshape(-1, samples.num_classes))
    values = evaluate(samples.subject, z, 0)
    dead = np.isfinite(values.loss) & ~values.gradient.any(axis=1)
    return z[int(np.argmax(dead))] if dead.any() else None


def _clips(traced: ClosedJaxpr, z: Rows, target: Rows) -> Iterator[_Held | None]:
    """What every clip of the program holds at these logits; None where it holds nothing."""
    found = list[_Held | None]()

    def keep(before: Any, after: Any) -> Any:
        pair = _Held(np.asarray(before, np.float64), np.asarray(after, np.float64))
        found.append(pair if (pair.before != pair.after).any() else None)
        return after

    _run(traced, z, target, keep)
    yield from found[:MOST]


def _gradient_without(traced: ClosedJaxpr, index: int, z: Rows, target: Rows) -> Rows:
    """The gradient of the program without its clip of that index, [n]."""

    def loss(logits: Any) -> Any:
        seen = 0

        def drop(before: Any, after: Any) -> Any:
            nonlocal seen
            seen += 1
            return before if seen == index + 1 else after

        return _run(traced, logits, target, drop)

    return np.asarray(jax.grad(loss)(jnp.asarray(z)), np.float64)


def _run(traced: ClosedJaxpr, z: Any, target: Any, at_clip: Any) -> Any:
    """Run the program, and ask what a clip of a value with constants is to return."""

    def constant(value: Any, dtype: Any) -> Tracked:
        return jnp.asarray(value, dtype), False

    def apply(equation: Any, inputs: list[Tracked]) -> list[Tracked]:
        values = [value for value, _ in inputs]
        depends = [tracked for _, tracked in inputs]
        outputs = equation.primitive.bind(*values, **equation.params)
        if not equation.primitive.multiple_results:
            outputs = [outputs]
        if equation.primitive.name in HOLDING and sum(depends) == 1:
            before = jnp.broadcast_to(values[depends.index(True)], outputs[0].shape)
            outputs = [at_clip(before, outputs[0])]
        return [(output, any(depends)) for output in outputs]

    arguments = [(jnp.asarray(z), True), (jnp.asarray(target), False)]
    ((loss, _),) = interpret(traced, arguments, constant, apply)
    return loss


def _mistake(samples: Samples, held: _Held, z: Rows, slope: float) -> Mistake:
    wrong_by = _first_dead(samples, z)
    kind, verdict = _kind(held)
    text = (
        f"{kind} is held at {held.bound:.4g}: once the label is wrong by {wrong_by:.3g} the "
        f"gradient is 0, where without the clip it would be {slope:.3g}."
    )
    shows = f"the label is wrong by {z.max() - z[0]:g}; gradient = 0"
    witness = Witness(row(z), one_hot(0, samples.num_classes), shows)
    severity = level_at("fault", [wrong_by], samples.subject.domain)
    return Mistake(verdict, severity, text, held.bound, witness)


def _kind(held: _Held) -> tuple[str, str]:
    """What is held, in words, and the verdict about it."""
    if ((held.before >= 0) & (held.before <= 1)).all() and held.bound < 1:
        return "A probability", "clipped probability"
    if (held.before <= 0).all() and held.bound < 0:
        return "A log-probability", "logarithm clamped"
    return "A value of the computation", "clipped value"


def _first_dead(samples: Samples, z: Rows) -> float:
    """By how much the label is wrong where the gradient ends, on the way to these logits."""
    way = np.linspace(0, 1, STEPS)[:, None] * z
    alive = evaluate(samples.subject, way, 0).gradient.any(axis=1)
    last = int(np.max(np.flatnonzero(alive), initial=0))
    end = way[min(last + 1, STEPS - 1)]
    return float(end.max() - end[0])

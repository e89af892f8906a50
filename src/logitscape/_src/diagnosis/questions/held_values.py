"""Clips that end a gradient, found in the traced program.

Where a loss is finite and has no gradient although the label is very wrong, every `clip`,
`maximum` and `minimum` with a constant that holds a value there is taken out of the program, one at
a time. The one without which the gradient comes back is the cause, whatever formula it stands in.
"""

from itertools import count
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr

from ..answers import Witness
from ..evaluation import Rows, evaluate, one_hot, row
from ..levels import level_at
from .clamped_logarithms import clamped_logarithm
from .edited_programs import Edit, Step, gradients_of_edited, notes_of_steps
from .mistake_samples import FAR, Mistake, Samples
from .vanishing_probabilities import clipped

HOLDING = frozenset({"clamp", "max", "min"})
MOST = 8
"""Largest number of clips that are taken out, the first ones of the program."""
STEPS = 161
"""Number of distances at which the end of the gradient is looked for."""


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
    # A temperature that was fitted has digits that nobody needs to read.
    z = np.round(samples.temperature * FAR[:, None, None] * shapes, 6)
    z = samples.subject.domain.fit(z.reshape(-1, samples.num_classes))
    values = evaluate(samples.subject, z, 0)
    dead = np.isfinite(values.loss) & ~values.gradient.any(axis=1)
    return z[int(np.argmax(dead))] if dead.any() else None


def _clips(traced: ClosedJaxpr, z: Rows, target: Rows) -> list[_Held | None]:
    """What every clip of the program holds at these logits; None where it holds nothing."""

    def note(step: Step) -> _Held | None:
        return _Held(step.given, step.output) if _is_clip(step) else None

    clips: list[_Held] = notes_of_steps(traced, z, target, note)[:MOST]
    return [held if (held.before != held.after).any() else None for held in clips]


def _gradient_without(traced: ClosedJaxpr, index: int, z: Rows, target: Rows) -> Rows:
    """The gradient of the program without its clip of that index, [n]."""

    def new_edit() -> Edit:
        numbers = count()

        def drop(step: Step) -> Any:
            is_it = _is_clip(step) and next(numbers) == index
            return step.given if is_it else step.output

        return drop

    (gradient,) = gradients_of_edited(traced, z[None], target[None], new_edit)
    without: Rows = gradient
    return without


def _is_clip(step: Step) -> bool:
    return step.name in HOLDING and step.has_constant


def _mistake(samples: Samples, held: _Held, z: Rows, slope: float) -> Mistake:
    wrong_by = _first_dead(samples, z)
    kind, verdict = _kind(held)
    text = (
        f"{kind} is held at {_number(held.bound)}: once the label is wrong by {wrong_by:.3g} the "
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


def _number(bound: float) -> str:
    """The bound in few digits; one next to 1 by its distance from it."""
    below = 1 - bound
    return f"1 - {below:.2g}" if 0 < below < 1e-3 else f"{bound:.4g}"


def _first_dead(samples: Samples, z: Rows) -> float:
    """By how much the label is wrong where the gradient ends, on the way to these logits."""
    way = np.linspace(0, 1, STEPS)[:, None] * z
    alive = evaluate(samples.subject, way, 0).gradient.any(axis=1)
    last = int(np.max(np.flatnonzero(alive), initial=0))
    end = way[min(last + 1, STEPS - 1)]
    return float(end.max() - end[0])

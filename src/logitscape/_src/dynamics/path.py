"""The state of gradient flows on their way, and what a step along them returns.

A flow is followed by the length l of its path, dz/dl = -g / |g|, as steps in time would be
hopeless where gradients are e^-30 or e^30. Time is carried as u = log(1 + |g_0| t), with
du/dl = |g_0| / |g| e^-u, which neither overflows nor loses its beginning.
"""

import json
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import jax
import numpy as np
from jax import Array

from .lanes import Evaluation, Evaluator, Numbers, namespace

TOLERANCE = 1e-9
"""Error that a step may make in z or u, relative to 1 plus their size."""


class Path(NamedTuple):
    """How far the flow of every lane has come: arrays [objective, m], logits [objective, m, n].

    Attributes:
        start: Evaluation at the starting logits.
        z: Logits that the flow has reached.
        value: Evaluation at these logits.
        log_time: Logarithmic time u = log(1 + |g_0| t).
        length: Length of the path so far.
        step: Length of the next step to try.
        min_step: Smallest length that a step may have.
        upper_bound: Upper bound of the length that is left; infinite until a step goes too far.
        stuck: Whether the flow has come to rest at a stationary point or at the bottom of a kink.
        done: Whether the flow has ended.
    """

    start: Evaluation
    z: Array
    value: Evaluation
    log_time: Array
    length: Array
    step: Array
    min_step: Array
    upper_bound: Array
    stuck: Array
    done: Array


class Trial(NamedTuple):
    """Where one step would lead in every lane, whether or not it is accepted.

    Attributes:
        z: Logits after the step, [objective, m, n].
        log_time: Logarithmic time after the step, [objective, m].
        length: Length of the way there, [objective, m].
        error: Estimated error divided by the allowed one, [objective, m].
        value: Evaluation at the logits after the step.
    """

    z: Array
    log_time: Array
    length: Array
    error: Array
    value: Evaluation


def as_text(path: Path) -> str:
    """A path as text, in which every number keeps all of its digits."""
    return json.dumps([np.asarray(leaf).tolist() for leaf in jax.tree.leaves(path)])


def of_text(text: str) -> Path:
    """The path that a text stands for, with arrays of NumPy."""
    value = Evaluation(0, 0, 0)  # type: ignore[arg-type]
    shape = jax.tree.structure(Path(value, 0, value, *[0] * 7))  # type: ignore[arg-type]
    path: Path = jax.tree.unflatten(shape, map(np.asarray, json.loads(text)))
    return path


Stepper: TypeAlias = Callable[[Evaluator, Path], Trial]
"""A method of integration: it tries one step of length `path.step` in every lane."""


def relative_error(error: Numbers, before: Numbers, after: Numbers) -> Numbers:
    """Error of a step from one value to the next, divided by the allowed error."""
    xp = namespace(error)
    size = xp.maximum(xp.abs(before), xp.abs(after))
    return xp.abs(error) / (TOLERANCE * (1 + size))

"""Few explicit steps of few lanes, by NumPy, in which only the evaluation is a compiled program.

The program of a whole flow contains its objectives, and takes longer to compile than all of its
steps to run.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from .explicit import begin_step, end_step, next_stage
from .lanes import Evaluation
from .path import Path
from .trajectories import accepted, first_path
from .tsitouras import STAGES

LAST = len(STAGES) - 1


def integrate_stepwise(
    evaluate: Callable[[Any], Evaluation], most: int, z: Any, skip: Any
) -> Path:
    """`integrate` with explicit steps; the evaluation is a compiled program.

    Args:
        evaluate: Function that evaluates all lanes.
        most: Maximum number of steps to try.
        z: Starting logits, [objective, m, n].
        skip: Lanes that are not followed, [objective, m].
    """

    def value_at(z: Any) -> Evaluation:
        value: Evaluation = jax.tree.map(np.asarray, evaluate(z))
        return value

    # Where a gradient vanishes or a loss is infinite, `where` chooses another number than NaN.
    with np.errstate(all="ignore"):
        path = first_path(value_at(z), np.asarray(z), skip)
        for _ in range(most):
            if np.all(path.done):
                break
            slopes, here = begin_step(path)
            value = value_at(here.z)
            for i in range(1, LAST):
                slopes, here = next_stage(i, path, slopes, here, value)
                value = value_at(here.z)
            path = accepted(path, end_step(path, slopes, here, value))
    return path

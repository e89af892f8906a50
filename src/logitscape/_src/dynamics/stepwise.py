"""Few explicit steps of few lanes, by programs that know no objective.

The program of a whole flow contains its objectives, and takes longer to compile than all of its
steps to run. Here only the evaluation is compiled for an objective; what a step does with it is
compiled once for all, and Python goes from stage to stage.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np

from ..base.memory import kept
from ..base.stored import stored_program
from ..base.xla import jit_fast_compile
from .explicit import begin_step, end_step, next_stage
from .lanes import Evaluation
from .path import Path
from .trajectories import accepted, first_path
from .tsitouras import STAGES

Shape: TypeAlias = tuple[int, ...]
LAST = len(STAGES) - 1


class Programs(NamedTuple):
    """The compiled parts of a step for lanes of one shape.

    Attributes:
        first: Function to all paths at their starts.
        begin: Function from paths to the first slopes and the point to evaluate next.
        between: Function from a stage that has been evaluated to the next.
        end: Function from the last stage to the paths after the step.
    """

    first: Callable[..., Path]
    begin: Callable[..., Any]
    between: Callable[..., Any]
    end: Callable[..., Path]


def integrate_stepwise(
    evaluate: Callable[[Any], Evaluation],
    most: int,
    value: Evaluation,
    z: Any,
    skip: Any,
) -> Path:
    """`integrate` with explicit steps; the evaluation is a compiled program."""
    programs = _programs(z.shape)
    path = programs.first(value, z, skip)
    for _ in range(most):
        if np.all(path.done):
            break
        slopes, here = programs.begin(path)
        value = evaluate(here.z)
        for i in range(1, LAST):
            number = np.int32(i)
            slopes, here = programs.between(number, path, slopes, here, value)
            value = evaluate(here.z)
        path = programs.end(path, slopes, here, value)
    return path


@kept(maxsize=4)
def _programs(shape: Shape) -> Programs:
    """The programs for lanes [objective, m, n]."""
    number = jax.ShapeDtypeStruct((), np.int32)
    z: Any = jax.ShapeDtypeStruct(shape, np.float64)
    each: Any = jax.ShapeDtypeStruct(shape[:-1], np.float64)
    value = Evaluation(each, z, each)
    skip = jax.ShapeDtypeStruct(shape[:-1], bool)
    path = jax.eval_shape(first_path, value, z, skip)
    slopes, here = jax.eval_shape(begin_step, path)

    def program(function: Callable[..., Any], *arguments: Any) -> Callable[..., Any]:
        key = f"step of a flow: {function.__name__} {shape}"
        return stored_program(key, function, *arguments, jit=jit_fast_compile).program

    return Programs(
        program(first_path, value, z, skip),
        program(begin_step, path),
        program(next_stage, number, path, slopes, here, value),
        program(_end, path, slopes, here, value),
    )


def _end(path: Path, slopes: Any, here: Any, value: Evaluation) -> Path:
    return accepted(path, end_step(path, slopes, here, value))

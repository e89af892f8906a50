"""Why a gradient flow does not correct itself."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .follow import MOST_STEPS
from .lanes import Evaluation, is_right
from .path import Path
from .trajectories import LONGEST

ZERO = "gradient is 0 at the start"
STUCK = "stuck at a stationary point while wrong"
OUTSIDE = "starts outside the domain"
LEAVES = "leaves the domain"
POLE = "pole"
AWAY = f"still wrong after a path of length {LONGEST:g}"
GAVE_UP = f"undecided after {MOST_STEPS} steps"


def reasons_for_no_correction(path: Path) -> NDArray[Any]:
    """Why the flow of every lane stays wrong, [objective, m]; "" where it is corrected.

    Where several reasons apply, the first in the order of the cases counts.
    """
    no_gradient = (path.value.gradient == 0).all(axis=-1)
    cases = {
        "": is_right(path.value),
        POLE: np.isinf(np.asarray(path.value.loss)),
        OUTSIDE: _is_undefined(path.start),
        LEAVES: _is_undefined(path.value),
        ZERO: no_gradient & (path.length == 0),
        STUCK: no_gradient | path.stuck,
        GAVE_UP: ~path.done,
    }
    reasons = np.select(list(cases.values()), list(cases), AWAY)
    return reasons.astype(object)


def _is_undefined(value: Evaluation) -> NDArray[Any]:
    """Whether something is NaN there, or the gradient alone is infinite."""
    loss = np.asarray(value.loss)
    defined = (
        np.isfinite(loss)
        & np.isfinite(value.gradient).all(axis=-1)
        & ~np.isnan(value.lead)
    )
    undefined: NDArray[Any] = ~np.isinf(loss) & ~defined
    return undefined

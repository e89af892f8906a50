"""What becomes of users' functions at every door that takes one."""

import io
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

import logitscape as ls

from . import functions
from .folders import new_folder
from .functions import FUNCTIONS, KEPT
from .outcomes import Outcome, TooLongError, time_limit
from .valid import QUICK_TO_CHECK, SHORT

LOGITS = jnp.array([[2.0, 1.0, -1.0], [0.0, 1.0, 0.0]])
LABELS = jnp.array([0, 1])
LAYER = (jnp.ones((2, 4)), jnp.ones((3, 4)), LABELS)

DOORS: Mapping[str, Callable[[Any], Any]] = {
    "ls.objective(f)": lambda f: ls.objective(f)(LOGITS[0], jnp.eye(3)[1]),
    "ls.compose('softmax', f)": lambda f: ls.sweep([ls.compose("softmax", f)], _ray()),
    "ls.sweep": lambda f: ls.sweep([f], _ray()),
    "ls.summarize": lambda f: ls.summarize([f], _ray()),
    "ls.sweep_to": lambda f: ls.sweep_to(_path("sweep.zarr"), [f], _ray()),
    "ls.flow": lambda f: ls.flow([f], [[2.0, 1.0, -1.0]]),
    "ls.times_to_correct": lambda f: ls.times_to_correct([f], [1.0, 2.0]),
    "ls.gradient_law": lambda f: ls.gradient_law(f, "R1"),
    "ls.collapse_margin": ls.collapse_margin,
    "ls.mixability": ls.mixability,
    "ls.noise_symmetry": ls.noise_symmetry,
    "ls.calibration_function": ls.calibration_function,
    "ls.per_example": lambda f: ls.per_example(f)(LOGITS, LABELS),
    "ls.value_and_grad": lambda f: ls.value_and_grad(f)(LOGITS, LABELS),
    "ls.linear_loss": lambda f: ls.linear_loss(f)(*LAYER),
    "ls.train": lambda f: ls.train(
        f, _data(), learning_rates=[0.1], seeds=[0], steps=1
    ),
    "ls.diagnose": lambda f: ls.diagnose(f, **SHORT),
    "ls.compare": lambda f: ls.compare([f], **SHORT),
    "ls.testing.assert_healthy": lambda f: ls.testing.assert_healthy(f, **SHORT),
    "ls.testing.check_faithful": lambda f: ls.testing.check_faithful(
        f, **QUICK_TO_CHECK
    ),
    "ls.probe": lambda f: ls.probe(f)(LOGITS, LABELS),
    "ls.probe_linear_loss": lambda f: ls.probe_linear_loss(f)(*LAYER),
    "ls.audit": lambda f: ls.audit(np.asarray(LOGITS), [0, 1], f),
}
"""Calls with a user's function, by the door that takes it."""
RECOGNISING = frozenset(
    {
        "ls.diagnose",
        "ls.compare",
        "ls.testing.assert_healthy",
        "ls.probe",
        "ls.probe_linear_loss",
        "ls.audit",
    }
)
"""Doors that find out by trying in which form a function comes, which takes a second."""

INTERRUPTED = "is interrupted"


def outcome(door: str, kind: str) -> Outcome:
    """Give a door a function of the user's.

    It is "clear" if what Python prints of the error has the user's own line beside the name of the
    function, and says what to do; an interrupt has to pass as one.
    """
    function = FUNCTIONS[kind]
    KEPT.clear()
    try:
        with time_limit(), redirect_stdout(io.StringIO()):
            DOORS[door](function)
    except TooLongError:
        return Outcome(door, "function", kind, "hang")
    except AssertionError:
        return Outcome(door, "function", kind, "result")
    except KeyboardInterrupt as error:
        passes = kind == INTERRUPTED and _has_line(error, function)
        return Outcome(
            door, "function", kind, "clear" if passes else "raw", repr(error)
        )
    except BaseException as error:
        told = "\n".join([str(error), *getattr(error, "__notes__", ())])
        names = f"`{function.__name__}" in told
        is_clear = names and _has_line(error, function) and _has_remedy(told)
        text = f"{type(error).__name__}: {told}"
        return Outcome(door, "function", kind, "clear" if is_clear else "raw", text)
    return Outcome(door, "function", kind, "result")


def _has_line(error: BaseException, function: Any) -> bool:
    """Whether what Python prints has a line of the function."""
    printed = "".join(traceback.format_exception(error))
    file = Path(functions.__file__).name
    first = function.__code__.co_firstlineno
    lines = Path(functions.__file__).read_text(encoding="utf-8").splitlines()
    body = range(first, first + 4)
    return any(
        f"{file}, line {number}" in printed
        or (
            f'{file}", line {number}' in printed
            and lines[number - 1].strip() in printed
        )
        for number in body
    )


def _has_remedy(told: str) -> bool:
    remedies = (
        "is called with",
        "in place of",
        "write",
        "Write",
        "keep arrays",
        "works",
    )
    more = (
        "compute it anew",
        "say whether",
        "returns, or raises",
        "must take",
        "must return",
    )
    return any(words in told for words in (*remedies, *more))


def _ray() -> Any:
    return ls.ray("R1", np.array([0.0, 1.0]))


def _path(name: str) -> Path:
    return new_folder() / name


def _data() -> Any:
    return ls.datasets.load("gaussian_clusters").first(train=40, validation=4, test=4)

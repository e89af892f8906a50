"""What a function returns, or raises, when it is called in every way."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..base.users_code import ending_nothing, name_of
from . import laws
from .call import (
    LOGITS,
    OF_SIMILARITIES,
    TARGETS,
    Call,
    calls_of,
    is_open,
    keyword_of_batch,
    names_are_swapped,
    parameters_of,
    required,
)
from .framework import Framework, Returned, Rows
from .reading import READINGS, Form, Reading


@dataclass
class Trials:
    """What the function returned, or raised, when it was called by one call in every reading.

    Attributes:
        function: Function that is tried.
        call: How it is called.
        num_classes: Number of classes.
        framework: Framework of the function.
        returned: What it returned, for the readings in which it returned anything.
        errors: Error that it raised, for the others.
    """

    function: Callable[..., Any]
    call: Call
    num_classes: int
    framework: Framework
    returned: dict[Reading, Returned] = field(default_factory=dict)
    errors: dict[Reading, Exception] = field(default_factory=dict)

    def accepted(self, form: Form | None) -> list[Reading]:
        """The readings whose result has a shape that fits."""
        return [
            reading
            for reading, returned in self.returned.items()
            if reading.returns(returned.shape, self.num_classes)
            and form in (None, reading.form)
        ]

    @cached_property
    def run_of_two(self) -> Callable[..., Rows]:
        """The loss of any two arguments, as values of NumPy."""
        return self.framework.runner(self.function, Call())

    @cached_property
    def run(self) -> Callable[..., Rows]:
        """The loss as values of NumPy."""
        return self.framework.runner(self.function, self.call)


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of a function that is called in a way for which it is not made."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def all_calls(
    function: Callable[..., Any], num_classes: int, framework: Framework
) -> Iterator[Call]:
    """All ways to call a function, the likeliest first."""
    yield from calls_of(function)
    if len(required(parameters_of(function))) == 1 or is_open(function):
        keys = _keys_of_batch(function, num_classes, framework)
        for first, second in (keys, keys[::-1]) if len(keys) == 2 else ():
            call = Call(logits=first, target=second, style="mapping")
            yield replace(call, keyword=keyword_of_batch(function))


def _keys_of_batch(
    function: Callable[..., Any], num_classes: int, framework: Framework
) -> tuple[str, ...]:
    """The keys that a function looks up in its batch, the logits' first where names tell."""
    reading = next(each for each in READINGS if each.form == "batch, labels")
    z, y = reading.arguments(num_classes)
    asked = dict[str, None]()
    keyword = keyword_of_batch(function)

    def trial(logits: Any, target: Any) -> Any:
        class Batch(dict[str, Any]):
            def __missing__(self, key: str) -> Any:
                asked.setdefault(key)
                is_first = len(asked) == 1 and key.lower() not in TARGETS
                return logits if is_first or key.lower() in LOGITS else target

        return Call(style="one", keyword=keyword).result(function, Batch())

    # The keys are known even if the function fails.
    with suppress(Exception):
        framework.returned(trial, Call(), (z, y))
    return tuple(sorted(asked, key=_place_of))


def _place_of(key: str) -> int:
    """Before the others for logits, and after them for a target."""
    return (key.lower() in TARGETS) - (key.lower() in LOGITS)


def try_all(
    function: Callable[..., Any],
    call: Call,
    num_classes: int,
    framework: Framework,
) -> Trials:
    """Call a function by one call in every reading."""
    # With as many classes as examples, a result [n] could not be told from one [N].
    n = num_classes + 1 if num_classes == laws.EXAMPLES + 2 else num_classes
    trials = Trials(function, call, n, framework)
    only_labels = call.swapped and not names_are_swapped(function)
    for reading in READINGS:
        if (call.style in OF_SIMILARITIES) != (reading.form == "similarities"):
            continue
        if only_labels and not reading.labels:
            continue
        try:
            arguments = reading.arguments(n)
            with quiet(), ending_nothing(name_of(function)):
                outcome = framework.returned(function, call, arguments)
            trials.returned[reading] = outcome
        # Called in a form that it does not take, a user's function may raise anything.
        except Exception as error:
            trials.errors[reading] = error
    return trials

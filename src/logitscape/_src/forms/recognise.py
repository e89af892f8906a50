"""In which form a function comes, found by calling it: first on shapes alone, then on values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from . import laws
from .call import (
    LOGITS,
    Call,
    calls_of,
    keyword_of_batch,
    parameters_of,
    required,
)
from .framework import JAX, Framework, Rows
from .reading import READINGS, Form, Reading, Reduction, Targets
from .refusal import Outcomes, refusal

Outcome = TypeVar("Outcome")

AS_GIVEN: Targets = "as given"


@dataclass(frozen=True)
class Recognised:
    """The form of a function.

    Attributes:
        reading: What it takes and returns.
        call: How it is called.
        reduction: How the loss of a batch follows from those of its examples; None if it is not
            known to follow from them.
        targets: What its target vector is.
        in_batches: Reading by which it takes several examples, if it does.
    """

    reading: Reading
    call: Call = field(default_factory=Call)
    reduction: Reduction | None = "none"
    targets: Targets = "as given"
    in_batches: Reading | None = None

    @property
    def form(self) -> Form:
        """Name of the form."""
        return self.reading.form


@dataclass
class Trials:
    """What the function returned, or raised, when it was called by one call in every reading.

    Attributes:
        function: Function that is tried.
        call: How it is called.
        num_classes: Number of classes.
        framework: Framework of the function.
        shapes: Shape that it returned, for the readings in which it returned anything.
        errors: Error that it raised, for the others.
    """

    function: Callable[..., Any]
    call: Call
    num_classes: int
    framework: Framework
    shapes: dict[Reading, tuple[int, ...]] = field(default_factory=dict)
    errors: dict[Reading, Exception] = field(default_factory=dict)

    def accepted(self, form: Form | None) -> list[Reading]:
        """The readings whose result has a shape that fits."""
        return [
            reading
            for reading, shape in self.shapes.items()
            if reading.returns(shape, self.num_classes) and form in (None, reading.form)
        ]

    @cached_property
    def run(self) -> Callable[..., Rows]:
        """The loss as values of NumPy."""
        return self.framework.runner(self.function, self.call)


def recognise(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None = None,
    framework: Framework = JAX,
) -> Recognised:
    """Form of a function; a form that is given is only checked.

    Args:
        function: Loss function.
        num_classes: Number of classes that it is called with.
        form: Form that the function is known to have.
        framework: Framework of the function.

    Raises:
        TypeError: If the function takes none of the forms, or not the one that is given. The
            message has what was tried, and a call that works.
    """
    found, tried = attempt(function, num_classes, form, framework)
    if found is not None:
        return found
    raise TypeError(_refusal(function, num_classes, form, framework, tried[0]))


def attempt(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None = None,
    framework: Framework = JAX,
) -> tuple[Recognised | None, list[Trials]]:
    """Form of a function, or None, and what was tried."""
    tried = list[Trials]()
    for call in _all_calls(function, num_classes, framework):
        trials = _try_all(function, call, num_classes, framework)
        tried.append(trials)
        chosen = _choose(trials, trials.accepted(form))
        if chosen is not None:
            return chosen, tried
    return None, tried


def _all_calls(
    function: Callable[..., Any], num_classes: int, framework: Framework
) -> Iterator[Call]:
    yield from calls_of(function)
    if len(required(parameters_of(function))) == 1:
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
                is_logits = len(asked) == 1 or key.lower() in LOGITS
                return logits if is_logits else target

        return Call(style="one", keyword=keyword).result(function, Batch())

    # The keys are known even if the function fails.
    with suppress(Exception):
        framework.shape(trial, Call(), (z, y))
    return tuple(sorted(asked, key=lambda key: key.lower() not in LOGITS))


def _try_all(
    function: Callable[..., Any],
    call: Call,
    num_classes: int,
    framework: Framework,
) -> Trials:
    # With as many classes as examples, a result [n] could not be told from one [N].
    n = num_classes + 1 if num_classes == laws.EXAMPLES + 2 else num_classes
    trials = Trials(function, call, n, framework)
    for reading in READINGS:
        if (call.style == "one") != (reading.form == "similarities"):
            continue
        try:
            arguments = reading.arguments(n)
            trials.shapes[reading] = framework.shape(function, call, arguments)
        # Called in a form that it does not take, a user's function may raise anything.
        except Exception as error:
            trials.errors[reading] = error
    return trials


def _choose(trials: Trials, accepted: Sequence[Reading]) -> Recognised | None:
    """The first reading that stands the tests by values."""
    by_form = dict[Form, Reading]()
    for reading in accepted:
        by_form.setdefault(reading.form, reading)
    if not by_form:
        return None
    if "similarities" in by_form:
        reading = by_form["similarities"]
        reduction: Reduction = "none" if trials.shapes[reading] else "mean"
        return Recognised(reading, trials.call, reduction)
    chosen = _of_categories(trials, by_form)
    if chosen is not None:
        return chosen
    binary = [reading for reading in accepted if reading.is_binary]
    return _of_elements(trials, binary, by_form.get("multi-label"))


def _of_categories(
    trials: Trials, by_form: Mapping[Form, Reading]
) -> Recognised | None:
    """A loss of one label among the classes."""
    vector = by_form.get("one example")
    labels = by_form.get("batch, labels")
    one_label = by_form.get("one example, label")
    one_hot = by_form.get("batch, one-hot")
    if vector and (labels or one_label) and not _is_true_of_place(trials):
        vector = None
    if vector:
        return _vector(trials, vector, one_hot, "binary" in by_form)
    if labels:
        reduction = _reduction(trials, labels)
        is_mixed = reduction is None and trials.shapes[labels] == ()
        if is_mixed and one_label and not _is_intensive(trials, labels):
            return Recognised(one_label, trials.call)
        return Recognised(labels, trials.call, reduction, in_batches=labels)
    if one_hot:
        targets = _targets(trials, one_hot)
        return Recognised(
            one_hot, trials.call, _reduction(trials, one_hot), targets, one_hot
        )
    if one_label:
        return Recognised(one_label, trials.call)
    return None


def _vector(
    trials: Trials, vector: Reading, one_hot: Reading | None, may_be_binary: bool
) -> Recognised:
    """A loss of a logit vector and a target vector."""
    n = trials.num_classes
    targets = _tested(lambda: laws.targets_of(trials.run, n), AS_GIVEN)
    if may_be_binary and _tested(
        lambda: laws.is_mean_of_elements(trials.run, n, targets), False
    ):
        binary = next(each for each in READINGS if each.form == "binary")
        return Recognised(binary, trials.call, "mean", targets, binary)
    reduction = None if one_hot is None else _reduction(trials, one_hot)
    if one_hot is None or reduction is None:
        return Recognised(vector, trials.call, "none", targets)
    is_batch = _tested(
        lambda: laws.differs_from_batch_of_one(trials.run, trials.run, n), False
    )
    reading = one_hot if is_batch else vector
    return Recognised(reading, trials.call, reduction, targets, one_hot)


def _of_elements(
    trials: Trials, binary: Sequence[Reading], multi_label: Reading | None
) -> Recognised | None:
    """A loss of every logit on its own."""
    n = trials.num_classes
    targets = _tested(lambda: laws.targets_of(trials.run, n), AS_GIVEN)
    if multi_label is not None and binary:
        asks = laws.asks_yes_or_no_of(targets)
        if not _tested(lambda: asks(trials.run, n), True):
            return Recognised(multi_label, trials.call, "none", targets)
    if binary:
        found = [_of_one_logit(trials, reading) for reading in binary]
        # A target of the wrong shape is broadcast, and mixes the examples.
        return min(
            (one for one in found if one is not None),
            key=lambda one: one.reduction is None,
            default=None,
        )
    if multi_label is not None:
        return Recognised(multi_label, trials.call, "none", targets)
    return None


def _of_one_logit(trials: Trials, binary: Reading) -> Recognised | None:
    def run(z: Rows, t: Rows) -> Rows:
        shape = [1 if axis == "1" else len(z) for axis in binary.logits]
        target = t.astype(np.int32) if binary.labels else t
        end = [1 if axis == "1" else len(z) for axis in binary.target]
        return trials.run(z.reshape(shape), target.reshape(end))

    if not _tested(lambda: run(np.zeros(1), np.ones(1)) is not None, False):
        return None
    many = binary.takes_batch
    count = laws.EXAMPLES if many else 1
    targets = _tested(lambda: laws.targets_of(run, count), AS_GIVEN)
    reduction: Reduction | None = "none"
    if many:
        reduction = _tested(lambda: laws.reduction_of_elements(run), None)
    return Recognised(binary, trials.call, reduction, targets, binary if many else None)


def _is_true_of_place(trials: Trials) -> bool:
    return _tested(lambda: laws.depends_on_place(trials.run, trials.num_classes), False)


def _is_intensive(trials: Trials, reading: Reading) -> bool:
    make = laws.arguments_for(reading)
    return _tested(
        lambda: laws.is_intensive(trials.run, make, trials.num_classes), False
    )


def _reduction(trials: Trials, reading: Reading) -> Reduction | None:
    make = laws.arguments_for(reading)
    nothing: Reduction | None = None
    return _tested(
        lambda: laws.reduction_of(trials.run, make, trials.num_classes), nothing
    )


def _targets(trials: Trials, reading: Reading) -> Targets:
    def run(z: Rows, t: Rows) -> Rows:
        return trials.run(z[None], t[None])

    return _tested(lambda: laws.targets_of(run, trials.num_classes), AS_GIVEN)


def _tested(test: Callable[[], Outcome], otherwise: Outcome) -> Outcome:
    """The outcome of a test by values, or the default where the function cannot be run."""
    with np.errstate(all="ignore"):
        try:
            return test()
        except Exception:  # such as a loss of some other number of classes only
            return otherwise


def _refusal(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None,
    framework: Framework,
    trials: Trials,
) -> str:
    def works(candidate: Callable[..., Any]) -> bool:
        return attempt(candidate, num_classes, None, framework)[0] is not None

    outcome = Outcomes(trials.shapes, trials.errors, form)
    return refusal(function, outcome, works, framework.normalizers)

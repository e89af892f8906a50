"""Readings of a function's arguments: what it takes as logits and target, and returns.

Every reading turns one example, logits [n] and a target [n], into the arguments of the function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from .axes import indices_of, placed

Form: TypeAlias = Literal[
    "one example",
    "one example, label",
    "batch, labels",
    "batch, one-hot",
    "binary",
    "multi-label",
    "similarities",
    "positives",
]
Reduction: TypeAlias = Literal["none", "mean", "sum"]
Targets: TypeAlias = Literal["as given", "signs", "teacher logits"]
"""What the target vector is turned into: -1 and 1 for 0 and 1, or a teacher's logits."""

FORMS: tuple[Form, ...] = get_args(Form)
BATCH = 7
"""Number of examples in the batches that functions are tried on."""
SMALLEST_SHARE = 1e-30
"""Share of a class of which a teacher is sure that it is none: its logit is -69."""
PERFECT = 1e3
"""Similarity of the other pairs of a batch, which are matched beyond doubt.

No larger than that: where a loss subtracts similarities from each other, their digits are lost.
"""
MOST_PAIRS = 1024
"""Largest number of pairs in a batch, as every example then takes a matrix."""

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """One way to read what a function takes.

    Attributes:
        form: Name of the form.
        logits: Axes of the logits: "N" for examples, "n" for classes, "1" for one unit or place,
            "2" for two places of a sequence that are the same, "m" for all classes but one.
        target: Axes of the target.
        labels: Whether the target is of whole numbers.
        results: Axes of what the function may return.
    """

    form: Form
    logits: str
    target: str
    labels: bool
    results: tuple[str, ...]

    @property
    def takes_batch(self) -> bool:
        """Whether the function takes several examples in one call."""
        return "N" in self.logits

    @property
    def is_binary(self) -> bool:
        """Whether an example has one logit."""
        return self.form == "binary"

    def arguments(self, num_classes: int) -> tuple[Any, ...]:
        """Arrays of the shapes that the function takes, for a trial."""
        size = _sizes(num_classes)
        z = np.linspace(-1, 1, int(np.prod([size[axis] for axis in self.logits])))
        logits = z.reshape([size[axis] for axis in self.logits])
        if self.form == "similarities":
            return (logits,)
        shape = [size[axis] for axis in self.target]
        if self.form == "positives":
            return logits, np.linspace(1, -1, int(np.prod(shape))).reshape(shape)
        if self.labels:
            return logits, np.zeros(shape, np.int32)
        target = np.zeros(shape)
        target[..., :1] = 1
        return logits, target

    def returns(self, shape: Shape, num_classes: int) -> bool:
        """Whether the function returns such a shape if this is the right reading."""
        size = _sizes(num_classes)
        return any(shape == tuple(size[axis] for axis in axes) for axes in self.results)

    def signature(self, result: str | None = None) -> str:
        """The reading in words, such as "(logits [N, n], labels [N]) -> [N]".

        Args:
            result: Axes of what the function returns; by default all that it may return.
        """
        name = "label" if self.labels else "target"
        name = f"{name}s" if self.labels and self.takes_batch else name
        logits = "logit" if self.is_binary else "logits"
        if self.form == "similarities":
            logits, arguments = "similarities", ""
        elif self.form == "positives":
            logits, arguments = "positives", f", negatives{_brackets(self.target)}"
        else:
            arguments = f", {name}{_brackets(self.target)}"
        results = self.results if result is None else (result,)
        returned = " or ".join(_brackets(axes).strip() or "scalar" for axes in results)
        return f"({logits}{_brackets(self.logits)}{arguments}) -> {returned}"


def _sizes(num_classes: int) -> dict[str, int]:
    return {"N": BATCH, "n": num_classes, "m": num_classes - 1, "1": 1, "2": 2}


def _brackets(axes: str) -> str:
    return f" [{', '.join(axes)}]" if axes else ""


PICTURES = "Nn11"
"""Axes of pictures with one place."""
READINGS = (
    Reading("one example", "n", "n", False, ("",)),
    Reading("batch, labels", "Nn", "N", True, ("N", "")),
    Reading("batch, labels", "Nn", "N1", True, ("N", "N1", "")),
    # A place of a sequence and of a picture.
    Reading("batch, labels", "N1n", "N1", True, ("N1", "N", "")),
    Reading("batch, labels", PICTURES, "N11", True, ("N11", "N", "")),
    # The logits of every place are compared with the label of the next one.
    Reading("batch, labels", "N2n", "N2", True, ("N1", "N", "")),
    Reading("batch, one-hot", "Nn", "Nn", False, ("N", "")),
    Reading("batch, one-hot", PICTURES, PICTURES, False, ("N11", "N", "")),
    Reading("one example, label", "n", "", True, ("",)),
    Reading("binary", "N", "N", False, ("N", "")),
    Reading("binary", "N1", "N1", False, ("N1", "N", "")),
    Reading("binary", "N1", "N", False, ("N1", "N", "")),
    Reading("binary", "N1", "N", True, ("N1", "N", "")),
    Reading("binary", "N", "N", True, ("N", "")),
    Reading("binary", "", "", False, ("",)),
    Reading("binary", "1", "1", False, ("", "1")),
    Reading("multi-label", "Nn", "Nn", False, ("Nn", "N", "")),
    Reading("multi-label", "n", "n", False, ("n", "")),
    Reading("similarities", "NN", "", True, ("N", "")),
    # The label's logit, and those of its rivals.
    Reading("positives", "N", "Nm", True, ("N", "")),
)
"""All readings; of those that a function takes, the first that stands the test is right."""


SEQUENCE = Reading("batch, labels", "2n", "2", True, ("",))
"""One sequence, each place of which is compared with the label of the next one.

It is not among those that are tried, as every function of a batch takes it.
"""


def target_for(reading: Reading, targets: Targets, t: Any, xp: Any) -> Any:
    """What the function gets as target, for distributions t [..., n], in NumPy or JAX."""
    if reading.form == "similarities":
        return _matched_rows(t, xp)
    if reading.form == "positives":
        label_first = t.argmax(-1)[..., None] + np.arange(t.shape[-1])
        return label_first % t.shape[-1]
    if reading.labels and not reading.is_binary:
        return t.argmax(-1).astype(np.int32)
    given = t[..., 1] if reading.is_binary else t
    if reading.labels:
        return xp.round(given).astype(np.int32)
    if targets == "signs":
        return 2 * given - 1
    if targets == "teacher logits":
        return xp.log(xp.maximum(given, SMALLEST_SHARE))
    return given


def _matched_rows(t: Any, xp: Any) -> Any:
    """The batch around the row of the label: a mask [..., n, n] of that row and what is beside it.

    Stacked in one array [..., 2, n, n], as the target of an example is one array.
    """
    n = t.shape[-1]
    if n > MOST_PAIRS:
        raise ValueError(f"a batch of {n:,} pairs is too large to try")
    is_label = (t == t.max(-1, keepdims=True)).astype(t.dtype)
    mask = is_label[..., :, None] * xp.ones((n, n), t.dtype)
    others = xp.eye(n, dtype=t.dtype) * (1 - mask) * PERFECT
    return xp.stack([mask, others], axis=-3)


def arguments_of_one(reading: Reading, z: Any, target: Any) -> tuple[Any, ...]:
    """The arguments for one example, logits [n] and what `target_for` gives, in any framework."""
    if reading.form == "similarities":
        return (target[0] * z[None] + target[1],)
    if reading.form == "positives":
        label_first = z[target]
        return label_first[:1], label_first[None, 1:]
    if reading.is_binary and z.shape[-1] != 2:
        raise ValueError(f"one logit stands for 2 classes, got {z.shape[-1]}")
    logits = z[..., 1] - z[..., 0] if reading.is_binary else z
    return (
        placed(logits, indices_of(reading.logits)),
        placed(target, indices_of(reading.target)),
    )


def arguments_of_batch(reading: Reading, z: Any, target: Any) -> tuple[Any, ...]:
    """The arguments for a batch, logits [N, n] and what `target_for` gives."""
    logits = z[..., 1] - z[..., 0] if reading.is_binary else z
    return (
        placed(logits, indices_of(reading.logits, of_batch=True)),
        placed(target, indices_of(reading.target, of_batch=True)),
    )


def loss_of_one(reading: Reading, loss: Any, num_classes: int) -> Any:
    """The loss of one example, from what the function returns for these arguments."""
    if reading.form == "similarities":
        # The other rows are matched beyond doubt and add nothing.
        return loss.sum() if loss.ndim else loss * num_classes
    return loss.sum() if reading.form == "multi-label" else loss.reshape(())


def call_on_batch(
    reading: Reading, function: Callable[..., Any], z: Any, target: Any
) -> Any:
    """What the function returns for a batch, logits [N, n] and what `target_for` gives."""
    loss = function(*arguments_of_batch(reading, z, target))
    if reading.form == "multi-label" and loss.ndim == 2:
        return loss.sum(-1)
    return loss.reshape(()) if loss.ndim == 0 else loss.reshape(-1)

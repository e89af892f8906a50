"""Inputs of a loss: features, weights and labels, or logits and labels, of known dtype."""

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..base.types import HALF

Inputs: TypeAlias = Literal["linear", "logits"]
Matrix: TypeAlias = NDArray[np.float64]

ROWS = 6
"""Number of rows of small batches; enough for their cotangents to differ."""

WIDTH = 5
"""Number of features, d, of small batches; the last is the place of a common offset."""


MOST_LABELS = 8
"""Number of labels that a message shows."""


@dataclass(frozen=True)
class Batch:
    """Inputs of a loss in float64, each of which is a number of the dtype.

    Attributes:
        arrays: What the loss is differentiated in: "features" [m, d], "weights" [K, d]
            and perhaps "bias" [K], or "logits" [m, K].
        labels: Labels, [m].
        dtype: Name of the dtype in which the loss gets the arrays.
    """

    arrays: dict[str, Matrix]
    labels: NDArray[np.int32]
    dtype: str

    @property
    def logits(self) -> Matrix:
        """The logits, [m, K], without rounding."""
        if "logits" in self.arrays:
            return self.arrays["logits"]
        product = self.arrays["features"] @ self.arrays["weights"].T
        return product + self.arrays.get("bias", 0.0)

    @property
    def sizes(self) -> Matrix:
        """The sums of the absolute values of all that is added to a logit, [m, K]."""
        sizes = {name: abs(array) for name, array in self.arrays.items()}
        return replace(self, arrays=sizes).logits

    @property
    def num_terms(self) -> int:
        """The number of products that are added to a logit; 0 if logits are given."""
        features = self.arrays.get("features")
        return 0 if features is None else features.shape[1]

    def relabelled(self, labels: Any) -> "Batch":
        """The batch with other labels."""
        return replace(self, labels=np.asarray(labels, np.int32))

    def rows(self, chosen: Any) -> "Batch":
        """The batch of some of the rows."""
        arrays = dict(self.arrays)
        by_row = "logits" if "logits" in arrays else "features"
        arrays[by_row] = arrays[by_row][chosen]
        return replace(self, arrays=arrays, labels=self.labels[chosen])

    def without_bias(self) -> "Batch":
        """The batch whose logits have no bias."""
        return replace(
            self, arrays={k: v for k, v in self.arrays.items() if k != "bias"}
        )

    def __str__(self) -> str:
        shapes = ", ".join(
            f"{name} {list(array.shape)}" for name, array in self.arrays.items()
        )
        few = self.labels[:MOST_LABELS].tolist()
        more = ", ..." if len(self.labels) > MOST_LABELS else ""
        labels = f"{', '.join(map(str, few))}{more}"
        return f"{shapes} of {self.dtype}, labels [{labels}]"


@dataclass(frozen=True)
class Maker:
    """Makes the batches of one loss.

    Attributes:
        inputs: Whether the loss takes features and weights, or logits.
        has_bias: Whether it takes a bias.
        positive: Whether all logits must be positive.
        dtype: Name of the dtype.
        ignored_label: Label that the loss ignores, if any; the batches do not have it.
    """

    inputs: Inputs
    has_bias: bool
    positive: bool
    dtype: str
    ignored_label: int | None = None

    def ordinary(self, rows: int, classes: int, *, seed: int = 0) -> Batch:
        """A batch of random logits of ordinary size, whose last row has the last label."""
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, min(classes, 100), rows)
        labels[-1:] = classes - 1
        labels[labels == self.ignored_label] += 1 if self.ignored_label == 0 else -1
        if self.inputs == "logits":
            arrays = {"logits": 1.5 * self._normal(rng, rows, classes)}
        else:
            arrays = {
                "features": self._normal(rng, rows, WIDTH),
                "weights": 1.5 * self._normal(rng, classes, WIDTH) / WIDTH**0.5,
            }
            if self.has_bias:
                arrays["bias"] = self._normal(rng, classes) / 2
        return self._batch(arrays, labels)

    def exact(
        self, first_logits: Any, labels: Any, classes: int, *, offset: float = 0.0
    ) -> Batch:
        """A batch whose logits are sums without rounding.

        Args:
            first_logits: Logits of four classes, [m, 4]: the first ones, or those after
                them if the ignored label is among the first.
            labels: Labels as numbers of these four classes, [m].
            classes: Number of classes; the logits of all others are the offset.
            offset: Constant that is added to all logits.
        """
        # Rows are repeated, as every new shape has to be compiled.
        first = np.resize(np.asarray(first_logits, float), (ROWS, WIDTH - 1))
        start = self.start()
        few = np.arange(start, start + WIDTH - 1)
        labels = start + np.resize(labels, ROWS)
        if self.inputs == "logits":
            logits = np.full((ROWS, classes), offset)
            logits[:, few] += first
            return self.of({"logits": logits}, labels)
        weights = np.full((classes, WIDTH), offset)
        weights[:, :-1] = 0.0
        weights[few, :-1] = np.eye(WIDTH - 1)
        features = np.concatenate([first, np.ones((ROWS, 1))], axis=1)
        return self.of({"features": features, "weights": weights}, labels)

    def start(self) -> int:
        """The first of four classes that the ignored label is not among."""
        return WIDTH if self.ignored_label in range(WIDTH) else 0

    def of(self, arrays: dict[str, Matrix], labels: Any) -> Batch:
        """A batch of the given arrays, with a bias of 0 where the loss takes one."""
        if self.has_bias:
            arrays = {**arrays, "bias": np.zeros(len(arrays["weights"]))}
        return self._batch(arrays, labels)

    def _normal(self, rng: np.random.Generator, *shape: int) -> Matrix:
        numbers = rng.standard_normal(shape)
        return abs(numbers) + 0.1 if self.positive else numbers

    def _batch(self, arrays: dict[str, Matrix], labels: Any) -> Batch:
        rounded = {name: as_rounded(v, self.dtype) for name, v in arrays.items()}
        return Batch(rounded, np.asarray(labels, np.int32), self.dtype)


def eps_of(dtype: str) -> float:
    """The distance from 1 to the next larger number of the dtype."""
    return float(jnp.finfo(dtype).eps)  # type: ignore[no-untyped-call]


def smallest_of(dtype: str) -> float:
    """The smallest positive number of the dtype, by which results may underflow."""
    return float(jnp.finfo(dtype).smallest_subnormal)  # type: ignore[no-untyped-call]


def is_half(dtype: str) -> bool:
    """Whether the dtype is one of half precision."""
    return jnp.dtype(dtype) in HALF


def as_rounded(array: Matrix, dtype: str) -> Matrix:
    """The numbers rounded to the dtype, in float64."""
    return array.astype(jnp.dtype(dtype)).astype(np.float64)

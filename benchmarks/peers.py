"""What is compared: ways to compute the losses and gradients of a batch in float32, inputs at hand."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

TOLERANCE = 1e-4
CHECKED = 1000


@dataclass(frozen=True)
class Problem:
    """A batch of m examples of n classes."""

    pair: str
    logits: Array
    """[m, n], float32."""
    labels: Array
    """[m], int32."""

    def layouts(self) -> tuple[int, ...]:
        """The class axes worth measuring: in front, [n, m], helps for few classes only."""
        return (0, -1) if self.logits.shape[1] <= 16 else (-1,)

    def laid_out(self, class_axis: int) -> Array:
        return np.ascontiguousarray(self.logits.T) if class_axis == 0 else self.logits


@dataclass(frozen=True)
class Peer:
    """One way: `run()` gives losses [m] and gradients, [n, m] for class axis 0, [m, n] for -1."""

    family: str
    class_axis: int
    run: Callable[[], tuple[Any, Any]]
    may_fail: bool = False
    """Whether it depends on more than Python packages, such as a compiler."""

    @property
    def name(self) -> str:
        return f"{self.family}, {self.layout}"

    @property
    def layout(self) -> str:
        return "[n, m]" if self.class_axis == 0 else "[m, n]"


def random_problem(pair: str, n: int, numbers: int) -> Problem:
    """Standard normal logits, `numbers` of them, and uniform labels; the same for the same sizes."""
    random = np.random.default_rng(n)
    m = max(1, numbers // n)
    logits = random.standard_normal((m, n), dtype=np.float32)
    return Problem(pair, logits, random.integers(0, n, m, dtype=np.int32))


def check(peer: Peer, outputs: tuple[Any, Any], reference: tuple[Array, Array]) -> None:
    """Compare the first examples with a reference [k], [k, n] in float64.

    Raises:
        AssertionError: if a number is off by more than 1e-4 of itself plus 1e-4 of the median.
    """
    losses, gradients = (np.asarray(each) for each in outputs)
    rows = gradients.T if peer.class_axis == 0 else gradients
    for got, expected in zip((losses, rows), reference, strict=True):
        typical = float(np.median(np.abs(expected)))
        np.testing.assert_allclose(
            got[: len(expected)],
            expected,
            rtol=TOLERANCE,
            atol=TOLERANCE * typical,
            err_msg=peer.name,
        )

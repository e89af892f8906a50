"""The peers that are compared: ways to compute losses and gradients of a batch in float32."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

TOLERANCE = 1e-4
CHECKED = 1000
"""Number of examples whose values are checked."""
FEW_CLASSES = 16


@dataclass(frozen=True)
class Problem:
    """A batch of m examples of n classes.

    Attributes:
        pair: "NORMALIZER + LOSS".
        logits: Logits, [m, n], float32.
        labels: Labels, [m], int32.
    """

    pair: str
    logits: Array
    labels: Array

    def layouts(self) -> tuple[int, ...]:
        """The class axes worth measuring."""
        _, n = self.logits.shape
        # Classes in front, [n, m], help only if they are few.
        return (0, -1) if n <= FEW_CLASSES else (-1,)

    def laid_out(self, class_axis: int) -> Array:
        return np.ascontiguousarray(self.logits.T) if class_axis == 0 else self.logits


@dataclass(frozen=True)
class Peer:
    """One way to compute losses and gradients.

    Attributes:
        family: Name of the way, without its layout.
        class_axis: 0 for logits and gradients [n, m], -1 for [m, n].
        run: Function that returns losses [m] and gradients.
        may_fail: Whether it depends on more than Python packages, such as a compiler.
    """

    family: str
    class_axis: int
    run: Callable[[], tuple[Any, Any]]
    may_fail: bool = False

    @property
    def name(self) -> str:
        return f"{self.family}, {self.layout}"

    @property
    def layout(self) -> str:
        return "[n, m]" if self.class_axis == 0 else "[m, n]"


def random_problem(pair: str, n: int, numbers: int) -> Problem:
    """Standard normal logits and uniform labels, the same for the same sizes.

    Args:
        pair: "NORMALIZER + LOSS".
        n: Number of classes.
        numbers: Number of logits, m n.
    """
    random = np.random.default_rng(n)
    m = max(1, numbers // n)
    logits = random.standard_normal((m, n), dtype=np.float32)
    labels = random.integers(0, n, m, dtype=np.int32)
    return Problem(pair, logits, labels)


def check(peer: Peer, outputs: tuple[Any, Any], reference: tuple[Array, Array]) -> None:
    """Compare the first examples with a reference.

    Args:
        peer: The peer.
        outputs: Its losses and gradients.
        reference: Losses [k] and gradients [k, n] of the first examples, in float64.

    Raises:
        AssertionError: If a number is off by more than 1e-4 of itself plus 1e-4 of the median.
    """
    losses, gradients = outputs
    expected_losses, expected_gradients = reference
    rows = np.asarray(gradients)
    if peer.class_axis == 0:
        rows = rows.T
    _check_close(np.asarray(losses), expected_losses, peer.name)
    _check_close(rows, expected_gradients, peer.name)


def _check_close(values: Array, expected: Array, name: str) -> None:
    typical = float(np.median(np.abs(expected)))
    np.testing.assert_allclose(
        values[: len(expected)],
        expected,
        rtol=TOLERANCE,
        atol=TOLERANCE * typical,
        err_msg=name,
    )

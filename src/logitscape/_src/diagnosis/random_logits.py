"""Random logits: the places at which questions measure a subject.

A question that draws sizes, labels or directions as well draws them itself, before or
after the calls of these functions: the order of all draws decides every number.
"""

import numpy as np

from .evaluation import Rows

SCATTER = 1.5
"""Standard deviation of scattered logits."""
SIMPLE_POINTS = 128
SIMPLE_WIDTHS = (0.5, 2.0, 8.0)


def uniform_logits(
    random: np.random.Generator, shape: tuple[int, ...], width: float | Rows
) -> Rows:
    """Draw logits that are uniform from -width to width.

    Args:
        random: Generator to draw from.
        shape: Shape of the logits.
        width: Half of the range, the same for all logits or one for every row, [m, 1].
    """
    logits: Rows = width * random.uniform(-1, 1, shape)
    return logits


def normal_logits(
    random: np.random.Generator, shape: tuple[int, ...], width: float = 1.0
) -> Rows:
    """Draw logits that are normal with mean 0 and standard deviation `width`."""
    logits: Rows = width * random.standard_normal(shape)
    return logits


def scattered_logits(random: np.random.Generator, shape: tuple[int, ...]) -> Rows:
    """Normal logits of three decimals, neither all small nor all saturated."""
    scattered: Rows = np.round(normal_logits(random, shape, SCATTER), 3)
    return scattered


def make_positive(logits: Rows, *rows: slice) -> None:
    """Replace logits of the chosen rows by their absolute values, in place.

    Some normalizers take positive logits only, and would have no point in their domain.
    """
    for chosen in rows:
        logits[chosen] = np.abs(logits[chosen])


def simple_logits(n: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Logits of two decimals and three sizes without ties, and labels.

    Args:
        n: Number of classes.
        random: Generator to draw from.

    Returns:
        Logits, [m, n], every other row positive, and labels in turn, [m].
    """
    blocks = [
        normal_logits(random, (SIMPLE_POINTS, n), width) for width in SIMPLE_WIDTHS
    ]
    z = np.concatenate(blocks)
    # Some normalizers take positive logits only.
    z[::2] = np.abs(z[::2]) + 0.1
    rounded = np.round(z, 2) + 0.0
    # Ties have several answers to which class is predicted: such rows keep all digits.
    gaps = np.diff(np.sort(rounded, axis=1), axis=1)
    tied = (gaps == 0).any(axis=1, keepdims=True)
    labels = np.arange(len(z)) % n
    return np.where(tied, z, rounded), labels

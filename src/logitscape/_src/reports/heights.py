"""Values as they can be drawn, and the heights of axes in which their shapes show."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..plotting.style import settled, settled_digits

LARGEST = 1e100
"""Largest magnitude that is drawn: matplotlib's own arithmetic overflows not far above it."""
MARGIN = 0.04
"""Empty space above and below, as a share of the height."""


def finite(values: Any) -> NDArray[Any]:
    """Return values for a linear axis, clipped to `LARGEST`; NaN where they are not finite."""
    clipped = np.clip(values, -LARGEST, LARGEST)
    return settled(np.where(np.isfinite(values), clipped, np.nan))


def positive(values: Any) -> NDArray[Any]:
    """Return values for a logarithmic axis; NaN where they are negative.

    An exact 0 becomes a number so small that its curve leaves the axes through the bottom.
    """
    values = np.asarray(values, float)
    clipped = np.clip(values, 1 / LARGEST, LARGEST)
    return settled_digits(np.where(values >= 0, clipped, np.nan))


def limit(axes: Axes, subject: Any, reference: Any, share: float, most: float) -> None:
    """Choose heights that show the subject's shape, and the reference as far as it fits.

    Args:
        axes: Either half of a panel; the halves share their heights.
        subject: Values of the subject.
        reference: Values of the reference.
        share: Least share of the reference's span that is shown.
        most: Maximum length by which the subject may reach beyond the reference, in multiples of
            the reference's span.
    """
    subject = _finite_only(subject)
    reference = _finite_only(reference)
    if not subject.size or not reference.size:
        subject = reference = np.concatenate([subject, reference, [0.0, 1.0]])
    span = np.ptp(subject)
    room = np.ptp(reference) or span or 1.0
    top = min(
        max(subject.max(), reference.max()),
        reference.max() + most * room,
        max(subject.max() + span, reference.min() + share * room),
    )
    bottom = max(
        min(subject.min(), reference.min()),
        reference.min() - most * room,
        min(subject.min() - span, reference.max() - share * room),
    )
    margin = MARGIN * (top - bottom)
    axes.set_ylim(*settled([bottom - margin, top + margin]))


def limit_decades(axes: Axes, values: Any, least: float, largest: float) -> None:
    """Choose logarithmic heights for positive values, within two bounds."""
    values = np.asarray(values, float)
    shown = values[np.isfinite(values) & (values > 0)]
    highest = np.clip(shown.max(initial=least * 10), 1.0, largest)
    # At least a factor of 2, which is 0.3 decades, stays free above the highest curve.
    top = 10 ** np.ceil(np.log10(highest) + 0.3)
    bottom = 10 ** np.floor(np.log10(shown.min(initial=top)))
    axes.set(yscale="log", ylim=(max(least, bottom), top))


def _finite_only(values: Any) -> NDArray[Any]:
    array = np.asarray(values, float)
    finite_values: NDArray[Any] = array[np.isfinite(array)]
    return finite_values

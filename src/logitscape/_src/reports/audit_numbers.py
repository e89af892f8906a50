"""A number of an audit as text."""

from ..audit.estimates import Estimate
from ..audit.measurement import Measurement


def number(measurement: Measurement) -> str:
    """A number with its interval."""
    return written(measurement.estimate, is_share=measurement.is_share)


def written(estimate: Estimate, *, is_share: bool = False) -> str:
    """A number and the ends of its interval, as many digits as can be read."""
    unit, scale = (" %", 100) if is_share else ("", 1)
    value, low, high = (
        scale * x for x in (estimate.value, estimate.low, estimate.high)
    )
    if low == high or low != low:
        return f"{value:.3g}{unit}"
    return f"{value:.3g}{unit} [{low:.3g}, {high:.3g}]"

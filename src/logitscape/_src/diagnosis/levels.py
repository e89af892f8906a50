"""How much an answer matters, by where it shows.

Alarms are about ordinary logits. What shows only beyond them is worth knowing, and no more.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from .answers import Severity
from .domain import Domain
from .evaluation import Rows

ORDINARY = 50.0
"""Largest logit in absolute value that a classifier ordinarily has."""
SPREAD = 2 * ORDINARY
"""Largest difference of two ordinary logits.

Numerical failures of a difference are judged by it, as which logits have the difference is
a matter of a common shift.
"""

Logits: TypeAlias = Rows | Sequence[float]


def ordinary(domain: Domain) -> float:
    """The largest ordinary logit of a loss whose logits are larger or smaller than usual."""
    return ORDINARY * domain.size


def spread(domain: Domain) -> float:
    """The largest difference of two ordinary logits."""
    return 2 * ordinary(domain)


def are_ordinary(z: Logits, domain: Domain) -> bool:
    """Whether no logit is larger than ordinary in absolute value; infinite ones are masked."""
    sizes = np.abs(np.asarray(z, np.float64))
    return bool(np.all(sizes[np.isfinite(sizes)] <= ordinary(domain)))


def level_at(severity: Severity, z: Logits, domain: Domain) -> Severity:
    """The severity of what shows first at these logits: a note where they are not ordinary."""
    return severity if are_ordinary(z, domain) else "note"

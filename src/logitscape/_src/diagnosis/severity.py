"""How much an answer matters."""

from typing import Literal, TypeAlias, get_args

Severity: TypeAlias = Literal["fault", "trade", "note", "undecided", "fine"]
"""How much an answer matters.

* fault: no use could want this, such as NaN at ordinary logits or a label that is not taught;
* trade: the known price of a design, such as a bounded loss that fades when it is wrong;
* note: a property that is worth knowing;
* undecided: the measurement gave no answer;
* fine: all is as in the reference.
"""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""All severities, faults first."""

"""The form of a function, as it was found by trying."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .call import Call
from .reading import Form, Reading, Reduction, Targets
from .trials import quiet

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
        each_class: Whether every class has an answer of its own, as in a multi-label loss.
    """

    reading: Reading
    call: Call = field(default_factory=Call)
    reduction: Reduction | None = "none"
    targets: Targets = "as given"
    in_batches: Reading | None = None
    each_class: bool = False

    @property
    def form(self) -> Form:
        """Name of the form."""
        return self.reading.form


def tested(test: Callable[[], Outcome], otherwise: Outcome) -> Outcome:
    """The outcome of a test by values, or the default where the function cannot be run."""
    with quiet():
        try:
            return test()
        except Exception:  # such as a loss of some other number of classes only
            return otherwise

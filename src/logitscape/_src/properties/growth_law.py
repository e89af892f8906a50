"""How the time to correct a model grows with its margin, as a record that prints as a formula."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "bounded",
    "logarithmic",
    "linear",
    "polynomial",
    "exponential",
    "never",
    "undetermined",
]


@dataclass(frozen=True)
class Growth:
    """How the time T grows with the margin M.

    Attributes:
        kind: Growth class: "bounded", `T -> coefficient`; "logarithmic", `coefficient * log M`;
            "linear", `coefficient * M`; "polynomial", `coefficient * M^exponent`;
            "exponential", `coefficient * M^exponent * e^(rate M)`; "never", not corrected from
            some margin on; "undetermined", too few times or none of these.
        coefficient: Factor of the formula; 0 where there is no formula.
        exponent: Exponent of M.
        rate: Rate of the exponential.
        residual: Root mean square of log T minus the fit.
        never_from: Smallest margin from which on T is infinite; None if it is always finite.
    """

    kind: Kind
    coefficient: float = 0.0
    exponent: float = 0.0
    rate: float = 0.0
    residual: float = 0.0
    never_from: float | None = None

    def __str__(self) -> str:
        """The kind with its constants, as in `exponential, e^(0.71 M)`."""
        if self.kind == "polynomial":
            return f"polynomial, M^{self.exponent:.2f}"
        if self.kind == "exponential":
            return f"exponential, e^({self.rate:.2f} M)"
        if self.never_from is not None:
            return f"{self.kind} from M = {self.never_from:g}"
        return self.kind

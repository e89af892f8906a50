"""What the catalog knows of a formula."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..base.formula import trusting_on_logits, trusting_on_probs
from ..base.target_kinds import DISTRIBUTION, TargetKind
from ..base.types import Scalar, Vector
from ..losses.label_shares import OfLabel
from ..normalizers.chances import AtLabel
from ..normalizers.map_statements import StatedMap
from ..normalizers.weights import Weigh

Kind: TypeAlias = Literal[
    "logit map",
    "normalizer",
    "loss of probabilities",
    "loss of logits",
    "multi-label loss",
    "contrastive loss",
]


Call: TypeAlias = tuple[str, dict[str, Any]]
"""Name of a formula, and its parameters."""


ONE = "1"
"""What probabilities sum to unless an entry says something else."""


@dataclass(frozen=True)
class Formula:
    """One entry of the catalog.

    Attributes:
        kind: Whether it is a logit map, a normalizer, or which kind of loss.
        function: Public function, which checks its arguments.
        predictor: Normalizer that turns logits that were trained with a loss of logits
            into a prediction. It is given those parameters of the loss that it takes.
        weigh: Statement of a separable normalizer, or of the one that a loss of logits has in it.
        at_label: Statement of a normalizer that is not separable.
        mapped: Statement of a logit map that has one.
        of_label: Statement of a loss that has one.
        with_label: Statement of a loss of logits, (logits [n], label, classes, **parameters) ->
            loss and its gradient [n].
        of_weights: Function (weights [n], target [n]) -> loss, if it is a loss that depends on the
            ratios of the probabilities only. The largest weight is about 1.
        targets: Kind of its targets.
        sums_to: What the probabilities of a normalizer sum to, in words.
        domain: Least and largest logit of a loss whose logits are not arbitrary numbers.
        as_pair: Function of the parameters that gives the normalizer and the loss whose pair it is,
            each by its name and parameters.
        trusting: The function without the test whether a traced target is a distribution.
    """

    kind: Kind
    function: Callable[..., Any]
    predictor: Callable[..., Any] | None = None
    weigh: Weigh | None = None
    at_label: AtLabel | None = None
    mapped: StatedMap | None = None
    of_label: OfLabel | None = None
    with_label: Callable[..., tuple[Scalar, Vector]] | None = None
    of_weights: Callable[..., Any] | None = None
    targets: TargetKind = DISTRIBUTION
    sums_to: str = ONE
    domain: tuple[float, float] | None = None
    as_pair: Callable[..., tuple[Call, Call]] | None = None
    trusting: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the trusting form once: forms made anew would not be equal.

        Equal functions share their compiled programs, and their place in a sweep.
        """
        # Unwrapped, as the public function's decorator has added the test of targets.
        formula = inspect.unwrap(self.function)
        if self.kind == "loss of probabilities":
            trusting = trusting_on_probs(formula)
        else:
            of_rows = self.kind == "contrastive loss"
            first = "similarities" if of_rows else "logits"
            trusting = trusting_on_logits(formula, self.targets, first)
        object.__setattr__(self, "trusting", trusting)

    @property
    def name(self) -> str:
        """Name of the formula in specs."""
        return str(self.function.__name__)

    @property
    def sums_to_one(self) -> bool:
        """Whether the probabilities of a normalizer always sum to 1."""
        return self.sums_to == ONE

    @property
    def parameters(self) -> dict[str, Any]:
        """Default values of the parameters, by name."""
        signature = inspect.signature(self.function)
        return {
            parameter.name: parameter.default
            for parameter in signature.parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        }

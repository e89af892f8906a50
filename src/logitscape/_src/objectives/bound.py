"""Formulas of the catalog with their parameters bound, as the terms of specs name them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp

from ..base.target_kinds import DISTRIBUTION, LABELS, POSITIVES, TargetKind
from ..base.whole_numbers import MANY_CLASSES
from ..normalizers.probs import Probs
from . import specs
from .catalog import (
    BY_NAME,
    CONTRASTIVE_LOSSES,
    LOGIT_LOSSES,
    LOGIT_MAPS,
    LOSSES,
    MULTILABEL_LOSSES,
    NORMALIZERS,
)
from .formula import Formula, Kind
from .specs import Term

_TARGETS: dict[Kind, TargetKind] = {
    "multi-label loss": LABELS,
    "contrastive loss": POSITIVES,
}


@dataclass(frozen=True)
class BoundFormula:
    """A function of the catalog with its parameters bound, printed as its spec.

    Attributes:
        name: Spec from which it was made.
        function: Function that it calls.
        formula: Entry of the catalog.
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    formula: Formula = field(repr=False)

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        return self.function(*args)

    def __str__(self) -> str:
        return self.name


def loss(spec: str) -> BoundFormula:
    """Make the loss of a spec such as "focal(gamma=2)".

    Args:
        spec: Name of a loss, with parameters in parentheses.

    Returns:
        Function (Probs, target [n]) -> scalar, or (logits [n], target [n]) -> scalar for
        a loss of logits. The target is a distribution over the classes; that of a multi-label
        loss has a number from 0 to 1 for each of them. One that is none is refused; if it is
        traced, the result is NaN instead.

    Raises:
        TypeError: If the spec is not text.
        ValueError: If the spec is malformed, names something unknown (the nearest names
            are in the message) or has a parameter out of range.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> probs = ls.normalizer("softmax")(jnp.array([0.0, 0.0]))
        >>> float(ls.loss("brier")(probs, jnp.array([1.0, 0.0])))
        0.5
    """
    return loss_of(specs.parse_one(spec))


def normalizer_of(term: Term) -> BoundFormula:
    """Normalizer that a term names."""
    if term.name in _every_loss():
        raise ValueError(f"{term.name!r} is a loss, not a normalizer.")
    refuse_map(term, "softmax")
    return bind(term, NORMALIZERS, "normalizer")


def loss_of(term: Term) -> BoundFormula:
    """Loss that a term names."""
    if term.name in NORMALIZERS:
        raise ValueError(f"{term.name!r} is a normalizer, not a loss.")
    refuse_map(term, "softmax + cross_entropy")
    return bind(term, _every_loss(), "loss")


def _every_loss() -> dict[str, Callable[..., Any]]:
    # Made anew, as users may add to the dicts.
    return LOSSES | MULTILABEL_LOSSES | CONTRASTIVE_LOSSES


def refuse_map(term: Term, behind: str) -> None:
    """Raise a ValueError for a logit map that stands where something else should."""
    if term.name in LOGIT_MAPS:
        raise ValueError(
            f"{term.name!r} is a logit map and stands in front: '{term.text} > {behind}'."
        )


def bind(
    term: Term, known: Mapping[str, Callable[..., Any]], kind: str
) -> BoundFormula:
    """Bind the parameters of the function that a term names.

    Equal terms give the same object, so that JAX compiles it once.

    Args:
        term: Term of a spec.
        known: Functions that may be named here, by name.
        kind: Kind of formula that they name, for errors.

    Raises:
        ValueError: If the name or a parameter is unknown, or a parameter out of range.
    """
    if term.name not in known:
        raise specs.unknown(kind, term.name, known)
    return _bind(term, _formula(term.name, known[term.name]), kind)


def _formula(name: str, function: Callable[..., Any]) -> Formula:
    """Entry of the catalog, or one for a function that a user has put into its dicts."""
    formula = BY_NAME.get(name)
    if formula is not None and formula.function is function:
        return formula
    kinds: dict[Kind, Mapping[str, Any]] = {
        "logit map": LOGIT_MAPS,
        "normalizer": NORMALIZERS,
        "loss of logits": LOGIT_LOSSES,
        "multi-label loss": MULTILABEL_LOSSES,
        "contrastive loss": CONTRASTIVE_LOSSES,
    }
    for kind, known in kinds.items():
        if name in known:
            return Formula(kind, function, targets=_TARGETS.get(kind, DISTRIBUTION))
    return Formula("loss of probabilities", function)


@lru_cache(maxsize=1024)
def _bind(term: Term, formula: Formula, kind: str) -> BoundFormula:
    _check_names_of_parameters(term, kind, formula)
    bound = BoundFormula(
        name=term.text,
        function=_with_parameters(formula.function, term.parameters),
        formula=formula,
    )
    # Without any, nothing can be wrong, and tracing would take most of the time of a short answer.
    if term.parameters:
        _raise_errors_of_parameters(bound.function, formula.kind, term.parameters)
    return bound


def _check_names_of_parameters(term: Term, kind: str, formula: Formula) -> None:
    names = formula.parameters
    allowed = ", ".join(names) if names else "no parameters"
    for parameter, value in term.parameters.items():
        if parameter not in names:
            raise ValueError(
                f"unknown parameter {parameter!r} of {kind} {term.name!r}, "
                f"got {parameter}={value!r}. It takes {allowed}."
            )


@lru_cache(maxsize=1024)
def trusting(bound: BoundFormula) -> BoundFormula:
    """The same function without the test whether a traced target is a distribution.

    It is for a caller who has tested the target, as `Objective` does.
    """
    function = bound.function
    parameters = function.keywords if isinstance(function, partial) else {}
    return BoundFormula(
        name=bound.name,
        function=_with_parameters(bound.formula.trusting, parameters),
        formula=bound.formula,
    )


def predictor_of(term: Term, loss: Formula) -> BoundFormula | None:
    """Normalizer by which logits predict that were trained with a loss of logits, if known."""
    if loss.predictor is None:
        return None
    formula = BY_NAME[loss.predictor.__name__]
    allowed = formula.parameters
    parameters = {
        name: value for name, value in term.parameters.items() if name in allowed
    }
    return bind(specs.term_of(formula.name, parameters), NORMALIZERS, "normalizer")


def _with_parameters(
    function: Callable[..., Any], parameters: Mapping[str, Any]
) -> Callable[..., Any]:
    # Not a partial without parameters: it would not be equal to the function itself.
    return partial(function, **parameters) if parameters else function


def _raise_errors_of_parameters(
    function: Callable[..., Any], kind: Kind, parameters: Mapping[str, Any]
) -> None:
    """Raise the errors of bad parameters now, not at the first call.

    The function is traced, and nothing is computed. The logits have the widest dtype: a
    parameter that only this dtype can hold is refused once it meets narrower logits. They are of
    many classes: a parameter that counts classes is refused once it meets fewer.
    """
    size = _number_of_classes_for(parameters)
    z: Any = jax.ShapeDtypeStruct((size,), jnp.result_type(float))
    arguments = {
        "logit map": (z,),
        "normalizer": (z,),
        "loss of probabilities": (Probs(z, z), z),
    }
    jax.eval_shape(function, *arguments.get(kind, (z, z)))


def _number_of_classes_for(parameters: Mapping[str, Any]) -> int:
    """A number of classes that allows these parameters, if any does."""
    lengths = [len(x) for x in parameters.values() if isinstance(x, tuple | list)]
    return max(lengths, default=MANY_CLASSES) or MANY_CLASSES

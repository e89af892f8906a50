"""Formulas of the catalog with their parameters bound, from a term of a spec."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp

from ..normalizers.simplex import Probs
from . import specs
from .catalog import BY_NAME, LOSSES, NORMALIZERS, Formula, Kind
from .specs import Term


@dataclass(frozen=True)
class BoundFormula:
    """A function of the catalog with its parameters bound; it prints as the spec it was made from.

    Attributes:
        name: the spec.
        function: what it calls.
        formula: the entry of the catalog.
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    formula: Formula = field(repr=False)

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        return self.function(*args)

    def __str__(self) -> str:
        return self.name


def normalizer(spec: str) -> BoundFormula:
    """The normalizer of a spec such as "softmax(inverse_temperature=2)": logits [n] -> Probs.

    Raises:
        TypeError: for a spec that is no text.
        ValueError: for a malformed spec, an unknown name (the nearest are named) or a parameter
            out of range.
    """
    return normalizer_of(specs.parse_one(spec))


def loss(spec: str) -> BoundFormula:
    """The loss of a spec such as "focal(gamma=2)".

    It is (Probs, target) -> scalar, or (logits, target) -> scalar for a loss of logits. A target
    that is no distribution is refused; a traced one gives NaN.

    Raises:
        TypeError: for a spec that is no text.
        ValueError: for a malformed spec, an unknown name (the nearest are named) or a parameter
            out of range.
    """
    return loss_of(specs.parse_one(spec))


def normalizer_of(term: Term) -> BoundFormula:
    """The normalizer that a term names."""
    if term.name in LOSSES:
        raise ValueError(f"{term.name!r} is a loss, not a normalizer.")
    return bind(term, NORMALIZERS, "normalizer")


def loss_of(term: Term) -> BoundFormula:
    """The loss that a term names."""
    if term.name in NORMALIZERS:
        raise ValueError(f"{term.name!r} is a normalizer, not a loss.")
    return bind(term, LOSSES, "loss")


def bind(term: Term, known: Collection[str], kind: str) -> BoundFormula:
    """The function that a term names, with its parameters bound; equal terms give the same one.

    Args:
        term: what is bound.
        known: the names that are allowed here.
        kind: what they are, for errors.

    Raises:
        ValueError: for an unknown name, an unknown parameter, or one out of range.
    """
    if term.name not in known:
        raise specs.unknown(kind, term.name, known)
    return _bind(term, kind)


@cache
def _bind(term: Term, kind: str) -> BoundFormula:
    formula = BY_NAME[term.name]
    allowed = formula.parameters
    for parameter, value in term.parameters.items():
        if parameter not in allowed:
            takes = (
                f"It takes {', '.join(allowed)}."
                if allowed
                else "It takes no parameters."
            )
            raise ValueError(
                f"unknown parameter {parameter!r} of {kind} {term.name!r}, "
                f"got {parameter}={value!r}. {takes}"
            )
    bound = BoundFormula(term.text, _with(term, formula.function), formula)
    _meet_errors(bound.function, formula.kind)
    return bound


@cache
def trusting(bound: BoundFormula) -> BoundFormula:
    """The same function without the test of a traced target, for who has tested it."""
    given = bound.function
    parameters = given.keywords if isinstance(given, partial) else {}
    function = bound.formula.trusting
    if parameters:
        function = partial(function, **parameters)
    return BoundFormula(bound.name, function, bound.formula)


def predictor_of(term: Term) -> BoundFormula:
    """How logits that are trained with this loss of logits predict."""
    predictor = BY_NAME[term.name].predictor
    assert predictor is not None
    entry = BY_NAME[predictor.__name__]
    shared = {
        name: value
        for name, value in term.parameters.items()
        if name in entry.parameters
    }
    arguments = ", ".join(f"{name}={value!r}" for name, value in shared.items())
    text = f"{entry.name}({arguments})" if shared else entry.name
    return bind(Term(text, entry.name, shared), NORMALIZERS, "normalizer")


def _with(term: Term, function: Callable[..., Any]) -> Callable[..., Any]:
    return partial(function, **term.parameters) if term.parameters else function


def _meet_errors(function: Callable[..., Any], kind: Kind) -> None:
    """Meet the errors of bad parameters now and not at the first call; nothing is computed.

    The logits have the widest dtype: a parameter that only it can hold is refused when it meets
    narrower logits.
    """
    z: Any = jax.ShapeDtypeStruct((3,), jnp.result_type(float))
    arguments = {
        "normalizer": (z,),
        "loss of probabilities": (Probs(z, z), z),
        "loss of logits": (z, z),
    }
    jax.eval_shape(function, *arguments[kind])

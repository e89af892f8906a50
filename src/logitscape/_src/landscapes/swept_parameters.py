"""Parameters of a spec that are swept: which formula has each of them, and what it may be."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..base.names import suggestion
from ..objectives import specs
from ..objectives.catalog import BY_NAME
from ..objectives.sources import objective
from ..objectives.specs import Term
from .slice_arguments import axis

DIVISOR = "temperature"
"""Parameter by which the logits are divided, unless a formula of the spec has it as its own."""


class Swept(NamedTuple):
    """A spec whose parameters are swept.

    Attributes:
        spec: The spec as it was written.
        terms: Its terms: logit maps, then the normalizer and the loss.
        owners: Place in `terms` of the formula that has the parameter, by its name; None for the
            temperature that divides the logits.
        values: Values by name.
    """

    spec: str
    terms: tuple[Term, ...]
    owners: dict[str, int | None]
    values: dict[str, NDArray[Any]]


def checked(function_name: str, spec: str, parameters: Mapping[str, Any]) -> Swept:
    """The parameters after all checks; errors name the public function."""
    objective(spec)  # for its errors
    parsed = specs.parse(spec)
    terms = (*parsed.maps, *parsed.terms)
    if not parameters:
        raise ValueError(
            f"`{function_name}(...)` needs the values of at least one parameter, such as "
            f"`temperature=[1, 2, 4]`; {spec!r} has {_names(terms)}."
        )
    values = {
        name: axis(function_name, name, given) for name, given in parameters.items()
    }
    owners = {name: _owner(function_name, spec, terms, name) for name in values}
    swept = Swept(spec, terms, owners, values)
    for name in values:
        _check_range(function_name, swept, name)
    return swept


def _owner(
    function_name: str, spec: str, terms: Sequence[Term], name: str
) -> int | None:
    """Place of the one term whose formula has the parameter."""
    argument = f"`{function_name}({name}=...)`"
    owners = [place for place, term in enumerate(terms) if name in _parameters_of(term)]
    if len(owners) > 1:
        both = " and ".join(terms[place].name for place in owners)
        raise ValueError(f"{argument} is a parameter of {both}: state one of them.")
    free = [place for place in owners if name not in terms[place].parameters]
    if free:
        return free[0]
    if owners:
        raise ValueError(f"{argument} is stated by {spec!r} already.")
    if name == DIVISOR:
        return None
    known = [DIVISOR, *(key for term in terms for key in _parameters_of(term))]
    raise ValueError(
        f"{argument} is no parameter of {spec!r}, which has {_names(terms)}. "
        f"{suggestion(name, known)}"
    )


def _parameters_of(term: Term) -> Mapping[str, Any]:
    return BY_NAME[term.name].parameters


def _names(terms: Sequence[Term]) -> str:
    own = [f"{name} of {term.name}" for term in terms for name in _parameters_of(term)]
    return ", ".join([*own, "the temperature of the logits"])


def _check_range(function_name: str, swept: Swept, name: str) -> None:
    """Raise the error of the least or of the largest value, as its formula words it."""
    owner, values = swept.owners[name], swept.values[name]
    if owner is None:
        if values.min() <= 0:
            raise ValueError(
                f"`{function_name}({name}=...)` must be above 0, got {values.min():g}."
            )
        return
    for value in {float(values.min()), float(values.max())}:
        term = swept.terms[owner]
        objective(_text_with(swept, owner, term.parameters | {name: number(value)}))


def _text_with(swept: Swept, owner: int, parameters: Mapping[str, Any]) -> str:
    """The spec with other parameters of one term."""
    texts = [
        specs.term_of(term.name, parameters).text if place == owner else term.text
        for place, term in enumerate(swept.terms)
    ]
    maps = [
        text
        for text, term in zip(texts, swept.terms, strict=True)
        if BY_NAME[term.name].kind == "logit map"
    ]
    return " > ".join([*maps, " + ".join(texts[len(maps) :])])


def number(value: float) -> int | float:
    """A whole number as one: orders and depths are counted."""
    return int(value) if value == int(value) else value

"""In which form a fused loss is called, from its signature and from what the user says."""

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, get_args

from ..base.conversion import entries
from ..base.messages import quoted
from ..base.names import suggestion
from ..base.users_code import definition_of, name_of
from ..base.whole_numbers import whole_number
from .batch import Inputs
from .expected import Reduction
from .fused import IGNORED_NAMES, Fused, parameters_of

REDUCTIONS: tuple[Reduction, ...] = get_args(Reduction)


def fused_from(
    function: Callable[..., Any],
    *,
    inputs: Inputs | None,
    ignored_label: int | None,
    reductions: Collection[Reduction] | None,
    parameters: Mapping[str, Any],
) -> Fused:
    """Find out how a function is called.

    Raises:
        TypeError: If it is no function, or does not take a parameter that it is to get.
        ValueError: If the form cannot be known or is none of the known ones.
    """
    if not callable(function):
        raise TypeError(
            "`assert_faithful(fused, ...)` must be a function of features [m, d], weights "
            f"[K, d] and labels [m], or of logits [m, K] and labels [m], got {quoted(function)}."
        )
    takes = parameters_of(function)
    form = _inputs(function, takes, inputs)
    _check_accepted(function, takes, parameters)
    keyword = next((name for name in IGNORED_NAMES if name in takes), None)
    return Fused(
        function=function,
        inputs=form,
        takes_bias=form == "linear" and "bias" in takes,
        takes_reduction="reduction" in takes,
        reductions=_reductions(function, takes, reductions),
        ignored_label=_ignored_label(takes, keyword, ignored_label),
        ignored_keyword=keyword,
    )


def _inputs(
    function: Callable[..., Any],
    takes: Mapping[str, inspect.Parameter],
    inputs: Inputs | None,
) -> Inputs:
    if inputs is not None:
        if not isinstance(inputs, str) or inputs not in get_args(Inputs):
            raise ValueError(
                "`assert_faithful(inputs=...)` must be 'linear' or 'logits', "
                f"got {quoted(inputs)}."
            )
        return inputs
    needed = [
        each
        for each in takes.values()
        if each.default is each.empty
        and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) == 2:
        return "logits"
    if len(needed) == 3:
        return "linear"
    raise ValueError(
        f"`assert_faithful(inputs=...)`: `{name_of(function)}` "
        f"({definition_of(function)}) has {len(needed)} "
        "parameters without a default; say whether it takes features, weights and labels "
        "('linear') or logits and labels ('logits')."
    )


def _check_accepted(
    function: Callable[..., Any],
    takes: Mapping[str, inspect.Parameter],
    parameters: Mapping[str, Any],
) -> None:
    if not isinstance(parameters, Mapping):
        raise TypeError(
            "`assert_faithful(parameters=...)` must be a dict such as "
            f"{{'label_smoothing': 0.1}}, got {quoted(parameters)}."
        )
    takes_all = not takes or any(p.kind is p.VAR_KEYWORD for p in takes.values())
    for name, value in parameters.items():
        if name not in takes and not takes_all:
            raise TypeError(
                f"`assert_faithful(parameters=...)`: `{name_of(function)}` takes no "
                f"{name!r}. {suggestion(name, takes)}"
            )
        if not isinstance(value, bool | int | float | str | None):
            raise TypeError(
                f"`assert_faithful(parameters=...)`: {name!r} must be a number or a "
                f"text, got {quoted(value)}."
            )


def _reductions(
    function: Callable[..., Any],
    takes: Mapping[str, inspect.Parameter],
    reductions: Collection[Reduction] | None,
) -> tuple[Reduction, ...]:
    """The reductions to check: all, if the function takes `reduction`, or else none."""
    if reductions is None:
        return REDUCTIONS if "reduction" in takes else ("none",)
    given = entries(reductions) or []
    # Texts only: an array in a list would be compared entry by entry.
    texts = [each for each in given if isinstance(each, str)]
    chosen = tuple(each for each in REDUCTIONS if each in texts)
    if isinstance(reductions, str) or len(chosen) != len(given) or not chosen:
        raise ValueError(
            "`assert_faithful(reductions=...)` must be some of 'none', 'mean' and 'sum', "
            f"such as ('mean',), got {quoted(reductions)}."
        )
    if len(chosen) > 1 and "reduction" not in takes:
        raise ValueError(
            f"`assert_faithful(reductions=...)`: `{name_of(function)}` takes no "
            "`reduction`, so that it has only one, "
            f"got {quoted(reductions)}."
        )
    return chosen


def _ignored_label(
    takes: Mapping[str, inspect.Parameter], keyword: str | None, given: int | None
) -> int | None:
    """The label that is given, or else the default of the parameter of such a name."""
    if given is not None:
        # Labels have 32 bits.
        whole_number(
            "assert_faithful", "ignored_label", given, low=-(2**31), high=2**31 - 1
        )
        return given
    default = None if keyword is None else takes[keyword].default
    return default if isinstance(default, int) else None

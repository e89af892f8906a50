"""In which form a function comes, found by calling it: first on shapes alone, then on values."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..base.users_code import name_of
from .call import TWO_SETS
from .choice import choose, compares_embeddings, says_nothing
from .choice_of_elements import of_preferences
from .framework import JAX, Framework
from .reading import Form, Reading
from .recognised import Recognised
from .refusal import Outcomes, refusal
from .trials import Trials, all_calls, try_all

EMBEDDINGS = (
    "`{name}` compares embeddings: rows that are turned together have the same loss, and labels "
    "say which of them belong together. It has no logits of classes whose gradient could be "
    "diagnosed. A loss of their similarities [N, N], whose matches are on the diagonal, has a "
    "form: write what follows them as `def loss(similarities): ...`, and call "
    "`ls.diagnose(loss)`."
)


def recognise(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None = None,
    framework: Framework = JAX,
) -> Recognised:
    """Form of a function; a form that is given is only checked.

    Args:
        function: Loss function.
        num_classes: Number of classes that it is called with.
        form: Form that the function is known to have.
        framework: Framework of the function.

    Raises:
        TypeError: If the function takes none of the forms, or not the one that is given. The
            message has what was tried, and a call that works.
    """
    found, tried = _attempt(function, num_classes, form, framework)
    if found is None:
        raise TypeError(_refusal(function, num_classes, form, framework, tried[0]))
    _check_has_logits(function, form, found, tried[0])
    return found


def recognised_or_none(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None = None,
    framework: Framework = JAX,
) -> Recognised | None:
    """Form of a function as `recognise` finds it, or None if it takes none of the forms.

    Raises:
        TypeError: If it takes embeddings, which have no logits.
    """
    found, tried = _attempt(function, num_classes, form, framework)
    if found is not None:
        _check_has_logits(function, form, found, tried[0])
    return found


def _check_has_logits(
    function: Callable[..., Any],
    form: Form | None,
    found: Recognised,
    trials: Trials,
) -> None:
    if form is None and compares_embeddings(trials, found):
        raise TypeError(EMBEDDINGS.format(name=name_of(function)))


def _attempt(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None = None,
    framework: Framework = JAX,
) -> tuple[Recognised | None, list[Trials]]:
    """Form of a function, or None, and what was tried."""
    tried = list[Trials]()
    unexplained = None
    for call in all_calls(function, num_classes, framework):
        if unexplained is not None and call.style not in TWO_SETS:
            continue
        trials = try_all(function, call, num_classes, framework)
        tried.append(trials)
        chosen = of_preferences(trials, form)
        if chosen is not None:
            return chosen, tried
        chosen = choose(trials, trials.accepted(form))
        if chosen is None:
            continue
        part = trials.returned[chosen.reading].part
        chosen = replace(chosen, call=replace(chosen.call, part=part))
        if form == "multi-label":
            chosen = replace(chosen, each_class=True)
        if chosen.reduction is not None and not says_nothing(trials, chosen):
            return chosen, tried
        # Examples that influence each other may be two sets of embeddings. So may be vectors that
        # make no difference.
        unexplained = unexplained or chosen
    return unexplained, tried


def _refusal(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None,
    framework: Framework,
    trials: Trials,
) -> str:
    def find(candidate: Callable[..., Any]) -> Reading | None:
        found, _ = _attempt(candidate, num_classes, None, framework)
        return None if found is None or found.reduction is None else found.reading

    outcomes = Outcomes(trials.returned, trials.errors, form)
    return refusal(function, outcomes, num_classes, framework, find)

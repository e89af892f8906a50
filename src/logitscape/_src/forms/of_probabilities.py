"""Losses that say of themselves that they take probabilities, as Keras's do by default."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from .call import parameters_of

SWITCH = "from_logits"


def check_takes_logits(function: Callable[..., Any]) -> None:
    """Refuse a function that has `from_logits=False`.

    Given logits it would be measured as a loss that nobody trains with.

    Raises:
        TypeError: If it takes probabilities; the message has the call that takes logits.
    """
    call = _call_of_logits(function)
    if call:
        raise TypeError(
            f"`{call.name}` takes probabilities, as it has {SWITCH}=False. This works: "
            f"`ls.diagnose({call.code})`{call.option}."
        )


class _Call(NamedTuple):
    """A call that takes logits: the name of its function, its code, and an option that does it."""

    name: str
    code: str
    option: str = ""


def _call_of_logits(function: Callable[..., Any]) -> _Call | None:
    """The same function for logits; None if it takes them already."""
    parameter = parameters_of(function).get(SWITCH)
    if parameter is not None and parameter.default is False:
        plain = function.func if isinstance(function, partial) else function
        name = str(getattr(plain, "__name__", "your_loss"))
        code = f"functools.partial({name}, {SWITCH}=True)"
        return _Call(name, code, f", or `--arg {SWITCH}=True` on the command line")
    settings: Callable[[], Any] = getattr(function, "get_config", dict)
    try:
        is_switched_off = settings().get(SWITCH) is False
    except Exception:  # whatever a method of that name is for
        return None
    if not is_switched_off:
        return None
    name = type(function).__name__
    return _Call(name, f"{name}({SWITCH}=True)")

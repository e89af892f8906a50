"""What to do about a user's loss that fails or returns something else: a call that works."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..base.users_code import name_of
from ..normalizers.probs import Probs

IS_CALLED = (
    "It is called with logits z [n] and a target t [n] of one example, and returns a "
    "scalar."
)
GETS_PROBS = (
    "It is called with Probs and a target [n]: use `probs.p` and `probs.log_p`."
)


class _Call(NamedTuple):
    """A way to call a function of another form.

    Attributes:
        code: Code of a function of logits z and a target t, with the name in braces.
        function: The same function.
    """

    code: str
    function: Callable[..., Any]


def remedy_for_loss(function: Any, logits_or_probs: Any, target: Any) -> str:
    """What a function is called with, and a call of it that works as a loss, if one is found.

    Other forms are tried on shapes alone, so that nothing is computed.
    """
    if isinstance(logits_or_probs, Probs):
        return GETS_PROBS
    name = name_of(function)
    name = name if name.isidentifier() else "your_loss"
    shapes = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in (logits_or_probs, target)]
    for call in _calls(function):
        if _is_loss(call.function, shapes):
            code = call.code.format(name)
            return f"{IS_CALLED} This works: `lambda z, t: {code}`."
    return IS_CALLED


def _calls(f: Callable[..., Any]) -> Iterator[_Call]:
    """The forms that losses have elsewhere: of labels, of batches, and one that sums nothing."""
    yield _Call("{}(z, t).sum()", lambda z, t: f(z, t).sum())
    yield _Call("{}(z, t.argmax())", lambda z, t: f(z, t.argmax()))
    for code, label in (
        ("t.argmax()[None]", lambda t: t.argmax()[None]),
        ("t[None]", lambda t: t[None]),
    ):
        call = f"{{}}(z[None], {code})"
        yield _Call(f"{call}[0]", partial(_first_of_batch, f, label))
        yield _Call(call, partial(_of_batch, f, label))


def _first_of_batch(f: Any, label: Any, z: Any, t: Any) -> Any:
    losses = f(z[None], label(t))
    if losses.shape != (1,):
        raise ValueError
    return losses[0]


def _of_batch(f: Any, label: Any, z: Any, t: Any) -> Any:
    return f(z[None], label(t))


def _is_loss(function: Callable[..., Any], shapes: list[Any]) -> bool:
    # A user's function that gets what it does not take may raise anything.
    try:
        returned = jax.eval_shape(function, *shapes)
    except (Exception, SystemExit):
        return False
    dtype = getattr(returned, "dtype", None)
    is_number = dtype is not None and jnp.issubdtype(dtype, jnp.floating)
    return is_number and returned.shape == ()

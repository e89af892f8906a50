"""A function of any form as one of `(logits [n], target [n]) -> scalar`, and as code."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.program_keys import loss_key
from ..base.stored import under_jit
from ..base.users_code import calling, definition_of, name_of
from ..base.xla import jit_as_trained, jit_fast_compile
from ..objectives.objective import Objective
from ..objectives.sources import Source, objective
from .axes import axes_code
from .call import JOINT
from .framework import Library, Rows
from .joint_rows import joint_matrix_code
from .reading import (
    PERFECT,
    arguments_of_one,
    call_on_batch,
    loss_of_one,
    target_for,
)
from .recognise import recognise
from .recognised import Recognised

OneExample: TypeAlias = Callable[[Array, Array], Array]
"""Function (logits [n], target [n]) -> scalar."""

BatchValues: TypeAlias = Callable[[Rows, Rows], tuple[Rows, Rows]]
"""Function of logits [m, n] and targets [m, n] to the losses [m] or their mean or sum, and to the
gradient of all that in all logits, [m, m, n] or [m, n]."""


def as_one_example(source: Source, num_classes: int) -> OneExample:
    """Convert a spec, an Objective or a function of any form to one of one example."""
    if isinstance(source, str | Objective):
        return objective(source).function
    return in_form(source, recognise(source, num_classes))


def in_form(function: Callable[..., Any], recognised: Recognised) -> OneExample:
    """Convert a function of a known form to (logits [n], target [n]) -> scalar."""
    return partial(_of_one, function, recognised)


def _of_one(
    function: Callable[..., Any], recognised: Recognised, z: Array, t: Array
) -> Array:
    target = target_for(recognised.reading, recognised.targets, t, jnp)
    arguments = arguments_of_one(recognised.reading, z, target)
    with calling(
        name_of(function), f"It is called as {recognised.reading.signature()}."
    ):
        loss = jnp.asarray(recognised.call.on(function, *arguments))
    if not jnp.issubdtype(loss.dtype, jnp.floating):
        raise TypeError(
            f"`{name_of(function)}` must return floating-point numbers, got {loss.dtype} "
            f"({definition_of(function)})."
        )
    value: Array = loss_of_one(
        recognised.reading, loss, recognised.call.rows(z.shape[0])
    )
    return value


def in_batches(
    function: Callable[..., Any], recognised: Recognised
) -> BatchValues | None:
    """Evaluate a batch in one call; None if the function takes one example only."""
    reading = recognised.in_batches
    if reading is None:
        return None

    def loss(z: Array, t: Array) -> Array:
        target = target_for(reading, recognised.targets, t, jnp)
        called = partial(recognised.call.on, function)
        value: Array = call_on_batch(reading, called, z, target)
        return value

    def both(z: Array, t: Array) -> tuple[Array, Array]:
        value, pull = jax.vjp(lambda z: loss(z, t), z)
        unit = jnp.eye(value.size, dtype=value.dtype).reshape(-1, *value.shape)
        (jacobian,) = jax.vmap(pull)(unit)
        return value, jacobian.reshape(*value.shape, *z.shape)

    # Compiled once for every shape and precision.
    programs = dict[tuple[str | None, Any], Callable[..., Any]]()

    def evaluate(z: Rows, t: Rows) -> tuple[Rows, Rows]:
        arguments = jax.device_put((z, t))
        dtype = arguments[0].dtype
        key = loss_key(loss, *arguments, about="losses and gradients of a batch")
        if (key, dtype) not in programs:
            jit = jit_fast_compile if dtype == np.float64 else jit_as_trained
            programs[key, dtype] = under_jit(key, both, jit)
        value, jacobian = programs[key, dtype](*arguments)
        return np.asarray(value, np.float64), np.asarray(jacobian, np.float64)

    return evaluate


def as_code(name: str, recognised: Recognised, library: Library = "jnp") -> str:
    """Code of a function (z, t) -> loss of one example.

    Args:
        name: Name of the function, or code that stands for it.
        recognised: Form of the function.
        library: Library whose arrays it takes.
    """
    reading, call = recognised.reading, recognised.call
    if library == "np":
        # Witnesses take loss and gradient from the pair.
        call = replace(call, part="")
    logits = "z[1] - z[0]" if reading.is_binary else "z"
    target = _target(recognised, library)
    is_plain = logits == "z" and target == "t" and call.code(name, "z", "t")
    is_free = "z." not in name
    if reading.form == "one example" and is_free and is_plain == f"{name}(z, t)":
        return name
    if reading.form == "similarities":
        return _code_of_similarities(name, recognised, library)
    if reading.form == "multi-label" and library != "np":
        return f"lambda z, t: {call.code(name, 'z', target)}.sum()"
    if reading.form == "positives":
        return _code_of_positives(name, recognised, library)
    logits = axes_code(reading.logits, logits, library)
    target = axes_code(reading.target, target, library)
    code = call.code(name, logits, target)
    if library == "np":
        return f"lambda z, t: {_pair_of_one(code, recognised)}"
    if reading.takes_batch or reading.logits == "1":
        return f"lambda z, t: {code}.reshape(())"
    return f"lambda z, t: {code}"


def _code_of_similarities(name: str, recognised: Recognised, library: Library) -> str:
    others = f"{PERFECT:g} * {library}.eye(len(z), dtype=z.dtype)"
    matrix = f"{library}.where(t[:, None] > 0, z, {others})"
    end = ".sum()" if recognised.reduction == "none" else " * len(t)"
    call = recognised.call
    if call.style == "one":
        return f"lambda z, t: {call.code(name, matrix, '')}{end}"
    if call.style in JOINT:
        end = end.replace("len(t)", "2 * len(t)")
        of_all = call.code(
            name, joint_matrix_code(library, in_pairs=call.style == "joint pairs"), ""
        )
        return f"lambda z, t: (lambda s: {of_all}{end})({matrix})"
    other = "s.T"
    if call.style == "embeddings":
        other = f"{library}.eye(len(s), dtype=s.dtype)"
    return f"lambda z, t: (lambda s: {call.code(name, 's', other)}{end})({matrix})"


def _code_of_positives(name: str, recognised: Recognised, library: Library) -> str:
    code = recognised.call.code(name, "s[:1]", "s[None, 1:]")
    label = "t.argmax().item()" if library == "torch" else "t.argmax()"
    return f"lambda z, t: (lambda s: {code}.reshape(()))({library}.roll(z, -{label}))"


def _pair_of_one(code: str, recognised: Recognised) -> str:
    """Code of loss and gradient of one example, from a call that returns those of a batch."""
    if not recognised.reading.takes_batch:
        return code
    if recognised.reduction == "none":
        return f"[part[0] for part in {code}]"
    return f"(lambda loss, gradient: (loss, gradient[0]))(*{code})"


def as_batch_code(name: str, recognised: Recognised) -> str:
    """Code of a call with a batch, logits `{z}` [m, n] and labels `y` [m]."""
    reading = recognised.in_batches
    if reading is None:
        return ""
    # Braces of a batch that is a dict are doubled, as the code is a pattern.
    call = recognised.call.code(name, "LOGITS", "TARGET")
    call = call.replace("{", "{{").replace("}", "}}")
    logits, target = "{z}", "y"
    if reading.is_binary:
        logits, target = "({z}[:, 1] - {z}[:, 0])", "y.astype(float)"
    elif not reading.labels:
        target = "jax.nn.one_hot(y, z.shape[1], dtype=z.dtype)"
    if recognised.targets == "signs":
        target = f"(2 * {target} - 1)"
    if recognised.targets == "teacher logits":
        target = f"jnp.log({target}.clip(1e-30))"
    logits = axes_code(reading.logits, logits, "jnp", of_batch=True)
    target = axes_code(reading.target, target, "jnp", of_batch=True)
    return call.replace("LOGITS", logits).replace("TARGET", target)


def _target(recognised: Recognised, library: Library) -> str:
    reading = recognised.reading
    if reading.labels and not reading.is_binary:
        return "t.argmax()"
    given = "t[1]" if reading.is_binary else "t"
    if recognised.targets == "signs":
        return f"2 * {given} - 1"
    if recognised.targets == "teacher logits":
        return f"{library}.log({given}.clip(1e-30))"
    if not reading.labels:
        return given
    return f"{given}.long()" if library == "torch" else f"{given}.astype(int)"


def description(recognised: Recognised) -> str:
    """The form as a sentence for people."""
    reading = recognised.reading
    is_reduced = reading.takes_batch and recognised.reduction != "none"
    result = "" if is_reduced else reading.results[0]
    text = f"Given as {reading.signature(result)}"
    notes = []
    if recognised.reduction in ("mean", "sum") and reading.takes_batch:
        notes.append(f"a {recognised.reduction} over the batch")
    if reading.form == "multi-label":
        notes.append("summed over the classes of each example")
    if recognised.call.reduction is not None:
        notes.append(f'called with reduction="{recognised.call.reduction}"')
    if recognised.call.swapped:
        notes.append("the target first")
    if recognised.call.style == "embeddings":
        notes.append("two sets of embeddings, of which the second are the unit vectors")
    if recognised.call.style in JOINT:
        in_pairs = recognised.call.style == "joint pairs"
        place = "beside each other" if in_pairs else "N places apart"
        notes.append(f"of the rows of both of two sets, which match {place}")
    if recognised.call.style == "preferences":
        first = "the second" if recognised.call.swapped else "the first"
        notes.append(f"scores of two answers, of which {first} is preferred")
    if recognised.call.style == "both sides":
        notes.append("in both directions, of which the second is the first transposed")
    if "2" in reading.logits:
        notes.append("every place of a sequence has the label of the next one")
    if recognised.targets == "signs":
        notes.append("targets of -1 and 1")
    if recognised.targets == "teacher logits":
        notes.append("a teacher's logits as target")
    return "; ".join([text, *notes]) + "."

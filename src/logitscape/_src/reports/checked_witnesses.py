"""Every witness is run as it is printed, before anyone reads it.

One that does not show what it says is tried under jit, and without JAX's 64 bits, as the
diagnosis measures; one that shows it nowhere is dropped.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, get_args
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import numpy as np

from ..base.program_keys import program_key
from ..base.step_by_step import step_by_step
from ..base.stored import remembered
from ..base.x64 import enable_x64
from ..diagnosis.answers import Answer, TwoValues, Witness
from ..diagnosis.deadline import OutOfTimeError, time_is_over
from ..diagnosis.evaluation import Rows, evaluate, probabilities
from ..diagnosis.findings import Findings
from ..diagnosis.programs import Precision
from ..diagnosis.questions.compiled_program import agrees_with_eager
from ..diagnosis.subject import UNNAMED, Subject, shell_name, value_and_grad
from ..objectives.objective import Objective
from .witness_code import code, expression, preamble
from .witness_imports import modules_as_imported

Namespace = dict[str, Any]
PAIRS: tuple[TwoValues, ...] = get_args(TwoValues)
"""Expressions of two values that ought to agree."""
OF_ONE_GRADIENT = frozenset(("loss", "gradient", "losses", "chord", "differences"))
"""Expressions in which the loss of one example and its gradient are all that is evaluated."""
SAME = 0.02
"""Largest difference of the printed value from the measured one, relative to the largest."""
DIFFERENT = 1e-9
"""Least relative difference of two values of which a witness says that they differ."""
# Weak, so that what has been checked keeps no subject alive.
_CHECKED = WeakKeyDictionary[Subject, dict[Witness, Witness | None]]()


def witness_of(answer: Answer, subject: Subject) -> Witness | None:
    """The witness of an answer as it is printed; None without one that shows what it says.

    It is run when it is first asked for, as most answers are never printed with theirs. What
    cannot be run by the deadline of a command is not printed.
    """
    if answer.witness is None:
        return None
    checked = _CHECKED.setdefault(subject, {})
    if answer.witness not in checked:
        if time_is_over():
            return None
        variants = list(_variants(answer.witness, subject))
        key = _key(answer.witness, subject, variants)
        try:
            place = remembered(key, lambda: _first_that_shows(variants, subject))
        except OutOfTimeError:
            return None
        checked[answer.witness] = variants[int(place)] if place else None
    return checked[answer.witness]


def code_of(answer: Answer, subject: Subject) -> list[str]:
    """The lines of code that show an answer; none without a witness."""
    witness = witness_of(answer, subject)
    return [] if witness is None else code(witness, subject)


def all_witnesses(findings: Findings) -> list[str]:
    """Return the preamble and, for every answer that has one, the lines of its witness."""
    lines = preamble(findings.subject)
    for answer in findings.answers:
        shown = code_of(answer, findings.subject)
        if shown:
            lines += ["", f"# {answer.question}: {answer.verdict}", *shown]
    return lines


def _key(witness: Witness, subject: Subject, variants: Sequence[Witness]) -> str | None:
    """What the outcome depends on: the code as printed, and the loss and gradient in it."""
    if witness.expression not in OF_ONE_GRADIENT or subject.opaque is not None:
        return None
    lines = [line for variant in variants for line in code(variant, subject)]
    about = ("witness", *preamble(subject), *lines)
    point = jax.ShapeDtypeStruct((len(witness.logits),), jnp.dtype(witness.dtype))
    with enable_x64():
        return program_key(
            subject.function, about, value_and_grad(subject.function), point, point
        )


def _first_that_shows(variants: Sequence[Witness], subject: Subject) -> str:
    """The place of the first variant that shows what it says; "" if none does."""
    before = bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]
    try:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
            modules_as_imported([subject.given, subject.own_normalizer]),
        ):
            # What a shell would warn of is no reason to drop a witness.
            warnings.simplefilter("ignore")
            namespace = _begun(subject)
            for place, variant in enumerate(variants):
                if shows(variant, subject, namespace):
                    return str(place)
    finally:
        jax.config.update("jax_enable_x64", before)
    return ""


def _begun(subject: Subject) -> Namespace:
    """The names that a shell has after the first lines, with functions that were defined in it."""
    namespace: Namespace = {UNNAMED: subject.given}
    if not isinstance(subject.given, Objective):
        namespace[shell_name(subject.given, "your_function")] = subject.given
    own = subject.own_normalizer
    if own is not None:
        namespace[shell_name(own, "your_normalizer")] = own
    if subject.opaque is not None:
        namespace.update(subject.opaque.names)
    exec("\n".join(preamble(subject)), namespace)
    return namespace


def _variants(witness: Witness, subject: Subject) -> Iterator[Witness]:
    """The witness as it is, under jit, and with JAX's 64 bits switched off."""
    yield witness
    if subject.opaque is not None:
        return
    narrow = witness.dtype != "float64"
    if witness.expression != "jit":
        yield replace(witness, compiled=True)
    if narrow:
        yield replace(witness, narrow=True)
        yield replace(witness, narrow=True, compiled=witness.expression != "jit")


def shows(witness: Witness, subject: Subject, namespace: Namespace) -> bool:
    """Whether the printed code runs and gives what the diagnosis has measured."""
    if subject.opaque is not None and "batch" in witness.expression:
        return False
    try:
        value = _run(witness, subject, namespace)
    except Exception:
        # A derivative that cannot be had is shown by its error.
        return witness.expression == "jvp" and "error" in witness.shows
    if witness.expression in PAIRS:
        first, second = (np.asarray(part, np.float64) for part in value)
        return not np.allclose(first, second, rtol=DIFFERENT, atol=0) or (
            "gradient" in witness.shows
        )
    measured = _measured(witness, subject)
    return measured is None or _agree(np.asarray(value, np.float64), measured)


def _run(witness: Witness, subject: Subject, namespace: Namespace) -> Any:
    """The value of the expression, after the lines before it have been run as printed."""
    lines = code(witness, subject)
    last = lines.index(expression(witness, subject))

    def as_printed() -> Any:
        own = dict(namespace)
        exec("\n".join(lines[:last]), own)
        return eval(lines[last], own)

    # The printed switch does not change what a caller has chosen for its thread.
    with enable_x64(not witness.narrow):
        try:
            return jax.device_get(_value(as_printed, witness, subject))
        finally:
            jax.config.update("jax_enable_x64", True)


def _value(as_printed: Callable[[], Any], witness: Witness, subject: Subject) -> Any:
    """The value of the printed lines.

    Where the loss does the same under jit as without, and jit is not the matter, they are compiled
    as one program.
    """
    is_about_jit = witness.compiled or witness.expression in PAIRS
    if is_about_jit or witness.narrow or not agrees_with_eager(subject):
        return as_printed()
    try:
        return step_by_step(as_printed)
    except OutOfTimeError:
        raise
    except Exception:
        # What cannot be traced may still run, and what does not run says why.
        return as_printed()


def _measured(witness: Witness, subject: Subject) -> Rows | None:
    """The same quantity as the questions measure it; None if they measure it otherwise."""
    if witness.expression == "hessian":
        return None
    dtype = _precision(witness)
    with enable_x64():
        if witness.expression == "probabilities":
            p: Rows = probabilities(subject, [witness.logits], dtype=dtype)[0]
            return p
        values = evaluate(subject, [witness.logits], [witness.target], dtype=dtype)
    row: Rows = np.asarray(
        values.loss[0] if witness.expression == "loss" else values.gradient[0]
    )
    return row


def _precision(witness: Witness) -> Precision:
    names: dict[str, Precision] = {
        "float64": "float64",
        "float32": "float32",
        "bfloat16": "bfloat16",
        "float16": "float16",
    }
    return names[witness.dtype]


def _agree(value: Rows, measured: Rows) -> bool:
    """Whether the values are finite at the same places, and alike there."""
    finite = np.isfinite(measured)
    if value.shape != measured.shape or not np.array_equal(np.isfinite(value), finite):
        return False
    size = np.max(np.abs(measured), initial=0, where=finite)
    difference = np.max(
        np.abs(np.where(finite, value, 0) - np.where(finite, measured, 0)), initial=0
    )
    return bool(difference <= SAME * size)

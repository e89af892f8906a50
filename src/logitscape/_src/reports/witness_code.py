"""Witnesses as code that anyone can paste into a Python shell."""

from textwrap import wrap

from ..diagnosis.answers import Expression, Witness
from ..diagnosis.subject import UNNAMED, Subject, shell_name
from ..objectives.objective import Objective
from . import foreign_code
from .vectors import COLUMNS, label_of, sparse
from .witness_imports import import_lines

FEW = 4
"""Number of logits that may differ from the others before all are written out."""
STEP = 1e-4
"""Step of the differences with which a gradient is compared."""
EXPRESSIONS: dict[Expression, str] = {
    "loss": "{loss}(z, t)",
    "gradient": "{gradient}(z, t)",
    "hessian": "jnp.linalg.eigvalsh({hessian}(z, t))",
    "probabilities": "{predict}(z).p",
    "jit": "jax.jit(loss)(z, t), loss(z, t)",
    "jvp": "jax.jvp(lambda z: loss(z, t), (z,), (d,))[1], jax.grad(loss)(z, t) @ d",
    "differences": "{gradient}(z, t), jnp.array([f(d) - f(-d) for d in steps]) / (2 * h)",
    "factor": "jax.grad(lambda z: 3 * loss(z, t))(z), 3 * jax.grad(loss)(z, t)",
    "losses": "{loss}(z, t), {loss}(other, other_t)",
    "chord": "{loss}(z, t), (1 - s) * {loss}(a, t) + s * {loss}(b, t)",
    "batch": "{batch}, {loss}(z[0], jax.nn.one_hot(y[0], {n}, dtype=z.dtype))",
    "gradient in a batch": (
        "jax.grad(lambda z: {batch})(z)[0]{times}, "
        "{gradient}(z[0], jax.nn.one_hot(y[0], {n}, dtype=z.dtype))"
    ),
}
REDUCED_BATCH = (
    "{batch}, sum({loss}(z[i], jax.nn.one_hot(y[i], {n}, dtype=z.dtype)) "
    "for i in range(len(y)))"
)
FUNCTIONS = {
    "loss": "loss",
    "gradient": "jax.grad(loss)",
    "hessian": "jax.hessian(loss)",
    "predict": "predict",
}
"""Functions in the expressions, which are compiled where the matter shows under jit only."""


def preamble(subject: Subject) -> list[str]:
    """Return the lines that all witnesses of a subject begin with.

    They define `loss(z, t)`, the objective, and `predict(z)`, which gives Probs, if that is known.
    """
    if subject.opaque is not None:
        imports = import_lines(subject.given, _name_of(subject))
        return foreign_code.preamble(subject, imports)
    lines = [
        "import jax, jax.numpy as jnp, logitscape as ls",
        'jax.config.update("jax_enable_x64", True)',
    ]
    if not isinstance(subject.given, Objective):
        lines += import_lines(subject.given, _name_of(subject))
    elif subject.code == UNNAMED:
        lines.append(f"# {UNNAMED} is the objective that was diagnosed")
    if subject.own_normalizer is not None:
        called = shell_name(subject.own_normalizer, "your_normalizer")
        lines += import_lines(subject.own_normalizer, called)
    lines.append(f"loss = {subject.code}")
    if subject.predictor:
        lines.append(f"predict = {subject.predictor}")
    return lines


def _name_of(subject: Subject) -> str:
    return shell_name(subject.given, "your_function")


def code(witness: Witness, subject: Subject) -> list[str]:
    """Return the lines that show one witness; the last one that is no comment has the value."""
    if subject.opaque is not None:
        return foreign_code.lines(witness, subject.opaque.array)
    lines = [*_arguments(witness), expression(witness, subject)]
    lines += wrap(f"# {witness.shows}", COLUMNS, subsequent_indent="# ")
    if witness.narrow:
        switch = 'jax.config.update("jax_enable_x64", {})'
        return [switch.format(False), *lines, switch.format(True)]
    return lines


def expression(witness: Witness, subject: Subject) -> str:
    """Return the expression that shows a witness."""
    if subject.opaque is not None:
        return foreign_code.expression(witness, subject.opaque.array)
    functions = {
        name: f"jax.jit({function})" if witness.compiled else function
        for name, function in FUNCTIONS.items()
    }
    pattern = EXPRESSIONS[witness.expression]
    if witness.expression == "batch" and subject.reduction != "none":
        # One number for all examples is compared with that of their losses alone.
        pattern = REDUCED_BATCH
        if subject.reduction == "mean":
            pattern += " / len(y)"
    return pattern.format(
        **functions,
        n=len(witness.logits),
        batch=_batch(subject),
        times=" * len(y)" if subject.reduction == "mean" else "",
    )


def _batch(subject: Subject) -> str:
    """Return the call of the user's function with a batch."""
    code = subject.batch_code.format(z=subject.domain.code_of("z"))
    return f"{code}[0]" if subject.reduction == "none" else code


def _arguments(witness: Witness) -> list[str]:
    """Return the lines that define what the expression takes."""
    dtype, n = witness.dtype, len(witness.logits)
    if witness.expression in ("batch", "gradient in a batch"):
        rows = (witness.logits, *witness.others)
        labels = (witness.target.index(1.0), *witness.other_labels)
        stacked = ", ".join(_vector(logits, dtype) for logits in rows)
        listed = ", ".join(map(str, labels))
        return [*_wrapped(f"z = jnp.stack([{stacked}])"), f"y = jnp.array([{listed}])"]
    lines = _wrapped(f"z = {_vector(witness.logits, dtype)}")
    lines += _wrapped(f"t = {_target(witness.target, dtype)}")
    others = [_vector(logits, dtype) for logits in witness.others]
    if witness.expression == "losses":
        lines += _wrapped(f"other = {others[0]}")
        lines.append(f"other_t = {_other_target(witness)}")
    if witness.expression == "chord":
        lines += [*_wrapped(f"a = {others[0]}"), *_wrapped(f"b = {others[1]}")]
        lines.append("s = jnp.linalg.norm(z - a) / jnp.linalg.norm(b - a)")
    if witness.expression == "jvp":
        lines.append(f"d = jnp.cos(jnp.arange({n}.0) ** 2).astype(z.dtype)")
    if witness.expression == "differences":
        lines.append(
            f"h = {STEP}; steps = h * jnp.eye({n}); f = lambda d: loss(z + d, t)"
        )
    return lines


def _other_target(witness: Witness) -> str:
    if not witness.other_labels:
        return "t"
    label, n = witness.other_labels[0], len(witness.logits)
    return f"jax.nn.one_hot({label}, {n}{_dtype_argument(witness.dtype)})"


def _wrapped(line: str) -> list[str]:
    """Return a line that is not too wide; within brackets it may go on in the next one."""
    return wrap(
        line,
        COLUMNS,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _target(target: tuple[float, ...], dtype: str) -> str:
    label = label_of(target)
    if label is None:
        return _vector(target, dtype)
    return f"jax.nn.one_hot({label}, {len(target)}{_dtype_argument(dtype)})"


def _vector(values: tuple[float, ...], dtype: str) -> str:
    """Return the vector as code: written out, or as one common value and the exceptions."""
    dtype_argument = _dtype_argument(dtype)
    found = sparse(values, FEW)
    if found is None:
        listed = ", ".join(map(_number, values))
        return f"jnp.array([{listed}]{dtype_argument})"
    text = f"jnp.full({len(values)}, {_number(found.common)}{dtype_argument})"
    for k, value in found.exceptions:
        text += f".at[{k}].set({_number(value)})"
    return text


def _dtype_argument(dtype: str) -> str:
    """Return the argument that sets the dtype; float64 is what the preamble switches on."""
    return "" if dtype == "float64" else f", dtype=jnp.{dtype}"


def _number(value: float) -> str:
    text = repr(float(value))
    if text in ("inf", "nan"):
        return f"jnp.{text}"
    if text == "-inf":
        return "-jnp.inf"
    return text

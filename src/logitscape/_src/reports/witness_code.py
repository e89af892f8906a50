"""Witnesses as code that anyone can paste into a Python shell."""

import inspect
from collections import Counter
from textwrap import wrap

from ..diagnosis.answers import Witness
from ..diagnosis.findings import Findings
from ..diagnosis.subject import Subject

COLUMNS = 76
FEW = 4
"""Number of logits that may differ from the others before all are written out."""
EXPRESSIONS = {
    "loss": "loss(z, t)",
    "gradient": "jax.grad(loss)(z, t)",
    "hessian": "jnp.linalg.eigvalsh(jax.hessian(loss)(z, t))",
    "probabilities": "predict(z).p",
}


def all_witnesses(findings: Findings) -> list[str]:
    """Return the preamble and, for every answer that has one, the lines of its witness."""
    lines = preamble(findings.subject)
    for answer in findings.answers:
        if answer.witness is not None:
            title = f"# {answer.question}: {answer.verdict}"
            lines += ["", title, *code(answer.witness)]
    return lines


def preamble(subject: Subject) -> list[str]:
    """Return the lines that all witnesses of a subject begin with.

    They define `loss(z, t)`, the objective, and `predict(z)`, which gives Probs, if that is known.
    """
    lines = [
        "import jax, jax.numpy as jnp, logitscape as ls",
        'jax.config.update("jax_enable_x64", True)',
    ]
    if subject.objective is None:
        lines += _import_of(subject)
    lines.append(f"loss = {subject.code}")
    if subject.predictor:
        lines.append(f"predict = {subject.predictor}")
    return lines


def _import_of(subject: Subject) -> list[str]:
    """Return the line that imports the user's function; none if it was defined in a shell."""
    module = getattr(inspect.unwrap(subject.given), "__module__", "__main__")
    name = getattr(subject.given, "__qualname__", "")
    if not name.isidentifier():
        return ["# your_function is the function that was diagnosed"]
    if module in ("__main__", None):
        return []
    return [f"from {module} import {name}"]


def code(witness: Witness) -> list[str]:
    """Return the lines that show one witness."""
    comment = wrap(f"# {witness.shows}", COLUMNS, subsequent_indent="# ")
    return [
        f"z = {_vector(witness.logits, witness.dtype)}",
        f"t = {_target(witness.target, witness.dtype)}",
        EXPRESSIONS[witness.expression],
        *comment,
    ]


def _target(target: tuple[float, ...], dtype: str) -> str:
    num_classes = len(target)
    is_one_hot = sorted(target) == [0.0] * (num_classes - 1) + [1.0]
    if not is_one_hot:
        return _vector(target, dtype)
    label = target.index(1.0)
    return f"jax.nn.one_hot({label}, {num_classes}{_dtype_argument(dtype)})"


def _vector(values: tuple[float, ...], dtype: str) -> str:
    """Return the vector as code: written out, or as one common value and the exceptions."""
    dtype_argument = _dtype_argument(dtype)
    ((common, count),) = Counter(values).most_common(1)
    if len(values) - count > FEW or len(values) <= FEW:
        listed = ", ".join(map(_number, values))
        return f"jnp.array([{listed}]{dtype_argument})"
    text = f"jnp.full({len(values)}, {_number(common)}{dtype_argument})"
    for k, value in enumerate(values):
        if value != common:
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

"""Witnesses as code that anyone can paste into a Python shell."""

import inspect
from collections import Counter
from textwrap import wrap

from ..diagnosis.answers import Witness
from ..diagnosis.subject import Subject

COLUMNS = 76
FEW = 4
"""So many logits may differ from the others before all are written out."""


def preamble(subject: Subject) -> list[str]:
    """The lines that all witnesses of a subject begin with: `loss(z, t)` is the objective, `predict(z)` gives Probs."""
    lines = [
        "import jax, jax.numpy as jnp, logitscape as ls",
        'jax.config.update("jax_enable_x64", True)',
    ]
    if subject.objective is None:
        lines += _import_of(subject)
    lines.append(f"loss = {subject.code}")
    return [*lines, f"predict = {subject.predictor}"] if subject.predictor else lines


def _import_of(subject: Subject) -> list[str]:
    module = getattr(inspect.unwrap(subject.given), "__module__", "__main__")
    name = getattr(subject.given, "__qualname__", "")
    if not name.isidentifier():
        return ["# your_function is the function that was diagnosed"]
    return [] if module in ("__main__", None) else [f"from {module} import {name}"]


def code(witness: Witness) -> list[str]:
    """The lines that show one witness."""
    z, t = (
        f"z = {_vector(witness.logits, witness.dtype)}",
        f"t = {_target(witness.target, witness.dtype)}",
    )
    looked_at = {
        "loss": "loss(z, t)",
        "gradient": "jax.grad(loss)(z, t)",
        "hessian": "jnp.linalg.eigvalsh(jax.hessian(loss)(z, t))",
        "probabilities": "predict(z).p",
    }
    return [
        z,
        t,
        looked_at[witness.expression],
        *wrap(f"# {witness.shows}", COLUMNS, subsequent_indent="# "),
    ]


def _target(values: tuple[float, ...], dtype: str) -> str:
    if sorted(values) != [0.0] * (len(values) - 1) + [1.0]:
        return _vector(values, dtype)
    kind = "" if dtype == "float64" else f", dtype=jnp.{dtype}"
    return f"jax.nn.one_hot({values.index(1.0)}, {len(values)}{kind})"


def _vector(values: tuple[float, ...], dtype: str) -> str:
    kind = "" if dtype == "float64" else f", dtype=jnp.{dtype}"
    common, count = Counter(values).most_common(1)[0]
    if len(values) - count > FEW or len(values) <= FEW:
        return f"jnp.array([{', '.join(map(_number, values))}]{kind})"
    start = f"jnp.full({len(values)}, {_number(common)}{kind})"
    return start + "".join(
        f".at[{k}].set({_number(each)})"
        for k, each in enumerate(values)
        if each != common
    )


def _number(value: float) -> str:
    text = repr(float(value))
    return (
        f"jnp.{text.lstrip('-')}"
        if text in ("inf", "nan")
        else "-jnp.inf"
        if text == "-inf"
        else text
    )

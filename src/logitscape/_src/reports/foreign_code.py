"""Witnesses of losses that JAX cannot look into, as code for NumPy or PyTorch."""

from collections.abc import Sequence
from textwrap import wrap

from ..diagnosis.answers import Witness
from ..diagnosis.subject import Subject
from ..forms.framework import Library
from .vectors import COLUMNS, label_of, sparse

FEW = 12
"""Number of logits up to which all are written out."""
IMPORTS: dict[Library, str] = {
    "np": "import numpy as np, logitscape as ls",
    "torch": "import torch, logitscape as ls",
}
AUTOGRAD = "torch.autograd.functional"
"""What differentiates functions of any kind, those for which `torch.func` has no rule too."""
EXPRESSIONS: dict[Library, dict[str, str]] = {
    "np": {
        "loss": "loss(z, t)[0]",
        "gradient": "loss(z, t)[1]",
        "probabilities": "predict(z).p",
    },
    "torch": {
        "loss": "loss(z, t)",
        "gradient": f"{AUTOGRAD}.jacobian(lambda z: loss(z, t), z)",
        "hessian": f"torch.linalg.eigvalsh({AUTOGRAD}.hessian(lambda z: loss(z, t), z))",
        "probabilities": "predict(z.numpy()).p",
    },
}
STEP = 1e-4
"""Step of the differences with which a gradient is compared."""
VECTORS: dict[Library, str] = {"np": "array", "torch": "tensor"}


def preamble(subject: Subject, imports: Sequence[str]) -> list[str]:
    """Return the lines that all witnesses of a subject begin with.

    Args:
        subject: Subject whose loss is computed elsewhere.
        imports: Lines that import the function that was given.
    """
    assert subject.opaque is not None
    lines = [IMPORTS[subject.opaque.array]]
    package = subject.opaque.code.partition(".")[0]
    if package.isidentifier() and package != "torch":
        lines.append(f"import {package}")
    if not subject.opaque.code or "your_function" in subject.opaque.code:
        lines += imports
    lines.append(f"loss = {subject.code}")
    if subject.predictor:
        lines.append(f"predict = {subject.predictor}")
    return lines


def lines(witness: Witness, library: Library) -> list[str]:
    """Return the lines that show one witness; the last one that is no comment has the value."""
    dtype, n = witness.dtype, len(witness.logits)
    code = [
        f"z = {_vector('z', witness.logits, dtype, library)}",
        f"t = {_target(witness.target, dtype, library)}",
    ]
    others = witness.others
    if witness.expression == "losses":
        code.append(f"other = {_vector('other', others[0], dtype, library)}")
        labels = witness.other_labels
        target = tuple(float(k == labels[0]) for k in range(n)) if labels else ()
        code.append(f"other_t = {_target(target, dtype, library) if labels else 't'}")
    if witness.expression == "chord":
        code.append(f"a = {_vector('a', others[0], dtype, library)}")
        code.append(f"b = {_vector('b', others[1], dtype, library)}")
        code.append(f"s = {library}.linalg.norm(z - a) / {library}.linalg.norm(b - a)")
    if witness.expression == "differences":
        code.append(
            f"h = {STEP}; steps = h * {library}.eye({n}{_dtype(dtype, library)})"
        )
    comment = wrap(f"# {witness.shows}", COLUMNS, subsequent_indent="# ")
    return [*code, expression(witness, library), *comment]


def expression(witness: Witness, library: Library) -> str:
    """Return the expression that shows a witness; that of the loss where there is no other."""
    expressions = EXPRESSIONS[library]
    loss = expressions["loss"].replace("(z, t)", "{}")
    at = loss.format
    pairs = {
        "losses": f"{at('(z, t)')}, {at('(other, other_t)')}",
        "chord": f"{at('(z, t)')}, (1 - s) * {at('(a, t)')} + s * {at('(b, t)')}",
        "differences": (
            f"{expressions['gradient']}, "
            f"[float({at('(z + d, t)')} - {at('(z - d, t)')}) / (2 * h) for d in steps]"
        ),
    }
    known = {**expressions, **pairs}
    return known.get(witness.expression, expressions["loss"])


def _target(target: tuple[float, ...], dtype: str, library: Library) -> str:
    label = label_of(target)
    if label is None:
        return _vector("t", target, dtype, library)
    return f"{library}.eye({len(target)}{_dtype(dtype, library)})[{label}]"


def _vector(name: str, values: tuple[float, ...], dtype: str, library: Library) -> str:
    """Return the vector as code: written out, or one common value and the exceptions."""
    kind, make = _dtype(dtype, library), VECTORS[library]
    found = sparse(values, FEW)
    if found is None:
        listed = ", ".join(_number(value) for value in values)
        return f"{library}.{make}([{listed}]{kind})"
    size = f"({len(values)},)"
    text = f"{library}.full({size}, {_number(found.common)}{kind})"
    changes = [f"{name}[{k}] = {_number(value)}" for k, value in found.exceptions]
    return "; ".join([text, *changes])


def _dtype(dtype: str, library: Library) -> str:
    if library == "np":
        return "" if dtype == "float64" else f", dtype=np.{dtype}"
    return f", dtype=torch.{dtype}"


def _number(value: float) -> str:
    text = repr(float(value))
    return f"float('{text}')" if text.strip("-") in ("inf", "nan") else text

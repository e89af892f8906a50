"""The precision inside the compiled program, and what compilation changes."""

import re
from weakref import WeakKeyDictionary

import jax
import numpy as np
from jax import Array

from ...base.program_keys import key_of, program_key
from ...base.step_by_step import step_by_step
from ...base.stored import remembered, stored_program
from ...base.x64 import enable_x64
from ...base.xla import jit_as_trained
from ...forms.reading import PERFECT
from ..answers import Answer, Severity, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, narrow, one_hot, row
from ..levels import level_at
from ..programs import Precision
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .overflow_causes import float_info
from .scattered_points import Points, roughness

HALF_PRECISIONS = {"bf16": "bfloat16", "f16": "float16"}
"""Names of the dtypes, by their names in a jaxpr."""
STEP = 1e-4
ROUGH = 1e-5
"""Second differences above this share of the loss show that it is computed in few digits."""
STEPPED_SHARE = 0.9
OFFSET = 40.0
"""Common offset that leaves logits ordinary; far beyond, rounding alone is as large as a loss."""
# Weak, so that what was found keeps no subject alive.
_AGREES = WeakKeyDictionary[Subject, bool]()


def find_reduced_precision(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> list[Answer]:
    """Whether float64 logits are rounded to half precision.

    Half precision in the program is no fault alone, and steps in the loss are none: a fault
    is both together.
    """
    kinds = _half_precisions(subject, config.num_classes)
    rough, constant = roughness(subject, points.z, points.labels, STEP)
    stepped = constant | (rough > ROUGH * (1 + np.abs(points.loss)))
    if not kinds or stepped.mean() < STEPPED_SHARE:
        return []
    text = (
        f"The program computes in {' and '.join(kinds)} although the logits are float64: "
        "the loss moves in steps, or not at all."
    )
    shows = "a loss of three digits"
    if constant.any():
        shows = "the same loss when a logit changes by 1e-4"
    answer = Answer(
        question=CONSISTENCY,
        verdict="computed in reduced precision inside",
        severity=_level_of_steps(config.dtype),
        text=text,
        method=(
            "the traced program, and eight steps of 1e-4 from scattered points in float64"
        ),
        number=float(stepped.mean()),
        witness=points.loss_witness(int(np.argmax(constant)), shows),
    )
    return [answer]


def _level_of_steps(dtype: Precision) -> Severity:
    """A training in half precision has those digits anyway."""
    return "note" if dtype in HALF_PRECISIONS.values() else "fault"


def _half_precisions(subject: Subject, n: int) -> list[str]:
    def found() -> str:
        shape = jax.ShapeDtypeStruct((n,), np.float64)
        program = str(jax.make_jaxpr(subject.function)(shape, shape))
        kinds = set(re.findall(r"\b(b?f16)\[", program))
        return " ".join(HALF_PRECISIONS[kind] for kind in sorted(kinds))

    return remembered(key_of(subject.function, "half precisions", n), found).split()


def compare_jit_with_eager(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> Answer:
    """The compiled loss compared with the loss operation by operation.

    The second point has a common offset, at which only finiteness is compared.
    """
    method = f"value of two points, {config.dtype}"
    offset = subject.domain.step(OFFSET)
    z = points.z[:2] + np.array([[0.0], [offset]])
    compiled, eager = _both_losses(subject, config, z, points.labels[:2])
    differs = np.isfinite(compiled) != np.isfinite(eager)
    size = _size_of_terms(points, 0, _largest_filler(subject))
    error = float(abs(compiled[0] - eager[0]) / size)
    # Written with `not`, so that a NaN differs.
    differs[0] |= not error <= 64 * float_info(config.dtype, "eps")
    _AGREES[subject] = not differs.any()
    if _AGREES[subject]:
        return Answer(
            question=CONSISTENCY,
            verdict="jit agrees with eager",
            severity="fine",
            text=f"Alike, to {error:.0e} of their size.",
            method=method,
            number=error,
        )
    point = int(differs.argmax())
    shows = f"loss {compiled[point]:.6g} under jit, {eager[point]:.6g} without"
    witness = Witness(
        logits=row(z[point]),
        target=one_hot(int(points.labels[point]), config.num_classes),
        shows=shows,
        expression="jit",
        dtype=config.dtype,
    )
    return Answer(
        question=CONSISTENCY,
        verdict="jit differs from eager",
        severity=level_at("fault", z[point], config.domain),
        text=f"{shows}.",
        method=method,
        witness=witness,
    )


def agrees_with_eager(subject: Subject) -> bool:
    """Whether the loss was found to be the same under jit as without; False if nobody asked."""
    return _AGREES.get(subject, False)


def _size_of_terms(points: Points, point: int, filler: float) -> float:
    """The size of what the loss is summed of, of whose rounding it inherits the errors.

    A relative error in every logit changes the loss by up to `sum_k |z_k dL/dz_k|` of it: a
    loss of 30 z has errors that are 30 times as large as that of z. What fills the other rows
    of a matrix is multiplied by the same numbers as the logits are.
    """
    gradient = points.gradient
    moved = np.abs(points.z[point] * gradient[point]).sum()
    return float(1 + abs(points.loss[point]) + moved + filler * np.abs(gradient).max())


def _largest_filler(subject: Subject) -> float:
    """The largest number beside the logits that the function is given."""
    recognised = subject.recognised
    of_matrix = recognised is not None and recognised.form == "similarities"
    return PERFECT if of_matrix else 0.0


def _both_losses(
    subject: Subject, config: DiagnosisConfig, z: Rows, labels: Rows
) -> tuple[Rows, Rows]:
    """The losses with and without jit, [m] each."""
    targets = np.eye(config.num_classes)[labels]
    with enable_x64(config.dtype == "float64"):
        narrow_z = narrow(z, config.dtype)
        narrow_t = narrow(targets, config.dtype)
        run = jax.vmap(subject.function)
        about = ("losses", z.shape, config.dtype)
        key = program_key(
            subject.function, about, subject.function, narrow_z[0], narrow_t[0]
        )
        program = stored_program(
            key, run, narrow_z, narrow_t, jit=jit_as_trained
        ).program
        compiled = program(narrow_z, narrow_t)
        # Those of a function that is not the package's own may be others than its trace tells.
        key = key_of(subject.function, "eager losses", narrow_z.tobytes(), *about)
        text = remembered(key, lambda: _eager(subject, narrow_z, narrow_t))
    return np.asarray(compiled, np.float64), np.array(text.split(), np.float64)


def _eager(subject: Subject, z: Rows, t: Rows) -> str:
    """The losses operation by operation, as numbers in a text."""
    losses = [
        float(_without_jit(subject, one_z, one_t))
        for one_z, one_t in zip(z, t, strict=True)
    ]
    return " ".join(map(repr, losses))


def _without_jit(subject: Subject, z: Rows, t: Rows) -> Array:
    if key_of(subject.function) is None:
        return subject.function(*jax.device_put((z, t)))
    # The package's own functions do the same whether they are traced or not.
    value: Array = step_by_step(subject.function, z, t)
    return value

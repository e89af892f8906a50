"""Classes that are masked with -inf, and 50,000 classes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np

from ...base.program_keys import program_key
from ...base.stored import stored_program
from ...base.xla import jit_as_trained, jit_fast_compile
from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, narrow, one_hot, rounded, row
from ..programs import Precision
from ..simplify import FEW_CLASSES
from ..subject import Subject, value_and_grad
from ..vocabulary import CONSISTENCY
from .overflow_causes import float_info

MANY = 50_000
MOST_BYTES = 2e9
MOST_FLOPS = 2e10


def compare_masked_classes(subject: Subject, config: DiagnosisConfig) -> Answer:
    """The loss with classes at -inf compared with the loss without them."""
    n = config.num_classes
    # Three classes if possible: programs for three are compiled for other questions too.
    unmasked = FEW_CLASSES if n > FEW_CLASSES else n - 1
    method = f"z = (1, 2, 3, -inf, ...), float64, against {unmasked} classes"
    if n < 3:
        why = "masked logits: needs at least 3 classes."
        return undecided(CONSISTENCY, why, method)
    z = np.where(np.arange(n) < unmasked, np.arange(1.0, n + 1), -np.inf)
    masked = evaluate(subject, z, 0)
    loss = masked.loss[0]
    shows = _first_values(masked)
    witness = Witness(row(z), one_hot(0, n), shows)
    make = partial(Answer, question=CONSISTENCY, method=method)
    if np.isnan(loss) or np.isnan(masked.gradient).any():
        return make(
            verdict="NaN with masked logits",
            severity="note",
            text=f"A class masked with -inf gives {shows}.",
            witness=witness,
        )
    if np.isinf(loss):
        return make(
            verdict="infinite with masked logits",
            severity="note",
            text=f"A class masked with -inf: {shows}.",
            witness=witness,
        )
    try:
        without = evaluate(subject, z[:unmasked], 0)
    except Exception:
        why = (
            "masked logits: finite, but the function takes no other number of classes."
        )
        return undecided(CONSISTENCY, why, method)
    error = _largest_change(masked, without)
    if error <= 1e-6 * (1 + abs(float(loss))):
        return make(
            verdict="mask respected",
            severity="fine",
            text="A class at -inf counts as absent.",
            number=error,
        )
    text = (
        f"A class masked with -inf still counts: {shows}; "
        f"without the class the loss is {without.loss[0]:.4g}."
    )
    return make(
        verdict="mask not respected",
        severity="note",
        text=text,
        number=error,
        witness=witness,
    )


def _first_values(values: Values) -> str:
    components = ", ".join(f"{slope:.3g}" for slope in values.gradient[0, :3])
    return f"loss = {values.loss[0]:.4g}, gradient = ({components}, ...)"


def _largest_change(masked: Values, without: Values) -> float:
    """The largest change of the loss and the gradient; without the classes, theirs is 0."""
    unmasked = without.gradient.shape[1]
    gradient = masked.gradient[0]
    loss_change = without.loss - masked.loss[0]
    gradient_change = without.gradient[0] - gradient[:unmasked]
    changes = np.r_[loss_change, gradient_change, gradient[unmasked:]]
    return float(np.abs(changes).max())


def compare_many_classes(subject: Subject, config: DiagnosisConfig) -> Answer:
    """Two examples of 50,000 classes in the configured precision compared with float64."""
    method = (
        f"two examples of {MANY:,} logits, one wrong by 20 and one scattered, positive, "
        f"{config.dtype} against float64"
    )
    try:
        in_training, true = _both_at_many(subject, config)
    except Exception as reason:
        why = (
            f"{MANY:,} classes: does not run ({type(reason).__name__}: "
            "a fixed number of classes?)."
        )
        return undecided(CONSISTENCY, why, method)
    if in_training is None or true is None:
        return Answer(
            question=CONSISTENCY,
            verdict="too large at 50,000 classes",
            severity="note",
            text="Would take more than 2 GB or 20 GFLOP.",
            method=method,
        )
    if not np.isfinite(true).all():
        why = f"{MANY:,} classes: not finite in float64 either."
        return undecided(CONSISTENCY, why, method)
    return _judge_many(config, in_training, true, method)


def _judge_many(
    config: DiagnosisConfig, in_training: Rows, true: Rows, method: str
) -> Answer:
    error = _relative_error(in_training, true)
    fine = error <= max(1e-3, 32 * float_info(config.dtype, "eps"))
    verdict = "fine at 50,000 classes"
    if not fine:
        finite = np.isfinite(in_training).all()
        fault = "inaccurate" if finite else "not finite"
        verdict = f"{fault} at 50,000 classes"
    # Ten logits stand for all: nobody pastes 50,000.
    logits = (21.0, *[1.0] * 9)
    witness = Witness(logits, one_hot(1, 10), f"with {MANY:,} classes")
    return Answer(
        question=CONSISTENCY,
        verdict=verdict,
        severity="fine" if fine else "note",
        text=f"Relative error {error:.1e} in {config.dtype} at {MANY:,} classes.",
        method=method,
        number=error,
        witness=None if fine else witness,
    )


def _both_at_many(
    subject: Subject, config: DiagnosisConfig
) -> tuple[Rows | None, Rows | None]:
    """Losses and gradients in the configured precision and in float64."""
    wrong = np.ones(MANY)
    scattered = config.random().uniform(0.5, 5, MANY)
    z = np.stack([wrong, scattered])
    z[0, 1] = 21.0
    z = subject.domain.fit(z)
    # Rounded once for both, so that the error is that of the
    # computation and not of the logits.
    z = rounded(z, config.dtype)
    in_training = _at_many(subject, z, config.dtype, jit_as_trained)
    if config.dtype == "float64":
        return in_training, in_training
    return in_training, _at_many(subject, z, "float64", jit_fast_compile)


def _at_many(
    subject: Subject, z: Rows, dtype: Precision, jit: Callable[..., Any]
) -> Rows | None:
    """Losses and gradients, [2, 1 + n]; None if the compiled program would take too much."""
    logits = narrow(z, dtype)
    target = narrow(np.eye(1, MANY)[0], dtype)
    function = value_and_grad(subject.function)
    batched = jax.vmap(function, (0, None))
    about = ("many classes", jit.__name__, z.shape, dtype)
    key = program_key(subject.function, about, function, logits[0], target)
    program = stored_program(key, batched, logits, target, jit=jit).program
    # Asked before it runs: a function with a matrix of n x n
    # inside takes 10 GB in float32.
    if _takes_too_much(program):
        return None
    loss, gradient = program(logits, target)
    rows: Rows = np.c_[np.asarray(loss, np.float64), np.asarray(gradient, np.float64)]
    return rows


def _takes_too_much(program: Any) -> bool:
    memory = getattr(program.memory_analysis(), "temp_size_in_bytes", 0)
    counted = program.cost_analysis() or {}
    return bool(memory > MOST_BYTES or counted.get("flops", 0) > MOST_FLOPS)


def _relative_error(in_training: Rows, true: Rows) -> float:
    """The largest error of losses and of gradients, each relative to its largest component."""
    error = np.abs(in_training - true)
    size = np.abs(true)
    errors = np.c_[error[:, 0], error[:, 1:].max(axis=1)]
    sizes = np.c_[size[:, 0], size[:, 1:].max(axis=1)]
    return float((errors / np.maximum(sizes, 1e-300)).max())

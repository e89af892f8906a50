"""Simplification of what people read: few classes, logits with few digits, short numbers."""

from collections.abc import Callable, Sequence

import jax
import numpy as np

from ..base.memory import kept
from ..base.program_keys import key_of
from ..base.stored import remembered
from .config import DiagnosisConfig
from .evaluation import Rows
from .subject import Subject

FEW_CLASSES = 3
DIGITS = (0, 1, 2, 3, 6)


def few_classes(subject: Subject, config: DiagnosisConfig) -> int:
    """Three classes, where a search is cheap and witnesses are short.

    A function that runs with no other number of classes gets the configured number.
    """
    key = key_of(subject.function, "runs with few classes")
    runs = remembered(key, lambda: str(_runs_with_few_classes(subject)))
    return FEW_CLASSES if runs == "True" else config.num_classes


# Cached, as four questions ask.
@kept(maxsize=4)
def _runs_with_few_classes(subject: Subject) -> bool:
    try:
        return _has_the_shapes_of_few_classes(subject)
    except Exception:
        return False


def _has_the_shapes_of_few_classes(subject: Subject) -> bool:
    dtype = jax.dtypes.canonicalize_dtype(np.float64)
    z = jax.ShapeDtypeStruct((FEW_CLASSES,), dtype)
    if subject.normalizer is not None:
        predicted = jax.eval_shape(subject.normalizer, z)
        if predicted.p.shape != (FEW_CLASSES,):
            return False
    loss = jax.eval_shape(subject.function, z, z)
    return bool(loss.shape == ())


def in_few_digits(z: Rows, still_shows: Callable[[Rows], Rows]) -> Rows:
    """Round logits to as few digits as possible.

    Args:
        z: Logits, [n].
        still_shows: Function that tells for logits [m, n] which rows still show the
            property in question, [m].

    Returns:
        The logits with the fewest digits that still show it, [n].
    """
    # The sum with 0 turns -0 into 0.
    shorter = [np.round(z, digits) + 0.0 for digits in DIGITS]
    candidates = np.array([*shorter, z])
    accepted = still_shows(candidates)
    # The logits themselves are accepted even if rounding makes them fail in a batch.
    accepted = np.append(accepted[:-1], True)
    simplest: Rows = candidates[np.argmax(accepted)]
    return simplest


def format_vector(values: Rows | Sequence[float], digits: int = 4) -> str:
    """Numbers in parentheses, as in "(0.6, 0.3, 0.1)"."""
    numbers = np.asarray(values, np.float64) + 0.0
    texts = [f"{number:.{digits}g}" for number in numbers]
    return "(" + ", ".join(texts) + ")"


def format_first(values: Rows) -> str:
    """The first four numbers of a vector, as in "(0.6, 0.3, 0.1, 0, ...)"."""
    numbers = np.asarray(values)[:4] + 0.0
    shown = ", ".join(f"{number:.3g}" for number in numbers)
    return f"({shown}, ...)" if len(values) > 4 else f"({shown})"


def format_number(value: float) -> str:
    """One number in three digits, as in "1.41", "2" or "3.2e-09"."""
    return f"{value:.3g}"

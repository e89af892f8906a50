"""Short texts that tell apart trainings whose results may differ.

A checkpoint stores them, so that no other training goes on from it.
"""

import hashlib
from collections.abc import Iterable
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.memory import kept
from ..base.xla import jit_fast_compile
from ..objectives.batched import per_example
from ..objectives.objective import Objective

FINGERPRINT_LOGITS = np.linspace(-3, 3, 12).reshape(4, 3)
FINGERPRINT_LABELS = np.arange(4) % 3


@kept(maxsize=64)
def fingerprint(objective: Objective) -> list[str]:
    """Losses at four fixed points, by which functions of the same name are told apart."""
    logits = jnp.asarray(FINGERPRINT_LOGITS, jnp.float32)
    labels = jnp.asarray(FINGERPRINT_LABELS, jnp.int32)
    losses = jit_fast_compile(per_example(objective))(logits, labels)
    return [f"{loss:.4g}" for loss in np.asarray(losses)]


def digest(arrays: Iterable[Array]) -> str:
    """The first 16 digits of a hash of the arrays' contents."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()[:16]


def name_of(source: Any) -> str:
    """Name of an optimizer; that of a `functools.partial` has the bound arguments."""
    if isinstance(source, str):
        return source
    if isinstance(source, partial):
        arguments = [repr(value) for value in source.args]
        # Sorted, as the order in which keywords are given changes nothing.
        for keyword, value in sorted(source.keywords.items()):
            arguments.append(f"{keyword}={value!r}")
        function_name = name_of(source.func)
        return f"{function_name}({', '.join(arguments)})"
    class_name = type(source).__name__
    return str(getattr(source, "__qualname__", class_name))

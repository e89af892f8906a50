"""How far the steps of a traced loss are from their singular values.

A division is singular where its divisor is 0, a root and a logarithm where their argument is
0, a comparison where both sides are equal. There, a gradient can be NaN although the loss is
as smooth as elsewhere, and random logits never meet such a place. All steps of the traced
program count, also those in branches of a `where` that are not selected.
"""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import ClosedJaxpr

from ...base.jaxpr import interpret
from ...base.program_keys import key_of, program_key
from ...base.stored import remembered, stored_program
from ...base.xla import jit_fast_compile
from ..evaluation import CHUNK, Rows
from ..subject import Subject

Gaps: TypeAlias = Callable[..., list[Array]]
MOST = 256
"""Largest number of distances that are followed, the first ones of the program."""


def _of_first(x: Array, *others: Array) -> list[Array]:
    return [x]


def _of_second(x: Array, y: Array) -> list[Array]:
    return [y]


def _of_difference(x: Array, y: Array) -> list[Array]:
    return [x - y]


def _from_one(x: Array) -> list[Array]:
    return [x - 1, x + 1]


def _of_clamp(low: Array, x: Array, high: Array) -> list[Array]:
    return [x - low, x - high]


GAPS: Mapping[str, Gaps] = {
    **dict.fromkeys(("div", "rem"), _of_second),
    **dict.fromkeys(("log", "sqrt", "rsqrt", "cbrt", "pow", "integer_pow"), _of_first),
    **dict.fromkeys(("abs", "sign", "lgamma", "digamma"), _of_first),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), _of_difference),
    **dict.fromkeys(("max", "min"), _of_difference),
    **dict.fromkeys(("acos", "asin", "atanh", "acosh", "erf_inv"), _from_one),
    "log1p": lambda x: [x + 1],
    "clamp": _of_clamp,
}
"""Primitives that have singular values, and the distances of their inputs from those."""


class SingularValues:
    """The distances of all steps of a subject from their singular values.

    Attributes:
        count: Number of the distances.
    """

    def __init__(self, subject: Subject, n: int) -> None:
        """Count the distances for n classes."""
        self._subject = subject
        self._point = jax.ShapeDtypeStruct((n,), np.float64)
        key = key_of(subject.function, "number of singular values", n)
        self.count = int(remembered(key, self._counted))
        self._program: Callable[[Any, Any], Any] | None = None

    @cached_property
    def _function(self) -> Callable[[Any, Any], Any]:
        """All distances at one point; the subject is traced only where they are not stored."""
        traced = jax.make_jaxpr(self._subject.function)(self._point, self._point)
        return partial(_gaps, traced)

    def _counted(self) -> str:
        return str(jax.eval_shape(self._function, self._point, self._point).shape[0])

    def __call__(self, z: Rows, labels: Rows) -> Rows:
        """The distances at logits [m, n] with labels [m], [m, count]."""
        m, n = z.shape
        domain = self._subject.domain
        inside = domain.contains(z)[:, None]
        z = np.where(inside, z, domain.centre)
        padded = -(-m // CHUNK) * CHUNK
        z = np.resize(z, (padded, n))
        targets = np.eye(n)[np.resize(labels, padded)]
        chunks = [slice(start, start + CHUNK) for start in range(0, padded, CHUNK)]
        run = self._compiled(n)
        parts = [np.asarray(run(z[chunk], targets[chunk])) for chunk in chunks]
        return np.where(inside, np.concatenate(parts)[:m], np.nan)

    def _compiled(self, n: int) -> Callable[[Any, Any], Any]:
        if self._program is None:
            points = jax.ShapeDtypeStruct((CHUNK, n), np.float64)
            about = ("singular values", n)
            key = program_key(
                self._subject.function, about, self._function, self._point, self._point
            )

            def run(z: Array, t: Array) -> Array:
                distances: Array = jax.vmap(self._function)(z, t)
                return distances

            self._program = stored_program(
                key, run, points, points, jit=jit_fast_compile
            ).program
        return self._program


def _gaps(traced: ClosedJaxpr, z: Array, t: Array) -> Array:
    """All distances side by side, [count]."""
    found = list[Array]()

    def apply(equation: Any, inputs: list[Any]) -> list[Any]:
        name = equation.primitive.name
        # A whole number, such as a position, is equal to others by right.
        if name in GAPS and all(jnp.issubdtype(x.dtype, jnp.floating) for x in inputs):
            found.extend(map(jnp.ravel, GAPS[name](*inputs)))
        outputs = equation.primitive.bind(*inputs, **equation.params)
        return list(outputs) if equation.primitive.multiple_results else [outputs]

    def constant(value: Any, dtype: Any) -> Array:
        return jnp.asarray(value, dtype)

    interpret(traced, [z, t], constant, apply)
    wide = [x.astype(z.dtype) for x in found]
    return jnp.concatenate([*wide, jnp.zeros(0, z.dtype)])[:MOST]

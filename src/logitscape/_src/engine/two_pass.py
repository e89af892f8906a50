"""A function of one example in two steps: what joins its classes, and what is then left to do class by class.

Where a batch goes through block by block, XLA writes the results into one array in place, and on CPUs by one thread. The
numbers that join the classes (a maximum, a sum) are few: these are computed block by block, and what is as large as the
logits in a single pass over the whole batch, shared among threads. The operations are the same, so the results are too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import ClosedJaxpr

from .jaxpr import ELEMENTWISE, walk

CLASSWISE = ELEMENTWISE | {"broadcast_in_dim", "iota"}

Place: TypeAlias = tuple[int, int]
"""Which operation of the program, and which of its results."""
Origin: TypeAlias = frozenset[Place] | None
"""The joining results that a value is made of class by class, beside the arguments; None if it is made of constants."""


@dataclass(frozen=True)
class TwoSteps:
    """A function of one example whose last result is as large as its first argument.

    Attributes:
        program: the function, traced.
        joined: where in it numbers arise that join the classes and that the last result is made of.
    """

    program: ClosedJaxpr
    joined: Sequence[Place]

    def first(self, *arguments: Array) -> tuple[list[Array], list[Array]]:
        """All results but the last, and what the second step needs."""
        found = dict[Place, Array]()

        results = self._run(found.setdefault, arguments)
        return results[:-1], [found[place] for place in self.joined]

    def second(self, joined: Sequence[Array], *arguments: Array) -> Array:
        """The last result."""
        known = dict(zip(self.joined, joined, strict=True))
        return self._run(known.get, arguments)[-1]

    def _run(
        self, replace: Callable[[Place, Any], Any], arguments: Sequence[Array]
    ) -> list[Array]:
        order = count()

        def apply(equation: Any, inputs: list[Any]) -> list[Any]:
            results = equation.primitive.bind(*inputs, **equation.params)
            results = results if equation.primitive.multiple_results else [results]
            number = next(order)
            return [
                replace((number, index), result) for index, result in enumerate(results)
            ]

        return walk(self.program, arguments, jnp.asarray, apply)


def in_two_steps(
    function: Callable[..., Any], *shapes: jax.ShapeDtypeStruct
) -> TwoSteps | None:
    """The function's two steps, for arguments of these shapes; None if more than single numbers join the classes."""
    program = jax.make_jaxpr(function)(*shapes)
    order, sizes = count(), dict[Place, int]()

    def apply(equation: Any, inputs: list[Origin]) -> list[Origin]:
        number = next(order)
        places = [(number, index) for index in range(len(equation.outvars))]
        sizes.update(
            (place, var.aval.size)
            for place, var in zip(places, equation.outvars, strict=True)
        )
        known = [origin for origin in inputs if origin is not None]
        if not known:
            return [None] * len(places)
        if equation.primitive.name in CLASSWISE and equation.outvars[0].aval.ndim:
            return [frozenset[Place]().union(*known)]
        return [frozenset([place]) for place in places]

    arguments: list[Origin] = [frozenset() for _ in shapes]
    joined = sorted(walk(program, arguments, lambda *_: None, apply)[-1] or ())
    return (
        TwoSteps(program, joined)
        if all(sizes[place] == 1 for place in joined)
        else None
    )

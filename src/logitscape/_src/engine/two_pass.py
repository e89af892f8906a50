"""A function of one example in two passes over a batch: summaries first, the rest second.

On CPUs, large batches are processed block by block (see blocks.py), and XLA writes the
results of all blocks into one array in place, on a single thread. For gradients, which
are as large as the logits, that costs more than the blocks gain.

But classes are combined only in a few numbers for each example, such as a maximum or a
sum: the summaries. So the first pass computes the loss and the summaries, block by block.
The second pass computes the gradient from the summaries and the logits, class by class
and for the whole batch at once, which XLA shares among threads. Both passes run the
operations of the same traced program, so the results are those of the function itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import ClosedJaxpr

from .jaxpr import ELEMENTWISE, Function, interpret

CLASSWISE = ELEMENTWISE | {"broadcast_in_dim", "iota"}
"""Primitives whose results for a class depend on no other class."""

Place: TypeAlias = tuple[int, int]
"""Number of an equation in the order of execution, and the index of one of its outputs."""

Summaries: TypeAlias = frozenset[Place] | None
"""Places of the summaries that a value depends on; None for a constant.

Beside its summaries, a value may depend on the arguments class by class.
"""


@dataclass(frozen=True)
class TwoPass:
    """A function of one example whose last result is as large as its first argument.

    Attributes:
        program: Traced function.
        summaries: Places in the program of the numbers that combine several classes and
            that the last result depends on.
    """

    program: ClosedJaxpr
    summaries: Sequence[Place]

    def first(self, *arguments: Array) -> tuple[list[Array], list[Array]]:
        """All results but the last, and the summaries."""
        outputs = dict[Place, Array]()
        results = self._run(outputs.setdefault, arguments)
        summaries = [outputs[place] for place in self.summaries]
        return results[:-1], summaries

    def second(self, summaries: Sequence[Array], *arguments: Array) -> Array:
        """The last result, from the summaries that the first pass gave."""
        known = dict(zip(self.summaries, summaries, strict=True))
        # The operations that lead to a summary are traced once more. Nothing uses their
        # results, so XLA drops them.
        return self._run(known.get, arguments)[-1]

    def _run(self, replace: Function, arguments: Sequence[Array]) -> list[Array]:
        """Run the program, with every output replaced by `replace(place, output)`."""
        equation_numbers = count()

        def apply(equation: Any, inputs: list[Any]) -> list[Any]:
            outputs = equation.primitive.bind(*inputs, **equation.params)
            if not equation.primitive.multiple_results:
                outputs = [outputs]
            places = _places(next(equation_numbers), outputs)
            return list(map(replace, places, outputs))

        return interpret(self.program, arguments, jnp.asarray, apply)


def two_pass(function: Function, *shapes: jax.ShapeDtypeStruct) -> TwoPass | None:
    """Split a function of one example into two passes.

    Args:
        function: Function whose last result is as large as its first argument.
        *shapes: Shapes and dtypes of its arguments.

    Returns:
        The two passes; None if the last result combines classes in more than single
        numbers, as a sort does.
    """
    program = jax.make_jaxpr(function)(*shapes)
    summaries, sizes = _summaries_of_last_result(program, len(shapes))
    if any(sizes[place] != 1 for place in summaries):
        return None
    return TwoPass(program, summaries)


def _summaries_of_last_result(
    program: ClosedJaxpr, num_arguments: int
) -> tuple[list[Place], dict[Place, int]]:
    """Places of the summaries of the last result, and the sizes of all outputs.

    The program is run on sets of places in place of arrays.
    """
    equation_numbers = count()
    sizes = dict[Place, int]()

    def apply(equation: Any, inputs: list[Summaries]) -> list[Summaries]:
        places = _places(next(equation_numbers), equation.outvars)
        for place, variable in zip(places, equation.outvars, strict=True):
            sizes[place] = variable.aval.size
        variable_inputs = [summaries for summaries in inputs if summaries is not None]
        if not variable_inputs:
            return [None] * len(places)
        has_classes = equation.outvars[0].aval.ndim > 0
        if equation.primitive.name in CLASSWISE and has_classes:
            return [frozenset[Place]().union(*variable_inputs)]
        # The output combines classes, or is itself computed from summaries only.
        return [frozenset([place]) for place in places]

    arguments: list[Summaries] = [frozenset() for _ in range(num_arguments)]
    results = interpret(program, arguments, _constant, apply)
    summaries = results[-1] or frozenset()
    return sorted(summaries), sizes


def _constant(value: Any, dtype: Any) -> None:
    """A constant depends on no summary and on no argument."""


def _places(equation_number: int, outputs: Sequence[Any]) -> list[Place]:
    return [(equation_number, index) for index in range(len(outputs))]

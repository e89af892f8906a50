"""One branch of a program for a whole batch.

Under `jax.vmap` an ordinary branch becomes a choice, for which both ways are computed.
"""

from collections.abc import Callable
from typing import Any

import jax
from jax import Array


def one_branch(
    test: Callable[..., Array], first: Callable[..., Any], second: Callable[..., Any]
) -> Callable[..., Any]:
    """One of two functions of arrays, whether mapped or not.

    Derivatives in reverse mode are not defined: it belongs into functions that have rules of
    their own.

    Args:
        test: Function of the arrays of all examples to one truth value.
        first: Function of one example, which is called if the test holds.
        second: Function of one example, which is called for all of them if it does not.
    """

    @jax.custom_batching.custom_vmap
    def run(*args: Any) -> Any:
        return jax.lax.cond(test(*args), first, second, *args)

    @run.def_vmap
    def _(axis_size: int, in_batched: Any, *args: Any) -> tuple[Any, Any]:
        axes = jax.tree.map(lambda is_batched: 0 if is_batched else None, in_batched)
        mapped = [
            jax.vmap(function, in_axes=tuple(axes), axis_size=axis_size)
            for function in (first, second)
        ]
        results = one_branch(test, *mapped)(*args)
        return results, jax.tree.map(lambda _: True, results)

    def chosen(*args: Any) -> Any:
        if any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(args)):
            return run(*args)
        # Outside of programs one way is computed, operation by operation. As these functions are
        # new ones in every call, JAX would compile its branch again each time, and keep it.
        return (first if test(*args) else second)(*args)

    return chosen

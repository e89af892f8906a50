"""JAX's transformations: `vmap`, and `scan` over a rematerialised loss."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .batch import Batch
from .expected import Miss
from .fault import Fault
from .fused import CallFailed, Outcome, as_float64, attempt, on_device, outcome
from .scope import Scope

BY_ROW = ("features", "logits")
"""Arguments that a batch has of its own; weights and bias are shared."""


def faults(scope: Scope) -> Iterator[Fault]:
    """The faults that show only inside transformed code."""
    batches = (scope.batch(), scope.batch(seed=1))
    for name, misses_of in TRANSFORMATIONS.items():
        try:
            missed = misses_of(scope, batches)
        except CallFailed as error:
            yield Fault(f"does not run under {name}", f"{error}", batches[0])
            continue
        if missed:
            text = f"{next(iter(missed.values()))}."
            yield Fault(f"differs under {name}", text, batches[0])


def _vmap(scope: Scope, batches: tuple[Batch, Batch]) -> dict[str, Miss]:
    arrays, labels = _stacked(batches)
    axes = {name: 0 if name in BY_ROW else None for name in arrays}
    program = jax.vmap(scope.fused.losses_and_gradient, in_axes=(axes, 0))
    losses, gradient = attempt(program, arrays, labels)
    missed = dict[str, Miss]()
    for i, batch in enumerate(_sharing(batches)):
        one = {name: each[i] for name, each in gradient.items()}
        missed |= scope.misses(outcome(losses[i], one), scope.expected(batch))
    return missed


def _scan(scope: Scope, batches: tuple[Batch, Batch]) -> dict[str, Miss]:
    """The gradient, in each batch's features or logits, of a sum over a scan."""
    arrays, labels = _stacked(batches)
    shared = {name: each for name, each in arrays.items() if name not in BY_ROW}
    own = {name: each for name, each in arrays.items() if name in BY_ROW}

    def total(own: Any) -> tuple[Array, Array]:
        @jax.checkpoint
        def step(carry: Array, each: Any) -> tuple[Array, Array]:
            mine, mine_labels = each
            losses = scope.fused.losses({**mine, **shared}, mine_labels)
            return carry + losses.sum(), losses

        return jax.lax.scan(step, _zero(scope, arrays, labels), (own, labels))

    (_, losses), gradient = attempt(_value_and_grad(total), own)
    missed = dict[str, Miss]()
    for i, batch in enumerate(_sharing(batches)):
        # What is shared is compared under the other transformations.
        want = scope.expected(batch)
        right = want.gradient(1.0, scope.fused.reduction)
        one = {name: each.value for name, each in right.items()}
        one |= {name: as_float64(each[i]) for name, each in gradient.items()}
        missed |= scope.misses(Outcome(as_float64(losses[i]), one), want)
    return missed


def _zero(scope: Scope, arrays: Any, labels: Array) -> Array:
    """A zero of the losses' dtype."""
    first = {name: x[0] if name in BY_ROW else x for name, x in arrays.items()}
    losses = jax.eval_shape(scope.fused.losses, first, labels[0])
    return jnp.zeros((), losses.dtype)


def _value_and_grad(function: Callable[..., Any]) -> Callable[..., Any]:
    return jax.jit(jax.value_and_grad(function, has_aux=True))


def _stacked(batches: tuple[Batch, Batch]) -> tuple[dict[str, Array], Array]:
    (arrays, labels), (other, other_labels) = (on_device(batch) for batch in batches)
    stacked = {
        name: jnp.stack([each, other[name]]) if name in BY_ROW else each
        for name, each in arrays.items()
    }
    return stacked, jnp.stack([labels, other_labels])


def _sharing(batches: tuple[Batch, Batch]) -> Iterator[Batch]:
    """The batches, with the weights and bias of the first."""
    first = batches[0].arrays
    for batch in batches:
        own = {name: each for name, each in batch.arrays.items() if name in BY_ROW}
        yield Batch({**first, **own}, batch.labels, batch.dtype)


TRANSFORMATIONS = {"vmap": _vmap, "scan": _scan}
"""What is tried, by name."""

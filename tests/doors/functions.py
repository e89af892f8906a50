"""Functions as users write them, each with something that JAX or a loss does not take."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

KEPT: list[Any] = []
"""What functions keep from one call to the next."""


def cross_entropy(z: Any, t: Any) -> Any:
    """A loss without a fault."""
    return -jnp.sum(t * jax.nn.log_softmax(z))


def branches(z: Any, t: Any) -> Any:
    if z[0] > 0:
        return cross_entropy(z, t)
    return 2 * cross_entropy(z, t)


def picks(z: Any, t: Any) -> Any:
    return z[t > 0].sum()


def converts(z: Any, t: Any) -> Any:
    return cross_entropy(z, t) * float(z[0])


def calls_numpy(z: Any, t: Any) -> Any:
    return -np.sum(np.asarray(t) * np.log(np.exp(z) / np.exp(z).sum()))


def prints(z: Any, t: Any) -> Any:
    print("called with", z)
    return cross_entropy(z, t)


def counts(z: Any, t: Any) -> Any:
    KEPT.append(1)
    return cross_entropy(z, t)


def keeps(z: Any, t: Any) -> Any:
    before = KEPT[-1].sum() if KEPT else 0.0
    KEPT.append(jax.nn.log_softmax(z))
    return cross_entropy(z, t) + before


def raises(z: Any, t: Any) -> Any:
    raise RuntimeError("what the user says")


def exits(z: Any, t: Any) -> Any:
    raise SystemExit(3)


def is_interrupted(z: Any, t: Any) -> Any:
    raise KeyboardInterrupt


def returns_a_vector(z: Any, t: Any) -> Any:
    return -t * jax.nn.log_softmax(z)


def returns_an_integer(z: Any, t: Any) -> Any:
    return jnp.argmax(z)


def returns_text(z: Any, t: Any) -> Any:
    return "loss"


def returns_nothing(z: Any, t: Any) -> Any:
    cross_entropy(z, t)


def returns_complex(z: Any, t: Any) -> Any:
    return cross_entropy(z, t) * (1 + 0j)


def takes_a_batch(logits: Any, labels: Any) -> Any:
    return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels]


def takes_nothing() -> Any:
    return 0.0


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "branches by a value": branches,
    "picks by a mask": picks,
    "converts to float": converts,
    "calls NumPy": calls_numpy,
    "prints": prints,
    "counts its calls": counts,
    "keeps a traced array": keeps,
    "raises": raises,
    "ends the program": exits,
    "is interrupted": is_interrupted,
    "returns a vector": returns_a_vector,
    "returns an integer": returns_an_integer,
    "returns text": returns_text,
    "returns nothing": returns_nothing,
    "returns a complex number": returns_complex,
    "takes a batch": takes_a_batch,
    "takes nothing": takes_nothing,
}
"""Kinds of functions."""

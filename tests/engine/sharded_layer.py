"""Program of a test: a linear layer on four devices, compared with the same on one.

It prints, for each case, the largest difference of losses and gradients, relative to the largest.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

import logitscape as ls

ROWS, CLASSES, WIDTH = 36, 56, 8
PAIRS = (
    "softmax + cross_entropy",
    "taylor + brier",
    "softmax + label_smoothing",
    "softplus + spherical_score",
    "abs + tsallis_score",
    "softmax_one + focal",
)
CONFIG: dict[str, Any] = {"soft_cap": 5.0, "z_loss": 0.1, "tile": 8}

rng = np.random.default_rng(0)
X = jnp.asarray(rng.normal(size=(ROWS, WIDTH)), jnp.float32)
W = jnp.asarray(rng.normal(size=(CLASSES, WIDTH)), jnp.float32)
B = jnp.asarray(rng.normal(size=CLASSES), jnp.float32)
C = jnp.asarray(0.7, jnp.float32)
LABELS = jnp.asarray(rng.integers(0, CLASSES, ROWS))
COTANGENTS = jnp.asarray(rng.normal(size=ROWS), jnp.float32)
MESH = Mesh(np.array(jax.devices()).reshape(2, 2), ("data", "classes"))
SPECS = P("data"), P("classes"), P("classes"), P(), P("data")


def losses_of(
    spec: str, axis: str | None, x: Array, w: Array, b: Array, c: Array, labels: Array
) -> Array:
    loss = ls.linear_loss(spec, class_axis_name=axis, inverse_temperature=c, **CONFIG)
    return loss(x, w, labels, bias=b)


def gradient(losses: Callable[..., Array], cotangents: Array) -> Any:
    def total(*arrays: Array) -> Array:
        return (losses(*arrays, LABELS) * cotangents).sum()

    return jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2, 3)))(X, W, B, C)


def inside(spec: str, cotangents: Array) -> Any:
    """The gradient taken on the devices."""

    def run(*arrays: Array) -> Any:
        *layer, labels, mine = arrays

        def total(*layer: Array) -> Array:
            each = losses_of(spec, "classes", *layer, labels)
            return jax.lax.psum((each * mine).sum(), "data")

        return jax.value_and_grad(total, argnums=(0, 1, 2, 3))(*layer)

    mapped = jax.shard_map(
        run, mesh=MESH, in_specs=(*SPECS, P("data")), out_specs=(P(), SPECS[:4])
    )
    return jax.jit(mapped)(X, W, B, C, LABELS, cotangents)


def outside(spec: str, cotangents: Array) -> Any:
    """The gradient of the sharded function."""
    mapped = jax.shard_map(
        partial(losses_of, spec, "classes"),
        mesh=MESH,
        in_specs=SPECS,
        out_specs=P("data"),
    )
    return gradient(mapped, cotangents)


def rows_on_devices(spec: str, cotangents: Array) -> Any:
    """The gradient where the compiler distributes the rows."""
    mesh = Mesh(np.array(jax.devices()), ("data",))
    losses = partial(losses_of, spec, None)

    def total(*arrays: Array) -> Array:
        *layer, labels, mine = arrays
        return (losses(*layer, labels) * mine).sum()

    def put(array: Array, spec: Any) -> Array:
        return jax.device_put(array, NamedSharding(mesh, spec))

    arrays = put(X, P("data")), put(W, P()), put(B, P()), put(C, P())
    by_row = put(LABELS, P("data")), put(cotangents, P("data"))
    return jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2, 3)))(*arrays, *by_row)


def difference(got: Any, expected: Any) -> float:
    pairs = zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True)
    return max(float(abs(a - b).max() / abs(b).max()) for a, b in pairs)


def main() -> None:
    found = {}
    for spec in PAIRS:
        cases = {"equal": jnp.full(ROWS, 0.5, jnp.float32), "different": COTANGENTS}
        for name, cotangents in cases.items():
            expected = gradient(partial(losses_of, spec, None), cotangents)
            for way in (inside, outside, rows_on_devices):
                got = way(spec, cotangents)
                key = f"{spec}, {way.__name__}, {name} cotangents"
                found[key] = difference(got, expected)
    print(json.dumps(found))


main()

"""`ls.linear_loss` gives the losses and gradients of the dense form, which has all logits."""

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls
from tests.shares import share

PAIRS = (
    "softmax + cross_entropy",
    "softmax(inverse_temperature=2) + brier",
    "softmax_one + focal",
    "softplus + spherical_score",
    "taylor + tsallis_score",
    "spherical + label_smoothing",
    "sigmoid + mae",
    "sparsemax_loss",
    "crammer_singer",
    "z_loss(weight=0.1)",
)

ROWS, CLASSES, WIDTH = 13, 11, 3


class Layer:
    """Features, weights, bias, labels and cotangents that are all different."""

    def __init__(self, dtype: Any = jnp.float64, rows: int = ROWS) -> None:
        rng = np.random.default_rng(0)
        self.features = jnp.asarray(rng.normal(size=(rows, WIDTH)), dtype)
        self.weights = jnp.asarray(rng.normal(size=(CLASSES, WIDTH)), dtype)
        self.bias = jnp.asarray(rng.normal(size=CLASSES), dtype)
        self.labels = jnp.asarray(rng.integers(0, CLASSES, rows))
        self.cotangents = jnp.asarray(rng.normal(size=rows))

    @property
    def arrays(self) -> tuple[Array, Array, Array]:
        return self.features, self.weights, self.bias


def dense(objective: Any, x: Array, w: Array, b: Array, labels: Array) -> Array:
    return ls.per_example(objective)(x @ w.T + b[None], labels)


def fused(objective: Any, x: Array, w: Array, b: Array, y: Array, **config) -> Array:
    return ls.linear_loss(objective, **config)(x, w, y, bias=b)


def weighted(losses: Callable[..., Array], layer: Layer, cotangents: Any) -> Any:
    """Losses, and the gradient of their sum with these weights."""

    def total(*arrays: Array) -> tuple[Array, Array]:
        each = losses(*arrays, layer.labels)
        return (each * cotangents).sum(), each

    run = jax.jit(jax.value_and_grad(total, argnums=(0, 1, 2), has_aux=True))
    (_, each), gradient = run(*layer.arrays)
    return each, gradient


def assert_close(got: Any, expected: Any, rtol: float = 1e-11) -> None:
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        largest = float(jnp.abs(other).max())
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * largest)


@pytest.mark.parametrize("spec", share(PAIRS, one_in=2))
def test_losses_and_gradients_are_those_of_the_dense_form(spec: str) -> None:
    layer = Layer()
    for cotangents in (1 / ROWS, layer.cotangents):
        got = weighted(partial(fused, spec, tile=4), layer, cotangents)
        assert_close(got, weighted(partial(dense, spec), layer, cotangents))


@pytest.mark.parametrize(
    ("tile", "rows"),
    share(product([1, 4, 12, 13, 14, 1000, None], [1, 12, 13]), one_in=4),
)
def test_no_tile_changes_anything(tile: int | None, rows: int) -> None:
    layer = Layer(rows=rows)
    spec = "softmax + cross_entropy"
    got = weighted(partial(fused, spec, tile=tile), layer, layer.cotangents)
    assert_close(got, weighted(partial(dense, spec), layer, layer.cotangents))


def test_many_classes_are_those_of_the_dense_form() -> None:
    """Beyond one block of classes, with some left over."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 4)), rng.normal(size=(5000, 4))
    labels = np.array([0, 4999, 2047, 2048, 4096])
    got = jax.grad(
        lambda w: ls.linear_loss("softmax + brier", tile=2)(x, w, labels).sum()
    )(w)
    expected = jax.grad(
        lambda w: ls.per_example("softmax + brier")(x @ w.T, labels).sum()
    )(w)
    assert_close(got, expected)


def test_a_function_of_ones_own_with_traced_parameters_is_differentiated_in_them() -> (
    None
):
    layer = Layer()

    def total(form: Callable[..., Array], scale: Array, prior: Array) -> Array:
        def mine(z: Array, target: Array) -> Array:
            return (jax.nn.logsumexp(scale * z + prior) - scale * z @ target) ** 2

        return (form(mine, *layer.arrays, layer.labels) * layer.cotangents).sum()

    arguments = jnp.asarray(0.7), jnp.linspace(0.0, 1.0, CLASSES)
    got = jax.jit(jax.grad(partial(total, partial(fused, tile=4)), (0, 1)))(*arguments)
    assert_close(got, jax.grad(partial(total, dense), (0, 1))(*arguments))


def test_soft_cap_temperature_and_z_loss() -> None:
    layer = Layer()

    def plain(x: Array, w: Array, b: Array, labels: Array, c: Array) -> Array:
        z = c * 2 * jnp.tanh((x @ w.T + b[None]) / 2)
        losses = ls.per_example("softmax + cross_entropy")(z, labels)
        return losses + 0.1 * jax.nn.logsumexp(z, axis=1) ** 2

    def ours(x: Array, w: Array, b: Array, labels: Array, c: Array) -> Array:
        loss = ls.linear_loss(
            "softmax + cross_entropy",
            tile=4,
            soft_cap=2.0,
            inverse_temperature=c,
            z_loss=0.1,
        )
        return loss(x, w, labels, bias=b)

    def gradient(form: Callable[..., Array]) -> Any:
        def total(*arrays: Array) -> Array:
            *arrays_of_layer, c = arrays
            losses = form(*arrays_of_layer, layer.labels, c)
            return (losses * layer.cotangents).sum()

        return jax.value_and_grad(total, argnums=(0, 1, 2, 3))(
            *layer.arrays, jnp.asarray(0.7)
        )

    assert_close(gradient(ours), gradient(plain))


def test_the_soft_caps_slope_keeps_its_digits_near_the_bound() -> None:
    """`1 - tanh(20)^2` is 0 in float32, and the slope is not."""
    x, w = jnp.array([[1.0]], jnp.float32), jnp.array([[20.0], [0.0]], jnp.float32)
    loss = ls.linear_loss("softmax + cross_entropy", soft_cap=1.0)
    got = jax.grad(lambda w: loss(x, w, jnp.array([1])).sum())(w)[0, 0]
    expected = 1 / np.cosh(20.0) ** 2 / (1 + np.exp(-1.0))
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_masked_and_ignored_rows_have_neither_loss_nor_gradient() -> None:
    layer = Layer()
    labels = layer.labels.at[2].set(-100)
    mask = jnp.arange(ROWS) != 5
    features = layer.features.at[5].set(jnp.nan)
    kept = np.array([row for row in range(ROWS) if row not in (2, 5)])
    loss = ls.linear_loss("taylor + brier", tile=4, ignored_label=-100)

    def losses(x: Array, w: Array, b: Array, _: Array) -> Array:
        return loss(x, w, labels, bias=b, mask=mask)

    layer.features = features
    for cotangents in (jnp.asarray(0.5), layer.cotangents):
        values, gradient = weighted(losses, layer, cotangents)
        few = Layer()
        few.features, few.labels = few.features[kept], few.labels[kept]
        few_cotangents = jnp.broadcast_to(cotangents, ROWS)[kept]
        expected, right = weighted(
            partial(dense, "taylor + brier"), few, few_cotangents
        )
        assert_close((values[kept], gradient[0][kept]), (expected, right[0]))
        assert_close(gradient[1:], right[1:])
        assert values[jnp.array([2, 5])].tolist() == [0.0, 0.0]
        assert not gradient[0][jnp.array([2, 5])].any()


def test_all_rows_may_be_masked() -> None:
    layer = Layer()
    loss = ls.linear_loss("softmax + cross_entropy", tile=4)
    run = jax.value_and_grad(
        lambda w: loss(
            layer.features, w, layer.labels, mask=jnp.zeros(ROWS, bool)
        ).sum()
    )
    value, gradient = run(layer.weights)
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_half_precision_is_rounded_once(dtype: Any) -> None:
    layer, exact = Layer(dtype), Layer()
    exact.features, exact.weights, exact.bias = (
        array.astype(jnp.float64) for array in layer.arrays
    )
    cotangents = layer.cotangents.astype(jnp.float32)
    got = weighted(partial(fused, "softmax + brier", tile=4), layer, cotangents)
    assert got[0].dtype == jnp.float32
    assert {array.dtype for array in got[1]} == {jnp.dtype(dtype)}
    expected = weighted(partial(dense, "softmax + brier"), exact, layer.cotangents)
    assert_close(got[0].astype(jnp.float64), expected[0], rtol=1e-5)
    gradient = [array.astype(jnp.float64) for array in got[1]]
    assert_close(gradient, expected[1], rtol=2 * float(jnp.finfo(dtype).eps))


def test_remat_scan_and_vmap() -> None:
    layer = Layer()
    loss = ls.linear_loss("softmax + cross_entropy", tile=4)
    both = jnp.stack([layer.features, 2 * layer.features])

    def one(x: Array, w: Array) -> Array:
        return loss(x, w, layer.labels).mean()

    def scanned(w: Array) -> Array:
        step = jax.checkpoint(lambda total, x: (total + one(x, w), None))
        return jax.lax.scan(step, jnp.zeros(()), both)[0]

    def plain(w: Array) -> Array:
        return one(both[0], w) + one(both[1], w)

    def mapped(w: Array) -> Array:
        return jax.vmap(one, in_axes=(0, None))(both, w).sum()

    expected = jax.grad(plain)(layer.weights)
    assert_close(jax.jit(jax.grad(scanned))(layer.weights), expected)
    assert_close(jax.grad(mapped)(layer.weights), expected)


@pytest.mark.parametrize("spec", ["softmax + cross_entropy", "sparsemax_loss"])
def test_second_derivatives_in_reverse_mode(spec: str) -> None:
    layer = Layer()
    direction = jnp.cos(jnp.arange(WIDTH * CLASSES)).reshape(CLASSES, WIDTH)

    def product(form: Callable[..., Array]) -> Any:
        def total(w: Array) -> Array:
            losses = form(spec, layer.features, w, layer.bias, layer.labels)
            return (losses * layer.cotangents).sum()

        def slope(w: Array) -> Array:
            return (jax.grad(total)(w) * direction).sum()

        return jax.jit(jax.grad(slope))(layer.weights)

    assert_close(product(partial(fused, tile=4)), product(dense))


def test_leading_axes_of_rows() -> None:
    layer = Layer(rows=12)
    loss = ls.linear_loss("softmax + cross_entropy", tile=5)
    flat = loss(layer.features, layer.weights, layer.labels)
    shape = (2, 3, 2)
    split = loss(
        layer.features.reshape(*shape, WIDTH),
        layer.weights,
        layer.labels.reshape(shape),
        mask=jnp.ones(shape, bool),
    )
    assert_close(split, flat.reshape(shape))


def test_no_rows_have_no_losses_and_a_gradient_of_zero() -> None:
    layer = Layer()
    loss = ls.linear_loss("softmax + cross_entropy")
    none = layer.features[:0], layer.labels[:0]
    assert loss(none[0], layer.weights, none[1]).shape == (0,)
    gradient = jax.grad(lambda w: loss(none[0], w, none[1]).sum())(layer.weights)
    assert not gradient.any()


def test_a_traced_label_out_of_range_gives_nan_in_its_row_only() -> None:
    layer = Layer()
    loss = ls.linear_loss("softmax + cross_entropy", tile=4)

    @jax.jit
    def run(labels: Array) -> Any:
        return jax.vjp(lambda x: loss(x, layer.weights, labels), layer.features)

    for label in (-1, CLASSES):
        losses, pull = run(layer.labels.at[3].set(label))
        (gradient,) = pull(jnp.ones(ROWS))
        assert jnp.isnan(losses).tolist() == [row == 3 for row in range(ROWS)]
        rows = jnp.isnan(gradient)
        assert rows.all(axis=1).tolist() == rows.any(axis=1).tolist()
        assert rows[:, 0].tolist() == [row == 3 for row in range(ROWS)]


def test_a_single_tile_of_logits_is_in_memory() -> None:
    rows, classes, tile = 1024, 8192, 64
    loss = ls.linear_loss("softmax + brier", tile=tile)

    def total(x: Array, w: Array, labels: Array) -> Array:
        return loss(x, w, labels).mean()

    compiled = (
        jax.jit(jax.value_and_grad(total, argnums=(0, 1)))
        .lower(
            jax.ShapeDtypeStruct((rows, 8), jnp.float32),
            jax.ShapeDtypeStruct((classes, 8), jnp.float32),
            jax.ShapeDtypeStruct((rows,), jnp.int32),
        )
        .compile()
    )
    temporary = compiled.memory_analysis().temp_size_in_bytes
    block = 4 * 2**19
    assert temporary < 4 * tile * classes + 6 * block < 4 * rows * classes


@pytest.mark.parametrize(
    "spec",
    share(["softmax + cross_entropy", "taylor + brier", "sparsemax_loss"], one_in=3),
)
def test_it_is_faithful(spec: str) -> None:
    loss = ls.linear_loss(spec, tile=4, ignored_label=-100)
    config = {"class_counts": (128, 129), "dtypes": ("float32", "bfloat16")}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        ls.testing.assert_faithful(loss, spec, ignored_label=-100, **config)

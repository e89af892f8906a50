"""Broken fused losses are each named by their cause, and sound ones not at all."""

import ctypes
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.fidelity import vocabulary as v
from tests.fidelity.kernels import IGNORED, kernel
from tests.shares import share

FEW = {"class_counts": (128, 129), "dtypes": ("float32",)}
HALVES = {"class_counts": (128, 8192), "dtypes": ("float32", "bfloat16")}
VALUES = {"label_smoothing": 0.1, "soft_cap": 30.0}


def verdicts(fused: Callable[..., Any], *args: Any, **config: Any) -> set[str]:
    found = ls.testing.check_faithful(fused, *args, **config)
    return {fault.verdict for fault in found}


CONFIDENCE = {v.CONFIDENT_LOSS, v.CONFIDENT_GRADIENT}

BROKEN = {
    "padding counted": {v.PADDING},
    "last tile dropped": {v.LAST_CLASSES},
    "bias not used": {v.BIAS_NOT_USED},
    "bias without gradient": {"no gradient of the bias"},
    "weights without gradient": {"no gradient of the weights"},
    "cotangent ignored": {v.COTANGENT_IGNORED},
    "first cotangent": {v.FIRST_COTANGENT},
    "weights summed ahead": {v.FIRST_COTANGENT},
    "mean cotangent": {v.MEAN_COTANGENT},
    "cotangent squared": {v.NOT_LINEAR},
    "divided by the rows": {v.OTHER_REDUCTION},
    "reduction not used": {v.REDUCTION_NOT_USED},
    "mean over all rows": {v.MEAN_OVER_ALL},
    "gradient of the sum": {v.OTHER_REDUCTION},
    "all ignored": {v.ALL_IGNORED},
    "ignored has a loss": {v.IGNORED_LOSS},
    "ignored has a gradient": {v.IGNORED_GRADIENT},
    "ignored first row": {v.IGNORED_SPOILS},
    "clamped label": {v.OTHER_CLASS},
    "missing label is 0": {v.OUT_OF_RANGE_NUMBER},
    "padding matches a label": {v.OUT_OF_RANGE_NUMBER},
    "one bad label": {v.OUT_OF_RANGE_SPOILS},
    "smoothing not used": {v.PARAMETER_NOT_USED},
    "smoothing not in the gradient": {v.PARAMETER_NOT_IN_GRADIENT},
    "cap not in the gradient": {v.PARAMETER_DIFFERS},
    "cap on padding": {v.PARAMETER_ON_PADDING},
    "rows share a sum": {v.ROWS_INFLUENCE},
    "one maximum": {v.ROWS_INFLUENCE, v.OFFSET_DIGITS, *CONFIDENCE},
    "rows counted in blocks": {v.BATCH_SIZES},
    "maximum from 0": {v.OFFSET_OVERFLOWS},
    "no maximum": {v.OFFSET_OVERFLOWS, *CONFIDENCE},
    "log-normaliser as one number": {v.OFFSET_DIGITS, *CONFIDENCE},
    "confidence lost": CONFIDENCE,
    "clipped": {v.CONFIDENT_MISTAKES},
}

BROKEN_IN_HALF = {
    "logits in half": v.HALF_LOGITS,
    "log-normaliser in half": v.HALF_NORMALISER,
    "sum in half": v.HALF_SUM,
    "gradient in half": v.HALF_GRADIENT,
}


@pytest.mark.parametrize("fault", share(BROKEN, one_in=5))
def test_a_broken_kernel_is_named_by_its_cause(fault: str) -> None:
    is_about_parameters = any("parameter" in verdict for verdict in BROKEN[fault])
    values = VALUES if is_about_parameters else {}
    found = verdicts(kernel(fault), parameters=values, jit=False, **FEW)
    assert found == BROKEN[fault]


@pytest.mark.parametrize("fault", share(BROKEN_IN_HALF, one_in=2))
def test_what_is_kept_in_half_precision_is_named(fault: str) -> None:
    assert verdicts(kernel(fault), jit=False, **HALVES) == {BROKEN_IN_HALF[fault]}


def per_example(spec: str) -> Callable[..., Array]:
    loss = ls.per_example(spec)
    return lambda logits, labels: loss(logits, labels)


def dense(features: Array, weights: Array, labels: Array) -> Array:
    """All logits at once, in float32."""
    wide = (each.astype(jnp.float32) for each in (features, weights))
    logits = jnp.matmul(*(each if i == 0 else each.T for i, each in enumerate(wide)))
    return ls.per_example("softmax + brier")(logits, labels).astype(features.dtype)


def mean_of_kept(features: Array, weights: Array, labels: Array) -> Array:
    return kernel()(features, weights, labels, reduction="mean")


def smoothed(logits: Array, labels: Array, *, smoothing: float = 0.0) -> Array:
    """A user's own reference, with a parameter of its own name."""
    target = jax.nn.one_hot(labels, logits.shape[1], dtype=logits.dtype)
    target = (1 - smoothing) * target + smoothing / logits.shape[1]
    loss = ls.objective("softmax + cross_entropy")
    return jax.vmap(loss)(logits, target)


SOUND: dict[str, tuple[Callable[..., Any], Any, dict[str, Any]]] = {
    "tiles, scanned": (kernel(scanned=True), None, {"class_counts": (129,)}),
    "tiles, in NumPy": (kernel(), None, {"jit": False, "parameters": VALUES}),
    "tiles, another ignored label": (
        kernel(),
        None,
        {"jit": False, "ignored_label": 3},
    ),
    "always the mean": (
        mean_of_kept,
        None,
        {"jit": False, "reductions": ("mean",), "ignored_label": -100},
    ),
    "dense, rematerialised": (
        jax.checkpoint(dense),
        "softmax + brier",
        {"inputs": "linear", "class_counts": (128,), "dtypes": ("float32", "float16")},
    ),
    "logits": (
        per_example("softmax + cross_entropy"),
        None,
        {"class_counts": (128, 2049), "dtypes": ("float32", "bfloat16")},
    ),
    "positive logits": (
        per_example("sum + cross_entropy"),
        "sum + cross_entropy",
        {"class_counts": (128,), "dtypes": ("float32",)},
    ),
    "own reference": (
        smoothed,
        smoothed,
        {
            "parameters": {"smoothing": 0.1},
            "class_counts": (128,),
            "dtypes": ("float32",),
        },
    ),
}


@pytest.mark.parametrize("name", share(SOUND, one_in=12))
def test_a_sound_loss_has_no_fault(name: str) -> None:
    fused, reference, config = SOUND[name]
    config = {"class_counts": (128, 129, 2049), **config}
    ls.testing.assert_faithful(fused, reference, **config)


def test_what_textbook_forms_lose_is_named() -> None:
    textbook = optax.softmax_cross_entropy_with_integer_labels
    few = {"inputs": "logits", **FEW}
    found = verdicts(lambda z, y: textbook(z, y), **few)
    assert found >= CONFIDENCE


TILES = kernel()


def kept_in_one_place() -> Callable[..., Array]:
    """The gradient is computed ahead, and there is room for one only."""
    place: dict[str, Any] = {}

    @jax.custom_vjp
    def run(features: Array, weights: Array, labels: Array) -> Array:
        return TILES(features, weights, labels)

    def forward(features: Array, weights: Array, labels: Array) -> tuple[Array, None]:
        losses, place["pull"] = jax.vjp(TILES, features, weights, labels)
        return losses, None

    def backward(saved: None, cotangent: Array) -> Any:
        return place["pull"](cotangent)

    run.defvjp(forward, backward)
    return run


def counting_calls() -> Callable[..., Array]:
    """After some calls, the losses are other ones."""
    calls = itertools.count()

    def fused(features: Array, weights: Array, labels: Array) -> Array:
        losses = TILES(features, weights, labels)
        return losses + jnp.float32(next(calls) > 3)

    return fused


def writing_into_inputs(features: Array, weights: Array, labels: Array) -> Array:
    losses = TILES(features, weights, labels)
    if not isinstance(features, jax.core.Tracer):
        pointer = jax.block_until_ready(features).unsafe_buffer_pointer()
        ctypes.memset(pointer, 0, 4)
    return losses


def refusing_some_sizes(features: Array, weights: Array, labels: Array) -> Array:
    if len(weights) % 128:
        raise ValueError("the number of classes must be a multiple of 128")
    return TILES(features, weights, labels)


WRAPPED = {
    v.OVERWRITTEN: kept_in_one_place(),
    v.SECOND_CALL: counting_calls(),
    v.INPUTS_CHANGED: writing_into_inputs,
    v.DOES_NOT_RUN: refusing_some_sizes,
    v.WRONG_SHAPE: lambda x, w, labels: TILES(x, w, labels).mean(),
}


@pytest.mark.parametrize("fault", WRAPPED)
def test_what_goes_wrong_around_a_kernel_is_named(fault: str) -> None:
    config = {"inputs": "linear", "ignored_label": IGNORED, "jit": False, **FEW}
    assert verdicts(WRAPPED[fault], **config) == {fault}


def test_a_function_that_cannot_be_traced_is_named_unless_that_is_meant() -> None:
    assert verdicts(TILES, **FEW) == {"does not run under jit"}


def test_another_loss_than_the_reference_is_named() -> None:
    found = verdicts(per_example("softmax + brier"), **FEW)
    assert found == {v.LOSSES_DIFFER}


def test_one_number_for_a_batch_is_named() -> None:
    def mean(logits: Array, labels: Array) -> Array:
        return ls.per_example("softmax + cross_entropy")(logits, labels).mean()

    assert verdicts(mean, jit=False, **FEW) == {v.WRONG_SHAPE}


def test_several_faults_are_named_at_once() -> None:
    broken = kernel("clamped label")

    def fused(features: Array, weights: Array, labels: Array) -> Array:
        return broken(features, jax.lax.stop_gradient(weights), labels)

    found = verdicts(fused, jit=False, **FEW)
    assert found >= {v.OTHER_CLASS, "no gradient of the weights"}


def test_the_error_says_what_how_much_where_and_what_to_look_at() -> None:
    with pytest.raises(ls.testing.UnfaithfulLossError) as caught:
        ls.testing.assert_faithful(kernel("padding counted"), jit=False, **FEW)
    text = str(caught.value)
    assert max(map(len, text.splitlines())) <= 80
    for part in ("padding counted as classes", "129", "rounding explains", "Look at:"):
        assert part in text
    assert [fault.verdict for fault in caught.value.faults] == [v.PADDING]
    allowed = {"allow": (v.PADDING,), "jit": False, **FEW}
    ls.testing.assert_faithful(kernel("padding counted"), **allowed)


def test_every_fault_has_a_sentence_and_advice() -> None:
    names = {
        value
        for name, value in vars(v).items()
        if name.isupper() and isinstance(value, str)
    }
    assert names <= set(ls.testing.FAULTS)
    for meaning in ls.testing.FAULTS.values():
        assert meaning.sentence.endswith(".")
        assert meaning.look_at.endswith(".")


def two(z: Array, y: Array) -> Array:
    return ls.per_example("softmax + cross_entropy")(z, y)


BAD: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (lambda *args: args, {}, ValueError, "inputs"),
    (two, {"reference": "softmax + nothing"}, ValueError, "nothing"),
    (two, {"reference": 3}, TypeError, "reference"),
    (two, {"reference": lambda z, y: z.sum()}, ValueError, "losses"),
    (two, {"parameters": {"label_smoothing": 0.1}}, TypeError, "takes no"),
    (kernel(), {"parameters": {"reduction": 0.1}}, ValueError, "reduction"),
    (two, {"reductions": ("none", "mean")}, ValueError, "takes no"),
    (two, {"dtypes": "float32"}, ValueError, "list of names"),
    (two, {"dtypes": ("int8",)}, ValueError, "int8"),
    (two, {"class_counts": (1,)}, ValueError, "at least 16"),
    (two, {"class_counts": ()}, ValueError, "empty"),
    (two, {"allow": "padding"}, ValueError, "collection"),
    (two, {"allow": ("padding counted as clases",)}, ValueError, "Did you mean"),
]


@pytest.mark.parametrize(("fused", "config", "error", "part"), BAD)
def test_wrong_arguments_are_refused(
    fused: Any, config: dict[str, Any], error: type[Exception], part: str
) -> None:
    with pytest.raises(error, match=part):
        ls.testing.assert_faithful(fused, **config)

"""Broken fused losses are each named by their cause, and sound ones not at all."""

import ctypes
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.fidelity import vocabulary as v
from tests.fidelity.kernels import kernel

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


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_kernel_is_named_by_its_cause(fault: str) -> None:
    is_about_parameters = any("parameter" in verdict for verdict in BROKEN[fault])
    values = VALUES if is_about_parameters else {}
    found = verdicts(kernel(fault), parameters=values, jit=False, **FEW)
    assert found == BROKEN[fault]


@pytest.mark.parametrize("fault", BROKEN_IN_HALF)
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
    "tiles, scanned": (kernel(scanned=True), None, {"class_counts": (128, 129)}),
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
        {"inputs": "linear", "class_counts": (128,)},
    ),
    "logits": (per_example("softmax + focal(gamma=2)"), "softmax + focal(gamma=2)", {}),
    "positive logits": (per_example("sum + cross_entropy"), "sum + cross_entropy", {}),
    "own reference": (smoothed, smoothed, {"parameters": {"smoothing": 0.1}}),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_loss_has_no_fault(name: str) -> None:
    fused, reference, config = SOUND[name]
    config = {"class_counts": (128, 129, 2049), **config}
    ls.testing.assert_faithful(fused, reference, **config)


def test_what_textbook_forms_lose_is_named() -> None:
    textbook = optax.softmax_cross_entropy_with_integer_labels
    few = {"inputs": "logits", **FEW}
    found = verdicts(lambda z, y: textbook(z, y), **few)
    assert found >= CONFIDENCE


class Stateful:
    """A kernel that keeps something between its calls."""

    def __init__(self, *, overwritten: bool) -> None:
        self.calls = itertools.count()
        self.gradient: Array = jnp.zeros(())
        self.overwritten = overwritten

    def __call__(self, logits: Array, labels: Array) -> Array:
        loss = ls.per_example("softmax + cross_entropy")
        if not self.overwritten:
            return loss(logits, labels) + jnp.float32(next(self.calls) > 20)
        return self._keeping(loss, logits, labels)

    def _keeping(
        self, loss: Callable[..., Array], logits: Array, labels: Array
    ) -> Array:
        @jax.custom_vjp
        def run(z: Array) -> Array:
            return loss(z, labels)

        def forward(z: Array) -> tuple[Array, None]:
            values, pull = jax.vjp(lambda each: loss(each, labels), z)
            self.gradient = pull(jnp.ones_like(values))[0]
            return values, None

        def backward(saved: None, cotangent: Array) -> tuple[Array]:
            return (self.gradient * cotangent[:, None],)

        run.defvjp(forward, backward)
        return run(logits)


def test_a_gradient_that_is_kept_in_one_place_is_named() -> None:
    assert verdicts(Stateful(overwritten=True), jit=False, **FEW) == {v.OVERWRITTEN}


def writes_into_its_inputs(logits: Array, labels: Array) -> Array:
    losses = ls.per_example("softmax + cross_entropy")(logits, labels)
    if not isinstance(logits, jax.core.Tracer):
        pointer = jax.block_until_ready(logits).unsafe_buffer_pointer()
        ctypes.memset(pointer, 0, 4)
    return losses


def test_a_function_that_writes_into_its_inputs_is_named() -> None:
    assert verdicts(writes_into_its_inputs, jit=False, **FEW) == {v.INPUTS_CHANGED}


def needs_values(logits: Array, labels: Array) -> Array:
    if int(labels.max()) >= logits.shape[1] or int(labels.min()) < 0:
        raise IndexError("label out of range")
    return ls.per_example("softmax + cross_entropy")(logits, labels)


def test_a_function_that_cannot_be_traced_is_named_unless_that_is_meant() -> None:
    assert verdicts(needs_values, **FEW) == {"does not run under jit"}
    assert verdicts(needs_values, jit=False, **FEW) == set()


def test_a_callback_without_a_rule_for_batches_is_named() -> None:
    loss = ls.per_example("softmax + cross_entropy")

    @jax.custom_vjp
    def run(z: Array, y: Array) -> Array:
        shape = jax.ShapeDtypeStruct(y.shape, z.dtype)
        return jax.pure_callback(lambda *each: np.asarray(loss(*each)), shape, z, y)

    def forward(z: Array, y: Array) -> tuple[Array, Any]:
        return run(z, y), (z, y)

    def backward(saved: Any, cotangent: Array) -> tuple[Array, None]:
        z, y = saved
        return jax.vjp(lambda each: loss(each, y), z)[1](cotangent)[0], None

    run.defvjp(forward, backward)
    found = verdicts(lambda z, y: run(z, y), **FEW)
    assert "does not run under vmap" in found


def refuses_129(logits: Array, labels: Array) -> Array:
    if logits.shape[1] % 128:
        raise ValueError("the number of classes must be a multiple of 128")
    return ls.per_example("softmax + cross_entropy")(logits, labels)


def test_a_number_of_classes_that_is_refused_is_named() -> None:
    assert verdicts(refuses_129, jit=False, **FEW) == {v.DOES_NOT_RUN}


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
    (3, {}, TypeError, "must be a function"),
    (lambda *args: args, {}, ValueError, "inputs"),
    (two, {"inputs": "features"}, ValueError, "'linear' or 'logits'"),
    (two, {"reference": "softmax + nothing"}, ValueError, "nothing"),
    (two, {"reference": 3}, TypeError, "reference"),
    (two, {"reference": lambda z, y: z.sum()}, ValueError, "losses"),
    (two, {"parameters": {"label_smoothing": 0.1}}, TypeError, "takes no"),
    (two, {"parameters": 0.1}, TypeError, "must be a dict"),
    (kernel(), {"parameters": {"reduction": 0.1}}, ValueError, "reduction"),
    (two, {"reductions": "mean"}, ValueError, "some of 'none'"),
    (two, {"reductions": ("median",)}, ValueError, "median"),
    (two, {"reductions": ("none", "mean")}, ValueError, "takes no"),
    (two, {"ignored_label": 0.5}, TypeError, "integer"),
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

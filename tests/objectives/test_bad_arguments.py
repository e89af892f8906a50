"""Errors for arguments of the wrong type, shape or range."""

import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

Z = jnp.array([0.3, 1.2, 2.0])


Y = jnp.array([0.0, 1.0, 0.0])


def test_arguments_of_the_wrong_type_are_explained() -> None:
    # In a process of its own: here the type check of the test suite would refuse them first.
    code = """
import jax.numpy as jnp
import logitscape as ls
for call in (
    lambda: ls.objective("taylor(order=2.0) + kl"),
    lambda: ls.objective("softmax(inverse_temperature='2') + kl"),
    lambda: ls.objective("softmax + brier(convention='third')"),
    lambda: ls.compose("softmax", 3),
    lambda: ls.compose(3, "brier"),
    lambda: ls.objective(3),
    lambda: ls.drop_in("softmax")(jnp.ones(3), axis="x"),
    lambda: ls.sweep("softmax + brier", ls.ray("R1", [0.0, 1.0]), label=0.5),
    lambda: ls.loss("focal(gamma=None)"),
    lambda: ls.loss("focal(gamma=1j)"),
    lambda: ls.normalizer(["softmax"]),
    lambda: ls.loss(["brier"]),
    lambda: ls.plane([0, 1], [0, 1], axes=0),
    lambda: ls.plane([0, 1], [0, 1], axes=None),
    lambda: ls.plane([0, 1], [0, 1], directions=3),
    lambda: ls.box(3),
    lambda: ls.sweep("softmax + brier", ls.ray("R1", [0.0, 1.0])).save(3),
    lambda: ls.sweep("softmax + brier", ls.ray("R1", [0.0, 1.0])).save(""),
    lambda: ls.sweep("softmax + brier", ls.ray("R1", [0.0, 1.0])).save("a\\0b.nc"),
    lambda: ls.sweep({}, ls.ray("R1", [0.0, 1.0])),
    lambda: ls.sweep({1: "softmax + brier"}, ls.ray("R1", [0.0, 1.0])),
    lambda: ls.loss("brier(convention=['half'])"),
    lambda: ls.loss("symmetric_cross_entropy(log_zero=1)"),
    lambda: ls.NORMALIZERS["softmax"](jnp.ones(3), inverse_temperature=10**400),
    lambda: ls.normalizer("taylor(order=100000000)"),
    lambda: ls.per_example("softmax + brier")("text", 0),
    lambda: ls.value_and_grad("softmax + brier")(None, [0]),
    lambda: ls.drop_in("softmax")(["a", "b"]),
    lambda: ls.diagnose("softmax + brier", budget="a"),
    lambda: ls.points("R1"),
    lambda: ls.compose(lambda z: (z, z), "brier")(jnp.ones(3), jnp.array([1.0, 0, 0])),
    lambda: ls.compose(lambda z: jnp.array([1, 0, 0]), "brier")(
        jnp.ones(3), jnp.array([1.0, 0, 0])
    ),
    lambda: ls.normalize([[1.0, 2.0]]),
    lambda: ls.normalize(jnp.ones(3), jnp.ones(2)),
    lambda: ls.normalize(jnp.ones(3), 0.0),
    lambda: ls.normalize_powers([-1.0, 2.0], 1),
    lambda: ls.normalize_powers(jnp.ones(2), 1.5),
    lambda: ls.loss("kl")(ls.normalizer("softmax")(jnp.ones(3)), [0.3, 0.3, 0.401]),
    lambda: ls.loss("kl")(ls.normalizer("softmax")(jnp.ones(3)), [0, 1j, 0]),
    lambda: ls.loss("sparsemax_loss")(jnp.ones(3), [2.0, -1.0, 0.0]),
    lambda: __import__("logitscape.plotting").plotting.plot(None),
):
    try:
        call()
    except (TypeError, ValueError) as error:
        print(error)
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.splitlines() == [
        "`taylor(order=...)` must be an even whole number, at least 2 and at most 64, got 2.0.",
        "`softmax(inverse_temperature=...)` must be a number, at least 0, got '2'.",
        "`brier(convention=...)` must be one of 'sum', 'half', 'mean', got 'third'.",
        "`compose(loss=...)` must be a spec or a function, got 3.",
        "a normalizer must be a spec or a function, got 3.",
        "`objective(source)` must be a spec or a function, got 3.",
        "`axis` must be one of the 1 axes of the logits, got 'x'.",
        "`sweep(label=...)` must be a whole number, got 0.5.",
        "`focal(gamma=...)` must be a number, at least 0, got None.",
        "`focal(gamma=...)` must be a number, at least 0, got 1j.",
        "a spec must be text such as 'softmax', got ['softmax'].",
        "a spec must be text such as 'softmax', got ['brier'].",
        "`plane(axes=...)` must name classes between 0 and 2 (num_classes=3), each once, got 0.",
        "`plane(axes=...)` must name classes between 0 and 2 (num_classes=3), each once, got None.",
        "`plane(directions=...)` must be two vectors, got 3.",
        "`box(axes=...)` must be coordinates by class, or a list of them, got 3.",
        "`save(path=...)` must be text or a path, got 3.",
        "`save(path=...)` must be the name of a file, got ''.",
        "`save(path=...)` must be the name of a file, got 'a\\x00b.nc'.",
        "`objectives` must be at least one, named by text, got the names [].",
        "`objectives` must be at least one, named by text, got the names [1].",
        "`brier(convention=...)` must be one of 'sum', 'half', 'mean', got ['half'].",
        "`symmetric_cross_entropy(log_zero=...)` must be at most 0, got 1.",
        "`softmax(inverse_temperature=...)` must be finite and at least 0, "
        f"got 1{'0' * 79}... (401 characters).",
        "`taylor(order=...)` must be an even whole number, at least 2 and at most 64, "
        "got 100000000.",
        "`per_example(...)(logits, ...)` must be numbers, got 'text'.",
        "`value_and_grad(...)(logits, ...)` must be numbers, got None.",
        "`drop_in(...)(logits)` must be numbers, got ['a', 'b'].",
        "`diagnose(budget=...)` must be a number of seconds, greater than 0, got 'a'.",
        "`points(slice)` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` makes one, got 'R1'.",
        "the normalizer `<lambda>` must return `ls.Probs(p, log_p)`, "
        "or floating-point probabilities, got tuple.",
        "the normalizer `<lambda>` must return `ls.Probs(p, log_p)`, "
        "or floating-point probabilities, got int32.",
        "`normalize(log_weights, ...)` must be one example of shape [n] with n >= 1, "
        "got shape (1, 2); use `jax.vmap`, `ls.per_example` or `ls.drop_in` for more.",
        "`normalize(gaps=...)` must have the weights' shape (3,), got (2,).",
        "`normalize(gaps, ...)` must be one example of shape [n] with n >= 1, got shape (); "
        "use `jax.vmap`, `ls.per_example` or `ls.drop_in` for more.",
        "`normalize_powers(amplitudes, ...)` must be at least 0, got [-1.  2.].",
        "`normalize_powers(power=...)` must be a whole number, at least 1 and at most 1024, "
        "got 1.5.",
        "`kl(..., target)` must be a distribution: at least 0 and summing to 1, "
        "got [0.3   0.3   0.401].",
        "`kl(..., target)` must be real, got complex64.",
        "`sparsemax_loss(..., target)` must be a distribution: at least 0 and summing to 1, "
        "got [ 2. -1.  0.].",
        "`plot(dataset)` must be a Dataset, as `Landscape.to_xarray()` gives it, got NoneType.",
    ]


@pytest.mark.parametrize(
    ("logits", "target", "error", "message"),
    [
        (jnp.array([1, 2, 3]), Y, TypeError, "must be floating point, got int"),
        (Z[None], Y, ValueError, "must be one example of shape [n]"),
        (Z[:0], Y[:0], ValueError, "n >= 1"),
        (Z, Y[:2], ValueError, "must have the logits' shape (3,), got (2,)"),
        (Z, 1, ValueError, "jax.nn.one_hot(label, n)"),
        (
            Z,
            np.array(["a", "b", "c"]),
            TypeError,
            "`softmax + cross_entropy(..., target)` must be numbers, got array(['a'",
        ),
        (Z, 2 * Y, ValueError, "must be a distribution"),
        (Z, jnp.array([1.5, -0.5, 0.0]), ValueError, "must be a distribution"),
    ],
)
def test_bad_arguments_are_explained(logits, target, error, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        ls.objective("softmax + cross_entropy")(logits, target)


def test_a_loss_of_a_batch_of_probabilities_points_to_vmap() -> None:
    probs = jax.vmap(ls.normalizer("softmax"))(jnp.stack([Z, Z]))
    with pytest.raises(
        ValueError, match=r"`brier\(probs.p, ...\)` must be one example.*use `jax.vmap`"
    ):
        ls.loss("brier")(probs, jnp.eye(3)[:2])

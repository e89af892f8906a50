"""Specs, composition, the forms for training loops, and what is said of bad input."""

import re
import subprocess
import sys
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.objectives import specs
from logitscape._src.objectives.catalog import LOGIT_LOSSES, PROBABILITY_LOSSES

Z = jnp.array([0.3, 1.2, 2.0])
Y = jnp.array([0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    "spec",
    [
        "softmax + cross_entropy",
        "taylor(order=4) + brier(convention='half')",
        "softmax( inverse_temperature = 2.5 )+focal(gamma=1e-1)",
        "softmax + poly1(epsilon=-1)",
        "crammer_singer",
        "entmax_loss(alpha=1.2)",
    ],
)
def test_specs_print_back_as_they_were_given(spec: str) -> None:
    objective = ls.objective(spec)
    assert str(objective) == objective.name == spec
    assert np.isfinite(objective(Z, Y))
    assert ls.objective(spec) is objective


def test_parameters_of_a_spec_arrive() -> None:
    half, whole = (
        ls.objective("softmax + brier(convention='half')"),
        ls.objective("softmax + brier"),
    )
    np.testing.assert_allclose(2 * half(Z, Y), whole(Z, Y), rtol=1e-15)
    np.testing.assert_allclose(
        ls.normalizer("softmax(inverse_temperature=2)")(Z).p,
        jax.nn.softmax(2 * Z),
        rtol=1e-14,
    )


BAD_SPECS = [
    ("softmx + cross_entropy", "unknown normalizer 'softmx'. Did you mean 'softmax'"),
    (
        "softmax + crossentropy",
        "unknown loss 'crossentropy'. Did you mean 'cross_entropy'",
    ),
    ("zzz + brier", "unknown normalizer 'zzz'. Known: softmax, sum,"),
    (
        "crammer_singr",
        "unknown objective 'crammer_singr'. Did you mean 'crammer_singer'",
    ),
    (
        "softmax(temperature=2) + kl",
        "unknown parameter 'temperature' of normalizer 'softmax', got temperature=2. It takes inverse_temperature.",
    ),
    ("sum(x=2) + kl", "It takes no parameters."),
    ("softmax(2) + kl", "parameters are given by name"),
    (
        "softmax(inverse_temperature=__import__('os')) + kl",
        "a parameter is a number or a quoted word",
    ),
    ("__import__('os').getcwd()", "malformed spec"),
    ("softmax +", "malformed spec"),
    ("softmax + focal(gamma=1, gamma=2)", "the parameter 'gamma' is given twice"),
    ("", "malformed spec"),
    ("softmax - kl", "malformed spec"),
    ("softmax + kl + kl", "one normalizer and one loss, got 3"),
    (
        "softmax",
        "'softmax' is a normalizer and needs a loss: 'softmax + cross_entropy'",
    ),
    (
        "brier",
        "'brier' is a loss of probabilities and needs a normalizer: 'softmax + brier'",
    ),
    ("softmax + crammer_singer", "is a loss of logits and takes no normalizer"),
    ("softmax + softmax", "'softmax' is a normalizer, not a loss"),
    ("brier + softmax", "'brier' is a loss, not a normalizer"),
    (
        "taylor(order=3) + kl",
        "`taylor(order=...)` must be an even whole number, at least 2 and at most 64, got 3.",
    ),
    ("entmax(alpha=0.5) + kl", "`entmax(alpha=...)` must be at least 1, got 0.5."),
    ("entmax_loss(alpha=0)", "`entmax_loss(alpha=...)` must be at least 1, got 0."),
    (
        "spherical(epsilon=0) + kl",
        "`spherical(epsilon=...)` must be greater than 0, got 0.",
    ),
    ("softmax(inverse_temperature=-1) + kl", "must be at least 0, got -1."),
    ("softmax(inverse_temperature=1e999) + kl", "got inf"),
    (
        "softmax + generalized_cross_entropy(q=2)",
        "must be at least 0 and at most 1, got 2.",
    ),
    (
        "iterated_exponential(depth=0) + kl",
        "must be a whole number, at least 1, got 0.",
    ),
]


@pytest.mark.parametrize(("spec", "message"), BAD_SPECS)
def test_bad_specs_are_explained(spec: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ls.objective(spec)


def test_arguments_of_the_wrong_type_are_explained() -> None:
    # Without the test suite's own type check, which refuses them first: as a user meets it.
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
    lambda: ls.compose(lambda z: jnp.array([1, 0, 0]), "brier")(jnp.ones(3), jnp.array([1.0, 0, 0])),
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
        f"`softmax(inverse_temperature=...)` must be finite and at least 0, got 1{'0' * 79}... (401 characters).",
        "`taylor(order=...)` must be an even whole number, at least 2 and at most 64, got 100000000.",
        "`per_example(...)(logits, ...)` must be numbers, got 'text'.",
        "`value_and_grad(...)(logits, ...)` must be numbers, got None.",
        "`drop_in(...)(logits)` must be numbers, got ['a', 'b'].",
        "`diagnose(budget=...)` must be a positive number of seconds, got 'a'.",
        "`points(slice)` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` makes one, got 'R1'.",
        "the normalizer `<lambda>` must return `ls.Probs(p, log_p)`, or floating-point probabilities, got tuple.",
        "the normalizer `<lambda>` must return `ls.Probs(p, log_p)`, or floating-point probabilities, got int32.",
        "`normalize(log_weights, ...)` must be one example of shape [n] with n >= 1, got shape (1, 2); "
        "use `jax.vmap`, `ls.per_example` or `ls.drop_in` for more.",
        "`normalize(gaps=...)` must have the weights' shape (3,), got (2,).",
        "`normalize(gaps, ...)` must be one example of shape [n] with n >= 1, got shape (); "
        "use `jax.vmap`, `ls.per_example` or `ls.drop_in` for more.",
        "`normalize_powers(amplitudes, ...)` must be at least 0, got [-1.  2.].",
        "`normalize_powers(power=...)` must be a whole number, at least 1 and at most 1024, got 1.5.",
        "`kl(..., target)` must be a distribution: at least 0 and summing to 1, got [0.3   0.3   0.401].",
        "`kl(..., target)` must be real, got complex64.",
        "`sparsemax_loss(..., target)` must be a distribution: at least 0 and summing to 1, got [ 2. -1.  0.].",
        "`plot(dataset)` must be a Dataset, as `Landscape.to_xarray()` gives it, got NoneType.",
    ]


@pytest.mark.parametrize(
    ("logits", "target", "error", "message"),
    [
        (jnp.array([1, 2, 3]), Y, TypeError, "must be floating point, got int"),
        (Z[None], Y, ValueError, "must be one example of shape [n]"),
        (Z[:0], Y[:0], ValueError, "n >= 1"),
        (Z[:1], Y[:1], ValueError, "at least 2 classes, got 1"),
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


@pytest.mark.parametrize(
    ("given", "meant"),
    [("sofmax", "softmax"), ("focall", "focal"), ("crammersinger", "crammer_singer")],
)
def test_an_unknown_name_alone_finds_the_nearest_of_all(given: str, meant: str) -> None:
    with pytest.raises(
        ValueError, match=f"unknown objective '{given}'. Did you mean .*'{meant}'"
    ):
        ls.objective(given)


BAD_TARGETS = jnp.array(
    [
        [0.5, 0.2, 0.1],
        [0.5, 0.0, 0.0],
        [1.5, -0.5, 0.0],
        [2.0, 0.0, 0.0],
        [np.nan, 0.0, 1.0],
        [0.0] * 3,
        [np.inf, 0.0, 0.0],
    ]
)


@pytest.mark.parametrize(
    "spec", [*(f"softmax + {loss}" for loss in PROBABILITY_LOSSES), *LOGIT_LOSSES]
)
def test_a_traced_target_that_is_no_distribution_gives_nan_in_every_component(
    spec: str,
) -> None:
    run = jax.jit(jax.vmap(jax.value_and_grad(ls.objective(spec)), in_axes=(None, 0)))
    for z in (jnp.array([0.0, 1.0, 2.0]), jnp.array([5.0, 0.0, 0.0])):
        value, gradient = run(z, BAD_TARGETS)
        assert np.isnan(value).all()
        assert np.isnan(gradient).all()


@pytest.mark.parametrize("name", [*PROBABILITY_LOSSES, *LOGIT_LOSSES])
def test_a_loss_alone_gives_nan_for_a_traced_target_that_is_no_distribution(
    name: str,
) -> None:
    first = ls.normalizer("softmax")(Z) if name in PROBABILITY_LOSSES else Z
    for loss in (ls.loss(name), ls.LOSSES[name]):
        assert np.isnan(
            jax.jit(jax.vmap(loss, in_axes=(None, 0)))(first, BAD_TARGETS)
        ).all()
        assert np.isfinite(jax.jit(loss)(first, Y))


def test_targets_of_other_dtypes_and_lists_of_tracers_are_distributions_too() -> None:
    probs, kl = ls.normalizer("softmax")(Z), ls.loss("kl")
    narrow = jax.nn.softmax(
        jax.random.normal(jax.random.PRNGKey(1), (50, 3), jnp.float32)
    )
    for target in np.asarray(narrow, np.float64):
        assert np.isfinite(kl(probs, target))
        assert np.isfinite(kl(probs, target.tolist()))
    assert np.isfinite(
        jax.jit(jax.vmap(ls.objective("softmax + kl"), in_axes=(None, 0)))(
            Z, narrow.astype(float)
        )
    ).all()
    assert np.isfinite(jax.jit(lambda a: kl(probs, [a, 1 - a, 0.0]))(0.3))


def test_a_loss_of_a_batch_of_probabilities_points_to_vmap() -> None:
    probs = jax.vmap(ls.normalizer("softmax"))(jnp.stack([Z, Z]))
    with pytest.raises(
        ValueError, match=r"`brier\(probs.p, ...\)` must be one example.*use `jax.vmap`"
    ):
        ls.loss("brier")(probs, jnp.eye(3)[:2])


@pytest.mark.parametrize("spec", ["crammer_singer", "weston_watkins"])
def test_soft_targets_are_refused_where_the_formula_has_no_place_for_them(
    spec: str,
) -> None:
    soft, loss = jnp.array([0.5, 0.5, 0.0]), ls.objective(spec)
    with pytest.raises(ValueError, match="needs a one-hot target"):
        loss(Z, soft)
    value, gradient = jax.jit(jax.value_and_grad(loss))(Z, soft)
    assert np.isnan(value)
    assert np.all(np.isnan(gradient))


def test_a_traced_target_that_is_no_distribution_gives_nan() -> None:
    loss = jax.jit(ls.objective("softmax + cross_entropy"))
    assert np.isnan(loss(Z, 2 * Y))
    assert np.isfinite(loss(Z, Y))
    assert np.isfinite(
        jax.jit(lambda z: ls.objective("softmax + cross_entropy")(z, Y))(Z)
    )


def test_functions_of_the_users_own_compose() -> None:
    def cubic(z):
        return ls.normalize(3 * jnp.log(jnp.abs(z)))

    pair = ls.compose(cubic, "cross_entropy")
    assert pair.name == "cubic + cross_entropy"
    np.testing.assert_allclose(pair.predict(Z).p, Z**3 / (Z**3).sum(), rtol=1e-14)
    plain = ls.compose(
        lambda z: jnp.abs(z) / jnp.abs(z).sum(),
        lambda probs, t: -(t * probs.log_p).sum(),
        name="mine",
    )
    np.testing.assert_allclose(
        plain(Z, Y), ls.objective("abs + cross_entropy")(Z, Y), rtol=1e-14
    )
    whole = ls.objective(
        lambda z, t: -jax.nn.log_softmax(z) @ t, normalizer="softmax", name="textbook"
    )
    np.testing.assert_allclose(
        whole(Z, Y), ls.objective("softmax + cross_entropy")(Z, Y), rtol=1e-14
    )
    assert whole.predict(Z).p.shape == (3,)
    with pytest.raises(TypeError, match="has no known normalizer"):
        ls.objective(lambda z, t: z @ t).predict(Z)
    with pytest.raises(
        ValueError, match="must return Probs or an array of the logits' shape"
    ):
        ls.compose(lambda z: z[:1], "brier")(Z, Y)


@dataclass
class Scaled:
    """Cannot be hashed, as it can be compared and changed."""

    factor: jax.Array

    def __call__(self, z, target=None):
        return (
            jax.nn.softmax(self.factor * z)
            if target is None
            else -jnp.sum(target * jax.nn.log_softmax(self.factor * z))
        )


def test_instances_that_cannot_be_hashed_are_functions_too() -> None:
    one, other, ray = (
        Scaled(jnp.array(2.0)),
        Scaled(jnp.array(2.0)),
        ls.ray("R1", [0.0, 1.0, 2.0]),
    )
    pairs = [
        ls.compose(one, "cross_entropy", name="composed"),
        ls.objective(one, name="one"),
        ls.objective(other, name="other"),
    ]
    losses = np.asarray(ls.sweep(pairs, ray).loss)
    np.testing.assert_allclose(
        losses, np.broadcast_to(losses[0], losses.shape), rtol=1e-13
    )
    assert np.isfinite(jax.jit(pairs[1])(Z, Y))
    assert ls.objective(one) == ls.objective(one) != ls.objective(other)
    assert ls.gradient_law(one).norm.kind == "constant"


def test_a_normalizer_takes_the_logits_alone() -> None:
    with pytest.raises(
        TypeError, match=r"a normalizer must take \(logits\), got `<lambda>\(z, t\)`"
    ):
        ls.compose(lambda z, t: z, "brier")


def test_a_loss_that_takes_probs_for_an_array_is_told_what_they_are() -> None:
    mistaken = ls.compose(
        "softmax", lambda probs, target: -jnp.sum(target * jnp.log(probs))
    )
    with pytest.raises(TypeError) as raised:
        mistaken(Z, Y)
    assert "use `probs.p` and `probs.log_p`" in "".join(raised.value.__notes__)


def test_logit_losses_predict_with_their_own_normalizer() -> None:
    np.testing.assert_allclose(
        ls.objective("entmax_loss(alpha=1.2)").predict(Z).p,
        ls.normalizer("entmax(alpha=1.2)")(Z).p,
    )
    np.testing.assert_array_equal(
        ls.objective("crammer_singer").predict(Z).p, [0, 0, 1]
    )


class TestPerExample:
    def test_it_is_the_form_of_optax(self) -> None:
        logits, labels = (
            jnp.stack([Z, 2 * Z, -Z]).reshape(3, 1, 3),
            jnp.array([[0], [1], [2]]),
        )
        ours = ls.per_example("softmax + cross_entropy")(logits, labels)
        theirs = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)

    def test_it_trains(self) -> None:
        rng = np.random.default_rng(0)
        x, y = (
            jnp.asarray(rng.normal(size=(64, 3))),
            jnp.asarray(rng.integers(0, 3, 64)),
        )
        loss = ls.per_example("taylor + cross_entropy")
        objective = lambda w: loss(x @ w, y).mean()
        optimizer, w = optax.sgd(0.5), jnp.ones((3, 3))
        state = optimizer.init(w)
        before = objective(w)

        @jax.jit
        def step(w, state):
            updates, state = optimizer.update(jax.grad(objective)(w), state)
            return optax.apply_updates(w, updates), state

        for _ in range(10):
            w, state = step(w, state)
        assert objective(w) < before

    @pytest.mark.parametrize("label", [-1, 3])
    def test_labels_out_of_range_are_refused_or_give_nan(self, label: int) -> None:
        loss, labels = ls.per_example("softmax + cross_entropy"), jnp.array([0, label])
        with pytest.raises(IndexError, match=f"between 0 and 2, got {label}"):
            loss(jnp.stack([Z, Z]), labels)
        value, gradient = jax.jit(jax.value_and_grad(lambda z, y: loss(z, y).sum()))(
            jnp.stack([Z, Z]), labels
        )
        assert np.isnan(value)
        assert np.all(np.isnan(gradient[1]))
        assert np.all(np.isfinite(gradient[0]))

    @pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int64"])
    def test_labels_of_few_bits_count_many_classes(self, dtype: str) -> None:
        z, labels = (
            jnp.asarray(np.random.default_rng(0).normal(size=(2, 300))),
            np.array([3, 100]),
        )
        for of_batch in (
            ls.per_example("softmax + brier"),
            lambda *batch: ls.value_and_grad("softmax + brier")(*batch)[0],
        ):
            expected = of_batch(z, jnp.asarray(labels, jnp.int32))
            np.testing.assert_allclose(
                of_batch(z, jnp.asarray(labels.astype(dtype))), expected, rtol=1e-12
            )
            np.testing.assert_allclose(
                jax.jit(of_batch)(z, jnp.asarray(labels.astype(dtype))),
                expected,
                rtol=1e-12,
            )

    @pytest.mark.parametrize(
        ("logits", "labels", "error", "message"),
        [
            (
                jnp.ones((2, 3)),
                jnp.array([0.0, 1.0]),
                TypeError,
                "`labels` must be integers, got float64",
            ),
            (
                jnp.ones((2, 3)),
                jnp.array([0]),
                ValueError,
                "`labels` must have shape (2,)",
            ),
            (
                jnp.ones((2, 3), int),
                jnp.array([0, 1]),
                TypeError,
                "`logits` must be floating point",
            ),
            (jnp.ones((2, 1)), jnp.array([0, 0]), ValueError, "n >= 2 classes"),
        ],
    )
    def test_bad_arguments_are_explained(
        self, logits, labels, error, message: str
    ) -> None:
        with pytest.raises(error, match=re.escape(message)):
            ls.per_example("softmax + cross_entropy")(logits, labels)


@pytest.mark.parametrize("spec", ["softmax + cross_entropy", "entmax + brier"])
@pytest.mark.parametrize(
    ("n", "m"), [(3, 5), (3, 100000), (10, 7), (10, 40000), (20, 7), (20, 30000)]
)
def test_value_and_grad_of_a_batch_is_that_of_its_examples(
    spec: str, n: int, m: int
) -> None:
    rng = np.random.default_rng(0)
    rows, labels = (
        jnp.asarray(rng.normal(size=(m, n))),
        jnp.asarray(rng.integers(0, n, m)),
    )
    plain = ls.per_example(spec)
    total = lambda z: ((each := plain(z, labels)).sum(), each)
    (_, expected), slopes = jax.jit(jax.value_and_grad(total, has_aux=True))(rows)
    for class_axis in (-1, 0):
        losses, gradients = jax.jit(ls.value_and_grad(spec, class_axis=class_axis))(
            rows if class_axis else rows.T, labels
        )
        np.testing.assert_allclose(losses, expected, rtol=1e-12)
        np.testing.assert_allclose(
            gradients if class_axis else gradients.T, slopes, rtol=1e-11, atol=1e-15
        )


@pytest.mark.parametrize(("n", "m"), [(3, 300), (10, 20000)])
def test_value_and_grad_can_be_differentiated(n: int, m: int) -> None:
    """Its losses and its gradients: with the derivatives of the plain form, not those of the blocks."""
    rng = np.random.default_rng(0)
    z, y = jnp.asarray(rng.normal(size=(m, n))), jnp.asarray(rng.integers(0, n, m))
    run = ls.value_and_grad("softmax + cross_entropy")
    gradients = jax.jit(run)(z, y)[1]
    np.testing.assert_allclose(
        jax.jit(jax.grad(lambda z: run(z, y)[0].sum()))(z),
        gradients,
        rtol=1e-12,
        atol=1e-15,
    )
    curvature = jax.jit(
        lambda z: jax.jvp(lambda z: run(z, y)[1], (z,), (jnp.ones_like(z),))[1]
    )(z)
    np.testing.assert_allclose(curvature, 0, atol=1e-15)  # invariant to a shift
    slopes = jax.jit(lambda z: jax.jvp(lambda z: run(z, y)[0], (z,), (gradients,))[1])(
        z
    )
    np.testing.assert_allclose(slopes, (gradients**2).sum(1), rtol=1e-12)


def test_value_and_grad_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="must be 0 or -1, got 1"):
        ls.value_and_grad("softmax + brier", class_axis=1)
    with pytest.raises(ValueError, match="must have two axes"):
        ls.value_and_grad("softmax + brier")(Z, jnp.array(0))
    with pytest.raises(IndexError, match="between 0 and 2"):
        ls.value_and_grad("softmax + brier")(jnp.stack([Z]), jnp.array([3]))


def test_drop_in_refuses_an_axis_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="one of the 1 axes of the logits, got 1"):
        ls.drop_in("softmax")(Z, axis=1)


def test_a_spec_is_parsed_to_literals() -> None:
    first, second = specs.parse("a(x=-1.5, y='w')  + b")
    assert (first.text, first.name) == ("a(x=-1.5, y='w')", "a")
    assert first.parameters == {"x": -1.5, "y": "w"}
    assert (second.text, second.name, second.parameters) == ("b", "b", {})


def test_equal_terms_are_one_function_whatever_they_stand_beside() -> None:
    a, b = (ls.objective(f"taylor(order=4) + {loss}") for loss in ("brier", "mae"))
    assert a.normalizer is b.normalizer
    assert (
        ls.objective("perceptron").normalizer
        is ls.objective("crammer_singer").normalizer
    )


def test_importing_costs_no_plotting_and_changes_no_setting() -> None:
    code = (
        "import sys, jax; before = dict(jax.config.values); import logitscape; assert jax.config.values == before; "
        "bad = {'matplotlib', 'xarray', 'rich', 'zarr'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_complement_is_accurate_at_both_ends() -> None:
    p = ls.normalizer("softmax")(jnp.array([0.0, 50.0]))
    np.testing.assert_allclose(p.complement, [1.0, np.exp(-50.0)], rtol=1e-14)
    tie = ls.normalizer("softmax")(jnp.zeros(2))
    np.testing.assert_array_equal(tie.complement, [0.5, 0.5])
    improper = ls.Probs(jnp.array([0.9, 0.2, 0.8]), jnp.log(jnp.array([0.9, 0.2, 0.8])))
    np.testing.assert_allclose(improper.complement, [0.1, 0.8, 0.2], rtol=1e-14)
    rows = jax.vmap(ls.normalizer("softmax"))(jnp.array([[0.0, 50.0], [0.0, 0.0]]))
    np.testing.assert_array_equal(rows.complement, [p.complement, tie.complement])

"""Losses whose target has a number from 0 to 1 for each class or similarity: numbers and laws."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from mpmath import mp, mpf

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.objectives.test_half_precision import assert_close
from tests.oracle import evaluate as exactly
from tests.oracle import truth
from tests.oracle.multilabel_accuracy import sizes, wrong_numbers
from tests.shares import share

EVERY = [*ls.MULTILABEL_LOSSES, *ls.CONTRASTIVE_LOSSES]
ONE_POSITIVE = ("info_nce", "decoupled", "triplet")
SMOOTH = [
    name
    for name in EVERY
    if name not in ("triplet", "lovasz_hinge", "binary_hinge", "binary_perceptron")
]
Z = jnp.array([0.5, -1.5, 2.0, -4.0])
T = jnp.array([1.0, 0.0, 0.0, 1.0])


def target_of(name: str) -> jax.Array:
    return jnp.array([1.0, 0.0, 0.0, 0.0]) if name in ONE_POSITIVE else T


@pytest.mark.parametrize("name", share(EVERY, one_in=2))
def test_every_number_is_right(name: str) -> None:
    """Losses and gradients, by the rule of tests/oracle."""
    few, more = sizes(name)
    assert not wrong_numbers([name], few, "float64")
    assert not wrong_numbers([name], more, "float64")
    assert not wrong_numbers([name], more, "float32")


@pytest.mark.parametrize(
    "specs",
    [
        [
            "sigmoid_focal(gamma=0.5, alpha=0.75)",
            "sigmoid_focal(gamma=0, alpha=1)",
            "asymmetric(gamma_positive=0, gamma_negative=0.5, shift=0)",
            "asymmetric(gamma_positive=3, gamma_negative=0, shift=0.2)",
            "sigmoid_cross_entropy(pos_weight=3, class_weights=0.5)",
            "binary_squared_hinge(margin=0)",
            "tversky(alpha=1, beta=1, smoothing=1)",
            "dice(smoothing=1)",
        ],
        ["info_nce(temperature=1)", "decoupled(temperature=2)"],
        ["triplet(negatives='hardest')", "triplet(margin=0)"],
        ["siglip(scale=1, bias=0)", "supervised_contrastive(temperature=0.5)"],
    ],
    ids=lambda specs: specs[0],
)
def test_every_number_is_right_with_other_parameters(specs: list[str]) -> None:
    assert not wrong_numbers(specs, 3, "float64")


@pytest.mark.quick
@pytest.mark.parametrize("name", EVERY)
def test_the_gradient_of_the_oracle_is_the_derivative_of_its_value(name: str) -> None:
    z = (0.3, 0.9, 1.7, -2.5)
    t = tuple(map(float, target_of(name)))
    for k, slope in enumerate(truth(name, z, t).gradient):
        with mp.workdps(100):
            step = mpf(10) ** -25
            up, down = (
                exactly(
                    name,
                    tuple(mpf(x) + sign * step * (j == k) for j, x in enumerate(z)),
                    t,
                    "float64",
                    100,
                ).value
                for sign in (1, -1)
            )
            assert abs((up - down) / (2 * step) - slope) < mpf(10) ** -20


def test_half_precision_is_rounded_once() -> None:
    several = [x for x in EVERY if x != "lovasz_hinge"]
    assert_close(
        [x for x in several if x not in ("decoupled", "triplet")],
        [(1.0, 0.0, 0.0), (0.5, 0.25, 0.25)],
    )
    assert_close(["lovasz_hinge", "decoupled", "triplet"], [(1.0, 0.0, 0.0)])


@pytest.mark.quick
def test_values_of_the_authors_codes() -> None:
    """Computed with NumPy from the code of each, at the commit that its comment names."""
    expected = {
        # Alibaba-MIIL/ASL 8c9e0bd
        "asymmetric": 4.971320617788593,
        "asymmetric(gamma_positive=0, gamma_negative=2, shift=0)": 6.1490079384459,
        # bermanmaxim/LovaszSoftmax 7d48792
        "lovasz_hinge": 3.1666666666666665,
        # bojone/bert4keras, multilabel_categorical_crossentropy
        "zlpr": 6.182178246903584,
    }
    for spec, value in expected.items():
        # The code of ASL has an epsilon of 1e-8 in its logarithm.
        np.testing.assert_allclose(ls.objective(spec)(Z, T), value, rtol=1e-7)
    assert ls.objective("lovasz_hinge")(Z, jnp.zeros(4)) == 3


@pytest.mark.quick
def test_they_are_those_of_optax() -> None:
    z, t = Z, jnp.array([1.0, 0.25, 0.0, 1.0])
    one = lambda spec, target: ls.objective(spec)(z, target)
    np.testing.assert_allclose(
        one("sigmoid_cross_entropy", t), optax.sigmoid_binary_cross_entropy(z, t).sum()
    )
    np.testing.assert_allclose(
        one("sigmoid_focal(gamma=2, alpha=0.25)", T),
        optax.sigmoid_focal_loss(z, T, alpha=0.25, gamma=2).sum(),
    )
    signs = 2 * T - 1
    np.testing.assert_allclose(one("binary_hinge", T), optax.hinge_loss(z, signs).sum())
    np.testing.assert_allclose(
        one("binary_perceptron", T), optax.losses.perceptron_loss(z, signs).sum()
    )


@pytest.mark.quick
@pytest.mark.parametrize("name", list(ls.MULTILABEL_LOSSES))
def test_a_label_and_its_logit_change_sign_together(name: str) -> None:
    """Where yes and no are treated alike; others say in their docstrings that they are not."""
    loss = ls.objective(name)
    is_same = bool(np.isclose(loss(Z, T), loss(-Z, 1 - T), rtol=1e-12))
    unequal = (
        "sigmoid_focal",
        "asymmetric",
        "soft_f1",
        "dice",
        "tversky",
        "lovasz_hinge",
    )
    assert is_same == (name not in unequal)


def test_classes_are_separate_where_the_docstring_has_a_sum_over_them() -> None:
    joined = ("soft_f1", "dice", "tversky", "lovasz_hinge", "zlpr", "lsep")
    for name in ls.MULTILABEL_LOSSES:
        loss = ls.objective(name)
        apart = sum(loss(Z[k : k + 1], T[k : k + 1]) for k in range(4))
        assert bool(np.isclose(loss(Z, T), apart)) == (name not in joined), name


def test_identities() -> None:
    of = lambda spec, z=Z, t=T: ls.objective(spec)(z, t)
    np.testing.assert_allclose(
        of("zlpr", Z[:1], T[:1]), of("sigmoid_cross_entropy", Z[:1], T[:1])
    )
    np.testing.assert_allclose(
        2 * of("sigmoid_focal(gamma=0, alpha=0.5)"), of("sigmoid_cross_entropy")
    )
    np.testing.assert_allclose(
        of("asymmetric(gamma_positive=0, gamma_negative=0, shift=0)"),
        of("sigmoid_cross_entropy"),
    )
    np.testing.assert_allclose(of("tversky(alpha=0.5, beta=0.5)"), of("soft_f1"))
    np.testing.assert_allclose(
        of("siglip(scale=1, bias=0)"), of("sigmoid_cross_entropy")
    )
    one = jnp.array([0.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(
        of("one_vs_rest", Z, one), of("sigmoid_cross_entropy", Z, one)
    )
    for name in ("supervised_contrastive(temperature=1)", "mil_nce", "lsep"):
        np.testing.assert_allclose(
            of(name, Z, one), of("softmax + cross_entropy", Z, one)
        )
    np.testing.assert_allclose(
        of("triplet(margin=1)", Z, one), of("weston_watkins", Z, one)
    )
    np.testing.assert_allclose(
        of("triplet(margin=1, negatives='hardest')", Z, one),
        of("crammer_singer", Z, one),
    )


@pytest.mark.quick
def test_weights_of_classes_and_of_yes() -> None:
    z, t, v, w = (
        Z,
        jnp.array([1.0, 0.25, 0.0, 1.0]),
        (3.0, 1.0, 2.0, 0.5),
        (1.0, 2.0, 0.0, 4.0),
    )
    plain = ls.objective("sigmoid_cross_entropy")
    yes = jnp.stack([plain(z[k : k + 1], jnp.ones(1)) for k in range(4)])
    no = jnp.stack([plain(z[k : k + 1], jnp.zeros(1)) for k in range(4)])
    expected = (jnp.array(w) * (jnp.array(v) * t * yes + (1 - t) * no)).sum()
    weighted = ls.objective(f"sigmoid_cross_entropy(pos_weight={v}, class_weights={w})")
    np.testing.assert_allclose(weighted(z, t), expected)
    traced = jax.jit(
        lambda v, w: ls.multilabel.sigmoid_cross_entropy(
            z, t, pos_weight=v, class_weights=w
        )
    )
    np.testing.assert_allclose(traced(jnp.array(v), jnp.array(w)), expected)
    assert np.isnan(traced(-jnp.array(v), jnp.array(w)))


def test_derivatives_of_second_order_and_in_targets_and_parameters() -> None:
    """Against central differences, all in one program; forward mode agrees with reverse."""
    shift = jax.random.normal(jax.random.PRNGKey(0), (4,))

    def numbers(loss, z, t):
        gradient = jax.grad(loss)(z, t)
        second = jax.jvp(lambda x: jax.grad(loss)(x, t), (z,), (shift,))[1]
        return (
            loss(z, t),
            jax.jvp(lambda x: loss(x, t), (z,), (shift,))[1],
            gradient,
            second,
        )

    losses = {name: ls.objective(name) for name in SMOOTH}

    @jit_fast_compile
    def run(z):
        return {
            name: numbers(loss, z, target_of(name)) for name, loss in losses.items()
        }

    step = 1e-6
    here, up, down = run(Z / 4), run(Z / 4 + step * shift), run(Z / 4 - step * shift)
    for name, (_, slope, gradient, second) in here.items():
        difference = (up[name][0] - down[name][0]) / (2 * step)
        np.testing.assert_allclose(
            slope, difference, rtol=1e-5, atol=1e-7, err_msg=name
        )
        np.testing.assert_allclose(gradient @ shift, slope, rtol=1e-10, err_msg=name)
        bent = (up[name][2] - down[name][2]) / (2 * step)
        np.testing.assert_allclose(second, bent, rtol=1e-4, atol=1e-6, err_msg=name)


PARAMETERS = [
    ("sigmoid_cross_entropy", "pos_weight", -1.0),
    ("sigmoid_cross_entropy", "class_weights", -1.0),
    ("sigmoid_focal", "gamma", -1.0),
    ("sigmoid_focal", "alpha", 1.5),
    ("asymmetric", "gamma_positive", -1.0),
    ("asymmetric", "gamma_negative", -1.0),
    ("asymmetric", "shift", 1.5),
    ("binary_hinge", "margin", -1.0),
    ("binary_squared_hinge", "margin", -1.0),
    ("soft_f1", "smoothing", -1.0),
    ("dice", "smoothing", -1.0),
    ("tversky", "alpha", -1.0),
    ("tversky", "beta", -1.0),
    ("tversky", "smoothing", -1.0),
    ("info_nce", "temperature", 0.0),
    ("decoupled", "temperature", 0.0),
    ("triplet", "margin", -1.0),
    ("supervised_contrastive", "temperature", 0.0),
    ("mil_nce", "temperature", 0.0),
    ("siglip", "scale", 0.0),
    ("siglip", "bias", np.inf),
]


@pytest.mark.quick
def test_every_parameter_that_is_a_number_is_listed() -> None:
    listed = {(name, parameter) for name, parameter, _ in PARAMETERS}
    for name in EVERY:
        function = (ls.MULTILABEL_LOSSES | ls.CONTRASTIVE_LOSSES)[name]
        for parameter in inspect.signature(function).parameters.values():
            if isinstance(parameter.default, float):
                assert (name, parameter.name) in listed


@pytest.mark.quick
@pytest.mark.parametrize(("name", "parameter", "bad"), PARAMETERS)
def test_parameters_out_of_range(name: str, parameter: str, bad: float) -> None:
    """Known ones are refused by name, traced ones give NaN; inside it they have a derivative."""
    function = (ls.MULTILABEL_LOSSES | ls.CONTRASTIVE_LOSSES)[name]
    good = inspect.signature(function).parameters[parameter].default + 0.25
    loss = lambda x: function(Z, target_of(name), **{parameter: x})
    with pytest.raises(ValueError, match=rf"`{name}\({parameter}=\.\.\.\)`"):
        loss(bad)
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(loss)))(
        jnp.array([bad, good, good + 1e-6, good - 1e-6])
    )
    assert np.isnan(values[0])
    assert np.isnan(slopes[0])
    difference = (values[2] - values[3]) / 2e-6
    np.testing.assert_allclose(slopes[1], difference, rtol=1e-5, atol=1e-7)


BAD_TARGETS = jnp.array(
    [[1.5, 0, 0, 0], [-0.5, 1, 0, 0], [np.nan, 1, 0, 0], [np.inf, 0, 0, 0]]
)


def test_targets_with_other_numbers_are_refused_or_give_nan_in_every_component() -> (
    None
):
    losses = {name: ls.objective(name) for name in EVERY}
    every = jit_fast_compile(
        lambda t: {
            name: jax.vmap(jax.value_and_grad(loss), (None, 0))(Z, t)
            for name, loss in losses.items()
        }
    )
    for name, (values, gradients) in every(BAD_TARGETS).items():
        assert np.isnan(values).all(), name
        assert np.isnan(gradients).all(), name
    for name, loss in losses.items():
        for target in BAD_TARGETS:
            with pytest.raises(ValueError, match=r"must be|needs"):
                loss(Z, target)
        assert np.isnan(
            jax.jit((ls.MULTILABEL_LOSSES | ls.CONTRASTIVE_LOSSES)[name])(
                Z, BAD_TARGETS[1]
            )
        )


@pytest.mark.quick
def test_what_a_target_may_be() -> None:
    loss = ls.objective("sigmoid_cross_entropy")
    expected = loss(Z, T)
    for target in (
        np.array(T, bool),
        np.array(T, int),
        T.astype(jnp.float32),
    ):
        np.testing.assert_allclose(loss(Z, target), expected)
    assert np.isfinite(loss(Z, jax.nn.one_hot(2, 4)))
    with pytest.raises(ValueError, match=r"one_hot\(label, n\)"):
        loss(Z, 2)
    with pytest.raises(ValueError, match="from 0 to 1, one for each class, got"):
        loss(Z, np.array([0, 2, 1, 0]))
    with pytest.raises(ValueError, match="needs a target of 0 and 1"):
        ls.objective("lovasz_hinge")(Z, T / 2)
    with pytest.raises(ValueError, match="needs a one-hot target"):
        ls.objective("triplet")(Z, jnp.full(4, 0.25))


def test_a_batch_takes_targets_and_refuses_labels_with_the_remedy() -> None:
    z, t = jnp.stack([Z, -Z])[:, None], jnp.stack([T, 1 - T])[:, None]
    for name in ("sigmoid_cross_entropy", "siglip", "soft_cap(cap=5) > zlpr"):
        one, many = ls.objective(name), ls.per_example(name)
        expected = [[one(Z, T)], [one(-Z, 1 - T)]]
        np.testing.assert_allclose(many(z, t), expected)
        np.testing.assert_allclose(jax.jit(many)(z, t), expected)
        losses, gradients = jax.jit(ls.value_and_grad(name))(z[:, 0], t[:, 0])
        np.testing.assert_allclose(losses, np.ravel(expected))
        np.testing.assert_allclose(gradients[0], jax.grad(one)(Z, T))
        assert np.isnan(jax.jit(many)(z, 2 * t)).all()
        with pytest.raises(TypeError, match=r"one_hot\(labels, 4\)"):
            many(z, np.array([[0], [1]]))
        with pytest.raises(ValueError, match=r"must be .* got 2"):
            many(z, 2 * t)
        with pytest.raises(ValueError, match="must have the logits' shape"):
            many(z, t[0])
        with pytest.raises(TypeError, match="takes targets"):
            ls.linear_loss(name)
    with pytest.raises(ValueError, match="for losses of integer labels"):
        ls.per_example("zlpr", ignored_label=-1)


@pytest.mark.quick
def test_a_probe_of_a_batch() -> None:
    z = jnp.array([[2.0, -1.0], [2.0, 1.0], [-1.0, -3.0]])
    t = jnp.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    statistics = jax.jit(ls.probe("sigmoid_cross_entropy"))(z, t)
    np.testing.assert_allclose(statistics.wrong, 1 / 3)
    np.testing.assert_allclose(
        statistics.loss, ls.per_example("sigmoid_cross_entropy")(z, t).mean()
    )
    # The most similar candidate of the third anchor is its positive, whatever its sign.
    marks = jnp.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_allclose(ls.probe("siglip")(z, marks).wrong, 1 / 3)
    assert np.isnan(jax.jit(ls.probe("zlpr"))(z, 2 * t).loss)


@pytest.mark.quick
@pytest.mark.parametrize("name", EVERY)
def test_docstrings_say_what_a_user_needs(name: str) -> None:
    function = (ls.MULTILABEL_LOSSES | ls.CONTRASTIVE_LOSSES)[name]
    text = inspect.getdoc(function) or ""
    assert "`" in text
    assert "Source: " in text
    for parameter in inspect.signature(function).parameters.values():
        assert (
            parameter.kind is not parameter.KEYWORD_ONLY or f"{parameter.name}:" in text
        )


@pytest.mark.quick
@pytest.mark.parametrize("name", EVERY)
def test_they_stand_alone(name: str) -> None:
    assert ls.loss(name).name == name
    with pytest.raises(ValueError, match="takes no normalizer"):
        ls.objective(f"softmax + {name}")
    with pytest.raises(ValueError, match="is a loss, not a normalizer"):
        ls.normalizer(name)


def test_laws_far_out() -> None:
    """Along "a rival rises" and "the label falls", by the formulas of p far out."""
    laws = ls.gradient_laws(EVERY, "R2")
    constant = {
        "sigmoid_cross_entropy": "1.00",
        "sigmoid_focal": "0.250",
        "asymmetric": "1.00",
        "binary_hinge": "1.00",
        "zlpr": "1.00",
        "lsep": "1.00",
        "info_nce": "14.3",
        "decoupled": "10.0",
        "supervised_contrastive": "10.0",
        "siglip": "10.0",
        "triplet": "2.00",
    }
    for name, expected in constant.items():
        assert str(laws[name].slope) == expected, name
    fades = ("sigmoid_brier", "soft_f1", "dice", "tversky")
    assert all(laws[name].slope.kind == "exponential decay" for name in fades)
    rising = ls.gradient_laws(["asymmetric", "info_nce"], "R1")
    # (1 - q) stays at the shift, and log(1 - q) at its logarithm.
    assert str(rising["asymmetric"].slope).endswith("e^(-1.00 s)")
    assert str(rising["info_nce"].slope) == "14.3"

"""Rules that every entry of the catalog keeps: its docstring, and its parameters out of range."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls
from tests.formulas import LOGITS, hot
from tests.oracle.cases import in_domain
from tests.shares import share

pytestmark = pytest.mark.quick

OUT_OF_RANGE = [
    ("softmax", "inverse_temperature", -1.0),
    ("spherical", "epsilon", 0.0),
    ("softmax_one", "sink", np.inf),
    ("power", "exponent", np.inf),
    ("eps_softmax", "amount", -1.0),
    ("t_softmax", "width", 0.0),
    ("r_softmax", "rate", 1.5),
    ("r_softmax", "epsilon", 0.0),
    ("sparsegen", "sparsity", 1.0),
    ("sparsehourglass", "q", 0.0),
    ("normmax", "alpha", 1.0),
    ("budget", "total", 0.0),
    ("softpick", "epsilon", 0.0),
    ("entmax", "alpha", -3.5),
    ("tempered", "temperature", 0.5),
    ("generalized_cross_entropy", "q", 1.5),
    ("focal", "gamma", -1.0),
    ("poly1", "epsilon", np.inf),
    ("symmetric_cross_entropy", "alpha", -1.0),
    ("symmetric_cross_entropy", "beta", -1.0),
    ("symmetric_cross_entropy", "log_zero", 1.0),
    ("clipped_cross_entropy", "epsilon", 0.0),
    ("tsallis_score", "alpha", 0.5),
    ("reverse_kl", "smoothing", 0.0),
    ("label_smoothing", "smoothing", -0.1),
    ("entmax_loss", "alpha", 0.0),
    ("squared_logits", "scale", -1.0),
    ("squared_logits", "target", np.inf),
    ("z_loss", "weight", -1.0),
    ("partially_huberised_cross_entropy", "tau", 1.0),
    ("asymmetric_generalized_cross_entropy", "a", 0.0),
    ("asymmetric_generalized_cross_entropy", "q", 0.0),
    ("asymmetric_unhinged", "a", 1.0),
    ("asymmetric_unhinged", "q", 0.0),
    ("asymmetric_exponential", "a", 0.0),
    ("alpha_loss", "alpha", 0.0),
    ("comp_sum", "tau", -1.0),
    ("sample_dependent_focal", "gamma", -1.0),
    ("sample_dependent_focal", "threshold", 2.0),
    ("bi_tempered", "t1", 1.5),
    ("normalized_focal", "gamma", -1.0),
    ("normalized_generalized_cross_entropy", "q", 0.0),
    ("normalized_negative_cross_entropy", "floor", 0.0),
    ("active_passive", "alpha", -1.0),
    ("active_passive", "beta", -1.0),
    ("active_passive", "log_zero", 1.0),
    ("active_negative", "alpha", -1.0),
    ("active_negative", "beta", -1.0),
    ("active_negative", "floor", 0.0),
    ("jensen_shannon", "weight", 0.0),
    ("confidence_penalty", "beta", -1.0),
    ("soft_bootstrapping", "beta", 1.5),
    ("hard_bootstrapping", "beta", 1.5),
    ("logit_adjusted", "tau", -1.0),
    ("ldam", "max_margin", -1.0),
    ("ldam", "scale", 0.0),
    ("arcface", "margin", 3.5),
    ("arcface", "scale", 0.0),
    ("cosface", "margin", -1.0),
    ("cosface", "scale", 0.0),
    ("max_sup", "weight", -1.0),
    ("dual_focal", "gamma", -1.0),
    ("smooth_top_k_hinge", "temperature", 0.0),
    ("smooth_top_k_hinge", "margin", -1.0),
    ("sparsegen_loss", "sparsity", 1.0),
    ("margin_label_smoothing", "margin", -1.0),
    ("margin_label_smoothing", "weight", -1.0),
]


@pytest.mark.parametrize(("name", "parameter", "bad"), share(OUT_OF_RANGE, one_in=5))
@pytest.mark.lengthy
def test_a_traced_parameter_out_of_range_gives_nan_in_a_compiled_batch_too(
    name: str, parameter: str, bad: float
) -> None:
    """The value, and the derivatives in the logits and in the parameter.

    Infinity is out of range for every parameter.
    """
    good = (
        inspect.signature((ls.NORMALIZERS | ls.LOSSES)[name])
        .parameters[parameter]
        .default
    )
    z = in_domain(name, LOGITS["three"]).astype(jnp.float32)

    def loss(z: Array, value: Array) -> Array:
        bound = lambda *args: (ls.NORMALIZERS | ls.LOSSES)[name](
            *args, **{parameter: value}
        )
        if name in ls.LOGIT_LOSSES:
            return bound(z, hot(0, 3).astype(z.dtype))
        probs = bound(z) if name in ls.NORMALIZERS else ls.normalizer("softmax")(z)
        return (ls.LOSSES["brier"] if name in ls.NORMALIZERS else bound)(
            probs, hot(0, 3).astype(z.dtype)
        )

    values = jnp.array([bad, good, jnp.inf] * 8, jnp.float32)
    losses, (gradients, slopes) = jax.jit(
        jax.vmap(jax.value_and_grad(loss, (0, 1)), (None, 0))
    )(z, values)
    fine = np.arange(24) % 3 == 1
    assert np.isnan(losses[~fine]).all()
    assert np.isnan(gradients[~fine]).any(axis=1).all()
    assert np.isnan(slopes[~fine]).all()
    for array in (losses, gradients, slopes):
        assert np.isfinite(array[fine]).all()


def test_a_parameter_that_only_float64_holds_is_refused_where_it_meets_float32() -> (
    None
):
    objective = ls.objective("softmax(inverse_temperature=1e300) + cross_entropy")
    assert objective(jnp.array([1e-300, 0.0]), hot(0, 2)) < 1
    with pytest.raises(ValueError, match=r"got 1e\+300 \(in float32, inf\)"):
        objective(jnp.zeros(2, jnp.float32), hot(0, 2))


@pytest.mark.parametrize("name", [*ls.NORMALIZERS, *ls.LOSSES])
def test_docstrings_say_what_a_user_needs(name: str) -> None:
    function = (ls.NORMALIZERS | ls.LOSSES)[name]
    text = inspect.getdoc(function) or ""
    assert "`" in text
    for parameter in inspect.signature(function).parameters.values():
        assert (
            parameter.kind is not parameter.KEYWORD_ONLY or f"{parameter.name}:" in text
        )

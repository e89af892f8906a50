"""Multi-label losses: a sigmoid for every class, and an answer for each in the target.

Each is a sum over the classes; frameworks that take the mean divide it by n. A scalar logit is the
case n = 1. For a target between 0 and 1 a loss is the expectation over the answers yes and no,
where the docstring does not say otherwise. A logit of -inf or +inf counts by its limit: 0 where it
is right, infinite or the bound of the loss where it is wrong.
"""

import jax.numpy as jnp

from ..base.exponentials import logistic
from ..base.formula import on_labels
from ..base.parameters import parameter
from ..base.per_class import PerClass, per_class
from ..base.types import Parameter, Scalar, Vector
from .logistic_terms import (
    damped_miss,
    shifted_miss,
    weighed,
    weighted_logistic,
    whole_exponent,
)


@on_labels
def sigmoid_cross_entropy(
    logits: Vector,
    target: Vector,
    *,
    pos_weight: PerClass = 1.0,
    class_weights: PerClass = 1.0,
) -> Scalar:
    """`-sum_k w_k (v_k t_k log p_k + (1 - t_k) log(1 - p_k))` with `p_k = 1 / (1 + e^{-z_k})`:
    binary cross-entropy for every class.

    With weights of 1 its gradient in the logits is p - t.

    >>> import jax, jax.numpy as jnp, numpy as np, logitscape as ls
    >>> loss = ls.objective("sigmoid_cross_entropy")
    >>> value, gradient = jax.value_and_grad(loss)(jnp.zeros(3), jnp.array([1.0, 1.0, 0.0]))
    >>> round(float(value), 3), gradient.tolist()
    (2.079, [-0.5, -0.5, 0.5])
    >>> weighted = ls.objective("sigmoid_cross_entropy(pos_weight=(3, 1))")
    >>> round(float(weighted(jnp.zeros(2), jnp.array([1.0, 0.0]))), 3)
    2.773

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        pos_weight: Weights v of the answer yes, at least 0: a number, or one for each class.
        class_weights: Weights w of the classes, at least 0: a number, or one for each class.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If a weight is negative or not finite (NaN if it is traced).

    Source: Cox, The regression analysis of binary sequences, 1958; the weights are those of
    `torch.nn.BCEWithLogitsLoss`, which takes the mean.
    """
    name = "sigmoid_cross_entropy"
    v = per_class(name, "pos_weight", pos_weight, logits, low=0)
    w = per_class(name, "class_weights", class_weights, logits, low=0)
    return jnp.sum(weighted_logistic(logits, w * v * target, w * (1 - target)))


@on_labels
def sigmoid_focal(
    logits: Vector,
    target: Vector,
    *,
    gamma: Parameter = 2.0,
    alpha: Parameter = 0.25,
) -> Scalar:
    """`-sum_k a t_k (1 - p_k)^gamma log p_k + (1 - a) (1 - t_k) p_k^gamma log(1 - p_k)` with
    `p_k = 1 / (1 + e^{-z_k})`: the focal loss of object detectors.

    Half of binary cross-entropy at gamma = 0 and alpha = 1/2.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("sigmoid_focal(gamma=2, alpha=0.25)")
    >>> round(float(loss(jnp.zeros(1), jnp.ones(1))), 4)
    0.0433

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        gamma: Exponent, at least 0; the larger, the less an almost right answer counts.
        alpha: Weight a of the answer yes, from 0 to 1.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Lin et al., Focal Loss for Dense Object Detection, arXiv 1708.02002, in its form
    with a balance alpha.
    """
    dtype = logits.dtype
    power = parameter("sigmoid_focal", "gamma", gamma, dtype, low=0)
    a = parameter("sigmoid_focal", "alpha", alpha, dtype, low=0, high=1)
    whole = whole_exponent(gamma)
    yes = damped_miss(logits, power, True, whole)
    no = damped_miss(logits, power, False, whole)
    return jnp.sum(weighed(a * target, yes, (1 - a) * (1 - target), no))


@on_labels
def asymmetric(
    logits: Vector,
    target: Vector,
    *,
    gamma_positive: Parameter = 1.0,
    gamma_negative: Parameter = 4.0,
    shift: Parameter = 0.05,
) -> Scalar:
    """`-sum_k t_k (1 - p_k)^a log p_k + (1 - t_k) q_k^b log(1 - q_k)` with
    `p_k = 1 / (1 + e^{-z_k})` and `q_k = max(p_k - m, 0)`: the asymmetric loss, ASL.

    A class that is not there has loss and gradient 0 once its probability is at most m. The
    derivative is that of the formula; the class `AsymmetricLoss` of the authors' code takes the
    factors `(1 - p)^a` and `q^b` as constants unless told otherwise.

    >>> import jax, jax.numpy as jnp, numpy as np, logitscape as ls
    >>> gradient = jax.grad(ls.objective("asymmetric"))
    >>> print(np.asarray(gradient(jnp.array([-3.0, 0.0]), jnp.zeros(2))).round(3))
    [0.    0.073]

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        gamma_positive: Exponent a of the answer yes, at least 0; the paper has 0, the code 1.
        gamma_negative: Exponent b of the answer no, at least 0.
        shift: Probability m up to which a class that is not there counts as right, from 0 to 1.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Ridnik et al., Asymmetric Loss For Multi-Label Classification, arXiv 2009.14119,
    with its probability shift; defaults of the code at github.com/Alibaba-MIIL/ASL.
    """
    name, dtype = "asymmetric", logits.dtype
    a = parameter(name, "gamma_positive", gamma_positive, dtype, low=0)
    b = parameter(name, "gamma_negative", gamma_negative, dtype, low=0)
    m = parameter(name, "shift", shift, dtype, low=0, high=1)
    yes = damped_miss(logits, a, True, whole_exponent(gamma_positive))
    no = shifted_miss(logits, b, m, whole_exponent(gamma_negative))
    return jnp.sum(weighed(target, yes, 1 - target, no))


@on_labels
def sigmoid_brier(logits: Vector, target: Vector) -> Scalar:
    """`sum_k (p_k - t_k)^2` with `p_k = 1 / (1 + e^{-z_k})`: the squared error of every class.

    Bounded by n. The square is taken of the target as it is, also between 0 and 1.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> float(ls.objective("sigmoid_brier")(jnp.zeros(2), jnp.array([1.0, 0.5])))
    0.25

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].

    Returns:
        Loss, from 0 to n.

    Source: Brier, Verification of forecasts expressed in terms of probability, 1950.
    """
    # As a difference, p - t would cancel near 1.
    return jnp.sum(((1 - target) * logistic(logits) - target * logistic(-logits)) ** 2)

"""Losses for classes of unequal frequency: what is known of the frequencies moves the logits."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.class_parameters import ClassParameter, positive_of_classes
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.top import below_top
from ..base.types import Parameter, Scalar, Vector
from .softmax_loss import softmax_cross_entropy


@on_logits
def logit_adjusted(
    logits: Vector,
    target: Vector,
    *,
    prior: ClassParameter = None,
    tau: Parameter = 1.0,
) -> Scalar:
    """Cross-entropy of `softmax(z + tau log prior)`, which trains z itself to predict as if all
    classes were equally frequent.

    Its derivative is p - t with that p, and predictions are made without the prior.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("logit_adjusted(prior=(0.7, 0.2, 0.1))")
    >>> round(float(loss(jnp.zeros(3), jnp.array([0.0, 0.0, 1.0]))), 3)
    2.303

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        prior: Frequencies of the classes, [n], greater than 0 and with sum 1; None if they are
            equal, which leaves cross-entropy.
        tau: Strength of the adjustment, at least 0.

    Returns:
        Loss in nats, at least 0.

    Raises:
        ValueError: If the prior or tau is out of its range (NaN if it is traced).

    Source: Menon et al., arXiv 2007.07314 (logit adjusted softmax cross-entropy).
    """
    return _shifted(logits, adjustment(logits, prior, tau), target)


def adjustment(logits: Vector, prior: ClassParameter, tau: Parameter) -> Vector | None:
    """`tau log prior`, [n]; None if it is known to be 0."""
    strength = parameter("logit_adjusted", "tau", tau, logits.dtype, low=0)
    if prior is None:
        # A strength that is NaN shows in the result too.
        is_traced = isinstance(tau, jax.core.Tracer)
        return jnp.full_like(logits, 0 * strength) if is_traced else None
    frequencies = positive_of_classes(
        "logit_adjusted",
        "prior",
        prior,
        logits,
        sums_to_one="Class counts belong to `balanced_softmax(counts=...)`.",
    )
    return strength * jnp.log(frequencies)


@on_logits
def balanced_softmax(
    logits: Vector, target: Vector, *, counts: ClassParameter = None
) -> Scalar:
    """Cross-entropy of p_k in proportion to `n_k e^{z_k}`, n_k being the number of examples of
    class k: `logit_adjusted` with tau = 1 and the frequencies of the training data.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("balanced_softmax(counts=(700, 200, 100))")
    >>> round(float(loss(jnp.zeros(3), jnp.array([0.0, 0.0, 1.0]))), 3)
    2.303

    Args:
        logits: Logits z of one example, [n].
        target: Distribution t over the classes, [n].
        counts: Numbers of examples of the classes, [n], greater than 0; None if they are equal,
            which leaves cross-entropy.

    Returns:
        Loss in nats, at least 0.

    Raises:
        ValueError: If the counts are not such numbers (NaN if they are traced).

    Source: Ren et al., arXiv 2007.10740 (balanced softmax).
    """
    return _shifted(logits, log_counts(logits, counts), target)


def log_counts(logits: Vector, counts: ClassParameter) -> Vector | None:
    """Logarithms of the classes' frequencies but for a constant, [n]; None for equal ones."""
    if counts is None:
        return None
    return jnp.log(positive_of_classes("balanced_softmax", "counts", counts, logits))


@on_logits
def ldam(
    logits: Vector,
    target: Vector,
    *,
    counts: ClassParameter = None,
    max_margin: Parameter = 0.5,
    scale: Parameter = 30.0,
) -> Scalar:
    """Cross-entropy of `softmax(s (z - m t))` with margins `m_k = max_margin (n_min / n_k)^{1/4}`:
    the rarer a class, the larger the margin it needs.

    For a soft target every class has its margin in proportion to its weight.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("ldam(counts=(1600, 100), scale=1)")
    >>> round(float(loss(jnp.array([0.25, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.693

    Args:
        logits: Logits z of one example, [n], often cosines.
        target: Distribution t over the classes, [n].
        counts: Numbers of examples of the classes, [n], greater than 0; None if they are equal.
        max_margin: Margin of the rarest class, at least 0.
        scale: Scale s of the logits, greater than 0.

    Returns:
        Loss in nats, at least 0.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Cao et al., arXiv 1906.07413; their code.
    """
    margin = ldam_margin(logits, counts, max_margin)
    factor = parameter("ldam", "scale", scale, logits.dtype, low=0, open=True)
    return with_margin(logits, margin, factor, target)


def ldam_margin(logits: Vector, counts: ClassParameter, max_margin: Parameter) -> Array:
    """The margin of every class, [n], or the one of all."""
    margin = parameter("ldam", "max_margin", max_margin, logits.dtype, low=0)
    if counts is None:
        return margin
    numbers = positive_of_classes("ldam", "counts", counts, logits)
    return margin * (jnp.min(numbers) / numbers) ** 0.25


@on_logits
def cosface(
    logits: Vector,
    target: Vector,
    *,
    margin: Parameter = 0.35,
    scale: Parameter = 64.0,
) -> Scalar:
    """Cross-entropy of `softmax(s (z - m t))`, a margin m for the label: with cosines as logits it
    is CosFace, with m = 0 NormFace, and with s = 1 the soft-margin softmax.

    For a soft target every class has the margin in proportion to its weight.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("cosface(margin=0.5, scale=10)")
    >>> round(float(loss(jnp.array([0.5, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.693

    Args:
        logits: Logits z of one example, [n], the cosines between its features and the classes'.
        target: Distribution t over the classes, [n].
        margin: Margin m, at least 0.
        scale: Scale s of the logits, greater than 0.

    Returns:
        Loss in nats, at least 0.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Wang et al., CosFace, arXiv 1801.09414 (large margin cosine loss).
    """
    gap = parameter("cosface", "margin", margin, logits.dtype, low=0)
    factor = parameter("cosface", "scale", scale, logits.dtype, low=0, open=True)
    return with_margin(logits, gap, factor, target)


def with_margin(z: Vector, margin: Array, scale: Array, target: Vector) -> Scalar:
    """Cross-entropy of `softmax(s (z - m t))`."""
    return softmax_cross_entropy(scale * (below_top(z) - margin * target), target)


def _shifted(z: Vector, shift: Vector | None, target: Vector) -> Scalar:
    """Cross-entropy of `softmax(z + shift)`."""
    if shift is None:
        return softmax_cross_entropy(z, target)
    # As only differences count, the largest shift may be 0.
    return softmax_cross_entropy(below_top(z) + (shift - jnp.max(shift)), target)

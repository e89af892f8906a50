"""Contrastive losses of one row of similarities.

The row `s_1, ..., s_n` holds the similarities of one anchor to n candidates, which are other
members of its batch, and the target marks which of them are its positives. The batch enters by the
candidates only: given its row, the loss of an anchor depends on nothing else. A similarity of -inf
leaves a candidate out, such as the anchor itself. The similarities may be cosines or any products.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import maximum
from ..base.exponentials import softplus
from ..base.formula import on_positives, on_similarities
from ..base.messages import quoted
from ..base.parameters import parameter
from ..base.special import dot, nan_unless
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.exponential import softmax
from .hinges import hinge, of_label, one_if_one_hot
from .log_sums import log_sum
from .logistic_terms import weighted_logistic


@on_similarities
def info_nce(
    similarities: Vector, target: Vector, *, temperature: Parameter = 0.07
) -> Scalar:
    """`-log(e^{s_p / T} / sum_k e^{s_k / T})` of the positive p: InfoNCE, which is softmax with
    cross-entropy of a row of similarities.

    `ls.contrastive.nt_xent` and `ls.contrastive.clip` are this loss for all rows of a batch.

    >>> import jax, jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("info_nce(temperature=0.5)")
    >>> row, positive = jnp.array([0.5, 0.0, 0.0]), jnp.array([1.0, 0.0, 0.0])
    >>> round(float(loss(row, positive)), 3)
    0.551

    Args:
        similarities: Similarities s of an anchor to the candidates, [n].
        target: One-hot target of the positive, or a distribution over several, [n].
        temperature: Temperature T, greater than 0.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If the temperature is not positive and finite (NaN if it is traced).

    Source: van den Oord et al., arXiv 1807.03748 (InfoNCE); Chen et al., SimCLR, arXiv
    2002.05709 (NT-Xent), where the anchor itself is left out.
    """
    c = 1 / _temperature("info_nce", temperature, similarities)
    return dot(target, -softmax(similarities, inverse_temperature=c).log_p)


def pair_of_info_nce(
    temperature: float = 0.07,
) -> tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]:
    """The normalizer and the loss whose pair InfoNCE is, each by its name and parameters."""
    return ("softmax", {"inverse_temperature": 1 / temperature}), ("cross_entropy", {})


@on_similarities
def decoupled(
    similarities: Vector, target: Vector, *, temperature: Parameter = 0.1
) -> Scalar:
    """`-s_p / T + log sum_{k != p} e^{s_k / T}` of the positive p: the decoupled contrastive loss,
    in which the positive is no candidate.

    Its pull on the positive is always 1 / T, and the loss has no bound below.

    >>> import jax, jax.numpy as jnp, logitscape as ls
    >>> gradient = jax.grad(ls.objective("decoupled(temperature=0.5)"))
    >>> gradient(jnp.array([9.0, 0.0, 0.0]), jnp.array([1.0, 0.0, 0.0])).tolist()
    [-2.0, 1.0, 1.0]

    Args:
        similarities: Similarities s of an anchor to the candidates, [n].
        target: One-hot target of the positive, [n].
        temperature: Temperature T, greater than 0.

    Returns:
        Loss, any number; -inf without a negative.

    Raises:
        ValueError: If the temperature is out of its range or the target not one-hot (NaN if it is
            traced).

    Source: Yeh et al., Decoupled Contrastive Learning, arXiv 2110.06848.
    """
    one = one_if_one_hot("decoupled", target)
    t = _temperature("decoupled", temperature, similarities)
    s = one * similarities
    # Relative to the largest negative, as a common offset would be added and taken away again.
    largest = jnp.max(jnp.where(target == 0, s, -jnp.inf))
    top = jax.lax.stop_gradient(jnp.where(jnp.isneginf(largest), 0, largest))
    negatives = log_sum((s - top) / t, 1 - target)
    return one * ((top - of_label(s, target)) / t + negatives)


@on_similarities
def triplet(
    similarities: Vector,
    target: Vector,
    *,
    margin: Parameter = 0.2,
    negatives: str = "all",
) -> Scalar:
    """`sum_{k != p} max(0, m + s_k - s_p)` of the positive p, or only the largest term: the triplet
    loss of every negative, or of the hardest.

    At the kink the derivative is 0; hardest negatives that tie share theirs equally.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> row, positive = jnp.array([0.5, 0.6, 0.4]), jnp.array([1.0, 0.0, 0.0])
    >>> round(float(ls.objective("triplet")(row, positive)), 3)
    0.4
    >>> round(float(ls.objective("triplet(negatives='hardest')")(row, positive)), 3)
    0.3

    Args:
        similarities: Similarities s of an anchor to the candidates, [n].
        target: One-hot target of the positive, [n].
        margin: Margin m, at least 0.
        negatives: "all" or "hardest".

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range or the target not one-hot (NaN if it is
            traced).

    Source: Schroff et al., FaceNet, arXiv 1503.03832 (triplet loss), of similarities in place of
    distances; Faghri et al., VSE++, arXiv 1707.05612 (sum and maximum of hinges).
    """
    # An array would be compared entry by entry.
    if not isinstance(negatives, str) or negatives not in ("all", "hardest"):
        raise ValueError(
            f"`triplet(negatives=...)` must be 'all' or 'hardest', got {quoted(negatives)}."
        )
    one = one_if_one_hot("triplet", target)
    m = parameter("triplet", "margin", margin, similarities.dtype, low=0)
    s = one * nan_unless(jnp.max(similarities) < jnp.inf, similarities)
    gaps = jnp.where(target == 0, s - of_label(s, target), -jnp.inf)
    if negatives == "hardest":
        return one * hinge(m + maximum(gaps))
    return one * jnp.sum(hinge(m + gaps))


@on_positives
def supervised_contrastive(
    similarities: Vector, target: Vector, *, temperature: Parameter = 0.1
) -> Scalar:
    """`-sum_p t_p log(e^{s_p / T} / sum_k e^{s_k / T}) / sum_p t_p`: the mean of InfoNCE over all
    positives of the anchor.

    It is 0 for an anchor without positives.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("supervised_contrastive(temperature=1)")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 1.0, 0.0, 0.0]))), 3)
    1.386

    Args:
        similarities: Similarities s of an anchor to the candidates, [n].
        target: Marks t of the positives, from 0 to 1 for each candidate, [n].
        temperature: Temperature T, greater than 0.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If the temperature is not positive and finite (NaN if it is traced).

    Source: Khosla et al., Supervised Contrastive Learning, arXiv 2004.11362; code at
    github.com/HobbitLong/SupContrast, which multiplies by T over a base temperature.
    """
    c = 1 / _temperature("supervised_contrastive", temperature, similarities)
    count = jnp.sum(target)
    shares = target / jnp.where(count == 0, 1, count)
    return dot(shares, -softmax(similarities, inverse_temperature=c).log_p)


@on_positives
def mil_nce(
    similarities: Vector, target: Vector, *, temperature: Parameter = 1.0
) -> Scalar:
    """`-log(sum_p t_p e^{s_p / T} / sum_k e^{s_k / T})`: all positives together are one answer, and
    one of them is enough.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("mil_nce")
    >>> round(float(loss(jnp.zeros(4), jnp.array([1.0, 1.0, 0.0, 0.0]))), 3)
    0.693

    Args:
        similarities: Similarities s of an anchor to the candidates, [n].
        target: Marks t of the positives, from 0 to 1 for each candidate, [n].
        temperature: Temperature T, greater than 0.

    Returns:
        Loss in nats, from 0 up; infinite for an anchor without positives.

    Raises:
        ValueError: If the temperature is not positive and finite (NaN if it is traced).

    Source: Miech et al., End-to-End Learning of Visual Representations from Uncurated
    Instructional Videos, arXiv 1912.06430.
    """
    t = _temperature("mil_nce", temperature, similarities)
    top = jax.lax.stop_gradient(jnp.max(similarities))
    x = ((similarities - top) + (top - top)) / t  # NaN unless the largest is finite
    return softplus(log_sum(x, 1 - target) - log_sum(x, target))


@on_positives
def siglip(
    similarities: Vector,
    target: Vector,
    *,
    scale: Parameter = 10.0,
    bias: Parameter = -10.0,
) -> Scalar:
    """`sum_k log(1 + e^{-y_k (c s_k + b)})` with y_k = 1 for positives and -1 for negatives: the
    sigmoid loss of SigLIP, a yes-or-no question for every candidate.

    Scale and bias are learned; the defaults are those at the start.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("siglip")
    >>> round(float(loss(jnp.array([1.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    0.693

    Args:
        similarities: Similarities s of an anchor to the candidates, [n].
        target: Marks of the positives, from 0 to 1 for each candidate, [n].
        scale: Scale c, greater than 0.
        bias: Bias b, any finite number.

    Returns:
        Loss in nats, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Zhai et al., Sigmoid Loss for Language Image Pre-Training, arXiv 2303.15343,
    algorithm 1.
    """
    dtype = similarities.dtype
    c = parameter("siglip", "scale", scale, dtype, low=0, open=True)
    b = parameter("siglip", "bias", bias, dtype, low=-jnp.inf)
    return jnp.sum(weighted_logistic(c * similarities + b, target, 1 - target))


def _temperature(name: str, value: Parameter, similarities: Vector) -> Array:
    return parameter(name, "temperature", value, similarities.dtype, low=0, open=True)

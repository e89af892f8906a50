"""Statements of normalizers with a threshold: sparsemax, as it is or of scaled logits, budget and
entmax (see chances.py).

On a face of the set that is projected on, each part moves with its logit less the mean of the
logits that move. So a pull on the label's part moves those of its face, and needs nothing of the
others but their number.
"""

import jax.numpy as jnp
from jax import Array

from ..base.classes import Classes
from ..base.parameters import is_known_to_be, parameter
from ..base.types import Mask, Parameter, Scalar, Vector
from .apart import at_label, mask_of, nan_unless_valid
from .budget import raised_parts
from .chances import Chance, LabelChance
from .entmax import LOWEST_ALPHA
from .entmax import entmax as normalizer
from .sparsemax import hourglass_factor, log_of, scaled_logits, sparsegen_factor
from .threshold import bases, find_threshold


def sparsemax(logits: Vector, label: Array, classes: Classes) -> LabelChance:
    """`[z - tau]_+`."""
    return _of_parts(*_parts(logits), logits, label, classes)


def sparsegen(
    logits: Vector, label: Array, classes: Classes, *, sparsity: Parameter = 0.5
) -> LabelChance:
    """`[z / (1 - l) - tau]_+`."""
    factor = sparsegen_factor(sparsity, logits.dtype)
    parts = _parts(scaled_logits(logits, factor))
    chance, back = _of_parts(*parts, logits, label, classes)

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        return factor * back(on_log_p, on_p)

    return LabelChance(chance, pull_back)


def sparsehourglass(
    logits: Vector, label: Array, classes: Classes, *, q: Parameter = 1.0
) -> LabelChance:
    """`[c z - tau]_+` with `c = (1 + n q) / (|sum_j z_j| + n q)`."""
    q = parameter("sparsehourglass", "q", q, logits.dtype, low=0, open=True)
    factor, moves = hourglass_factor(logits, q, classes.sum)
    parts = _parts(scaled_logits(logits, factor))
    chance, back = _of_parts(*parts, logits, label, classes)
    is_mask = jnp.isneginf(logits)
    # The gradient sums to 0: relative to the largest, a common offset takes no digits.
    below_top = jnp.where(is_mask, 0, logits - classes.maximum(logits))

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        gradient = back(on_log_p, on_p)
        of_factor = classes.sum(gradient * below_top) * moves
        return factor * gradient + jnp.where(is_mask, 0, of_factor)

    return LabelChance(chance, pull_back)


def budget(
    logits: Vector, label: Array, classes: Classes, *, total: Parameter = 2.0
) -> LabelChance:
    """`min(max(z_k - tau, 0), 1)` with the sum B."""
    p, complement = raised_parts(logits, total)
    return _of_parts(p, complement, (p > 0) & (p < 1), logits, label, classes)


def entmax(
    logits: Vector, label: Array, classes: Classes, *, alpha: Parameter = 1.5
) -> LabelChance:
    """`[(a - 1) z - tau]_+^{1 / (a - 1)}`.

    With `u = p^{2 - a}` the label's part moves by `u_y (dz_y - <u, dz> / sum u)`.
    """
    if is_known_to_be(2, alpha):
        return sparsemax(logits, label, classes)
    dtype = logits.dtype
    a = parameter("entmax", "alpha", alpha, dtype, low=LOWEST_ALPHA)
    probs = normalizer(logits, alpha=alpha)
    is_inside = ~jnp.isneginf(probs.log_p)  # NaN is inside
    # By the logarithm, as p may underflow where this power of it does not.
    logs = jnp.where(is_inside, probs.log_p, 0)
    u = jnp.where(is_inside, jnp.exp((2 - a) * logs), 0)
    is_label = mask_of(label, logits, classes)

    def of_label(x: Vector) -> Scalar:
        return at_label(x, label, is_label, classes)

    p = nan_unless_valid(label, classes, of_label(probs.p))
    log_p, u_label = of_label(probs.log_p), of_label(u)
    others = classes.sum(jnp.where(is_label, 0, u))
    total = u_label + others
    steep = jnp.where(jnp.isneginf(log_p), 0, jnp.exp((1 - a) * of_label(logs)))

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        # By p^{1 - a}, in which the derivative of the logarithm needs no quotient.
        pull = (on_log_p * steep + on_p * u_label) / total + (p - p)
        return pull * jnp.where(is_label, -others, u)

    return LabelChance(Chance(p, log_p, of_label(probs.complement)), pull_back)


def _parts(logits: Vector) -> tuple[Vector, Vector, Mask]:
    """Sparsemax and its complement, and which classes move."""
    _, p, complement = bases(find_threshold(logits, 1), logits, 1)
    return p, complement, p > 0


def _of_parts(
    p: Vector,
    complement: Vector,
    moves: Mask,
    logits: Vector,
    label: Array,
    classes: Classes,
) -> LabelChance:
    """The label's part of all, with the pull on it.

    Args:
        p: Parts of the classes, [n]; NaN outside the domain.
        complement: `1 - p`, [n].
        moves: Mask of the classes whose parts move, [n].
        logits: Logits, [n].
        label: Label.
        classes: How the classes are joined.
    """
    is_label = mask_of(label, logits, classes)

    def of_label(x: Vector) -> Scalar:
        return at_label(x, label, is_label, classes)

    p_label = nan_unless_valid(label, classes, of_label(p))
    rest = of_label(complement)
    count = jnp.maximum(classes.sum(moves.astype(logits.dtype)), 1)
    is_moving = (p_label > 0) & of_label(moves)

    def pull_back(on_log_p: Array | float, on_p: Array | float) -> Vector:
        per_p = 1 / jnp.where(p_label > 0, p_label, 1)
        pull = jnp.where(is_moving, on_log_p * per_p + on_p, 0) + (p_label - p_label)
        moved = jnp.where(is_label, -(count - 1) / count, 1 / count)
        return pull * jnp.where(moves, moved, 0)

    return LabelChance(Chance(p_label, log_of(p_label, rest), rest), pull_back)

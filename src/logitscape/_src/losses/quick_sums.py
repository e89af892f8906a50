"""Sums over the classes in which digits could cancel, taken the short way where none do.

XLA on CPUs writes down what a sum leaves out or shifts before it adds it up. The difference of two
plain sums needs no such pass, and has all its digits for most batches; for others a branch takes
the sum as it is written.
"""

import jax.numpy as jnp
from jax import Array

from ..base.branches import one_branch
from ..base.classes import Classes
from ..base.types import Scalar, Vector
from ..normalizers.apart import mask_of

SHARE = 4
"""How many times the difference what it is taken from may be."""


def squares_of_others(
    logits: Vector, label: Array, of_label: Scalar, classes: Classes
) -> Scalar:
    """`sum_{k != y} z_k^2`."""

    def without(logits: Vector, label: Array, *_: Scalar) -> Scalar:
        others = jnp.where(mask_of(label, logits, classes), 0, logits)
        return classes.sum(others * others)

    def difference(_: Vector, __: Array, total: Scalar, own: Scalar) -> Scalar:
        return total - own

    def keeps_digits(_: Vector, __: Array, total: Array, own: Array) -> Array:
        return jnp.all(total <= SHARE * (total - own))

    if not classes.is_long:
        return without(logits, label)
    total, own = classes.sum(logits * logits), of_label * of_label
    run = one_branch(keeps_digits, difference, without)
    squares: Scalar = run(logits, jnp.asarray(label), total, own)
    return squares


def sum_of_gaps(logits: Vector, top: Scalar, classes: Classes) -> Scalar:
    """`sum_k (max z - z_k)`."""

    def gap_by_gap(logits: Vector, top: Scalar, _: Scalar) -> Scalar:
        return classes.sum(top - logits)

    def difference(_: Vector, top: Scalar, total: Scalar) -> Scalar:
        return classes.count * top - total

    def keeps_digits(_: Vector, top: Array, total: Array) -> Array:
        all_top = classes.count * top
        return jnp.all(jnp.abs(all_top) <= SHARE * (all_top - total))

    if not classes.is_long:
        return gap_by_gap(logits, top, top)
    run = one_branch(keeps_digits, difference, gap_by_gap)
    gaps: Scalar = run(logits, top, classes.sum(logits))
    return gaps

"""The largest logit and its place, by way of the maxima of groups of classes.

`lax.argmax` compares pairs of a value and a place one after the other, which on CPUs costs as much
as three evaluations of a loss. Maxima of groups are elementwise and vectorised; the place is then
searched among them, and within one group.
"""

from typing import TypeAlias

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from ..base.argmax import place_of_first_largest
from ..base.types import Vector

Groups: TypeAlias = Float[Array, " g"]

LONG = 256
"""Smallest number of classes that are put into groups."""
GROUP = 8
"""Number of classes in a group."""


def group_maxima(z: Vector) -> Groups:
    """The largest of every group, then the classes that are left over; z itself if it is short.

    Of g groups, the classes of group j are j, j + g, j + 2 g, and so on.
    """
    if z.size < LONG:
        return z
    num_groups = z.size // GROUP
    grouped = z[: GROUP * num_groups].reshape(GROUP, num_groups)
    return jnp.concatenate([jnp.max(grouped, axis=0), z[GROUP * num_groups :]])


def place_of_largest(z: Vector, maxima: Groups) -> tuple[Array, Array]:
    """Index of a class with the largest logit, and index of its group among the maxima.

    Args:
        z: Logits of one example, [n].
        maxima: `group_maxima(z)`.
    """
    group = place_of_first_largest(maxima)
    if z.size < LONG:
        return group, group
    num_groups = z.size // GROUP
    members = group + num_groups * jnp.arange(GROUP, dtype=group.dtype)
    left_over = group + (GROUP - 1) * num_groups
    members = jnp.where(group < num_groups, members, left_over)
    return members[place_of_first_largest(z[members])], group

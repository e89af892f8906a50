"""Probabilities that carry their logarithms."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float


class Probs(NamedTuple):
    """A probability vector and its logarithm.

    Both are carried because neither gives the other back: `log(p)` is lost where p underflows, and
    `exp(log_p)` loses nothing but costs another pass. A loss takes whichever is accurate in its
    formula.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> probs = ls.normalizers.softmax(jnp.array([0.0, 200.0]))
    >>> print(probs.p, probs.log_p)
    [0. 1.] [-200.    0.]

    Attributes:
        p: Probabilities, [n] (or [..., n] where whole arrays are normalized).
        log_p: Natural logarithms of the probabilities, of the same shape; -inf where p is 0. The
            derivative of log p = -inf is taken as 0.
    """

    p: Float[Array, "*batch n"]
    log_p: Float[Array, "*batch n"]

    @property
    def complement(self) -> Float[Array, "*batch n"]:
        """`1 - p` with a small relative error, also where p is near 1."""
        return _complement(self.p, self.log_p)


@jax.custom_jvp
def _complement(p: Array, log_p: Array) -> Array:
    """`1 - p`, computed as `-expm1(log_p)` where p is more than a half.

    Several classes may have so much where they do not exclude each other.
    """
    return jnp.where(p > 0.5, -jnp.expm1(log_p), 1 - p)


@_complement.defjvp
def _complement_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    dp, _ = tangents
    # Whichever branch gave the value, its derivative is -dp; through `rest` it would
    # reach the largest class only.
    return _complement(*primals), -dp

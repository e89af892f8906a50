"""Multi-label losses of the margins `y_k z_k`, where y_k is 1 or -1: no probabilities.

For a target between 0 and 1 a loss is the expectation over both answers.
"""

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from ..base.formula import on_labels
from ..base.parameters import parameter
from ..base.special import dot
from ..base.types import Parameter, Scalar, Vector
from .hinges import hinge


@on_labels
def binary_hinge(logits: Vector, target: Vector, *, margin: Parameter = 1.0) -> Scalar:
    """`sum_k max(0, m - y_k z_k)` with y_k = 1 for yes and -1 for no: the hinge loss of every
    class.

    At the kink the derivative is 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> float(ls.objective("binary_hinge")(jnp.array([2.0, 0.5]), jnp.array([1.0, 0.0])))
    1.5

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        margin: Margin m, at least 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the margin is negative or not finite (NaN if it is traced).

    Source: Cortes and Vapnik, Support-vector networks, 1995.
    """
    m = parameter("binary_hinge", "margin", margin, logits.dtype, low=0)
    return _of_margins(logits, target, lambda x: hinge(m - x))


@on_labels
def binary_squared_hinge(
    logits: Vector, target: Vector, *, margin: Parameter = 1.0
) -> Scalar:
    """`sum_k max(0, m - y_k z_k)^2` with y_k = 1 for yes and -1 for no: the squared hinge loss of
    every class.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("binary_squared_hinge")
    >>> float(loss(jnp.array([2.0, 0.5]), jnp.array([1.0, 0.0])))
    2.25

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].
        margin: Margin m, at least 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If the margin is negative or not finite (NaN if it is traced).

    Source: Cortes and Vapnik, Support-vector networks, 1995, with sigma = 2; Tang, arXiv 1306.0239.
    """
    m = parameter("binary_squared_hinge", "margin", margin, logits.dtype, low=0)
    return _of_margins(logits, target, lambda x: hinge(m - x) ** 2)


@on_labels
def binary_perceptron(logits: Vector, target: Vector) -> Scalar:
    """`sum_k max(0, -y_k z_k)` with y_k = 1 for yes and -1 for no: the perceptron loss of every
    class.

    At z_k = 0, where yes and no tie, the derivative is -y_k / 2, as that of `perceptron` of the two
    logits (z_k, 0).

    >>> import jax, jax.numpy as jnp, logitscape as ls
    >>> gradient = jax.grad(ls.objective("binary_perceptron"))
    >>> gradient(jnp.array([2.0, 2.0, 0.0]), jnp.array([1.0, 0.0, 1.0])).tolist()
    [0.0, 1.0, -0.5]

    Args:
        logits: Logits z of one example, [n].
        target: Answers t, from 0 to 1 for each class, [n].

    Returns:
        Loss, from 0 up.

    Source: Rosenblatt 1958.
    """
    return _of_margins(logits, target, lambda x: jnp.maximum(-x, 0))


def _of_margins(
    logits: Vector, target: Vector, loss: Callable[[Array], Array]
) -> Array:
    yes = loss(_finite_unless_counted(target, logits))
    no = loss(-_finite_unless_counted(1 - target, logits))
    return dot(target, yes) + dot(1 - target, no)


def _finite_unless_counted(weight: Vector, logits: Vector) -> Array:
    # The slope of a square at infinity would be 0 times infinity.
    return jnp.where((weight == 0) & jnp.isinf(logits), 0, logits)

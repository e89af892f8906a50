"""Contrastive losses of a batch, made of the losses of its rows of similarities."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import numbers
from ..base.parameters import parameter
from ..base.target_kinds import DISTRIBUTION
from ..base.types import Parameter
from ..losses import rows as of_row
from ..losses.logarithmic import cross_entropy
from ..normalizers.exponential import softmax
from .batched import per_example
from .catalog import trusting_form
from .objective import Objective
from .sources import Source, compose, objective

Positives = ArrayLike | None


def rows(source: Source) -> Callable[..., Array]:
    """Make the function (similarities [m, n]) -> losses [m] of the rows of a batch.

    Row i holds the similarities of anchor i to the n candidates. The positive of anchor i is
    candidate i, where nothing else is said.

    Args:
        source: Loss of one row, such as "info_nce(temperature=0.07)" or "siglip"; any objective.

    Returns:
        Function of similarities, [m, n], and of `positives`: for losses of one positive its index
        in each row, integers [m]; for losses of several, marks from 0 to 1, [m, n]. Without them
        n must be at least m. It returns the losses, [m].

    Raises:
        ValueError: As `ls.objective` does; the function itself if shapes do not match.
        TypeError: As `ls.objective` does; the function itself as `ls.per_example` does.

    Example:
        >>> import jax.numpy as jnp, numpy as np, logitscape as ls
        >>> losses = ls.contrastive.rows("info_nce(temperature=1)")(jnp.eye(2))
        >>> print(np.asarray(losses).round(3))
        [0.313 0.313]
    """
    loss = objective(source)
    of_batch = per_example(loss)

    def losses(similarities: ArrayLike, positives: Positives = None) -> Array:
        s = matrix("rows(...)", "similarities", similarities)
        marks = _diagonal(loss, s) if positives is None else positives
        return of_batch(s, marks)

    return losses


def both_directions(source: Source) -> Callable[..., Array]:
    """Make the function (similarities [n, n]) -> losses [n] that asks rows and columns.

    The loss of pair i is the mean of that of row i, first member to all second ones, and of
    column i, second member to all first ones.

    Args:
        source: Loss of one row, as for `rows`.

    Returns:
        Function of similarities, [n, n], of which those of the pairs are on the diagonal. It
        returns the losses of the pairs, [n].

    Raises:
        ValueError: As `ls.objective` does; the function itself if the similarities are no square.
        TypeError: As `ls.objective` does; the function itself as `ls.per_example` does.

    Example:
        >>> import jax.numpy as jnp, numpy as np, logitscape as ls
        >>> loss = ls.contrastive.both_directions("triplet(margin=0.2, negatives='hardest')")
        >>> print(np.asarray(loss(jnp.array([[0.5, 0.6], [0.0, 0.9]]))).round(3))
        [0.15 0.  ]
    """
    of_rows = rows(source)

    def losses(similarities: ArrayLike) -> Array:
        s = _square("both_directions", similarities)
        return (of_rows(s) + of_rows(s.T)) / 2

    return losses


def clip(similarities: ArrayLike, *, temperature: Parameter = 0.07) -> Array:
    """InfoNCE of the rows and of the columns of a matrix of similarities: the loss of CLIP.

    The loss of pair i is `(L(s_{i,:}, i) + L(s_{:,i}, i)) / 2`, where L is `info_nce`. Their mean
    is the loss of the batch.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.contrastive.clip(jnp.eye(2), temperature=1.0)).round(3))
    [0.313 0.313]

    Args:
        similarities: Similarities of n images (rows) to n texts (columns), [n, n]. Image i
            belongs to text i.
        temperature: Temperature T, greater than 0; CLIP learns `log(1 / T)`.

    Returns:
        Losses of the pairs, [n].

    Raises:
        ValueError: If the similarities are no square, or the temperature is out of its range.
        TypeError: If the similarities are not floating point.

    Source: Radford et al., Learning Transferable Visual Models From Natural Language Supervision,
    arXiv 2103.00020, figure 3.
    """
    s = _square("clip", similarities)
    return both_directions(info_nce_at("clip", temperature, s))(s)


def siglip_batch(
    similarities: ArrayLike, *, scale: Parameter = 10.0, bias: Parameter = -10.0
) -> Array:
    """The sigmoid loss of all pairs of a batch, by rows: the loss of SigLIP.

    The loss of row i is `sum_j log(1 + e^{-y_ij (c s_ij + b)})` with y_ij = 1 for i = j and -1
    otherwise. Their mean is the loss of the batch. Rows and columns give the same sum.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.contrastive.siglip_batch(jnp.eye(2))).round(3))
    [0.693 0.693]

    Args:
        similarities: Similarities of n images (rows) to n texts (columns), [n, n].
        scale: Scale c, greater than 0.
        bias: Bias b, any finite number.

    Returns:
        Losses of the rows, [n].

    Raises:
        ValueError: If the similarities are no square, or a parameter is out of its range.
        TypeError: If the similarities are not floating point.

    Source: Zhai et al., arXiv 2303.15343, algorithm 1.
    """
    s = _square("siglip_batch", similarities)
    loss = with_parameters(of_row.siglip, scale=scale, bias=bias)
    return jax.vmap(loss)(s, jnp.eye(len(s), dtype=s.dtype))


def info_nce_at(
    function_name: str, temperature: Parameter, similarities: Array
) -> Objective:
    """InfoNCE at a temperature that may be traced, as the pair that it is.

    Args:
        function_name: Public function that errors name.
        temperature: Temperature, greater than 0.
        similarities: Similarities, for their dtype.
    """
    dtype = similarities.dtype
    t = parameter(function_name, "temperature", temperature, dtype, low=0, open=True)
    return compose(partial(softmax, inverse_temperature=1 / t), cross_entropy)


def with_parameters(
    loss: Callable[..., Any], **parameters: Any
) -> Callable[..., Array]:
    """The loss of a row with its parameters bound, which may be traced; targets are not tested."""
    trusting = trusting_form(loss)

    def of_parameters(similarities: Array, target: Array) -> Array:
        value: Array = trusting(similarities, target, **parameters)
        return value

    return of_parameters


def _diagonal(loss: Objective, s: Array) -> Array:
    """The positives where anchor i belongs to candidate i: labels, or marks."""
    m, n = s.shape
    if m > n:
        raise ValueError(
            f"`rows(...)(similarities)` needs `positives` for {m} anchors and {n} candidates."
        )
    if loss.targets is DISTRIBUTION:
        return jnp.arange(m)
    return jnp.eye(m, n, dtype=s.dtype)


def _square(function_name: str, similarities: ArrayLike) -> Array:
    s = matrix(function_name, "similarities", similarities)
    if s.shape[0] != s.shape[1]:
        raise ValueError(
            f"`{function_name}(similarities)` must have shape [n, n], got {s.shape}."
        )
    return s


def matrix(function_name: str, name: str, value: ArrayLike) -> Array:
    """A matrix of floating-point numbers, for the function and argument that the errors name."""
    x = numbers(function_name, name, value)
    if not jnp.issubdtype(x.dtype, jnp.floating):
        raise TypeError(
            f"`{function_name}({name})` must be floating point, got {x.dtype}; "
            "convert with `.astype(float)`."
        )
    if x.ndim != 2 or x.size == 0:
        raise ValueError(
            f"`{function_name}({name})` must be a matrix with rows and columns, "
            f"got shape {x.shape}."
        )
    return x

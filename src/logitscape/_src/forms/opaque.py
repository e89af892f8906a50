"""Losses that JAX cannot look into: values and gradients come from a function of NumPy."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .framework import Library, Rows


@runtime_checkable
class Opaque(Protocol):
    """A loss of rows, whatever computes it.

    Attributes:
        library: Name of what computes it, such as "NumPy".
        dtypes: Precisions in which it can be computed.
        array: What code calls the library.
        code: Code that makes the function; "" if only its name is known.
    """

    @property
    def library(self) -> str:
        """Name of what computes it."""

    @property
    def dtypes(self) -> tuple[str, ...]:
        """Precisions."""

    @property
    def array(self) -> Library:
        """What code calls the library."""

    @property
    def code(self) -> str:
        """Code that makes the function."""

    @property
    def names(self) -> Mapping[str, Any]:
        """Functions that the code names, beside the one that was given."""

    def values(self, z: Rows, t: Rows) -> tuple[Rows, Rows]:
        """Losses [m] and gradients [m, n] at logits [m, n] and targets [m, n]."""

    def hessians(self, z: Rows, t: Rows) -> Rows:
        """Second derivatives, [m, n, n].

        Raises:
            TypeError: If there are none.
        """

    def in_batches(self, z: Rows, t: Rows) -> tuple[Rows, Rows]:
        """What a batch gives in one call, and its derivatives, as `BatchValues` says."""


@runtime_checkable
class Attachable(Protocol):
    """A loss that can be computed as if nothing were held constant."""

    def attached_gradients(self, z: Rows, t: Rows) -> Rows:
        """Gradients [m, n] at logits [m, n], with what is detached left in."""


def traceable(opaque: Opaque) -> Callable[[Array, Array], Array]:
    """A function (logits [n], target [n]) -> scalar that JAX can trace and differentiate.

    It calls out of compiled programs. Where there are second derivatives, so has it.
    """

    def values(z: Any, t: Any) -> tuple[Rows, Rows]:
        logits, targets = _from_bits(z), _from_bits(t)
        loss, gradient = opaque.values(_rows(logits), _rows(targets))
        losses = np.asarray(loss, logits.dtype).reshape(logits.shape[:-1])
        gradients = np.asarray(gradient, logits.dtype).reshape(logits.shape)
        return _as_bits(losses), _as_bits(gradients)

    def hessian_rows(z: Any, t: Any) -> Rows:
        logits, targets = _from_bits(z), _from_bits(t)
        hessian = opaque.hessians(_rows(logits), _rows(targets))
        shape = (*logits.shape, logits.shape[-1])
        return _as_bits(np.asarray(hessian, logits.dtype).reshape(shape))

    @jax.custom_jvp
    def both(z: Any, t: Any) -> tuple[Array, Array]:
        _check_runs(opaque, z.shape[0], str(z.dtype))
        shapes = (_shape_of_bits((), z.dtype), _shape_of_bits(z.shape, z.dtype))
        loss, gradient = jax.pure_callback(
            values, shapes, _bits(z), _bits(t), vmap_method="broadcast_all"
        )
        return _numbers(loss, z.dtype), _numbers(gradient, z.dtype)

    @both.defjvp
    def _both_jvp(primals: Any, tangents: Any) -> Any:
        z, t = primals
        zero = np.zeros((1, z.shape[0]), z.dtype)
        opaque.hessians(zero, np.eye(1, z.shape[0], dtype=z.dtype))
        loss, gradient = both(z, t)
        shape = _shape_of_bits((z.shape[0], z.shape[0]), z.dtype)
        bits = jax.pure_callback(
            hessian_rows, shape, _bits(z), _bits(t), vmap_method="broadcast_all"
        )
        hessian = _numbers(bits, z.dtype)
        return (loss, gradient), (gradient @ tangents[0], hessian @ tangents[0])

    @jax.custom_jvp
    def loss(z: Any, t: Any) -> Array:
        return both(z, t)[0]

    @loss.defjvp
    def _loss_jvp(primals: Any, tangents: Any) -> Any:
        value, gradient = both(*primals)
        return value, jnp.sum(gradient * tangents[0])

    return loss


def _check_runs(opaque: Opaque, n: int, dtype: str) -> None:
    """Raise the error of the function, if it has one, while the program is traced."""
    if dtype not in opaque.dtypes:
        raise TypeError(f"{opaque.library} is not asked in {dtype}")
    t = np.eye(1, n).astype(jnp.dtype(dtype))
    opaque.values(np.zeros((1, n), jnp.dtype(dtype)), t)


def _rows(x: Rows) -> Rows:
    return x.reshape(-1, x.shape[-1])


# The thread of a callback has 64 bits switched off, whatever this one has: numbers of float64 would
# be rounded there, so that they go and come as pairs of whole numbers.
def _bits(x: Any) -> Any:
    return jax.lax.bitcast_convert_type(x, jnp.uint32) if _is_wide(x.dtype) else x


def _numbers(bits: Array, dtype: Any) -> Array:
    return jax.lax.bitcast_convert_type(bits, dtype) if _is_wide(dtype) else bits


def _shape_of_bits(shape: tuple[int, ...], dtype: Any) -> jax.ShapeDtypeStruct:
    if _is_wide(dtype):
        return jax.ShapeDtypeStruct((*shape, 2), jnp.uint32)
    return jax.ShapeDtypeStruct(shape, dtype)


def _from_bits(x: Any) -> Rows:
    bits = np.asarray(x)
    return bits.view(np.float64)[..., 0] if bits.dtype == np.uint32 else bits


def _as_bits(x: Rows) -> Rows:
    wide = np.array(x, order="C")
    # A scalar has no last axis that could be cut in two.
    return wide[..., None].view(np.uint32) if _is_wide(x.dtype) else wide


def _is_wide(dtype: Any) -> bool:
    return bool(dtype == np.float64)

"""Arrays as text for a page: float32 of six digits, compressed, which a browser can unpack."""

import base64
import zlib
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

DROPPED_BITS = 2
"""Bits of float32 that six digits do not need; without them a file is a tenth smaller."""


class Packed(TypedDict):
    """An array as JSON.

    Attributes:
        type: "f4" (little-endian), "i2" (little-endian) or "u1".
        shape: Sizes of its axes.
        data: Bytes, all first ones before all second ones, as zlib and base64.
    """

    type: str
    shape: list[int]
    data: str


def packed(values: ArrayLike) -> Packed:
    """Return floating-point numbers to six digits; integers of 8 and 16 bits as they are."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        array = _six_digits(array)
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    # Neighbours have the same first bytes, which compress well when they lie together.
    planes = little.reshape(-1, 1).view(np.uint8).T
    content = zlib.compress(planes.tobytes(), 9)
    return Packed(
        type=f"{array.dtype.kind}{array.dtype.itemsize}",
        shape=list(array.shape),
        data=base64.b64encode(content).decode("ascii"),
    )


def unpacked(stored: Packed) -> NDArray[Any]:
    """Return the array; floating-point numbers have the six digits that were kept."""
    dtype = np.dtype(f"<{stored['type']}")
    content = np.frombuffer(zlib.decompress(base64.b64decode(stored["data"])), np.uint8)
    planes = content.reshape(dtype.itemsize, -1)
    values = np.ascontiguousarray(planes.T).view(dtype)
    return values.reshape(stored["shape"])


def _six_digits(array: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        single = array.astype(np.float32) + np.float32(0)
    bits = single.view(np.uint32).copy()
    is_finite = np.isfinite(single)
    half, mask = 1 << (DROPPED_BITS - 1), 0xFFFFFFFF << DROPPED_BITS & 0xFFFFFFFF
    bits[is_finite] = (bits[is_finite] + half) & mask
    bits[np.isnan(single)] = 0x7FC00000
    return bits.view(np.float32)

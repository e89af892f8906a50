"""Arrays as text for a page: numbers of six digits, compressed, which a browser can unpack.

A float32 keeps any number of six decimal digits, so that what is rounded to six digits before is
shown with just these.
"""

import base64
import zlib
from typing import Any, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray


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
    # Through text, as scaling by powers of ten would itself round.
    rounded = [float(f"{value:.5e}") for value in array.ravel()]
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
        single = np.array(rounded, np.float32).reshape(array.shape)
    # One zero and one NaN, whatever the signs were.
    return np.where(np.isnan(single), np.float32(np.nan), single + np.float32(0))

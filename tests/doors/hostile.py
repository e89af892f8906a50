"""Values that nobody should give, by kind: each stands for a mistake that people make.

A value is made anew for every call, as a generator can be read once.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np


class Foreign:
    """An array of another framework, by the protocols through which arrays are exchanged."""

    shape = (3,)
    ndim = 1
    dtype = "float32"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array([2.0, 1.0, -1.0], dtype)


class Attached(Foreign):
    """One that records its gradient, and does not convert itself."""

    requires_grad = True

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def __dlpack__(self, **_: Any) -> Any:
        raise BufferError("Can't export tensors that require gradient.")

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


class Mute:
    """An object that cannot be written."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def ended() -> Any:
    """A generator that has been read already."""
    generator = (number for number in (1.0, 2.0))
    list(generator)
    return generator


def endless() -> list[Any]:
    """A list that holds itself."""
    value = list[Any]()
    value.append(value)
    return value


def deleted(value: Any) -> jax.Array:
    """An array of JAX whose memory was freed, as that of one which was donated to a program."""
    array = jax.numpy.array(value, dtype=float)
    array.delete()
    return array


HOSTILE: Mapping[str, Callable[[], Any]] = {
    "None": lambda: None,
    "text": lambda: "no such name",
    "empty text": lambda: "",
    "text with control characters": lambda: "a\x00b\u202e\n",
    "lone surrogate": lambda: "\ud800",
    "long text": lambda: "x" * 5000,
    "bytes": lambda: b"abc",
    "truth value": lambda: True,
    "zero": lambda: 0,
    "minus one": lambda: -1,
    "a fraction": lambda: 2.5,
    "NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "minus infinity": lambda: float("-inf"),
    "a huge size": lambda: 10**12,
    "beyond 64 bits": lambda: 10**30,
    "beyond every float": lambda: 10**400,
    "more digits than Python writes": lambda: 10**5000,
    "complex": lambda: 1 + 2j,
    "empty list": list,
    "ragged list": lambda: [[1.0], [1.0, 2.0]],
    "list of texts": lambda: ["a", "b"],
    "list of None": lambda: [None, None],
    "list beyond 64 bits": lambda: [10**30, 1],
    "tuple": lambda: (1, 2, 3),
    "dictionary": lambda: {"a": 1},
    "set": lambda: {1, 2},
    "generator": lambda: (number for number in (1.0, 2.0)),
    "generator that has ended": ended,
    "object": object,
    "object without a text": Mute,
    "class": lambda: int,
    "function without arguments": lambda: lambda: None,
    "module": lambda: np,
    "scalar array": lambda: np.float32(1.5),
    "array without axes": lambda: np.array(2.0),
    "empty array": lambda: np.zeros(0),
    "array of NaN": lambda: np.array([np.nan, 1.0, 2.0]),
    "array of infinities": lambda: np.array([np.inf, -np.inf, 0.0]),
    "array of integers": lambda: np.array([1, 2, 3]),
    "array of objects": lambda: np.array([object(), None, "a"], dtype=object),
    "array of random keys": lambda: jax.random.split(jax.random.key(0), 3),
    "time difference": lambda: np.timedelta64(1, "s"),
    "range larger than memory": lambda: range(10**18),
    "list that holds itself": endless,
    "masked array": lambda: np.ma.masked_array([1.0, 2.0, 3.0], [False, True, False]),
    "array of texts": lambda: np.array(["a", "b"]),
    "array of dates": lambda: np.array(["2020-01-01"], dtype="datetime64[D]"),
    "array of complex numbers": lambda: np.array([1j, 0.0, 1.0]),
    "array of five axes": lambda: np.zeros((1, 2, 1, 2, 1)),
    "array larger than memory": lambda: np.broadcast_to(np.float32(0), (2**20, 2**24)),
    "array that was deleted": lambda: deleted([2.0, 1.0, -1.0]),
    "number that was deleted": lambda: deleted(2.0),
    "array of another framework": Foreign,
    "array that records its gradient": Attached,
}

UNKNOWN_KEYWORD = "unknown keyword"
"""The kind that is no value: an argument of a name that the function does not have."""

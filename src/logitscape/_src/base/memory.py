"""Compiled programs are kept for a while, and their memory is given back."""

import ctypes
import gc
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import jax

Function = TypeVar("Function", bound=Callable[..., Any])

_CACHES: list[Any] = []


def kept(maxsize: int) -> Callable[[Function], Function]:
    """Keep the last results of a function, such as compiled programs, until `clear_caches`.

    A compiled program takes megabytes, so these caches are small: what is asked for again within
    one diagnosis is found, and a long session does not grow.

    Args:
        maxsize: Number of results that are kept.
    """

    def decorate(function: Function) -> Function:
        cached = lru_cache(maxsize=maxsize)(function)
        _CACHES.append(cached)
        return cached  # type: ignore[return-value]

    return decorate


def clear_caches() -> None:
    """Free the memory of all compiled programs, those of JAX and those of logitscape.

    The next call of a function compiles it again. In a long notebook session this brings the memory
    of the process back to little more than what importing takes.

    >>> import logitscape as ls
    >>> ls.clear_caches()
    """
    for cached in _CACHES:
        cached.cache_clear()
    jax.clear_caches()
    gc.collect()
    trim()


def trim() -> None:
    """Give free memory back to the operating system, where the C library can (glibc).

    Without this the process keeps most of what its programs took, although it is free.
    """
    if not sys.platform.startswith("linux"):
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)

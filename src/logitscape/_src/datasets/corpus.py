"""A corpus for models of many classes: the next token in the sources of Python's own standard library."""

import platform
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.arguments import whole_number
from .dataset import SHARES, Dataset, Examples, checked_seed

TOKEN = re.compile(r"[^\W\d]\w*|\d+|[^\w\s]")
"""Words, numbers, and every other mark alone; comments and documentation are text like the rest."""
UNKNOWN = 0
# What not every installation has, or what only says how this one was built.
LEFT_OUT = {
    "test",
    "idlelib",
    "lib2to3",
    "ensurepip",
    "tkinter",
    "turtledemo",
    "distutils",
    "site-packages",
    "__pycache__",
}


def standard_library_corpus(
    *, vocabulary: int = 10_000, context: int = 1, seed: int = 0
) -> Dataset:
    """Predict a token of the standard library's sources from the `context` tokens before it, one example per token.

    The classes are the tokens that are most frequent in the training part; token 0 stands for all others. It depends on the
    version of Python, which `source` states. Whole files go to a part: 60 % to train, 20 % to validate, 20 % to test.

    Args:
        vocabulary: number of tokens, and of classes.
        context: how many tokens to predict from; they are added up as one-hot inputs.
        seed: draws which file goes where, and the order of the examples.

    Raises:
        ValueError: for a vocabulary larger than the training part's, or a number out of range.
        FileNotFoundError: where the standard library's sources are not installed.
    """
    for name, value, least in (("vocabulary", vocabulary, 2), ("context", context, 1)):
        whole_number("standard_library_corpus", name, value, low=least)
    random = np.random.default_rng(checked_seed("standard_library_corpus", seed))
    parts = _parts(_texts(), random)
    index = _vocabulary(parts[0], vocabulary)
    train, validation, test = (
        _examples(part, index, context, random) for part in parts
    )
    name = f"standard_library_corpus(vocabulary={vocabulary}, context={context}, seed={seed})"
    source = (
        f"standard library of Python {platform.python_version()}, {len(_texts())} files"
    )
    return Dataset(name, vocabulary, vocabulary, train, validation, test, source)


@cache
def _texts() -> tuple[tuple[str, ...], ...]:
    """The tokens of every file, in the order of their paths."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(
        path for path in folder.rglob("*.py") if _is_counted(path.relative_to(folder))
    )
    if not files:
        raise FileNotFoundError(
            f"`standard_library_corpus()`: there are no sources in `{folder}`."
        )
    return tuple(_tokens(path) for path in files)


def _is_counted(path: Path) -> bool:
    top = path.parts[0].removesuffix(".py")
    tests = any(part in LEFT_OUT or part == "tests" for part in path.parts)
    return (
        top in sys.stdlib_module_names
        and not tests
        and not top.startswith("_sysconfig")
    )


def _tokens(path: Path) -> tuple[str, ...]:
    return tuple(
        sys.intern(token)
        for token in TOKEN.findall(path.read_text(encoding="utf-8", errors="replace"))
    )


def _parts(
    texts: Sequence[Sequence[str]], random: np.random.Generator
) -> list[list[Sequence[str]]]:
    order = random.permutation(len(texts))
    ends = np.cumsum(np.array(SHARES[:2]) * len(texts)).round().astype(int)
    return [[texts[i] for i in rows] for rows in np.split(order, ends)]


def _vocabulary(texts: Iterable[Sequence[str]], size: int) -> dict[str, int]:
    """The most frequent tokens, by number from 1; among equally frequent ones, in the order of the alphabet."""
    counts = Counter(chain.from_iterable(texts))
    if len(counts) < size - 1:
        raise ValueError(
            f"`standard_library_corpus(vocabulary=...)` must be at most {len(counts) + 1}, as the training part has no more "
            f"tokens, got {size}."
        )
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return {token: number for number, token in enumerate(ranked[: size - 1], start=1)}


def _examples(
    texts: Sequence[Sequence[str]],
    index: dict[str, int],
    context: int,
    random: np.random.Generator,
) -> Examples:
    numbers = [
        np.array([index.get(token, UNKNOWN) for token in text], np.int32)
        for text in texts
        if len(text) > context
    ]
    windows = np.concatenate(
        [
            np.lib.stride_tricks.sliding_window_view(each, context + 1)
            for each in numbers
        ]
    )
    shuffled: NDArray[Any] = random.permutation(windows)
    return Examples(
        np.ascontiguousarray(shuffled[:, :-1]), np.ascontiguousarray(shuffled[:, -1])
    )

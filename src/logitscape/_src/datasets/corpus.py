"""A data set of many classes: the next token in the sources of Python's standard library."""

import platform
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..base.whole_numbers import whole_number
from .dataset import Dataset, Examples, Numbers, checked_seed, random_parts

Text: TypeAlias = Sequence[str]
"""The tokens of one file."""

TOKEN = re.compile(r"[^\W\d]\w*|\d+|[^\w\s]")
"""A word, a number, or any other single mark; comments are read like the rest."""
UNKNOWN = 0
"""Number of the token that stands for all rare ones."""
LEFT_OUT = {
    "test",
    "tests",
    "idlelib",
    "lib2to3",
    "ensurepip",
    "tkinter",
    "turtledemo",
    "distutils",
    "site-packages",
    "__pycache__",
}
"""Files and folders that not every installation of Python has."""
BUILD_SETTINGS = "_sysconfig"
"""Start of the names of files that describe how an installation was built."""


def standard_library_corpus(
    *, vocabulary: int = 10_000, context: int = 1, seed: int = 0
) -> Dataset:
    """The task to predict a token of Python's standard library from the tokens before it.

    There is one example per token, and one class per token of the vocabulary: those that
    are most frequent in the training part, and token 0, which stands for all others. Whole
    files go to a part: 60 % to train, 20 % to validate, 20 % to test. The data depend on
    the version of Python, which `source` states.

    Args:
        vocabulary: Number of tokens and of classes, at least 2.
        context: Number of tokens to predict from, at least 1. Their one-hot inputs are
            added.
        seed: Seed that draws the part of each file and the order of the examples.

    Raises:
        ValueError: If the training part has fewer tokens than the vocabulary, or a number is
            out of range.
        FileNotFoundError: If the sources of the standard library are not installed.
    """
    for name, value, least in (("vocabulary", vocabulary, 2), ("context", context, 1)):
        whole_number("standard_library_corpus", name, value, low=least)
    random = np.random.default_rng(checked_seed("standard_library_corpus", seed))
    texts = _texts()
    parts = [
        [texts[file] for file in files] for files in random_parts(random, len(texts))
    ]
    numbers = _numbers_of_tokens(parts[0], vocabulary)
    train, validation, test = (
        _examples(part, numbers, context, random) for part in parts
    )
    arguments = f"vocabulary={vocabulary}, context={context}, seed={seed}"
    return Dataset(
        name=f"standard_library_corpus({arguments})",
        classes=vocabulary,
        features=vocabulary,
        train=train,
        validation=validation,
        test=test,
        source=(
            f"standard library of Python {platform.python_version()}, "
            f"{len(texts)} files"
        ),
    )


@cache
def _texts() -> tuple[tuple[str, ...], ...]:
    """The tokens of every file, in the order of their paths."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    files = [
        path for path in folder.rglob("*.py") if _belongs(path.relative_to(folder))
    ]
    if not files:
        raise FileNotFoundError(
            f"`standard_library_corpus()`: there are no sources in `{folder}`."
        )
    return tuple(_tokens(path) for path in sorted(files))


def _belongs(path: Path) -> bool:
    """Whether a file of the library's folder belongs to the corpus."""
    module = path.parts[0].removesuffix(".py")
    if module not in sys.stdlib_module_names or module.startswith(BUILD_SETTINGS):
        return False
    return LEFT_OUT.isdisjoint(path.parts)


def _tokens(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8", errors="replace")
    # Interned, so that the millions of tokens share the memory of equal ones.
    return tuple(sys.intern(token) for token in TOKEN.findall(text))


def _numbers_of_tokens(texts: Iterable[Text], size: int) -> dict[str, int]:
    """The most frequent tokens numbered from 1, equally frequent ones alphabetically."""
    counts = Counter(chain.from_iterable(texts))
    if len(counts) < size - 1:
        raise ValueError(
            "`standard_library_corpus(vocabulary=...)` must be at most "
            f"{len(counts) + 1}, as the training part has no more tokens, got {size}."
        )
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    most_frequent = ranked[: size - 1]
    return {token: number for number, token in enumerate(most_frequent, start=1)}


def _examples(
    texts: Sequence[Text],
    numbers: dict[str, int],
    context: int,
    random: np.random.Generator,
) -> Examples:
    """All runs of `context` tokens with the token that follows, in random order."""
    windows = []
    for text in texts:
        if len(text) > context:
            tokens = [numbers.get(token, UNKNOWN) for token in text]
            array = np.array(tokens, np.int32)
            windows.append(sliding_window_view(array, context + 1))
    shuffled: Numbers = random.permutation(np.concatenate(windows))
    return Examples(
        inputs=np.ascontiguousarray(shuffled[:, :-1]),
        labels=np.ascontiguousarray(shuffled[:, -1]),
    )

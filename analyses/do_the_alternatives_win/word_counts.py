"""Predictions of the next token by counting, with a unigram model and a bigram model."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from logitscape._src.datasets.dataset import Dataset, Examples

Array: TypeAlias = NDArray[Any]

# Below 1, as otherwise a pair of tokens that is new would have the probability 0.
SHARES = np.linspace(0, 0.95, 20)
"""Shares of the bigram that are tried."""


def baselines(data: Dataset) -> dict[str, float]:
    """Accuracy and NLL of both models on the test part.

    The share of the bigram is tuned on the validation part.
    """
    losses = [nll(data, data.validation, share) for share in SHARES]
    best = float(SHARES[np.argmin(losses)])
    most_frequent = np.argmax(unigrams(data))
    hits = data.test.labels == most_frequent
    return {
        "unigram_accuracy": float(np.mean(hits)),
        "unigram_nll": float(nll(data, data.test, 0.0)),
        "bigram_nll": float(nll(data, data.test, best)),
        "bigram_share": best,
    }


def nll(data: Dataset, examples: Examples, share: float) -> Any:
    """Mean of -log p of the examples' labels, with that share of the bigram."""
    p = label_probabilities(data, examples, share)
    return -np.log(p).mean()


def unigrams(data: Dataset) -> Array:
    """Shares of the tokens in the training part, [classes].

    Every token is counted once more than it occurs, so that no share is 0.
    """
    counts = np.bincount(data.train.labels, minlength=data.classes)
    counts = counts + 1
    return np.asarray(counts / counts.sum())


def label_probabilities(data: Dataset, examples: Examples, share: float) -> Array:
    """Probabilities of the examples' labels.

    Each is `share` times the frequency of the label after the token before it, and the rest times
    the frequency of the label. After a token that is not in the training part, it is the frequency
    of the label alone.
    """
    counts = np.bincount(tokens_before(data.train), minlength=data.classes)
    token_count = counts[tokens_before(examples)]
    pair_count = _pair_counts(data, examples)
    weight = np.where(token_count > 0, share, 0)
    bigram = weight * pair_count / np.maximum(token_count, 1)
    unigram = unigrams(data)[examples.labels]
    return np.asarray(bigram + (1 - weight) * unigram)


def tokens_before(examples: Examples) -> Array:
    """The token before each label."""
    return np.asarray(examples.inputs[:, -1])


def _pair_counts(data: Dataset, examples: Examples) -> Array:
    """How often each example's token and label occur together in the training part."""
    # Most of the classes^2 pairs never occur: a sorted list is smaller than a table of counts.
    occurring = np.sort(_pair_numbers(data, data.train))
    wanted = _pair_numbers(data, examples)
    first = np.searchsorted(occurring, wanted, "left")
    end = np.searchsorted(occurring, wanted, "right")
    return np.asarray(end - first)


def _pair_numbers(data: Dataset, examples: Examples) -> Array:
    """A number for each example, different for different pairs of token and label."""
    tokens = tokens_before(examples).astype(np.int64)
    return np.asarray(tokens * data.classes + examples.labels)

"""What counting alone predicts of the next token: the unigram model, and a bigram model interpolated with it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitscape._src.datasets.dataset import Dataset, Examples

Array = NDArray[Any]
SHARES = np.linspace(0, 0.95, 20)


def baselines(data: Dataset) -> dict[str, float]:
    """Accuracy and NLL on the test part of both models; the bigram's share is tuned on the validation part."""
    losses = [
        -np.log(label_probabilities(data, data.validation, share)).mean()
        for share in SHARES
    ]
    best = float(SHARES[int(np.argmin(losses))])
    unigram, bigram = (
        -np.log(label_probabilities(data, data.test, share)).mean()
        for share in (0.0, best)
    )
    return {
        "unigram_accuracy": float(
            np.mean(data.test.labels == np.argmax(unigrams(data)))
        ),
        "unigram_nll": float(unigram),
        "bigram_nll": float(bigram),
        "bigram_share": best,
    }


def unigrams(data: Dataset) -> Array:
    """Shares of the tokens in the training part, each counted once more than it occurs, [classes]."""
    counts = np.bincount(data.train.labels, minlength=data.classes) + 1
    return np.asarray(counts / counts.sum())


def label_probabilities(data: Dataset, examples: Examples, share: float) -> Array:
    """Of the examples' labels, by `share` times the bigram's frequency and the rest times the unigram's.

    After a token that the training part does not have, the unigram's alone.
    """
    seen = np.bincount(data.train.inputs[:, -1], minlength=data.classes)
    pairs = _numbers(data, data.train)
    together = np.sort(pairs)
    wanted = _numbers(data, examples)
    count = np.searchsorted(together, wanted, "right") - np.searchsorted(
        together, wanted, "left"
    )
    before = seen[examples.inputs[:, -1]]
    weight = np.where(before > 0, share, 0)
    return np.asarray(
        weight * count / np.maximum(before, 1)
        + (1 - weight) * unigrams(data)[examples.labels]
    )


def _numbers(data: Dataset, examples: Examples) -> Array:
    """A number for each pair of a token and its label."""
    return np.asarray(
        examples.inputs[:, -1].astype(np.int64) * data.classes + examples.labels
    )

"""Formulas in the order of how well they fit a loss, as a start of searches."""

from collections.abc import Sequence

import numpy as np

from ..evaluation import Rows, finite_rows
from ..formulas.catalogue_rows import Known, all_losses, catalogue
from .reference_rows import ReferenceRows

MANY_CLASSES, FEWER_ROWS = 200, 8
"""Number of rows at which formulas are ranked where there are many classes."""


def ranked(
    rows: ReferenceRows, transformed: Sequence[tuple[Rows, float]]
) -> list[tuple[Known, float]]:
    """The common formulas that fit best, each with the number of the logits where it does."""
    every = slice(None)
    if rows.logits.shape[1] > MANY_CLASSES:
        every = slice(FEWER_ROWS)
    near = rows.near
    values, labels = rows.loss[near][every], rows.labels[near][every]
    shares = np.stack(
        [
            _shares(all_losses(z[every], labels, common=True), values)
            for z, _ in transformed
        ]
    )
    best = shares.argmax(axis=0)
    known = list(catalogue(common=True))
    order = np.argsort(-shares.max(axis=0), kind="stable")
    return [(known[index], float(transformed[best[index]][1])) for index in order]


def _shares(features: Rows, values: Rows) -> Rows:
    """The squared correlation of every formula with the losses; 0 where one is not finite."""
    finite = finite_rows(features)
    features = np.where(finite[:, None], features, 0)
    features = features - features.mean(axis=1, keepdims=True)
    largest = np.abs(features).max(axis=1, keepdims=True)
    features = features / np.where(largest > 0, largest, 1)
    values = values - values.mean()
    norms = (features**2).sum(axis=1) * (values**2).sum()
    products = (features @ values) ** 2
    shares: Rows = np.divide(products, norms, out=np.zeros(len(norms)), where=norms > 0)
    return shares

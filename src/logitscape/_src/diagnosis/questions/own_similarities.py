"""Contrastive losses of two sets of embeddings in which every row is among its own rivals."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...base.softmax import log_softmax_rows
from ...forms.call import JOINT
from ..answers import Witness
from ..evaluation import Rows, evaluate, one_hot, row
from .mistake_samples import EXACT, Mistake, Samples

POINTS = 6
"""Similarities by which a formula is fitted and checked."""
TEMPERATURES = np.geomspace(0.01, 10.0, 60)
REFINEMENTS, FINE = 6, 21
FAR_BELOW = 10.0
"""How far all similarities are below that of a row with itself, where it shows in a matrix."""
Formula = Callable[[Rows, float], Rows]
"""From similarities of all rows [m, 2n, 2n] and a temperature to losses [m]."""


class _Fit(NamedTuple):
    """The best temperature of a formula, and the error that is left."""

    temperature: float
    error: float


def own_similarity(samples: Samples) -> Mistake | None:
    """The normalized cross-entropy of SimCLR, with the diagonal left in its normaliser."""
    recognised = samples.subject.recognised
    if recognised is not None and recognised.call.style in JOINT:
        return _of_joint_matrix(samples)
    if recognised is None or recognised.call.style != "embeddings":
        return None
    designs = samples.of_designs
    label, loss = designs.labels[0], designs.losses(designs.at_small)[0][:POINTS]
    if not np.isfinite(loss).all() or not np.ptp(loss):
        return None
    similarities = np.stack([_similarities(z, label) for z in designs.small[:POINTS]])
    found = min(
        (_fitted(formula, similarities, loss) for formula in (_of_both, _of_first)),
        key=lambda fit: fit.error,
    )
    if found.error > EXACT:
        return None
    text = (
        f"Every row of the embeddings is among its own rivals: the similarity of a row with "
        f"itself, 1, is left in the normaliser (a temperature of {found.temperature:.4g}). "
        "However well the rows are matched, the loss of each stays above log 2."
    )
    z = designs.small[0]
    shows = f"loss = {loss[0]:.6g}, of which the rows' own similarities are a part"
    witness = Witness(row(z), one_hot(label, len(z)), shows, "loss")
    verdict = "own similarity in the normaliser"
    return Mistake(verdict, "fault", text, found.temperature, witness)


def _of_joint_matrix(samples: Samples) -> Mistake | None:
    """A loss of one matrix of the similarities of all rows, whose diagonal is not masked.

    In the matrix of an example the own similarity is 0. Where every logit is very negative, it is
    then the only rival, so that the loss depends on the level of the logits.
    """
    n = samples.num_classes
    z = np.full((2, n), -FAR_BELOW)
    z[0] = 0.0
    at_zero, below = evaluate(samples.subject, z, np.zeros(2, int)).loss
    if not below > at_zero + 1:
        return None
    text = (
        "Every row of the matrix is among its own rivals: its similarity with itself is left in "
        f"the normaliser. Where it is larger than the others by {FAR_BELOW:g}, the loss of a row "
        f"is {below:.4g}, and {at_zero:.4g} where all are equal, although the match is as near as "
        "every rival in both. Mask the diagonal with -inf before the softmax."
    )
    witness = Witness(
        row(z[1]), one_hot(0, n), f"loss = {below:.6g} of equal rivals", "loss"
    )
    verdict = "own similarity in the normaliser"
    return Mistake(verdict, "fault", text, float(below), witness, of_scaled=False)


def _similarities(z: Rows, label: int) -> Rows:
    """Cosines of all rows [2n, 2n]: of unit vectors and z in place of one, and unit vectors."""
    n = len(z)
    first = np.eye(n)
    first[label] = z / np.linalg.norm(z)
    rows = np.concatenate([first, np.eye(n)])
    cosines: Rows = rows @ rows.T
    return cosines


def _of_both(similarities: Rows, temperature: float) -> Rows:
    """The mean over the rows of both sets."""
    log_p = _log_shares(similarities / temperature)
    n = similarities.shape[1] // 2
    rows = np.arange(2 * n)
    of_matches: Rows = -log_p[:, rows, (rows + n) % (2 * n)].mean(axis=1)
    return of_matches


def _of_first(similarities: Rows, temperature: float) -> Rows:
    """The mean over the rows of the first set."""
    n = similarities.shape[1] // 2
    log_p = _log_shares(similarities[:, :n] / temperature)
    rows = np.arange(n)
    of_matches: Rows = -log_p[:, rows, rows + n].mean(axis=1)
    return of_matches


def _log_shares(scores: Rows) -> Rows:
    """Logarithms of the softmax of every row of many matrices."""
    logs: Rows = log_softmax_rows(scores.reshape(-1, scores.shape[-1]))
    return logs.reshape(scores.shape)


def _fitted(formula: Formula, similarities: Rows, loss: Rows) -> _Fit:
    """The temperature at which losses are a multiple of a formula."""
    tried = TEMPERATURES
    for _ in range(REFINEMENTS):
        errors = [_error(formula(similarities, float(t)), loss) for t in tried]
        best = int(np.argmin(errors))
        low, high = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
        found = _Fit(float(tried[best]), errors[best])
        tried = np.geomspace(low, high, FINE)
    return found


def _error(formula: Rows, loss: Rows) -> float:
    factor = (formula @ loss) / (formula @ formula)
    return float(np.abs(factor * formula - loss).max() / np.ptp(loss))

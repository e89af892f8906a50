"""The catalogue's normalizers in NumPy: logarithms of the probabilities of many rows of logits.

They are plain formulas for logits of moderate size, which the tests compare with the
catalogue's own. Outside the domain of a normalizer its rows are NaN.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ...base.softmax import log_softmax_rows
from ...base.sparsemax import sparsemax_rows
from ..evaluation import Rows
from .root_rows import budget_rows, entmax_rows, heavy_tailed_rows, normmax_weights
from .selective_rows import (
    above_mean_rows,
    hourglass_rows,
    r_softmax_weights,
    t_softmax_weights,
    top_k_rows,
)

LogProbs = Callable[..., Rows]


def _softmax(z: Rows, inverse_temperature: float = 1.0) -> Rows:
    return log_softmax_rows(inverse_temperature * z)


def _of_logs(log_weights: Rows) -> Rows:
    """Probabilities in proportion to weights that are given by their logarithms."""
    return log_softmax_rows(log_weights)


def _of_weights(weights: Rows) -> Rows:
    total = weights.sum(axis=1, keepdims=True)
    outside = (weights.min(axis=1, keepdims=True) < 0) | (total == 0)
    return np.where(outside, np.nan, np.log(weights) - np.log(total))


def _sum(z: Rows) -> Rows:
    return _of_weights(z)


def _relu(z: Rows) -> Rows:
    return _of_weights(np.maximum(z, 0))


def _spherical(z: Rows, epsilon: float = 1e-3) -> Rows:
    return _of_weights(z**2 + epsilon)


def _taylor(z: Rows, order: int = 2) -> Rows:
    # NumPy's own power takes most of the time of a sum of powers.
    value = np.ones_like(z)
    for i in range(order, 0, -1):
        value = 1 + z / i * value
    return _of_weights(value)


def softplus(z: Rows) -> Rows:
    """`log(1 + e^z)`; NumPy's own `logaddexp` takes twenty times as long."""
    value: Rows = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return value


def _log_sigmoid(z: Rows) -> Rows:
    return -softplus(-z)


def _log_softplus(z: Rows) -> Rows:
    # Far to the left softplus is the exponential, and underflows before its logarithm does.
    return np.where(z < -30, z, np.log(softplus(z)))


def _iterated_exponential(z: Rows, depth: int = 2) -> Rows:
    value = z
    for _ in range(depth - 1):
        value = np.exp(value)
    return _of_logs(value)


def _min_shift(z: Rows) -> Rows:
    return _of_weights(z - z.min(axis=1, keepdims=True))


def _argmax(z: Rows) -> Rows:
    return _of_weights((z == z.max(axis=1, keepdims=True)).astype(np.float64))


def _softmax_one(z: Rows) -> Rows:
    return softmax_with_rest(z, 1.0)


def softmax_with_rest(z: Rows, rest: float) -> Rows:
    """`log(e^{z_k} / (rest + sum_j e^{z_j}))`: classes that are not there take a part."""
    padded = np.concatenate([z, np.full((len(z), 1), math.log(rest))], axis=1)
    logs: Rows = log_softmax_rows(padded)[:, :-1]
    return logs


def _sparsemax(z: Rows) -> Rows:
    logs: Rows = np.log(sparsemax_rows(z))
    return logs


def _entmax(z: Rows, alpha: float = 1.5) -> Rows:
    if alpha == 1:
        return log_softmax_rows(z)
    logs: Rows = np.log(entmax_rows(z, alpha))
    return logs


def _tempered(z: Rows, temperature: float = 1.5) -> Rows:
    if temperature == 1:
        return log_softmax_rows(z)
    logs: Rows = np.log(heavy_tailed_rows(z, temperature - 1))
    return logs


def _power(z: Rows, exponent: float = 1.5) -> Rows:
    return _of_weights(np.abs(z) ** exponent)


def _stablemax(z: Rows) -> Rows:
    return _of_weights(np.where(z >= 0, 1 + z, 1 / (1 - np.minimum(z, 0))))


def _eps_softmax(z: Rows, amount: float = 1000.0) -> Rows:
    is_largest = z == z.max(axis=1, keepdims=True)
    shares = is_largest / is_largest.sum(axis=1, keepdims=True)
    logs: Rows = np.log(np.exp(log_softmax_rows(z)) + amount * shares)
    return logs - math.log1p(amount)


def _softpick(z: Rows, epsilon: float = 1e-8) -> Rows:
    sizes = np.expm1(z)
    total = np.abs(sizes).sum(axis=1, keepdims=True) + epsilon
    logs: Rows = np.log(np.maximum(sizes, 0) / total)
    return logs


COMMON_NORMALIZERS: Mapping[str, LogProbs] = {
    "softmax": _softmax,
    "sum": _sum,
    "abs": lambda z: _of_weights(np.abs(z)),
    "relu": _relu,
    "square": lambda z: _of_weights(z**2),
    "spherical": _spherical,
    "taylor": _taylor,
    "softplus": lambda z: _of_logs(_log_softplus(z)),
    "sigmoid": lambda z: _of_logs(_log_sigmoid(z)),
    "sigsoftmax": lambda z: _of_logs(z + _log_sigmoid(z)),
    "iterated_exponential": _iterated_exponential,
    "min_shift": _min_shift,
    "argmax": _argmax,
    "softmax_one": _softmax_one,
    "sparsemax": _sparsemax,
    "entmax": _entmax,
}
"""Function (logits [m, n], parameters) -> log p [m, n] of the common normalizers, by name."""

NORMALIZER_ROWS: Mapping[str, LogProbs] = {
    **COMMON_NORMALIZERS,
    "tempered": _tempered,
    "stablemax": _stablemax,
    "evidential": lambda z: _of_weights(1 + np.maximum(z, 0)),
    "power": _power,
    "top_k": lambda z, k=2: _of_logs(top_k_rows(z, k)),
    "ev_softmax": lambda z: _of_logs(above_mean_rows(z)),
    "eps_softmax": _eps_softmax,
    "t_softmax": lambda z, width=2.0: _of_weights(t_softmax_weights(z, width)),
    "r_softmax": lambda z, rate=0.5: _of_weights(r_softmax_weights(z, rate)),
    "sparsegen": lambda z, sparsity=0.5: _sparsemax(z / (1 - sparsity)),
    "sparsehourglass": lambda z, q=1.0: _sparsemax(hourglass_rows(z, q)),
    "normmax": lambda z, alpha=2.0: _of_weights(normmax_weights(z, alpha)),
    "softpick": _softpick,
    "budget": lambda z, total=2.0: np.log(budget_rows(z, total)),
    "sigmoid_attention": lambda z: _log_sigmoid(z - math.log(z.shape[1])),
}
"""The same of every normalizer."""


def log_probs(name: str, z: Rows, **parameters: float) -> Rows:
    """Logarithms of the probabilities, [m, n]."""
    with np.errstate(all="ignore"):
        rows: Rows = partial(NORMALIZER_ROWS[name], **parameters)(z)
        return rows

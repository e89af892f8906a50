"""Second derivatives of all losses with one normalizer, or of common formulas, against mpmath."""

from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import logitscape as ls

# By name, as the tests are not typed.
accuracy: Any = import_module("tests.oracle.accuracy")
oracle: Any = import_module("tests.oracle.second_order")
catalog: Any = import_module("tests.oracle")

N = 3
PAIR = "softmax + cross_entropy"
LEFT_OUT = ("exponential", *accuracy.ONE_HOT_ONLY)

FORMULAS: dict[str, Any] = {
    "`logitscape`": ls.objective(PAIR),
    "`-jnp.log(jax.nn.softmax(z))[y]`": lambda z, t: (
        -jnp.sum(t * jnp.log(jax.nn.softmax(z)))
    ),
    "`-jax.nn.log_softmax(z)[y]`": lambda z, t: -jnp.sum(t * jax.nn.log_softmax(z)),
    "`optax`": optax.softmax_cross_entropy,
}


def run(normalizer: str | None, dtype: str) -> dict[str, Any]:
    """Counts of entries, and the worst ratio of error to allowed error.

    Args:
        normalizer: Name of a normalizer, "" for the losses of logits, or None for the
            common formulas of softmax cross-entropy.
        dtype: Dtype of the logits.
    """
    jax.config.update("jax_enable_x64", True)
    if normalizer is None:
        return {"formulas": _formulas(dtype)}
    names = catalog.LOSSES if normalizer else catalog.LOGIT_LOSSES
    losses = tuple(name for name in names if name not in LEFT_OUT)
    measured = oracle.measured_hessians(normalizer, losses, N, dtype)
    found = [
        _counts(f"{normalizer} + {loss}" if normalizer else loss, got, dtype)
        | {"where": loss}
        for loss, got in measured.items()
    ]
    worst = max(found, key=lambda counts: float(counts["ratio"]))
    sums = {key: sum(counts[key] for counts in found) for key in ("entries", "right")}
    return sums | {"ratio": worst["ratio"], "where": worst["where"]}


def _formulas(dtype: str) -> dict[str, Any]:
    z, t = accuracy.stack(oracle.hessian_cases("softmax", N, dtype), dtype)
    numbers = accuracy.evaluate(
        list(FORMULAS.values()), z, t, oracle.value_and_hessian, accuracy.as_in_use
    )
    return {
        name: _counts(PAIR, got, dtype)
        for name, got in zip(FORMULAS, numbers, strict=True)
    }


def _counts(spec: str, got: Any, dtype: str) -> dict[str, Any]:
    """What is compared are entries that are normal numbers; the values are left out."""
    expected = oracle.hessian_reference(spec, N, dtype)
    is_normal = accuracy.normal(expected, dtype)[:, 1:]
    ratio = np.where(is_normal, accuracy.ratios(got, expected, dtype)[:, 1:], 0)
    entries = np.asarray(got, "float64")[:, 1:]
    exact = np.where(is_normal, expected.high[:, 1:], 1)
    error = np.where(is_normal, np.abs(entries - exact) / np.abs(exact), 0)
    return {
        "entries": int(is_normal.sum()),
        "right": int((is_normal & (ratio <= 1)).sum()),
        "ratio": float(ratio.max()),
        "error": float(np.nan_to_num(error, nan=0, posinf=np.inf).max()),
        "nan": int((is_normal & np.isnan(entries)).sum()),
        "lost": int((is_normal & (entries == 0)).sum()),
    }

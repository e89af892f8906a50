"""Diagnose every loss of optax that classifies; `--write` updates `docs/optax_losses.md`."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax
from optax import losses

import logitscape as ls

Loss: TypeAlias = Callable[[Array, Array], Array]
"""The loss of one example, of its logits [n] and target [n]."""

TARGET = Path(__file__).with_suffix(".md")
PACKAGES = ("optax", "jax", "logitscape")
COLUMNS = (
    "loss",
    "wrong: dL/ds on R1",
    "correction",
    "convexity",
    "proper",
    "faults",
    "trades",
)


def summed(loss: Callable[..., Array]) -> Loss:
    """The sum of an element-wise loss: one yes-or-no question for each class."""
    return lambda z, t: jnp.sum(loss(z, t))


def signed(loss: Callable[..., Array]) -> Loss:
    """The sum of an element-wise loss that takes targets of -1 and 1."""
    return lambda z, t: jnp.sum(loss(z, 2 * t - 1))


def of_log_softmax(loss: Callable[..., Array]) -> Loss:
    """A loss that takes the logarithms of probabilities."""
    return lambda z, t: loss(log_softmax(z), t)


def of_one_row(loss: Callable[..., Array]) -> Loss:
    """A loss of a batch, for a batch of one example."""
    return lambda z, t: jnp.sum(loss(z[None], t[None]))


LOSSES: dict[str, tuple[Callable[..., Any], str | None]] = {
    "softmax_cross_entropy": (losses.softmax_cross_entropy, "softmax"),
    "softmax_cross_entropy_with_integer_labels": (
        losses.softmax_cross_entropy_with_integer_labels,
        "softmax",
    ),
    "safe_softmax_cross_entropy": (losses.safe_softmax_cross_entropy, "softmax"),
    "poly_loss_cross_entropy": (losses.poly_loss_cross_entropy, "softmax"),
    "ranking_softmax_loss": (losses.ranking_softmax_loss, "softmax"),
    "make_fenchel_young_loss(logsumexp)": (
        losses.make_fenchel_young_loss(jax.scipy.special.logsumexp),
        "softmax",
    ),
    "kl_divergence, of log_softmax": (of_log_softmax(losses.kl_divergence), "softmax"),
    "convex_kl_divergence, of log_softmax": (
        of_log_softmax(losses.convex_kl_divergence),
        "softmax",
    ),
    "generalized_kl_divergence, of log_softmax": (
        of_log_softmax(losses.generalized_kl_divergence),
        "softmax",
    ),
    "multiclass_sparsemax_loss": (losses.multiclass_sparsemax_loss, "sparsemax"),
    "multiclass_hinge_loss": (losses.multiclass_hinge_loss, None),
    "multiclass_perceptron_loss": (losses.multiclass_perceptron_loss, None),
    "sigmoid_binary_cross_entropy, summed": (
        summed(losses.sigmoid_binary_cross_entropy),
        None,
    ),
    "sigmoid_focal_loss, summed": (summed(losses.sigmoid_focal_loss), None),
    "sparsemax_loss, summed": (summed(losses.sparsemax_loss), None),
    "hinge_loss, summed": (signed(losses.hinge_loss), None),
    "perceptron_loss, summed": (signed(losses.perceptron_loss), None),
    "dice_loss": (of_one_row(losses.dice_loss), "softmax"),
    "multiclass_generalized_dice_loss": (
        of_one_row(losses.multiclass_generalized_dice_loss),
        "softmax",
    ),
    "squared_error, of the logits": (summed(losses.squared_error), None),
    "huber_loss, of the logits": (summed(losses.huber_loss), None),
    "log_cosh, of the logits": (summed(losses.log_cosh), None),
    "cosine_distance, of the logits": (losses.cosine_distance, None),
}
"""Losses by name, each with the normalizer by which it predicts.

Losses that compare sequences or embeddings do not classify, and are left out.
"""


def diagnosed() -> Mapping[str, ls.Diagnosis]:
    """Diagnose every loss, at ten classes in float32."""
    diagnoses = {}
    for name, (loss, normalizer) in LOSSES.items():
        diagnoses[name] = ls.diagnose(
            loss, normalizer=normalizer, name=name, progress=True
        )
    return diagnoses


def page(diagnoses: Mapping[str, ls.Diagnosis]) -> str:
    """The page with the table, as Markdown."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [
        "# The losses of optax, diagnosed",
        "",
        f"With {versions}; 10 classes, float32, on a CPU. "
        "Made by `python -m nox -s verdicts -- --write`.",
        "Each is a choice that fits some purpose; the table says what to expect of it, "
        "not that it should not be used.",
        "",
        _line(COLUMNS),
        _line(["---"] * len(COLUMNS)),
    ]
    lines += [_row(name, diagnosis) for name, diagnosis in diagnoses.items()]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _row(name: str, diagnosis: ls.Diagnosis) -> str:
    (wrong,) = diagnosis.of("gradient when wrong")
    cells = [
        f"`{name}`",
        wrong.details["rays"][0]["law"],
        _verdicts(diagnosis, "correction"),
        _verdicts(diagnosis, "convexity"),
        _verdicts(diagnosis, "proper"),
        _of_severity(diagnosis, "fault"),
        _of_severity(diagnosis, "trade"),
    ]
    return _line(cells)


def _verdicts(diagnosis: ls.Diagnosis, question: str) -> str:
    return ", ".join(answer.verdict for answer in diagnosis.of(question))


def _of_severity(diagnosis: ls.Diagnosis, severity: str) -> str:
    """The answers of that severity, each with its question."""
    texts = []
    for answer in diagnosis.answers:
        if answer.severity == severity:
            texts.append(f"{answer.question}: {answer.verdict}")
    return "; ".join(texts)


if __name__ == "__main__":
    text = page(diagnosed())
    print(text)
    if "--write" in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")

"""Diagnose every loss of optax that classifies, and write the table `docs/optax_losses.md` with `--write`."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax
from optax import losses

import logitscape as ls

TARGET = Path(__file__).with_suffix(".md")


def summed(loss: Callable[..., Array]) -> Callable[[Array, Array], Array]:
    """An element-wise loss of one example: one yes-or-no question for each class."""
    return lambda z, t: jnp.sum(loss(z, t))


def signed(loss: Callable[..., Array]) -> Callable[[Array, Array], Array]:
    """The same for a loss that wants targets of -1 and 1."""
    return lambda z, t: jnp.sum(loss(z, 2 * t - 1))


def of_log_softmax(loss: Callable[..., Array]) -> Callable[[Array, Array], Array]:
    """A loss that wants the logarithms of probabilities."""
    return lambda z, t: loss(log_softmax(z), t)


def of_one_row(loss: Callable[..., Array]) -> Callable[[Array, Array], Array]:
    """A loss of a batch, for a batch of one."""
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
"""By name, with the normalizer by which it predicts. What compares sequences or embeddings does not classify."""


def diagnosed() -> Mapping[str, ls.Diagnosis]:
    """Every loss, at ten classes in float32."""
    run = partial(ls.diagnose, progress=True)
    return {
        name: run(loss, normalizer=normalizer, name=name)
        for name, (loss, normalizer) in LOSSES.items()
    }


def page(found: Mapping[str, ls.Diagnosis]) -> str:
    """The table as Markdown."""
    used = ", ".join(
        f"{name} {version(name)}" for name in ("optax", "jax", "logitscape")
    )
    head = (
        "# The losses of optax, diagnosed\n\n"
        f"With {used}; 10 classes, float32, on a CPU. Made by `python -m nox -s verdicts -- --write`.\n"
        "Each is a choice that fits some purpose; the table says what to expect of it, not that it should not be used.\n\n"
        "| loss | wrong: dL/ds on R1 | correction | convexity | proper | serious | warnings |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "\n".join(_row(name, each) for name, each in found.items()) + "\n"


def _row(name: str, found: ls.Diagnosis) -> str:
    (wrong,) = found.of("gradient when wrong")
    law = wrong.details["rays"][0]["law"]
    cells = [
        f"`{name}`",
        law,
        *(
            _verdicts(found, question)
            for question in ("correction", "convexity", "proper")
        ),
    ]
    cells += [_of_severity(found, severity) for severity in ("serious", "warning")]
    return "| " + " | ".join(cells) + " |"


def _verdicts(found: ls.Diagnosis, question: str) -> str:
    return ", ".join(each.verdict for each in found.of(question))


def _of_severity(found: ls.Diagnosis, severity: str) -> str:
    return "; ".join(
        f"{each.question}: {each.verdict}"
        for each in found.answers
        if each.severity == severity
    )


if __name__ == "__main__":
    text = page(diagnosed())
    print(text)
    if "--write" in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")

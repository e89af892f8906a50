"""Diagnose the losses of the package entmax; `--write` updates `docs/entmax_losses.md`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import entmax

from docs.loss_table import diagnosed, page, publish

TARGET = Path(__file__).with_suffix(".md")
PACKAGES = ("entmax", "torch", "jax", "logitscape")
COMMAND = "python -m docs.entmax_losses --write"

LOSSES: dict[str, tuple[Callable[..., Any], str | None]] = {
    "SparsemaxLoss()": (entmax.SparsemaxLoss(), "sparsemax"),
    "SparsemaxLoss(k=3)": (entmax.SparsemaxLoss(k=3), "sparsemax"),
    "SparsemaxBisectLoss()": (entmax.SparsemaxBisectLoss(), "sparsemax"),
    "Entmax15Loss()": (entmax.Entmax15Loss(), "entmax(alpha=1.5)"),
    "EntmaxBisectLoss(alpha=1.1)": (
        entmax.EntmaxBisectLoss(alpha=1.1),
        "entmax(alpha=1.1)",
    ),
    "EntmaxBisectLoss(alpha=1.5)": (entmax.EntmaxBisectLoss(), "entmax(alpha=1.5)"),
    "EntmaxBisectLoss(alpha=1.5, n_iter=10)": (
        entmax.EntmaxBisectLoss(n_iter=10),
        "entmax(alpha=1.5)",
    ),
    "EntmaxBisectLoss(alpha=3)": (
        entmax.EntmaxBisectLoss(alpha=3),
        "entmax(alpha=3)",
    ),
    "NormmaxBisectLoss(alpha=2)": (entmax.NormmaxBisectLoss(), None),
}
"""Losses by name, each with the normalizer by which it predicts."""


if __name__ == "__main__":
    title = "The losses of entmax, diagnosed"
    publish(page(title, PACKAGES, COMMAND, diagnosed(LOSSES)), TARGET)

"""Diagnose the losses of torch.nn that classify; `--write` updates `docs/torch_losses.md`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from docs.loss_table import diagnosed, page, publish

TARGET = Path(__file__).with_suffix(".md")
PACKAGES = ("torch", "jax", "logitscape")
COMMAND = "python -m docs.torch_losses --write"


def of_log_softmax(criterion: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A loss that takes the logarithms of probabilities, and class numbers or distributions."""

    def loss(logits: Tensor, labels: Tensor) -> Tensor:
        return criterion(torch.log_softmax(logits, -1), labels)

    return loss


def of_sigmoid(criterion: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A loss that takes the probability of yes."""

    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        return criterion(torch.sigmoid(logits), targets)

    return loss


LOSSES: dict[str, tuple[Callable[..., Any], str | None]] = {
    "CrossEntropyLoss()": (nn.CrossEntropyLoss(), "softmax"),
    "CrossEntropyLoss(label_smoothing=0.1)": (
        nn.CrossEntropyLoss(label_smoothing=0.1),
        "softmax",
    ),
    "NLLLoss(), of log_softmax": (of_log_softmax(nn.NLLLoss()), "softmax"),
    "KLDivLoss(), of log_softmax": (
        of_log_softmax(nn.KLDivLoss(reduction="batchmean")),
        "softmax",
    ),
    "MultiMarginLoss()": (nn.MultiMarginLoss(), None),
    "MultiMarginLoss(p=2)": (nn.MultiMarginLoss(p=2), None),
    "MultiLabelSoftMarginLoss()": (nn.MultiLabelSoftMarginLoss(), "softmax"),
    "BCEWithLogitsLoss()": (nn.BCEWithLogitsLoss(), "softmax"),
    "BCELoss(), of sigmoid": (of_sigmoid(nn.BCELoss()), "softmax"),
    "SoftMarginLoss()": (nn.SoftMarginLoss(), "softmax"),
    "MSELoss(), of the logits": (nn.MSELoss(), None),
    "HuberLoss(), of the logits": (nn.HuberLoss(), None),
    "L1Loss(), of the logits": (nn.L1Loss(), None),
}
"""Losses by name, each with the normalizer by which it predicts.

A loss of one logit is one of two classes, whose softmax is the sigmoid of that logit. Losses that
compare sequences or embeddings do not classify, and are left out.
"""


if __name__ == "__main__":
    title = "The losses of torch.nn, diagnosed"
    publish(page(title, PACKAGES, COMMAND, diagnosed(LOSSES)), TARGET)

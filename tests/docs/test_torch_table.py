"""The table of torch.nn's losses has a row for every loss that classifies."""

import re
import runpy
from pathlib import Path

import pytest

nn = pytest.importorskip("torch").nn

DOCS = Path(__file__).parents[2] / "docs"
OTHERS = {
    "CTCLoss",  # sequences
    "CosineEmbeddingLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
    "MarginRankingLoss",
    "HingeEmbeddingLoss",  # distances
    "GaussianNLLLoss",
    "PoissonNLLLoss",  # counts and numbers
    "NLLLoss2d",
    "SmoothL1Loss",  # HuberLoss
    "MultiLabelMarginLoss",  # its targets are lists of labels
    "AdaptiveLogSoftmaxWithLoss",  # has layers of its own
    "LinearCrossEntropyLoss",
}


def test_no_loss_that_classifies_is_missing() -> None:
    script = runpy.run_path(str(DOCS / "torch_losses.py"))
    there = {re.match(r"\w+", name).group() for name in script["LOSSES"]}
    public = {name for name in dir(nn) if name.endswith("Loss")}
    assert public - there <= OTHERS
    assert there <= public
    page = (DOCS / "torch_losses.md").read_text(encoding="utf-8")
    for name in script["LOSSES"]:
        assert f"| `{name}` |" in page

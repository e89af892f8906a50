"""The table of optax's losses: none that classifies is missing, and the page is what the code
writes.
"""

import re
import runpy
from pathlib import Path

import optax
import pytest

import logitscape as ls

DOCS = Path(__file__).parents[2] / "docs"
OTHERS = {
    "binary_dice_loss",  # masks of images
    "cosine_similarity",  # a similarity, no loss; its distance is there
    "ctc_loss",
    "ctc_loss_with_forward_probs",  # sequences
    "kl_divergence_with_log_targets",  # the logarithm of a one-hot target is infinite
    "l2_loss",  # half of squared_error
    "ntxent",
    "triplet_margin_loss",  # embeddings
    "smooth_labels",  # no loss
}


@pytest.fixture(scope="module")
def script() -> dict:
    return runpy.run_path(str(DOCS / "optax_losses.py"))


def test_no_loss_that_classifies_is_missing(script: dict) -> None:
    there = {re.match(r"\w+", name).group() for name in script["LOSSES"]}
    public = {
        name
        for name in dir(optax.losses)
        if not name.startswith("_") and callable(getattr(optax.losses, name))
    }
    assert public - there <= OTHERS
    assert there <= public


def test_the_page_has_a_row_for_every_loss(script: dict) -> None:
    page = (DOCS / "optax_losses.md").read_text(encoding="utf-8")
    for name in script["LOSSES"]:
        assert f"| `{name}` |" in page


def test_a_row_tells_what_was_found(script: dict) -> None:
    loss, normalizer = script["LOSSES"]["softmax_cross_entropy"]
    page = script["page"](
        "Losses",
        script["PACKAGES"],
        "a command",
        {
            "softmax_cross_entropy": ls.diagnose(
                loss, normalizer=normalizer, num_classes=4
            )
        },
    )
    row = page.splitlines()[-1]
    assert row.startswith(
        "| `softmax_cross_entropy` | 1.00 | corrects itself | convex (certified) | proper |"
    )

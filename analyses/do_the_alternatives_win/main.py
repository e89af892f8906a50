"""Do Taylor, spherical or sparse softmax ever beat softmax, with few classes or with many?

The claim (C20, after arXiv 1511.05042): softmax is an arbitrary choice; Taylor and spherical
softmax do better than it on small image sets, and worse on language modelling.

* Few classes: MNIST-5k with 3,000 images to train, a perceptron with 64 hidden units, 1,000 steps;
  every seed splits the images anew.
* Many classes: the next of 10,000 tokens in the sources of Python's standard library from the token
  before; 19,200 tokens to train, 16 hidden units, 300 steps; every seed has other files and another
  vocabulary. The data depends on Python's version. To save time, softmax is the only normalizer
  that is paired with the Brier score.
* Both use mini-batches of 64 and Adam. The learning rate (and for images the initial scale) is
  tuned for each pair on validation data over the same grid, by other seeds than those of the
  results, once for accuracy and once for NLL. Each metric is reported with the setting that was
  tuned for it.
* Results are on test data, with 24 seeds (images) and 12 seeds (language): 95 % intervals
  (Student's t) of the paired difference to softmax with cross-entropy at the same seed. They cover
  initial values, mini-batches and splits, but no images other than these 5,000. All comparisons, of
  both tasks and metrics, are one family: "significant" is Holm's correction at 5 %.
* A sparse normalizer gives some labels the probability 0, and then the NLL is infinite: of those
  pairs only the accuracy is compared. Unigram and bigram models of the same tokens show that the
  language models have learned something.
"""

from typing import TYPE_CHECKING

from .. import harness
from ..harness.findings import Finding
from . import findings as claims
from .comparisons import (
    IMAGES,
    LANGUAGE,
    REFERENCE,
    SPARSE,
    SPHERICAL,
    TAYLOR,
    comparisons,
)
from .figure import draw

if TYPE_CHECKING:
    from ..harness.results import Tables

IMAGE_PAIRS = (
    REFERENCE,
    TAYLOR,
    SPHERICAL,
    "softmax + brier",
    "taylor + brier",
    "spherical + brier",
    *SPARSE,
)
LANGUAGE_PAIRS = (
    REFERENCE,
    TAYLOR,
    SPHERICAL,
    "softmax + brier",
    "sparsemax_loss",
    "entmax_loss(alpha=1.5)",
)
QUICK_IMAGE_PAIRS = (REFERENCE, "sparsemax_loss")
QUICK_LANGUAGE_PAIRS = (REFERENCE, TAYLOR)
TABLES = ("tasks", "tuning", "results", "baselines")


def measure(run: harness.StudyRun) -> "Tables":
    import pandas as pd

    from . import tasks
    from .tuning import measure_task

    if run.quick:
        images = tasks.quick_images(IMAGES, QUICK_IMAGE_PAIRS)
        language = tasks.quick_language(LANGUAGE, QUICK_LANGUAGE_PAIRS)
    else:
        images = tasks.images(IMAGES, IMAGE_PAIRS)
        language = tasks.language(LANGUAGE, LANGUAGE_PAIRS)
    by_task = [measure_task(run, images), measure_task(run, language)]
    joined = {}
    for name in TABLES:
        parts = [tables[name] for tables in by_task if name in tables]
        joined[name] = pd.concat(parts, ignore_index=True)
    return joined


def findings(tables: "Tables") -> list[Finding]:
    compared = comparisons(tables["results"])
    return [
        *claims.directions(compared),
        claims.more_accurate("C20e", "few classes", IMAGES, compared),
        claims.more_accurate("C20f", "many classes", LANGUAGE, compared),
        claims.impossible_labels(compared),
        claims.has_learned(tables["results"], tables["baselines"]),
    ]


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw)

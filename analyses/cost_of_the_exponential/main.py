"""Is the exponential what makes softmax expensive, or the sum over all classes?

The claim (C19): the exponential is expensive. The reply: it is cheap, the sum over all classes
costs.

An output layer goes from hidden units, by a product with weights, to logits and to cross-entropy
with softmax. It has 64 or 512 hidden units and 10 to 262,144 classes, in float32, and is measured
forward and with the gradient in hidden units and weights. With few classes it takes many examples
at a time. Compiled programs for its parts are timed one after the other in rounds, so that other
work of the machine falls on all of them:

* the product with the weights (for the gradient also the two products back);
* the loss from the logits on (max, exponential, sum, logarithm; for the gradient also the
  division), and the same with a square in place of the exponential. The exponential is judged by
  the difference of the two, and the rest of the loss is called the sum;
* the whole layer in one program, the whole with the square, and the whole over 512 sampled classes
  only.

Shares are taken within a round and reported as medians with quartiles; a share below 0 is lost in
the noise. Seconds differ from machine to machine and are not reported. FLOP, exponentials and bytes
as the compiler counts them are beside the times. The study runs on any backend of JAX, CPU or GPU.
"""

from typing import TYPE_CHECKING

from .. import harness
from ..harness.findings import Finding
from . import findings as claims
from .figure import draw

if TYPE_CHECKING:
    import pandas as pd

    from ..harness.results import Tables

CLASSES = (10, 100, 1000, 10_000, 65_536, 262_144)
HIDDEN = (64, 512)
SECONDS = 3.5
"""Duration of the measurement of one layer and pass."""
QUICK_CLASSES = (10, 2000)
QUICK_HIDDEN = (64,)
QUICK_SECONDS = 0.2


def measure(run: harness.StudyRun) -> "Tables":
    from .timing import machine, measure_layer

    seconds = QUICK_SECONDS if run.quick else SECONDS

    def measure_part(key: tuple[int, int, str]) -> "pd.DataFrame":
        hidden, classes, name = key
        return measure_layer(hidden, classes, name, seconds)

    parts = run.gather("output layer", part_keys(run.quick), measure_part)
    return {"parts": parts, "machine": machine()}


def part_keys(quick: bool) -> list[tuple[int, int, str]]:
    """Numbers of hidden units and classes, and the name of the pass, of every measured layer."""
    widths = QUICK_HIDDEN if quick else HIDDEN
    numbers_of_classes = QUICK_CLASSES if quick else CLASSES
    return [
        (hidden, classes, name)
        for hidden in widths
        for classes in numbers_of_classes
        for name in claims.PASSES
    ]


def findings(tables: "Tables") -> list[Finding]:
    parts = tables["parts"]
    widest = parts[parts["hidden"] == parts["hidden"].max()]
    largest = widest[widest["classes"] == parts["classes"].max()]
    return [
        claims.share_of_exponential("C19a", parts, "forward"),
        claims.share_of_exponential("C19b", parts, "gradient"),
        claims.sum_or_exponential(parts),
        claims.all_classes(largest),
        claims.squares(parts),
        *claims.counts(widest),
    ]


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw)

"""Does softmax collapse in training, and what mends it: accuracy, or another gradient?

Claim C23, of arXiv 2501.04697: in float32 the gradient of cross-entropy becomes exactly 0 once a
margin is large, training ends, and models do not generalise; stablemax mends it. Stablemax changes
two things at once, the function and what rounding does to it. Here each is changed alone:
cross-entropy by softmax and by stablemax, each computed accurately and as people write it.

The task is theirs, smaller: addition modulo 31, 80 % of the 961 sums to train on, one-hot summands,
a perceptron with two hidden layers of 200, Adam on the whole batch (rate 0.001, not tuned; b2 =
0.98, epsilon 1e-15), 6,000 steps, no weight decay where none is named. Logits are cast to the
precision of the loss; the model is in float32 where nothing else is said. Ten seeds set the split
and the initial weights.

The loss is multiplied by 2^40, which changes nothing but how small Adam's epsilon is beside a
gradient. This was added after a first measurement: there the epsilon had ended the growth of the
accurate margins at 38. One arm is still without the factor.

Every 250 steps are measured: the share of the training examples whose derivative of the loss in the
label's logit is exactly 0, the median margin, and the accuracies.

Intervals are Student's t over seeds, 95 %. Differences are taken seed by seed, with Holm's
correction.
"""

from typing import TYPE_CHECKING

from .. import harness
from .figure import draw, draw_details
from .findings import findings

if TYPE_CHECKING:
    import pandas as pd


def measure(run: harness.StudyRun) -> "dict[str, pd.DataFrame]":
    import jax  # here, as a figure is redrawn without JAX

    from . import tables
    from .training import train_all

    jax.config.update("jax_enable_x64", True)
    runs = train_all(run)
    return {
        "steps": tables.over_steps(runs),
        "end": tables.at_the_end(runs),
        "differences": tables.differences(runs),
    }


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, details=draw_details)

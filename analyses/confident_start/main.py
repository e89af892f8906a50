"""Which pairs recover from a confidently wrong start, and can that be told before training?

The models are linear, on scikit-learn's digits (8 x 8 pixels; 1078 images to train, 360 to tune,
359 to test), with every pair of the catalog. The weights start gently (standard deviation 0.01) or
confidently wrong (standard deviation 4, which gives logits of about 15). Training is plain gradient
descent over 12 epochs, in mini-batches of 64. A pair is left out if it equals another pair for
one-hot labels, if at the gentle start it has no finite gradient for a tenth of the images, or if it
has no gradient at all there. A pair that does not reach LEARNS even from the gentle start says
nothing about recovery, and is counted apart.

The learning rate is tuned for each pair and start. Thirteen rates are tried, the same for all
pairs; the best is that with the highest validation accuracy after the last epoch, over 2 seeds, and
of several equal ones that in the middle. Results are the test accuracies of 10 other seeds of
initial weights and mini-batches, on a single split. Intervals are Student's t over these seeds, so
they say nothing about other images. The way back is (confident end - confident start) / (gentle end
- confident start), of accuracies. A pair *recovers* if its mean way back is at least BACK, and is
*stuck* below HALF. A diverged run counts with the accuracy at which it ends.

The prediction is made before training, from theory (see kernel_descent.py): the logits of 256
training images at the start descend the gradient of their losses, preconditioned by the neural
tangent kernel of the start, for as many steps as the training has, with the best rate of the same
grid, from both starts. The predicted way back is that of the shares that are then right, and a pair
is predicted to recover if it is at least BACK, as it is measured of a training. No constant is
fitted to outcomes. Which kernel to take, of three (each image by itself, with the images of its
class, or all), was chosen on half of the pairs that learned in the first study, which had fewer
rates and whose outcomes had all been seen by then; looked_at.txt names that half. That the way back
is predicted, and not the share that is right, was settled when the results of both halves had been
printed: for that choice no pair of the digits is unseen. Judged are all other pairs, and a quarter
of the pairs with other data (5,000 images of MNIST) and with another model (a hidden layer of 64).
The kernel of a linear model stays as it is, so that the descent is a training of it on these images
with the whole batch: a smaller training predicts a larger one. With a hidden layer the kernel
changes, and the descent is an approximation.

The rule that was fixed before any training is reported beside it: a pair recovers if on the rays
R1, R2 and R3 the smallest norm of the gradient, while wrong, is at least EVEN of the largest. The
share of right predictions has the exact interval of Clopper and Pearson, as if pairs were
independent; they are not, as they share normalizers and losses.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import harness
from ..harness.findings import Finding
from . import findings as claims
from .figure import draw
from .judgement import REFERENCE, judged
from .prediction_findings import predictions

if TYPE_CHECKING:
    import pandas as pd


def measure(run: harness.StudyRun) -> "dict[str, pd.DataFrame]":
    from . import training

    return training.measure(run)


def findings(tables: "Mapping[str, pd.DataFrame]") -> list[Finding]:
    pairs = tables["pairs"]
    learning = judged(pairs)
    by_pair = learning.set_index("pair")
    return [
        claims.reference_recovers(pairs.set_index("pair").loc[REFERENCE]),
        claims.others_are_stuck(learning),
        *predictions(learning, tables["others"]),
        claims.constant_gradients(by_pair),
        *claims.squared_error(by_pair),
        claims.pairs_that_learn(pairs),
        claims.edges_of_the_grid(pairs, tables["tuning"], tables["others"]),
    ]


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, level=1)

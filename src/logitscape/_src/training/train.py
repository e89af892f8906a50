"""The function `train`: a classifier for every learning rate, seed and initial scale."""

import os
from collections.abc import Callable, Sequence
from typing import Any

from ..base.files import checked_path
from ..base.optimizers import Optimizer
from ..base.users_code import keeping_nothing
from ..datasets.dataset import Dataset
from ..objectives.objective import Objective
from .config import make_config
from .hosts import run_together
from .identity import fingerprint
from .metrics import METRICS
from .models import Model
from .progress import Report, reporting
from .result import Training, training_result


def train(
    objective: str | Objective | Callable[..., Any],
    data: Dataset | Sequence[Dataset],
    *,
    model: Model = "linear",
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    init_scales: Sequence[float] = (0.01,),
    steps: int,
    batch_size: int = 32,
    optimizer: str | Optimizer = "sgd",
    metrics_every: int = 100,
    metrics: Sequence[str] = METRICS,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool | Report = False,
) -> Training:
    """Train a classifier for every learning rate, seed and initial scale, all at once.

    All members of this ensemble take their steps side by side, in the floating-point type
    of the data's inputs. No member has an effect on another. A seed draws the initial
    values and the order of the examples, which are the same for every objective, learning
    rate and scale. The examples are shuffled anew for every epoch, and those that do not
    fill a mini-batch are left out of it. The same arguments give the same result on the
    same machine, whether training was interrupted or not.

    Args:
        objective: Objective to minimize, as `ls.objective` takes it.
        data: Data set for all seeds, or a list of one for each seed.
        model: "linear"; or ("mlp", 64) or ("mlp", (64, 32)) with the widths of hidden
            layers with ReLU. Tokens are embedded by the first layer.
        learning_rates: Learning rates of the optimizer, different and greater than 0.
        seeds: Different whole numbers from 0 to 2147483647.
        init_scales: Standard deviations of the last layer's initial weights, different and
            at least 0. The larger, the more confident are the first predictions.
        steps: Number of steps, at least 1.
        batch_size: Number of examples in a step, at most the number of training examples.
        optimizer: "sgd", "momentum", "adam", or a function from a (traced) learning rate to
            an optax optimizer.
        metrics_every: Number of steps between records. There is one at the start and one at
            the end too.
        metrics: Names of the metrics to record. "accuracy" alone compiles in a fraction of
            the time that all take.
        checkpoint: File to which the state is saved every few seconds. If it exists,
            training goes on from it; it must be of a training with the same arguments.
            Processes that have called `jax.distributed.initialize` share the members; each
            has a file of its own beside it, as "run.0-of-2.npz".
        progress: True for a bar on stderr, or a function that is called with (steps done,
            all steps) after every record.

    Returns:
        Training with the metrics at every record and the final parameters.

    Raises:
        TypeError: If data are not data sets, or labels are not integers.
        ValueError: If an argument is out of range, data are not finite or do not fit
            together, or the checkpoint belongs to another training.
        IndexError: If labels are out of range.
        FileNotFoundError: If the folder of the checkpoint does not exist.
        OSError: If the checkpoint cannot be read or written.

    >>> import logitscape as ls
    >>> from logitscape.datasets import load
    >>> trained = ls.train("softmax + cross_entropy", load("gaussian_clusters"),
    ...     learning_rates=[0.1, 0.5], seeds=[0, 1, 2], steps=100, metrics=["accuracy"])
    >>> trained.accuracy.shape  # split, learning rate, seed, initial scale, record
    (3, 2, 3, 1, 2)
    >>> bool((trained.accuracy[..., -1] > 0.7).all())
    True
    """
    config = make_config(
        objective,
        data,
        model,
        learning_rates=learning_rates,
        seeds=seeds,
        init_scales=init_scales,
        steps=steps,
        batch_size=batch_size,
        optimizer=optimizer,
        metrics_every=metrics_every,
        metrics=metrics,
    )
    path = None
    if checkpoint is not None:
        path = checked_path("train", checkpoint, "checkpoint")
        # Only where it is compared with a file, as it takes a
        # compilation of the objective.
        config.description["losses"] = fingerprint(config.program.objective)
    name = config.program.objective.name
    with reporting(progress, name) as report, keeping_nothing(config.program.objective):
        state, records = run_together(config, path, report)
    return training_result(config, state, records)

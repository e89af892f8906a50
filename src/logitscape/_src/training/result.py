"""The result of a training: the metrics and parameters of all members of an ensemble."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import numpy as np
from numpy.typing import NDArray

from ..datasets.dataset import SPLITS
from .config import TrainingConfig
from .ensemble import State
from .metrics import METRICS

if TYPE_CHECKING:
    import xarray

Records: TypeAlias = list[dict[str, NDArray[Any]]]
"""Metrics by name at every record, each [split, members]."""

MEMBER_AXES = ("learning_rate", "seed", "init_scale")


@dataclass(frozen=True)
class Training:
    """Metrics and final parameters of every member of an ensemble.

    The metrics have the axes [split, learning rate, seed, initial scale, record]; the splits
    are train, validation and test. A metric that was not asked for is NaN everywhere.

    Attributes:
        objective: Name of the objective.
        learning_rates: Learning rates, along their axis.
        seeds: Seeds of initial values and mini-batches, along their axis.
        init_scales: Standard deviations of the last layer's initial weights, along their
            axis.
        steps: Number of steps taken before each record, [record].
        loss: Mean loss; it may be infinite or NaN.
        accuracy: Share of the examples whose label alone has the largest probability.
        nll: Mean of -log p_label, in nats.
        calibration_error: Expected calibration error, with 15 bins of equal width.
        carried_by_wrong: Part of the sum of all gradient norms, in the logits, that
            comes from examples which are classified wrongly.
        stuck: Share of the examples that are classified wrongly and have almost no
            gradient: below 1e-3 of that of cross-entropy at the same logits.
        diverged_at: Number of steps taken when the loss of a mini-batch or a parameter was
            not finite for the first time, [learning rate, seed, initial scale]; -1 if that
            never happened. Such a member goes on, and its metrics show the consequences.
        parameters: Pytree of the final parameters, leaves [learning rate, seed, initial
            scale, ...].
        description: Everything that decides the result, as JSON values.
    """

    objective: str
    learning_rates: NDArray[Any]
    seeds: NDArray[Any]
    init_scales: NDArray[Any]
    steps: NDArray[Any]
    loss: NDArray[Any]
    accuracy: NDArray[Any]
    nll: NDArray[Any]
    calibration_error: NDArray[Any]
    carried_by_wrong: NDArray[Any]
    stuck: NDArray[Any]
    diverged_at: NDArray[Any]
    parameters: Any
    description: dict[str, Any]

    def to_xarray(self) -> "xarray.Dataset":
        """The metrics that were asked for, as an `xarray.Dataset`.

        Returns:
            Dataset with the dimensions "split", "learning_rate", "seed", "init_scale" and
            "step". The description becomes its attributes.
        """
        import xarray

        variables: dict[str, Any] = {}
        for name in self.description["metrics"]:
            variables[name] = (("split", *MEMBER_AXES, "step"), getattr(self, name))
        variables["diverged_at"] = (MEMBER_AXES, self.diverged_at)
        coordinates = {
            "split": list(SPLITS),
            "learning_rate": self.learning_rates,
            "seed": self.seeds,
            "init_scale": self.init_scales,
            "step": self.steps,
        }
        attributes = {}
        for name, value in self.description.items():
            # File formats take numbers and text, but no lists.
            attributes[name] = value if isinstance(value, int) else str(value)
        return xarray.Dataset(variables, coordinates, attributes)


def training_result(config: TrainingConfig, state: State, records: Records) -> Training:
    """The result from the last state and all records."""
    grid = config.shape
    description = config.description
    return Training(
        objective=config.program.objective.name,
        learning_rates=np.array(description["learning_rates"]),
        seeds=np.array(description["seeds"]),
        init_scales=np.array(description["init_scales"]),
        steps=np.array(config.records),
        **_metrics_on_grid(config, records),
        diverged_at=np.asarray(state.diverged_at).reshape(grid),
        parameters=jax.tree.map(
            lambda leaf: np.asarray(leaf).reshape(*grid, *leaf.shape[1:]),
            state.parameters,
        ),
        description=description,
    )


def _metrics_on_grid(
    config: TrainingConfig, records: Records
) -> dict[str, NDArray[Any]]:
    """All metrics by name; NaN for those that were not recorded."""
    shape = (len(SPLITS), *config.shape, len(records))
    recorded = {}
    for name in config.program.metrics:
        values = np.stack([record[name] for record in records], axis=-1)
        recorded[name] = values.reshape(shape)
    dtype = next(iter(recorded.values())).dtype
    missing = np.full(shape, np.nan, dtype)
    return {name: recorded.get(name, missing) for name in METRICS}

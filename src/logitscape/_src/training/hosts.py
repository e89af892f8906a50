"""A training whose members are shared among the processes of a job."""

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ..base.processes import gathered, is_shared
from .config import TrainingConfig
from .ensemble import State
from .progress import Report
from .result import Records
from .run import joined, run


def run_together(
    config: TrainingConfig, checkpoint: Path | None, report: Report
) -> tuple[State, Records]:
    """Train to the last step; every process its share of the members, and all get everything.

    Args:
        config: Training to run.
        checkpoint: File to keep the state in; with several processes each has one of its own
            beside it. None for no checkpoints.
        report: Function that is called with (steps done, all steps) after every record.
    """
    if not is_shared():
        return run(config, checkpoint, report)
    process, processes = jax.process_index(), jax.process_count()
    ends = np.linspace(0, len(config.members.scale), processes + 1).round().astype(int)
    begin, end = ends[process : process + 2].tolist()
    found = None
    if begin < end:
        part = replace(
            config,
            members=jax.tree.map(itemgetter(slice(begin, end)), config.members),
            description=config.description | {"members": [begin, end]},
        )
        state, records = run(part, _own(checkpoint, process, processes), report)
        found = jax.tree.map(np.asarray, state), records
    parts = [each for each in gathered(found) if each is not None]
    states, all_records = zip(*parts, strict=True)
    return joined(states), _joined_records(all_records)


def _own(checkpoint: Path | None, process: int, processes: int) -> Path | None:
    """The checkpoint of one process: `run.npz` becomes `run.0-of-2.npz`."""
    if checkpoint is None:
        return None
    name = f"{checkpoint.stem}.{process}-of-{processes}{checkpoint.suffix}"
    return checkpoint.with_name(name)


def _joined_records(of_processes: Sequence[Records]) -> Records:
    """The metrics of all members at every record, each [splits, members]."""
    records = list[dict[str, Any]]()
    for at_once in zip(*of_processes, strict=True):
        names = at_once[0]
        records.append(
            {
                name: np.concatenate([each[name] for each in at_once], 1)
                for name in names
            }
        )
    return records

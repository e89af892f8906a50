"""Sweeps, audits and fused linear layers on one, two and four virtual devices of the processor."""

from typing import Any

from .process import in_fresh_process, progress
from .report import Report, Table

DEVICES = (1, 2, 4)
COLUMNS = ("work", "devices", "CPU seconds", "of one device", "wall, of one device")
NOTES = (
    "Each number of devices in a fresh process, by `--xla_force_host_platform_device_count`; the "
    "work is compiled before it is timed, the least of {rounds} rounds counts.",
    "Virtual devices share the cores of one processor: they show what it costs to share work, and "
    "no gain beyond the cores. A sweep gives each device a part of every slab, an audit every "
    "other block; `ls.linear_loss` computes loss and gradient of its share of the rows in "
    "`jax.shard_map`.",
)


def measure(quick: bool) -> Report:
    """Do all work on every number of devices."""
    found = dict[int, dict[str, Any]]()
    for count in DEVICES:
        progress(f"devices: {count}")
        flags = f"--xla_force_host_platform_device_count={count}"
        found[count] = in_fresh_process(
            "devices_worker", {"XLA_FLAGS": flags}, quick=quick
        )
    rows = [
        _row(work, count, found[count]["work"][work], found[1]["work"][work])
        for work in found[1]["work"]
        for count in DEVICES
    ]
    notes = [note.format(rounds=found[1]["rounds"]) for note in NOTES]
    return Report("devices", "Virtual devices", [Table("Time", COLUMNS, rows)], notes)


def _row(
    work: str, count: int, seconds: dict[str, float], alone: dict[str, float]
) -> list[str]:
    return [
        work,
        str(count),
        f"{seconds['processor']:.2f}",
        f"{seconds['processor'] / alone['processor']:.2f}",
        f"{seconds['wall'] / alone['wall']:.2f}",
    ]

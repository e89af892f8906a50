"""`python -m benchmarks [training | throughput | memory ...]`, from the repository's root."""

import argparse
from collections.abc import Callable

from . import (
    accuracy,
    answers,
    audit,
    blocks,
    cold_start,
    devices,
    ensembles,
    figures,
    linear_loss,
    memory,
    probe,
    sparse,
    throughput,
    training_step,
)
from .report import Report

PARTS: dict[str, Callable[[bool], Report]] = {
    "training": training_step.measure,
    "throughput": throughput.measure,
    "cold": cold_start.measure,
    "figures": figures.measure,
    "answers": answers.measure,
    "memory": memory.measure,
    "ensembles": ensembles.measure,
    "blocks": blocks.measure,
    "accuracy": accuracy.measure,
    "sparse": sparse.measure,
    "linear_loss": linear_loss.measure,
    "audit": audit.measure,
    "probe": probe.measure,
    "devices": devices.measure,
}


def main() -> None:
    """Measure the parts that the command line names, or all."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        description="Measure speed, memory and accuracy against peers.",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"{', '.join(PARTS)}; all if none is named",
    )
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to see that everything works"
    )
    parser.add_argument(
        "--write", action="store_true", help="keep the tables in benchmarks/results"
    )
    options = parser.parse_args()
    for name in options.parts:
        if name not in PARTS:
            parser.error(f"unknown part {name!r}, known: {', '.join(PARTS)}")
    if options.quick and options.write:
        parser.error("--write is for results in full size, not for --quick")
    for name in options.parts or PARTS:
        PARTS[name](options.quick).publish(options.write)


main()

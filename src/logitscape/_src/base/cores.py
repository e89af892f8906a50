"""Number of processor cores that this process may use."""

import os


def usable_cores() -> int:
    """Number of cores that the operating system lets this process run on, at least 1."""
    # Containers and job schedulers often allow fewer cores than the machine has.
    # Linux tells which; elsewhere the number of all cores is the best answer there is.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

"""Work in a fresh process, which finds nothing imported, compiled or allocated."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any


def in_fresh_process(
    worker: str, environment: Mapping[str, str] | None = None, /, **arguments: Any
) -> dict[str, Any]:
    """Run `benchmarks.WORKER.run(**arguments)` in a fresh process, without JAX's cache on disk.

    The parent must stay small: a child's peak memory is at least its parent's.

    Args:
        worker: Name of a module of this package.
        environment: Variables of the process beside those of this one.
        **arguments: Arguments of its `run`, as JSON has them.

    Returns:
        The result of `run`, and under "wall" the seconds from start to end.
    """
    command = [
        sys.executable,
        "-m",
        "benchmarks.process",
        worker,
        json.dumps(arguments),
    ]
    started = time.perf_counter()
    ended = subprocess.run(
        command,
        env=without_cache() | dict(environment or {}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wall = time.perf_counter() - started
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result | {"wall": wall}


def without_cache() -> dict[str, str]:
    """This process's environment, in which JAX compiles everything anew."""
    environment = dict(os.environ)
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    environment["JAX_ENABLE_COMPILATION_CACHE"] = "0"
    return environment


def stay_on_one_core() -> None:
    """Use one core only, as far as the system can: then processor time is reproducible.

    To be called before JAX and PyTorch start their threads.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def progress(text: str) -> None:
    """Say on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    name, arguments = sys.argv[1:]
    module = import_module(f"benchmarks.{name}")
    print(json.dumps(module.run(**json.loads(arguments))))

"""Work in a fresh process, which finds nothing imported, compiled or allocated."""

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from typing import Any


def in_fresh_process(worker: str, **arguments: Any) -> dict[str, Any]:
    """What `benchmarks.WORKER.run(**arguments)` returns there, and "wall", the seconds from start to end.

    JAX's cache on disk is off. The parent must stay small: a child's peak memory is at least its parent's.
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
        command, env=without_cache(), stdout=subprocess.PIPE, text=True, check=True
    )
    wall = time.perf_counter() - started
    result: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return result | {"wall": wall}


def without_cache() -> dict[str, str]:
    """This process's environment, in which JAX compiles everything anew."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "JAX_COMPILATION_CACHE_DIR"
    }
    return kept | {"JAX_ENABLE_COMPILATION_CACHE": "0"}


def progress(text: str) -> None:
    """Say on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    name, arguments = sys.argv[1:]
    print(json.dumps(import_module(f"benchmarks.{name}").run(**json.loads(arguments))))

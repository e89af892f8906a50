"""Processes of analyses, which share the time that importing takes.

Every analysis needs JAX, matplotlib and pandas, whose import takes longer than many a figure. Where
the system can fork, one process imports them, and every analysis is a copy of it, which has done
nothing else before. Elsewhere each process imports them itself.
"""

import multiprocessing
import os
import runpy
import sys
import traceback
from collections.abc import Mapping
from io import TextIOWrapper
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any

from .scripts import Script

SHARED = (
    "numpy",
    "pandas",
    "jax.numpy",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_pdf",
    "matplotlib.backends.backend_svg",
    "rich.console",
    "rich.table",
)
"""Modules that most analyses import. Importing them starts no thread and reads no setting that an
analysis changes, so that a copy may go on from there."""


def start(script: Script, environment: Mapping[str, str], output: Path) -> BaseProcess:
    """Start the process of a script.

    Args:
        script: Script that is run.
        environment: All variables of its environment.
        output: File to which it prints.
    """
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    if can_fork:
        context.set_forkserver_preload(list(SHARED))
    arguments = (script.module, dict(environment), str(output))
    process: BaseProcess = context.Process(
        target=_run, args=arguments, name=script.name
    )
    process.start()
    return process


def _run(module: str, environment: dict[str, str], output: str) -> None:
    _print_to(output)
    os.environ.clear()
    os.environ.update(environment)
    # As Python itself does when it starts with -P: nothing comes from the folder of the command.
    first = environment["PYTHONPATH"].split(os.pathsep)
    here = {"", str(Path.cwd())}
    sys.path[:] = [*first, *(path for path in sys.path if path not in here)]
    # The script may have a harness of its own, that of a copied checkout.
    for name in list(sys.modules):
        if name.partition(".")[0] == __package__.partition(".")[0]:
            del sys.modules[name]
    sys.argv = [module]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Exception as error:
        # The steps from here to the script say nothing about what went wrong in it.
        traceback.print_exception(error.with_traceback(_within_script(error)))
        sys.exit(1)


def _within_script(error: Exception) -> TracebackType | None:
    trace = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_ours(file: str) -> bool:
    return file == __file__ or "runpy" in Path(file).name


def _print_to(output: str) -> None:
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    for number in (1, 2):
        os.dup2(file, number)
    os.close(file)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")

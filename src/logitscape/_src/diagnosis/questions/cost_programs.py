"""Compiled programs of a loss and its gradient: operations, memory and times."""

import time
from collections.abc import Mapping
from functools import partial
from statistics import median
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...base.argmax import place_of_one
from ...base.memory import kept
from ...base.program_keys import program_key
from ...base.stored import stored_program
from ...base.xla import jit_as_trained, jit_in_use
from ...objectives.at_label import loss_at_label
from ...objectives.objective import Objective
from ..domain import Domain
from ..evaluation import narrow
from ..programs import Precision
from ..subject import Subject

XLA_COUNTS = {
    "flops": "flops",
    "transcendentals": "transcendentals",
    "bytes": "bytes accessed",
}
"""Names of XLA's counts, by the names in the answer's details."""


class Program(NamedTuple):
    """A compiled program of one subject.

    Attributes:
        run: Compiled function of logits and targets, each [examples, n].
        counts: Counts of operations and bytes, and their sum "work".
        loops: Whether the program has a loop, whose body XLA counts once.
        compile_time: Time to trace and compile, in seconds.
    """

    run: Any
    counts: Mapping[str, float]
    loops: bool
    compile_time: float


# A diagnosis needs four: of the subject and the reference, in two sizes.
@kept(maxsize=4)
def compiled_program(
    subject: Subject, n: int, examples: int, is_timed: bool, dtype: Precision
) -> Program:
    """Compile the loss and its gradient of a batch, which is what training computes.

    Only a program that is timed takes the time of XLA's own settings.
    """
    function: Any = subject.function
    if subject.objective is not None:
        function = partial(_at_label, subject.objective)
    # Not the one whose traces all programs share: tracing is part of the time.
    function = jax.value_and_grad(function)
    shape = jax.ShapeDtypeStruct((examples, n), jnp.dtype(dtype))
    jit = jit_in_use if is_timed else jit_as_trained
    about = ("cost", n, examples, dtype, jit.__name__)
    one = jax.ShapeDtypeStruct((n,), jnp.dtype(dtype))
    key = program_key(subject.function, about, function, one, one)
    mapped = jax.vmap(function)
    program, seconds = stored_program(key, mapped, shape, shape, jit=jit)
    return Program(
        run=program,
        counts=_counts(program),
        loops=" while(" in (program.as_text() or ""),
        compile_time=seconds,
    )


def _at_label(objective: Objective, z: Array, target: Array) -> Array:
    """The loss as `ls.per_example` computes it."""
    return loss_at_label(objective, z, place_of_one(target))


def _counts(program: Any) -> dict[str, float]:
    """The counts that this backend gives; a count of 0 means that it does not count."""
    analysis = program.cost_analysis() or {}
    counts = {}
    for name, key in XLA_COUNTS.items():
        if analysis.get(key, 0) > 0:
            counts[name] = float(analysis[key])
    if counts:
        counts["work"] = sum(counts.values())
    memory = program.memory_analysis()
    temporaries = float(getattr(memory, "temp_size_in_bytes", 0) or 0)
    if temporaries > 0:
        counts["temporaries"] = temporaries
    return counts


def count_ratios(program: Program, reference: Program) -> dict[str, float]:
    """Every count relative to the reference's; counts that one of them lacks are left out."""
    ratios = {}
    for name, count in program.counts.items():
        if name in reference.counts:
            ratios[name] = count / reference.counts[name]
    return ratios


def time_ratio(
    program: Program,
    reference: Program,
    shape: tuple[int, int],
    dtype: Precision,
    domain: Domain,
    *,
    rounds: int,
    seconds: float,
) -> float:
    """The median time of a run relative to the reference's.

    Runs of both programs alternate, so that changes of the machine's load meet both.

    Args:
        program: Program to time.
        reference: Program to compare it with.
        shape: Number of examples and number of classes.
        dtype: Precision of the inputs.
        domain: Logits that both can be given.
        rounds: Maximum number of runs of each program.
        seconds: Time after which no further run begins; there is always one.
    """
    examples, n = shape
    # Logits from 1 to 2 are in the domain of every normalizer.
    numbers = domain.fit(1 + np.random.default_rng(0).random((examples, n)))
    # Arrays of JAX, as a program would copy an array of NumPy in every run.
    z = jax.device_put(narrow(numbers, dtype))
    t = jax.device_put(narrow(np.eye(1, n).repeat(examples, axis=0), dtype))
    # The first runs would include the transfer of inputs and the allocation of buffers.
    jax.block_until_ready(program.run(z, t))
    jax.block_until_ready(reference.run(z, t))
    end = time.perf_counter() + seconds
    ratios = [_one_ratio(program, reference, z, t)]
    while len(ratios) < rounds and time.perf_counter() < end:
        ratios.append(_one_ratio(program, reference, z, t))
    return median(ratios)


def _one_ratio(program: Program, reference: Program, z: Any, t: Any) -> float:
    start = time.perf_counter()
    jax.block_until_ready(program.run(z, t))
    middle = time.perf_counter()
    jax.block_until_ready(reference.run(z, t))
    return (middle - start) / (time.perf_counter() - middle)

"""Cost: what the compiled programs of loss and gradient do and take, beside the reference's.

Counted numbers are the same every time and decide; measured times are told beside them.
"""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import product
from statistics import median
from typing import Any, Literal, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from ..answers import Answer, undecided
from ..config import DiagnosisConfig
from ..evaluation import Precision
from ..subject import Subject

Kind: TypeAlias = Literal["forward", "gradient"]

QUESTION = "cost"
KINDS: tuple[Kind, ...] = ("forward", "gradient")
SIZES = ((10, 4096), (32768, 8))
MORE = 3.0
ROUNDS, SECONDS = 9, 1.5
COUNTS = {
    "flops": "flops",
    "transcendentals": "transcendentals",
    "bytes": "bytes accessed",
}


class Program(NamedTuple):
    """A compiled program, what was counted of it, and how long it took to compile."""

    run: Callable[..., Any]
    counted: Mapping[str, float]
    loops: bool
    compiled: float


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer; sizes that the function does not take are left out."""
    method = f"compiled programs in {config.dtype}, {', '.join(f'{m} examples of {n} classes' for n, m in SIZES)}; loops count once"
    pairs, left_out = _programs(subject, config)
    if not pairs:
        return [undecided(QUESTION, f"runs with none of {left_out} classes.", method)]
    counted = {case: _ratios(*each) for case, each in pairs.items()}
    measured = {case: {"time": each} for case, each in _times(pairs, config).items()}
    for case, (own, reference) in pairs.items():
        measured[case]["compile time"] = own.compiled / reference.compiled
    return [
        _answer(
            config,
            method,
            counted,
            measured,
            left_out,
            any(own.loops for own, _ in pairs.values()),
        )
    ]


def prepare(
    subject: Subject, config: DiagnosisConfig, spent: Callable[[], object]
) -> None:
    """Compile beside other questions, until something is spent, so that programs are ready when times are measured alone.

    Compile times are rough then, those of the subject and of the reference alike.
    """
    sizes = [
        (n, m) for n, m in _sizes(subject, config) if _runs(subject, n, config.dtype)
    ]
    for (n, m), kind, each in product(sizes, KINDS, (subject, config.reference)):
        if not spent():
            _program(each, kind, n, m, config.dtype)


def _programs(
    subject: Subject, config: DiagnosisConfig
) -> tuple[dict[str, tuple[Program, Program]], list[int]]:
    """The compiled programs of every case, the subject's and the reference's, and the sizes left out."""
    pairs, left_out = dict[str, tuple[Program, Program]](), list[int]()
    for n, m in _sizes(subject, config):
        if not _runs(subject, n, config.dtype):
            left_out.append(n)
            continue
        for kind in KINDS:
            both = [
                _program(each, kind, n, m, config.dtype)
                for each in (subject, config.reference)
            ]
            pairs[f"{kind}, n = {n}"] = (both[0], both[1])
    return pairs, left_out


def _answer(
    config: DiagnosisConfig,
    method: str,
    counted: Mapping[str, Mapping[str, float]],
    measured: Mapping[str, Mapping[str, float]],
    left_out: list[int],
    loops: bool,
) -> Answer:
    """Judged by work, FLOPs and transcendentals and bytes together, in the worst case of all."""
    details = {
        "counted": counted,
        "measured": measured,
        "left_out": left_out,
        "loops": loops,
    }
    known = {case: each["work"] for case, each in counted.items() if "work" in each}
    without = (
        f" It does not run with {' or '.join(f'{n:,}' for n in left_out)} classes."
        if left_out
        else ""
    )
    if not known:
        why = "this backend does not count what a compiled program does." + without
        return Answer(QUESTION, "undecided", "undecided", why, method, details=details)
    case = max(known, key=lambda each: known[each])
    worst, name = known[case], config.reference.name
    text = (
        f"FLOPs and bytes together at most {worst:.2g} times those of {name} ({case}); "
    )
    text += f"time {measured[case]['time']:.2g} times, as measured here." + (
        " It has a loop, counted once." if loops else ""
    )
    verdict = (
        "costs more than the reference"
        if worst > MORE
        else "costs about as much as the reference"
    )
    return Answer(
        QUESTION,
        verdict,
        "note" if worst > MORE else "fine",
        text + without,
        method,
        worst,
        None,
        details,
    )


def _sizes(subject: Subject, config: DiagnosisConfig) -> list[tuple[int, int]]:
    """A function that knows its number of classes is not held against another one."""
    (few, examples), many = SIZES
    return [
        (few if _runs(subject, few, config.dtype) else config.num_classes, examples),
        many,
    ]


def _runs(subject: Subject, n: int, dtype: Precision) -> bool:
    z = jax.ShapeDtypeStruct((n,), jnp.dtype(dtype))
    try:
        jax.eval_shape(jax.grad(subject.function), z, z)
    except Exception:
        return False
    return True


@lru_cache(maxsize=64)
def _program(
    subject: Subject, kind: Kind, n: int, examples: int, dtype: Precision
) -> Program:
    function = (
        subject.function if kind == "forward" else jax.value_and_grad(subject.function)
    )
    shape = jax.ShapeDtypeStruct((examples, n), jnp.dtype(dtype))
    begun = time.perf_counter()
    compiled = jax.jit(jax.vmap(function)).lower(shape, shape).compile()
    took = time.perf_counter() - begun
    counted = compiled.cost_analysis() or {}
    memory = compiled.memory_analysis()
    found = {
        name: float(counted[key])
        for name, key in COUNTS.items()
        if counted.get(key, 0) > 0
    }
    if found:
        found["work"] = sum(found.values())
    temporaries = float(getattr(memory, "temp_size_in_bytes", 0) or 0)
    if temporaries > 0:
        found["temporaries"] = temporaries
    return Program(compiled, found, " while(" in (compiled.as_text() or ""), took)


def _ratios(own: Program, reference: Program) -> dict[str, float]:
    """Each number against the reference's; those that one of them lacks are left out."""
    shared = [name for name in own.counted if name in reference.counted]
    return {name: own.counted[name] / reference.counted[name] for name in shared}


def _times(
    pairs: Mapping[str, tuple[Program, Program]], config: DiagnosisConfig
) -> dict[str, float]:
    """Medians of the ratios of interleaved runs, each case within its part of the time."""
    return {
        case: _time(*each, case, config.dtype, SECONDS / len(pairs))
        for case, each in pairs.items()
    }


def _time(
    own: Program, reference: Program, case: str, dtype: Precision, seconds: float
) -> float:
    n = int(case.rpartition(" ")[2])
    examples = SIZES[1][1] if n == SIZES[1][0] else SIZES[0][1]
    z = jnp.asarray(1 + np.random.default_rng(0).random((examples, n)), dtype)
    t = jnp.asarray(np.eye(1, n).repeat(examples, axis=0), dtype)
    for each in (own, reference):
        jax.block_until_ready(each.run(z, t))
    until, ratios = time.perf_counter() + seconds, list[float]()
    while len(ratios) < ROUNDS and (not ratios or time.perf_counter() < until):
        begun = time.perf_counter()
        jax.block_until_ready(own.run(z, t))
        between = time.perf_counter()
        jax.block_until_ready(reference.run(z, t))
        ratios.append((between - begun) / (time.perf_counter() - between))
    return median(ratios)

"""Cost: the work, the memory and the time of the compiled loss and gradient.

All are relative to the reference's. Counted numbers are the same every time and decide the
verdict; measured times are reported beside them.
"""

from collections.abc import Callable
from itertools import product
from typing import NamedTuple

from ..answers import Answer, undecided
from ..config import DiagnosisConfig
from ..programs import Precision
from ..subject import Subject, gradient_error
from .cost_programs import Program, compiled_program, count_ratios, time_ratio

QUESTION = "cost"
MANY_CLASSES = (32768, 8)
SIZES = ((10, 4096), MANY_CLASSES)
"""Numbers of classes and of examples."""
MORE = 3.0
"""Largest ratio of work that counts as about as much."""
ROUNDS, SECONDS = 9, 0.75
"""Largest number of timed runs, and the time for them."""

Ratios = dict[str, dict[str, float]]


class Size(NamedTuple):
    """A size for which programs are compiled.

    Attributes:
        num_classes: Number of classes.
        examples: Number of examples.
        is_timed: Whether the programs are timed.
    """

    num_classes: int
    examples: int
    is_timed: bool

    @property
    def name(self) -> str:
        """The name of the case."""
        return f"n = {self.num_classes}"


class Case(NamedTuple):
    """The programs of the subject and of the reference for one size."""

    subject: Program
    reference: Program
    size: Size


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer; sizes that the function does not take are left out."""
    sizes, left_out = _sizes(subject, config)
    if not sizes:
        why = f"runs with none of {left_out} classes."
        return [undecided(QUESTION, why, _method(config))]
    cases = [
        Case(
            subject=compiled_program(subject, *size, config.dtype),
            reference=compiled_program(config.reference, *size, config.dtype),
            size=size,
        )
        for size in sizes
    ]
    counted = {
        case.size.name: count_ratios(case.subject, case.reference) for case in cases
    }
    measured = {
        case.size.name: _measured(case, config) for case in cases if case.size.is_timed
    }
    loops = any(case.subject.loops for case in cases)
    return [_answer(config, counted, measured, left_out, loops)]


def prepare(
    subject: Subject, config: DiagnosisConfig, spent: Callable[[], object]
) -> None:
    """Compile the programs while other questions are answered.

    Only their runs remain to be timed then.
    Other threads disturb the compile times, those of the subject and of the reference alike.

    Args:
        subject: Subject of the diagnosis.
        config: Configuration of the diagnosis.
        spent: Function that returns something true as soon as nothing more may be compiled.
    """
    sizes, _ = _sizes(subject, config)
    for size, compiled in product(sizes, (subject, config.reference)):
        if not spent():
            compiled_program(compiled, *size, config.dtype)


def _method(config: DiagnosisConfig) -> str:
    sizes = [f"{examples} examples of {n} classes" for n, examples in SIZES]
    return f"compiled programs in {config.dtype}, {', '.join(sizes)}; loops count once"


def _sizes(subject: Subject, config: DiagnosisConfig) -> tuple[list[Size], list[int]]:
    """The sizes to compile, and the numbers of classes that the function does not take.

    A function that takes one number of classes only gets that one. The largest size is timed, as
    the times of few classes are mostly those of starting a program.
    """
    (few_classes, examples), many = SIZES
    if not _runs(subject, few_classes, config.dtype):
        few_classes = config.num_classes
    asked = [(few_classes, examples), many]
    taken = [size for size in asked if _runs(subject, size[0], config.dtype)]
    left_out = [n for n, examples in asked if (n, examples) not in taken]
    return [Size(*size, is_timed=size == taken[-1]) for size in taken], left_out


def _runs(subject: Subject, n: int, dtype: Precision) -> bool:
    return not gradient_error(subject.function, n, dtype)


def _measured(case: Case, config: DiagnosisConfig) -> dict[str, float]:
    """The ratios of times to run and to compile."""
    ratio = time_ratio(
        case.subject,
        case.reference,
        (case.size.examples, case.size.num_classes),
        config.dtype,
        config.domain,
        rounds=ROUNDS,
        seconds=SECONDS,
    )
    compile_ratio = case.subject.compile_time / case.reference.compile_time
    return {"time": ratio, "compile time": compile_ratio}


def _answer(
    config: DiagnosisConfig,
    counted: Ratios,
    measured: Ratios,
    left_out: list[int],
    loops: bool,
) -> Answer:
    """Judge by the work, FLOPs and transcendentals and bytes together, in the worst case."""
    work = {}
    for name, ratios in counted.items():
        if "work" in ratios:
            work[name] = ratios["work"]
    limits = _limits(left_out)
    details = {
        "counted": counted,
        "measured": measured,
        "left_out": left_out,
        "loops": loops,
    }
    if not work:
        why = "this backend does not count what a compiled program does."
        return Answer(
            question=QUESTION,
            verdict="undecided",
            severity="undecided",
            text=why + limits,
            method=_method(config),
            details=details,
        )
    worst_case = max(work, key=lambda name: work[name])
    worst = work[worst_case]
    ((timed, ratios),) = measured.items()
    text = (
        f"FLOPs and bytes together at most {worst:.2g} times those of "
        f"{config.reference.name} ({worst_case}); "
        f"time {ratios['time']:.2g} times ({timed}), as measured here."
    )
    if loops:
        text += " It has a loop, counted once."
    more = worst > MORE
    return Answer(
        question=QUESTION,
        verdict=(
            "costs more than the reference"
            if more
            else "costs about as much as the reference"
        ),
        severity="note" if more else "fine",
        text=text + limits,
        method=_method(config),
        number=worst,
        details=details,
    )


def _limits(left_out: list[int]) -> str:
    if not left_out:
        return ""
    numbers = " or ".join(f"{n:,}" for n in left_out)
    return f" It does not run with {numbers} classes."

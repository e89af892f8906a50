"""Cost: the work, the memory and the time of the compiled loss and gradient.

All are relative to the reference's. Counted numbers are the same every time and decide the
verdict; measured times are reported beside them.
"""

from collections.abc import Callable, Mapping
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
ROUNDS, SECONDS = 9, 1.5
"""Largest number of timed runs in a case, and the time for all cases together."""

Ratios = dict[str, dict[str, float]]


class Case(NamedTuple):
    """The programs of the subject and of the reference for one size."""

    subject: Program
    reference: Program
    num_classes: int
    examples: int


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer; sizes that the function does not take are left out."""
    cases, left_out = _cases(subject, config)
    if not cases:
        why = f"runs with none of {left_out} classes."
        return [undecided(QUESTION, why, _method(config))]
    counted = {}
    for name, case in cases.items():
        counted[name] = count_ratios(case.subject, case.reference)
    measured = _measured(cases, config)
    loops = any(case.subject.loops for case in cases.values())
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
    sizes = []
    for n, examples in _sizes(subject, config):
        if _runs(subject, n, config.dtype):
            sizes.append((n, examples))
    both = (subject, config.reference)
    for (n, examples), compiled in product(sizes, both):
        if not spent():
            compiled_program(compiled, n, examples, config.dtype)


def _method(config: DiagnosisConfig) -> str:
    sizes = [f"{examples} examples of {n} classes" for n, examples in SIZES]
    return f"compiled programs in {config.dtype}, {', '.join(sizes)}; loops count once"


def _cases(
    subject: Subject, config: DiagnosisConfig
) -> tuple[dict[str, Case], list[int]]:
    """The cases by name, and the numbers of classes that the function does not take."""
    cases = dict[str, Case]()
    left_out = list[int]()
    for n, examples in _sizes(subject, config):
        if not _runs(subject, n, config.dtype):
            left_out.append(n)
            continue
        cases[f"n = {n}"] = Case(
            subject=compiled_program(subject, n, examples, config.dtype),
            reference=compiled_program(config.reference, n, examples, config.dtype),
            num_classes=n,
            examples=examples,
        )
    return cases, left_out


def _sizes(subject: Subject, config: DiagnosisConfig) -> list[tuple[int, int]]:
    """The sizes to compile: a function that takes one number of classes only gets that one."""
    (few_classes, examples), many = SIZES
    if not _runs(subject, few_classes, config.dtype):
        few_classes = config.num_classes
    return [(few_classes, examples), many]


def _runs(subject: Subject, n: int, dtype: Precision) -> bool:
    return not gradient_error(subject.function, n, dtype)


def _measured(cases: Mapping[str, Case], config: DiagnosisConfig) -> Ratios:
    """The ratios of times to run and to compile, by case."""
    measured = Ratios()
    for name, case in cases.items():
        ratio = time_ratio(
            case.subject,
            case.reference,
            (case.examples, case.num_classes),
            config.dtype,
            config.domain,
            rounds=ROUNDS,
            seconds=SECONDS / len(cases),
        )
        compile_ratio = case.subject.compile_time / case.reference.compile_time
        measured[name] = {"time": ratio, "compile time": compile_ratio}
    return measured


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
    text = (
        f"FLOPs and bytes together at most {worst:.2g} times those of "
        f"{config.reference.name} ({worst_case}); "
        f"time {measured[worst_case]['time']:.2g} times, as measured here."
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

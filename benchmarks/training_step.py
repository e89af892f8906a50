"""Loss and gradient in a training step: time and memory beside the textbook's form and PyTorch."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .process import in_fresh_process
from .report import Report, Table

State: TypeAlias = Literal["early", "late"]

STATES: tuple[State, ...] = ("early", "late")
GOAL = 1.15
"""Ratio that no row is to exceed."""
SLACK = 0.02
"""Memory that does not count, as a multiple of the logits'."""
NOTES = (
    "`jit(value_and_grad(lambda z: losses(z, labels).mean()))` of m examples of n classes, n m "
    "about {numbers:,}, at least 8 examples; `losses` is `ls.per_example` or the textbook's form "
    "in `jax.nn` and optax. The rows of `value_and_grad` compare `ls.value_and_grad` with "
    "`jax.vmap` of `jax.value_and_grad` of the textbook's form.",
    "Early in training: standard normal logits (their magnitudes for `sum` and `relu`), random "
    "labels. Late: the label's logit is the largest by 10.",
    "Checked first: both compute the same values early in training, to 2e-3 in float32 and 0.1 in "
    "bfloat16 (part `accuracy` measures how much of them is right).",
    "Ratios above 1 mean that logitscape is slower, or needs more memory. Time is the processor "
    "time of a process that has one core, the least of {rounds} calls made in turn; it is what "
    "other load on the machine affects least.",
    "Memory is what the compiled program allocates beside its inputs and outputs, in multiples of "
    "the logits' memory; less than {slack} of it does not count as more.",
    "Rows above the goal that were profiled, by what their programs read and write in multiples of "
    "the logits, ours and the textbook's, with 1,000 classes. "
    "ranked_probability_score: four running sums, from both ends and from the largest class, where "
    "the textbook's form has two, as one running sum cancels; each takes a third of the time of "
    "`jnp.cumsum`, but the programs have 5.3 and 3.1 arrays of the size of the logits at a time. "
    "smooth_top_k_hinge: the two largest rivals are taken out of the sums, as their squares cancel "
    "in the textbook's form. "
    "normmax: an entmax and a softmax of its logarithms, each with its derivative, which keep the "
    "digits of small parts; the textbook's form is one bisection and one step of Newton's method. "
    "spherical_bound: the mean is taken from the largest logit on, and the norm knows no overflow. "
    "squentropy, 11 and 11, and squared_logits, which with 10 classes write the same two arrays as "
    "the textbook's, move no more; the label is told from its rivals by its place in each of the "
    "passes. asymmetric, 37 and 23: both ends of the sigmoid keep their digits, which takes one "
    "more array for its logarithm, and the targets are tested.",
    "logit_norm and clip_norm sum up the squares as they are; only if that overflows or underflows "
    "in a batch, or some logits are masked or all 0, a branch takes the norms again in units of "
    "their own. max_sup, squentropy and squared_logits take the difference of two sums in the same "
    "way where no digits cancel.",
    "PyTorch: eager autograd; for {compiled} in float32 also `torch.compile`, and the "
    "faster one counts; early in training, wall time on one core.",
)


@dataclass(frozen=True)
class Case:
    """The measurements of one loss, type and number of classes.

    Attributes:
        row: Pair, or what else was measured.
        group: Class of pairs that it belongs to.
        dtype: Type of the logits.
        n: Number of classes.
        seconds: Wall and processor seconds, by state of training and by way.
        memory: Temporary memory in multiples of the logits', by way.
        torch: Wall seconds of PyTorch's ways; None if it was not measured.
    """

    row: str
    group: str
    dtype: str
    n: int
    seconds: dict[str, dict[str, list[float]]]
    memory: dict[str, float]
    torch: dict[str, float] | None

    def ratio(self, state: State) -> float:
        """Processor time of ours over that of the textbook's form."""
        return self._ratio(state, 1)

    def wall_ratio(self, state: State) -> float:
        """Wall time of ours over that of the textbook's form."""
        return self._ratio(state, 0)

    def to_torch(self) -> float:
        """Our time over that of PyTorch's fastest way; NaN if it was not measured."""
        if not self.torch:
            return math.nan
        return self.seconds["early"]["ours"][0] / min(self.torch.values())

    @property
    def needs_more_memory(self) -> bool:
        return self.memory["ours"] > self.memory["textbook"] + SLACK

    def _ratio(self, state: State, clock: int) -> float:
        ways = self.seconds[state]
        return ways["ours"][clock] / ways["textbook"][clock]


def measure(quick: bool) -> Report:
    """Run all cases in one process with one core, and some in one with all of them."""
    result = in_fresh_process("training_step_worker", quick=quick, one_core=True)
    on_all = in_fresh_process("training_step_worker", quick=quick, one_core=False)
    cases = [Case(**case) for case in result["cases"]]
    notes = [note.format(**result, slack=SLACK) for note in NOTES]
    if result["no_torch"] is not None:
        notes.append(f"PyTorch was not available: {result['no_torch']}.")
    tables = [
        _summary(cases),
        _exceptions(cases),
        *_by_size("Time over the textbook's, early / late", cases, _times),
        *_by_size("Temporary memory, logitscape's / the textbook's", cases, _memory),
        *_by_size("Time over PyTorch's best", cases, _to_torch),
        *_by_size(
            "Wall time over the textbook's on all cores, early / late",
            [Case(**case) for case in on_all["cases"]],
            _wall_times,
        ),
    ]
    return Report("training_step", "Loss and gradient in training", tables, notes)


def _summary(cases: Sequence[Case]) -> Table:
    columns = (
        "class of pairs",
        "type",
        "time, geometric mean",
        "worst",
        "of",
        f"above {GOAL}",
        "wall time, mean",
        "more memory",
        "over PyTorch's, mean",
        "worst",
        "slower",
    )
    rows = []
    for dtype in _distinct(case.dtype for case in cases):
        of_type = [case for case in cases if case.dtype == dtype]
        for group in _distinct(case.group for case in of_type):
            some = [case for case in of_type if case.group == group]
            rows.append(_summary_row(group, dtype, some))
        rows.append(_summary_row("all", dtype, of_type))
    return Table("By class of pairs", columns, rows)


def _summary_row(name: str, dtype: str, cases: Sequence[Case]) -> list[str]:
    both = [(case, state) for case in cases for state in STATES]
    worst, state = max(both, key=lambda found: found[0].ratio(found[1]))
    ratios = [case.ratio(state) for case, state in both]
    above = sum(ratio > GOAL for ratio in ratios)
    more_memory = sum(case.needs_more_memory for case in cases)
    return [
        name,
        dtype,
        f"{statistics.geometric_mean(ratios):.2f}",
        f"{max(ratios):.2f}",
        f"{worst.row}, n = {worst.n:,}, {state}",
        f"{above} of {len(ratios)}",
        f"{statistics.geometric_mean(c.wall_ratio(s) for c, s in both):.2f}",
        f"{more_memory} of {len(cases)}",
        *_summary_of_torch(cases),
    ]


def _summary_of_torch(cases: Sequence[Case]) -> list[str]:
    ratios = [case.to_torch() for case in cases if case.torch]
    if not ratios:
        return ["n/a", "n/a", "n/a"]
    slower = sum(ratio > 1 for ratio in ratios)
    return [
        f"{statistics.geometric_mean(ratios):.2f}",
        f"{max(ratios):.2f}",
        f"{slower} of {len(ratios)}",
    ]


def _exceptions(cases: Sequence[Case]) -> Table:
    """The cases that miss a goal."""
    columns = ("loss", "type", "n", "time", "memory", "over PyTorch's")
    rows = [
        [
            case.row,
            case.dtype,
            f"{case.n:,}",
            _times(case),
            _memory(case),
            _to_torch(case),
        ]
        for case in cases
        if max(case.ratio(state) for state in STATES) > GOAL
        or case.needs_more_memory
        or case.to_torch() > 1
    ]
    title = (
        f"Above {GOAL} of the textbook's time, with more memory, or slower than PyTorch"
    )
    return Table(title, columns, rows)


def _by_size(
    title: str, cases: Sequence[Case], cell: Callable[[Case], str]
) -> Iterator[Table]:
    """One table for every type, with a column for every number of classes."""
    sizes = _distinct(case.n for case in cases)
    columns = ("loss", *(f"n = {n:,}" for n in sizes))
    for dtype in _distinct(case.dtype for case in cases):
        cells: dict[str, dict[int, str]] = {}
        for case in cases:
            if case.dtype == dtype:
                cells.setdefault(case.row, {})[case.n] = cell(case)
        rows = [[row, *(of[n] for n in sizes)] for row, of in cells.items()]
        yield Table(f"{title}, {dtype}", columns, rows)


def _times(case: Case) -> str:
    return " / ".join(f"{case.ratio(state):.2f}" for state in STATES)


def _wall_times(case: Case) -> str:
    return " / ".join(f"{case.wall_ratio(state):.2f}" for state in STATES)


def _memory(case: Case) -> str:
    return f"{case.memory['ours']:.2f} / {case.memory['textbook']:.2f}"


def _to_torch(case: Case) -> str:
    ratio = case.to_torch()
    return "n/a" if math.isnan(ratio) else f"{ratio:.2f}"


def _distinct(values: Any) -> list[Any]:
    return list(dict.fromkeys(values))

"""The designs of a subject, and the answers that they explain."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from ...base.memory import kept
from ...base.target_kinds import DISTRIBUTION
from ..answers import Answer
from ..config import DiagnosisConfig
from ..subject import Subject
from .design import Design
from .hinges import hinge
from .input_forms import cosines, norm_invariance, soft_cap
from .label_noise import label_noise
from .ordinal_costs import ordinal_costs
from .ordinal_thresholds import ordinal_thresholds
from .samples import Samples, sample
from .softmax_designs import softmax_designs
from .target_forms import bounded, soft_targets

RECOGNISERS: tuple[Callable[[Samples], list[Design]], ...] = (
    softmax_designs,
    soft_targets,
    label_noise,
    ordinal_costs,
    ordinal_thresholds,
    soft_cap,
    norm_invariance,
    cosines,
    hinge,
)
OF_ANSWERS = (norm_invariance, cosines, hinge)
"""Those that say something of losses with an answer for every class."""
_LOCK = Lock()


def designs_of(subject: Subject, config: DiagnosisConfig) -> tuple[Design, ...]:
    """All designs that the values of a subject show."""
    # Two questions ask at a time, of which the second one waits.
    with _LOCK:
        return _designs_of(subject, config)


# Cached, as every question asks whose answer has a price.
@kept(maxsize=4)
def _designs_of(subject: Subject, config: DiagnosisConfig) -> tuple[Design, ...]:
    samples = sample(subject, config)
    designs = list[Design]()
    is_of_one_label = subject.targets is DISTRIBUTION
    for recognise in RECOGNISERS if is_of_one_label else OF_ANSWERS:
        designs += recognise(samples)
    if not any(design.has_bound for design in designs):
        designs += bounded(samples)
    return tuple(designs)


def explained(
    answers: Sequence[Answer], subject: Subject, config: DiagnosisConfig
) -> list[Answer]:
    """Answers with faults that a design explains as trades, and trades with their design."""
    if all(answer.severity not in ("fault", "trade") for answer in answers):
        return list(answers)
    designs = designs_of(subject, config)
    return [_explained(answer, designs) for answer in answers]


def _explained(answer: Answer, designs: Sequence[Design]) -> Answer:
    for design in designs:
        is_price = answer.severity == "trade" and answer.verdict in design.costs
        is_explained = answer.severity == "fault" and design.explains(answer)
        if is_price or is_explained:
            text = f"{answer.text} This follows from its design ({design.name})."
            return replace(answer, severity="trade", text=text)
    return answer

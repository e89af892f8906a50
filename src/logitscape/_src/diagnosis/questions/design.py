"""The design of a loss: what its author meant by it, as far as its values tell, and the price."""

from ...base.target_kinds import DISTRIBUTION
from ..answers import Answer
from ..config import DiagnosisConfig
from ..designs.design import Design
from ..designs.recognition import designs_of
from ..subject import Subject
from .identity_sentences import told_designs
from .known_designs import known_designs
from .recognition import Recognition, recognition

QUESTION = "design"
METHOD = (
    "loss and gradient at 48 logits within 0.9 and 48 within 6, for every label, in float64, "
    "fitted by the formulas of the known designs"
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer for every design that is recognised, or one that says that there is none."""
    designs = {design.name: design for design in designs_of(subject, config)}
    told = frozenset[str]()
    if subject.targets is DISTRIBUTION:
        recognised = recognition(subject, config)
        # Those that follow from the formula have the numbers of all classes, the others of a few.
        designs |= {design.name: design for design in known_designs(recognised)}
        told = _told(recognised)
    if not designs:
        none = Answer(
            question=QUESTION,
            verdict="no special design",
            severity="fine",
            text="None of the known designs was recognised.",
            method=METHOD,
        )
        return [none]
    return [_answer(design, is_told=design.name in told) for design in designs.values()]


def _told(recognised: Recognition) -> frozenset[str]:
    """The designs whose numbers stand in the answer that says what the loss is."""
    if recognised.identity is None:
        return frozenset()
    return told_designs(recognised.identity, recognised.each)


def _answer(design: Design, *, is_told: bool) -> Answer:
    return Answer(
        question=QUESTION,
        verdict=design.name,
        severity=design.severity,
        text=design.price if is_told else f"{design.text} {design.price}",
        method=METHOD,
        number=design.number,
    )

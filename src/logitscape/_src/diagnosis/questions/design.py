"""The design of a loss: what its author meant by it, as far as its values tell, and the price."""

from ..answers import Answer
from ..config import DiagnosisConfig
from ..designs.recognition import designs_of
from ..subject import Subject

QUESTION = "design"
METHOD = (
    "loss and gradient at 48 logits within 0.9 and 48 within 6, for every label, in float64, "
    "fitted by the formulas of the known designs"
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer for every design that is recognised, or one that says that there is none."""
    designs = designs_of(subject, config)
    if not designs:
        none = Answer(
            question=QUESTION,
            verdict="no special design",
            severity="fine",
            text="None of the known designs was recognised.",
            method=METHOD,
        )
        return [none]
    return [
        Answer(
            question=QUESTION,
            verdict=design.name,
            severity=design.severity,
            text=f"{design.text} {design.price}",
            method=METHOD,
            number=design.number,
        )
        for design in designs
    ]

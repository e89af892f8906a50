"""Verdicts about the form in which a loss is called."""

from .references import BISHOP, HINTON, OPTAX
from .verdict import Verdict, Verdicts

FORM: Verdicts = (
    Verdict(
        "recognised",
        "fine",
        meaning="The function takes logits and target in a form that is known.",
        why=(
            "All answers are about the loss of one example, as the function is called in this "
            "form."
        ),
        remedy="Nothing; `form=` says another form if this one is not meant.",
        reference=OPTAX,
    ),
    Verdict(
        "targets of -1 and 1",
        "note",
        meaning="The loss is one of targets -1 and 1; a target of 0 has no gradient.",
        why="With labels 0 and 1 half of the examples, or every absent class, teach nothing.",
        remedy="Pass `2 * labels - 1`, or take a loss of labels 0 and 1.",
        reference=BISHOP,
    ),
    Verdict(
        "teacher without softmax",
        "fault",
        meaning="A teacher's logits are used as a distribution.",
        why="Negative logits are negative weights: the loss falls without bound.",
        remedy="Pass softmax(teacher_logits / T), with the temperature of the student.",
        reference=HINTON,
    ),
    Verdict(
        "softmax over one unit",
        "fault",
        meaning="The only class always has the probability 1: nothing is learnt.",
        why=(
            "The softmax over one class is always 1, so that the loss is constant and teaches "
            "nothing."
        ),
        remedy="Use a sigmoid with a binary loss, or give the layer two outputs.",
        reference=BISHOP,
    ),
)

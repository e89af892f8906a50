"""Verdicts that every question may have."""

from ..vocabulary import NOT_ASKED, NOT_MEASURED, UNDECIDED
from .references import HIGHAM, JAX_PRECISION
from .verdict import Verdict, Verdicts

ANY_QUESTION: Verdicts = (
    Verdict(
        UNDECIDED,
        "undecided",
        meaning="The measurement gave no answer; the text says why.",
        why="It is no fault, and no proof that there is none.",
        remedy="Read the text, which says what was in the way.",
        reference=HIGHAM,
    ),
    Verdict(
        NOT_ASKED,
        "undecided",
        meaning="The budget was spent before, or the function has not what it takes.",
        why="It is no fault, and no proof that there is none.",
        remedy="Allow more with `budget=` or `points=`.",
        reference=HIGHAM,
    ),
    Verdict(
        NOT_MEASURED,
        "undecided",
        meaning="The measurement raised an error; the text quotes it.",
        why="The question has no answer; it is a fault if the loss itself raises the error.",
        remedy="Call the loss with the logits and the dtype that the text names.",
        reference=JAX_PRECISION,
    ),
)

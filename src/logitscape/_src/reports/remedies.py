"""What to do about an answer, as the record of its verdict says."""

from ..diagnosis.answers import Answer
from ..diagnosis.verdicts.listing import ANY_QUESTION, VERDICTS

NOTHING = "Nothing"


def remedy(answer: Answer) -> str:
    """Return what to do about an answer; "" if nothing."""
    known = {**ANY_QUESTION, **VERDICTS[answer.question]}
    text = known[answer.verdict].remedy
    return "" if text.startswith(NOTHING) else text

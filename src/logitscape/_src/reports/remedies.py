"""What to do about an answer, as the page of its verdict says."""

from ..diagnosis.answers import Answer
from ..diagnosis.pages.all_pages import PAGES

NOTHING = "Nothing"


def remedy(answer: Answer) -> str:
    """Return what to do about an answer; "" if nothing."""
    page = PAGES.get(answer.question, {}).get(answer.verdict)
    if page is None or page.remedy.startswith(NOTHING):
        return ""
    return page.remedy

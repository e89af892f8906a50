"""All pages by question and verdict, and the text of one."""

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import get_args

from ..programs import Precision
from ..vocabulary import (
    ANY_QUESTION,
    BOUNDS,
    CONSISTENCY,
    NOT_ASKED,
    NOT_MEASURED,
    UNDECIDED,
    VOCABULARY,
)
from . import shape_pages
from .consistency_pages import CONSISTENCY as CONSISTENCY_PAGES
from .consistency_pages import SINGULAR_POINTS
from .design_pages import DESIGNS
from .gradient_pages import CORRECTION, WHEN_RIGHT, WHEN_WRONG
from .label_pages import FORM, IDENTITY, LABEL
from .mistake_pages import MISTAKES
from .page import Page, Pages
from .precision_pages import PRECISION
from .references import HIGHAM, JAX_PRECISION

ANY = "any question"
WIDTH = 80

ANY_PAGES: Pages = {
    UNDECIDED: Page(
        "undecided",
        "It is no fault, and no proof that there is none.",
        "Read the text, which says what was in the way.",
        HIGHAM,
    ),
    NOT_ASKED: Page(
        "undecided",
        "It is no fault, and no proof that there is none.",
        "Allow more with `budget=` or `points=`.",
        HIGHAM,
    ),
    NOT_MEASURED: Page(
        "undecided",
        "The question has no answer; it is a fault if the loss itself raises the error.",
        "Call the loss with the logits and the dtype that the text names.",
        JAX_PRECISION,
    ),
}

PAGES: Mapping[str, Pages] = {
    "form": FORM,
    "label": LABEL,
    "identity": IDENTITY,
    "design": DESIGNS,
    "gradient when wrong": WHEN_WRONG,
    "gradient when right": WHEN_RIGHT,
    "correction": CORRECTION,
    "common mistakes": MISTAKES,
    **{f"precision, {dtype}": PRECISION for dtype in get_args(Precision)},
    "singular points": SINGULAR_POINTS,
    CONSISTENCY: CONSISTENCY_PAGES,
    "proper": shape_pages.PROPER,
    "top label": shape_pages.TOP_LABEL,
    "convexity": shape_pages.CONVEXITY,
    "invariances": shape_pages.INVARIANCES,
    "order": shape_pages.ORDER,
    BOUNDS: shape_pages.BOUNDS,
    "cost": shape_pages.COST,
    ANY: ANY_PAGES,
}
"""The pages of every question."""


def topics() -> Iterator[tuple[str, Pages]]:
    """The pages by topic: those of all precisions are the same, and come once."""
    precisions = [f"precision, {dtype}" for dtype in get_args(Precision)]
    for question, pages in PAGES.items():
        if question not in precisions:
            yield question, pages
        elif question == precisions[0]:
            yield "precision", pages


def verdicts() -> list[str]:
    """All verdicts that have a page, each once."""
    return list(dict.fromkeys(verdict for pages in PAGES.values() for verdict in pages))


def meaning(topic: str, verdict: str) -> str:
    """The sentence of the vocabulary that says what a verdict means."""
    if topic == ANY:
        return ANY_QUESTION[verdict]
    question = f"precision, {get_args(Precision)[0]}" if topic == "precision" else topic
    return VOCABULARY[question][verdict]


def explanation(verdict: str) -> str:
    """The page of a verdict as text; several pages if several questions use the word.

    Raises:
        KeyError: If no verdict has this name.
    """
    texts = [
        _text(topic, verdict, pages[verdict])
        for topic, pages in topics()
        if verdict in pages
    ]
    if not texts:
        raise KeyError(verdict)
    return "\n\n".join(texts)


def _text(topic: str, verdict: str, page: Page) -> str:
    paragraphs = [
        f"{verdict} ({topic}; usually: {page.severity})",
        f"What it means: {meaning(topic, verdict)}",
        f"Why it matters: {page.why}",
        f"What to do: {page.remedy}",
        f"Read more: {page.reference}.",
    ]
    return "\n".join(fill(text, WIDTH, subsequent_indent="  ") for text in paragraphs)

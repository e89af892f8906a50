"""What is told about a verdict, as a text."""

from collections.abc import Mapping
from textwrap import fill

from .listing import ByName
from .verdict import Verdict

WIDTH = 80


def explanation(name: str, topics: Mapping[str, ByName]) -> str:
    """Explain a verdict, once for every topic that uses its name.

    Args:
        name: Name of the verdict.
        topics: All verdicts, by topic.

    Raises:
        KeyError: If no verdict has this name.
    """
    texts = [
        _text(topic, verdicts[name])
        for topic, verdicts in topics.items()
        if name in verdicts
    ]
    if not texts:
        raise KeyError(name)
    return "\n\n".join(texts)


def _text(topic: str, verdict: Verdict) -> str:
    paragraphs = [
        f"{verdict.name} ({topic}; usually: {verdict.severity})",
        f"What it means: {verdict.meaning}",
        f"Why it matters: {verdict.why}",
        f"What to do: {verdict.remedy}",
        f"Read more: {verdict.reference}.",
    ]
    return "\n".join(
        fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        for text in paragraphs
    )

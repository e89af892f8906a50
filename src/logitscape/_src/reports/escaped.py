"""Text that somebody else wrote, inside of a page."""

import html

from ..base.messages import printable


def escape(text: object) -> str:
    """The text as HTML: no markup, and no characters that do something, such as turning a line."""
    return html.escape(printable(text, lines=True))

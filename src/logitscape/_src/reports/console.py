"""A console that prints what others wrote as text: nothing in it moves the cursor."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.text import Text

from ..base.messages import printable


class TextConsole(Console):
    """A console whose texts are written with escapes where they would do something."""

    def __init__(self, **options: Any) -> None:
        """Open the console: square brackets are no markup, as they stand in names too.

        Args:
            **options: Those of rich's console.
        """
        super().__init__(markup=False, emoji=False, **options)

    def render(
        self, renderable: RenderableType, options: Any = None
    ) -> Iterable[Segment]:
        """Yield the pieces of what is printed; only the console's own control codes are left."""
        for segment in super().render(_of_text(renderable), options):
            if segment.control:
                yield segment
            else:
                text = printable(segment.text, lines=True)
                yield Segment(text, segment.style)


def _of_text(renderable: RenderableType) -> RenderableType:
    """The same, in which a text has its escapes before it is laid out in lines."""
    if not isinstance(renderable, Text):
        return renderable
    plain = printable(renderable.plain, lines=True)
    return renderable if plain == renderable.plain else renderable.blank_copy(plain)

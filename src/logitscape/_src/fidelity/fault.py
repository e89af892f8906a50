"""One fault of a fused loss: its name, the numbers that show it, and the inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from .batch import Batch
from .vocabulary import FAULTS

COLUMNS = 80


@dataclass(frozen=True)
class Fault:
    """A fault of a fused loss.

    Attributes:
        verdict: Name of the fault, one of `FAULTS`.
        text: What was measured, with the numbers.
        batch: Inputs that show it, if it shows on a single batch.

    Raises:
        ValueError: If the name is not listed.
    """

    verdict: str
    text: str
    batch: Batch | None = None

    def __post_init__(self) -> None:
        """Check the name."""
        if self.verdict not in FAULTS:
            raise ValueError(f"{self.verdict!r} is no listed fault.")

    def __str__(self) -> str:
        meaning = FAULTS[self.verdict]
        lines = [self.verdict, _indented(meaning.sentence)]
        lines.append(_indented(f"Measured: {self.text}"))
        if self.batch is not None:
            lines.append(_indented(f"Shown by: {self.batch}."))
        lines.append(_indented(f"Look at: {meaning.look_at}"))
        return "\n".join(lines)


def message(name: str, reference: str, faults: Sequence[Fault]) -> str:
    """The message of an error that lists the faults."""
    count = f"{len(faults)} fault{'' if len(faults) == 1 else 's'}"
    head = fill(f"`{name}` is not faithful to `{reference}`: {count}.", COLUMNS)
    return "\n\n".join([head, *map(str, faults)])


def _indented(text: str) -> str:
    return fill(
        text,
        COLUMNS,
        initial_indent="  ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    )

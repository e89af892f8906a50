"""The one message of a figure, written above it."""

from matplotlib.figure import Figure


def headline(figure: Figure, text: str) -> None:
    """Write the message at the left edge, where reading begins."""
    figure.suptitle(text, x=0.012, ha="left")

"""What an error says, in one line."""


def first_line(error: Exception) -> str:
    """The first line of the message; "" if it has none."""
    return (str(error).splitlines() or [""])[0]


def in_one_line(error: Exception) -> str:
    """The name of the error, and the first line of its message."""
    return f"{type(error).__name__}: {first_line(error)}"

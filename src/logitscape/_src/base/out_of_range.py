"""The error for a label that no class has."""


class LabelRangeError(IndexError, ValueError):
    """A label lies out of range: an index that is none, and a bad value of an argument."""

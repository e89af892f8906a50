"""The collection of broken and healthy losses by which the diagnosis is judged.

The losses of this package were written after public reports and papers before the diagnosis was
asked about any of them. `recognised.py`, `broken.py` and `healthy.py` beside it hold those by
which it was made.
"""

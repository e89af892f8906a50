"""Every verdict of a diagnosis, with all that is told about it.

`listing.py` has them all; the other modules have those of one question each.
"""

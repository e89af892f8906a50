"""Checks for a user's own test suite.

A test of a loss is a single call:

>>> from logitscape.testing import assert_healthy
>>> def test_my_loss():
...     assert_healthy("softmax + focal", num_classes=10, allow=("convexity",))
"""

from ._src.testing import UnhealthyLossError as UnhealthyLossError
from ._src.testing import assert_healthy as assert_healthy

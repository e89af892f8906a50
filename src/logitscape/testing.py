"""Checks for a user's own test suite.

>>> from logitscape.testing import assert_healthy
>>> diagnosis = assert_healthy("softmax + cross_entropy", num_classes=3)
>>> diagnosis.healthy
True
"""

from ._src.testing import UnhealthyLossError as UnhealthyLossError
from ._src.testing import assert_healthy as assert_healthy

"""Checks for a user's own test suite.

A test of a loss is a single call:

>>> from logitscape.testing import assert_healthy
>>> def test_my_loss():
...     assert_healthy("softmax + focal", num_classes=10, allow=("convexity",))

So is a test of a kernel that fuses a loss with the linear layer before it:

>>> from logitscape.testing import assert_faithful
>>> def test_my_kernel(my_kernel):
...     assert_faithful(my_kernel, "softmax + cross_entropy", ignored_label=-100)
"""

from ._src.fidelity.faithful import UnfaithfulLossError as UnfaithfulLossError
from ._src.fidelity.faithful import assert_faithful as assert_faithful
from ._src.fidelity.faithful import check_faithful as check_faithful
from ._src.fidelity.fault import Fault as Fault
from ._src.fidelity.vocabulary import FAULTS as FAULTS
from ._src.testing import UnhealthyLossError as UnhealthyLossError
from ._src.testing import assert_healthy as assert_healthy

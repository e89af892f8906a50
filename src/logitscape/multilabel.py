"""Multi-label losses, `(logits [n], target [n]) -> scalar`: an answer of its own for each class.

The target has a number from 0 to 1 for each class, and need not sum to 1: several classes may be
there, or none. A one-hot target is legal, an integer label is not: `jax.nn.one_hot(label, n)` makes
one of the other. A single yes-or-no question, with one logit, is the case n = 1. All take one
example; `ls.per_example` takes a batch. In specs they stand alone, such as
`ls.objective("sigmoid_focal(gamma=2)")`, or behind logit maps.

Every loss raises TypeError if its logits are not floating point or its target not real, and
ValueError if their shapes differ or a number of the target is not from 0 to 1. Traced values cannot
be refused: a traced target with other numbers, and a traced parameter out of its range, give NaN.
Half precision is computed in float32 and rounded once. A logit of -inf or +inf counts by its limit.
"""

from ._src.losses.binary import asymmetric as asymmetric
from ._src.losses.binary import sigmoid_brier as sigmoid_brier
from ._src.losses.binary import sigmoid_cross_entropy as sigmoid_cross_entropy
from ._src.losses.binary import sigmoid_focal as sigmoid_focal
from ._src.losses.binary_margins import binary_hinge as binary_hinge
from ._src.losses.binary_margins import binary_perceptron as binary_perceptron
from ._src.losses.binary_margins import binary_squared_hinge as binary_squared_hinge
from ._src.losses.label_ranking import lsep as lsep
from ._src.losses.label_ranking import zlpr as zlpr
from ._src.losses.lovasz import lovasz_hinge as lovasz_hinge
from ._src.losses.overlap import dice as dice
from ._src.losses.overlap import soft_f1 as soft_f1
from ._src.losses.overlap import tversky as tversky

"""Designs that follow from what a loss is: weights, margins and priors of a known formula.

They have the texts and prices of the designs that are fitted to a softmax; here they are found for
every formula of the catalogue.
"""

import numpy as np

from ..designs.design import Design
from ..designs.softmax_designs import class_weights, margin, prior
from ..evaluation import Rows
from .recognition import Recognition

SMALL = 1e-4
"""Largest margin that counts as none."""
SAME_WEIGHT = 1e-3
"""Largest relative difference of weights that are the same."""


def known_designs(recognised: Recognition) -> list[Design]:
    """The weights, margins and priors of a formula from which the loss of every label follows."""
    each, identity = recognised.each, recognised.identity
    if identity is None or each is None or not each.follows.all():
        return []
    designs = list[Design]()
    if _differ(np.abs(each.factors)):
        designs.append(class_weights(np.abs(each.factors)))
    biases = np.zeros(len(each.factors))
    if identity.biases is not None:
        biases = identity.temperature * identity.biases
    margins = each.margins + biases
    if np.abs(margins).max() <= SMALL:
        if float(np.ptp(biases)) > SMALL:
            designs.append(prior(biases))
    elif margins.max() >= -SMALL:
        # Margins that are negative throughout are a mistake, and no design.
        designs.append(margin(margins))
    return designs


def _differ(weights: Rows) -> bool:
    least, most = float(weights.min()), float(weights.max())
    return least > 0 and most - least > SAME_WEIGHT * most

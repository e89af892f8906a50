"""An identity in words, such as "softmax + cross_entropy at T = 0.07, times 2, plus 0.3"."""

import numpy as np

from ..evaluation import Rows
from ..formulas.catalogue_rows import TUNABLE
from .identities import Identity
from .recognition import Labels

SMALL = 1e-5
"""Relative difference from the default that counts as none."""


def described(identity: Identity | None, each: Labels | None = None) -> str:
    """The formula with all that is done to it; "" if there is none.

    Args:
        identity: Formula.
        each: How the losses of the labels differ, if that is to be told.
    """
    if identity is None:
        return ""
    parts = [named(identity) + _at(identity)]
    factor = identity.factor
    if each is not None and each.follows.all():
        differences = list(_differences(identity, each).values())
        if differences:
            parts[0] += " with " + " and ".join(differences)
        factor = 1.0 if _varies(each.factors) else float(np.median(each.factors))
    if abs(factor - 1) > SMALL:
        parts.append(f"times {factor:.4g}")
    if abs(identity.constant) > SMALL * (1 + abs(identity.factor)):
        sign = "plus" if identity.constant > 0 else "minus"
        parts.append(f"{sign} {abs(identity.constant):.4g}")
    return ", ".join(parts)


def named(identity: Identity) -> str:
    """The spec with the parameter that was fitted, which is the loss's or the normalizer's."""
    arguments = ", ".join(
        f"{name}={value:.4g}" for name, value in identity.parameters.items()
    )
    if not arguments:
        return identity.spec
    first, plus, loss = identity.spec.partition(" + ")
    if plus and first in TUNABLE and loss not in TUNABLE:
        return f"{first}({arguments}){plus}{loss}"
    return f"{identity.spec}({arguments})"


def is_reparametrised(identity: Identity, each: Labels | None) -> bool:
    """Whether the logits are changed, or labels differ."""
    differs = each is not None and bool(_differences(identity, each))
    return bool(_at(identity)) or differs


def told_designs(identity: Identity, each: Labels | None) -> frozenset[str]:
    """The designs whose numbers the sentence has, by the names that the question "design" uses."""
    told = set[str]()
    if each is not None and each.follows.all():
        told.update(_differences(identity, each))
    if np.isfinite(identity.cap):
        told.add("soft cap")
    elif _at(identity):
        told.add("temperature")
    return frozenset(told)


def _at(identity: Identity) -> str:
    """The logits at which the formula is taken, such as " at T = 2"."""
    inner = logits_over(identity.temperature)
    if np.isfinite(identity.cap):
        largest = identity.cap / identity.temperature
        inner = f"{largest:.4g} tanh(z / {identity.cap:.4g})"
    if inner == "z":
        return ""
    divided = inner.startswith("z / ")
    return f" at T = {inner.removeprefix('z / ')}" if divided else f" at {inner}"


def logits_over(temperature: float) -> str:
    """The logits divided by a temperature, such as "z / 0.07", "30 z" or "z"."""
    if abs(temperature - 1) <= SMALL:
        return "z"
    divisor, factor = f"{temperature:.4g}", f"{1 / temperature:.4g}"
    return f"{factor} z" if len(factor) < len(divisor) else f"z / {divisor}"


def _differences(identity: Identity, each: Labels) -> dict[str, str]:
    """How labels and logits differ, each as a phrase, by the name of the design."""
    biases = np.zeros(len(each.factors))
    if identity.biases is not None:
        biases = identity.temperature * identity.biases
    margins = each.margins + biases
    found = dict[str, str]()
    if _varies(biases):
        # They are known up to a constant only.
        centred = biases - biases.mean()
        found["prior"] = f"constants {_amount(centred)} added to the logits"
    if np.abs(margins).max() > SMALL:
        found["margin"] = f"a margin {_amount(margins)} on the label"
    if _varies(each.factors):
        found["class weights"] = f"class weights {_amount(each.factors)}"
    return found


def _varies(values: Rows) -> bool:
    return bool(np.ptp(values) > SMALL * (1 + np.abs(values).max()))


def _amount(values: Rows) -> str:
    low, high = float(np.min(values)), float(np.max(values))
    same = high - low <= SMALL * (1 + abs(high))
    return f"of {high:.4g}" if same else f"from {low:.4g} to {high:.4g}"

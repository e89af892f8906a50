"""Subjects whose logits lie in a domain."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..forms.adapt import BatchValues
from ..normalizers.probs import Probs
from ..objectives.parts import Normalizer
from .domain import ANYWHERE, Domain
from .subject import Subject


def within(given: Subject, domain: Domain) -> Subject:
    """The same subject for logits of a domain only."""
    if domain == ANYWHERE:
        return given
    if not domain.normalised:
        return replace(given, domain=domain)
    normalizer = given.normalizer
    return replace(
        given,
        function=partial(_placed, given.function, domain),
        normalizer=None
        if normalizer is None
        else partial(_predicted, normalizer, domain),
        code=f"lambda z, t: ({given.code})({domain.code_of('z')}, t)",
        predictor=(
            f"lambda z: ({given.predictor})({domain.code_of('z')})"
            if normalizer
            else ""
        ),
        # The rules of an objective are those of logits of any size.
        objective=None,
        in_batches=_batches_within(given, domain),
        domain=domain,
    )


def _batches_within(given: Subject, domain: Domain) -> BatchValues | None:
    """Batches of rows of one length; None where only a mean or sum of them is known."""
    evaluate = given.in_batches
    if evaluate is None or given.reduction != "none":
        return None
    return lambda z, t: evaluate(np.asarray(domain.placed(jnp.asarray(z))), t)


def _placed(
    function: Callable[[Array, Array], Array], domain: Domain, z: Array, t: Array
) -> Array:
    return function(domain.placed(z), t)


def _predicted(normalizer: Normalizer, domain: Domain, z: Array) -> Probs:
    predicted: Probs = normalizer(domain.placed(z))
    return predicted

"""A subject in the form from which properties of losses are measured."""

from functools import partial

import numpy as np

from ..properties.by_label import ByLabel
from .evaluation import Rows, evaluate, hessians, losses, probabilities
from .subject import Subject


def by_label(subject: Subject) -> ByLabel:
    """The subject by its values at logits and labels, which share the programs of all questions."""
    dtype = np.float32 if subject.refusal else np.float64
    return ByLabel(
        losses=partial(losses, subject),
        values=partial(evaluate, subject),
        hessians=partial(hessians, subject),
        scores=partial(_scores, subject),
        eps=float(np.finfo(dtype).eps),
    )


def _scores(subject: Subject, z: Rows) -> Rows:
    return z if subject.normalizer is None else probabilities(subject, z)

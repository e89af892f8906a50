"""Objectives grouped by the parts that they share, so that a program runs every part once."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from .objective import Objective
from .parts import Loss, Normalizer

Key = TypeVar("Key", int, str)
"""Index or name of an objective."""


def pairs(objectives: Sequence[Objective]) -> dict[int, Objective]:
    """The objectives that are a loss of a normalizer's probabilities, by index."""
    return {
        index: objective
        for index, objective in enumerate(objectives)
        if objective.loss is not None
    }


def by_normalizer(
    objectives: Mapping[Key, Objective],
) -> dict[Normalizer | None, list[Key]]:
    """Keys of the objectives by normalizer; None for those whose normalizer is unknown.

    Normalizers come in the order of their first appearance.
    """
    groups = dict[Normalizer | None, list[Key]]()
    for key, objective in objectives.items():
        groups.setdefault(objective.normalizer, []).append(key)
    return groups


def by_loss(objectives: Mapping[Key, Objective]) -> dict[Loss | None, list[Key]]:
    """Keys of the objectives by loss of probabilities; None for losses of the logits.

    Losses come in the order of their first appearance.
    """
    groups = dict[Loss | None, list[Key]]()
    for key, objective in objectives.items():
        groups.setdefault(objective.loss, []).append(key)
    return groups

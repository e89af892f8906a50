"""The setting of an audit, checked at the public door."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import rounded_once
from ..base.settings import one_of, real_number
from ..base.target_kinds import DISTRIBUTION, TargetKind
from ..base.users_code import name_of
from ..forms.adapt import as_one_example
from ..normalizers.probs import Probs
from ..objectives.at_label import loss_at_label
from ..objectives.objective import Objective
from ..objectives.parts import Normalizer, normalizer_from
from ..objectives.sources import Source, objective

Loss: TypeAlias = Callable[[Array, Array], Array]
"""Function (logits [n], label or target) -> loss of one example."""

DTYPES = ("float32", "bfloat16", "float16", "float64")
TEXTBOOK = "softmax + cross_entropy"


@dataclass(frozen=True)
class Setting:
    """What is asked about every example; it determines the compiled program.

    Attributes:
        names: Names of the losses, the present one first.
        losses: Losses of one example, by its label or by its target.
        normalizer: Normalizer by which the model predicts; None if unknown.
        targets: Kind of the targets.
        is_soft: Whether targets are given in place of labels.
        dtype: Precision of the training.
        threshold: Share of cross-entropy's gradient below which a wrong example is stuck.
    """

    names: tuple[str, ...]
    losses: tuple[Loss, ...]
    normalizer: Normalizer | None
    targets: TargetKind
    is_soft: bool
    dtype: str
    threshold: float

    @property
    def is_textbook(self) -> bool:
        """Whether the present loss is cross-entropy of softmax."""
        return self.names[0] == TEXTBOOK

    @property
    def predicts_by_softmax(self) -> bool:
        """Whether the probabilities are those of softmax, without parameters."""
        formula = getattr(self.normalizer, "formula", None)
        name = getattr(
            self.normalizer, "name", getattr(self.normalizer, "__name__", "")
        )
        return name == "softmax" or (
            formula is not None and name == formula.name == "softmax"
        )


def make_setting(
    source: Source,
    against: Sequence[Source],
    *,
    num_classes: int,
    normalizer: str | Normalizer | None,
    is_soft: bool,
    dtype: str,
    threshold: float,
) -> Setting:
    """Check the losses and what they are asked about.

    Raises:
        ValueError: If an argument is out of range, or an alternative takes other targets.
    """
    one_of("audit", "dtype", dtype, DTYPES)
    threshold = real_number("audit", "threshold", threshold, low=0, high=1)
    known = [_known("objective", source)]
    known += [_known("against", each) for each in against]
    kinds = [each.targets if each is not None else DISTRIBUTION for each in known]
    for kind, each in zip(kinds, known, strict=True):
        if kind is not kinds[0] and each is not None:
            raise ValueError(
                f"`audit(against=...)`: {each.name!r} takes {kind.allowed}, and the objective "
                f"{kinds[0].allowed}."
            )
    by_label = not is_soft
    arguments = ["objective"] + ["against"] * len(against)
    losses = []
    sources = (source, *against)
    for argument, given, found in zip(arguments, sources, known, strict=True):
        with _naming(argument):
            losses.append(_loss_of_one(given, found, num_classes, by_label))
    names = [
        each.name if each is not None else name_of(given)
        for each, given in zip(known, sources, strict=True)
    ]
    if len(set(names)) < len(names):
        raise ValueError(
            f"`audit(against=...)` must be losses of different names, got {names}."
        )
    predictor = known[0].normalizer if known[0] is not None else None
    if normalizer is not None:
        with _naming("normalizer"):
            predictor = normalizer_from(normalizer)
    return Setting(
        names=tuple(names),
        losses=tuple(losses),
        normalizer=predictor,
        targets=kinds[0],
        is_soft=is_soft,
        dtype=dtype,
        threshold=threshold,
    )


def takes_targets(source: Source) -> bool:
    """Whether a loss takes an answer for each class, and no label."""
    known = _known("objective", source)
    return known is not None and known.targets is not DISTRIBUTION


def _known(argument: str, source: Source) -> Objective | None:
    """The objective of a spec; None for a function of the user's own."""
    with _naming(argument):
        return objective(source) if isinstance(source, str | Objective) else None


@contextmanager
def _naming(argument: str) -> Iterator[None]:
    """Let what is wrong with a loss say which argument of the audit gave it."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"`audit({argument}=...)`: {error}") from error


def _loss_of_one(
    source: Source, known: Objective | None, num_classes: int, by_label: bool
) -> Loss:
    if known is not None:
        return AtLabel(known) if by_label else known.function
    function = as_one_example(source, num_classes)
    return partial(_at_one_hot, function) if by_label else function


@dataclass(frozen=True)
class AtLabel:
    """The loss of one example by its label; equal objectives share a compiled program."""

    objective: Objective

    def __call__(self, logits: Array, label: Array) -> Array:
        """The loss."""
        return loss_at_label(self.objective, logits, label)


def _at_one_hot(function: Loss, logits: Array, label: Array) -> Array:
    return function(logits, jax.nn.one_hot(label, logits.size, dtype=logits.dtype))


def probabilities(setting: Setting, logits: Array) -> Array | None:
    """The probabilities [n] of one example, or None without a known normalizer."""
    if setting.normalizer is None:
        return None
    probs: Probs = rounded_once(setting.normalizer, logits.dtype, logits)
    return jnp.asarray(probs.p)

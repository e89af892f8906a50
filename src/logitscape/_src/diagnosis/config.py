"""The configuration that all questions of one diagnosis share."""

from dataclasses import dataclass

import numpy as np

from .deadline import NO_DEADLINE, Deadline
from .domain import ANYWHERE, Domain
from .programs import Precision
from .subject import Subject


@dataclass(frozen=True)
class DiagnosisConfig:
    """The configuration of a diagnosis.

    Attributes:
        reference: Subject that the diagnosed one is compared with.
        num_classes: Number of classes n.
        dtype: Precision of the training that the diagnosis is about.
        seed: Seed of every random search.
        deadline: Time by which all questions end.
        domain: Logits that the diagnosed loss can be given.
    """

    reference: Subject
    num_classes: int = 10
    dtype: Precision = "float32"
    seed: int = 0
    deadline: Deadline = NO_DEADLINE
    domain: Domain = ANYWHERE

    def random(self) -> np.random.Generator:
        """A new generator from the seed, so that no question depends on another one."""
        return np.random.default_rng(self.seed)

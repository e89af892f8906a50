"""What all questions of one diagnosis share."""

from dataclasses import dataclass

import numpy as np

from .evaluation import Precision
from .subject import Subject


@dataclass(frozen=True)
class DiagnosisConfig:
    """How an objective is diagnosed.

    Attributes:
        reference: what it is compared with.
        num_classes: n.
        dtype: the precision that it will be trained in.
        seed: of every random search.
    """

    reference: Subject
    num_classes: int = 10
    dtype: Precision = "float32"
    seed: int = 0

    def random(self) -> np.random.Generator:
        """A generator that starts anew for every question, so that none depends on another."""
        return np.random.default_rng(self.seed)

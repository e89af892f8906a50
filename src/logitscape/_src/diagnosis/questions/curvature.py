"""The least eigenvalue of the Hessian of a loss, beyond what rounding makes of zero."""

from dataclasses import dataclass

import numpy as np

from ..evaluation import Rows, hessians, losses
from ..subject import Subject

NOISE = 1e-6
"""Part of the largest and of the usual eigenvalue that counts as 0."""
ROUNDING = 1e-12
"""Part of the largest eigenvalue anywhere that rounding may leave where a Hessian fades."""


@dataclass(frozen=True)
class Curvature:
    """Least eigenvalues, [m], of the Hessians of one loss.

    The size below which an eigenvalue is rounding is measured once, at scattered logits: a search
    that ends where every Hessian has faded would take the rounding for the usual size.

    Attributes:
        subject: Subject that is measured.
        noise: Absolute size up to which eigenvalues count as 0.
    """

    subject: Subject
    noise: float

    def least(self, z: Rows) -> Rows:
        """The least eigenvalue at every row of the logits, [m].

        It is 0 within rounding, and infinite where the Hessian or the loss is not finite.
        """
        eigenvalues = _eigenvalues(self.subject, z)
        least = eigenvalues[:, 0]
        # Eigenvalues have rounding errors in proportion to the largest one, too.
        noise = self.noise + NOISE * np.abs(eigenvalues).max(axis=1)
        within = np.isfinite(least) & (np.abs(least) <= noise)
        return np.where(within, 0, np.where(np.isfinite(least), least, np.inf))


def curvature_of(subject: Subject, z: Rows) -> Curvature:
    """The curvature of a loss, with the noise that it has at scattered logits, [m, n].

    Where a Hessian fades to 0, the terms that cancel in it are as large as elsewhere: what they
    leave is in proportion to the largest. Far out that one may explode, so the one in the
    middle limits it.
    """
    sizes = _sizes(subject, z)
    if not len(sizes):
        return Curvature(subject, 0.0)
    n = z.shape[1]
    middle = _sizes(subject, subject.domain.fit(np.array([np.zeros(n), np.ones(n)])))
    largest = min(sizes.max(), middle.max(initial=0.0) or np.inf)
    return Curvature(subject, float(NOISE * np.median(sizes) + ROUNDING * largest))


def _sizes(subject: Subject, z: Rows) -> Rows:
    """The largest eigenvalues in absolute value, where they are finite."""
    sizes: Rows = np.abs(_eigenvalues(subject, z)).max(axis=1)
    return sizes[np.isfinite(sizes)]


def _eigenvalues(subject: Subject, z: Rows) -> Rows:
    """The eigenvalues of every Hessian, [m, n]; NaN where it or the loss is not finite."""
    hessian = hessians(subject, z)
    known = np.isfinite(losses(subject, z)) & np.isfinite(hessian).all(axis=(1, 2))
    eigenvalues = np.linalg.eigvalsh(np.where(known[:, None, None], hessian, 0))
    return np.where(known[:, None], eigenvalues, np.nan)

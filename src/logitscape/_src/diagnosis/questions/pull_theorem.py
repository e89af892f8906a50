"""The pull of losses that depend on softmax's probability of the label only.

The pull theorem: a loss `L = psi(p_y)` is convex in the logits exactly when its pull
`w(p) (1 - p) = -dL/dz_y`, with `w = -psi'(p) p`, is never negative and never grows with p.
"""

import numpy as np

from ..evaluation import Rows, Values, evaluate
from ..subject import Subject

FAR_MARGINS = np.linspace(-700, -60, 320, endpoint=False)
NEAR_MARGINS = np.linspace(-60, 40, 1001)
MARGINS = np.concatenate([FAR_MARGINS, NEAR_MARGINS])
"""Log-odds of the label, from where e^z underflows to where 1 - p rounds to 0."""
RIVALS = ((0.0, 0.0), (0.0, -3.0), (5.0, 2.0))
"""Logits of rivals; a loss of p_y only is the same for all of them at the same log-odds."""
SAME = 1e-7
NOISE = 1e-6


def values_by_margin(subject: Subject, n: int) -> Values | None:
    """Loss and gradient of label 0 at every log-odds of `MARGINS`.

    Returns:
        The values, or None if the loss depends on more than softmax's p of the label.
    """
    by_rivals = []
    for rivals in RIVALS:
        z = logits_by_margin(MARGINS, np.resize(rivals, n - 1))
        by_rivals.append(evaluate(subject, z))
    first, *others = by_rivals
    if not np.isfinite(first.loss).any():
        return None
    same = all(_have_same_pull(first, values) for values in others)
    return first if same else None


def _have_same_pull(a: Values, b: Values) -> bool:
    """Whether losses are equal, and slopes in the label's logit as well."""
    return _same(a.loss, b.loss) and _same(a.gradient[:, 0], b.gradient[:, 0])


def logits_by_margin(margins: Rows, rivals: Rows) -> Rows:
    """Logits at which softmax gives the label 0 these log-odds.

    Args:
        margins: Log-odds, [m].
        rivals: Logits of the other classes, [n - 1].

    Returns:
        Logits, [m, n].
    """
    # The log-odds of the label are its logit minus the logsumexp of the others.
    label = margins + np.logaddexp.reduce(rivals)
    repeated = np.broadcast_to(rivals, (len(margins), len(rivals)))
    return np.concatenate([label[:, None], repeated], axis=1)


def violations_of_theorem(pull: Rows) -> Rows:
    """The steps of the log-odds in which the pull grows or becomes negative, [m - 1].

    Args:
        pull: Pull at increasing log-odds, [m].
    """
    size = np.abs(pull)
    larger_size = np.maximum(size[:-1], size[1:])
    # A pull that fades to 0 has rounding errors in proportion to its usual size.
    noise = NOISE * larger_size + 1e-12 * np.nanmedian(size)
    before = pull[:-1]
    after = pull[1:]
    violations: Rows = (after > before + noise) | (after < -noise)
    return violations


def is_certified(subject: Subject, n: int) -> bool:
    """Whether the loss is convex by the pull theorem, at all log-odds of `MARGINS`."""
    values = values_by_margin(subject, n)
    if values is None:
        return False
    pull = -values.gradient[:, 0]
    if not np.isfinite(pull).all():
        return False
    return not violations_of_theorem(pull).any()


def _same(a: Rows, b: Rows) -> bool:
    return bool(np.allclose(a, b, rtol=SAME, atol=SAME, equal_nan=True))

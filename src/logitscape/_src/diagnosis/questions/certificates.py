"""What proves a loss convex in the logits, once it is measured to hold: theory does the rest.

The pull theorem: a loss that depends on the logits only through softmax's probability of the label, `L = psi(p_y)`, is
convex exactly when its pull `w(p) (1 - p) = -dL/dz_y`, `w = -psi'(p) p`, is never negative and never grows with p.
"""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import expit, logsumexp, softmax

from ..evaluation import Rows, Values, evaluate, hessians
from ..subject import Subject

MARGINS = np.concatenate(
    [np.linspace(-700, -60, 320, endpoint=False), np.linspace(-60, 40, 1001)]
)
"""Log-odds of the label."""
RIVALS = ((0.0, 0.0), (0.0, -3.0), (5.0, 2.0))
EXACT = 1e-7
NOISE = 1e-6
PIECES = 64


def certificate(subject: Subject, z: Rows, values: Values) -> str | None:
    """The theorem that makes the loss convex, and what was measured for it; None if none applies. z [m, n], label 0."""
    n = z.shape[1]
    margins = by_margin(subject, n)
    if margins is not None and _never_grows(-margins.gradient[:, 0]):
        return "By the pull theorem: the loss depends on softmax's p of the label only, and its pull never grows with p."
    finite = np.isfinite(values.loss) & np.isfinite(values.gradient).all(axis=1)
    if not finite.all():
        return None
    for name, known in _known_gradients(subject, n):
        if _is_multiple(values.gradient, known(z)):
            return f"The gradient is that of {name}, up to a factor and a constant."
    return _pieces(z, values)


def by_margin(subject: Subject, n: int) -> Values | None:
    """Loss and gradient at every log-odds of `MARGINS`; None if the loss depends on more than softmax's p of the label 0."""
    rows = [
        evaluate(subject, logits(MARGINS, np.resize(rivals, n - 1)))
        for rivals in RIVALS
    ]
    first = rows[0]
    if not np.isfinite(first.loss).any():
        return None
    same = all(
        _equal(first.loss, each.loss)
        and _equal(first.gradient[:, 0], each.gradient[:, 0])
        for each in rows[1:]
    )
    return first if same else None


def logits(margins: Rows, rivals: Rows) -> Rows:
    """Logits [m, n] where softmax gives the label 0 these log-odds, whatever its rivals [n - 1]."""
    label = margins + logsumexp(rivals)
    return np.concatenate(
        [label[:, None], np.broadcast_to(rivals, (len(margins), len(rivals)))], axis=1
    )


def weakens(pull: Rows) -> Rows:
    """Where the pull is less than it is where the model is more right, or is negative: [m - 1] steps of the log-odds."""
    before, after = pull[:-1], pull[1:]
    noise = NOISE * np.maximum(np.abs(before), np.abs(after)) + 1e-12 * np.nanmedian(
        np.abs(pull)
    )
    found: Rows = (after > before + noise) | (after < -noise)
    return found


def _never_grows(pull: Rows) -> bool:
    return bool(np.isfinite(pull).all() and not weakens(pull).any())


def _equal(a: Rows, b: Rows) -> bool:
    return bool(np.allclose(a, b, rtol=EXACT, atol=EXACT, equal_nan=True))


def _known_gradients(
    subject: Subject, n: int
) -> Iterator[tuple[str, Callable[[Rows], Rows]]]:
    """Convex functions by their gradients; the inverse temperature is read off at 0, where `H_11 = c (1 - 1/n) g_1`."""
    zero = np.zeros((1, n))
    slope, curvature = (
        evaluate(subject, zero).gradient[0, 1],
        hessians(subject, zero)[0, 1, 1],
    )
    c = curvature / slope / (1 - 1 / n) if slope > 0 and np.isfinite(curvature) else 1.0
    yield "logsumexp", lambda z: softmax(z, axis=1)
    yield f"logsumexp at inverse temperature {c:.3g}", lambda z: softmax(c * z, axis=1)
    yield "a sum of softplus", expit
    yield "sparsemax's Fenchel-Young loss", sparsemax
    yield "a sum of squares", lambda z: z


def _is_multiple(gradient: Rows, known: Rows) -> bool:
    """Whether gradient = factor * known + constant, factor > 0, at all points."""
    a, b = gradient - gradient.mean(axis=0), known - known.mean(axis=0)
    factor = float(np.sum(a * b) / max(np.sum(b * b), 1e-300))
    return factor > 0 and bool(np.abs(a - factor * b).max() <= EXACT * np.abs(a).max())


def sparsemax(z: Rows) -> Rows:
    """The projection of every row on the simplex (Martins and Astudillo 2016, algorithm 1)."""
    ordered = -np.sort(-z, axis=1)
    count = np.arange(1, z.shape[1] + 1)
    excess = np.cumsum(ordered, axis=1) - 1
    support = np.sum(ordered * count > excess, axis=1)
    threshold = excess[np.arange(len(z)), support - 1] / support
    p: Rows = np.maximum(z - threshold[:, None], 0)
    return p


def tangent_excess(z: Rows, values: Values) -> Rows:
    """How far the tangent plane at row i lies above the loss at row j, [i, j], beyond rounding; -inf where unknown."""
    known = np.isfinite(values.loss) & np.isfinite(values.gradient).all(axis=1)
    loss, gradient = (
        np.where(known, values.loss, 0),
        np.where(known[:, None], values.gradient, 0),
    )
    own, other = np.sum(gradient * z, axis=1), gradient @ z.T
    noise = NOISE * (
        np.abs(own)[:, None] + np.abs(other) + np.abs(loss)[:, None] + np.abs(loss)
    )
    excess = loss[:, None] + other - own[:, None] - loss - noise
    return np.where(known[:, None] & known, excess, -np.inf)


def _pieces(z: Rows, values: Values) -> str | None:
    pieces = len(np.unique(np.round(values.gradient, 9) + 0.0, axis=0))
    if pieces > PIECES or (tangent_excess(z, values) > 0).any():
        return None
    return (
        f"At all {len(z)} points the loss is the largest of {pieces} affine functions."
    )

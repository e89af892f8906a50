"""Laws by which values tell readings apart where shapes cannot.

Each is tried with few examples, on logits and targets from a fixed seed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from .framework import Rows
from .reading import Reading, Reduction, Targets, arguments_of_batch

Run = Callable[..., Rows]

EXAMPLES = 5
PLACES = 8
"""Number of places at which changes of logits are added up."""
FAR = 20.0
SMALL, MOST_MOVED = 0.3, 4
"""Size of logits before any margin ends a loss, and how many of them are moved."""
RIGHT_BY, RESTING = (0.5, 6.0, 12.0), 0.2
"""Sizes of right logits, and by how much less the loss then falls each time."""
EXACT = 1e-4
"""Relative difference, in float32, that counts as none."""
ROUNDING = 2e-6
"""Relative difference that float32 makes in a sum of a few losses."""


def depends_on_place(run: Run, n: int) -> bool:
    """Whether the loss of a vector depends on which component of the target is 1."""
    z = _logits(1, n)[0]
    # Large ones too: a loss of rounded logits is the same for all that are near 0.
    return any(_depends_on_place(run, scale * z) for scale in (1, 8))


def _depends_on_place(run: Run, z: Rows) -> bool:
    losses = [float(run(z, row)) for row in np.eye(len(z))[:3]]
    return not _same(np.array(losses), losses[0])


def reduction_of(
    run: Run,
    make: Callable[[Rows, Rows], tuple[Rows, ...]],
    n: int,
    exact: float = EXACT,
) -> Reduction | None:
    """How the loss of a batch follows from the losses of its examples; None if it does not.

    Args:
        run: Function of the arguments of a batch.
        make: Arguments from logits [m, n] and labels [m].
        n: Number of classes.
        exact: Relative difference that counts as none.
    """
    z, y = _logits(EXAMPLES, n), np.arange(EXAMPLES) % max(n, 2)
    together = run(*make(z, y))
    alone = [run(*make(z[i : i + 1], y[i : i + 1])) for i in range(EXAMPLES)]
    singles = np.array([loss.reshape(-1)[0] for loss in alone])
    if together.ndim:
        return "none" if _same(together.reshape(-1), singles, exact) else None
    if _same(together, singles.mean(), exact):
        return "mean"
    return "sum" if _same(together, singles.sum(), exact) else None


def tells_labels_apart(
    run: Run, make: Callable[[Rows, Rows], tuple[Rows, ...]], n: int
) -> bool:
    """Whether an example has another loss with another label."""
    z, y = _logits(1, n), np.arange(1)
    return not _same(run(*make(z, y)), run(*make(z, y + 1)))


def reduction_of_elements(run: Run) -> Reduction | None:
    """The same for examples of one logit, logits [m] and targets [m]."""
    return reduction_of(lambda z, t: run(z[:, 0], t), lambda z, y: (z, y % 2.0), 1)


def is_intensive(
    run: Run, make: Callable[[Rows, Rows], tuple[Rows, ...]], n: int
) -> bool:
    """Whether a batch that is repeated has about the same loss, as a mean has."""
    z, y = _logits(EXAMPLES, n), np.arange(EXAMPLES) % n
    once = run(*make(z, y))
    often = run(*make(np.tile(z, (8, 1)), np.tile(y, 8)))
    return bool(abs(often - once) <= np.log(8) + EXACT)


def differs_from_batch_of_one(vector: Run, batch: Run, n: int) -> bool:
    """Whether a vector has another loss than a batch that holds it alone."""
    z, t = _logits(1, n), np.eye(n)[:1]
    return not _same(vector(z[0], t[0]), float(batch(z, t).reshape(-1)[0]))


def targets_of(run: Run, n: int) -> Targets:
    """What a function of vectors takes as target, told by the symmetries of its loss."""
    z, t = _logits(2, n), np.eye(n)[0]
    if _takes_signs(run, z, 2 * t - 1):
        return "signs"
    teacher = _logits(3, n)[2]
    value = run(z[0], teacher)
    shifted = run(z[0], teacher + 1.5)
    scaled = run(z[0], 2 * teacher)
    other = run(z[0], teacher[::-1].copy())
    # argmax is invariant under both, a softmax under the shift alone.
    is_softmax = _same(shifted, float(value)) and not _same(scaled, float(value))
    # A loss that is linear in the target does not see a shift if its terms sum to 0.
    is_linear = _same(scaled - value, value - run(z[0], 0 * teacher))
    if is_softmax and not is_linear and not _same(other, float(value)):
        return "teacher logits"
    return "as given"


def _takes_signs(run: Run, z: Rows, signs: Rows) -> bool:
    """Whether the loss is a sum of functions of t_k z_k, which says nothing where t_k is 0."""
    zero = np.zeros_like(signs)
    is_odd = _same(run(-z[0], -signs), run(z[0], signs))
    is_silent = _same(run(z[0], zero), run(z[1], zero))
    if not (is_odd and is_silent):
        return False
    if not _is_separable(run, signs):
        return False
    # -t z itself is a loss of one-hot targets as well.
    linear = run(z[0], signs) + run(z[0], -signs)
    linear_elsewhere = run(z[1], signs) + run(z[1], -signs)
    says_nothing = _same(linear, linear_elsewhere) and _same(run(z[0], zero), 0.0)
    return not says_nothing


def _is_separable(run: Run, t: Rows) -> bool:
    """Whether changes of two logits add up, wherever they are made."""
    n = len(t)
    if n < 2:
        return True
    z = _logits(PLACES, n)
    # Both become the largest, so that a maximum over the classes shows.
    moves = [FAR, -FAR] * (PLACES // 2)
    pairs = [(place % n, (place + 1) % n) for place in range(PLACES)]
    return all(
        _add_up(run, t, z[place], z[place] + moves[place], *pair)
        for place, pair in enumerate(pairs)
    )


def _add_up(run: Run, t: Rows, z: Rows, moved: Rows, i: int, j: int) -> bool:
    first, second, both = z.copy(), z.copy(), z.copy()
    first[i] = both[i] = moved[i]
    second[j] = both[j] = moved[j]
    change = run(first, t) + run(second, t) - run(z, t)
    return _same(change, run(both, t))


def is_mean_of_elements(run: Run, n: int, targets: Targets) -> bool:
    """Whether a loss of vectors is the mean of yes-or-no questions, one for each logit."""
    if n < 2 or not _is_separable(run, np.eye(n)[0]):
        return False
    # Wrong and right, as a sum of losses that all are 0 is their mean.
    for logit in (-0.7, 0.7):
        try:
            longer = run(np.full(2 * n, logit), np.ones(2 * n))
        except Exception:  # it takes no other number of classes
            return False
        if not _same(longer, run(np.full(n, logit), np.ones(n))):
            return False
    return asks_yes_or_no_of(targets)(run, n)


def asks_yes_or_no(run: Run, n: int) -> bool:
    """Whether every element falls with its logit where the target is 1, and rises where it is 0.

    A squared error of the logits does neither.
    """
    steps = np.linspace(-6, 6, 9)
    for target, sign in ((1.0, -1), (0.0, 1)):
        losses = [np.sum(run(np.full(n, s), np.full(n, target))) for s in steps]
        changes = sign * np.diff(losses)
        if not (changes >= -EXACT).all() or not changes.max() > EXACT:
            return False
    return True


def asks_yes_or_no_of(targets: Targets) -> Callable[[Run, int], bool]:
    """The same for what the target is."""
    if targets != "signs":
        return asks_yes_or_no
    return lambda run, n: asks_yes_or_no(lambda z, t: run(z, 2 * t - 1), n)


def asks_every_class(run: Run, n: int, targets: Targets) -> bool:
    """Whether every class has an answer of its own, and any number of them may be yes.

    Whatever the other answers are, the loss then falls with a logit whose target is 1, rises
    with one whose target is 0, and comes to rest where all answers are right. A cross-entropy that
    is written as `logsumexp(z) - t @ z` falls for ever.
    """
    if n < 2 or not asks_yes_or_no_of(targets)(run, n):
        return False
    every_other = np.arange(n) % 2
    for yes in (every_other, 1 - every_other, np.ones(n)):
        target = 2.0 * yes - 1 if targets == "signs" else 1.0 * yes
        if not _moves_to(run, target, yes) or not _comes_to_rest(run, target, yes):
            return False
    return True


def _moves_to(run: Run, target: Rows, yes: Rows) -> bool:
    """Whether a step away from an answer raises the loss, for the first few."""
    z = SMALL * _logits(1, len(yes))[0]
    before = float(run(z, target))
    moves = SMALL * np.eye(len(yes))[:MOST_MOVED]
    rises = np.array([float(run(z + move, target)) for move in moves]) - before
    away = np.where(yes[: len(moves)], -rises, rises)
    return bool((away > ROUNDING * (1 + abs(before))).all())


def _comes_to_rest(run: Run, target: Rows, yes: Rows) -> bool:
    """Whether the loss falls, but ever less and not below 0, where all answers are right."""
    near, right, far = (float(run(size * (2 * yes - 1), target)) for size in RIGHT_BY)
    exact = EXACT * (1 + abs(near))
    falls_less = exact < near - right and right - far <= RESTING * (near - right)
    return falls_less and far >= -exact


def is_of_angles(run: Run, n: int) -> bool:
    """Whether a loss of two sets of vectors depends on their lengths and angles alone."""
    first, second = _logits(EXAMPLES, n), _logits(2 * EXAMPLES, n)[EXAMPLES:]
    loss = run(first, second)
    is_invariant = _same(run(_turned(first), _turned(second)), loss)
    return is_invariant and not _same(run(second, second), loss)


def is_of_embeddings(
    run: Run, make: Callable[[Rows, Rows], tuple[Rows, ...]], n: int
) -> bool:
    """Whether a loss of vectors and labels is the same for vectors that are turned together.

    A loss of logits is not: its labels number the axes.
    """
    # Many rows and several turns, as a loss of predicted classes is the same by chance.
    count = 4 * EXAMPLES
    z, y = _logits(count, n), np.arange(count) // 2
    loss = run(*make(z, y))
    turned = z
    for _ in range(3):
        turned = _turned(turned)
        if not _same(run(*make(turned, y)), loss):
            return False
    if _same(run(*make(z + 0.01 * turned, y)), loss):
        # Classes that are predicted stay the same, and may be right as often by chance.
        return False
    return not _same(run(*make(z, np.arange(count) % 2)), loss)


def label_only_adds(
    run: Run, make: Callable[[Rows, Rows], tuple[Rows, ...]], n: int
) -> bool:
    """Whether another label changes the loss, and by the same amount wherever the logits are."""
    z = _logits(2, n)
    first, second = np.zeros(1, int), np.ones(1, int)
    changes = [
        run(*make(row[None], second)) - run(*make(row[None], first)) for row in z
    ]
    return _same(changes[0], changes[1]) and not _same(changes[0], 0.0)


def is_mean_of_pairs(run: Run) -> bool:
    """Whether the loss of a batch is the mean over all pairs of a logit and a target."""
    z, t = _logits(1, EXAMPLES)[0], (np.arange(EXAMPLES) % 2).astype(np.float64)
    pairs = [
        float(np.sum(run(z[[i]], t[[j]]))) for i in range(EXAMPLES) for j in (0, 1)
    ]
    loss = run(z, t)
    by_target = np.reshape(pairs, (EXAMPLES, 2)).mean(axis=0)
    expected = by_target[t.astype(int)].mean()
    return loss.ndim == 0 and _same(loss, expected)


def is_constant(run: Run, n: int) -> bool:
    """Whether a loss of logits [n] and a target [n] is the same for a few of them."""
    logits, targets = _logits(3, n), np.eye(n)[[0, 1, 0]]
    first, *others = map(run, logits, targets)
    return all(_same(other, first) for other in others)


def is_of_preferences(run: Run) -> bool:
    """Whether a loss of scores [N] and others [N] is one of their differences, least at none of 0.

    A distance of predictions from targets is least where the two are equal.
    """
    first, second, moved = _logits(3, EXAMPLES)
    loss = run(first, second)
    if not _same(run(first + moved, second + moved), loss):
        return False
    at_equal, ahead, behind = (
        np.sum(run(second + step, second)) for step in (0, SMALL, -SMALL)
    )
    # Far beyond rounding, also where a gradient is one of float32.
    return bool(min(ahead, behind) < at_equal - 1e-3 * SMALL * (1 + abs(at_equal)))


def is_of_two_sides(run: Run) -> bool:
    """Whether a loss of two square matrices is a sum of losses of each."""
    a, b, c, d = _logits(4 * EXAMPLES, EXAMPLES).reshape(4, EXAMPLES, EXAMPLES)
    adds_up = _same(run(a, b) + run(c, d), run(a, d) + run(c, b))
    return (
        adds_up and not _same(run(a, b), run(c, b)) and not _same(run(a, b), run(a, d))
    )


def is_of_joint_matrix(run: Run, in_pairs: bool) -> bool:
    """Whether a loss of similarities [2 N, 2 N] has the matches N places from the diagonal.

    In pairs, a match is beside it.
    """
    similarities = _logits(2 * EXAMPLES, 2 * EXAMPLES)
    eye = np.eye(2 * EXAMPLES)
    places = np.arange(2 * EXAMPLES)
    matches = eye[places ^ 1 if in_pairs else (places + EXAMPLES) % (2 * EXAMPLES)]
    loss, own, matched = (
        np.sum(run(similarities + step)) for step in (0 * eye, eye, matches)
    )
    least = EXACT * (1 + abs(loss))
    return bool(matched < loss - least and own > loss - least)


def is_of_next_labels(run: Run, n: int) -> bool:
    """Whether a loss of two places compares the logits of the first with the label of the second.

    Of one place alone it is the mean of no losses, or their sum.
    """
    z, y = _logits(2, n), np.arange(2, dtype=np.int32)
    loss = run(z, y)
    is_same = _same(run(z + np.array([[0.0], [1.0]]) * z, y), loss)
    is_same = is_same and _same(run(z, y + np.array([1, 0], np.int32)), loss)
    is_other = not _same(run(z, y - np.array([0, 1], np.int32)), loss)
    return bool(np.isfinite(loss).all() and is_same and is_other)


def arguments_for(
    reading: Reading,
) -> Callable[[Rows, Rows], tuple[Rows, ...]]:
    """How a batch of logits [m, n] and labels [m] becomes the arguments of a reading."""

    def make(z: Rows, y: Rows) -> tuple[Rows, ...]:
        target = y.astype(np.int32) if reading.labels else np.eye(z.shape[1])[y]
        return arguments_of_batch(reading, z, target)

    return make


def _turned(vectors: Rows) -> Rows:
    """Vectors [m, n], all turned in the same way."""
    # Two reflections are a rotation; its matrix would be too large for many classes.
    for direction in np.random.default_rng(8).normal(size=(2, vectors.shape[1])):
        unit = direction / np.linalg.norm(direction)
        vectors = vectors - 2 * np.outer(vectors @ unit, unit)
    return vectors


def _logits(count: int, n: int) -> Rows:
    rows: Rows = np.random.default_rng(7).normal(size=(count, n))
    return rows


def _same(a: Any, b: Any, exact: float = EXACT) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    size = 1 + _largest(a) + _largest(b)
    with np.errstate(invalid="ignore"):
        # Written so that a NaN differs, and so does an infinity from all but itself.
        return bool(((a == b) | (np.abs(a - b) <= exact * size)).all())


def _largest(x: Rows) -> float:
    sizes = np.abs(x)
    return float(np.max(sizes, initial=0, where=np.isfinite(sizes)))

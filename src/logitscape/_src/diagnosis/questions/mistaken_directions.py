"""Regions where a step leads the wrong way, or where there is no step at all."""

from collections.abc import Mapping

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, evaluate, finite_rows, norms, one_hot, probabilities, row
from ..levels import level_at
from ..simplify import format_first
from .label_patterns import is_ordinal, labels_are_numbers, scale_has_no_effect
from .mistake_samples import Mistake, Samples, target_weights_of

POINTS = 128
SIZES = np.array([0.3, 1.0, 2.0, 4.0, 8.0, 16.0])
"""Distances of the rival and of the label from 0, in units of the temperature."""
ALONG_RIVAL = 1e-6
"""Share of the gradient from which it counts."""
OFTEN = 0.1
"""Least share of the logits at which some rival is raised, where none ever is lowered."""
MOSTLY = 0.5
"""Share of the places with a slope for the rival at which it has the wrong sign."""
OFFSETS = np.array([1.0, 3.0, 10.0, 20.0, 40.0])
"""Distances of all logits from 0 at which a step is looked for."""
BETWEEN = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
"""The same near 0, where there is one in any loss of which something can be learnt."""
CONTENT = 1e-3
"""Share of the range of losses within which a loss counts as the least."""
FADED = 1e-6
"""Share of the largest gradient from which what is left may round to 0."""
REFINEMENTS, PLACES, DIGITS = 2, 64, 2


def pushes_rival_up(samples: Samples) -> Mistake | None:
    """A rival that is predicted, and whose logit still rises.

    Where the scale of the logits has no effect, a single logit is no direction of its own; where a
    target gives rivals a weight, or labels have an order, rivals are meant to rise.
    """
    rows = samples.recognised.labels
    meant = (
        is_ordinal(rows)
        or labels_are_numbers(rows)
        or scale_has_no_effect(rows)
        or any(True for _ in target_weights_of(samples))
    )
    if meant:
        return None
    only_raised = _no_rival_is_lowered(samples)
    if only_raised is not None:
        return only_raised
    z, labels = _wrong_logits(samples)
    gradient = evaluate(samples.subject, z, labels).gradient
    top = _predicted(samples, z)
    wrong = finite_rows(gradient) & (top != labels) & (z[np.arange(len(z)), top] > 0)
    bad = wrong & _mostly_pulled(gradient, top, wrong)
    if not bad.any():
        return None
    place = int(np.argmax(bad))
    rival, label = int(top[place]), int(labels[place])
    slope = float(gradient[place, rival])
    shows = (
        f"class {rival} is predicted, and minus the gradient still raises its logit: "
        f"gradient = {format_first(gradient[place])}"
    )
    text = (
        f"It pushes the wrong class up: class {rival} is predicted instead of label {label}, "
        f"and the loss falls as the logit of class {rival} rises further (slope {slope:.3g})."
    )
    witness = Witness(row(z[place]), one_hot(label, samples.num_classes), shows)
    return Mistake("pushes a rival up", "fault", text, slope, witness)


def _no_rival_is_lowered(samples: Samples) -> Mistake | None:
    """Rivals that are raised at some logits, and lowered at none, whether they are ahead or not."""
    rows = 0
    for label, values in samples.by_label():
        others = np.delete(values.gradient, label, axis=1)
        allowed = ALONG_RIVAL * norms(values.gradient)[:, None]
        # Written so that a NaN is no proof.
        if not (others <= allowed).all():
            return None
        raised = np.flatnonzero((others < -allowed).any(axis=1))
        if len(raised) < OFTEN * len(others):
            return None
        rows = int(raised[0])
    label, gradient = samples.labels[-1], samples.values[-1].gradient[rows]
    others = np.where(np.arange(len(gradient)) == label, np.inf, gradient)
    rival = int(others.argmin())
    slope = float(gradient[rival])
    text = (
        f"It pushes wrong classes up: with label {label} the loss falls as the logit of class "
        f"{rival} rises (slope {slope:.3g}), and no logit was found at which a rival is lowered."
    )
    z = samples.temperature * samples.z[rows]
    witness = Witness(
        row(z), one_hot(label, len(z)), f"dL/dz_{rival} = {slope:.4g}, below 0"
    )
    return Mistake("pushes a rival up", "fault", text, slope, witness)


def _mostly_pulled(gradient: Rows, top: Rows, wrong: Rows) -> Rows:
    """Where the loss falls as the predicted rival rises, [m]; nowhere if that is an exception.

    Where a common shift has no effect, a rival that rises is the same as all others that fall.
    """
    size = norms(gradient)
    unit = gradient / np.where(size > 0, size, 1)[:, None]
    along_rival = unit[np.arange(len(top)), top]
    pulled: Rows = along_rival < -ALONG_RIVAL
    moved = np.abs(along_rival) > ALONG_RIVAL
    shift_has_effect = np.abs(unit.sum(axis=1)[wrong]).max(initial=0) > ALONG_RIVAL
    is_mostly = (wrong & pulled).sum() >= MOSTLY * (wrong & moved).sum()
    return pulled if shift_has_effect and is_mostly else np.zeros_like(pulled)


def _wrong_logits(samples: Samples) -> tuple[Rows, Rows]:
    """Logits of many sizes with a rival above 0, the label below, and all others between.

    Returns:
        The logits, [m, n], and the labels, [m].
    """
    n = samples.num_classes
    random = np.random.default_rng(0)
    low, high = SIZES[random.integers(len(SIZES), size=(2, POINTS, 1))]
    z = random.uniform(-low, high, (POINTS, n))
    labels = random.integers(n, size=POINTS)
    rivals = (labels + random.integers(1, n, size=POINTS)) % n
    every = np.arange(POINTS)
    z[every, labels] = -low[:, 0]
    z[every, rivals] = high[:, 0]
    return np.round(samples.temperature * z, 3), labels


def _predicted(samples: Samples, z: Rows) -> Rows:
    scores = z
    if samples.subject.normalizer is not None:
        p = probabilities(samples.subject, z)
        scores = np.where(np.isfinite(p), p, z)
    predicted: Rows = scores.argmax(axis=1)
    return predicted


def dead_region(samples: Samples) -> Mistake | None:
    """No gradient at all where all logits are negative, or all are large, and equal."""
    if not any(np.any(values.gradient) for values in samples.values):
        return None
    alive = BETWEEN[~_is_dead(samples, BETWEEN)]
    if not alive.size:
        return None
    edges = dict[str, tuple[float, float]]()
    for side, start, outwards in (
        ("below", alive[0], -OFFSETS),
        ("above", alive[-1], OFFSETS),
    ):
        places = np.concatenate([[start], outwards])
        living = np.flatnonzero(~_is_dead(samples, outwards))
        last = int(living[-1]) + 1 if living.size else 0
        if last < len(outwards):
            last_alive, edge, place = _edge(
                samples, side, places[last], places[last + 1]
            )
            if not _has_faded(samples, last_alive, alive):
                edges[side] = edge, place
    return _dead_beyond(samples, edges) if edges else None


def _has_faded(samples: Samples, last_alive: float, alive: Rows) -> bool:
    """Whether the gradient had become so small before that only rounding makes it 0.

    The law of the gradient tells of that.
    """
    places = np.concatenate([[last_alive], alive])
    gradient = evaluate(samples.subject, _equal_logits(samples, places), 0).gradient
    sizes = np.abs(gradient).max(axis=1)
    return bool(sizes[0] <= FADED * np.nanmax(sizes))


def _edge(
    samples: Samples, side: str, alive: float, dead: float
) -> tuple[float, float, float]:
    """The last place with a gradient, where a dead region begins, and a place inside it."""
    for _ in range(REFINEMENTS):
        between = np.linspace(alive, dead, PLACES)
        living = np.flatnonzero(~_is_dead(samples, between))
        last = int(living[-1]) if living.size else 0
        alive, dead = float(between[last]), float(between[min(last + 1, PLACES - 1)])
    edge = round(dead, DIGITS) + 0.0
    inside = float(np.floor(edge - 1) if side == "below" else np.ceil(edge + 1))
    return alive, edge, inside


def _dead_beyond(samples: Samples, edges: Mapping[str, tuple[float, float]]) -> Mistake:
    where = " or ".join(f"{side} {edge:g}" for side, (edge, _) in edges.items())
    edge, place = min(edges.values(), key=lambda each: abs(each[0]))
    logits = _equal_logits(samples, np.array([place]))[0]
    text = (
        f"Nothing flows where all logits are {where}: the gradient is exactly 0 although "
        "no class is ahead, and a start there never moves."
    )
    shows = "gradient = 0 although all logits are equal"
    witness = Witness(row(logits), one_hot(0, samples.num_classes), shows)
    severity = level_at("fault", [edge], samples.subject.domain)
    return Mistake("dead region", severity, text, edge, witness)


def _is_dead(samples: Samples, offsets: Rows) -> Rows:
    loss, gradient = evaluate(samples.subject, _equal_logits(samples, offsets), 0)
    scattered = evaluate(samples.subject, samples.temperature * samples.z, 0).loss
    # A loss that is as small as it gets has nothing to teach.
    scattered = scattered[~np.isnan(scattered)]
    if not scattered.size:
        return np.zeros(len(offsets), bool)
    low, high = scattered.min(), scattered.max()
    dead: Rows = ~np.any(gradient, axis=1) & (loss > low + CONTENT * (high - low))
    return dead


def _equal_logits(samples: Samples, offsets: Rows) -> Rows:
    """Logits that all are at an offset, [m, n]: far apart, they could die of rounding."""
    return np.repeat(offsets[:, None], samples.num_classes, axis=1)

"""Kinks and jumps on the ray R3, from right to wrong.

The steps in which the gradient or the loss changes most are narrowed down.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...landscapes.probe_rays import MARGIN
from ..answers import Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, one_hot, row
from ..subject import Subject
from ..vocabulary import CONSISTENCY

REACH = 24.0
# 512 points, or 4 times 128, are one chunk of the evaluation.
STEPS, CLOSER_STEPS = 512, 128
# Three times 127 steps narrow a first step of 48 / 511 down to 5e-8.
CANDIDATES, REFINEMENTS = 4, 3
FAST = 0.02
"""Smallest relative change in one step that can be a kink or a jump."""
METHOD = (
    f"R3, s from {-REACH:g} to {REACH:g}: the {CANDIDATES} largest changes "
    "narrowed down to 1e-7, float64"
)


@dataclass(frozen=True, eq=False)
class Lines:
    """Losses and gradients at the points of several lines, all on R3.

    Attributes:
        s: Positions, [lines, m].
        gradients: Gradients, [lines, m, n].
        losses: Losses, [lines, m].
    """

    s: Rows
    gradients: Rows
    losses: Rows

    def at(self, line: int, step: int) -> "Lines":
        """The two ends of one step."""
        ends = slice(step, step + 2)
        return Lines(
            s=self.s[line, ends],
            gradients=self.gradients[line, ends],
            losses=self.losses[line, ends],
        )

    @cached_property
    def sizes(self) -> Rows:
        """The gradient's largest components, [lines, m]."""
        sizes: Rows = np.abs(self.gradients).max(axis=2)
        return sizes

    @cached_property
    def finite(self) -> Rows:
        """Whether loss and gradient are finite at both ends of every step."""
        finite = np.isfinite(self.losses + self.sizes)
        both: Rows = finite[:, 1:] & finite[:, :-1]
        return both

    @cached_property
    def gradient_changes(self) -> Rows:
        """Changes of the gradient in every step, relative to its size; 0 if not finite."""
        before, after = self.sizes[:, :-1], self.sizes[:, 1:]
        with np.errstate(invalid="ignore"):
            change = np.abs(np.diff(self.gradients, axis=1)).max(axis=2)
            # 1e-3 keeps a gradient that fades to 0 from changing by much of its size.
            relative = change / (1e-3 + after + before)
        return np.where(self.finite, relative, 0)

    @cached_property
    def loss_jumps(self) -> Rows:
        """Changes of the loss that the slopes do not explain, relative to its size."""
        before, after = np.abs(self.losses[:, :-1]), np.abs(self.losses[:, 1:])
        slopes = self.sizes[:, 1:] + self.sizes[:, :-1]
        with np.errstate(invalid="ignore"):
            # On R3 two logits move by half each, so that no slope
            # exceeds the largest component.
            explained = slopes * np.diff(self.s, axis=1)
            jump = np.abs(np.diff(self.losses, axis=1)) - explained
            relative = jump / (1 + after + before)
        return np.where(self.finite, np.maximum(relative, 0), 0)

    @cached_property
    def changes(self) -> Rows:
        """The larger one of both changes, [lines, m - 1]."""
        largest: Rows = np.maximum(self.gradient_changes, self.loss_jumps)
        return largest


def find_kinks(subject: Subject, config: DiagnosisConfig) -> Answer:
    """Whether the gradient differs on the two sides of a point ("kink"), or the loss ("jump")."""
    lines, steepest, first_change = _narrow_down(subject, config)
    every = np.arange(CANDIDATES)
    last_change = lines.changes[every, steepest]
    # A smooth change fades as the step narrows; that at a kink or jump stays.
    lasting = (last_change >= first_change / 2) & (last_change > FAST)
    kinks = np.flatnonzero(lasting)
    if not kinks.size:
        return Answer(
            question=CONSISTENCY,
            verdict="smooth where tried",
            severity="fine",
            text="neither the loss nor its gradient jumps on R3.",
            method=METHOD,
        )
    middles = (lines.s[every, steepest] + lines.s[every, steepest + 1]) / 2
    places = sorted({_rounded_place(s) for s in middles[kinks]})
    largest = int(kinks[np.argmax(last_change[kinks])])
    step = int(steepest[largest])
    loss_jumps = bool(lines.loss_jumps[largest, step] > FAST)
    return _answer(subject, config, lines.at(largest, step), loss_jumps, places)


def _narrow_down(subject: Subject, config: DiagnosisConfig) -> tuple[Lines, Rows, Rows]:
    """Divide the steps with the largest changes again and again, always the steepest one.

    Returns:
        The last lines, one for every candidate, the steepest step of each, [candidates],
        and the changes in the first, wide steps, [candidates].
    """
    # On R3 two logits move by half of s each.
    reach = min(REACH, 2 * subject.domain.reach(REACH))
    whole = np.linspace(-reach, reach, STEPS)
    lines = _lines(subject, config, whole[None])
    candidates = np.argsort(lines.changes[0])[-CANDIDATES:]
    first_change = lines.changes[0, candidates]
    low = lines.s[0, candidates]
    high = lines.s[0, candidates + 1]
    every = np.arange(CANDIDATES)
    shares = np.linspace(0, 1, CLOSER_STEPS)
    for _ in range(REFINEMENTS):
        widths = (high - low)[:, None]
        lines = _lines(subject, config, low[:, None] + widths * shares)
        steepest: Rows = lines.changes.argmax(axis=1)
        low = lines.s[every, steepest]
        high = lines.s[every, steepest + 1]
    return lines, steepest, first_change


def _answer(
    subject: Subject,
    config: DiagnosisConfig,
    ends: Lines,
    loss_jumps: bool,
    places: list[float],
) -> Answer:
    """Describe the largest change.

    Args:
        subject: Subject of the diagnosis.
        config: Configuration of the diagnosis.
        ends: The two ends of the step with the largest change.
        loss_jumps: Whether the loss jumps, and not only its gradient.
        places: The s of all changes.
    """
    low, high = ends.s
    s = _rounded_place((low + high) / 2)
    if loss_jumps:
        quantity = "the loss is"
        before, after = ends.losses
    else:
        below, above = ends.gradients
        k = int(np.argmax(np.abs(above - below)))
        quantity = f"dL/dz_{k} ="
        before, after = below[k], above[k]
    shows = f"{quantity} {before:.4g} just below s = {s:g} and {after:.4g} just above"
    n = config.num_classes
    z = subject.domain.centre + _logits(np.array([s]), n)[0]
    places_text = ", ".join(f"{place:g}" for place in places)
    return Answer(
        question=CONSISTENCY,
        verdict="jump" if loss_jumps else "kink",
        severity="note",
        text=f"{shows} (found at s = {places_text}).",
        method=METHOD,
        number=s,
        witness=Witness(row(z), one_hot(0, n), shows),
        details={"places": places},
    )


def _rounded_place(s: float) -> float:
    """The s itself, or three decimals of it if they are as good as the same.

    Most kinks are at round numbers.
    """
    near = np.round(s, 3)
    place = near if abs(s - near) < 1e-6 else s
    return float(place) + 0.0


def _logits(s: Rows, n: int) -> Rows:
    z: Rows = s[:, None] * MARGIN.direction(n)
    return z


def _lines(subject: Subject, config: DiagnosisConfig, s: Rows) -> Lines:
    n = config.num_classes
    z = subject.domain.centre + _logits(s.ravel(), n)
    values = evaluate(subject, z, 0)
    return Lines(
        s=s,
        gradients=values.gradient.reshape(*s.shape, n),
        losses=values.loss.reshape(s.shape),
    )

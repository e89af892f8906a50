"""Kinks and jumps on R3, from right to wrong, found by narrowing down the steps in which most changes."""

from typing import NamedTuple

import numpy as np

from ..answers import Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, one_hot, row
from ..subject import Subject

QUESTION = "consistency"
REACH, LINE, CLOSER, CANDIDATES = 24.0, 512, 128, 4
FAST = 0.02  # the relative change of the gradient from one step to the next that can be a kink
METHOD = f"R3, s from {-REACH:g} to {REACH:g}: the {CANDIDATES} largest changes narrowed down to 1e-7, float64"


class Line(NamedTuple):
    """Steps from one s to the next, [line, m]: how much the gradient and the loss change."""

    s: Rows
    gradients: Rows
    losses: Rows
    bend: Rows
    step: Rows


def kinks(subject: Subject, config: DiagnosisConfig) -> Answer:
    """Where the gradient differs on both sides ("kink"), or the loss ("jump")."""
    line = _line(subject, config, np.linspace(-REACH, REACH, LINE)[None])
    chosen = np.argsort(np.maximum(line.bend, line.step)[0])[-CANDIDATES:]
    first, every = np.maximum(line.bend, line.step)[0, chosen], np.arange(CANDIDATES)
    low, high = line.s[0, chosen], line.s[0, chosen + 1]
    for _ in range(3):
        line = _line(
            subject,
            config,
            low[:, None] + (high - low)[:, None] * np.linspace(0, 1, CLOSER),
        )
        at = np.maximum(line.bend, line.step).argmax(axis=1)
        low, high = line.s[every, at], line.s[every, at + 1]
    last = np.maximum(line.bend[every, at], line.step[every, at])
    kept = np.flatnonzero((last >= first / 2) & (last > FAST))
    if not kept.size:
        return Answer(
            QUESTION,
            "smooth where tried",
            "fine",
            "neither the loss nor its gradient jumps on R3.",
            METHOD,
        )
    places = sorted({_plain((low[i] + high[i]) / 2) for i in kept})
    i = int(kept[np.argmax(last[kept])])
    return _told(config, line, i, int(at[i]), places)


def _told(
    config: DiagnosisConfig, line: Line, i: int, at: int, places: list[float]
) -> Answer:
    s = _plain((line.s[i, at] + line.s[i, at + 1]) / 2)
    below, above = line.gradients[i, at], line.gradients[i, at + 1]
    k = int(np.argmax(np.abs(above - below)))
    jumps = bool(line.step[i, at] > FAST)
    told = (
        f"dL/dz_{k} = {below[k]:.4g} just below s = {s:g} and {above[k]:.4g} just above"
    )
    if jumps:
        told = f"the loss is {line.losses[i, at]:.4g} just below s = {s:g} and {line.losses[i, at + 1]:.4g} just above"
    witness = Witness(
        row(_logits(np.array([s]), config.num_classes)[0]),
        one_hot(0, config.num_classes),
        told,
    )
    places_text = ", ".join(f"{each:g}" for each in places)
    details = {"places": places}
    return Answer(
        QUESTION,
        "jump" if jumps else "kink",
        "note",
        f"{told} (found at s = {places_text}).",
        METHOD,
        s,
        witness,
        details,
    )


def _plain(s: float) -> float:
    """A kink is most often at a round number."""
    return float(np.round(s, 3) if abs(s - np.round(s, 3)) < 1e-6 else s) + 0.0


def _logits(s: Rows, n: int) -> Rows:
    z: Rows = s[:, None] * np.array([-0.5, 0.5, *[0.0] * (n - 2)])
    return z


def _line(subject: Subject, config: DiagnosisConfig, s: Rows) -> Line:
    """Changes relative to the size on both sides; none where a side is not finite. A slope explains some change of the loss."""
    n = config.num_classes
    found = evaluate(subject, _logits(s.ravel(), n), 0)
    g, loss = found.gradient.reshape(*s.shape, n), found.loss.reshape(s.shape)
    size = np.abs(g).max(axis=2)
    both = np.isfinite(loss + size)[:, 1:] & np.isfinite(loss + size)[:, :-1]
    with np.errstate(invalid="ignore"):
        bend = np.abs(np.diff(g, axis=1)).max(axis=2) / (
            1e-3 + size[:, 1:] + size[:, :-1]
        )
        sloped = (size[:, 1:] + size[:, :-1]) * np.diff(s, axis=1)
        step = (np.abs(np.diff(loss, axis=1)) - sloped) / (
            1 + np.abs(loss[:, 1:]) + np.abs(loss[:, :-1])
        )
    return Line(
        s, g, loss, np.where(both, bend, 0), np.where(both, np.maximum(step, 0), 0)
    )

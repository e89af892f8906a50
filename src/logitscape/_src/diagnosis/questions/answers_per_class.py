"""What a loss does with the answers of its classes, of which none, one, several or all are yes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ...base.target_kinds import LABELS
from ..answers import Answer, Severity, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, finite_rows, losses, row
from ..levels import ORDINARY
from ..random_logits import scattered_logits
from ..simplify import format_first
from ..subject import Subject

QUESTION = "label"
METHOD = (
    "loss and gradient at {m} logits with none, one, several and all of {n} answers yes, and with "
    "answers from 0 to 1; differences of the loss; float64"
)
SCATTERED = 14
FAR = 0.8 * ORDINARY
STEP = 1e-4
ROUNDING = 64 * float(np.finfo(np.float64).eps)
FEW_WRONG = 0.02
"""Share of points at which a gradient may look wrong, as some lie near a kink."""
MOSTLY = 0.5
SOFT = "soft"


class _Tried(NamedTuple):
    """Values with one pattern of answers.

    Attributes:
        name: The pattern in words, such as "no answer".
        z: Logits, [m, n].
        t: Targets, [m, n].
        loss: Losses, [m].
        gradient: Gradients, [m, n].
    """

    name: str
    z: Rows
    t: Rows
    loss: Rows
    gradient: Rows

    @property
    def finite(self) -> Rows:
        """Whether loss and gradient are finite, [m]."""
        finite: Rows = np.isfinite(self.loss) & finite_rows(self.gradient)
        return finite

    def witness(self, index: int, shows: str) -> Witness:
        """A witness at one of the logits."""
        return Witness(row(self.z[index]), row(self.t[index]), shows)


def answers_of_classes(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether every answer is used, whatever the others are."""
    tried = _all_patterns(subject, config)
    hard = [one for one in tried if one.name != SOFT]
    if not _depends_on_answers(subject, config):
        return [_ignored(hard[1], config)]
    found = [
        *_not_finite(hard, subject, config),
        *_wrong_gradient(subject, tried, config),
        *_wrong_way(hard, subject, config),
        *_unused(hard, config),
        *_nothing_learned(hard, subject, config),
    ]
    if found:
        return found
    soft = next((one for one in tried if one.name == SOFT), None)
    takes_soft = soft is not None and bool(soft.finite.all())
    text = (
        f"Each of the {config.num_classes} answers is used, with none, one, several and all of "
        "them yes: loss and gradient are finite, and the gradient is the slope of the loss. "
    )
    text += (
        "Answers between 0 and 1 are taken too."
        if takes_soft
        else "Answers between 0 and 1 are not taken."
    )
    return [_answer("every answer used", "fine", text, config)]


def _all_patterns(subject: Subject, config: DiagnosisConfig) -> list[_Tried]:
    n, random = config.num_classes, config.random()
    z = np.concatenate([scattered_logits(random, (SCATTERED, n)), _far(n)])
    z = subject.domain.fit(z)
    targets = {
        "no answer yes": np.zeros(n),
        "one answer yes": np.eye(n)[0],
        "several answers yes": (np.arange(n) % 2 == 0).astype(np.float64),
        "all answers yes": np.ones(n),
        SOFT: np.round(random.uniform(size=n), 2),
    }
    tried = []
    for name, target in targets.items():
        t = np.broadcast_to(target, z.shape)
        tried.append(_Tried(name, z, t, *evaluate(subject, z, t)))
    return tried


def _far(n: int) -> Rows:
    """Logits far out, that are right for some answers and wrong for others, [4, n]."""
    signs = np.where(np.arange(n) % 2 == 0, 1.0, -1.0)
    return FAR * np.stack([signs, -signs, np.ones(n), -np.ones(n)])


def _depends_on_answers(subject: Subject, config: DiagnosisConfig) -> bool:
    n = config.num_classes
    z = subject.domain.fit(scattered_logits(config.random(), (SCATTERED, n)))
    first, second = (np.broadcast_to(np.eye(n)[k], z.shape) for k in (0, n - 1))
    other = 1 - first
    values = [losses(subject, z, t) for t in (first, second, other)]
    return bool(any(not np.array_equal(values[0], one) for one in values[1:]))


def _ignored(tried: _Tried, config: DiagnosisConfig) -> Answer:
    text = "The loss does not depend on its answers: nothing can be learnt from it."
    shows = f"loss = {tried.loss[0]:.4g}, the same for all answers"
    return _answer("label ignored", "fault", text, config, tried.witness(0, shows))


def _not_finite(
    tried: list[_Tried], subject: Subject, config: DiagnosisConfig
) -> Iterator[Answer]:
    bad = [one for one in tried if not one.finite[:SCATTERED].all()]
    if not bad:
        return
    names = " and with ".join(one.name for one in bad)
    index = int(np.argmin(bad[0].finite[:SCATTERED]))
    shows = f"loss = {bad[0].loss[index]:.4g}, gradient = {format_first(bad[0].gradient[index])}"
    # A row of similarities without a positive has nothing to attract.
    only_none = len(bad) == 1 and not bad[0].t.any()
    is_row = subject.targets is not LABELS
    severity: Severity = "trade" if is_row and only_none else "fault"
    text = f"Loss or gradient is not finite at ordinary logits with {names}: {shows}."
    witness = bad[0].witness(index, shows)
    yield _answer("not finite for some answers", severity, text, config, witness)


def _wrong_gradient(
    subject: Subject, tried: list[_Tried], config: DiagnosisConfig
) -> Iterator[Answer]:
    direction = np.cos(np.arange(config.num_classes) ** 2)
    for one in tried:
        here = slice(SCATTERED)
        z, t = one.z[here], one.t[here]
        slopes = one.gradient[here] @ direction
        wide, close = (
            (
                losses(subject, z + h * direction, t)
                - losses(subject, z - h * direction, t)
            )
            / (2 * h)
            for h in (STEP, STEP / 8)
        )
        size = 1 + np.abs(one.loss[here]) + np.abs(wide)
        smooth = np.abs(wide - close) <= 1e-5 * size
        wrong = one.finite[here] & smooth & (np.abs(slopes - wide) > 1e-4 * size)
        if wrong.sum() > max(1, FEW_WRONG * len(z)):
            index = int(np.argmax(wrong))
            shows = f"slope by the gradient {slopes[index]:.4g}, by differences {wide[index]:.4g}"
            name = "answers between 0 and 1" if one.name == SOFT else one.name
            text = f"With {name} the gradient is not that of the loss: {shows}."
            witness = one.witness(index, shows)
            yield _answer(
                "another gradient for some answers", "fault", text, config, witness
            )
            return


def _wrong_way(
    tried: list[_Tried], subject: Subject, config: DiagnosisConfig
) -> Iterator[Answer]:
    """Answers whose own logit is moved away from them; positives of a row may rival each other."""
    if subject.targets is not LABELS:
        return
    away = [(2 * one.t - 1) * one.gradient for one in tried]
    largest = max(
        float(np.abs(one.gradient).max(initial=0, where=np.isfinite(one.gradient)))
        for one in tried
    )
    is_away = [rows > ROUNDING * (1 + largest) for rows in away]
    counts = [int(rows.sum()) for rows in is_away]
    if not sum(counts):
        return
    share = sum(counts) / sum(rows.size for rows in is_away)
    worst = int(np.argmax(counts))
    index, k = np.argwhere(is_away[worst])[0]
    answer = "yes" if tried[worst].t[index, k] else "no"
    slope = tried[worst].gradient[index, k]
    shows = f"the answer of class {k} is {answer}, and dL/dz_{k} = {slope:.3g}"
    text = (
        f"In {share:.0%} of the cases a step moves the logit of an answer away from it: "
        f"with {tried[worst].name} {shows}."
    )
    severity: Severity = "fault" if share > MOSTLY else "trade"
    witness = tried[worst].witness(int(index), shows)
    yield _answer("answer moved away", severity, text, config, witness)


def _unused(tried: list[_Tried], config: DiagnosisConfig) -> Iterator[Answer]:
    """Classes whose yes, or no, never has a gradient."""
    moves = np.zeros((2, config.num_classes), dtype=bool)
    asked = np.zeros((2, config.num_classes), dtype=bool)
    for one in tried[1:3]:
        for answer in (0, 1):
            chosen = one.t == answer
            asked[answer] |= chosen.any(axis=0)
            moves[answer] |= (chosen & (one.gradient != 0)).any(axis=0)
    unused = asked & ~moves
    if not unused.any():
        return
    answer, k = map(int, np.argwhere(unused)[0])
    one = next(one for one in tried[1:3] if (one.t[0, k] == answer))
    shows = f"dL/dz_{k} = 0 for the answer {'yes' if answer else 'no'} of class {k}"
    text = (
        f"{int(unused.sum())} of {unused.size} answers have no gradient wherever tried, such as "
        f"{'yes' if answer else 'no'} for class {k}."
    )
    yield _answer(
        "answers without gradient", "fault", text, config, one.witness(0, shows)
    )


def _nothing_learned(
    tried: list[_Tried], subject: Subject, config: DiagnosisConfig
) -> Iterator[Answer]:
    idle = [
        one
        for one in (tried[0], tried[3])
        if one.finite.all() and not one.gradient.any()
    ]
    if not idle:
        return
    names = " and with ".join(one.name for one in idle)
    shows = f"gradient = 0 with {idle[0].name}"
    text = (
        f"Examples with {names} have no gradient, whatever the logits: nothing is learnt of "
        "them."
    )
    witness = idle[0]._replace(z=np.zeros_like(idle[0].z)).witness(0, shows)
    # An anchor without a positive has nothing to attract.
    severity: Severity = "trade" if subject.targets is LABELS else "note"
    verdict = "nothing learnt of some examples"
    yield _answer(verdict, severity, text, config, witness)


def _answer(
    verdict: str,
    severity: Severity,
    text: str,
    config: DiagnosisConfig,
    witness: Witness | None = None,
) -> Answer:
    n = config.num_classes
    method = METHOD.format(m=SCATTERED + len(_far(n)), n=n)
    return Answer(QUESTION, verdict, severity, text, method, witness=witness)

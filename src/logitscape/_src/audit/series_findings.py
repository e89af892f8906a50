"""What is wrong with a training, by the numbers of its dumps or of its recorded steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .dump_faults import OF_LIMIT
from .estimates import Estimate
from .faults import MANY_COLLAPSED, MANY_STUCK, MISCALIBRATED
from .finding import Finding, finding, percent
from .results import AuditResults
from .series_rows import Passage, Row

FORGOTTEN = 0.01


def findings_of_audits(
    points: Sequence[str],
    audits: Sequence[AuditResults],
    rows: Mapping[str, Row],
    passages: Sequence[Passage],
) -> list[Finding]:
    """The findings of the last dump, each with the time since when, and what changes."""
    found = list[Finding]()
    for each in audits[-1].findings:
        since = len(audits) - 1
        while since > 0 and each.verdict in _verdicts(audits[since - 1]):
            since -= 1
        when = f" Since {points[since]}." if since else ""
        found.append(replace(each, text=each.text + when))
    last = _verdicts(audits[-1])
    for place, audit in enumerate(audits[:-1]):
        for each in audit.findings:
            if each.severity == "fault" and each.verdict not in last:
                last.add(each.verdict)
                text = f"At {points[place]}, no longer at {points[-1]}: {each.text}"
                found.append(replace(each, severity="note", text=text))
    return [*found, *_risen(points, audits), *_changes(rows), *_forgotten(passages)]


def findings_of_steps(points: Sequence[str], rows: Mapping[str, Row]) -> list[Finding]:
    """What the recorded steps of a training show."""
    loss = rows["loss"]
    found = [*_levels(points, rows), *_changes(rows)]
    if loss.is_clear and loss.last.value > loss.first.value:
        found.append(_rise(loss.first, "in the beginning", loss.last, "in the end"))
    return found


def _verdicts(audit: AuditResults) -> set[str]:
    return {finding.verdict for finding in audit.findings}


def _levels(points: Sequence[str], rows: Mapping[str, Row]) -> Iterator[Finding]:
    values = rows["not_finite"].values
    bad = np.flatnonzero(values > 0)
    if len(bad):
        text = (
            f"At {len(bad):,} of {len(values):,} steps there are examples without a finite loss "
            f"and gradient, first at step {points[bad[0]]}, and up to "
            f"{percent(float(np.nanmax(values)))} of a batch."
        )
        yield finding("loss that is not finite", text)
    limit = float(np.nanmax(rows["of_limit"].values, initial=0.0))
    if limit >= OF_LIMIT:
        text = f"The largest logit is {percent(limit)} of what its dtype holds."
        yield finding("close to the limit of the dtype", text)
    for name, most, what in (
        ("stuck", MANY_STUCK, "wrong, with almost no gradient"),
        ("collapsed", MANY_COLLAPSED, "pulled by exactly 0, though not in truth"),
    ):
        last = rows[name].last
        if last.value >= most and not last.low < most:
            text = f"In the end {percent(last.value)} of the examples are {what}."
            yield finding(name, text, last)


def _risen(points: Sequence[str], audits: Sequence[AuditResults]) -> Iterator[Finding]:
    """Whether the loss of the last dump is clearly above that of the best one."""
    losses = [audit.by_name["loss"].estimate for audit in audits]
    best = int(np.argmin([loss.value for loss in losses]))
    if losses[-1].low > losses[best].high:
        yield _rise(losses[best], f"at {points[best]}", losses[-1], f"at {points[-1]}")


def _rise(least: Estimate, when: str, last: Estimate, then: str) -> Finding:
    text = f"The mean loss is {least.value:.3g} {when} and {last.value:.3g} {then}."
    return finding("the loss rises", text, last)


def _changes(rows: Mapping[str, Row]) -> Iterator[Finding]:
    over = rows.get("overconfidence")
    if over is not None and over.is_clear:
        risen = over.last.value - over.first.value
        if risen >= MISCALIBRATED and over.last.low >= MISCALIBRATED:
            text = (
                f"The mean confidence is {percent(over.last.value)} above the accuracy in the end; "
                f"in the beginning the difference was {percent(over.first.value)}."
            )
            yield finding("confidence outruns accuracy", text, over.last)
    offset, scale = rows["offset"], rows["scale"]
    moved = abs(offset.last.value - offset.first.value)
    if offset.is_clear and moved >= scale.last.value:
        text = (
            f"The mean logit moves from {offset.first.value:.3g} to {offset.last.value:.3g}, more "
            f"than the logits of an example differ ({scale.last.value:.3g})."
        )
        yield finding("the offset drifts", text, offset.last)


def _forgotten(passages: Sequence[Passage]) -> Iterator[Finding]:
    for passage in passages:
        if passage.name == "forgotten" and passage.share.low >= FORGOTTEN:
            text = (
                f"{percent(passage.share.value)} of the examples were {passage.text}."
            )
            yield finding(
                "examples are forgotten", text, passage.share, passage.examples
            )

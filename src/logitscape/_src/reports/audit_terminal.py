"""An audit for the terminal, of at most 80 columns: five lines that matter, then what is wrong."""

from collections.abc import Mapping
from itertools import groupby

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..audit.alternatives import Alternative
from ..audit.finding import Finding, percent
from ..audit.groups import Group
from ..audit.measurement import Measurement
from ..audit.results import AuditResults
from .audit_alternatives import (
    about_alternatives,
    alternative_numbers,
    alternative_rows,
)
from .audit_numbers import number
from .terminal import HEADINGS, WIDTH

NAMED = 5
"""Number of examples that a finding names."""
HOW_TO_SEE = "--all, or .full() in Python, shows every number and group."


def table(audit: AuditResults, *, everything: bool = False) -> RenderableType:
    """Return the whole report.

    Args:
        audit: What was found.
        everything: Whether all numbers and groups follow.
    """
    parts: list[RenderableType] = [
        Text(f"{audit.headline()}.", "bold"),
        Text(setting(audit), "dim"),
        _rows(leading_lines(audit), "bold"),
    ]
    parts += [finding_lines(each, examples_of(audit, each)) for each in audit.findings]
    if len(audit.alternatives) > 1:
        parts.append(_alternatives(audit.alternatives))
    if not everything:
        return Lines(*parts, Text(f"\n{HOW_TO_SEE}", "dim"))
    if audit.groups:
        parts.append(_groups(audit.groups))
    for topic, numbers in groupby(audit.numbers, key=lambda each: each.topic):
        rows = {each.name: f"{number(each)}  {each.text}" for each in numbers}
        parts += [Text(f"\n{topic}", "bold"), _rows(rows, "")]
    for each in audit.alternatives[1:]:
        rows = {
            name: f"{value}  {text}"
            for name, (value, text) in alternative_numbers(each).items()
        }
        parts += [Text(f"\nagainst {each.name}", "bold"), _rows(rows, "")]
    return Lines(*parts)


def setting(audit: AuditResults) -> str:
    """What was audited, in one line."""
    counts = audit.counts()
    left_out = counts["examples"] - counts["measured"]
    text = (
        f"{counts['examples']:,} examples, {audit.shape[1]:,} classes, {audit.dtype}, "
    )
    text += audit.objective
    return f"{text}; {left_out:,} left out" if left_out else text


def leading_lines(audit: AuditResults) -> Mapping[str, str]:
    """The five lines that matter first."""
    get = audit.by_name
    value = {name: each.estimate.value for name, each in get.items()}
    lines = {
        "accuracy": number(get["accuracy"]),
        "loss": (
            f"{number(get['loss'])}; 99 % of the examples are below {value['loss_99']:.3g}, the "
            f"worst 1 % have {percent(value['loss_of_tail'])} of it"
        ),
        "gradient": (
            f"half of it is carried by {number(get['carriers_50'])} of the examples; "
            f"{percent(value['stuck'])} are stuck, {percent(value['collapsed'])} collapsed"
        ),
    }
    if "smooth_ece" in get:
        lines["calibration"] = _calibration(get)
    lines["logits"] = (
        f"scale {value['scale']:.3g}, largest {value['largest']:.4g}, common offset "
        f"{value['offset']:.3g}"
    )
    return lines


def _calibration(get: Mapping[str, Measurement]) -> str:
    text = f"error {number(get['smooth_ece'])} (smooth)"
    if "temperature" not in get:
        return text
    left = get["smooth_ece_after"].estimate.value
    return f"{text}; T = {number(get['temperature'])} would leave {left:.3f}"


def examples_of(audit: AuditResults, finding: Finding) -> str:
    """The examples that show a finding, by their ids."""
    shown = [audit.id_of(index) for index in finding.examples[:NAMED]]
    return f"Examples: {', '.join(shown)}" if shown else ""


def finding_lines(finding: Finding, shown: str) -> RenderableType:
    """A finding with the examples that show it, in words."""
    heading, style = HEADINGS[finding.severity]
    title = finding.verdict[:1].upper() + finding.verdict[1:]
    lines = [finding.text, f"What to do: {finding.remedy}", shown]
    text = "\n".join(line for line in lines if line)
    return Lines(
        Text.assemble((f"\n{heading[0]} ", style), (title, "bold")),
        Padding(Text(text), (0, 0, 0, 2)),
    )


def _rows(rows: Mapping[str, str], style: str) -> Table:
    table = Table(box=None, width=WIDTH, pad_edge=False, show_header=False)
    table.add_column(width=max(map(len, rows)), style=style)
    table.add_column(ratio=1)
    for name, text in rows.items():
        table.add_row(name, Text(text))
    return table


def group_rows(groups: tuple[Group, ...]) -> list[tuple[str, ...]]:
    """The heads of the columns, and a row for every group."""
    rows: list[tuple[str, ...]] = [
        ("group", "examples", "accuracy", "p", "loss", "p", "stuck")
    ]
    rows += [
        (
            f"{each.kind}: {each.name}",
            f"{each.count:,}",
            percent(each.accuracy.value),
            f"{each.p_accuracy:.2g}",
            f"{each.loss.value:.3g}",
            f"{each.p_loss:.2g}",
            percent(each.stuck.value),
        )
        for each in groups
    ]
    return rows


def _alternatives(alternatives: tuple[Alternative, ...]) -> RenderableType:
    return columns(
        "What another loss would do",
        alternative_rows(alternatives),
        about_alternatives(alternatives),
    )


def _groups(groups: tuple[Group, ...]) -> RenderableType:
    caption = "p: of the difference from all other examples, adjusted for the number of groups."
    return columns("Groups", group_rows(groups), caption)


def columns(title: str, rows: list[tuple[str, ...]], caption: str) -> RenderableType:
    """A table under its title; the first row has the heads of the columns."""
    table = Table(box=None, width=WIDTH, pad_edge=False, header_style="bold")
    (first, *others), *body = rows
    table.add_column(first, ratio=1)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    for row in body:
        table.add_row(*row)
    below = [Text(caption, "dim")] if caption else []
    return Lines(Text(f"\n{title}", "bold"), table, *below)

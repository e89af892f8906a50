"""The answer in plain words, what the loss is, and at most five answers: the same in every view."""

import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from logitscape._src.diagnosis.answers import Answer, Severity, Witness
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.headlines import BROKEN
from logitscape._src.diagnosis.leading import MOST
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.diagnosis.verdicts.listing import VERDICTS
from logitscape._src.reports.comparison import Comparison
from logitscape._src.reports.comparison_figure import lines_of
from logitscape._src.reports.diagnosis import Diagnosis
from logitscape._src.reports.html import SIGNS
from logitscape._src.reports.remedies import remedy
from tests.reports.pages import Page

ANSWERS = [
    (question, name, verdict.severity)
    for question, verdicts in VERDICTS.items()
    for name, verdict in verdicts.items()
]
ABOUT = subject("softmax + cross_entropy", num_classes=3)


def answered(chosen: list[tuple[str, str, Severity]], name: str = "loss") -> Diagnosis:
    """A diagnosis with one answer for each of these."""
    answers = []
    for k, (question, verdict, severity) in enumerate(chosen):
        answers.append(
            Answer(
                question=question,
                verdict=verdict,
                severity=severity,
                text=f"This is text {k} of an answer, long enough to be wrapped at 80 columns.",
                method="",
                witness=Witness((0.0, float(k), 0.0), (1.0, 0.0, 0.0), f"value {k}"),
            )
        )
    return Diagnosis(
        replace(ABOUT, name=name),
        DiagnosisConfig(ABOUT, 3),
        tuple(answers),
    )


def samples() -> list[Diagnosis]:
    """Diagnoses with one to forty answers, drawn from all that there are."""
    random = np.random.default_rng(0)
    counts = (1, 3, 6, 12, 25, 40)
    return [
        answered([ANSWERS[k] for k in random.permutation(len(ANSWERS))[:count]])
        for count in counts
        for _ in range(5)
    ]


def in_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.quick
def test_every_fault_has_plain_words() -> None:
    faults = {verdict for _, verdict, severity in ANSWERS if severity == "fault"}
    assert faults <= set(BROKEN)
    assert all(clause == clause.strip(" .") for clause in BROKEN.values())


@pytest.mark.quick
@pytest.mark.parametrize("diagnosis", samples())
def test_what_matters_comes_first_in_every_view(diagnosis: Diagnosis) -> None:
    order = diagnosis.in_order()
    leading = diagnosis.leading()
    assert sorted(map(id, order)) == sorted(map(id, diagnosis.answers))
    assert order[: len(leading)] == leading
    assert len(leading) <= MOST
    severities = [list(SIGNS).index(answer.severity) for answer in order]
    assert severities == sorted(severities)
    faults = [answer for answer in order if answer.severity == "fault"]
    assert leading[: len(faults)] == faults[:MOST]

    record = json.loads(diagnosis.to_json())
    assert record["answers"][0]["text"] == order[0].text
    assert [answer["text"] for answer in record["answers"]] == [a.text for a in order]
    assert (record["leading"], record["headline"]) == (
        len(leading),
        diagnosis.headline(),
    )
    for text in (str(diagnosis), diagnosis.full()):
        assert in_one_line(text).startswith(f"{diagnosis.headline()}.")
        assert max(map(len, text.splitlines())) <= 80
    # What the loss is stands above the first empty line.
    below = in_one_line(str(diagnosis).partition("\n\n")[2])
    numbers = re.findall(r"This is text (\d+) of", below)
    assert numbers[: len(leading)] == [a.text.split()[3] for a in leading]
    in_full = in_one_line(diagnosis.full())
    for answer in order:
        assert answer.severity == "fine" or answer.text in in_full
    parsed = Page(diagnosis._repr_html_())
    assert f"{diagnosis.headline()}." in parsed.texts["b"]


def test_the_headline_says_what_is_broken() -> None:
    twice = ("common mistakes", "softmax applied twice", "fault")
    dies = ("gradient when wrong", "dies", "fault")
    lost = ("precision, float32", "inaccurate", "fault")
    weights = ("design", "class weights", "trade")
    for chosen, state in {
        (dies, twice): "is broken: softmax is applied twice, and 1 more fault",
        (lost,): "is broken: its gradient is inaccurate in float32",
        (weights,): "is healthy, at a known price (class weights)",
        (("label", "label used", "fine"),): "is healthy",
        (("label", "not asked", "undecided"),): "has no fault so far",
    }.items():
        assert answered(list(chosen)).headline() == f"loss {state}"  # type: ignore[arg-type]


def test_a_report_fits_a_screen() -> None:
    five = [answer for answer in ANSWERS if answer[2] == "fault"][:5]
    text = str(answered([*five, *(a for a in ANSWERS if a[2] != "fault")]))
    assert text.count("What to do:") == 5
    before_the_witnesses = text.split("See for yourself:")[0].splitlines()
    assert len(before_the_witnesses) <= 36


def test_one_reason_is_said_once() -> None:
    chosen: list[tuple[str, str, Severity]] = [
        (question, "undecided", "undecided") for question in ("proper", "order", "cost")
    ]
    diagnosis = answered(chosen)
    same = [
        Answer(a.question, a.verdict, a.severity, "Why.", "") for a in diagnosis.answers
    ]
    diagnosis = Diagnosis(diagnosis.subject, diagnosis.config, tuple(same))
    for text in (str(diagnosis), diagnosis.full(), diagnosis._repr_html_()):
        assert text.count("Why.") == 1
        assert "proper, order, cost" in text
    assert diagnosis.to_json().count("Why.") == 3


@pytest.mark.quick
def test_a_remedy_is_told_where_there_is_something_to_do() -> None:
    answers = {a.verdict: remedy(a) for a in answered(ANSWERS).answers}
    assert answers["softmax applied twice"].startswith("Give logits")
    assert not answers["label used"]
    for answer in answered(ANSWERS).answers:
        assert answer.severity != "fault" or remedy(answer)


@pytest.mark.quick
@pytest.mark.parametrize("count", [1, 2, 6, 7, 13, 40])
@pytest.mark.parametrize("pattern", ["loss {}", "softmax + focal(gamma={})"])
def test_no_two_curves_share_a_colour_or_dashes(count: int, pattern: str) -> None:
    lines = lines_of([pattern.format(k) for k in range(count)])
    for first, second in itertools.combinations(lines, 2):
        assert first["color"] != second["color"]
        assert first["linestyle"] != second["linestyle"]


def test_cells_that_wrap_stay_beside_their_sign() -> None:
    few = {f"loss {k}": samples()[k] for k in (15, 20, 25)}
    signs = "✗!·?✓"
    lines = str(Comparison(few)).splitlines()
    rows = list(itertools.dropwhile(lambda line: "───" not in line, lines))[2:-2]
    columns = {line.index(sign) for line in rows for sign in signs if sign in line}
    for line in rows:
        for column in columns:
            # Below a sign there is another one, or nothing.
            assert line[column : column + 1] in (*signs, " ", "")
    many = {f"loss {k}": diagnosis for k, diagnosis in enumerate(samples())}
    assert max(map(len, str(Comparison(many)).splitlines())) <= 80

"""`show`, `list`, `diagnose`, its pictures and the wider atlas say the same of the same loss."""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.cli.listing import Entry, read
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import Rows
from logitscape._src.diagnosis.questions import bounds, gradient
from logitscape._src.diagnosis.subject import Subject
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.objectives.catalog import BY_NAME
from logitscape._src.reports.curves import FAR, Curves, curves
from logitscape._src.reports.diagnosis import Diagnosis
from logitscape._src.reports.page import fragment
from tests.cli.command import run
from tests.shares import share

ATLAS = Path(__file__).parents[2] / "figures" / "wider_atlas.csv"
WORDS = {
    "constant": "slope stays at",
    "growth": "slope grows like",
    "decay": "slope fades like",
    "zero": "slope exactly 0",
    "undefined": "loss infinite or undefined",
}


IN_THE_ATLAS = [
    entry
    for entry in read()
    if entry.kind != "logit map" and BY_NAME[entry.name].domain is None
]


def laws_of_the_atlas() -> dict[str, dict[str, str]]:
    """The rows about the slope on R1, by objective."""
    with ATLAS.open(encoding="utf-8") as file:
        return {
            row["objective"]: row
            for row in csv.DictReader(file)
            if (row["ray"], row["quantity"]) == ("R1", "slope")
        }


@pytest.mark.quick
@pytest.mark.parametrize("entry", IN_THE_ATLAS, ids=lambda entry: entry.name)
def test_the_list_says_what_the_atlas_says(entry: Entry) -> None:
    spec, _, ray = entry.measured.partition(", ")
    row = laws_of_the_atlas()[spec]
    verdict = entry.verdict.partition(";")[0]
    assert verdict.startswith(WORDS[row["kind"].split()[-1]])
    # The atlas starts from (1, 1, 1), the list from (0, 0, 0) where that is inside the domain.
    if ray.startswith("z = (1, 1, 1)") and "like" in verdict:
        assert verdict.endswith(row["law"])


OF_ONE_LABEL = [
    entry
    for entry in IN_THE_ATLAS
    if entry.kind in ("normalizer", "loss of probabilities", "loss of logits")
]


@pytest.mark.parametrize(
    "entry", share(OF_ONE_LABEL, one_in=25), ids=lambda entry: entry.name
)
def test_show_and_the_list_say_what_the_diagnosis_says(
    entry: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, _, measured = entry.measured.partition(", ")
    with enable_x64(), np.errstate(all="ignore"):
        about = subject(spec, num_classes=3)
        config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=3), 3)
        wrong, right = gradient.answers(about, config)
        of_values, *others = bounds.answers(about, config)
        drawn = curves(about, "R1", "wrong", config)
    rays = wrong.details["rays"]
    for ray in rays:
        status, out, _ = run(capsys, "show", spec, "--json", "--ray", ray["ray"])
        assert status == 0
        shown = json.loads(out)
        assert shown["laws"]["slope dL/ds"] == ray["law"]
        assert shown["laws"]["loss"] == ray["loss"]
        assert shown["points"].startswith(f"z = ({ray['origin']:g}, ")
        assert ("domain" in shown["remark"]) == (ray["origin"] != 0)
    first = rays[0]
    assert measured.startswith(f"z = ({first['origin']:g}, ")
    listed = entry.verdict.partition(";")[0]
    assert listed.startswith(WORDS[first["kind"].split()[-1]])
    if "like" in listed:
        assert listed.endswith(first["law"])
    the_picture_shows(drawn, first)
    the_bounds_hold(of_values, drawn.loss, first)
    every_view_says([wrong, right, of_values, *others], about, config)


def the_picture_shows(drawn: Curves, ray: Mapping[str, Any]) -> None:
    """The curve of the gradient ends as the law says."""
    far = drawn.slope[FAR > 100]
    if ray["kind"] == "constant":
        np.testing.assert_allclose(far, float(ray["law"]), rtol=0.02)
    elif ray["kind"].endswith("growth"):
        assert not far[-1] <= far[0]
    elif ray["kind"].endswith("decay"):
        assert abs(far[-1]) <= abs(far[0])
    elif ray["kind"] == "zero":
        assert not np.any(far)
    elif ray["kind"] == "undefined":
        assert np.isnan(far).all()


def the_bounds_hold(answer: Answer, loss: Rows, ray: Mapping[str, Any]) -> None:
    """A loss that is bounded is drawn between its bounds, and its law rises to no more."""
    if answer.verdict != "bounded":
        return
    low, high = answer.details["low"], answer.details["high"]
    slack = 0.01 * (1 + abs(high))
    finite = loss[np.isfinite(loss)]
    assert low - slack <= finite.min()
    assert finite.max() <= high + slack
    if re.fullmatch(r"-?[\d.]+", ray["loss"]):
        assert low - slack <= float(ray["loss"]) <= high + slack


def every_view_says(
    answers: Iterable[Answer], about: Subject, config: DiagnosisConfig
) -> None:
    """Terminal, notebook and JSON have the headline, every verdict, and the text of what matters.

    Witnesses, which take time to check, are left out.
    """
    told = tuple(replace(answer, witness=None) for answer in answers)
    diagnosis = Diagnosis(about, config, told)
    record = json.loads(diagnosis.to_json())
    views = [" ".join(diagnosis.full().split()), plain(fragment(diagnosis))]
    assert all(diagnosis.headline() in view for view in views)
    stored = {(each["verdict"], each["text"]) for each in record["answers"]}
    assert stored == {(answer.verdict, answer.text) for answer in told}
    for answer in told:
        for view in views:
            assert answer.verdict.lower() in view.lower()
            # What is fine goes without its text.
            assert answer.severity == "fine" or " ".join(answer.text.split()) in view


def plain(html: str) -> str:
    """What a browser shows of a page, without its scripts."""
    html = re.sub(r"<(script|style|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())

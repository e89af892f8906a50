"""`show`, `list`, `diagnose` and the wider atlas tell the same law of the same loss."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.cli.listing import Entry, read
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import gradient
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.objectives.catalog import BY_NAME
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
        wrong, _ = gradient.answers(about, config)
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

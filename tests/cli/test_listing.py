"""The catalog as text: docstrings, measured verdicts, and whether the stored file is up to date."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest

import logitscape as ls
from logitscape._src.cli import listing
from logitscape._src.cli.listing import (
    Entry,
    described,
    first_sentence,
    read,
    slope_verdict,
    spec_of,
    to_json,
)
from logitscape._src.properties.law import Law


def test_the_file_is_what_the_docstrings_say() -> None:
    stored = [replace(entry, measured="", verdict="") for entry in read()]
    assert stored == described(), "run `python -m logitscape._src.cli.listing --write`"


def test_the_file_is_written_in_one_way() -> None:
    assert listing.FILE.read_text(encoding="utf-8") == to_json(read())


def test_every_entry_is_complete() -> None:
    of_targets = [*ls.MULTILABEL_LOSSES, *ls.CONTRASTIVE_LOSSES]
    names = [*ls.NORMALIZERS, *ls.LOSSES, *ls.LOGIT_MAPS, *of_targets]
    assert [entry.name for entry in read()] == names
    for entry in read():
        assert entry.formula, entry.name
        assert "`" not in entry.formula
        assert "slope" in entry.verdict or "loss infinite" in entry.verdict
        assert entry.measured.startswith(spec_of(entry))
        assert ls.objective(entry.measured.split(",")[0]).name == spec_of(entry)


def test_signatures_are_specs() -> None:
    for entry in read():
        known = ls.loss if "loss" in entry.kind else ls.normalizer
        behind = " > softmax" if entry.kind == "logit map" else ""
        spec = f"{entry.signature}{behind}"
        assert known(spec).name == spec


def test_verdicts_are_measured() -> None:
    some = ("softmax", "square", "brier", "crammer_singer")
    # As users run it, without the settings of our tests.
    code = f"""
import jax; jax.config.update("jax_enable_x64", True)
from logitscape._src.cli.listing import described, measured, to_json
print(to_json(measured([entry for entry in described() if entry.name in {some}])))
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8"
    ).stdout
    verdicts = {row["name"]: row["verdict"] for row in json.loads(printed)}
    stored = [entry for entry in read() if entry.name in some]
    assert verdicts == {entry.name: entry.verdict for entry in stored}
    assert verdicts == {
        "softmax": "slope stays at 1; blind to shift",
        "square": "slope fades like 2.00 s^-1.00; blind to scale and sign",
        "brier": "slope fades like 6.00 e^(-1.00 s); not convex",
        "crammer_singer": "slope stays at 1; convex where searched",
    }


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (Law("constant", (1.0, 2.0), coefficient=2.0), "slope stays at 2"),
        (
            Law("exponential decay", (1.0, 2.0), coefficient=1.0, rate=1.0),
            "slope fades like 1.00 e^(-1.00 s)",
        ),
        (
            Law("polynomial growth", (1.0, 2.0), coefficient=2.0, power=1.0),
            "slope grows like 2.00 s",
        ),
        (Law("zero", (1.0, 2.0), begins=1.0), "slope exactly 0 from s = 1 on"),
        (
            Law("undefined", (1.0, 2.0), begins=-float("inf")),
            "loss infinite or undefined",
        ),
        (Law("oscillating", (1.0, 2.0)), "slope oscillating"),
    ],
)
def test_verdicts_in_words(law: Law, words: str) -> None:
    assert slope_verdict(law) == words


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("`exp(... z)` over 1.5. More.", "`exp(... z)` over 1.5"),
        ("No full stop", "No full stop"),
        ("One.", "One"),
    ],
)
def test_the_first_sentence(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


def test_the_command_prints_or_writes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    monkeypatch.setattr(
        listing, "described", lambda: [Entry("a", "normalizer", "p = z", "")]
    )
    monkeypatch.setattr(
        listing,
        "measured",
        lambda entries: [replace(entry, verdict="fine") for entry in entries],
    )
    monkeypatch.setattr(listing, "FILE", tmp_path / "catalog.json")
    monkeypatch.setattr("sys.argv", ["listing"])
    listing.main()
    assert json.loads(capsys.readouterr().out)[0]["verdict"] == "fine"
    assert not listing.FILE.exists()
    monkeypatch.setattr("sys.argv", ["listing", "--write"])
    listing.main()
    assert [entry.verdict for entry in read()] == ["fine"]

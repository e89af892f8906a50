import dataclasses
import json
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from analyses.harness import files
from analyses.harness.files import read_findings, stamp, write_findings
from analyses.harness.findings import (
    ContradictsTheory,
    Finding,
    ordered,
    proved,
    verify,
)
from analyses.harness.findings_text import from_json, to_json, to_markdown
from logitscape._src.base.files import write_text

pytestmark = pytest.mark.quick

VERBS = re.compile(
    r"\b(is|are|was|were|has|have|do|does|did|stays?|ends?|goes|go|grows|gives?|carry|carries"
    r"|differs?|takes?|lies?|reach|reaches|recover|learn|leaves|fade|falls|follow|ask|notice"
    r"|disagree|fails|fit|overflows)\b"
)
"""What findings say of what was measured, of which every sentence has one."""

HOLDS = Finding("C04", "the gradient is constant", "1.00", "holds", figure="linear")
LIMIT = Finding(
    "C01a", "a | b", "2 of 3", "holds with a limit", limit="only\nhere", figure="crisp"
)
NOT = Finding(
    "C22",
    "z-scores",
    "-1.22",
    "does not hold",
    value=-1.2247448713915890,
    figure="crisp",
)


class TestFinding:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"id": "1"}, r"`Finding\(id=...\)` must be like 'C01' or 'C01a', got '1'"),
            ({"id": "C1"}, "got 'C1'"),
            ({"verdict": "holds with a limit"}, "limit"),
            ({"expected": 1.0}, "needs `value` and `tolerance`"),
        ],
    )
    def test_a_misleading_finding_is_refused(
        self, change: dict[str, object], message: str
    ) -> None:
        with pytest.raises(ValueError, match=message):
            dataclasses.replace(HOLDS, **change)

    def test_an_unknown_verdict_is_refused(self) -> None:
        # In a process of its own: here the type check of the test suite would refuse it first.
        code = (
            "from analyses.harness.findings import Finding\n"
            "Finding('C01', 'claim', '1', 'maybe')"
        )
        command = [sys.executable, "-c", code]
        ended = subprocess.run(command, capture_output=True, text=True)
        assert "`Finding(verdict=...)` must be in ('holds', " in ended.stderr
        assert "got 'maybe'" in ended.stderr


class TestTheory:
    def test_a_number_within_its_tolerance_passes(self) -> None:
        finding = proved(
            "C01", "claim", 0.7310585786, expected=0.73105858, tolerance=1e-8
        )
        assert not finding.contradicts_theory
        verify([finding, HOLDS])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [(1.1, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, math.nan)],
    )
    def test_a_number_off_its_tolerance_fails(
        self, value: float, expected: float
    ) -> None:
        wrong = proved(
            "C01", "the top probability", value, expected=expected, tolerance=1e-3
        )
        also_wrong = proved("C02", "the gradient", 2, expected=0, tolerance=0)
        with pytest.raises(ContradictsTheory) as caught:
            verify([wrong, HOLDS, also_wrong])
        assert (
            f"C01: the top probability: {value!r} (theory: {expected:g} ± 0.001)"
            in str(caught.value)
        )
        assert "C02: the gradient: 2.0 (theory: 0)" in str(caught.value)

    def test_infinities_agree(self) -> None:
        pole = proved("C11", "a pole", math.inf, expected=math.inf, tolerance=0)
        verify([pole])

    def test_the_text_is_made_from_the_number_and_its_tolerance(self) -> None:
        noise = proved(
            "C09", "columns sum to 0", np.float32(-1.1e-16), expected=0, tolerance=1e-12
        )
        assert noise.measured == "0"
        share = proved(
            "C01",
            "p",
            np.array(0.26894142137),
            expected=0.2689414,
            tolerance=1e-7,
            measured="{:.4f}!",
        )
        assert share.measured == "0.2689!"


class TestText:
    def test_json_goes_both_ways(self) -> None:
        infinite = proved("C11", "a pole", -math.inf, expected=-math.inf, tolerance=0)
        findings = [HOLDS, LIMIT, infinite]
        assert from_json(to_json(findings)) == findings
        assert from_json(to_json([NOT]))[0].value == -1.2247449

    def test_digits_that_are_noise_are_not_written(self) -> None:
        texts = set()
        for noise in (-2e-16, 0, 3e-16):
            value = 1 / 3 + noise
            finding = proved("C01", "p", value, expected=1 / 3, tolerance=1e-12)
            texts.add(to_json([finding]))
        assert len(texts) == 1
        assert json.loads(texts.pop())[0]["value"] == 0.33333333

    def test_the_order_is_that_of_the_claims(self) -> None:
        again = dataclasses.replace(LIMIT, figure="atlas")
        assert ordered([NOT, HOLDS, LIMIT, again]) == [again, LIMIT, HOLDS, NOT]

    def test_markdown_is_one_table(self) -> None:
        exact = proved("C08", "equal", 0.0, expected=0.0, tolerance=1e-15)
        page = to_markdown([LIMIT, HOLDS, NOT, exact]).splitlines()
        assert page[2] == "holds: 2; holds with a limit: 1; does not hold: 1."
        verdict = "holds with a limit: only here"
        assert (
            page[6] == rf"| C01a | a \| b | 2 of 3 | {verdict} | [crisp](crisp.svg) |"
        )
        measured = "0 (theory: off by at most 1e-15)"
        assert page[9] == f"| C08 | equal | {measured} | holds |  |"
        assert len(page) == 10


class TestFiles:
    def test_an_analysis_replaces_its_findings_and_leaves_the_others(
        self, tmp_path: Path
    ) -> None:
        write_findings(tmp_path, "crisp", [NOT, LIMIT])
        write_findings(tmp_path, "linear", [HOLDS])
        write_findings(tmp_path, "crisp", [LIMIT])
        assert from_json((tmp_path / "findings.json").read_text()) == [LIMIT, HOLDS]
        assert (tmp_path / "findings.md").read_text() == to_markdown([LIMIT, HOLDS])
        assert read_findings(tmp_path, "crisp") == [LIMIT]

    def test_writing_the_same_changes_no_byte(self, tmp_path: Path) -> None:
        def written() -> dict[str, bytes]:
            write_findings(tmp_path, "crisp", [NOT, LIMIT])
            return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

        assert written() == written()

    def test_writing_the_same_again_shows(self, tmp_path: Path) -> None:
        stamps = [stamp(tmp_path, "crisp")]
        for _ in range(2):
            write_findings(tmp_path, "crisp", [LIMIT])
            stamps.append(stamp(tmp_path, "crisp"))
        assert len(set(stamps)) == 3

    def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "crisp.findings.json").write_text("<<<<<<< HEAD")
        with pytest.raises(
            ValueError, match=r"crisp\.findings\.json` is not a file of findings"
        ):
            write_findings(tmp_path, "linear", [HOLDS])

    def test_a_common_file_that_another_analysis_overwrote_is_repaired(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waiting = [lambda: write_findings(tmp_path, "crisp", [LIMIT])]

        def write_late(path: Path, text: str) -> None:
            if path.name == "findings.json" and waiting:
                # The other analysis ends between our reading and our writing.
                waiting.pop()()
            write_text(path, text)

        monkeypatch.setattr(files, "write_text", write_late)
        write_findings(tmp_path, "linear", [HOLDS])
        assert not waiting
        assert from_json((tmp_path / "findings.json").read_text()) == [LIMIT, HOLDS]

    def test_two_processes_may_write_at_once(self, tmp_path: Path) -> None:
        code = """if True:
            import sys
            from pathlib import Path
            from analyses.harness.files import write_findings
            from analyses.harness.findings import Finding
            folder, stem = Path(sys.argv[1]), sys.argv[2]
            for number in range(100):
                finding = Finding("C01", stem, str(number), "holds", figure=stem)
                write_findings(folder, stem, [finding])
        """
        stems = ["crisp", "linear"]
        writers = [
            subprocess.Popen([sys.executable, "-c", code, str(tmp_path), stem])
            for stem in stems
        ]
        assert [writer.wait() for writer in writers] == [0, 0]
        last = from_json((tmp_path / "findings.json").read_text())
        assert [(finding.figure, finding.measured) for finding in last] == [
            ("crisp", "99"),
            ("linear", "99"),
        ]
        assert (tmp_path / "findings.md").read_text() == to_markdown(last)
        assert not list(tmp_path.glob(".*"))

    def test_every_finding_of_the_repository_has_another_id(self) -> None:
        file = Path(__file__).parents[2] / "figures" / "findings.json"
        findings = from_json(file.read_text(encoding="utf-8"))
        ids = Counter(finding.id for finding in findings)
        assert ids
        assert [name for name, count in ids.items() if count > 1] == []

    def test_what_was_measured_is_said_in_sentences(self) -> None:
        file = Path(__file__).parents[2] / "figures" / "findings.json"
        findings = from_json(file.read_text(encoding="utf-8"))
        fragments = [
            f"{finding.id}: {finding.measured}"
            for finding in findings
            if not VERBS.search(finding.measured)
        ]
        assert fragments == []

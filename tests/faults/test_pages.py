"""Names, classes and messages that hold markup stay text in every form in which they are shown."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.cells import cell_len

import logitscape as ls
from logitscape import plotting
from logitscape._src.base.messages import printable
from logitscape._src.diagnosis.answers import Answer, Witness
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.explorer.catalogue import read
from logitscape._src.explorer.page import page as explorer_page
from logitscape._src.plotting.pgf import HEAD, SPECIAL, in_latex
from logitscape._src.reports.comparison import Comparison
from logitscape._src.reports.console import TextConsole
from logitscape._src.reports.diagnosis import Diagnosis
from logitscape._src.reports.escaped import escape
from logitscape._src.reports.html import document
from tests.faults.hostile_texts import EVERYTHING, MARKS, OWNED, TEXTS
from tests.reports.pages import CHROMIUM, Page, embedded, in_browser
from tests.shares import share

LATEX = shutil.which("pdflatex")


def diagnosed(name: str) -> Diagnosis:
    """A diagnosis whose every text is the same."""
    n, pair = 3, "softmax + brier"
    config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=n), n)
    about = subject(lambda z, t: ((z - t) ** 2).sum(), num_classes=n, name=name)
    witness = Witness((np.inf, np.nan, 0.0), (1.0, 0.0, 0.0), EVERYTHING)
    answer = Answer(
        question="bounds",
        verdict="pole",
        severity="fault",
        text=EVERYTHING,
        method=EVERYTHING,
        witness=witness,
        details={EVERYTHING: 1.0},
    )
    assert ls.objective(pair).name == pair
    return Diagnosis(about, config, (answer,))


@cache
def diagnosis() -> Diagnosis:
    return diagnosed(EVERYTHING)


@cache
def comparison() -> Comparison:
    named = {name: diagnosed(name) for name in (EVERYTHING, TEXTS["long"])}
    return Comparison({found.subject.name: found for found in named.values()})


@cache
def audit() -> ls.Audit:
    rng = np.random.default_rng(0)
    texts = list(TEXTS.values())
    count = len(texts)
    labels = np.arange(40 * count) % count
    logits = rng.normal(size=(len(labels), count)) + 1.5 * np.eye(count)[labels]
    ids = [f"{texts[label]} {k}" for k, label in enumerate(labels)]
    return ls.audit(
        logits,
        labels,
        ls.objective(lambda z, t: ((z - t) ** 2).sum(), name=EVERYTHING),
        class_names=texts,
        ids=ids,
        groups={EVERYTHING: [texts[label] for label in labels]},
    )


def page_of(report: Any) -> str:
    with TemporaryDirectory() as folder:
        return str(report.save(Path(folder) / "page.html").read_text(encoding="utf-8"))


REPORTS: dict[str, Callable[[], Any]] = {
    "diagnosis": diagnosis,
    "comparison": comparison,
    "audit": audit,
}


@pytest.mark.lengthy
@pytest.mark.parametrize("name", share(REPORTS, one_in=3))
def test_every_form_of_a_report_is_text_only(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    report, folder = REPORTS[name](), tmp_path_factory.mktemp("reports")
    pages = [page_of(report), report._repr_html_()]
    for text in pages:
        assert Page(text).tags["script"] == (2 if text is pages[0] else 0)
        assert Page(text).tags["img"] == 0
    texts = [str(report), report.full(), report.to_json(), *pages]
    for suffix in (".html", ".json", ".txt", ".svg"):
        path = report.save(folder / f"report{suffix}")
        texts.append(path.read_bytes().decode("utf-8", "strict"))
        if suffix == ".svg":
            ElementTree.parse(path)
    plain = (2, len(texts) - 2, len(texts) - 3)
    for number, text in enumerate(texts):
        # Text and JSON may hold markup, which does nothing there.
        marks = [mark for mark in MARKS if "<" not in mark or number > 2]
        if number in plain:
            marks = [mark for mark in MARKS if "<" not in mark]
        assert not [mark for mark in marks if mark in text], number
    assert max(map(cell_len, str(report).splitlines())) <= 80
    assert json.loads(report.to_json()) == json.loads(texts[-3])
    if name == "audit":
        report.save(folder / "report.nc")
    embedded(pages[0])
    if CHROMIUM is not None:
        shown = in_browser(folder / "report.html", folder / "profile")
        assert OWNED not in re.findall(r"<title>(.*?)</title>", shown)[0].split()
        assert "</h1>" in shown


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_policy_stops_what_would_slip_in(tmp_path: Path) -> None:
    """As if a text had not been escaped: nothing of it runs, and nothing is fetched."""
    slipped = [TEXTS[name] for name in ("a script", "the end of an attribute")]
    base = "<base href='https://example.org/'>"
    style = "<style>body { display: none }</style>"
    page = document("quiet", [base, style, *slipped, "<p>text</p>"], {})
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    with pytest.raises(AssertionError, match="Content Security Policy") as complaints:
        in_browser(tmp_path / "page.html", tmp_path / "profile")
    for directive in ("script-src", "style-src-elem", "base-uri"):
        assert directive in str(complaints.value)
    assert OWNED not in re.findall(r"<title>(.*?)</title>", str(complaints.value))


def test_pages_allow_no_script_but_their_own() -> None:
    for page in (page_of(diagnosis()), explorer_page(read())):
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
        directives = dict(each.split(" ", 1) for each in policy.split("; "))
        assert directives["default-src"] == "'none'"
        assert "unsafe" not in directives["script-src"]
        assert "unsafe" not in directives["style-src-elem"]
        assert not re.search(r"<(script|style)[^>]* (src|href)=", page)


@pytest.mark.lengthy
@pytest.mark.filterwarnings("ignore:Glyph:UserWarning", "ignore:.*not applied")
def test_pictures_show_names_as_text(tmp_path: Path) -> None:
    s = np.linspace(0.0, 1.0, 3)
    curves = {name: s + number for number, name in enumerate(TEXTS.values())}
    figure = plotting.labelled_curves(s, curves, size=(8, 8))[0].figure
    swept = ls.sweep(
        [
            ls.objective(lambda z, t: ((z - t) ** 2).sum(), name=name)
            for name in TEXTS.values()
        ],
        ls.ray("R1", s),
    )
    for number, each in enumerate((figure, plotting.plot(swept.to_xarray()))):
        for suffix in (".svg", ".pgf", ".png"):
            plotting.save(each, tmp_path / f"{number}{suffix}")
        ElementTree.parse(tmp_path / f"{number}.svg")
        commands = (tmp_path / f"{number}.pgf").read_text(encoding="utf-8")
        commands = commands.replace(HEAD, "")
        assert not re.search(r"\\(input|write18|frac\{1\}\{2\}\$ \$)", commands)
        assert not [mark for mark in MARKS if mark in commands and "<" not in mark]
    swept.save(tmp_path / "swept.nc")


def test_latex_takes_nothing_but_formulas_for_commands() -> None:
    for text in TEXTS.values():
        printed = in_latex(text, has_formulas=False)
        for written in SPECIAL.values():
            printed = printed.replace(written, "")
        assert not set(printed) & set("\\{}$&#%^~")
    assert in_latex("a & $x^2$ 5 %", has_formulas=True) == r"a \& $x^2$ 5 \%"
    assert in_latex(r"5 \$ and 6 \$", has_formulas=True) == r"5 \$ and 6 \$"


@pytest.mark.skipif(LATEX is None, reason="needs LaTeX")
@pytest.mark.filterwarnings("ignore:Glyph:UserWarning", "ignore:.*not applied")
def test_latex_draws_every_name(tmp_path: Path) -> None:
    """One document has all the pictures; LaTeX itself complains of none and opens no other file."""
    assert LATEX is not None
    s = np.linspace(0.0, 1.0, 3)
    # What is no letter of Latin needs another engine or more packages, whoever draws.
    texts = [text for text in TEXTS.values() if printable(text).isascii()]
    for number, text in enumerate(texts):
        figure = plotting.labelled_curves(s, {text: s}, size=(5, 3))[0].figure
        plotting.save(figure, tmp_path / f"{number}.pgf")
    pictures = "\\par ".join(f"\\input{{{number}.pgf}}" for number in range(len(texts)))
    packages = r"\documentclass{article}\usepackage{pgf}"
    document = rf"{packages}\begin{{document}}{pictures}\end{{document}}"
    (tmp_path / "all.tex").write_text(document, encoding="utf-8")
    command = [LATEX, "-interaction=nonstopmode", "-recorder", "all.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    said = run.stdout.decode("utf-8", "replace")
    assert run.returncode == 0, said
    assert not [line for line in said.splitlines() if line.startswith("!")], said
    opened = (tmp_path / "all.fls").read_text(encoding="utf-8")
    assert "0.pgf" in opened
    assert "passwd" not in opened


@pytest.mark.parametrize("name", TEXTS)
def test_a_terminal_is_not_moved(name: str) -> None:
    said = StringIO()
    console = TextConsole(file=said, force_terminal=True, width=80)
    console.print(TEXTS[name], markup=False, highlight=False, style="bold")
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue())
    assert not [mark for mark in MARKS if mark in plain and "<" not in mark]


def test_html_says_what_the_text_said() -> None:
    for text in TEXTS.values():
        shown = html.unescape(escape(text))
        assert shown == printable(text, lines=True)
        assert not set(escape(text)) & set("<>\"'")


def test_names_of_subjects_have_one_line() -> None:
    assert "\n" not in diagnosis().subject.name
    assert "\\x1b" in diagnosis().subject.name

"""The README and the pages for users: names exist, code runs, and numbers are those measured."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import jax
import matplotlib.pyplot as plt
import pytest

import logitscape as ls

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WITHOUT_CODE = tuple(
    f"docs/{name}.md" for name in ("catalogue", "doors", "faults", "speed")
)
PAGES = (
    "README.md",
    *(
        f"docs/{name}.md"
        for name in (
            "audit",
            "catalogue",
            "diagnose",
            "faults",
            "doors",
            "howto/half_precision",
            "howto/large_vocabulary",
            "howto/read_a_report",
            "howto/write_a_normalizer",
            "pictures",
            "research_code",
            "speed",
            "training",
            "tutorial",
        )
    ),
)
"""Pages whose code runs here; test_training_loop.py, test_frameworks_page.py and
test_many_hosts_page.py run what needs more than this.
"""
ELSEWHERE = ("docs/training_loop.md", "docs/howto/use_a_loss.md", "docs/many_hosts.md")
WRITTEN = sorted(
    path for path in ROOT.glob("docs/**/*.md") if "generated" not in path.parts
)
BLOCK = re.compile(
    r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL
)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[\w-]+)?\)")


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.quick
@pytest.mark.parametrize("page", PAGES)
def test_every_name_of_the_package_exists(page):
    names = set(re.findall(r"\bls\.([A-Za-z_]\w*)", text(page)))
    assert not {name for name in names if not hasattr(ls, name)}


@pytest.mark.quick
@pytest.mark.parametrize("page", WRITTEN, ids=lambda path: path.stem)
def test_links_of_the_pages_lead_somewhere(page):
    assert not [
        x for x in LINK.findall(page.read_text("utf-8")) if not _is_there(page, x)
    ]


@pytest.mark.quick
def test_links_of_the_readme_lead_somewhere():
    page = ROOT / "README.md"
    links = LINK.findall(README)
    assert len(links) > 10
    assert not [link for link in links if not _is_there(page, link)]


def _is_there(page: Path, link: str) -> bool:
    # The home page leads to pages that a build of the site makes, and Sphinx checks them.
    is_made = page.name == "index.md" and link.startswith("generated/")
    return is_made or (page.parent / link).exists()


@pytest.mark.quick
def test_all_code_of_the_site_runs_in_some_test():
    with_code = {
        path.relative_to(ROOT).as_posix()
        for path in WRITTEN
        if "```python" in path.read_text("utf-8")
    }
    assert not with_code - {*PAGES, *ELSEWHERE}


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs_and_prints_what_it_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {"__name__": "page"}
    blocks = list(BLOCK.finditer(text(page)))
    assert blocks or page in WITHOUT_CODE
    # A reader's own settings are JAX's defaults; optax asks for them.
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        for block in blocks:
            printed = io.StringIO()
            with redirect_stdout(printed):
                exec(compile(block["code"], page, "exec"), names)
            assert block["shown"] in (None, printed.getvalue())
    plt.close("all")


@pytest.mark.quick
def test_the_readme_is_short():
    assert len(README) < 6000


@pytest.mark.quick
def test_the_readme_counts_the_catalogue():
    maps = len(ls.NORMALIZERS) + len(ls.LOGIT_MAPS)
    groups = (
        ls.PROBABILITY_LOSSES,
        ls.LOGIT_LOSSES,
        ls.MULTILABEL_LOSSES,
        ls.CONTRASTIVE_LOSSES,
    )
    losses = sum(map(len, groups))
    assert f"[{maps} normalizers and maps, and {losses} losses]" in README


@pytest.mark.quick
def test_the_catalogue_page_names_every_entry():
    page = text("docs/catalogue.md")
    words = set(re.findall(r"\w+", page))
    groups = (
        ls.NORMALIZERS,
        ls.LOGIT_MAPS,
        ls.PROBABILITY_LOSSES,
        ls.LOGIT_LOSSES,
        ls.MULTILABEL_LOSSES,
        ls.CONTRASTIVE_LOSSES,
    )
    assert not {name for names in groups for name in names} - words


@pytest.mark.quick
def test_the_verdicts_that_the_readme_counts_are_those_of_their_page():
    page = text("docs/verdicts.md")
    named, broken, accused, healthy = re.search(
        r"cause of (\d+) of (\d+) broken losses.*accuses (\d+) of\s+(\d+) sound",
        README,
        re.DOTALL,
    ).groups()
    assert f"**{broken} broken losses** the diagnosis names **{named} by" in page
    assert (
        f"**{healthy} healthy losses** it raises an alarm about **{accused}**" in page
    )
    firsts = re.search(r"it named (\d+) of (\d+) and accused (\d+) of (\d+)", README)
    rounds = re.findall(r"(\d+) of (\d+)(?: were named)? by their cause", page)
    alarms = re.findall(
        r"(?:alarm about (\d+) of (\d+)|(\d+) of (\d+) raised an alarm)", page
    )
    assert len(rounds) == 7
    assert len(alarms) == 6
    # Of the 29 sound losses of the second round none was accused.
    assert "none of the 29 raised an alarm" in page
    alarms.append(("0", "29", "", ""))
    named = [sum(int(pair[k]) for pair in rounds) for k in (0, 1)]
    accused = [sum(int("".join(x[k::2])) for x in alarms) for k in (0, 1)]
    assert [int(x) for x in firsts.groups()] == [*named, *accused]


@pytest.mark.quick
@pytest.mark.parametrize("page", ["README.md", "docs/speed.md"])
def test_the_speed_is_that_of_the_benchmark(page):
    result = text("benchmarks/results/training_step.md")
    rows = [
        line.split(" | ") for line in result.splitlines() if line.startswith("| all |")
    ]
    # The class of pairs, the type, the mean, the worst row, ...
    means, worst = zip(*((row[2], row[3]) for row in rows), strict=True)
    torch_means, torch_worst = zip(*((row[8], row[9]) for row in rows), strict=True)
    assert f"| {' | '.join(means)} | {max(worst)}" in text(page)
    assert f"| {' | '.join(torch_means)} | {max(torch_worst)}" in text(page)

"""The page: one file, closed in itself, small, the same bytes each time, safe with any name."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from logitscape._src.explorer import words
from logitscape._src.explorer.catalogue import read
from logitscape._src.explorer.measured import Measured, record
from logitscape._src.explorer.page import page
from logitscape._src.explorer.rays import OnRays, S
from tests.reports.pages import Page, embedded

pytestmark = pytest.mark.quick

MOST_BYTES = 1_500_000
COMMITTED = Path(__file__).parents[2] / "docs" / "explorer" / "index.html"
HOSTILE = "</script><img src=x onerror=alert(1)> & \"'<!--"


@pytest.fixture(scope="module")
def text() -> str:
    return page(read())


def test_it_needs_nothing_else(text: str) -> None:
    parsed = Page(text)
    assert parsed.tags["section"] == 5
    assert parsed.tags["noscript"] == 1
    for loader in ('link rel="stylesheet', "fetch(", "import(", "XMLHttpRequest"):
        assert loader not in text


def test_it_is_small(text: str) -> None:
    assert len(text.encode()) <= MOST_BYTES


def test_the_committed_page_is_this_one(text: str) -> None:
    stored = COMMITTED.read_text(encoding="utf-8")
    assert stored == text, "run `python -m docs.explorer --write`"


@pytest.mark.lengthy
def test_another_process_writes_the_same_bytes(text: str) -> None:
    script = (
        "import sys; from logitscape._src.explorer.catalogue import read;"
        "from logitscape._src.explorer.page import page;"
        "sys.stdout.buffer.write(page(read()).encode())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=120
    )
    assert run.stdout == text.encode()


def test_a_name_cannot_leave_its_place() -> None:
    on_rays = OnRays(
        base=0.0,
        values=np.zeros((3, 2, len(S))),
        laws=["0"] * 3,
        kinds=["zero"] * 3,
    )
    own = record(Measured(rays={HOSTILE: on_rays}))
    hostile = page(read(), own, second=HOSTILE)
    Page(hostile)
    assert "<img" not in hostile
    data = embedded(hostile)
    assert data["own"]["names"] == [HOSTILE]
    assert data["second"] == HOSTILE


def test_every_kind_of_law_has_a_look() -> None:
    assert words.LOOKS["super-exponential growth"]["text"] == "grows exponentially"
    assert words.LOOKS["oscillating"] == words.NO_LAW
    assert words.FATES["stretched exponential decay"] == "lets go exponentially fast"

"""The page of faults has a table for every part, and no fault in it."""

import re
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
GOOD, BAD = ("result", "clear error"), ("raw error", "hang", "loss", "let in")

pytestmark = pytest.mark.quick


@pytest.mark.skipif(sys.platform != "linux", reason="asks about files of Linux")
def test_a_table_takes_the_place_of_another() -> None:
    from docs.faults import counted, within
    from tests.faults.outcome import Outcome

    table = counted("door", {"a": [Outcome("result"), Outcome("hang")]})
    assert table[-1] == "| all | 2 | 1 | 0 | 0 | 1 | 0 | 0 |"
    page = within("a\n<!-- begin: b -->\nold\n<!-- end: b -->\nc", "b", table)
    assert page.count("| all |") == 1
    assert "old" not in page
    with pytest.raises(ValueError, match="begin: nothing"):
        within(page, "nothing", table)


def test_nothing_on_the_page_ended_badly() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for part in ("written", "read", "kills", "hosts", "texts", "life"):
        assert re.search(f"<!-- begin: {part} -->.*<!-- end: {part} -->", page, re.S)
    totals = re.findall(r"^\| all \|(.*)\|$", page, re.M)
    assert totals
    for total in totals:
        tried, *counts = (int(cell) for cell in total.split("|"))
        assert sum(counts[: len(GOOD)]) == tried
        assert counts[len(GOOD) :] == [0] * len(BAD)

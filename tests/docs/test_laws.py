"""The page of all gradient laws is that of the table, and names every formula that has a law."""

import pytest

from docs import laws

pytestmark = pytest.mark.quick


def test_the_page_is_that_of_the_table() -> None:
    assert laws.TARGET.read_text(encoding="utf-8") == laws.page()


def test_every_family_is_sorted_by_its_law() -> None:
    page = laws.page()
    for objectives in laws.TABLES.values():
        places = {name: page.index(f"| `{name}` |") for name in objectives}
        assert len(places) == len(objectives)
    # Among the losses of probabilities that of the exponential grows, and cross-entropy does not.
    order = [page.index(f"| `{x}` |") for x in ("exponential", "cross_entropy", "mae")]
    assert order == sorted(order)

"""Every file that is written or read, in every state that it can be in.

`nox -s faults` asks about all doors; here it is a share of them.
"""

import sys
from pathlib import Path

import pytest

from tests.shares import share

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files of POSIX")

if sys.platform != "win32":
    from tests.faults import damages, places
    from tests.faults.disks import small_disk
    from tests.faults.readers import READERS
    from tests.faults.writers import WRITERS

ASKED = (
    "Landscape.save",
    "sweep_to",
    "train(checkpoint)",
    "Audit.save, JSON",
    "plotting.save, PGF",
    "logitscape sweep --out",
)
"""Doors that write in ways of their own; the others write by the same functions as one of these."""


@pytest.mark.lengthy
@pytest.mark.parametrize("name", ASKED)
def test_nothing_is_lost_where_nothing_can_be_written(
    name: str, tmp_path: Path
) -> None:
    bad = dict[str, str]()
    for number, place in enumerate(places.PLACES):
        folder = tmp_path / str(number)
        folder.mkdir()
        if "disk" in place:
            with small_disk(folder):
                outcome = places.asked(WRITERS[name], place, folder)
        else:
            outcome = places.asked(WRITERS[name], place, folder)
        if outcome is not None and not outcome.is_good:
            bad[place] = ascii(outcome)
    assert not bad


@pytest.mark.parametrize("name", ["sweep_to", "Audit.save, JSON"])
def test_two_write_at_once(name: str, tmp_path: Path) -> None:
    outcome = places.at_once(WRITERS[name], tmp_path)
    assert outcome.is_good, outcome


@pytest.mark.lengthy
def test_two_processes_draw_at_once(tmp_path: Path) -> None:
    outcome = places.at_once_by_processes("plotting.save, SVG", tmp_path)
    assert outcome.is_good, outcome


@pytest.mark.lengthy
@pytest.mark.parametrize("name", share(READERS, one_in=2))
def test_what_is_damaged_is_named(name: str, tmp_path: Path) -> None:
    pytest.importorskip(READERS[name].needs)
    bad = dict[str, str]()
    for number, damage in enumerate(damages.DAMAGES):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcome = damages.asked(name, damage, folder)
        if outcome is not None and not outcome.is_good:
            bad[damage] = ascii(outcome)
    assert not bad

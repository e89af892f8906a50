"""A few of the kills of `nox -s faults`, which makes a hundred."""

import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="forks processes"),
    pytest.mark.lengthy,
]

if sys.platform == "linux":
    from tests.faults.kills import Reference, killed

SOME = {"sweep_to": (0,), "train with a checkpoint": (1,)}
"""Numbers that decide when and by which signal a job is killed."""


@pytest.mark.parametrize("name", SOME)
def test_a_killed_job_leaves_nothing_by_half(name: str, tmp_path: Path) -> None:
    reference = Reference(name, tmp_path)
    outcomes = [
        killed(reference, tmp_path / str(number), number) for number in SOME[name]
    ]
    assert not [each for each in outcomes if not each.is_good]

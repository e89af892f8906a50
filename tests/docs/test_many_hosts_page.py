"""The job of docs/many_hosts.md, as one process and on a coarse grid."""

import re
import sys
from pathlib import Path

import jax
import pytest
import xarray

PAGE = Path(__file__).parents[2] / "docs" / "many_hosts.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.lengthy
def test_the_job_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("zarr")
    calls = list[tuple[object, ...]]()
    # Processes that meet each other are in tests/test_many_hosts.py.
    monkeypatch.setattr(jax.distributed, "initialize", lambda *args: calls.append(args))
    monkeypatch.setattr(sys, "argv", ["job.py", "10.0.0.1:1234", "2", "1"])
    job, addresses = BLOCKS
    coarse = job.replace("20_001", "11").replace("/shared", tmp_path.as_posix())
    assert coarse.count(", 11)") == 2
    names = dict[str, object]()
    exec(coarse, names)
    exec(addresses, names)
    assert calls == [(), ("10.0.0.1:1234", 2, 1)]
    with xarray.open_zarr(tmp_path / "plane.zarr", consolidated=False) as stored:
        assert stored.sizes["objective"] == 2

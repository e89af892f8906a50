"""The user's cache, and the compiled programs that are kept there."""

import subprocess
import sys
from pathlib import Path

import pytest

from logitscape._src.base.caches import cache_folder

pytestmark = pytest.mark.quick

PROGRAM = """
import jax
from logitscape._src.base.caches import keep_programs
keep_programs()
print(jax.config.jax_compilation_cache_dir)
print(jax.config.jax_persistent_cache_min_compile_time_secs)
"""


def test_the_cache_is_where_the_user_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "logitscape"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "logitscape"


@pytest.mark.skipif(sys.platform != "linux", reason="the cache is elsewhere")
@pytest.mark.parametrize("own", [{}, {"JAX_COMPILATION_CACHE_DIR": "mine"}])
@pytest.mark.lengthy
def test_programs_are_kept_there_or_where_jax_has_been_told_to(
    own: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    folder = own.get("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "logitscape" / "jax"))
    assert ended.stdout.split() == [folder, "0"]


@pytest.mark.lengthy
def test_without_a_place_for_a_cache_all_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.split()[0] == "None"

"""The user's cache: results that can be computed again, such as compiled programs."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The folder, inside of the user's cache, for results that can be computed again."""
    return _user_cache() / "logitscape"


def keep_programs() -> None:
    """Keep the compiled programs of this process, for the next one.

    They are kept in the user's cache, or where JAX has been told to, and not at all where JAX has
    been told not to. Call it before JAX's first computation.
    """
    import jax

    if _configured("compilation_cache_dir") is None:
        folder = cache_folder() / "jax"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            # Without a cache everything is computed as well, only more slowly.
            return
        jax.config.update("jax_compilation_cache_dir", str(folder))
    # By default JAX keeps only programs that take a second to compile.
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _configured(name: str) -> object:
    import jax

    return getattr(jax.config, f"jax_{name}")


def _user_cache() -> Path:
    if sys.platform == "win32":
        folder = os.environ.get("LOCALAPPDATA")
        return Path(folder) if folder else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    folder = os.environ.get("XDG_CACHE_HOME")
    return Path(folder) if folder else Path.home() / ".cache"

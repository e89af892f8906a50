"""Settings of every test: float64, and an error for anything that JAX would otherwise promote in silence.

Programs of tests run once or twice: they are compiled in a third of the time, without LLVM's optimisations, in one piece and by
XLA's older emitters. What measures accuracy is compiled as it is in use, by `accuracy.as_in_use`.

Nothing imports logitscape while this is loaded: the import hook that checks every annotated shape is installed later.
"""

import gc
import os
from collections.abc import Iterator

import jax
import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
gc.set_threshold(
    20_000, 50, 50
)  # each full collection walks through all that has been traced
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")


def pytest_configure(config: pytest.Config) -> None:
    """Keep compiled programs in pytest's own cache: many tests, and all workers, compile the same ones."""
    from logitscape._src.base.xla import compile_all_fast

    compile_all_fast()
    if config.cache is not None:
        jax.config.update("jax_compilation_cache_dir", str(config.cache.mkdir("xla")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)


@pytest.fixture(autouse=True, scope="session")
def times_are_taken_once() -> Iterator[None]:
    """No test depends on how long a program takes: nine rounds in each of many reports add up."""
    from logitscape._src.diagnosis.questions import cost

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "ROUNDS", 1)
        yield

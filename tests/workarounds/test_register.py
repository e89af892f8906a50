"""The register of workarounds: what other libraries do that code of ours must go around.

Each test asks for what one would expect, and is expected to fail. On the day it passes, the run
fails, as xfail is strict: then the workaround can go from the files that `workaround` names. Traps
that are as their authors want them, such as a product and a sum that are rounded once, are listed
too: they are the reason why code is written as it is.
"""

import platform
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.oracle.accuracy import as_in_use

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "logitscape" / "_src"


@dataclass(frozen=True)
class Workaround:
    """What we do instead, where, and who would have to change something."""

    instead: str
    files: tuple[str, ...]
    upstream: str


REGISTER = dict[str, Workaround]()


def workaround(
    instead: str, files: tuple[str, ...], upstream: str, *raises: type[Exception]
) -> Callable[[Any], Any]:
    """Enter a reproducer into the register."""

    def enter(test: Any) -> Any:
        REGISTER[test.__name__] = Workaround(instead, files, upstream)
        expected = raises or (AssertionError,)
        return pytest.mark.xfail(
            reason=f"{instead}; {upstream}", raises=expected, strict=True
        )(test)

    return enter


def random(*shape: int, low: float = 1.0, high: float = 10.0) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, high, shape)


# XLA on CPUs


@workaround(
    "the share of the largest class is set to 1, not divided",
    ("normalizers/powers.py",),
    "https://github.com/tensorflow/tensorflow/issues/24061",
)
def test_a_number_divided_by_itself_is_1() -> None:
    """A quotient by a scalar becomes a product with its reciprocal."""
    scaled = as_in_use(jax.vmap(lambda x: x / jnp.max(x)))(random(1000, 7))
    assert (np.max(scaled, axis=1) == 1).all()


@workaround(
    "the gap of the largest class is set to 0, not subtracted",
    ("normalizers/shares.py",),
    "https://github.com/openxla/xla/issues/22116",
)
def test_a_function_of_the_largest_is_the_largest_of_the_function() -> None:
    """Alone and as an entry of a vector, a number may be rounded in two ways."""
    gaps = as_in_use(jax.vmap(lambda x: jnp.max(jnp.tanh(x) - jnp.tanh(jnp.max(x)))))(
        random(1000, 7)
    )
    assert (np.asarray(gaps) == 0).all()


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64", "arm64", "aarch64"),
    reason="needs fused multiplication and addition",
)
@workaround(
    "logits of a sweep are computed in a program of their own",
    ("landscapes/slab.py", "properties/gradient_laws.py", "base/argmax.py"),
    "https://github.com/openxla/xla/issues/41579",
)
def test_a_product_and_a_sum_are_rounded_in_one_way() -> None:
    """`a b + c` is rounded once in one place of a program and twice in another."""
    a, b, x = np.float32(1e20), np.float32(-1e20), np.float32(1.1e10)
    assert float(as_in_use(lambda a, b, x: a * x + b * x)(a, b, x)) == 0


@workaround(
    "labels out of range make the loss NaN by addition, never by a product with the one-hot target",
    ("objectives/batched.py",),
    "https://github.com/openxla/xla (hlo/transforms/simplifiers/algebraic_simplifier.cc)",
)
def test_nan_times_zero_is_nan() -> None:
    """A product with a one-hot vector becomes a choice."""
    choose = as_in_use(lambda x, label: jax.nn.one_hot(label, 3, dtype=x.dtype) * x)
    assert np.isnan(choose(np.array([1.0, 2.0, np.nan]), 0)[2])


@workaround(
    "norms near the end of the dtype's range are scaled down by less than their largest entry",
    ("properties/gradient_laws.py",),
    "https://github.com/tensorflow/tensorflow/issues/24061",
)
def test_the_largest_number_divided_by_itself_is_1() -> None:
    """Its reciprocal is subnormal, and flushed to 0."""
    largest = np.finfo(np.float64).max
    quotient = as_in_use(lambda x, y: x / y)(np.full(3, largest), largest)
    assert (np.asarray(quotient) == 1).all()


# JAX and jaxlib


@workaround(
    "exponentials are differentiated by rules of our own",
    ("base/special.py",),
    "https://github.com/jax-ml/jax/issues/39794",
)
def test_the_derivative_of_expm1_is_exp() -> None:
    """The derivative is written `expm1(x) + 1`, which cancels."""
    assert float(jax.grad(jnp.expm1)(-40.0)) == pytest.approx(np.exp(-40.0), abs=0)


UNKNOWN_FLAG = """
import os
os.environ["XLA_FLAGS"] = "--xla_there_is_no_such_flag=1"
import jax
jax.numpy.zeros(1)
"""


@workaround(
    "the flag of XLA's older emitters is passed to jaxlib before 0.11.1 only, which knows it",
    ("base/xla.py",),
    "https://github.com/jax-ml/jax/issues/15616",
)
def test_an_unknown_flag_of_xla_is_no_end_of_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", UNKNOWN_FLAG], capture_output=True)
    assert ended.returncode == 0


HANGS = """
import faulthandler
import jax, numpy as np
jax.config.update("jax_enable_x64", True)
x = np.random.default_rng(0).standard_normal((4096, 8, 8))
several = jax.jit(lambda *xs: [jax.scipy.linalg.lu_factor(x) for x in xs])
# The first call compiles, and may hang as well.
faulthandler.dump_traceback_later(60, exit=True)
jax.block_until_ready(several(x, x, x, x))
for _ in range(150):
    faulthandler.dump_traceback_later(8, exit=True)
    jax.block_until_ready(several(x, x, x, x))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="seen on Linux")
@workaround(
    "one batched factorisation of jaxlib at a time, and eigenvalues by NumPy",
    ("dynamics/follow.py", "landscapes/sweep.py", "properties/second_derivatives.py"),
    "https://github.com/jax-ml/jax/issues/39292",
)
def test_several_batched_factorisations_in_one_program_end() -> None:
    """On CPUs each waits for threads of the pool in which it runs itself."""
    ended = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr[-500:]


def test_jax_before_0_8_has_the_64_bit_switch_elsewhere() -> None:
    """base/x64.py looks for it in two places as long as such a JAX is allowed."""
    if "jax.experimental" not in (SOURCE / "base" / "x64.py").read_text(
        encoding="utf-8"
    ):
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    (floor,) = (each for each in project["dependencies"] if re.match(r"jax\b", each))
    major, minor = map(int, re.findall(r"\d+", floor)[:2])
    assert (major, minor) < (0, 8), (
        "JAX of that age is not allowed any more: simplify base/x64.py"
    )


# Other libraries


@workaround(
    "matrices that are not finite are replaced by 0 before, and their eigenvalues by NaN after",
    ("landscapes/sweep.py", "properties/second_derivatives.py"),
    "https://github.com/numpy/numpy/issues/6002",
    np.linalg.LinAlgError,
)
def test_one_matrix_of_nan_leaves_the_eigenvalues_of_the_others() -> None:
    values = np.linalg.eigvalsh(np.stack([np.eye(3), np.full((3, 3), np.nan)]))
    assert (values[0] == 1).all()


@workaround(
    "stores are written in format 2",
    ("landscapes/store.py",),
    "https://github.com/zarr-developers/zarr-extensions/pull/59",
    Warning,
)
def test_zarr_stores_text_in_format_3(tmp_path: Path) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("zarr")
    dataset = xarray.Dataset(
        {"loss": ("objective", [1.0])}, {"objective": ["softmax + brier"]}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset.to_zarr(tmp_path / "store", zarr_format=3, consolidated=False)


@pytest.mark.parametrize("name", REGISTER)
def test_the_files_of_the_register_are_there(name: str) -> None:
    for file in REGISTER[name].files:
        assert (SOURCE / file).is_file(), f"{name}: where did {file} go?"

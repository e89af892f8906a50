"""Arrays as text: six digits, exact whole numbers, the same bytes each time."""

import json

import numpy as np
import pytest

from logitscape._src.explorer.packing import packed, unpacked

pytestmark = pytest.mark.quick


def test_numbers_keep_six_digits() -> None:
    values = np.geomspace(1e-30, 1e30, 10_001) * np.where(np.arange(10_001) % 2, 1, -1)
    for kept, exact in zip(unpacked(packed(values)), values, strict=True):
        assert f"{kept:.5e}" == f"{exact:.5e}"


def test_what_is_no_number_stays_what_it_is() -> None:
    values = np.array([[np.nan, np.inf, -np.inf], [0.0, -0.0, 1e300]])
    kept = unpacked(packed(values))
    expected = [[np.nan, np.inf, -np.inf], [0.0, 0.0, np.inf]]
    np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("dtype", ["u1", "i2"])
def test_whole_numbers_are_exact(dtype: str) -> None:
    limits = np.iinfo(dtype)
    values = np.linspace(limits.min, limits.max, 60).astype(dtype).reshape(3, 4, 5)
    kept = unpacked(json.loads(json.dumps(packed(values))))
    np.testing.assert_array_equal(kept, values)


def test_nothing_is_an_array_too() -> None:
    assert unpacked(packed(np.zeros((0, 3)))).shape == (0, 3)


def test_the_text_is_the_same_each_time() -> None:
    values = np.sin(np.arange(100.0))
    assert packed(values) == packed(values[::-1][::-1].copy())

"""Landscapes, summaries and stores: labelled, printed, saved and transformed."""

from pathlib import Path

import jax
import numpy as np
import pytest
import xarray

import logitscape as ls
from logitscape._src.landscapes import plan

pytestmark = pytest.mark.quick

S = np.linspace(0, 4, 5)


def test_labels_may_be_arrays() -> None:
    swept = ls.sweep("softmax + brier", ls.ray("R1", S), label=np.array([0, 2]))
    assert swept.labels == (0, 2)


def test_slices_and_landscapes_print_in_a_few_words() -> None:
    line = ls.ray("R1", S)
    assert (
        repr(line)
        == "Slice('R1', z = (0, 0, 0) + s (0, 1, 0); s: 5 from 0 to 4; 3 classes)"
    )
    printed = repr(ls.sweep(["softmax + brier", "squared_logits"], line))
    assert (
        printed == "Landscape('R1', z = (0, 0, 0) + s (0, 1, 0); s: 5; label 0; "
        "softmax + brier; squared_logits)"
    )


def test_a_landscape_goes_through_jit() -> None:
    swept = ls.sweep("softmax + cross_entropy", ls.ray("R1", S))
    doubled = jax.jit(lambda landscape: jax.tree.map(lambda x: x + x, landscape))(swept)
    np.testing.assert_allclose(doubled.loss, 2 * swept.loss)
    assert doubled.objectives == swept.objectives


def test_labelled_and_saved(tmp_path: Path) -> None:
    swept = ls.sweep(
        ["softmax + cross_entropy", "softmax + brier"], ls.ray("R1", S), label=[0, 1]
    )
    dataset = swept.to_xarray()
    assert dataset.gradient.dims == ("objective", "label", "s", "component")
    assert dataset.attrs["points"] == "z = (0, 0, 0) + s (0, 1, 0)"
    value = dataset.loss.sel(objective="softmax + cross_entropy", label=0, s=2).item()
    np.testing.assert_allclose(value, np.log(2 + np.e**2))
    swept.save(tmp_path / "x.nc")
    np.testing.assert_array_equal(
        xarray.load_dataset(tmp_path / "x.nc").gradient, dataset.gradient
    )
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        swept.save(tmp_path / "nowhere" / "x.nc")
    assert [file.name for file in tmp_path.iterdir()] == ["x.nc"]


@pytest.mark.lengthy
def test_summaries_and_stores_agree_with_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    specs, slice = (
        ["softmax + cross_entropy", "relu + cross_entropy"],
        ls.box([np.linspace(-2, 2, n) for n in (4, 9, 3)]),
    )
    whole = ls.sweep(specs, slice, label=[0, 2])
    monkeypatch.setattr(plan, "SLAB_BYTES", 20000)
    summary = ls.summarize(specs, slice, label=[0, 2])
    for i in range(2):
        for j in range(2):
            finite, loss = whole.finite[i, j], whole.loss[i, j]
            norm = np.linalg.norm(whole.gradient[i, j], axis=-1)
            row = summary.isel(objective=i, label=j)
            assert row.points == 4 * 9 * 3
            np.testing.assert_allclose(row.finite, finite.mean())
            np.testing.assert_allclose(row.correct, whole.correct[i, j].mean())
            np.testing.assert_allclose(row.loss_mean, loss[finite].mean(), rtol=1e-12)
            np.testing.assert_allclose(row.norm_largest, norm[finite].max(), rtol=1e-12)
            steepest = [row[f"steepest_z_{k}"].item() for k in range(3)]
            at = tuple(
                int(np.argmin(np.abs(axis - x)))
                for axis, x in zip(slice.coordinates.values(), steepest, strict=True)
            )
            np.testing.assert_allclose(norm[at], norm[finite].max(), rtol=1e-12)
    ls.sweep_to(tmp_path / "x.zarr", specs, slice, label=[0, 2])
    ls.sweep_to(tmp_path / "x.zarr", specs, slice, label=[0, 2])
    stored = xarray.open_zarr(tmp_path / "x.zarr", consolidated=False)
    np.testing.assert_allclose(stored.gradient, whole.gradient, rtol=1e-13, atol=1e-16)
    np.testing.assert_array_equal(stored.z_1, slice.coordinates["z_1"])
    assert [file.name for file in tmp_path.iterdir()] == ["x.zarr"]
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        ls.sweep_to(tmp_path / "nowhere" / "x.zarr", specs, slice)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_summary_in_half_precision_sums_in_single(dtype: str) -> None:
    """Gradients of 300 and of 1e-5, whose squares float16 does not have."""
    steep = {"steep": lambda z, t: 300 * z[0], "flat": lambda z, t: 1e-5 * z[0]}
    summary = ls.summarize(steep, ls.ray("R1", [0.0, 1.0, 2.0]), dtype=dtype)
    for norm in (summary.norm_mean, summary.norm_largest):
        np.testing.assert_allclose(norm.values[:, 0], [300, 1e-5], rtol=1e-2)

"""Every file that holds a dump gives the same numbers, in any order, and others are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from logitscape._src.audit.files.opening import rows_of, stamp
from logitscape._src.audit.labels import checked

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(5000, 3)).astype(np.float32)
Y = RNG.integers(0, 3, 5000)


def save_npy(path: Path) -> None:
    np.save(path, Z)


def save_npz(path: Path) -> None:
    np.savez(path, logits=Z, labels=Y)


def save_compressed(path: Path) -> None:
    np.savez_compressed(path, logits=Z, labels=Y)


def save_safetensors(path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    numpy.save_file({"logits": Z, "labels": Y}, path)


def table() -> Any:
    pyarrow = pytest.importorskip("pyarrow")
    columns = {f"logit_{k}": Z[:, k] for k in range(3)}
    return pyarrow.table({"id": np.arange(5000).astype(str), "label": Y, **columns})


def save_parquet(path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(table(), path, row_group_size=700)


def save_lists(path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    parquet.write_table(pyarrow.table({"label": Y, "logits": list(Z)}), path)


def save_csv(path: Path) -> None:
    csv = pytest.importorskip("pyarrow.csv")
    csv.write_csv(table(), path)


def save_zarr(path: Path) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(path, mode="w")
    group.create_array("logits", data=Z, chunks=(700, 3))
    group.create_array("labels", data=Y)


def save_netcdf(path: Path) -> None:
    variables = {"logits": (("m", "n"), Z), "labels": (("m",), Y.astype(np.int32))}
    xarray.Dataset(variables).to_netcdf(path, engine="scipy")


WRITERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "npy": (".npy", save_npy),
    "npz": (".npz", save_npz),
    "compressed": (".npz", save_compressed),
    "safetensors": (".safetensors", save_safetensors),
    "parquet": (".parquet", save_parquet),
    "lists": (".parquet", save_lists),
    "csv": (".csv", save_csv),
    "zarr": (".zarr", save_zarr),
    "netcdf": (".nc", save_netcdf),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_are_those_that_were_saved_in_any_order(kind: str, tmp_path: Path) -> None:
    suffix, write = WRITERS[kind]
    path = tmp_path / f"dump{suffix}"
    write(path)
    rows = rows_of("logits", path)
    assert rows.shape == Z.shape
    tolerance = 1e-6 if kind == "csv" else 0
    for start, stop in ((0, 100), (100, 1500), (4100, 5000), (3, 5), (0, 5000)):
        np.testing.assert_allclose(rows.read(start, stop), Z[start:stop], tolerance)
    assert rows.state == stamp(path) != ()
    if kind != "npy":
        labels = checked(rows_of("labels", path), rows, None, False)
        np.testing.assert_array_equal(labels.read(0, 5000)[0], Y)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", ">f4"])
@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_every_dtype_is_kept(kind: str, dtype: str, tmp_path: Path) -> None:
    wanted = np.dtype(jnp.bfloat16 if dtype == "bfloat16" else dtype)
    path = tmp_path / f"dump.{kind}"
    z = Z[:50].astype(wanted)
    if kind == "npy":
        np.save(path, z)
    elif kind == "npz":
        np.savez_compressed(path, z=z)
    elif dtype == ">f4":
        pytest.skip("safetensors has one order of bytes")
    else:
        pytest.importorskip("safetensors.numpy").save_file({"z": z}, path)
    rows = rows_of("logits", path)
    assert rows.dtype == wanted
    np.testing.assert_array_equal(rows.read(10, 20), z[10:20])


def test_columns_in_fortran_order_are_mapped(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", z=np.asfortranarray(Z))
    np.testing.assert_array_equal(
        rows_of("logits", tmp_path / "a.npz").read(7, 9), Z[7:9]
    )


@pytest.mark.parametrize("kind", ["npy", "npz", "compressed", "safetensors", "parquet"])
def test_a_truncated_file_is_refused(kind: str, tmp_path: Path) -> None:
    suffix, write = WRITERS[kind]
    path = tmp_path / f"dump{suffix}"
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(
        ValueError, match=rf"`audit\(logits=...\)`: `.*{suffix}` is no whole"
    ):
        rows_of("logits", path)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors", ".parquet", ".nc"])
def test_a_foreign_file_is_refused(suffix: str, tmp_path: Path) -> None:
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"dump{suffix}"
    path.write_bytes(b"These are no logits at all, but a sentence of some length.")
    with pytest.raises(ValueError, match="is no whole"):
        rows_of("logits", path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="is empty"):
        rows_of("logits", path)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}], dtype=object)
    np.save(tmp_path / "a.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "a.npz", objects)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(ValueError, match="is no whole"):
            rows_of("logits", tmp_path / name)


def test_what_cannot_be_found_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        rows_of("logits", tmp_path / "a.npy")
    (tmp_path / "a.pt").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"must end in \.npy"):
        rows_of("logits", tmp_path / "a.pt")
    np.savez(tmp_path / "a.npz", first=Z, second=Y)
    with pytest.raises(ValueError, match="It has first, second; write"):
        rows_of("logits", tmp_path / "a.npz")
    np.testing.assert_array_equal(
        rows_of("labels", f"{tmp_path}/a.npz::second").whole(), Y
    )
    with pytest.raises(ValueError, match="has no 'third'"):
        rows_of("logits", f"{tmp_path}/a.npz::third")
    with pytest.raises(TypeError, match="must have numbers"):
        rows_of("logits", np.array([["a"]]))


def test_labels_that_do_not_fit_are_refused() -> None:
    logits = rows_of("logits", Z)
    of = lambda y, ignored=None: checked(rows_of("labels", y), logits, ignored, False)
    with pytest.raises(ValueError, match=r"must be labels \[m\] or soft targets"):
        of(Y[:-1])
    with pytest.raises(TypeError, match=r"got 0\.5 at index 2"):
        of(np.where(np.arange(5000) == 2, 0.5, Y))
    with pytest.raises(IndexError, match="They seem to begin at 1"):
        of(Y + 1)
    marked = np.where(np.arange(5000) % 7 == 0, -100, Y)
    with pytest.raises(IndexError, match="`ignored_label=-100`"):
        of(marked)
    kept, counts = of(marked, -100).read(700, 5000)
    np.testing.assert_array_equal(counts, marked[700:] >= 0)
    np.testing.assert_array_equal(kept, np.maximum(marked[700:], 0))
    assert not of(Y.astype(float)).is_soft
    assert of(np.eye(3)[Y]).is_soft

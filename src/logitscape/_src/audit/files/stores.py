"""Zarr stores and NetCDF files."""

from pathlib import Path

from .missing import imported
from .rows import Rows, chosen, of_array


def from_zarr(path: Path, role: str, member: str) -> Rows:
    """Rows of an array of a Zarr store."""
    zarr = imported("zarr", path)
    opened = zarr.open(path, mode="r")
    if not hasattr(opened, "arrays"):
        return of_array(str(path), opened, path)
    arrays = dict(opened.arrays())
    name = chosen(path, role, member, list(arrays))
    return of_array(f"{path}::{name}", arrays[name], path)


def from_netcdf(path: Path, role: str, member: str) -> Rows:
    """Rows of a variable of a NetCDF file."""
    import xarray

    opened = xarray.open_dataset(path, chunks=None, decode_cf=False)
    name = chosen(path, role, member, [str(name) for name in opened.data_vars])
    variable = opened[name]
    return Rows(
        f"{path}::{name}",
        tuple(variable.shape),
        variable.dtype,
        lambda start, stop: variable[start:stop].to_numpy(),
        path,
    )

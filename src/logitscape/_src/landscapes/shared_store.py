"""A store that several processes write together, and that a later run completes.

It grows in a folder beside its final place. Every slab that is written whole is marked there, so
that nothing is computed twice, neither by two processes nor by the run after one that died.
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.files import replacing, write_text
from ..base.processes import is_first, share_of, wait_for_all
from ..base.temporaries import short

if TYPE_CHECKING:
    import xarray

Part = Callable[[int], "xarray.Dataset"]
"""Function from the start of a slab to its data."""

FORMAT: dict[str, Any] = {"zarr_format": 2, "consolidated": False}
# Format 2, as it is not settled yet how format 3 stores text.


@dataclass(frozen=True)
class Growing:
    """A store that is not complete yet.

    Attributes:
        folder: Folder that it grows in.
        description: What it is to hold; a folder of another description is begun anew.
    """

    folder: Path
    description: str

    @property
    def store(self) -> Path:
        """The Zarr store."""
        return self.folder / "store"

    def is_begun(self) -> bool:
        """Whether a run before has begun the same store."""
        begun = self.folder / "begun.json"
        return begun.is_file() and begun.read_text("utf-8") == self.description

    def done(self, start: int) -> Path:
        """The mark of a slab that is written."""
        return self.folder / f"done-{start}"


def growing_folder(target: Path) -> Path:
    """The folder in which the store of this path grows; the same for all processes and runs."""
    return target.with_name(f".{short(target.name)}.growing")


def digest(*arrays: Any) -> str:
    """A short text that differs where arrays do."""
    content = hashlib.sha256()
    for array in arrays:
        content.update(array.tobytes())
    return content.hexdigest()[:16]


def write_together(
    target: Path,
    grown: Growing,
    starts: Sequence[int],
    part: Part,
    axis: str,
    coordinate: Any,
    marks: tuple[str, ...],
) -> None:
    """Write every slab that is missing, this process its share, and put the store in its place.

    Args:
        target: Final path of the store.
        grown: The store that grows.
        starts: Positions of all slabs on the axis that is cut.
        part: Function from the start of a slab to its data.
        axis: Name of the axis that is cut.
        coordinate: The whole coordinate of this axis.
        marks: Files by which a folder is known as a store, which may be replaced.
    """
    if is_first() and not grown.is_begun():
        _begin(grown, starts[0], part, axis, coordinate)
    wait_for_all()
    missing = [start for start in starts if not grown.done(start).exists()]
    wait_for_all()
    for start in share_of(missing):
        data = part(start)
        region = {axis: slice(start, start + data.sizes[axis])}
        kept = [name for name in data.variables if axis not in data[name].dims]
        data.drop_vars([*kept, axis]).to_zarr(grown.store, region=region, **FORMAT)
        grown.done(start).touch()
    wait_for_all()
    if is_first():
        with replacing(target, marks=marks) as temporary:
            grown.store.replace(temporary)
        shutil.rmtree(grown.folder)
    wait_for_all()


def _begin(grown: Growing, first: int, part: Part, axis: str, coordinate: Any) -> None:
    """Write the first slab, and make room for all others."""
    import zarr

    shutil.rmtree(grown.folder, ignore_errors=True)
    grown.folder.mkdir()
    data = part(first)
    data.to_zarr(grown.store, mode="w", **FORMAT)
    group: Any = zarr.open_group(grown.store, mode="a")
    for name, variable in data.variables.items():
        if axis in variable.dims:
            shape = [
                len(coordinate) if dim == axis else size
                for dim, size in variable.sizes.items()
            ]
            group[str(name)].resize(shape)
    group[axis][:] = coordinate
    grown.done(first).touch()
    write_text(grown.folder / "begun.json", grown.description)

"""The forms in which an audit, of one dump or of a series, can be read and saved."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ..base.files import checked_path, replacing
from .records import to_json
from .save import ARGUMENT, as_text, save

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure
    from rich.console import RenderableType

Number = TypeVar("Number")


class AuditReport(ABC, Generic[Number]):
    """Numbers by their names, and the views of all of them."""

    @property
    @abstractmethod
    def by_name(self) -> Mapping[str, Number]:
        """All numbers by their names."""

    @abstractmethod
    def table(self, *, everything: bool = False) -> "RenderableType":
        """Return the report for the terminal (rich), of at most 80 columns.

        Args:
            everything: Whether everything is shown, and not only what matters most.
        """

    @abstractmethod
    def page(self) -> str:
        """Return one self-contained HTML file."""

    @abstractmethod
    def figure(self) -> "Figure":
        """Draw what matters most."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return everything, in the types that JSON has.

        Infinities and NaN are the strings "inf", "-inf" and "nan".
        """

    @abstractmethod
    def to_xarray(self) -> "xarray.Dataset":
        """Return the numbers with labelled dimensions."""

    def __getitem__(self, name: str) -> Number:
        """The number of this name.

        Raises:
            KeyError: If there is none; the message has all names.
        """
        if name not in self.by_name:
            known = ", ".join(self.by_name)
            raise KeyError(f"there is no number {name!r}; there are {known}")
        return self.by_name[name]

    def __str__(self) -> str:
        return as_text(self.table())

    def full(self) -> str:
        """Return the report with all numbers, as text; `str` has those that matter most."""
        return as_text(self.table(everything=True))

    def to_json(self) -> str:
        """Return `to_dict` as text."""
        return to_json(self.to_dict())

    def save(self, path: str | Path) -> Path:
        """Write the report in the form that belongs to the suffix of the path.

        Args:
            path: Path of the file: ".html" for one self-contained page, ".json", ".txt", ".nc" for
                `to_xarray`, or ".png", ".svg" or ".pdf" for the figure.

        Raises:
            ValueError: For another suffix.
            FileNotFoundError: If the folder does not exist.
        """
        target = checked_path("save", path)
        if target.suffix.lower() == ".nc":
            with replacing(target, argument=ARGUMENT) as temporary:
                # SciPy comes with JAX; what xarray prefers may lack a library of its own.
                self.to_xarray().to_netcdf(temporary, engine="scipy")
            return target
        texts = {".html": self.page, ".json": self.to_json, ".txt": self.full}
        return save(target, texts, self.figure)

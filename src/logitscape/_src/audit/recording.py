"""What `ls.probe` said at the steps of a training, in memory and in a file."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.conversion import array_of
from ..base.files import checked_path, replacing
from ..base.messages import first_line, printable, quoted, quoted_path
from .batch import BatchGradient

SCHEMA = "logitscape.probe/1"
SUFFIX = ".npz"


class Recording:
    """The statistics of `ls.probe` at the steps of a training, which `ls.audit` shows as a series.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> probe, recording = ls.probe("softmax + cross_entropy"), ls.Recording()
        >>> for step in range(3):
        ...     logits = step * jnp.eye(4)
        ...     recording.append(step, probe(logits, jnp.arange(4)))
        >>> path = recording.save("run.npz")
        >>> [float(x) for x in ls.Recording.load(path).by_name()["margin_50"]]
        [0.0, 1.0, 2.0]
    """

    def __init__(self) -> None:
        """Begin with no step."""
        self._steps = list[int]()
        self._statistics = list[BatchGradient]()

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def steps(self) -> NDArray[np.int64]:
        """The steps, [s]."""
        return np.array(self._steps, np.int64)

    def append(self, step: Any, statistics: BatchGradient) -> None:
        """Keep the statistics of a step; they stay on their device, and nothing waits for them.

        Args:
            step: Number of the step.
            statistics: What `ls.probe` returned.

        Raises:
            TypeError: If these are no statistics of a probe.
        """
        if not isinstance(statistics, BatchGradient):
            raise TypeError(_no_statistics("Recording.append", statistics))
        self._steps.append(_whole("Recording.append(step, ...)", step))
        self._statistics.append(statistics)

    def extend(self, steps: Iterable[Any], statistics: BatchGradient) -> None:
        """Keep statistics with a leading axis of steps, as `jax.lax.scan` stacks them.

        Args:
            steps: Numbers of the steps, [s].
            statistics: Statistics with the leading axis [s].
        """
        argument = "Recording.extend(steps, ...)"
        given = array_of(f"`{argument}`", steps, "whole numbers")
        if given.ndim != 1:
            raise TypeError(
                f"`{argument}` must be whole numbers, [s], got {quoted(steps)}."
            )
        numbers = [_whole(argument, step) for step in given]
        if not isinstance(statistics, BatchGradient):
            raise TypeError(_no_statistics("Recording.extend", statistics))
        stacked = _of_numpy(np.asarray(value) for value in statistics)
        if len(stacked.loss) != len(numbers):
            raise ValueError(
                f"`Recording.extend(steps, statistics)` must have as many statistics as steps, got "
                f"{len(stacked.loss)} and {len(numbers)}."
            )
        for place, step in enumerate(numbers):
            self.append(step, _of_numpy(value[place] for value in stacked))

    def by_name(self) -> dict[str, NDArray[Any]]:
        """Every number by its name in an audit, [s] each."""
        return stacked_of(self._statistics).by_name()

    def save(self, path: str | Path) -> Path:
        """Write all steps to an `.npz` file, which `ls.audit` and `logitscape audit` read.

        Raises:
            ValueError: If the name ends otherwise, or there is no step.
            FileNotFoundError: If the folder does not exist.
        """
        target = checked_path("Recording.save", path)
        if target.suffix.lower() != SUFFIX:
            raise ValueError(
                f"`Recording.save(path)` must end in {SUFFIX}, got {quoted_path(path)}."
            )
        if not self._steps:
            raise ValueError("`Recording.save` has no step to write.")
        arrays: dict[str, Any] = stacked_of(self._statistics)._asdict()
        named = "`Recording.save(path=...)`"
        with (
            replacing(target, argument=named) as temporary,
            temporary.open("wb") as file,
        ):
            np.savez(file, schema=np.array(SCHEMA), step=self.steps, **arrays)
        return target

    @classmethod
    def load(cls, path: str | Path) -> "Recording":
        """Read what `save` wrote.

        Raises:
            TypeError: If it is no path.
            ValueError: If the file is no recording.
            OSError: If it cannot be read.
        """
        if not isinstance(path, str | Path):
            raise TypeError(
                f"`Recording.load(path)` must be text or a path, got {type(path).__name__}."
            )
        try:
            return cls._of_file(Path(path))
        except OSError as error:
            raise OSError(
                error.errno,
                f"`Recording.load(path)` cannot be read: {error.strerror or error}",
                str(path),
            ) from error
        # Whatever NumPy and zipfile raise for files that are damaged, or something else.
        except Exception as error:
            raise ValueError(
                f"`Recording.load(path)`: `{printable(path)}` is no recording of `ls.probe`: "
                f"{first_line(error) or type(error).__name__}"
            ) from error

    @classmethod
    def _of_file(cls, path: Path) -> "Recording":
        if path.exists() and not path.is_file():
            # A pipe would be waited for without end.
            raise ValueError("it is no ordinary file.")
        with path.open("rb") as stream:
            # NumPy would take it for pickled objects, and recommend to read them.
            if stream.read(2) != b"PK" or not zipfile.is_zipfile(stream):
                raise ValueError("it is no archive of arrays.")
            stream.seek(0)
            with np.load(stream, allow_pickle=False) as file:
                return cls._of_arrays(file)

    @classmethod
    def _of_arrays(cls, file: Any) -> "Recording":
        missing = {"schema", "step", *BatchGradient._fields} - set(file)
        if missing:
            raise ValueError(f"it has no {', '.join(sorted(missing))}.")
        if str(file["schema"]) != SCHEMA:
            raise ValueError(
                f"its schema is {str(file['schema'])!r}, and this version reads {SCHEMA!r}."
            )
        recording = cls()
        arrays = _of_numpy(file[name] for name in BatchGradient._fields)
        recording.extend(file["step"], arrays)
        return recording


def _whole(argument: str, step: Any) -> int:
    """The number of a step, which may be an array without axes, on any device."""
    number = array_of(f"`{argument}`", step, "a whole number")
    if number.ndim or number.dtype.kind not in "iu":
        raise TypeError(f"`{argument}` must be a whole number, got {quoted(step)}.")
    return int(number)


def _no_statistics(function_name: str, given: Any) -> str:
    return (
        f"`{function_name}(..., statistics)` must be what `ls.probe(...)` returned, got "
        f"{quoted(given)}."
    )


def stacked_of(statistics: Iterable[BatchGradient]) -> BatchGradient:
    """Statistics with a leading axis, in NumPy."""
    return _of_numpy(
        np.stack([np.asarray(x) for x in values])
        for values in zip(*statistics, strict=True)
    )


def _of_numpy(values: Iterable[Any]) -> BatchGradient:
    """Statistics whose arrays are NumPy's, which go wherever those of JAX do."""
    return BatchGradient(*values)


def is_recording(source: Any) -> bool:
    """Whether this is a recording, or the path of one."""
    if isinstance(source, Recording):
        return True
    if not isinstance(source, str | Path) or Path(source).suffix.lower() != SUFFIX:
        return False
    try:
        # A pipe would be waited for without end.
        if not Path(source).is_file():
            return False
        with zipfile.ZipFile(source) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
    # Whatever is wrong with it is said where it is read.
    except Exception:
        return False
    return {"schema", "step", "carried_by_wrong"} <= names

"""Sweeps: many objectives over a slice, in one program that runs over slabs of the grid."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from . import engine
from ._compile import briefly
from .landscape import Landscape, label_numbers
from .objectives import Objective, objective
from .slices import Slice

Source: TypeAlias = str | Objective | Callable[..., Any]
Sources: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]

SLAB_BYTES = 64 * 2**20
"""What the results of one slab may take: large enough to hide the start of each, small beside any memory."""
FEW_NUMBERS = 2**20
"""Up to so many numbers per objective and label, compiling takes longer than running."""


def sweep(
    objectives: Sources,
    slice: Slice,
    *,
    label: int | Sequence[int] = 0,
    hessian: bool = False,
    jacobian: bool = False,
    dtype: Any = None,
) -> Landscape:
    """Loss and gradient of every objective at every point of a slice, for every label.

    All objectives are compiled together. float64 where JAX has it switched on (`jax_enable_x64`), else float32. On several
    devices the grid is shared between them.

    Args:
        objectives: a spec, an Objective or a function `(logits, target) -> scalar`; several in a list, or by name in a dict.
        slice: where to look.
        label: the true class, or several.
        hessian: whether to compute the Hessian's eigenvalues too.
        jacobian: whether to compute the normalizers' Jacobians too.
        dtype: of the logits and results, instead of the default. In half precision the Hessian is rounded before its
            eigenvalues are taken, so that one of 0 need not be 0.

    Raises:
        TypeError: for a slice that is none.
        ValueError: for a label that is no class of the slice, or objectives of the same name.
    """
    task = plan(objectives, slice, label=label, hessian=hessian, jacobian=jacobian, dtype=dtype)
    results = [slab for _, slab in slabs(task)]
    joined = (
        results[0]
        if len(results) == 1
        else {
            name: None if results[0][name] is None else np.concatenate([each[name] for each in results], task.slab_axis(name))
            for name in results[0]
        }
    )
    return as_landscape(task, joined)


@dataclass(frozen=True)
class Task:
    """A sweep that is checked and planned: what to run over which slabs."""

    objectives: tuple[Objective, ...]
    names: tuple[str, ...]
    slice: Slice
    labels: tuple[int, ...]
    hessian: bool
    jacobian: bool
    dtype: Any
    along: int
    """The axis of the grid that is cut into slabs."""
    thickness: int

    @property
    def numbers(self) -> int:
        """How many derivatives are computed per objective and label."""
        n = self.slice.num_classes
        return int(np.prod(self.slice.shape)) * (n * n if self.hessian or self.jacobian else n)

    def slab_axis(self, name: str) -> int:
        """The axis of a result along which the slabs lie."""
        return self.along + (1 if name == "jacobian" else 2)


def plan(
    objectives: Sources,
    slice: Slice,
    *,
    label: int | Sequence[int] = 0,
    hessian: bool = False,
    jacobian: bool = False,
    dtype: Any = None,
) -> Task:
    """Check the arguments of a sweep, and cut its grid."""
    if not isinstance(slice, Slice):
        raise TypeError(f"`slice` must be a slice, as `ls.ray`, `ls.plane` or `ls.box` makes one, got {slice!r}.")
    named = named_objectives(objectives)
    labels = label_numbers(label, slice.num_classes)  # type: ignore[arg-type]
    kind = jnp.dtype(jax.dtypes.canonicalize_dtype(np.float64) if dtype is None else dtype)
    n = slice.num_classes
    numbers = len(named) * len(labels) * (n + 4 + (n * (n + 1) if hessian else 0)) + len(named) * n * (n if jacobian else 1)
    along = int(np.argmax(slice.shape))
    other = int(np.prod(slice.shape)) // slice.shape[along]
    devices = jax.device_count()
    thickness = max(1, SLAB_BYTES // (numbers * max(kind.itemsize, 4) * other))
    thickness = min(slice.shape[along], thickness)
    thickness = -(-thickness // devices) * devices
    return Task(tuple(named.values()), tuple(named), slice, labels, hessian, jacobian, kind, along, thickness)


def slabs(task: Task) -> Iterator[tuple[int, dict[str, Any]]]:
    """The results slab by slab, with the position of each on the axis that is cut; only one is in memory at a time.

    The last slab is computed at full thickness, so that one program serves all, and then cut.
    """
    axes = list(task.slice.coordinates.values())
    cut = axes[task.along]
    whole = [jnp.asarray(axis, task.dtype) for axis in axes]
    run = (briefly if task.numbers <= FEW_NUMBERS else jax.jit)(partial(_slab, task))
    sharding = NamedSharding(Mesh(np.array(jax.devices()), ("grid",)), PartitionSpec("grid"))
    for start in range(0, len(cut), task.thickness):
        part = cut[start : start + task.thickness]
        padded = np.pad(part, (0, task.thickness - len(part)), mode="edge")
        whole[task.along] = jax.device_put(jnp.asarray(padded, task.dtype), sharding)
        results = run(whole)
        if len(part) < task.thickness:
            results = {
                name: None if value is None else jax.lax.slice_in_dim(value, 0, len(part), axis=task.slab_axis(name))
                for name, value in results.items()
            }
        yield start, results | {"curvatures": _eigenvalues(results.pop("hessian"))}


def as_landscape(task: Task, results: dict[str, Any], start: int | None = None) -> Landscape:
    """Arrays as `slabs` gives them with the names of the task; those of a single slab if it is said where that starts."""
    axes = {name: np.asarray(axis) for name, axis in task.slice.coordinates.items()}
    if start is not None:
        name = list(axes)[task.along]
        axes[name] = axes[name][start : start + task.thickness]
    return Landscape(
        **results,
        coordinates=tuple(axes.values()),
        axes=tuple(axes),
        objectives=task.names,
        labels=task.labels,
        slice_name=task.slice.name,
        description=task.slice.description,
    )


def named_objectives(sources: Sources) -> dict[str, Objective]:
    """Whatever a sweep takes, as objectives by name."""
    if isinstance(sources, Mapping):
        return {name: objective(source, name=name) for name, source in sources.items()}
    several = sources if isinstance(sources, list | tuple) else [sources]
    made = [objective(source) for source in several]  # type: ignore[arg-type]
    names = [each.name for each in made]
    if not made or len(set(names)) < len(names):
        raise ValueError(f"`objectives` must be at least one, of different names (a dict gives them), got {names}.")
    return dict(zip(names, made, strict=True))


def _slab(task: Task, axes: list[Array]) -> dict[str, Any]:
    """Everything at the product of these coordinates."""
    shape = tuple(axis.size for axis in axes)
    grid = [jnp.reshape(each, (-1,)) for each in jnp.meshgrid(*axes, indexing="ij")]
    n = task.slice.num_classes
    unroll = engine.worth_unrolling(n, grid[0].size)
    embed = engine.lift(task.slice.embed, unroll)
    logits = engine.leave(embed(engine.enter(jnp.stack(grid), unroll)))
    by_label = [_at_label(task, logits, label) for label in task.labels]
    results = {name: _stacked([each[name] for each in by_label]) for name in by_label[0]}
    shaped = {name: None if value is None else _on_grid(value, shape) for name, value in results.items()}
    jacobian = _jacobians(task, logits, unroll) if task.jacobian else None
    return shaped | {"jacobian": None if jacobian is None else jacobian.reshape(-1, *shape, n, n)}


def _at_label(task: Task, logits: Array, label: int) -> dict[str, list[Array] | None]:
    target = jax.nn.one_hot(label, task.slice.num_classes, dtype=logits.dtype)
    found = engine.evaluate(task.objectives, logits, target, hessian=task.hessian)
    p_label = [jnp.full_like(each.loss, jnp.nan) if each.p is None else each.p[label] for each in found]
    return {
        "loss": [each.loss for each in found],
        "gradient": [each.gradient for each in found],
        "finite": [jnp.isfinite(each.loss) & jnp.all(jnp.isfinite(each.gradient), 0) for each in found],
        "in_domain": [~jnp.isnan(each.loss) if each.p is None else ~jnp.any(jnp.isnan(each.p), 0) for each in found],
        "p_label": p_label,
        "correct": [_leads(logits if each.p is None else each.p, label) for each in found],
        "hessian": cast(list[Array], [each.hessian for each in found]) if task.hessian else None,
    }


def _leads(scores: Array, label: int) -> Array:
    others = jnp.max(jnp.delete(scores, label, axis=0), axis=0)
    return scores[label] > others


def _eigenvalues(hessian: Array | None) -> Array | None:
    """[..., n, n] -> [..., n] of the symmetric part, ascending; NaN where the Hessian is not finite.

    By NumPy: batched `eigvalsh` of jaxlib waits on CPUs for threads of the pool in which it runs. As many calls at once as the
    pool has threads wait for ever.
    """
    if hessian is None:
        return None
    halves = 0.5 * np.asarray(hessian, np.promote_types(hessian.dtype, np.float32))
    symmetric = halves + halves.swapaxes(-1, -2)
    finite = np.all(np.isfinite(symmetric), axis=(-2, -1), keepdims=True)
    values = np.linalg.eigvalsh(np.where(finite, symmetric, 0))
    with np.errstate(over="ignore"):
        return jnp.asarray(np.where(finite[..., 0], values, np.nan), hessian.dtype)


def _jacobians(task: Task, logits: Array, unroll: bool) -> Array:
    """[objective, batch, n, n]; NaN for an objective without a normalizer."""
    of_normalizer: dict[Any, Array] = {
        each.normalizer: engine.leave(engine.lift(jax.jacfwd(_only_p(each.normalizer)), unroll)(engine.enter(logits, unroll)))
        for each in task.objectives
        if each.normalizer is not None
    }
    n, size = logits.shape
    unknown = jnp.full((n, n, size), jnp.nan, logits.dtype)
    found = [of_normalizer.get(each.normalizer, unknown) for each in task.objectives]
    return jnp.moveaxis(jnp.stack(found), -1, 1)


def _only_p(normalizer: Callable[[Array], Any]) -> Callable[[Array], Array]:
    return lambda logits: normalizer(logits).p


def _stacked(by_label: list[list[Array] | None]) -> Array | None:
    """[objective, label, ..., batch]."""
    rows = [jnp.stack(each) for each in by_label if each is not None]
    return jnp.stack(rows, axis=1) if rows else None


def _on_grid(value: Array, shape: tuple[int, ...]) -> Array:
    """[objective, label, (n, (n,)) batch] -> [objective, label, *grid, (n, (n))]."""
    orders = value.ndim - 3
    return jnp.moveaxis(value.reshape(*value.shape[:-1], *shape), range(2, 2 + orders), range(-orders, 0))

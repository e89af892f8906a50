"""Sweeps over parameters: one loss at one input, for every value of its temperature, gamma, ..."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.messages import quoted
from ..base.x64 import enable_x64
from ..objectives.catalog import BY_NAME
from .slice_arguments import floats, one_class
from .swept_parameters import Swept, checked, number

if TYPE_CHECKING:
    import xarray


def sweep_parameters(
    spec: str, *, at: Sequence[float], label: int = 0, **parameters: Sequence[float]
) -> "xarray.Dataset":
    """Loss and gradient at one input, for all combinations of values of parameters.

    Everything is computed in float64, in one compiled program: parameters that must be known when
    it is compiled, such as the order of a polynomial, take one program for each of their values.

    Args:
        spec: Spec such as "softmax + focal". Parameters that it states stay as they are.
        at: Logits, [n].
        label: True class.
        parameters: Increasing values by the name of a parameter of one of the formulas. Where none
            of them has a `temperature` of its own, the logits are divided by it, in front of
            everything else: `softmax` then is softmax at this temperature.

    Returns:
        Dataset whose dimensions are the parameters, in the order given, with the variables "loss",
        "gradient" [..., component] and "gradient norm".

    Raises:
        TypeError: If the spec is not text, or values are no numbers.
        ValueError: If the spec or a parameter is unknown, is one of two formulas of the spec, or is
            stated by it; if a value is out of range; or if the label is no class.

    Example:
        >>> import logitscape as ls
        >>> swept = ls.sweep_parameters(
        ...     "softmax + focal", at=[0.0, 2.0, 0.0], temperature=[1, 2, 4], gamma=[0, 2]
        ... )
        >>> swept["gradient norm"].round(3).values.tolist()
        [[1.195, 1.464], [0.499, 0.569], [0.224, 0.234]]
    """
    return swept_for("sweep_parameters", spec, at, label, parameters)


def swept_for(
    function_name: str, spec: str, at: Any, label: int, parameters: Mapping[str, Any]
) -> "xarray.Dataset":
    """What `sweep_parameters` returns, for the public function whose name errors give."""
    logits = floats(function_name, "at", at)
    if logits.ndim != 1 or logits.size < 2 or not np.isfinite(logits).all():
        raise ValueError(
            f"`{function_name}(at=...)` must be the logits of one example, at least 2 finite "
            f"numbers, got {quoted(at)}."
        )
    label = one_class(function_name, "label", label, logits.size)
    with enable_x64():
        swept = checked(function_name, spec, parameters)
        losses, gradients = _evaluate(swept, logits, label)
    return _labelled(swept, losses, gradients, logits, label)


def _loss(
    swept: Swept, logits: Array, target: Array, values: Mapping[str, Any]
) -> Array:
    """Loss for one combination of values, which may be traced."""
    result: Any = logits
    for name, owner in swept.owners.items():
        if owner is None:
            result = result / values[name]
    for place, term in enumerate(swept.terms):
        formula = BY_NAME[term.name]
        own = {name: values[name] for name in values if swept.owners[name] == place}
        function = partial(formula.function, **term.parameters, **own)
        if formula.kind in ("logit map", "normalizer"):
            result = function(result)
        else:
            result = function(result, target)
    return result  # type: ignore[no-any-return]


def _evaluate(
    swept: Swept, logits: NDArray[Any], label: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Losses [...] and gradients [..., n] of all combinations."""
    z = jnp.asarray(logits)
    target = jnp.eye(z.size, dtype=z.dtype)[label]

    def loss(values: Mapping[str, Any]) -> tuple[Array, Array]:
        # The target is a constant of the program: formulas know that it is one-hot.
        return jax.value_and_grad(lambda at: _loss(swept, at, target, values))(z)

    traced = [name for name in swept.values if _can_be_traced(loss, swept, name)]
    known = [name for name in swept.values if name not in traced]
    grid = np.meshgrid(*(swept.values[name] for name in traced), indexing="ij")
    free = {name: jnp.asarray(g.ravel()) for name, g in zip(traced, grid, strict=True)}
    shape = tuple(swept.values[name].size for name in traced)
    parts = [_part(loss, fixed, free) for fixed in _combinations(swept, known)]
    outer = tuple(swept.values[name].size for name in known)
    losses = np.stack([part[0] for part in parts]).reshape(*outer, *shape)
    gradients = np.stack([part[1] for part in parts]).reshape(*outer, *shape, -1)
    order = [(*known, *traced).index(name) for name in swept.values]
    return losses.transpose(order), gradients.transpose(*order, len(order))


def _combinations(swept: Swept, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for chosen in product(*(swept.values[name].tolist() for name in names)):
        yield {name: number(value) for name, value in zip(names, chosen, strict=True)}


def _part(
    loss: Callable[..., Any], fixed: Mapping[str, Any], free: Mapping[str, Array]
) -> tuple[NDArray[Any], NDArray[Any]]:
    if not free:
        value, gradient = jax.jit(lambda: loss(fixed))()
        return np.asarray(value), np.asarray(gradient)

    def each(values: Mapping[str, Array]) -> Any:
        return loss({**fixed, **values})

    values, gradients = jax.jit(jax.vmap(each))(dict(free))
    return np.asarray(values), np.asarray(gradients)


def _can_be_traced(loss: Callable[..., Any], swept: Swept, name: str) -> bool:
    """Whether a formula takes this parameter while its value is unknown."""
    others = {
        key: number(float(values[0]))
        for key, values in swept.values.items()
        if key != name
    }
    try:
        jax.eval_shape(
            lambda value: loss({**others, name: value}),
            jnp.asarray(swept.values[name][0]),
        )
    # A formula that needs to know a number says so in one of these ways.
    except (TypeError, ValueError):
        return False
    return True


def _labelled(
    swept: Swept,
    losses: NDArray[Any],
    gradients: NDArray[Any],
    logits: NDArray[Any],
    label: int,
) -> "xarray.Dataset":
    import xarray

    names = tuple(swept.values)
    norms = np.linalg.norm(gradients, axis=-1)
    return xarray.Dataset(
        {
            "loss": (names, losses),
            "gradient": ((*names, "component"), gradients),
            "gradient norm": (names, norms),
        },
        dict(swept.values),
        {"objective": swept.spec, "logits": logits.tolist(), "label": label},
    )

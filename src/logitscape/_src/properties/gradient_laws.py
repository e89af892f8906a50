"""The gradient laws of objectives along a ray: how the pull on the label and the gradient norm behave far out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.types import Number
from ..base.x64 import needs_float64
from ..engine import families
from ..landscapes.slice_arguments import one_class
from ..landscapes.slices import Coordinates, Slice, ray
from ..objectives.objective import Objective, Source, Sources, named_objectives
from .fit import START, find_law
from .law import Law
from .tail import Samples

QUANTITIES = ("pull", "norm", "loss")


@dataclass(frozen=True)
class GradientLaws:
    """What becomes of an objective far out on a ray.

    Attributes:
        pull: the law of -dL/dz_label, how hard the label's logit is pushed up.
        norm: the law of the gradient's Euclidean norm.
        loss: the law of the loss.
        ray: the points as a formula.
    """

    pull: Law
    norm: Law
    loss: Law
    ray: str

    def __str__(self) -> str:
        """A line for each law."""
        return "\n".join(
            [
                f"along {self.ray}",
                *(f"{name + ':':<6}{getattr(self, name)}" for name in QUANTITIES),
            ]
        )


def gradient_law(
    objective: Source,
    direction: str | Coordinates = "R1",
    *,
    num_classes: int | None = None,
    label: int = 0,
    rival: int = 1,
    base: Number = 0.0,
    end: Number = 1e8,
) -> GradientLaws:
    """The gradient law of one objective on a ray; arguments as for `gradient_laws`."""
    (laws,) = gradient_laws(
        [objective],
        direction,
        num_classes=num_classes,
        label=label,
        rival=rival,
        base=base,
        end=end,
    ).values()
    return laws


def gradient_laws(
    objectives: Sources,
    direction: str | Coordinates = "R1",
    *,
    num_classes: int | None = None,
    label: int = 0,
    rival: int = 1,
    base: Number = 0.0,
    end: Number = 1e8,
) -> dict[str, GradientLaws]:
    """The gradient laws of many objectives on a ray, by name. Where the loss is infinite or NaN, they are "undefined".

    Objectives of one normalizer are compiled together.

    Args:
        objectives: as for `sweep`.
        direction: "R1", "R2", "R3" or a vector, as for `ray`.
        num_classes: of a probe ray; 3 by default.
        label: the true class.
        rival: the wrong class of a probe ray.
        base: the other logits.
        end: how far out to look, more than 0.001.

    Raises:
        RuntimeError: without float64, `jax.config.update("jax_enable_x64", True)`.
        ValueError: as for `ray`, and for an end that is no finite number beyond 0.001.
    """
    needs_float64("gradient_laws")
    if not isinstance(end, int | float | np.number) or not START < end < math.inf:
        raise ValueError(
            f"`gradient_laws(end=...)` must be finite and more than {START:g}, got {end!r}."
        )
    named = named_objectives(objectives)
    line = ray(
        direction, [0.0], num_classes=num_classes, label=label, rival=rival, base=base
    )
    one_class("gradient_laws", "label", label, line.num_classes)
    groups = dict[object, list[str]]()
    for name, each in named.items():
        groups.setdefault(each.normalizer, []).append(name)
    found = dict[str, GradientLaws]()
    embed = jax.jit(partial(_logits, line))  # a program of its own, as in sweeps
    for names in groups.values():
        run = jax.jit(partial(_along, [named[name] for name in names], label))
        evaluate = _remembering(lambda s, run=run: run(embed(s)))  # type: ignore[misc]
        for index, name in enumerate(names):
            laws = {
                quantity: find_law(partial(_one, evaluate, row, index), end=end)
                for row, quantity in enumerate(QUANTITIES)
            }
            found[name] = GradientLaws(**laws, ray=line.description)
    return {name: found[name] for name in named}


def _logits(line: Slice, s: Array) -> Array:
    """The points of the ray, [n, m]."""
    logits: Array = jax.vmap(line.embed, out_axes=-1)(jnp.reshape(s, (-1, 1)))
    return logits


def _along(objectives: Sequence[Objective], label: int, logits: Array) -> Array:
    """[quantity, objective, m] at logits [n, m]; NaN where the loss is not finite."""
    found = families.evaluate(
        objectives, logits, jax.nn.one_hot(label, len(logits), dtype=logits.dtype)
    )
    rows = [
        jnp.stack([-each.gradient[label], _norm(each.gradient), each.loss])
        for each in found
    ]
    finite = jnp.stack([jnp.isfinite(each.loss) for each in found])
    return jnp.where(finite, jnp.stack(rows, axis=1), jnp.nan)


def _norm(gradient: Array) -> Array:
    """The Euclidean norm over the first axis, without overflow or underflow of the squares.

    Largest entries near the end of float64 are scaled down by less: XLA's reciprocal of them would be subnormal, and so 0.
    """
    largest = jnp.max(jnp.abs(gradient), axis=0, keepdims=True)
    scale = jnp.where(largest > 0, jnp.minimum(largest, 1e300), 1)
    return scale[0] * jnp.sqrt(jnp.sum((gradient / scale) ** 2, axis=0))


def _remembering(
    function: Callable[[Array], Array],
) -> Callable[[Samples], NDArray[Any]]:
    """The function, which computes nothing twice: objectives that share a program ask for the same samples."""
    known = dict[bytes, NDArray[Any]]()

    def recall(s: Samples) -> NDArray[Any]:
        key = s.tobytes()
        if key not in known:
            known[key] = np.asarray(function(jnp.asarray(s)))
        return known[key]

    return recall


def _one(
    evaluate: Callable[[Samples], NDArray[Any]], row: int, index: int, s: Samples
) -> Samples:
    values: Samples = evaluate(s)[row, index]
    return values

"""What properties of a loss are measured from: its values at many logits, for a label each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import jax
import numpy as np
from numpy.typing import NDArray

from ..base.memory import kept
from ..base.program_keys import key_of_all
from ..base.stored import under_jit
from ..base.target_kinds import DISTRIBUTION
from ..base.xla import jit_fast_compile
from ..objectives.at_label import loss_at_label
from ..objectives.objective import Objective
from ..objectives.sources import Source, objective

Rows: TypeAlias = NDArray[Any]

CHUNK, HESSIAN_CHUNK = 512, 64
"""Numbers of logits that are evaluated at once, so that each quantity needs one program."""


@dataclass(frozen=True)
class ByLabel:
    """A loss by its values at logits [m, n] with labels [m], all in float64.

    Attributes:
        losses: Function to losses, [m].
        values: Function to losses, [m], and gradients, [m, n].
        hessians: Function to Hessians, [m, n, n].
        scores: Function from logits [m, n] to what the predicted class is the argmax of, [m, n].
        eps: Distance from 1 to the next number of the precision in which it computes inside.
    """

    losses: Callable[[Rows, Rows], Rows]
    values: Callable[[Rows, Rows], tuple[Rows, Rows]]
    hessians: Callable[[Rows, Rows], Rows]
    scores: Callable[[Rows], Rows]
    eps: float = float(np.finfo(np.float64).eps)


def of_one_label(caller: str, source: Source) -> Objective:
    """The objective of a source, for a property that is one of losses of a label among classes.

    Args:
        caller: Name of the public function that measures the property.
        source: Objective, or a spec or a function that `ls.objective` accepts.

    Raises:
        ValueError: If every class, or every similarity, has a target of its own.
    """
    found = objective(source)
    if found.targets is not DISTRIBUTION:
        raise ValueError(
            f"`{caller}({found.name!r})` is not defined: its targets are "
            f"{found.targets.allowed}, and `{caller}` is about losses of one label among the "
            "classes."
        )
    return found


# Kept, as several properties of one loss are asked one after the other.
@kept(maxsize=16)
def by_label(objective: Objective) -> ByLabel:
    """An objective by its values; to be called, and evaluated, with 64 bits switched on."""
    loss = partial(loss_at_label, objective)
    programs: dict[str, Callable[..., Any]] = {
        "losses": jax.vmap(loss),
        "values": jax.vmap(jax.value_and_grad(loss)),
        "hessians": jax.vmap(jax.hessian(loss)),
        "scores": jax.vmap(partial(_scores, objective)),
    }
    runs = {
        name: under_jit(
            key_of_all([objective], name, "by label"), program, jit=jit_fast_compile
        )
        for name, program in programs.items()
    }
    return ByLabel(
        losses=partial(_rows, runs["losses"], CHUNK),
        values=partial(_in_chunks, runs["values"], CHUNK),
        hessians=partial(_rows, runs["hessians"], HESSIAN_CHUNK),
        scores=partial(_rows, runs["scores"], CHUNK),
    )


def for_all_labels(z: Rows) -> tuple[Rows, Rows]:
    """Every row [m, n] once for every label: logits [m * n, n], and labels [m * n]."""
    m, n = z.shape
    return np.repeat(z, n, axis=0), np.tile(np.arange(n), m)


def _scores(objective: Objective, logits: Any) -> Any:
    if objective.normalizer is None:
        return logits
    return objective.normalizer(logits).p


def _rows(run: Callable[..., Any], size: int, *arguments: Rows) -> Rows:
    rows: Rows
    (rows,) = _in_chunks(lambda *chunk: (run(*chunk),), size, *arguments)
    return rows


def _in_chunks(run: Callable[..., Any], size: int, *arguments: Rows) -> Any:
    """The results of a program for arguments [m, ...], each [m, ...]."""
    count = len(arguments[0])
    chunks = max(1, -(-count // size))
    # Repeated rows fill the last chunk: another shape would be another program.
    padded = [np.resize(rows, (chunks * size, *rows.shape[1:])) for rows in arguments]
    results = [
        run(*(rows[start : start + size] for rows in padded))
        for start in range(0, chunks * size, size)
    ]
    parts = zip(*results, strict=True)
    return tuple(np.concatenate(list(map(np.asarray, part)))[:count] for part in parts)

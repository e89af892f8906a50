"""Losses and gradients of pairs by their rule, with every part in the program once.

What comes in are objectives and logits [n, batch], with the classes in front.

1. Every normalizer weighs the classes.
2. Every loss is evaluated on the shares of all normalizers that it is paired with, joined into one
   batch.
3. Every normalizer turns the slopes of all of its losses into gradients.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.classes import whole
from ..losses.label_shares import OfLabel, Shares, Slopes
from ..normalizers.probs import Probs
from ..objectives import grouping
from ..objectives.objective import Objective
from ..objectives.statements import (
    gives_shares,
    statement_of_loss,
    statement_of_normalizer,
)
from ..objectives.weighing import Moves, gradient_of, moves_of, probabilities, weighed
from . import duals
from .batching import from_batch, to_batch
from .duals import Dual


@dataclass(frozen=True)
class Evaluation:
    """Values and derivatives of one objective at a batch of logits.

    Attributes:
        loss: Losses, [batch].
        gradient: Derivatives of the loss in the logits, [n, batch].
        p: Predicted probabilities, [n, batch]; None if the objective cannot predict.
        hessian: Second derivatives, [n, n, batch]; None if they were not asked for.
    """

    loss: Array
    gradient: Array
    p: Array | None
    hessian: Array | None = None


class _Weighing(NamedTuple):
    """What a normalizer does with the logits of one example.

    Attributes:
        shares: Shares of the classes, as arrays.
        p: Probabilities, [n].
        moves: How the weights move with the logits; None if the normalizer is not separable.
    """

    shares: dict[str, Array]
    p: Array
    moves: Moves | None


def by_rule(
    objectives: Sequence[Objective], logits: Array, label: int, unroll: bool
) -> dict[int, Evaluation]:
    """Evaluations of the pairs whose loss states itself, by index.

    Args:
        objectives: Objectives.
        logits: Logits, [n, batch].
        label: Label of all examples.
        unroll: Whether to unroll the classes.
    """
    statements, pairs = _stated(objectives, logits)
    call = duals.call_on_batch(unroll=unroll, with_tangents=False)
    inputs = Dual(to_batch(logits, unroll))
    groups = grouping.by_normalizer(pairs)
    weighings = dict[int, _Weighing]()
    for normalizer, members in groups.items():
        weighing = call(partial(_weighing, normalizer, label), inputs).primal
        weighings |= dict.fromkeys(members, weighing)
    slopes = dict[int, Dual]()
    for loss, members in grouping.by_loss(pairs).items():
        shares = [Dual(weighings[index].shares) for index in members]
        run = partial(_slopes_of_example, statements[loss])
        results = call(run, duals.concatenate(shares))
        parts = duals.split(results, len(members))
        slopes |= dict(zip(members, parts, strict=True))
    gradients = dict[int, Dual]()
    for normalizer, members in groups.items():
        stacked = duals.stack_rows([slopes[index] for index in members])
        pull_back = partial(_gradients, normalizer, label)
        rows = call(pull_back, inputs, Dual(weighings[members[0]].moves), stacked)
        gradients |= {index: duals.row(rows, row) for row, index in enumerate(members)}
    return {
        index: Evaluation(
            loss=from_batch(slopes[index].primal.value),
            gradient=from_batch(gradients[index].primal),
            p=from_batch(weighings[index].p),
        )
        for index in pairs
    }


def _stated(
    objectives: Sequence[Objective], logits: Array
) -> tuple[dict[Any, OfLabel], dict[int, Objective]]:
    """Statements by loss, and the pairs that have these losses by index."""
    example = jax.ShapeDtypeStruct(logits.shape[:1], logits.dtype)
    pairs = grouping.pairs(objectives)
    statements = dict[Any, OfLabel]()
    for loss in grouping.by_loss(pairs):
        statement = statement_of_loss(loss, example)
        if statement is not None:
            statements[loss] = statement
    stated = {
        index: objective
        for index, objective in pairs.items()
        if objective.loss in statements and gives_shares(objective.normalizer, example)
    }
    return statements, stated


def _weighing(normalizer: Any, label: int, logits: Array) -> _Weighing:
    weigh = statement_of_normalizer(normalizer, logits)
    if weigh is None:
        probs = normalizer(logits)
        return _Weighing(_shares_of(probs, label), probs.p, None)
    weights = weighed(weigh, logits, label, whole(logits))
    shares = weights.shares
    arrays = {
        "p": shares.p,
        "log_p": shares.log_p,
        "complement": shares.complement,
        "label": shares.label,
        "log_label": shares.log_label,
        "is_label": shares.is_label,
        "place": jnp.asarray(label),
        "rivals": shares.rivals,
        "log_rivals": shares.log_rivals(),
        "others": shares.others,
        "total": shares.total,
        "log_total": shares.log_total,
        "p_sink": shares.p_sink * jnp.ones_like(shares.p),
        "largest": jnp.maximum(jnp.max(shares.rivals), shares.label),
    }
    return _Weighing(arrays, probabilities(weights), moves_of(weights))


def _shares_of(probs: Probs, label: int) -> dict[str, Array]:
    """Shares that are probabilities already, of a normalizer that is not separable."""
    rivals = probs.p.at[label].set(0)
    return {
        "p": probs.p[label],
        "log_p": probs.log_p[label],
        "complement": probs.complement[label],
        "label": probs.p[label],
        "log_label": probs.log_p[label],
        "is_label": one_hot(jnp.asarray(label), probs.p.size),
        "place": jnp.asarray(label),
        "rivals": rivals,
        "log_rivals": probs.log_p.at[label].set(0),
        "others": jnp.sum(rivals),
        "total": jnp.ones_like(probs.p[label]),
        "log_total": jnp.zeros_like(probs.p[label]),
        "p_sink": jnp.zeros_like(probs.p[label]),
        "largest": jnp.max(probs.p),
    }


def _slopes_of_example(of_label: OfLabel, arrays: dict[str, Any]) -> Slopes:
    log_rivals = arrays["log_rivals"]
    shares = Shares(
        **{name: array for name, array in arrays.items() if name != "log_rivals"},
        log_rivals=lambda: log_rivals,
        num_classes=log_rivals.size,
        log_scale=math.nan,
        sum=jnp.sum,
        sums=whole(log_rivals).sums,
        maximum=jnp.max,
    )
    slopes = of_label(shares)
    one = jnp.ones_like(shares.p)
    # Of one shape for all losses, which are pulled back together.
    return Slopes(
        value=slopes.value,
        rivals=jnp.broadcast_to(slopes.rivals, shares.rivals.shape),
        label=slopes.label * one,
        log_label=slopes.log_label * one,
        log_rivals=jnp.broadcast_to(slopes.log_rivals * one, shares.rivals.shape),
    )


def _gradients(
    normalizer: Any, label: int, logits: Array, moves: Moves | None, slopes: Slopes
) -> Array:
    """Gradients of several losses of one normalizer, [losses, n], of one example."""
    if moves is None:
        _, transpose = jax.vjp(normalizer, logits)
        pull_back = partial(_through, transpose, label)
    else:
        is_label = one_hot(jnp.asarray(label), logits.size)
        pull_back = partial(gradient_of, is_label, moves)
    gradients: Array = jax.vmap(pull_back)(slopes)
    return gradients


def _through(transpose: Any, label: int, slopes: Any) -> Array:
    """Gradient through a normalizer that is not separable."""
    of_p = slopes.rivals.at[label].set(slopes.label)
    of_log_p = slopes.log_rivals.at[label].set(slopes.log_label)
    gradient: Array
    (gradient,) = transpose(Probs(of_p, of_log_p))
    return gradient

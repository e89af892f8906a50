"""The measurements of `blocks`, in a process of their own."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import jax
import jax.numpy as jnp
from jax import Array

import logitscape as ls
from logitscape._src.engine import blocks
from logitscape._src.engine.batching import MAX_UNROLLED_CLASSES
from logitscape._src.objectives.at_label import loss_at_label

from .blocks import PLAIN, ROWS, UNROLLED
from .peers import Problem, random_problem
from .process import progress
from .timing import interleaved

WITH_RULE: tuple[str, ...] = (
    "softmax + cross_entropy",
    "softmax + brier",
    "taylor + cross_entropy",
    "spherical + brier",
)
WITHOUT_RULE = ("min_shift + cross_entropy", "crammer_singer", "sparsemax_loss")
CLASSES: tuple[int, ...] = (3, 6, 10, 1000, 50_257)


def run(quick: bool) -> dict[str, Any]:
    """Every case; quick: few and small."""
    losses = WITH_RULE[:1] if quick else WITH_RULE + WITHOUT_RULE
    classes = CLASSES[:3:2] if quick else CLASSES
    numbers, rounds = (10**5, 3) if quick else (4 * 10**6, 9)
    cases = [_case(loss, n, numbers, rounds) for n in classes for loss in losses]
    return {"numbers": numbers, "rounds": rounds, "cases": cases}


def _case(loss: str, n: int, numbers: int, rounds: int) -> dict[str, Any]:
    progress(f"blocks: {loss}, n = {n}")
    problem = random_problem(loss, n, numbers)
    objective = ls.objective(loss)

    def of_example(logits: Array, label: Array) -> tuple[Array, Array]:
        return jax.value_and_grad(partial(loss_at_label, objective))(logits, label)

    in_blocks = partial(blocks.evaluate_in_blocks, of_example, -1)
    ways = {PLAIN: _compiled(problem, jax.vmap(of_example))}
    if n <= MAX_UNROLLED_CLASSES:
        ways[UNROLLED] = _compiled(problem, in_blocks)
    with patch.object(blocks, "MAX_UNROLLED_CLASSES", 0):
        ways[ROWS] = _compiled(problem, in_blocks)
    has_rule = loss in WITH_RULE
    return {
        "loss": loss,
        "has_rule": has_rule,
        "n": n,
        "used": _used(n, has_rule),
        "seconds": interleaved(ways, rounds),
    }


def _used(n: int, has_rule: bool) -> str:
    """The arrangement that `ls.value_and_grad` uses."""
    if has_rule:
        return PLAIN
    return UNROLLED if n <= MAX_UNROLLED_CLASSES else ROWS


def _compiled(problem: Problem, function: Callable[..., Any]) -> Callable[[], object]:
    z, y = jnp.asarray(problem.logits), jnp.asarray(problem.labels)
    program = jax.jit(function).lower(z, y).compile()
    return lambda: jax.block_until_ready(program(z, y))

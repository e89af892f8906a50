"""The measurements of `interpreters`, in a process of their own."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import jax
import jax.numpy as jnp

import logitscape as ls
from logitscape._src.engine import blocks

from .interpreters import RIVALS
from .peers import Problem, random_problem
from .peers_jax import textbook, vmapped
from .process import progress
from .timing import interleaved

INTERPRETERS = {3: "unrolled", 10: "batch_last", 1000: "two_pass"}
"""Which interpreter serves a number of classes."""

PAIRS = (
    "softmax + cross_entropy",
    "softmax + brier",
    "taylor + cross_entropy",
    "spherical + brier",
)


def run(quick: bool) -> dict[str, Any]:
    """Every case; quick: few and small."""
    pairs, numbers, rounds = (PAIRS[:1], 10**5, 3) if quick else (PAIRS, 4 * 10**6, 9)
    cases = [_case(pair, n, numbers, rounds) for n in INTERPRETERS for pair in pairs]
    return {"numbers": numbers, "rounds": rounds, "cases": cases}


def _case(pair: str, n: int, numbers: int, rounds: int) -> dict[str, Any]:
    progress(f"interpreters: {pair}, n = {n}")
    problem = random_problem(pair, n, numbers)
    blocks_by_vmap, whole_batch, as_written = RIVALS
    ways = {
        "logitscape": _compiled(problem, ls.value_and_grad(pair)),
        blocks_by_vmap: _compiled_without_interpreters(problem),
        whole_batch: _compiled(problem, vmapped(ls.objective(pair), -1)),
        as_written: _compiled(problem, vmapped(textbook(pair), -1)),
    }
    seconds = interleaved(ways, rounds)
    return {"interpreter": INTERPRETERS[n], "pair": pair, "n": n, "seconds": seconds}


def _compiled(problem: Problem, function: Callable[..., Any]) -> Callable[[], object]:
    z, y = jnp.asarray(problem.logits), jnp.asarray(problem.labels)
    program = jax.jit(function).lower(z, y).compile()
    return lambda: jax.block_until_ready(program(z, y))


def _compiled_without_interpreters(problem: Problem) -> Callable[[], object]:
    """`ls.value_and_grad` for which every number of classes is too large for an interpreter."""
    with (
        patch.object(blocks, "MAX_UNROLLED_CLASSES", 0),
        patch.object(blocks, "MAX_SLAB_CLASSES", 0),
        patch.object(blocks, "two_pass", lambda *_: None),
    ):
        return _compiled(problem, ls.value_and_grad(problem.pair))

"""The measurements of `throughput`, in a process of their own."""

from collections.abc import Sequence
from typing import Any

from . import peers_jax, peers_numpy
from .peers import Peer, Problem, check, random_problem
from .process import progress
from .timing import interleaved

PAIRS = [
    f"{normalizer} + {loss}"
    for normalizer in ("softmax", "taylor", "spherical")
    for loss in ("cross_entropy", "brier")
]
CLASSES = (3, 10, 1000, 32768)


def run(quick: bool) -> dict[str, Any]:
    """Measure every case; in a quick run, few and small ones."""
    if quick:
        return _measure((3, 1000), PAIRS[:3:2], numbers=10**5, rounds=3)
    return _measure(CLASSES, PAIRS, numbers=10**7, rounds=7)


def _measure(
    classes: Sequence[int], pairs: Sequence[str], numbers: int, rounds: int
) -> dict[str, Any]:
    cases = []
    for n in classes:
        cases += [_case(pair, n, numbers, rounds) for pair in pairs]
    return {"numbers": numbers, "rounds": rounds, "cases": cases}


def _case(pair: str, n: int, numbers: int, rounds: int) -> dict[str, Any]:
    progress(f"throughput: {pair}, n = {n}")
    problem = random_problem(pair, n, numbers)
    peers, unavailable = _checked(problem)
    tasks = peers_jax.limits(problem) | {peer.name: peer.run for peer in peers}
    seconds = interleaved(tasks, rounds)
    by_layout = [(peer.family, peer.layout, seconds[peer.name]) for peer in peers]
    by_layout += [(limit, "any", seconds[limit]) for limit in ("exp", "copy")]
    return {
        "pair": pair,
        "n": n,
        "numbers": problem.logits.size,
        "seconds": by_layout,
        "unavailable": unavailable,
    }


def _checked(problem: Problem) -> tuple[Sequence[Peer], dict[str, str]]:
    """The peers that work, all with the same values; and by family, why the others do not."""
    reference = peers_numpy.reference(problem)
    candidates, unavailable = _candidates(problem)
    working = []
    for peer in candidates:
        try:
            outputs = peer.run()
        except Exception as error:
            if not peer.may_fail:
                raise
            unavailable[peer.family] = _reason(error)
        else:
            check(peer, outputs, reference)
            working.append(peer)
    return working, unavailable


def _candidates(problem: Problem) -> tuple[list[Peer], dict[str, str]]:
    peers = [*peers_jax.peers(problem), *peers_numpy.peers(problem)]
    try:
        from . import peers_torch
    except ImportError as error:
        return peers, {"PyTorch": _reason(error)}
    return [*peers, *peers_torch.peers(problem)], {}


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]

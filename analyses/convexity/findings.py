"""Findings about convexity."""

from collections import Counter
from collections.abc import Mapping

from logitscape import plotting
from logitscape._src.properties.convexity import Convexity

from ..harness.findings import Finding, proved
from ..shared.catalogue import LOGIT_LOSSES
from .softmax import FAR, pull_theorem
from .verdicts import PAIRS, Values


def softmax_with_cross_entropy(
    searches: Mapping[str, Convexity], gradient_error: float, hessian_error: float
) -> list[Finding]:
    search = searches["softmax + cross_entropy"]
    return [
        proved(
            id="C17a",
            claim="the gradient of softmax with cross-entropy is p - y",
            value=gradient_error,
            expected=0,
            tolerance=1e-13,
            measured="the largest difference is {:g}",
        ),
        proved(
            id="C17b",
            claim="the Hessian of softmax with cross-entropy is diag(p) - p p^T",
            value=hessian_error,
            expected=0,
            tolerance=1e-13,
            measured="the largest difference is {:g}",
        ),
        proved(
            id="C17c",
            claim="softmax with cross-entropy is convex in the logits",
            value=max(0.0, -search.curvature, search.excess),
            expected=0,
            tolerance=1e-12,
            measured="the most negative curvature is {:g}",
        ),
    ]


def pairs(searches: Mapping[str, Convexity]) -> list[Finding]:
    return [
        Finding(
            id="C17d",
            claim="few pairs are convex",
            measured=convex_pairs(searches),
            verdict="holds with a limit",
            limit="sparse ones are where they are finite; off their support they are infinite",
        ),
        Finding(
            id="C17e",
            claim="squared error with softmax is convex",
            measured=witness_text(searches["softmax + brier"]),
            verdict="does not hold",
        ),
        Finding(
            id="C17f",
            claim="dividing by the sum, with cross-entropy, is convex",
            measured=witness_text(searches["sum + cross_entropy"]),
            verdict="does not hold",
        ),
    ]


def pull_theorem_agrees(
    searches: Mapping[str, Convexity], pulls: Mapping[str, Values]
) -> Finding:
    disagreeing = [
        loss
        for loss, values in pulls.items()
        if searches[f"softmax + {loss}"].convex != pull_theorem(values)
    ]
    return proved(
        id="C17g",
        claim=f"the pull theorem tells the {len(pulls)} losses of p_y apart",
        value=len(disagreeing),
        expected=0,
        tolerance=0,
        measured="{:.0f} of them disagree with the search",
    )


def losses_of_logits(
    searches: Mapping[str, Convexity], z_loss_far_out: float
) -> Finding:
    bent = [name for name in LOGIT_LOSSES if searches[name].convex is not True]
    limit = (
        f"z_loss bends down far out: its curvature is {z_loss_far_out:.3f} "
        f"where all logits are {FAR:g}"
    )
    return proved(
        id="C17h",
        claim="all losses of the logits themselves are convex",
        value=len(bent),
        expected=0,
        tolerance=0,
        measured=f"{{:.0f}} of {len(LOGIT_LOSSES)} are not where |z| <= 12",
        verdict="holds with a limit",
        limit=limit,
    )


def witnesses(searches: Mapping[str, Convexity]) -> Finding:
    counts = Counter(searches[pair].convex for pair in PAIRS)
    return Finding(
        id="C17i",
        claim="every other pair has a witness where it bends, kinks or jumps",
        measured=f"{counts[False]} pairs have one, which convexity.csv names",
        verdict="holds with a limit",
        limit=f"{counts[None]} more are infinite almost everywhere",
    )


def convex_pairs(searches: Mapping[str, Convexity]) -> str:
    """The number of convex pairs, in all and by normalizer."""
    convex = [pair for pair in PAIRS if searches[pair].convex]
    counts = Counter(pair.split(" + ")[0] for pair in convex)
    by_normalizer = [f"{name} {count}" for name, count in counts.items()]
    return (
        f"{len(convex)} of {len(PAIRS)} are, by normalizer: {', '.join(by_normalizer)}"
    )


def witness_text(search: Convexity) -> str:
    """The least curvature and its logits."""
    logits = plotting.settled(search.witness)
    numbers = ", ".join(f"{z:.2f}" for z in logits)
    return f"the curvature is {search.curvature:.3f} at z = ({numbers})"

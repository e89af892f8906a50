"""Findings of the atlas about a model that gets more wrong, and about one that is right."""

from collections import Counter
from collections.abc import Iterable

from logitscape._src.properties.law import Law

from ..harness.findings import Finding, proved
from ..shared.far_out import Data, constant_objectives, is_constant, kind_of
from ..shared.probe_rays import Laws, vanishes
from .laws import vanishing
from .objectives import ALONE, COLUMNS, EXPONENTIAL, LOGARITHMIC, PAIRS, ROWS, SMOOTHED

ALL_PAIRS = list(PAIRS.values())


def while_wrong(data: Data) -> list[Finding]:
    return [
        *constant_slopes(data),
        constant_pulls(data),
        norms_like_slopes(data),
        constant_where_both_move(data),
    ]


def constant_slopes(data: Data) -> list[Finding]:
    constant = set(constant_objectives(data))
    return [*constant_pairs(data, constant), constant_alone(constant)]


def constant_pairs(data: Data, constant: set[str]) -> list[Finding]:
    steady = constant & set(ALL_PAIRS)
    predicted = {PAIRS[row, column] for row in EXPONENTIAL for column in LOGARITHMIC}
    kinds = Counter(broad_kind(data["R1"][pair].slope) for pair in ALL_PAIRS)
    only_r1 = kinds.pop("constant", 0) - len(steady)
    return [
        proved(
            id="C04g",
            claim="on R1 and R2 the slope stays constant while wrong for e^z with -log p only",
            value=len(steady ^ predicted),
            expected=0,
            tolerance=0,
            measured=f"{len(steady)} of {len(PAIRS)} pairs have it, {{:.0f}} of them unpredicted",
        ),
        Finding(
            id="C04h",
            claim="the other pairs do not have it (R1)",
            measured=f"their slopes end in these ways: {counts_text(kinds)}",
            verdict="holds with a limit",
            limit=f"{only_r1} more are constant on R1 alone, where the loss undoes 1/s",
        ),
    ]


def constant_alone(constant: set[str]) -> Finding:
    changing = [name for name in ALONE if name not in constant]
    return Finding(
        id="C04i",
        claim="losses of the logits have it too",
        measured=f"{len(ALONE) - len(changing)} of {len(ALONE)} have it",
        verdict="holds with a limit",
        limit=f"{' and '.join(changing)} do not have it",
    )


def constant_pulls(data: Data) -> Finding:
    pulled = [pair for pair in ALL_PAIRS if data["R1"][pair].pull.kind == "constant"]
    return Finding(
        id="C04j",
        claim="the pull on the label stays constant (R1)",
        measured=f"it stays constant for {len(pulled)} of {len(PAIRS)} pairs",
        verdict="holds with a limit",
        limit="the label's logit stands still on R1, so that the slope can fade all the same",
    )


def norms_like_slopes(data: Data) -> Finding:
    unlike = [pair for pair in ALL_PAIRS if not norm_is_like_slope(data["R1"][pair])]
    lasting = [pair for pair in unlike if not vanishes(data["R1"][pair].norm)]
    limit = (
        f"{len(lasting)} of the others keep or raise a norm that pulls at the label "
        "and leaves the rival alone"
    )
    return Finding(
        id="C04k",
        claim="the gradient's norm has a law of the slope's kind (R1)",
        measured=f"{len(PAIRS) - len(unlike)} of {len(PAIRS)} pairs have such a norm",
        verdict="holds with a limit",
        limit=limit,
    )


def norm_is_like_slope(laws: Laws) -> bool:
    return kind_of(laws.norm) == kind_of(laws.slope)


def constant_where_both_move(data: Data) -> Finding:
    rival_up, label_down, both = (steady_pairs(data[ray]) for ray in ("R1", "R2", "R3"))
    on_all = rival_up & label_down & both
    not_on_r1 = (label_down & both) - rival_up
    normalizers = sorted({pair.split()[0] for pair in not_on_r1})
    counts = (
        f"{len(on_all)} pairs have it on R1, R2 and R3, and {len(not_on_r1)} "
        "on R2 and R3 alone"
    )
    return Finding(
        id="C04l",
        claim="the slope is constant on R3 too, where both move",
        measured=counts,
        verdict="holds with a limit",
        limit=f"{' and '.join(normalizers)} are like e^z on the left only",
    )


def steady_pairs(by_objective: dict[str, Laws]) -> set[str]:
    return {pair for pair in ALL_PAIRS if is_constant(by_objective[pair])}


def when_right(right: dict[str, Laws]) -> list[Finding]:
    return [*losses_when_right(right), *norms_when_right(right)]


def losses_when_right(right: dict[str, Laws]) -> list[Finding]:
    kinds = {pair: vanishing(right[pair].loss) for pair in ALL_PAIRS}
    reached = {pair for pair, kind in kinds.items() if kind}
    predicted = pairs_without("sigmoid", SMOOTHED)
    counts = Counter(kind for kind in kinds.values() if kind)
    limit = (
        "it does not with reverse_kl or label_smoothing, nor with sigmoid, whose p stays below 1; "
        "clipped, it goes to 1e-7"
    )
    return [
        proved(
            id="C05d",
            claim="when right, the loss goes to 0 for every pair",
            value=len(reached ^ predicted),
            expected=0,
            tolerance=0,
            measured=f"{len(reached)} of {len(PAIRS)} pairs reach 0, {{:.0f}} of them unpredicted",
            verdict="holds with a limit",
            limit=limit,
        ),
        Finding(
            id="C05e",
            claim="when right, the loss goes to 0 at speeds of different kinds",
            measured=f"it goes there in these ways: {counts_text(counts)}",
            verdict="holds",
        ),
    ]


def norms_when_right(right: dict[str, Laws]) -> list[Finding]:
    resting = {pair for pair in ALL_PAIRS if vanishes(right[pair].norm)}
    predicted = pairs_without("sigmoid", ["label_smoothing"])
    limit = "it does not with sigmoid, nor with label_smoothing, whose target a sure model misses"
    return [
        proved(
            id="C05g",
            claim="when right, the gradient goes to 0 for every pair",
            value=len(resting ^ predicted),
            expected=0,
            tolerance=0,
            measured=f"{len(resting)} of {len(PAIRS)} pairs reach 0, {{:.0f}} of them unpredicted",
            verdict="holds with a limit",
            limit=limit,
        ),
        Finding(
            id="C05h",
            claim="when right, the gradient's norm ends in different ways",
            measured="it ends in these ways: "
            + broad_kinds(right[pair].norm for pair in ALL_PAIRS),
            verdict="holds",
        ),
    ]


def pairs_without(normalizer: str, losses: Iterable[str]) -> set[str]:
    """All pairs but those with the normalizer or with one of the losses."""
    rows = [row for row in ROWS if row != normalizer]
    columns = [column for column in COLUMNS if column not in losses]
    return {PAIRS[row, column] for row in rows for column in columns}


def broad_kinds(laws: Iterable[Law]) -> str:
    """The numbers of laws that grow, that decay and so on, by name."""
    counts = Counter(broad_kind(law) for law in laws)
    return counts_text(dict(sorted(counts.items())))


def broad_kind(law: Law) -> str:
    """Growth, decay, constant, zero or undefined."""
    return law.kind.split()[-1]


def counts_text(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} in {count}" for name, count in counts.items())

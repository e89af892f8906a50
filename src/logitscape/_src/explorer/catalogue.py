"""The pairs of the catalogue, measured once and kept beside this file.

`python -m logitscape._src.explorer.catalogue --write` measures them anew, which takes nine minutes
of processor time.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.files import write_text
from ..base.xla import compile_all_fast
from ..objectives.catalog import FORMULAS, NORMALIZERS, PROBABILITY_LOSSES
from ..objectives.parts import loss_from, normalizer_from
from ..objectives.sources import objective
from . import field, knobs
from .knobs import Knobs
from .measured import Measured, record
from .opening import Opening, opening
from .packing import packed
from .parts import Evaluate, LossPart, NormalizerPart, of_objective, of_pair
from .rays import base_of, on_rays

FILE = Path(__file__).with_name("catalogue.json")
LOSSES_ALONE = tuple(
    formula.name
    for formula in FORMULAS
    if formula.kind in ("loss of logits", "multi-label loss", "contrastive loss")
    and formula.domain is None
)
"""Losses without a normalizer. Those of cosines are left out: no ray leads far out."""

MAPPED = tuple(
    f"{formula.name} > softmax + cross_entropy"
    for formula in FORMULAS
    if formula.kind == "logit map"
)
"""The maps of the logits, each before softmax with cross-entropy."""
WHOLE = (*LOSSES_ALONE, *MAPPED)
"""What is not composed of one of the normalizers and one of the losses, but evaluated whole."""

TOGETHER = 4
"""Number of normalizers whose pairs roll as one program, which has every loss once."""
WHOLE_TOGETHER = 8
"""Number of the others that roll as one program."""


def read() -> dict[str, Any]:
    """Read what was measured."""
    stored: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return stored


def name_of(normalizer: str, loss: str) -> str:
    """Return the spec of a pair."""
    return f"{normalizer} + {loss}"


def turned() -> list[str]:
    """Return the pairs that turn finely: every formula, in the plainest company."""
    plain = [name_of(normalizer, "cross_entropy") for normalizer in NORMALIZERS]
    plain += [name_of("softmax", loss) for loss in PROBABILITY_LOSSES]
    return [*dict.fromkeys(plain), *WHOLE]


def measured() -> dict[str, Any]:
    """Measure the whole catalogue; needs float64."""
    result = Measured()
    evaluates = dict[str, Evaluate]()
    for name, base, evaluate in _evaluators():
        evaluates[name] = evaluate
        result.rays[name] = on_rays(evaluate, base)
        result.arrows[name] = field.arrows(evaluate)
    result.rolled = list(result.rays)
    result.rolling = field.joined(
        [
            field.rolling([objective(name) for name in names])
            for names in _rolling_together()
        ]
    )
    result.knobs = _all_knobs(evaluates, result)
    return {
        "normalizers": list(NORMALIZERS),
        "losses": list(PROBABILITY_LOSSES),
        "alone": list(LOSSES_ALONE),
        "mapped": list(MAPPED),
        "opening": _opening(opening()),
        "pairs": record(result),
    }


def _evaluators() -> Iterator[tuple[str, float, Evaluate]]:
    """Yield every pair with the value of all logits from which its rays begin."""
    losses = {name: LossPart(loss_from(name)) for name in PROBABILITY_LOSSES}
    for normalizer in NORMALIZERS:
        part = NormalizerPart(normalizer_from(normalizer))
        base = base_of(name_of(normalizer, "cross_entropy"))
        for loss in PROBABILITY_LOSSES:
            yield name_of(normalizer, loss), base, of_pair(part, losses[loss])
    for name in WHOLE:
        yield name, base_of(name), of_objective(objective(name))


def _rolling_together() -> Iterator[list[str]]:
    """Yield the pairs in the order of `_evaluators`, as many as one program rolls."""
    for normalizers in _cut(list(NORMALIZERS), TOGETHER):
        yield [
            name_of(normalizer, loss)
            for normalizer in normalizers
            for loss in PROBABILITY_LOSSES
        ]
    yield from _cut(WHOLE, WHOLE_TOGETHER)


def _cut(names: Sequence[str], size: int) -> list[list[str]]:
    starts = range(0, len(names), size)
    return [list(names[start : start + size]) for start in starts]


def _all_knobs(evaluates: Mapping[str, Evaluate], result: Measured) -> list[Knobs]:
    """Return a parameter where there is one to turn, and the temperature of the other pairs."""
    parameters = [
        knobs.of_formula(name, _base_of(name, result)) for name in knobs.PARAMETERS
    ]
    having = {each.pair for each in parameters}
    finely = set(turned())
    return parameters + [
        knobs.of_temperature(
            name,
            evaluate,
            result.rays[name].base,
            knobs.TEMPERATURES if name in finely else knobs.FEW_TEMPERATURES,
        )
        for name, evaluate in evaluates.items()
        if name not in having
    ]


def _base_of(formula: str, result: Measured) -> float:
    specs = (formula, name_of("softmax", formula), name_of(formula, "cross_entropy"))
    return next(result.rays[spec].base for spec in specs if spec in result.rays)


def _opening(first: Opening) -> dict[str, Any]:
    return {"values": packed(first.values), "sentence": packed(first.sentence)}


def to_json(stored: dict[str, Any]) -> str:
    """Return the text of the file."""
    return json.dumps(stored, separators=(",", ":")) + "\n"


def main() -> None:
    """Write the file with `--write`, else say how large it is."""
    compile_all_fast()
    import jax

    jax.config.update("jax_enable_x64", True)
    text = to_json(measured())
    if sys.argv[1:] == ["--write"]:
        write_text(FILE, text)
    print(f"{len(text):,} bytes")


if __name__ == "__main__":
    main()

"""The pairs of the catalogue, measured once and kept beside this file.

`python -m logitscape._src.explorer.catalogue --write` measures them anew, which takes some minutes.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..base.files import write_text
from ..base.xla import compile_all_fast
from ..objectives.catalog import FORMULAS, NORMALIZERS, PROBABILITY_LOSSES
from ..objectives.objective import Objective
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

TOGETHER = 8
"""Number of objectives whose flows are compiled as one program."""


def read() -> dict[str, Any]:
    """Read what was measured."""
    stored: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return stored


def name_of(normalizer: str, loss: str) -> str:
    """Return the spec of a pair."""
    return f"{normalizer} + {loss}"


def rolled() -> list[str]:
    """Return the pairs whose flows are computed: every formula, in the plainest company."""
    plain = [name_of(normalizer, "cross_entropy") for normalizer in NORMALIZERS]
    plain += [name_of("softmax", loss) for loss in PROBABILITY_LOSSES]
    return [*dict.fromkeys(plain), *LOSSES_ALONE]


def measured() -> dict[str, Any]:
    """Measure the whole catalogue; needs float64."""
    result = Measured()
    for name, base, evaluate in _evaluators():
        result.rays[name] = on_rays(evaluate, base)
        result.arrows[name] = field.arrows(evaluate)
    result.rolled = rolled()
    objectives = [objective(name) for name in result.rolled]
    starts = range(0, len(objectives), TOGETHER)
    result.rolling = field.joined(
        [field.rolling(objectives[start : start + TOGETHER]) for start in starts]
    )
    result.knobs = _all_knobs(objectives, result)
    return {
        "normalizers": list(NORMALIZERS),
        "losses": list(PROBABILITY_LOSSES),
        "alone": list(LOSSES_ALONE),
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
    for name in LOSSES_ALONE:
        yield name, base_of(name), of_objective(objective(name))


def _all_knobs(objectives: Sequence[Objective], result: Measured) -> list[Knobs]:
    """Return a parameter where there is one to turn, and the temperature of the other pairs."""
    turned = [
        knobs.of_formula(name, _base_of(name, result)) for name in knobs.PARAMETERS
    ]
    having = {each.pair for each in turned}
    others = [each for each in objectives if each.name not in having]
    return turned + [
        knobs.of_temperature(each, result.rays[each.name].base) for each in others
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

"""The catalogue as text: formula, source and parameters from the docstrings, and a verdict that is measured.

It is kept in `catalog.json`, so that `logitscape list` need no JAX; `python -m logitscape._src.cli.listing --write` remakes it.
"""

import inspect
import json
import re
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ..objectives.catalog import Formula
    from ..properties.convexity import Convexity
    from ..properties.invariance import Change, Invariance
    from ..properties.law import Law

Kind: TypeAlias = Literal["normalizer", "loss of probabilities", "loss of logits"]

FILE = Path(__file__).with_name("catalog.json")
NORMALIZER, LOSS = "softmax", "cross_entropy"
RAY = {"direction": "R1", "base": 1}
"""A rival rises above z = (1, 1, 1): in the domain of every normalizer."""


@dataclass(frozen=True)
class Entry:
    """What is said of a normalizer or a loss.

    Attributes:
        name: as in specs.
        kind: what it takes.
        formula: the first sentence of its docstring.
        source: who introduced it; may be empty.
        parameters: their defaults by name.
        measured: how: the objective and the ray.
        verdict: what was found there.
    """

    name: str
    kind: Kind
    formula: str
    source: str
    parameters: dict[str, float | int | str] = field(default_factory=dict)
    measured: str = ""
    verdict: str = ""

    @property
    def signature(self) -> str:
        """The name with its parameters, a spec."""
        listed = ", ".join(
            f"{name}={value!r}" for name, value in self.parameters.items()
        )
        return f"{self.name}({listed})" if listed else self.name


def read() -> list[Entry]:
    """The catalogue as it is kept."""
    return [Entry(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))]


def to_json(entries: list[Entry]) -> str:
    """The text of `catalog.json`."""
    return (
        json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False)
        + "\n"
    )


def described() -> list[Entry]:
    """The catalogue from docstrings and signatures, without what has to be measured."""
    from ..objectives.catalog import FORMULAS

    return [_described(formula) for formula in FORMULAS]


def _described(entry: "Formula") -> Entry:
    docstring = inspect.getdoc(entry.function) or ""
    paragraphs = [" ".join(each.split()) for each in docstring.split("\n\n")]
    source = next(
        (
            each.removeprefix("Source: ")
            for each in paragraphs
            if each.startswith("Source: ")
        ),
        "",
    )
    formula = first_sentence(paragraphs[0]).replace("`", "")
    return Entry(
        entry.name, entry.kind, formula, source.removesuffix("."), entry.parameters
    )


def first_sentence(text: str) -> str:
    """Up to the first full stop that stands in no code and ends no abbreviation, without it."""
    found = re.match(r"(?:`[^`]*`|[^`])*?(?=\.(?:\s|$))", text)
    return found.group() if found else text


def measured(entries: list[Entry]) -> list[Entry]:
    """The same with their verdicts: takes about a minute, and needs float64."""
    from ..properties.convexity import convexities
    from ..properties.gradient_laws import gradient_laws
    from ..properties.invariance import invariances

    specs = {entry.name: spec_of(entry) for entry in entries}
    laws = gradient_laws(specs, **RAY)  # type: ignore[arg-type]
    bends = convexities(
        {
            entry.name: specs[entry.name]
            for entry in entries
            if entry.kind != "normalizer"
        }
    )
    where = laws[entries[0].name].ray
    found = list[Entry]()
    for entry in entries:
        fate = gradient_verdict(laws[entry.name].norm)
        rest = (
            _blindness(invariances(entry.name))
            if entry.kind == "normalizer"
            else _convex(bends[entry.name])
        )
        how = f"{specs[entry.name]}, {where}, label 0"
        found.append(
            Entry(**(asdict(entry) | {"measured": how, "verdict": f"{fate}; {rest}"}))
        )
    return found


def spec_of(entry: Entry) -> str:
    """The objective that an entry is judged by."""
    if entry.kind == "normalizer":
        return f"{entry.name} + {LOSS}"
    return (
        entry.name if entry.kind == "loss of logits" else f"{NORMALIZER} + {entry.name}"
    )


def gradient_verdict(law: "Law") -> str:
    """What becomes of the gradient's norm once the label is wrong by s, in a few words."""
    since = (
        ""
        if law.begins is None or law.begins == float("-inf")
        else f" from s = {law.begins:.3g} on"
    )
    if law.kind in ("zero", "undefined"):
        return (
            f"gradient exactly 0{since}"
            if law.kind == "zero"
            else f"loss infinite or undefined{since}"
        )
    if law.kind == "constant":
        return f"gradient stays at {law.coefficient:.3g}"
    word = {"decay": "fades", "growth": "grows"}.get(law.kind.split()[-1])
    return f"gradient {word} like {law}" if word else f"gradient {law.kind}"


def _blindness(found: "dict[Change, Invariance]") -> str:
    blind = [change for change in ("shift", "scale", "sign") if found[change].holds]
    text = f"blind to {' and '.join(blind)}" if blind else "no invariance"
    return text if found["permutation"].holds else f"{text}; treats classes differently"


def _convex(found: "Convexity") -> str:
    if found.convex is None:
        return "nowhere finite"
    return "convex where searched" if found.convex else "not convex"


def main() -> None:
    """Write the file, or say what it would be."""
    import jax

    from ..base.files import write_text

    jax.config.update("jax_enable_x64", True)
    text = to_json(measured(described()))
    if sys.argv[1:] == ["--write"]:
        write_text(FILE, text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()

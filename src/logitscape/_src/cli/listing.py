"""The catalog as text: formula, source and parameters from docstrings, and a measured verdict.

It is stored in `catalog.json`, so that `logitscape list` need not import JAX;
`python -m logitscape._src.cli.listing --write` writes that file anew.
"""

import inspect
import json
import re
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from ..objectives.formula import Formula
    from ..properties.convexity import Convexity
    from ..properties.gradient_laws import GradientLaws
    from ..properties.invariance import Change, Invariance
    from ..properties.law import Law

Kind: TypeAlias = Literal[
    "logit map",
    "normalizer",
    "loss of probabilities",
    "loss of logits",
    "multi-label loss",
    "contrastive loss",
]

FILE = Path(__file__).with_name("catalog.json")
NORMALIZER, LOSS = "softmax", "cross_entropy"
DIRECTION, NUM_CLASSES = "R1", 3
"""A rival rises, as `show` and `diagnose` have it."""


@dataclass(frozen=True)
class Entry:
    """A logit map, a normalizer or a loss in the catalog.

    Attributes:
        name: Name in specs.
        kind: Logit map, normalizer, or the kind of loss.
        formula: First sentence of its docstring.
        source: Publication that introduced it; may be empty.
        parameters: Default values of its parameters, by name.
        measured: Objective and ray of the measurement.
        verdict: Result of the measurement, in words.
    """

    name: str
    kind: Kind
    formula: str
    source: str
    parameters: dict[str, float | int | str | None] = field(default_factory=dict)
    measured: str = ""
    verdict: str = ""

    @property
    def signature(self) -> str:
        """The name with its parameters, which is a spec."""
        if not self.parameters:
            return self.name
        arguments = [f"{name}={value!r}" for name, value in self.parameters.items()]
        return f"{self.name}({', '.join(arguments)})"


def read() -> list[Entry]:
    """Read the stored catalog."""
    return [Entry(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))]


def to_json(entries: list[Entry]) -> str:
    """Return the text of `catalog.json`."""
    rows = [asdict(entry) for entry in entries]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def described() -> list[Entry]:
    """Return the catalog from docstrings and signatures, without measurements."""
    from ..objectives.catalog import FORMULAS

    return [_described(formula) for formula in FORMULAS]


def _described(formula: "Formula") -> Entry:
    docstring = inspect.getdoc(formula.function) or ""
    paragraphs = [" ".join(lines.split()) for lines in docstring.split("\n\n")]
    return Entry(
        name=formula.name,
        kind=formula.kind,
        formula=first_sentence(paragraphs[0]).replace("`", ""),
        source=_source(paragraphs),
        parameters=formula.parameters,
    )


def _source(paragraphs: list[str]) -> str:
    for paragraph in paragraphs:
        if paragraph.startswith("Source: "):
            return paragraph.removeprefix("Source: ").removesuffix(".")
    return ""


def first_sentence(text: str) -> str:
    """Return the text up to the first full stop that ends a sentence, without it.

    A full stop in code, between backquotes, ends none, nor does one without a space after it.
    """
    sentence = re.match(r"(?:`[^`]*`|[^`])*?(?=\.(?:\s|$))", text)
    return sentence.group() if sentence else text


def measured(entries: list[Entry]) -> list[Entry]:
    """Return the entries with their verdicts; takes about a minute, and needs float64."""
    from ..properties.convexity import convexities
    from ..properties.invariance import invariances

    specs = {entry.name: spec_of(entry) for entry in entries}
    laws = _laws(specs)
    losses = [entry.name for entry in entries if "loss" in entry.kind]
    convexity = convexities({name: specs[name] for name in losses})
    complete = list[Entry]()
    for entry in entries:
        its_laws = laws[entry.name]
        if entry.kind == "normalizer":
            other = _invariance_verdict(invariances(entry.name))
        elif entry.kind == "logit map":
            other = _invariance_verdict(invariances(f"{entry.name} > {NORMALIZER}"))
        else:
            other = _convexity_verdict(convexity[entry.name])
        where = f"{specs[entry.name]}, {its_laws.ray}, label 0"
        verdict = f"{slope_verdict(its_laws.slope)}; {other}{_sum_of_p(entry)}"
        complete.append(replace(entry, measured=where, verdict=verdict))
    return complete


def _sum_of_p(entry: Entry) -> str:
    from ..objectives.catalog import BY_NAME

    formula = BY_NAME[entry.name]
    return "" if formula.sums_to_one else f"; p sums to {formula.sums_to}"


def _laws(specs: dict[str, str]) -> "dict[str, GradientLaws]":
    """Return the laws of the named objectives, each from the base that its domain allows."""
    from ..diagnosis.rays import origin_of
    from ..diagnosis.subjects import subject
    from ..properties.gradient_laws import gradient_laws

    by_base = dict[float, dict[str, str]]()
    for name, spec in specs.items():
        about = subject(spec, num_classes=NUM_CLASSES)
        base = 1.0 if _only_size_rises(name) else origin_of(about, NUM_CLASSES)
        by_base.setdefault(base, {})[name] = spec
    laws = dict[str, "GradientLaws"]()
    for base, named in by_base.items():
        laws |= gradient_laws(
            named, direction=DIRECTION, num_classes=NUM_CLASSES, base=base
        )
    return laws


def _only_size_rises(name: str) -> bool:
    """Whether a logit map takes no notice of how far out on the ray from 0 the logits are.

    Far out from 1 it does: on the ray from 0 only their size changes, and a map that leaves their
    direction alone would look as if it had no gradient.
    """
    import numpy as np

    from ..landscapes.probe_rays import PROBE_RAYS
    from ..objectives.catalog import LOGIT_MAPS

    if name not in LOGIT_MAPS:
        return False
    rises = PROBE_RAYS[DIRECTION].direction(NUM_CLASSES)

    def changes_from(base: float) -> bool:
        nearer, farther = (LOGIT_MAPS[name](base + s * rises) for s in (1e3, 2e3))
        return not np.allclose(nearer, farther, rtol=1e-6, atol=1e-6)

    return changes_from(1) and not changes_from(0)


def spec_of(entry: Entry) -> str:
    """Return the objective that is measured for an entry."""
    if entry.kind == "logit map":
        return f"{entry.name} > {NORMALIZER} + {LOSS}"
    if entry.kind == "normalizer":
        return f"{entry.name} + {LOSS}"
    if entry.kind == "loss of probabilities":
        return f"{NORMALIZER} + {entry.name}"
    return entry.name


def slope_verdict(law: "Law") -> str:
    """Say in a few words how the slope dL/ds changes when the label is wrong by s."""
    if law.kind == "zero":
        return f"slope exactly 0{_since(law)}"
    if law.kind == "undefined":
        return f"loss infinite or undefined{_since(law)}"
    if law.kind == "constant":
        return f"slope stays at {law.coefficient:.3g}"
    verbs = {"decay": "fades", "growth": "grows"}
    verb = verbs.get(law.kind.split()[-1])
    return f"slope {verb} like {law}" if verb else f"slope {law.kind}"


def _since(law: "Law") -> str:
    if law.begins is None or law.begins == float("-inf"):
        return ""
    return f" from s = {law.begins:.3g} on"


def _invariance_verdict(invariances: "dict[Change, Invariance]") -> str:
    changes: tuple[Change, ...] = ("shift", "scale", "sign")
    invariant = [change for change in changes if invariances[change].holds]
    text = f"blind to {' and '.join(invariant)}" if invariant else "no invariance"
    if not invariances["permutation"].holds:
        text += "; treats classes differently"
    return text


def _convexity_verdict(convexity: "Convexity") -> str:
    if convexity.convex is None:
        return "nowhere finite"
    return "convex where searched" if convexity.convex else "not convex"


def main() -> None:
    """Write the file with `--write`, else print its text."""
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

"""The pages of all public functions and classes, with the docstrings of the code."""

import inspect
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType

import logitscape as ls
import logitscape.contrastive
import logitscape.datasets
import logitscape.plotting
import logitscape.testing
from logitscape._src.objectives.catalog import BY_NAME

from .written import Written

ROOMS = {
    "objectives": "Objectives",
    "normalizers": "A normalizer of one's own",
    "engine": "Values and gradients of batches",
    "landscapes": "Sweeps",
    "properties": "Single questions",
    "dynamics": "Gradient flow",
    "training": "Training",
    "reports": "Diagnosis and audit",
    "diagnosis": "What a diagnosis is made of",
    "audit": "What a probe returns",
    "monitoring": "A probe in a training loop",
    "datasets": "A data set",
    "base": "Memory",
}
"""The rooms of the code, in the order of the page, and what their public names are for."""
MODULES: dict[str, tuple[ModuleType, str]] = {
    "plotting": (logitscape.plotting, "Plotting"),
    "datasets": (logitscape.datasets, "Data sets"),
    "testing": (logitscape.testing, "Tests of one's own losses"),
    "contrastive": (logitscape.contrastive, "Contrastive losses of a batch"),
}
DIRECTIVE = """\
```{{eval-rst}}
.. {directive}:: {name}{options}
```
"""


def write(written: Written) -> None:
    """Write one page for `logitscape` itself and one for each of its modules of functions."""
    written.text("reference/logitscape.md", _package())
    for name, (module, title) in MODULES.items():
        lines = [f"# {title}: logitscape.{name}\n", _paragraphs(module)]
        lines += [
            _entry(f"logitscape.{name}.{each}", value) for each, value in _own(module)
        ]
        written.text(f"reference/{name}.md", "\n".join(lines))


def _package() -> str:
    rooms = defaultdict[str, list[str]](list)
    for name in sorted(ls.__all__, key=str.lower):
        value = getattr(ls, name)
        if callable(value):
            rooms[value.__module__.split(".")[2]].append(
                _entry(f"logitscape.{name}", value)
            )
    unknown = set(rooms) - set(ROOMS)
    assert not unknown, f"docs/site/functions.py has no heading for {unknown}"
    lines = [
        "# Functions and classes: logitscape\n",
        "`import logitscape as ls` has them all.\n",
    ]
    for room, title in ROOMS.items():
        lines += [f"## {title}\n", *rooms[room]]
    return "\n".join(lines)


def _own(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The public functions and classes of a module that have no place elsewhere."""
    for name, value in vars(module).items():
        public = not name.startswith("_") and callable(value)
        elsewhere = name in BY_NAME or name in ls.__all__
        if public and value.__module__.startswith("logitscape") and not elsewhere:
            yield name, value


def _entry(name: str, value: object) -> str:
    if inspect.isclass(value):
        return DIRECTIVE.format(
            directive="autoclass", name=name, options="\n   :members:"
        )
    return DIRECTIVE.format(directive="autofunction", name=name, options="")


def _paragraphs(module: ModuleType) -> str:
    return f"{inspect.getdoc(module)}\n"

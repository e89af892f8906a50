"""The gallery: every analysis with its picture, its question, one sentence and its code.

sphinx-gallery would run every script at every build, which takes minutes for the studies and
draws again what is committed already. Here the page shows the committed figure and findings, and
tests elsewhere make sure that the scripts draw them.
"""

import ast
import json
from pathlib import Path

from analyses.harness.scripts import Script, discover

from .written import ROOT, Written, table

ANSWERS = {
    "linear_or_saturating": "While the model is wrong, softmax with cross-entropy has a linear "
    "loss and a constant gradient; of seven alternatives only the sparsemax loss, which is made "
    "for its normalizer, has that too.",
    "blurry_or_crisp": "Softmax answers weak inputs blurrily and strong inputs crisply, while "
    "dividing by the sum gives the same answer to both.",
    "right_and_confident": "When the model is right, the loss of every pair shown goes to zero; "
    "only how fast it does differs.",
    "atlas": "Of 240 pairs, 18 keep a constant gradient while the model is wrong, and all of "
    "them pair an exponential with a logarithm.",
    "wider_atlas": "In the whole catalogue, few normalizers and few losses of probabilities "
    "keep a constant slope; most losses that take the logits themselves do.",
    "gradient_fields": "Softmax with cross-entropy pushes a wrong model with full strength "
    "however wrong it is; with squared error the push fades, and with sparsemax it can be 0.",
    "jacobians_and_invariances": "Softmax sees differences of logits and nothing else; dividing "
    "by the sum sees ratios and nothing else.",
    "where_it_breaks": "Dividing by the sum and five other normalizers are undefined for some "
    "logits, and careless formulas of cross-entropy lose their gradient at others.",
    "convexity": "Only 30 of 240 pairs are convex in the logits, and nearly each of the others "
    "has a witness.",
    "time_to_correct": "With softmax and cross-entropy the time to correct a mistake grows in "
    "proportion to the mistake; with most other pairs it grows faster, or never ends.",
    "confident_start": "Whether a model recovers from a start that is confidently wrong can be "
    "told before training, by letting the start's logits descend under its kernel.",
    "who_carries_the_gradient": "Wrong examples carry several times their share of the "
    "gradient, with cross-entropy more than with most other pairs, and yet not most of it.",
    "softmax_collapse": "Accurate arithmetic keeps the gradients that rounding makes 0, and helps "
    "a model to generalise a little; another gradient, or weight decay, helps far more.",
    "gaussian_clusters": "Where every class is a Gaussian cluster, softmax of linear logits is "
    "the exact posterior, and no pair comes nearer to it from data.",
    "do_the_alternatives_win": "On images and on language, no alternative was significantly "
    "more accurate than softmax with cross-entropy.",
    "cost_of_the_exponential": "The exponential is a small part of what an output layer costs; "
    "the product with the weights and the sums over the classes are the rest.",
    "products_or_sums_of_logs": "Products of probabilities underflow after a few dozen factors; "
    "sums of logarithms do not, though until then the product is the more exact of the two.",
}
"""What each figure shows, in one sentence, in the order of the gallery."""

PAGE = """\
# {title}

{question}

```{{image}} ../../../figures/{name}.svg
:alt: {answer}
:class: picture
:width: 100%
:target: ../../../_images/{name}.svg
```

{answer}

{text}
{details}
## What was found

{findings}

## The code

{how}

{code}
"""
DETAILS = """
## The details

```{{image}} ../../../figures/{name}.details.svg
:alt: The details of the figure above.
:class: picture
:width: 100%
:target: ../../../_images/{name}.details.svg
```

[How to read the figures](../../figures.md) explains them.
"""
INDEX = """\
# Gallery

Every figure answers one question, and one script makes it. Click a picture for the method,
what was found, and the code.
"""


def write(written: Written) -> None:
    """Write a page for each analysis, and one with all pictures."""
    scripts = discover(ROOT / "analyses")
    assert set(scripts) == set(ANSWERS), (
        "docs/site/gallery.py lacks an analysis, or has one more"
    )
    lines = [INDEX]
    for name, answer in ANSWERS.items():
        question = _docstring(scripts[name])[0]
        written.text(f"gallery/{name}.md", _page(scripts[name], answer))
        lines.append(_card(name, question, answer))
    names = "\n".join(ANSWERS)
    lines.append(f"```{{toctree}}\n:hidden:\n\n{names}\n```\n")
    written.text("gallery/index.md", "\n".join(lines))


def _card(name: str, question: str, answer: str) -> str:
    return f"""\
## [{_title(name)}]({name}.md)

{question}

```{{image}} ../../../figures/{name}.svg
:alt: {answer}
:class: picture
:width: 100%
:target: {name}.html
```

{answer}
"""


def _page(script: Script, answer: str) -> str:
    question, text = _docstring(script)
    kind = "nox -s figures -- {0}" if not script.is_study else "nox -s studies -- {0}"
    how = f"`{kind.format(script.name)}` runs it"
    if script.is_study:
        how += "; as a study it measures for minutes, and its tables are kept in `figures/data`"
    return PAGE.format(
        title=_title(script.name),
        name=script.name,
        question=question,
        answer=answer,
        text=text,
        details=_details(script.name),
        findings=_findings(script.name),
        how=f"{how}.",
        code="\n".join(map(_listing, sorted(script.sources, key=_main_first))),
    )


def _details(name: str) -> str:
    """The second figure of an analysis; "" if it has none."""
    exists = (ROOT / "figures" / f"{name}.details.svg").exists()
    return DETAILS.format(name=name) if exists else ""


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _docstring(script: Script) -> tuple[str, str]:
    """The question, and the text below it as Markdown."""
    docstring = ast.get_docstring(ast.parse(script.path.read_text(encoding="utf-8")))
    question, _, text = (docstring or "").partition("\n\n")
    return question, text.replace("*", "\\*").replace("\n\\* ", "\n* ").replace(
        "_", "\\_"
    )


def _findings(name: str) -> str:
    rows = json.loads((ROOT / "figures" / f"{name}.findings.json").read_text("utf-8"))
    return table(
        ["", "claim", "measured", "verdict"],
        [
            [row["id"], _text(row["claim"]), _text(row["measured"]), _verdict(row)]
            for row in rows
        ],
    )


def _verdict(row: dict[str, str]) -> str:
    return ": ".join(filter(None, (row["verdict"], _text(row["limit"]))))


def _text(cell: str) -> str:
    return cell.replace("*", "\\*").replace("_", "\\_").replace("<", "\\<")


def _main_first(path: Path) -> tuple[bool, str]:
    return path.name not in ("main.py", f"{path.parent.name}.py"), path.name


def _listing(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    return f"```{{literalinclude}} ../../../{name}\n:language: python\n:caption: {name}\n```\n"

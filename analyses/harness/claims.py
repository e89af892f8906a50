"""The table of docs/claims.md with one row per claim, built from `figures/findings.json`.

`python -m analyses.harness.claims` prints the table; with `--write` it replaces the table in
the page.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from logitscape._src.base.files import write_text

from .findings import Finding
from .findings_text import from_json, markdown_row

PAGE = Path("docs/claims.md")
BEGIN = "<!-- claims: python -m analyses.harness.claims --write -->"
END = "<!-- end of claims -->"

CLAIMS: Mapping[str, tuple[str, str]] = {
    "C01": ("Softmax reacts to strength; dividing by the sum does not", "C01e"),
    "C02": ("Dividing by the sum is right to see ratios only", "C02a"),
    "C03": ("log softmax is about the gap to the largest logit", "C03c"),
    "C04": ("exp and log cancel: the gradient is constant while wrong", "C04g"),
    "C05": ("When right, the loss goes to 0 as the gap grows", "C05c"),
    "C06": ("What is wrong dominates the likelihood", "C06b"),
    "C07": ("So the model can correct itself quickly", "C07b"),
    "C08": ("Softmax is the many-class sigmoid", "C08a"),
    "C09": ("The derivative of softmax is s(1 - s)", "C09a"),
    "C10": ("softmax(z) = softmax(z + c)", "C10b"),
    "C11": ("Dividing by the sum fails for negative numbers", "C11b"),
    "C12": ("exp(c z) goes from even to the hard maximum", "C12d"),
    "C13": ("At a fixed ratio, larger inputs give a larger top probability", "C13a"),
    "C14": ("Log-probabilities are numerically safer", "C14b"),
    "C15": ("One could as well iterate the exponential", "C15c"),
    "C16": ("For Gaussian clusters softmax is the exact posterior", "C16a"),
    "C17": ("An exponential family: gradient p - y, convex", "C17d"),
    "C18": ("Cross-entropy is maximum likelihood; what ties softmax to it?", "C18f"),
    "C19": ("The exponential is expensive", "C19a"),
    "C20": ("The alternatives sometimes do better", "C20a"),
    "C21": ("For inputs in [0, 1] dividing by the sum is as good", "C21a"),
    "C22": ("A z-score as the transform", "C22a"),
    "C23": ("Softmax collapse: rounding ends learning", "C23c"),
}
"""The text of each claim, and the id of the finding that is quoted for it."""


def table(findings: Sequence[Finding]) -> str:
    """The table as Markdown.

    Each row has the claim, one telling measurement, and the verdicts of all parts of the claim.
    """
    rows = [
        "| | claim | measured, for example | all parts |",
        "| --- | --- | --- | --- |",
    ]
    by_id = {finding.id: finding for finding in findings}
    for claim, (text, quoted) in CLAIMS.items():
        parts = [finding for finding in findings if finding.id[:3] == claim]
        row = [claim, text, _quotation(by_id[quoted]), _verdicts(parts)]
        rows.append(markdown_row(row))
    return "\n".join(rows) + "\n"


def within(page: str, findings: Sequence[Finding]) -> str:
    """The page with its table replaced by that of the findings.

    Raises:
        ValueError: If the page lacks the comments between which the table stands.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN!r} and {END!r}.")
    return f"{before}{begin}\n{table(findings)}{end}{after}"


def main() -> None:
    """Print the table, or write it into its page."""
    findings = from_json(Path("figures/findings.json").read_text(encoding="utf-8"))
    if sys.argv[1:] == ["--write"]:
        write_text(PAGE, within(PAGE.read_text(encoding="utf-8"), findings))
    else:
        print(table(findings), end="")


def _quotation(finding: Finding) -> str:
    link = f"[{finding.figure}](../figures/{finding.figure}.svg)"
    return f"{finding.claim}: {finding.measured} ({link})"


def _verdicts(parts: Sequence[Finding]) -> str:
    counts = Counter(part.verdict for part in parts)
    if len(counts) == 1:
        return parts[0].verdict
    return ", ".join(f"{verdict}: {count}" for verdict, count in counts.most_common())


if __name__ == "__main__":
    main()

"""What becomes of the gradient, for every normalizer and loss there is, as the model errs more?

The atlas compares the pairs that people argue about. Here is the whole catalogue (claim C04): every
normalizer and every map of the logits with cross-entropy, every loss of probabilities with softmax,
and every loss that takes the logits themselves, binary, multi-label and contrastive ones among
them. A cell is the law of the slope dL/ds on ray R1 or R2. All laws are in `wider_atlas.csv`.
"""

from .. import harness
from ..harness.findings import Finding
from ..shared.far_out import Data, constant_objectives, laws_of, laws_table
from .figure import draw
from .objectives import TABLES


def compute() -> Data:
    # A pair of two tables, softmax with cross-entropy, is asked about once.
    named = dict.fromkeys(name for table in TABLES.values() for name in table.values())
    return laws_of(list(named))


def findings(data: Data) -> list[Finding]:
    constant = set(constant_objectives(data))
    normalizers, losses, others = (list(names.values()) for names in TABLES.values())
    return [
        steady("C04o", "normalizers and logit maps with -log p", normalizers, constant),
        steady("C04p", "losses of probabilities with softmax", losses, constant),
        steady("C04q", "losses that take the logits themselves", others, constant),
    ]


def steady(id: str, group: str, objectives: list[str], constant: set[str]) -> Finding:
    """How many of a group have a constant slope on R1 and R2."""
    count = len(constant & set(objectives))
    return Finding(
        id=id,
        claim=f"in the whole catalogue, {group} keep a constant slope while wrong",
        measured=f"{count} of {len(objectives)} do, on R1 and R2",
        verdict="holds with a limit",
        limit="the others are named, with their laws, in wider_atlas.csv",
    )


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, table=laws_table)

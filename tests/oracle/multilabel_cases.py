"""Where the numerics of multi-label and contrastive losses break: logits with answers of several
kinds, each exactly representable in the dtype.
"""

import itertools
import math

from . import MULTILABEL_LOSSES
from .cases import EDGE, HUGE, Case, one_hot, padded, rounded

ONE_POSITIVE = ("info_nce", "decoupled", "triplet")
BINARY_ONLY = ("lovasz_hinge",)
ASL_EDGE = math.log(0.05 / 0.95)


def multilabel_cases(loss: str, n: int, dtype: str) -> list[Case]:
    """Every row of logits with every answer that the loss takes."""
    name = loss.partition("(")[0]
    of_labels = name in MULTILABEL_LOSSES
    rows = logits(n, dtype) | (infinite(n) if of_labels else left_out(n))
    found = [
        rounded(Case(f"{row}, {kind}", z, t), dtype)
        for (row, z), (kind, t) in itertools.product(
            rows.items(), answers(name, n).items()
        )
    ]
    return [case for case in found if of_labels or is_complete(case)]


def answers(name: str, n: int) -> dict[str, tuple]:
    """Answers by their description: each class alone, and where several are legal some of these."""
    one = {f"only {k}": one_hot(n, k) for k in range(min(n, 2))}
    if name in ONE_POSITIVE:
        return one
    several = {
        "none": (0.0,) * n,
        "all": (1.0,) * n,
        "every other": tuple(float(k % 2) for k in range(n)),
    }
    if name == "mil_nce":
        del several["none"]
    shares = {} if name in BINARY_ONLY else {"shares": padded(n, 0.25, 1.0, 0.75, 0.0)}
    return one | several | shares


def logits(n: int, dtype: str) -> dict[str, tuple]:
    edge, rows = EDGE[dtype], {}
    for s in (1.4 * edge, edge, 0.6 * edge, 40.0, 17.0, 3.0, 0.5):
        rows |= {f"first {s}": padded(n, s), f"first {-s}": padded(n, -s)}
        rows |= {f"apart {s}": padded(n, -s / 2, s / 2, s, -s)}
        rows |= {f"all {s}": (s,) * n, f"all {-s}": (-s,) * n}
    for x in HUGE[dtype][-2:]:
        rows |= {f"huge {x:g}": padded(n, x, -x, 1.0)}
    rows |= {
        "zero": (0.0,) * n,
        "margins met": padded(n, 1.0, -1.0, 1.0, -1.0),
        "tiny": padded(n, 1e-20, -1e-20, 1e-8),
        "edge of asl": padded(n, ASL_EDGE + 1e-4, ASL_EDGE - 1e-4, ASL_EDGE + 0.1),
        "waves": tuple(math.sin(3.0 * k + 1.0) for k in range(n)),
        "wide waves": tuple(5 * math.sin(3.0 * k + 1.0) for k in range(n)),
        "offset": tuple(1e8 + 8.0 * k for k in range(n)),
    }
    return rows


def infinite(n: int) -> dict[str, tuple]:
    return {
        "first -inf": padded(n, -math.inf, 0.5),
        "first inf": padded(n, math.inf, 0.5),
        "both": padded(n, math.inf, -math.inf, 0.25),
    }


def left_out(n: int) -> dict[str, tuple]:
    return {"last left out": (*(0.25 * k for k in range(n - 1)), -math.inf)}


def is_complete(case: Case) -> bool:
    """Whether all positives are there, and one more candidate."""
    pairs = list(zip(case.z, case.target, strict=True))
    others = [z for z, t in pairs if t < 1 and z > -math.inf]
    return bool(others) and all(z > -math.inf for z, t in pairs if t > 0)

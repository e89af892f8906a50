"""Where the examples lie in the landscape of their loss, and who carries its gradient."""

import numpy as np
from numpy.typing import NDArray

from .directions import norm_of_mean
from .estimates import Estimate, exactly, jackknife, quantile
from .examples import Measured
from .measurement import Measurement

TOPIC = "gradient"


def measurements(measured: Measured) -> list[Measurement]:
    """Margins, norms, and the shares that are stuck, collapsed, or carry the gradient."""
    examples = measured.examples
    norm = examples.norm[0].astype(np.float64)
    margins = np.sort(examples.margin)
    norms = np.sort(norm)
    percent = f"{measured.setting.threshold:.3g}"
    result = [
        Measurement(
            TOPIC,
            f"margin_{int(100 * q)}",
            quantile(margins, q),
            f"{int(100 * q)} % quantile of the label's logit minus its largest rival",
        )
        for q in (0.05, 0.5, 0.95)
    ]
    result += [
        Measurement(
            TOPIC,
            "norm",
            norm_of_mean(measured),
            "norm of the mean gradient, along which a step of all examples goes",
        ),
        Measurement(
            TOPIC,
            "mean_norm",
            measured.mean("norm"),
            "mean norm of the gradient in the logits",
        ),
    ]
    result += [
        Measurement(
            TOPIC,
            f"norm_{int(100 * q)}",
            quantile(norms, q),
            f"{int(100 * q)} % quantile of the norm",
        )
        for q in (0.05, 0.5, 0.95)
    ]
    result += [
        Measurement(
            TOPIC,
            "stuck",
            measured.share("stuck"),
            f"wrong, and pulled by less than {percent} of what cross-entropy would give",
            measured.shown("stuck"),
            is_share=True,
        ),
        Measurement(
            TOPIC,
            "collapsed",
            measured.share("collapsed"),
            f"pull on the label is exactly 0 in {measured.setting.dtype}, though not in truth",
            measured.shown("collapsed"),
            is_share=True,
        ),
    ]
    for part in (0.5, 0.9):
        result.append(
            Measurement(
                TOPIC,
                f"carriers_{int(100 * part)}",
                carriers_of(norm, part),
                f"share of the examples that carry {part:.0%} of the sum of the norms",
                measured.shown("norm"),
                is_share=True,
            )
        )
    result.append(
        Measurement(
            TOPIC,
            "carried_by_wrong",
            carried_by(norm, ~examples.right),
            "share of the sum of the norms that is of wrong examples",
            measured.shown("norm of wrong"),
            is_share=True,
        )
    )
    return result


def carriers_of(norm: NDArray[np.float64], part: float) -> Estimate:
    """The smallest share of the examples that carries this part of the sum of the norms."""
    order = np.argsort(-norm, kind="stable")
    descending = norm[order]

    def share_of(kept: NDArray[np.bool_]) -> float:
        sums = np.cumsum(descending[kept[order]])
        if sums[-1] == 0:
            return float("nan")
        return float((np.searchsorted(sums, part * sums[-1]) + 1) / len(sums))

    if len(norm) == 0 or not norm.any():
        return exactly(float("nan"))
    return jackknife(share_of, len(norm), 0.0)


def carried_by(norm: NDArray[np.float64], which: NDArray[np.bool_]) -> Estimate:
    """The part of the sum of the norms that is of these examples."""

    def part(kept: NDArray[np.bool_]) -> float:
        total = norm[kept].sum()
        return float(norm[kept & which].sum() / total) if total else float("nan")

    return jackknife(part, len(norm), 0.0)

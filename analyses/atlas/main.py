"""What becomes of the gradient, for every normalizer with every loss, as the model gets more wrong?

The atlas (claims C04 and C05) has three classes and starts from z = (1, 1, 1), where only
min_shift is undefined. A cell is the law of the slope dL/ds on ray R1, on which a wrong logit
rises, z_j = 1 + s: how hard the gradient pushes that logit down. The cell is framed if the slope
is constant on ray R2 too, on which the label's logit falls. Its left corner shows the kind of law
of the whole gradient's norm, where that is another kind. Its right corner shows the kind of law of
the norm when the model is right, as the label's logit rises. The laws of loss, slope, pull and norm
on these rays and on R3, where both logits move, are in `atlas.csv`.
"""

from .. import harness
from ..harness.findings import Finding
from ..shared.far_out import Data, laws_table
from .figure import draw_details
from .findings import when_right, while_wrong
from .laws import compute
from .overview import draw


def findings(data: Data) -> list[Finding]:
    return [*while_wrong(data), *when_right(data["right"])]


if __name__ == "__main__":
    harness.main(
        __file__, compute, findings, draw, details=draw_details, table=laws_table
    )

"""All losses of the collection, by name."""

from collections.abc import Mapping

from . import (
    broken_formulas,
    broken_programs,
    fifth_round,
    fourth_round,
    healthy_formulas,
    healthy_programs,
    second_round,
    seventh_round,
    sixth_round,
    third_round,
)
from .case import Broken, Healthy

BROKEN: Mapping[str, Broken] = {
    **broken_formulas.BROKEN,
    **broken_programs.BROKEN,
    **second_round.BROKEN,
    **third_round.BROKEN,
    **fourth_round.BROKEN,
    **fifth_round.BROKEN,
    **sixth_round.BROKEN,
    **seventh_round.BROKEN,
}
HEALTHY: Mapping[str, Healthy] = {
    name: case._replace(arguments={"normalizer": "softmax", **case.arguments})
    for name, case in {
        **healthy_formulas.HEALTHY,
        **healthy_programs.HEALTHY,
        **second_round.HEALTHY,
        **third_round.HEALTHY,
        **fourth_round.HEALTHY,
        **fifth_round.HEALTHY,
        **sixth_round.HEALTHY,
        **seventh_round.HEALTHY,
    }.items()
}
"""The normalizer lets questions about probabilities be asked."""

"""Verdicts of the report card: noise robustness, calibration, mixability and collapse."""

from .references import (
    BARTLETT,
    GHOSH,
    PRIETO,
    VAN_ERVEN,
    ZHANG,
)
from .verdict import Verdict, Verdicts

NOISE_ROBUSTNESS: Verdicts = (
    Verdict(
        "robust to label noise",
        "note",
        meaning="The losses of all labels have the same sum at all logits: the loss is symmetric.",
        why=(
            "Labels that are wrong by chance do not change which classifier has the least risk, "
            "but such a loss hardly teaches examples that are far off."
        ),
        remedy="Take it where labels are noisy; start from small logits.",
        reference=GHOSH,
    ),
    Verdict(
        "partly robust to label noise",
        "note",
        meaning="The sum of the losses of all labels has a lower and an upper bound.",
        why="The difference of both bounds the harm that labels do that are wrong by chance.",
        reference=ZHANG,
    ),
    Verdict(
        "not robust to label noise",
        "fine",
        meaning="The sum of the losses of all labels has no bound.",
        why="A few labels that are wrong can outweigh many others, as with cross-entropy.",
        remedy="Take a bounded loss if labels are noisy.",
        reference=GHOSH,
    ),
)
CALIBRATION_EXPONENT: Verdicts = (
    Verdict(
        "quadratic",
        "fine",
        meaning="Predicting the wrong one of two classes costs the square of their gap.",
        why="Errors fall like the root of the loss's excess, as with all smooth proper losses.",
        reference=BARTLETT,
    ),
    Verdict(
        "linear",
        "note",
        meaning="Predicting the wrong one of two classes costs a multiple of their gap.",
        why="Errors fall as fast as the loss's excess; p then says little about probabilities.",
        reference=BARTLETT,
    ),
    Verdict(
        "another power",
        "note",
        meaning="Predicting the wrong one of two classes costs another power of their gap.",
        why="The larger the power, the less a small excess of the loss says about errors.",
        reference=BARTLETT,
    ),
    Verdict(
        "not calibrated",
        "note",
        meaning="The least expected loss may predict the less probable of two classes.",
        why="However small the loss becomes, errors may remain.",
        remedy="If weights, a prior or a margin are meant, take them out of the prediction.",
        reference=BARTLETT,
    ),
)
MIXABILITY: Verdicts = (
    Verdict(
        "mixable",
        "fine",
        meaning="The Bayes risk is at most 1/eta times as curved as that of the log loss.",
        why="Mixtures of experts, as in online learning, have a regret that does not grow.",
        reference=VAN_ERVEN,
    ),
    Verdict(
        "not mixable",
        "note",
        meaning="The curvature of the Bayes risk beside that of the log loss has no bound.",
        why="The regret of mixtures of experts grows with time.",
        remedy="Take a proper and smooth loss to mix experts; otherwise nothing.",
        reference=VAN_ERVEN,
    ),
)
COLLAPSE_MARGIN: Verdicts = (
    Verdict(
        "collapses early",
        "note",
        meaning="A component of the gradient is lost to rounding long before numbers underflow.",
        why=(
            "Examples that are right by more than that stop moving, although the exact gradient "
            "goes on; long trainings without weight decay get there."
        ),
        remedy=(
            "Compute 1 - p as the sum of the other probabilities, as `ls.per_example` does, or "
            "keep logits small by weight decay."
        ),
        reference=PRIETO,
    ),
    Verdict(
        "collapses by underflow",
        "fine",
        meaning="A component of the gradient is lost only where it is too small for the dtype.",
        why="No other form of the loss would keep it longer.",
        reference=PRIETO,
    ),
    Verdict(
        "does not collapse",
        "fine",
        meaning="No component of the gradient is lost to rounding while the label is right.",
        why="The gradient ends where the formula says so, or nowhere.",
        reference=PRIETO,
    ),
)

"""Verdicts about recognised designs."""

from .references import (
    CAO,
    CUI,
    DENG,
    DIAZ,
    GEMMA,
    GHOSH,
    HINTON,
    MENON,
    OPTAX,
    PATRINI,
    TEWARI,
    WANG,
)
from .verdict import Verdict, Verdicts

DESIGNS: Verdicts = (
    Verdict(
        "no special design",
        "fine",
        meaning="None of the known designs was recognised.",
        why="Nothing has to be taken out of a prediction.",
        reference=OPTAX,
    ),
    Verdict(
        "temperature",
        "note",
        meaning="The logits are multiplied by a constant before the softmax.",
        why=(
            "Gradients and rounding errors have the same factor, and p belongs to the scaled "
            "logits."
        ),
        remedy="Divide by the same temperature where you predict probabilities.",
        reference=HINTON,
    ),
    Verdict(
        "prior",
        "trade",
        meaning="The softmax is that of logits with constants, the same for every label.",
        why=(
            "The loss predicts by the adjusted logits; the largest logit is that of balanced "
            "classes."
        ),
        remedy="Decide which of the two you want to predict.",
        reference=MENON,
    ),
    Verdict(
        "class weights",
        "trade",
        meaning="The loss of every label has a weight of its own.",
        why="Rare classes are preferred to more frequent ones, by the ratio of the weights.",
        remedy="Divide p by the weights before reading it as a probability.",
        reference=CUI,
    ),
    Verdict(
        "margin",
        "trade",
        meaning="The label's logit is lowered by a margin.",
        why="The label must lead by the margin, so that p is not the true distribution.",
        remedy="Predict without the margin; look at calibration afterwards.",
        reference=CAO,
    ),
    Verdict(
        "soft cap",
        "trade",
        meaning="The logits go through c tanh(z / c).",
        why="Logits cannot leave the cap, and those far beyond it have next to no gradient.",
        remedy="Choose the cap several times as large as the logits that are needed.",
        reference=GEMMA,
    ),
    Verdict(
        "norm-invariant",
        "trade",
        meaning="A common factor of the logits has no effect.",
        why=(
            "Only the direction of the logits is learned; gradients are large near 0 and fade far "
            "out."
        ),
        remedy=(
            "Add a constant to the norm under the root, so that 0 has a gradient, and choose the "
            "scale by the number of classes."
        ),
        reference=WANG,
    ),
    Verdict(
        "angular margin",
        "trade",
        meaning="The logits are cosines, and an angle is added to the label's.",
        why="The logits must be cosines; beyond -1 and 1 the formula means nothing.",
        remedy=(
            "Normalize features and weights, and clip the cosines inside (-1, 1), where arccos has"
            " a derivative."
        ),
        reference=DENG,
    ),
    Verdict(
        "ordinal targets",
        "trade",
        meaning="Every label teaches its neighbours too.",
        why="The smoothed distribution may have another most probable class than the data.",
        remedy="Predict by the mean or the median of p if the classes are numbers.",
        reference=DIAZ,
    ),
    Verdict(
        "label noise",
        "trade",
        meaning="The likelihood of a label is a mix of the probabilities of the classes.",
        why=(
            "Labels may be wrong with known probabilities, so that no label is certain, and the "
            "gradient of a very wrong one fades."
        ),
        remedy="Predict by the softmax itself, before the mix.",
        reference=PATRINI,
    ),
    Verdict(
        "ordinal costs",
        "note",
        meaning="A wrong class costs the more, the further it is from the label.",
        why="The classes are ordered, and predicting a neighbour of the label is nearly right.",
        remedy="Nothing, if the classes have an order; their numbers are part of the loss.",
        reference=DIAZ,
    ),
    Verdict(
        "ordinal thresholds",
        "trade",
        meaning="Every logit says on its own whether the label is above a class.",
        why="No logit belongs to a class, so that what is said of a label's logit does not apply.",
        remedy="Predict by the number of thresholds that are passed.",
        reference=DIAZ,
    ),
    Verdict(
        "hinge",
        "note",
        meaning="The loss is linear between kinks.",
        why=(
            "Examples that are right by the margin have no influence; where no class has a "
            "majority, the prediction may be another one than the most probable."
        ),
        remedy="Take cross-entropy where labels are uncertain.",
        reference=TEWARI,
    ),
    Verdict(
        "bounded",
        "note",
        meaning="A wrong example costs no more than a constant.",
        why="Wrong labels have little influence, and confidently wrong examples have no more.",
        remedy="Take it where labels are noisy; start from small logits.",
        reference=GHOSH,
    ),
)

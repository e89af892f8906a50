"""Pages about recognised designs."""

from .page import Page, Pages
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
    TEWARI,
    WANG,
)

DESIGNS: Pages = {
    "no special design": Page(
        "fine", "Nothing has to be taken out of a prediction.", "Nothing.", OPTAX
    ),
    "temperature": Page(
        "note",
        "Gradients and rounding errors have the same factor, and p belongs to the scaled logits.",
        "Divide by the same temperature where you predict probabilities.",
        HINTON,
    ),
    "prior": Page(
        "trade",
        "The loss predicts by the adjusted logits; the largest logit is that of balanced classes.",
        "Decide which of the two you want to predict.",
        MENON,
    ),
    "class weights": Page(
        "trade",
        "Rare classes are preferred to more frequent ones, by the ratio of the weights.",
        "Divide p by the weights before reading it as a probability.",
        CUI,
    ),
    "margin": Page(
        "trade",
        "The label must lead by the margin, so that p is not the true distribution.",
        "Predict without the margin; look at calibration afterwards.",
        CAO,
    ),
    "soft cap": Page(
        "trade",
        "Logits cannot leave the cap, and those far beyond it have next to no gradient.",
        "Choose the cap several times as large as the logits that are needed.",
        GEMMA,
    ),
    "norm-invariant": Page(
        "trade",
        "Only the direction of the logits is learned; gradients are large near 0 and fade far out.",
        "Add a constant to the norm under the root, so that 0 has a gradient, and choose the "
        "scale by the number of classes.",
        WANG,
    ),
    "angular margin": Page(
        "trade",
        "The logits must be cosines; beyond -1 and 1 the formula means nothing.",
        "Normalize features and weights, and clip the cosines inside (-1, 1), where arccos has "
        "a derivative.",
        DENG,
    ),
    "ordinal targets": Page(
        "trade",
        "The smoothed distribution may have another most probable class than the data.",
        "Predict by the mean or the median of p if the classes are numbers.",
        DIAZ,
    ),
    "ordinal costs": Page(
        "note",
        "The classes are ordered, and predicting a neighbour of the label is nearly right.",
        "Nothing, if the classes have an order; their numbers are part of the loss.",
        DIAZ,
    ),
    "ordinal thresholds": Page(
        "trade",
        "No logit belongs to a class, so that what is said of a label's logit does not apply.",
        "Predict by the number of thresholds that are passed.",
        DIAZ,
    ),
    "hinge": Page(
        "note",
        "Examples that are right by the margin have no influence; where no class has a majority, "
        "the prediction may be another one than the most probable.",
        "Take cross-entropy where labels are uncertain.",
        TEWARI,
    ),
    "bounded": Page(
        "note",
        "Wrong labels have little influence, and confidently wrong examples have no more.",
        "Take it where labels are noisy; start from small logits.",
        GHOSH,
    ),
}

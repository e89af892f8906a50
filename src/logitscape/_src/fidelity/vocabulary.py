"""The names of all faults of fused losses, each with what it means and what to look at."""

from collections.abc import Mapping
from typing import NamedTuple


class Meaning(NamedTuple):
    """What the name of a fault stands for.

    Attributes:
        sentence: What is wrong.
        look_at: Where such a fault usually lies.
    """

    sentence: str
    look_at: str


DOES_NOT_RUN = "does not run"
WRONG_SHAPE = "wrong shape"
LOSSES_DIFFER = "losses differ"
GRADIENTS_DIFFER = "gradients differ"
BIAS_NOT_USED = "bias not used"
PADDING = "padding counted as classes"
LAST_CLASSES = "last classes left out"
OFF_TILE = "wrong for some numbers of classes"
COTANGENT_IGNORED = "cotangent ignored"
FIRST_COTANGENT = "first cotangent used for all rows"
MEAN_COTANGENT = "cotangents averaged"
NOT_LINEAR = "gradient not linear in the cotangent"
REDUCTION_NOT_USED = "reduction not used"
REDUCTION_DIFFERS = "reduction differs"
MEAN_OVER_ALL = "mean divided by all rows"
OTHER_REDUCTION = "gradient of another reduction"
ALL_IGNORED = "not finite when all rows are ignored"
IGNORED_LOSS = "ignored label has a loss"
IGNORED_GRADIENT = "ignored label has a gradient"
IGNORED_SPOILS = "ignored label changes other rows"
OTHER_CLASS = "out-of-range label read as another class"
OUT_OF_RANGE_NUMBER = "out-of-range label gives a number"
OUT_OF_RANGE_SPOILS = "out-of-range label changes other rows"
PARAMETER_NOT_USED = "parameter not used"
PARAMETER_NOT_IN_GRADIENT = "parameter not used in the gradient"
PARAMETER_DIFFERS = "parameter used differently"
PARAMETER_ON_PADDING = "parameter applied to padding"
OFFSET_OVERFLOWS = "not finite at a common offset"
OFFSET_DIGITS = "digits lost at a common offset"
CONFIDENT_LOSS = "loss of confident examples lost"
CONFIDENT_GRADIENT = "gradient of confident examples lost"
CONFIDENT_MISTAKES = "confident mistakes misjudged"
HALF_LOGITS = "logits in half precision"
HALF_NORMALISER = "log-normaliser in half precision"
HALF_SUM = "classes summed in half precision"
HALF_GRADIENT = "gradient accumulated in half precision"
HALF_DIFFERS = "wrong in half precision"
ROWS_INFLUENCE = "rows influence each other"
BATCH_SIZES = "wrong for some batch sizes"
SECOND_CALL = "second call differs"
OVERWRITTEN = "gradient overwritten by a second call"
INPUTS_CHANGED = "inputs changed"

_NO_GRADIENT = {
    f"no gradient of the {name}": Meaning(
        f"The gradient of the {name} is 0, although the losses depend on the {name}.",
        "`stop_gradient`, and what the backward pass returns in this place.",
    )
    for name in ("features", "weights", "bias", "logits")
}
_TRANSFORMATIONS = {
    verdict: meaning
    for name in ("jit", "vmap", "scan")
    for verdict, meaning in (
        (
            f"differs under {name}",
            Meaning(
                f"Inside `{name}` the losses or gradients are other ones.",
                "state that Python keeps between calls, and rules for batches.",
            ),
        ),
        (
            f"does not run under {name}",
            Meaning(
                f"Inside `{name}` the function raises an error.",
                "decisions on values; `jit=False` if it is not meant to be traced.",
            ),
        ),
    )
}

FAULTS: Mapping[str, Meaning] = {
    DOES_NOT_RUN: Meaning(
        "The function or its gradient raises an error.",
        "the error that is quoted.",
    ),
    WRONG_SHAPE: Meaning(
        "The losses do not have the shape that the reduction asks for.",
        "the reduction, and the axis over which it is taken.",
    ),
    LOSSES_DIFFER: Meaning(
        "The losses are not those of the reference, with any number of classes.",
        "the formula, and whether this is the reference that is meant.",
    ),
    GRADIENTS_DIFFER: Meaning(
        "The losses are right and their gradient is not.",
        "the rule of the backward pass.",
    ),
    BIAS_NOT_USED: Meaning(
        "The losses are those without the bias.",
        "where the tile's logits are computed.",
    ),
    PADDING: Meaning(
        "Where the tiles do not divide the classes, the losses are too large.",
        "the mask of the last tile: its columns beyond the classes must be -inf.",
    ),
    LAST_CLASSES: Meaning(
        "Where the tiles do not divide the classes, the last ones are missing.",
        "the number of tiles, which must be rounded up.",
    ),
    OFF_TILE: Meaning(
        "The results are right for some numbers of classes and wrong for others.",
        "the last tile, in the forward and in the backward pass.",
    ),
    COTANGENT_IGNORED: Meaning(
        "The gradient is the same whatever cotangent comes in.",
        "the backward pass, which must multiply each row by its cotangent.",
    ),
    FIRST_COTANGENT: Meaning(
        "The gradient of every row is multiplied by the cotangent of the first row.",
        "the load of the cotangent: it is an array with an entry for each row.",
    ),
    MEAN_COTANGENT: Meaning(
        "The gradient of every row is multiplied by the mean of the cotangents.",
        "the backward pass, which must multiply each row by its own cotangent.",
    ),
    NOT_LINEAR: Meaning(
        "The gradient is right for a cotangent of ones and wrong for others.",
        "the backward pass: weights' gradients summed up beforehand cannot be right.",
    ),
    REDUCTION_NOT_USED: Meaning(
        "The result is that of another reduction.",
        "whether the argument `reduction` reaches the kernel.",
    ),
    REDUCTION_DIFFERS: Meaning(
        "The losses of the rows are right, and their reduction is not.",
        "the sum over the rows, and the number by which it is divided.",
    ),
    MEAN_OVER_ALL: Meaning(
        "The mean is divided by the number of all rows, the ignored ones included.",
        "the divisor: it is the number of rows that are kept.",
    ),
    OTHER_REDUCTION: Meaning(
        "The gradient is that of another reduction than the value.",
        "the divisor in the backward pass.",
    ),
    ALL_IGNORED: Meaning(
        "With all rows ignored, the loss or its gradient is NaN or infinite.",
        "the division by the number of kept rows, which is 0.",
    ),
    IGNORED_LOSS: Meaning(
        "A row with the ignored label has a loss other than 0.",
        "the comparison of the labels with the ignored one.",
    ),
    IGNORED_GRADIENT: Meaning(
        "A row with the ignored label has no loss, but a gradient.",
        "the mask in the backward pass.",
    ),
    IGNORED_SPOILS: Meaning(
        "A row with the ignored label changes the losses or gradients of other rows.",
        "sums and divisors that count the ignored row.",
    ),
    OTHER_CLASS: Meaning(
        "A label out of range gets the loss of some class, in silence.",
        "indexing that clamps or wraps; the loss should be NaN, or an error raised.",
    ),
    OUT_OF_RANGE_NUMBER: Meaning(
        "A label out of range gets a number that is no class's loss, in silence.",
        "the comparison with the label; the loss should be NaN, or an error raised.",
    ),
    OUT_OF_RANGE_SPOILS: Meaning(
        "A label out of range changes the losses or gradients of other rows.",
        "reads and writes at the label's address.",
    ),
    PARAMETER_NOT_USED: Meaning(
        "A parameter is accepted and changes nothing.",
        "whether the parameter reaches the kernel.",
    ),
    PARAMETER_NOT_IN_GRADIENT: Meaning(
        "A parameter changes the losses as it should, and not their gradient.",
        "whether the parameter reaches the backward pass.",
    ),
    PARAMETER_DIFFERS: Meaning(
        "A parameter changes the result otherwise than in the reference.",
        "the formula, and whether both mean the same by the parameter.",
    ),
    PARAMETER_ON_PADDING: Meaning(
        "With a parameter the result is wrong only where tiles do not divide the "
        "classes.",
        "the order: padding is masked after the parameter is applied, not before.",
    ),
    OFFSET_OVERFLOWS: Meaning(
        "A large constant added to all logits makes the result NaN or infinite.",
        "the exponential: the largest logit of the row is subtracted first.",
    ),
    OFFSET_DIGITS: Meaning(
        "A large constant added to all logits changes the result.",
        "the log-normaliser: the largest logit is kept apart, and not added to the "
        "logarithm.",
    ),
    CONFIDENT_LOSS: Meaning(
        "The loss of a confident right example has no correct digit.",
        "the sum of exponentials: 1 plus the others loses them; sum the others.",
    ),
    CONFIDENT_GRADIENT: Meaning(
        "The gradient of a confident right example has no correct digit.",
        "the label's component: p - 1 cancels; compute 1 - p from the other classes.",
    ),
    CONFIDENT_MISTAKES: Meaning(
        "Where the label is confidently wrong, the loss or its gradient is wrong.",
        "probabilities that underflow or are clipped before the logarithm.",
    ),
    HALF_LOGITS: Meaning(
        "The products of features and weights are rounded to half precision.",
        "the dtype in which the products are accumulated: it must be float32.",
    ),
    HALF_NORMALISER: Meaning(
        "The log-normaliser is rounded to half precision.",
        "the dtype of the running maximum and of what is saved for the way back.",
    ),
    HALF_SUM: Meaning(
        "The exponentials of the classes are summed in half precision.",
        "the dtype of the running sum: in half precision it stops growing.",
    ),
    HALF_GRADIENT: Meaning(
        "Parts of a gradient are summed in half precision.",
        "the dtype of the running gradient: it must be float32 up to the end.",
    ),
    HALF_DIFFERS: Meaning(
        "With inputs in half precision, the result is wrong by more than rounding.",
        "everything that is stored in the inputs' dtype.",
    ),
    ROWS_INFLUENCE: Meaning(
        "The loss of a row depends on the other rows.",
        "the axis of the maximum and of sums.",
    ),
    BATCH_SIZES: Meaning(
        "The results are right for some numbers of rows and wrong for others.",
        "the last block of rows.",
    ),
    SECOND_CALL: Meaning(
        "The same arguments give other results when they are given again.",
        "state that is kept between calls.",
    ),
    OVERWRITTEN: Meaning(
        "A gradient changes when the function, or the gradient, is asked again.",
        "a gradient that is computed ahead and kept in one place, or scaled in place.",
    ),
    INPUTS_CHANGED: Meaning(
        "The function writes into its arguments.",
        "a gradient that is stored in place of the logits.",
    ),
    **_NO_GRADIENT,
    **_TRANSFORMATIONS,
}
"""The meaning of every fault."""

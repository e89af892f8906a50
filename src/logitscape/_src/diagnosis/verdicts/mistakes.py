"""Verdicts about common mistakes of any loss."""

from .references import CAO_MIRJALILI, CHEN, CUI, DENG, GEMMA, JAX_NAN, LIN, OPTAX
from .verdict import Verdict, Verdicts

MISTAKES: Verdicts = (
    Verdict(
        "none recognised",
        "fine",
        meaning="The loss is none of the known mistakes.",
        why="Nothing known is wrong with the formula.",
        reference=OPTAX,
    ),
    Verdict(
        "not finite at equal logits",
        "fault",
        meaning="The gradient is NaN or infinite where all logits are 0.",
        why="A last layer that starts from zeros gives equal logits, and the first step is NaN.",
        remedy=(
            "Guard divisions and roots with a double `where`, or add a small constant under the "
            "root."
        ),
        reference=JAX_NAN,
    ),
    Verdict(
        "not finite for a label",
        "fault",
        meaning="The loss of some label is not finite; that of others is.",
        why="The first example with that label makes all parameters NaN.",
        remedy=(
            "Look at the constants that belong to the label: a count of 0, a weight of infinity."
        ),
        reference=CUI,
    ),
    Verdict(
        "label not taught",
        "fault",
        meaning="The loss of some label has no gradient; that of others has.",
        why="Examples of that label have no influence, so that the class is never predicted.",
        remedy=(
            "Look at its weight, and at what masks it: an ignored label, a mask that is off by "
            "one."
        ),
        reference=OPTAX,
    ),
    Verdict(
        "pushes a rival up",
        "fault",
        meaning="The loss falls as the logit of a wrongly predicted class rises.",
        why="Where the wrong class is predicted, a step makes it more probable.",
        remedy="Look at the sign with which the rivals enter the loss.",
        reference=OPTAX,
    ),
    Verdict(
        "dead region",
        "fault",
        meaning="The gradient is exactly 0 where all logits are on one side of a number.",
        why="A model that starts there, or is driven there by one step, never moves again.",
        remedy="Replace relu by softplus or an exponential, and a clip by a soft cap.",
        reference=GEMMA,
    ),
    Verdict(
        "probability lost",
        "fault",
        meaning="The probabilities of the classes sum to less than 1.",
        why="The loss is too high, and raising all logits lowers it without telling classes apart.",
        remedy="Mask the padded classes with -inf before the logarithm of the sum.",
        reference=OPTAX,
    ),
    Verdict(
        "never certain",
        "fault",
        meaning="The logits are squashed, so that no label's probability comes near 1.",
        why=(
            "No model can make the loss small, and the gradient never tells right from nearly "
            "right."
        ),
        remedy=(
            "Give the logits to the loss as they are; multiply cosines by a scale of 10 or more."
        ),
        reference=OPTAX,
    ),
    Verdict(
        "no is not 1 - yes",
        "fault",
        meaning="The cost of a no begins to rise at a larger logit than that of a yes ends.",
        why="Between the two logits both answers cost little, and the answers overlap.",
        remedy="Write the no as the yes of -z: log_sigmoid(-z), or log_sigmoid(z) - z.",
        reference=CAO_MIRJALILI,
    ),
    Verdict(
        "own similarity in the normaliser",
        "fault",
        meaning="A row of embeddings is among its own rivals.",
        why=(
            "No rival is as similar to a row as the row itself: the loss stays above log 2, and "
            "most of its gradient is lost where the temperature is low."
        ),
        remedy="Mask the diagonal with -inf before the logarithm of the sum.",
        reference=CHEN,
    ),
    Verdict(
        "angle in degrees",
        "fault",
        meaning="The angle that is added to that of the label's cosine is in degrees.",
        why="It is taken for radians and turns several times: the margin is another one.",
        remedy="Convert the margin with jnp.deg2rad, or give it in radians: 0.5, not 28.6.",
        reference=DENG,
    ),
    Verdict(
        "margin on every class",
        "fault",
        meaning="An angle is added to the cosines of all classes, and not to the label's alone.",
        why="No class is asked to be ahead by the margin, and the cosines are only distorted.",
        remedy="Add it where the label is: jnp.where(one_hot, cos(theta + m), cosines).",
        reference=DENG,
    ),
    Verdict(
        "target squashed",
        "fault",
        meaning="The target goes through a softmax or a sigmoid before the cross-entropy.",
        why=(
            "A target of 1 becomes one of 0.73 or less, and one of 0 something else: the least "
            "loss is that of a model which is hardly sure."
        ),
        remedy="Give the target as it is; only logits go through a softmax or a sigmoid.",
        reference=OPTAX,
    ),
    Verdict(
        "weight of the prediction",
        "fault",
        meaning="The weight of an example is that of the class which is predicted.",
        why=(
            "The loss jumps where the prediction changes, and is smaller for whoever predicts a "
            "class of small weight, whatever the label is."
        ),
        remedy="Take the weights at the labels: weights[labels], not weights[argmax(logits)].",
        reference=OPTAX,
    ),
    Verdict(
        "logits taken for probabilities",
        "fault",
        meaning="The logarithm is taken of the logits themselves.",
        why="Outside of [0, 1] there is no gradient, and the largest logit need not win.",
        remedy="Pass `from_logits=True`, or take log_softmax of the logits first.",
        reference=OPTAX,
    ),
    Verdict(
        "log-probability in the factor",
        "fault",
        meaning="A focal factor has log p in place of p.",
        why="The factor that should spare what is right grows without bound where it is wrong.",
        remedy="Take the exponential of the log-probability in the factor: (1 - e^(log p))^gamma.",
        reference=LIN,
    ),
    Verdict(
        "weight inside the factor",
        "fault",
        meaning="A focal factor has p^w in place of p, with w the weight of the class.",
        why="What counts as right differs from label to label, for no reason of its own.",
        remedy=(
            "Take p from the cross-entropy without weights, and multiply by the weight at the end."
        ),
        reference=LIN,
    ),
    Verdict(
        "label scaled otherwise",
        "fault",
        meaning="The label's logit has another temperature than those of its rivals.",
        why=(
            "A common shift of all logits lowers the loss of every label, and the largest logit "
            "need not be the class that was taught."
        ),
        remedy="Divide all logits by the temperature before the softmax, the label's too.",
        reference=OPTAX,
    ),
    Verdict(
        "same logits for every label",
        "fault",
        meaning="The losses of all labels fall to their least value as all logits move alike.",
        why="A model that gives every input the same logits has learnt all that the loss asks for.",
        remedy=(
            "Look for what should pull the rivals down: a normalizer over the classes, or the "
            "terms of the classes that are absent."
        ),
        reference=OPTAX,
    ),
    Verdict(
        "wrong sign",
        "fault",
        meaning="Minimising the loss lowers the probability of the label.",
        why="Descent lowers the probability of the label.",
        remedy="Put a minus before the log-likelihood.",
        reference=OPTAX,
    ),
    Verdict(
        "wrong label convention",
        "fault",
        meaning="Minimising the loss teaches another class than the label.",
        why="Another class than the label is learned, with a loss that falls as it should.",
        remedy="Look for labels that begin at 1, transposed axes, and swapped arguments.",
        reference=OPTAX,
    ),
)

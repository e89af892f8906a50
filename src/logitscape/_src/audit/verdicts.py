"""The verdicts of an audit: what each means, why it matters and what to do."""

from collections.abc import Mapping

from ..diagnosis.verdicts.listing import ByName, topics
from ..diagnosis.verdicts.references import MICIKEVICIUS, PRIETO
from ..diagnosis.verdicts.verdict import Verdict

GUO = (
    "Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, ICML 2017"
)
LIPTON = "Lipton, Wang, Smola, Detecting and correcting for label shift, ICML 2018"
NORTHCUTT = "Northcutt, Jiang, Chuang, Confident learning, JAIR 2021"

_ALL = (
    Verdict(
        "logits that are not finite",
        "fault",
        meaning="Some examples have a logit that is NaN or infinite.",
        why="One such example makes the mean loss, and after a step all weights, NaN.",
        remedy="Look at the examples; keep the logits in float32, or limit them by a soft cap.",
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "loss that is not finite",
        "fault",
        meaning="The loss or its gradient is not finite at logits that are.",
        why="One such example makes the mean loss, and after a step all weights, NaN.",
        remedy="Use a loss that is defined at these logits; `logitscape diagnose` says where.",
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "probabilities given for logits",
        "fault",
        meaning="Every row is from 0 to 1 and sums to 1: these are probabilities.",
        why="A second softmax leaves gradients that hardly tell right from wrong.",
        remedy=(
            "If they were saved by mistake, audit their logarithm. If the loss was given them, "
            "take the softmax out of the model."
        ),
        reference="PyTorch, CrossEntropyLoss: the input is expected to contain logits",
    ),
    Verdict(
        "log-probabilities given for logits",
        "note",
        meaning="The exponentials of every row sum to 1: these are log-probabilities.",
        why="Softmax leaves them as they are, but scale and offset are not those of the logits.",
        remedy="Save the logits themselves if their size matters.",
        reference="PyTorch, CrossEntropyLoss: the input is expected to contain logits",
    ),
    Verdict(
        "close to the limit of the dtype",
        "fault",
        meaning="The largest logit is near the largest number of its dtype.",
        why="A little further it is infinite, and the loss NaN.",
        remedy="Keep the logits in float32 or bfloat16, or limit them: soft_cap, z_loss.",
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "logits rounded coarsely",
        "trade",
        meaning="At the size of the logits, neighbouring numbers of their dtype are far apart.",
        why="Differences between classes, and so losses and gradients, are lost to rounding.",
        remedy="Keep the logits in float32, or remove their common offset.",
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "labels misplaced",
        "fault",
        meaning="The labels fit far better after they are renamed or moved.",
        why="The model is judged, and trained, by the wrong answers.",
        remedy="Check how labels are numbered, and that rows of logits and labels belong together.",
        reference=NORTHCUTT,
    ),
    Verdict(
        "no better than guessing",
        "fault",
        meaning="The loss is not below that of the frequencies of the classes.",
        why="The model has learned nothing about its inputs, or not what the labels say.",
        remedy="Train longer or with another learning rate; look whether gradients arrive.",
        reference=GUO,
    ),
    Verdict(
        "confidently wrong",
        "fault",
        meaning="Many mistakes are made with a confidence that is usual for being right.",
        why="Either these labels are wrong, or the model is sure where it should not be.",
        remedy="Look at the examples that are named, the clearest first, and correct their labels.",
        reference=NORTHCUTT,
    ),
    Verdict(
        "labels to check",
        "note",
        meaning="Some examples are wrong with a confidence that is usual for being right.",
        why="Wrong labels are among them more often than elsewhere.",
        remedy="Look at the examples that are named, the clearest first.",
        reference=NORTHCUTT,
    ),
    Verdict(
        "stuck",
        "fault",
        meaning="Wrong examples have almost no gradient under this loss.",
        why="They are not corrected, however long the training.",
        remedy="Use a loss that pulls while it is wrong, at least to begin with.",
        reference=PRIETO,
    ),
    Verdict(
        "collapsed",
        "trade",
        meaning="Examples have a pull of exactly 0 in the training's precision, and not in truth.",
        why="They teach nothing more, and margins grow only by rounding.",
        remedy="Compute 1 - p as a sum of the other probabilities, as `ls.per_example` does.",
        reference=PRIETO,
    ),
    Verdict(
        "overconfident",
        "fault",
        meaning="The model is right less often than it says.",
        why="Its probabilities cannot be used as such.",
        remedy="Divide the logits by the temperature, or train with label smoothing.",
        reference=GUO,
    ),
    Verdict(
        "underconfident",
        "fault",
        meaning="The model is right more often than it says.",
        why="It is under-trained, or regularised too much, or a softmax is applied twice.",
        remedy="Train longer, divide the logits by the temperature, or regularise less.",
        reference=GUO,
    ),
    Verdict(
        "miscalibrated beyond temperature",
        "fault",
        meaning="Confidence and accuracy differ, and no temperature brings them together.",
        why="Some examples are surer than they should be and others less; one number moves both.",
        remedy=(
            "Look at the reliability diagram, and at groups; calibrate by isotonic regression or "
            "for each group, or train with a proper loss."
        ),
        reference=GUO,
    ),
    Verdict(
        "label shift",
        "fault",
        meaning="In sum the model expects other frequencies of the classes than the labels have.",
        why="Probabilities are wrong for whole classes, although the classes may be told apart.",
        remedy="Add log of the ratio of frequencies to the logits, or train on the same mixture.",
        reference=LIPTON,
    ),
    Verdict(
        "padding takes probability",
        "fault",
        meaning="Classes that no example has, with one and the same logit, have probability.",
        why="The loss pays for classes that do not exist, and they may be predicted.",
        remedy="Set their logits to -inf, or cut them off before the loss.",
        reference="NVIDIA, Megatron-LM: make-vocab-size-divisible-by",
    ),
    Verdict(
        "padding",
        "note",
        meaning="Classes that no example has, with one and the same logit, have no probability.",
        why="They cost time and memory only.",
        reference="NVIDIA, Megatron-LM: make-vocab-size-divisible-by",
    ),
    Verdict(
        "masked classes",
        "note",
        meaning="Some classes have a logit of -inf in all examples.",
        why="They take no part in the loss.",
        reference="NVIDIA, Megatron-LM: make-vocab-size-divisible-by",
    ),
    Verdict(
        "a group is behind",
        "note",
        meaning="A group of examples has another accuracy or loss than the rest.",
        why="A mean over all examples hides it.",
        remedy="Weigh its examples, adjust the logits to its frequency, or collect more of it.",
        reference="Benjamini, Yekutieli, The control of the false discovery rate, 2001",
    ),
    Verdict(
        "the loss rises",
        "trade",
        meaning="The mean loss is larger in the end of a series than before.",
        why="On examples of the training the steps are too large; on held-out ones it overfits.",
        remedy="Stop where the loss is least, or lower the learning rate.",
        reference=GUO,
    ),
    Verdict(
        "confidence outruns accuracy",
        "trade",
        meaning="During a training the confidence grows beyond the accuracy.",
        why="The likelihood of the training examples still grows, by larger logits alone.",
        remedy="Stop earlier, smooth the labels, or divide the logits by a temperature.",
        reference=GUO,
    ),
    Verdict(
        "the offset drifts",
        "note",
        meaning="The mean of all logits moves by more than the logits of an example differ.",
        why="Softmax does not see it, until the logits are rounded or overflow.",
        remedy="Add a z_loss, decay the weights of the last layer, or leave out its bias.",
        reference="Chowdhery et al., PaLM, arXiv 2204.02311, section 5: z-loss",
    ),
    Verdict(
        "examples are forgotten",
        "note",
        meaning="Examples that were right at some time are wrong in the end.",
        why="They are hard or labelled wrongly, or the training has left a better model behind.",
        remedy="Look at the examples that are named, and compare the dumps.",
        reference="Toneva et al., An empirical study of example forgetting, ICLR 2019",
    ),
)

VERDICTS: Mapping[str, Verdict] = {verdict.name: verdict for verdict in _ALL}
"""Every verdict by its name."""


def all_topics() -> Mapping[str, ByName]:
    """The verdicts of diagnoses by topic, and those of audits as one more topic."""
    return {**topics(), "audit": VERDICTS}

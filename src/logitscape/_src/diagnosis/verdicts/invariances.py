"""Verdicts about what leaves a loss or its probabilities unchanged."""

from .references import BLONDEL, MENON, TEWARI, WANG, WEI
from .verdict import Verdict, Verdicts

INVARIANCES: Verdicts = (
    Verdict(
        "p does not sum to 1",
        "note",
        meaning="The probabilities of the classes sum to another number than 1.",
        why=(
            "They are weights, as of attention, or leave a rest for no class: what is said of "
            "distributions, such as propriety, does not hold for them."
        ),
        remedy="Divide p by its sum before it is read as a distribution.",
        reference=BLONDEL,
    ),
    Verdict(
        "shift invariant",
        "fine",
        meaning="A common shift of the logits does not change the loss.",
        why="Only differences of logits count.",
        reference=BLONDEL,
    ),
    Verdict(
        "not shift invariant",
        "note",
        meaning="A common shift of the logits changes the loss.",
        why="The common level of the logits counts, as in one-against-rest losses.",
        remedy="Nothing if that is meant; otherwise look for a missing normalizer.",
        reference=BLONDEL,
    ),
    Verdict(
        "treats classes alike",
        "fine",
        meaning="Permuted classes do not change the loss.",
        why="No class is preferred.",
        reference=TEWARI,
    ),
    Verdict(
        "treats classes differently",
        "note",
        meaning="Permuted classes change the loss.",
        why="Some class has another weight, margin or order than others.",
        remedy="Nothing if that is meant.",
        reference=MENON,
    ),
    Verdict(
        "p shift invariant",
        "fine",
        meaning="A common shift of the logits does not change p.",
        why="Only differences of logits count.",
        reference=BLONDEL,
    ),
    Verdict(
        "p not shift invariant",
        "note",
        meaning="A common shift of the logits changes p.",
        why="The common level of the logits changes p.",
        reference=BLONDEL,
    ),
    Verdict(
        "p scale invariant",
        "note",
        meaning="A common factor of the logits does not change p.",
        why="The size of the logits cannot express how sure the model is.",
        remedy="Multiply by a scale that is learned, if p should be calibrated.",
        reference=WANG,
    ),
    Verdict(
        "p not scale invariant",
        "fine",
        meaning="A common factor of the logits changes p.",
        why="Larger logits are surer.",
        reference=WEI,
    ),
    Verdict(
        "p sign invariant",
        "note",
        meaning="z and -z have the same p.",
        why="A label pushed far down is as probable as one pushed far up.",
        remedy="Start from small logits.",
        reference=BLONDEL,
    ),
    Verdict(
        "p not sign invariant",
        "fine",
        meaning="z and -z have different p.",
        why="Up and down differ.",
        reference=BLONDEL,
    ),
    Verdict(
        "p treats classes alike",
        "fine",
        meaning="Permuted logits have the permuted p.",
        why="No class is preferred.",
        reference=TEWARI,
    ),
    Verdict(
        "p treats classes differently",
        "note",
        meaning="Permuted logits do not have the permuted p.",
        why="The prediction prefers some class, as with a prior or with ordered classes.",
        remedy="Nothing if that is meant.",
        reference=MENON,
    ),
)
ORDER: Verdicts = (
    Verdict(
        "argmax p is argmax z",
        "fine",
        meaning="The largest logit has the largest probability.",
        why="Predictions may be read from the logits.",
        reference=TEWARI,
    ),
    Verdict(
        "argmax p is not always argmax z",
        "note",
        meaning="Another logit may have the largest probability.",
        why="Whoever predicts by the largest logit predicts something else than the loss teaches.",
        remedy="Predict by p.",
        reference=TEWARI,
    ),
)

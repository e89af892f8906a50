"""The answer of a whole diagnosis in plain words: a clause for everything that can be broken."""

from collections.abc import Mapping, Sequence

from .answers import Answer

BROKEN: Mapping[str, str] = {
    "teacher without softmax": "it takes a teacher's logits for a distribution",
    "softmax over one unit": "the softmax over one unit is always 1",
    "never finite": "it is nowhere finite",
    "label ignored": "it does not depend on its label",
    "arguments in the wrong order": "it takes the target first and the logits second",
    "labels as numbers": "it takes labels for numbers",
    "label differs": "one label has another loss than the others",
    "not finite for some answers": "it is not finite for some number of labels",
    "another gradient for some answers": "its gradient is not that of the loss for some targets",
    "answer moved away": "it moves the logits away from their answers",
    "answers without gradient": "some answers have no gradient",
    "infinite": "it is infinite where the label is wrong",
    "leaves the domain": "it is not defined at ordinary logits",
    "dies": "its gradient dies where the label is wrong",
    "rewards being wrong": "it falls as the label becomes more wrong",
    "infinite when right": "it is infinite where the label is right",
    "never corrects itself": "descent never corrects a wrong prediction",
    "pushes a rival up": "it pushes a wrong class up",
    "dead region": "its gradient is 0 in a whole region",
    "probability lost": "the probabilities sum to less than 1",
    "not finite at equal logits": "its gradient is not finite at equal logits",
    "not finite for a label": "it is not finite for some label",
    "label not taught": "some label is not taught",
    "never certain": "no label's probability comes near 1",
    "no is not 1 - yes": "its no is not the mirror image of its yes",
    "own similarity in the normaliser": "rows of embeddings are their own rivals",
    "angle in degrees": "its angle is in degrees",
    "margin on every class": "its margin is on every class",
    "target squashed": "its target goes through a softmax or sigmoid",
    "weight of the prediction": "its weight is that of the predicted class",
    "logits taken for probabilities": "logits are taken for probabilities",
    "log-probability in the factor": "its factor has log p in place of p",
    "weight inside the factor": "its factor has a weighted probability in place of p",
    "label scaled otherwise": "the label has another temperature than its rivals",
    "same logits for every label": "the same logits suit every label",
    "wrong sign": "its sign is wrong",
    "wrong label convention": "it teaches another class than the label",
    "target does not sum to one": "its smoothed target does not sum to 1",
    "mean taken inside": "a mean over the classes is taken inside",
    "margin on the wrong side": "its margin is on the wrong side",
    "one class only": "only the label's own logit counts",
    "logarithm missing": "the logarithm is missing",
    "softmax applied twice": "softmax is applied twice",
    "softmax before a sigmoid": "probabilities are given to a sigmoid that takes logits",
    "squared error of sparsemax": "it is the squared error of sparsemax, and dies",
    "clipped probability": "the probability is clipped",
    "epsilon inside the logarithm": "a constant is added inside the logarithm",
    "clipped value": "a clip ends its gradient where the label is wrong",
    "logarithm clamped": "the logarithm is clamped where the probability rounds to 0",
    "exponential overflows": "it takes the exponential of a logit, which overflows",
    "logarithm of a probability": "it takes the logarithm of a probability that underflows",
    "NaN when right": "its gradient is NaN once the label's probability is 1",
    "does not run": "it raises an error{where}",
    "not finite at ordinary logits": "it is not finite at ordinary logits{where}",
    "not finite at large logits": "it is not finite at large logits{where}",
    "inaccurate": "its gradient is inaccurate{where}",
    "gradient lost while wrong": "its gradient is lost{where} where the label is wrong",
    "gradient is not that of the loss": "its gradient is not that of the loss",
    "gradient does not sum to 0": "its gradient is not that of the loss, whose sum is 0",
    "forward differs from reverse": "forward and reverse mode disagree",
    "jit differs from eager": "jit changes its value",
    "computed in reduced precision inside": "it computes in reduced precision inside",
    "labels broadcast": "every example is compared with every label of its batch",
    "examples influence each other": "examples of a batch influence each other",
    "not finite at single logits": "it is not finite at single logits",
    "another value at single logits": "it has another value at single logits",
    "unbounded below": "it falls without bound",
    "infinite losses": "it is infinite in a whole region",
    "pole": "it is infinite at single logits",
    "constant": "it has the same value everywhere",
    "top label missed": "its minimum misses the most probable class",
    "goes to a vertex": "its minimum gives one class all the probability",
    "could not be measured": "it raises an error",
}
"""What is broken if a verdict is a fault, as a clause; "{where}" is the precision."""

NAMED = 2
"""Number of trades whose designs the headline names."""


def clause(answer: Answer) -> str:
    """What a fault breaks, as a clause such as "softmax is applied twice"."""
    pattern = BROKEN.get(answer.verdict, f"{answer.question}: {answer.verdict}")
    topic, _, precision = answer.question.partition(", ")
    return pattern.format(where=f" in {precision}" if topic == "precision" else "")


def broken(faults: Sequence[Answer]) -> str:
    """What is broken, by the fault that comes first, and how many more faults there are."""
    first, *others = dict.fromkeys(map(clause, faults))
    count = len(others)
    more = f", and {count} more fault{'s' if count > 1 else ''}" if count else ""
    return f"broken: {first}{more}"


def price_of(trades: Sequence[Answer]) -> str:
    """The trades by name, such as ", at a known price (class weights)"; "" if there are none."""
    names = list(dict.fromkeys(trade.verdict for trade in trades))
    if not names:
        return ""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f", at a known price ({', '.join(names[:NAMED])}{more})"

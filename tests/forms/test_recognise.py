"""Every form in which people have losses is recognised, and gives the numbers of one example."""

import functools
import re
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.nn import log_sigmoid, log_softmax, one_hot, softmax, softplus

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.questions import form as form_question
from logitscape._src.diagnosis.subject import Subject
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.forms import laws
from tests.shares import share

N = 4
Z = np.random.default_rng(0).normal(size=(3, N))
LABEL = 1
CROSS_ENTROPY = -log_softmax(jnp.asarray(Z))[:, LABEL]
LOGIT = Z[:, 1] - Z[:, 0]

of_one_hot = optax.softmax_cross_entropy
of_labels = optax.softmax_cross_entropy_with_integer_labels


def recognised(function, num_classes: int = N, **options) -> Subject:
    with enable_x64():
        return subject(function, num_classes=num_classes, **options)


def losses(found: Subject, z=Z) -> np.ndarray:
    with enable_x64():
        return evaluate(found, z[:, :2] if found.one_logit else z, LABEL).loss


def reduces(logits, labels, reduction="mean"):
    loss = of_labels(logits, labels)
    return {"mean": jnp.mean, "sum": jnp.sum, "none": lambda x: x}[reduction](loss)


def by_keyword(*, targets, preds):
    return of_labels(preds, targets)


def true_first(y_true, y_pred, sample_weight=None):
    return -jnp.sum(y_true * log_softmax(y_pred), axis=-1)


def of_batch(params, batch):
    loss = of_labels(batch["logits"] * params["scale"], batch["label"])
    return loss.mean(), {"accuracy": 0.0}


def image_first(params, batch):
    target = one_hot(batch["label"], N)
    return of_one_hot(params["scale"] * batch["image"], target).mean()


def of_pair(params, batch):
    z, y = batch
    return of_labels(params * z, y).sum()


def of_next_place(logits, labels):
    """The logits of a place are compared with the label of the next, as in a language model."""
    return of_labels(logits[..., :-1, :], labels[..., 1:]).mean()


def of_sequences(logits, targets):
    b, t, n = logits.shape
    return of_labels(logits.reshape(b * t, n), targets.reshape(b * t)).mean()


def of_pictures(logits, target):
    n = logits.shape[1]
    _, _, height, width = logits.shape
    truth = jnp.moveaxis(one_hot(target, n), -1, 1)
    return -(truth * log_softmax(logits, 1)).sum() / (len(logits) * height * width)


def of_columns(y_true, y_pred):
    return of_labels(y_pred, y_true.squeeze(-1))


class Output(NamedTuple):
    logits: jax.Array
    loss: jax.Array


class Criterion:
    def __init__(self, scale: float) -> None:
        self.scale = scale

    def loss(self, logits, labels):
        return self.scale * of_labels(logits, labels).mean()


@pytest.mark.parametrize(
    ("function", "form", "reduction"),
    [
        # jax.nn.one_hot takes floats as well, and makes a matrix of one target vector.
        (lambda z, y: of_one_hot(z, one_hot(y, N)).mean(), "batch, labels", "mean"),
        (lambda z, y: of_one_hot(z, one_hot(y, N)).sum(), "batch, labels", "sum"),
        (lambda z, y: of_one_hot(z, one_hot(y, N)), "batch, labels", "none"),
        (lambda z, y: (of_labels(z, y).mean(), {}), "batch, labels", "mean"),
        (lambda z, y: {"loss": of_labels(z, y), "n": 1}, "batch, labels", "none"),
        (lambda z, t: of_one_hot(z, t).mean(), "one example", "mean"),
        (lambda z, t: of_one_hot(z, t).sum() / len(z), "batch, one-hot", "mean"),
        (
            lambda z, y: jax.nn.logsumexp(z) - jnp.sum(one_hot(y, N) * z),
            "one example, label",
            "none",
        ),
        (lambda z, y: Output(z, of_labels(z, y).mean()), "batch, labels", "mean"),
        (lambda z, y: {"total_loss": of_labels(z, y)}, "batch, labels", "none"),
        (of_next_place, "batch, labels", "mean"),
        (of_sequences, "batch, labels", "mean"),
        (of_pictures, "batch, labels", "mean"),
        (of_columns, "batch, labels", "none"),
        # The names do not tell that the labels come first, but whole numbers do.
        (lambda a, b: of_labels(b, a).mean(), "batch, labels", "mean"),
        (lambda a, b: -log_softmax(b)[a], "one example, label", "none"),
        (partial(image_first, {"scale": 1.0}), "batch, labels", "mean"),
        (reduces, "batch, labels", "none"),
        (partial(reduces, reduction="sum"), "batch, labels", "none"),
        (by_keyword, "batch, labels", "none"),
        (true_first, "one example", "none"),
        (partial(of_batch, {"scale": 1.0}), "batch, labels", "mean"),
        (partial(of_batch, params={"scale": 1.0}), "batch, labels", "mean"),
        (partial(of_pair, 1.0), "batch, labels", "sum"),
        (Criterion(1.0).loss, "batch, labels", "mean"),
    ],
)
def test_categorical_losses(function, form, reduction) -> None:
    found = recognised(function)
    assert (found.form, found.reduction) == (form, reduction)
    np.testing.assert_allclose(losses(found), CROSS_ENTROPY, rtol=1e-9)


@pytest.mark.parametrize(
    "function",
    [
        optax.sigmoid_binary_cross_entropy,
        lambda z, y: optax.sigmoid_binary_cross_entropy(z, y).mean(),
        lambda z, y: jnp.where(y > 0.5, softplus(-z), softplus(z)),
        lambda z, y: optax.sigmoid_binary_cross_entropy(z.squeeze(-1), y).mean(),
        lambda z, y: softplus(-y * z).mean(),
        lambda z, y: -log_sigmoid(y * z),
    ],
)
def test_a_loss_of_one_logit_is_one_of_two_classes(function) -> None:
    found = recognised(function)
    assert found.form == "binary"
    assert found.reduction in ("none", "mean")
    np.testing.assert_allclose(losses(found), softplus(-LOGIT), rtol=1e-9)


def hinge_of_signs(z, t):
    return jnp.sum(jnp.maximum(0, 1 - t * z), axis=-1)


def of_teacher(student, teacher, temperature=2.0):
    p = softmax(teacher / temperature)
    log_q = log_softmax(student / temperature)
    return temperature**2 * jnp.sum(
        p * (log_softmax(teacher / temperature) - log_q), -1
    )


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            hinge_of_signs,
            np.maximum(0, 1 - Z * (2 * np.eye(N)[LABEL] - 1)).sum(1),
        ),
        (of_teacher, -4 * log_softmax(jnp.asarray(Z) / 2)[:, LABEL]),
        (optax.squared_error, ((Z - np.eye(N)[LABEL]) ** 2).sum(1)),
        (lambda z, t: jnp.sum((z - t) ** 2), ((Z - np.eye(N)[LABEL]) ** 2).sum(1)),
        (lambda z, t: -jnp.sum(t * z), -Z[:, LABEL]),
        # Its terms sum to 0, so that a shift of the target has no effect.
        (
            lambda z, t: jax.nn.logsumexp(z) - jnp.sum(t * (z - z.mean())) - z.mean(),
            CROSS_ENTROPY,
        ),
        # Where all are right it is 0, whether it is a sum or a mean.
        (
            lambda z, t: jnp.sum(jnp.maximum(0, -z * (2 * t - 1))),
            np.maximum(0, -Z * (2 * np.eye(N)[LABEL] - 1)).sum(1),
        ),
        (
            lambda z, t: optax.sigmoid_binary_cross_entropy(z, t).sum(),
            softplus(-Z[:, LABEL]) + softplus(np.delete(Z, LABEL, 1)).sum(1),
        ),
    ],
)
def test_what_the_target_is_follows_from_values(function, expected) -> None:
    np.testing.assert_allclose(losses(recognised(function)), expected, rtol=1e-9)


def test_a_loss_of_rounded_logits_is_one_of_a_vector() -> None:
    """All logits below 1 are rounded to 0, where no place of the target makes a difference."""

    def rounded(z, t):
        return of_one_hot(z.astype(int).astype(z.dtype), t)

    assert recognised(rounded).form == "one example"


def contrast(similarities):
    return of_labels(similarities, jnp.arange(len(similarities)))


@pytest.mark.parametrize("function", [contrast, lambda s: contrast(s).mean()])
def test_a_row_of_similarities_is_an_example(function) -> None:
    found = recognised(function)
    assert found.form == "similarities"
    np.testing.assert_allclose(losses(found), CROSS_ENTROPY, rtol=1e-9)


def test_a_contrast_of_both_sides_counts_both() -> None:
    found = recognised(lambda s: (contrast(s).mean() + contrast(s.T).mean()) / 2)
    column = np.log(N - 1 + np.exp(Z[:, LABEL])) - Z[:, LABEL]
    np.testing.assert_allclose(losses(found), (CROSS_ENTROPY + column) / 2, rtol=1e-9)


def of_embeddings(images, texts, scale=1.0):
    return contrast(scale * images @ texts.T).mean()


def of_both_sides(logits_per_image, logits_per_text):
    return (contrast(logits_per_image).mean() + contrast(logits_per_text).mean()) / 2


def at_temperature(similarity, temperature=1.0):
    return contrast(similarity / temperature).mean()


@pytest.mark.quick
@pytest.mark.parametrize("function", [of_embeddings, at_temperature])
def test_embeddings_are_similarities_to_unit_vectors(function) -> None:
    found = recognised(function)
    assert found.form == "similarities"
    np.testing.assert_allclose(losses(found), CROSS_ENTROPY, rtol=1e-9)


def decoupled(images, texts):
    """The match is no rival of itself, so that a pair alone has none and the loss is infinite."""
    s = images @ texts.T
    rivals = jnp.where(jnp.eye(len(s), dtype=bool), -jnp.inf, s)
    return (jax.nn.logsumexp(rivals, axis=1) - jnp.diag(s)).mean()


@pytest.mark.quick
def test_the_infinite_loss_of_an_example_alone_explains_no_batch() -> None:
    assert recognised(decoupled).form == "similarities"


def pairs_by_sigmoid(images, texts, scale=10.0, bias=-10.0):
    """SigLIP, with its scale and bias at the start: pairs that do not match add nearly nothing."""

    def unit(rows):
        return rows / jnp.linalg.norm(rows, axis=1, keepdims=True)

    s = scale * unit(images) @ unit(texts).T + bias
    signs = 2 * jnp.eye(len(s)) - 1
    return softplus(-signs * s).sum(1).mean()


@pytest.mark.quick
def test_embeddings_whose_rivals_add_nearly_nothing_are_no_batch() -> None:
    assert recognised(pairs_by_sigmoid).form == "similarities"


@pytest.mark.quick
def test_two_matrices_of_similarities_are_both_sides_of_one() -> None:
    column = np.log(N - 1 + np.exp(Z[:, LABEL])) - Z[:, LABEL]
    found = recognised(of_both_sides)
    np.testing.assert_allclose(losses(found), (CROSS_ENTROPY + column) / 2, rtol=1e-9)


@pytest.mark.quick
@pytest.mark.parametrize("form", ["binary", "multi-label"])
def test_a_form_that_is_told_is_taken(form) -> None:
    assert recognised(optax.sigmoid_binary_cross_entropy, form=form).form == form


def preference(chosen, rejected):
    return -log_sigmoid(chosen - rejected).mean()


def other_first(rejected_scores, chosen_scores):
    return preference(chosen_scores, rejected_scores)


def unnamed(a, b):
    return softplus(b - a).mean()


@pytest.mark.parametrize("function", [preference, other_first, unnamed])
def test_scores_of_two_answers_are_one_logit(function) -> None:
    found = recognised(function)
    assert found.one_logit
    assert found.recognised.call.style == "preferences"
    z = Z[:, :2]
    expected = -log_softmax(z)[:, LABEL]
    np.testing.assert_allclose(losses(found, z), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: ((a - b) ** 2).mean(),
        lambda a, b: jnp.abs(a - b).mean(),
        lambda a, b: jnp.where(a > b, 0.9 * (a - b), 0.1 * (b - a)).mean(),
    ],
)
def test_a_distance_of_predictions_is_no_preference(function) -> None:
    assert recognised(function).recognised.call.style != "preferences"


def views(a, b):
    """Vectors are joined too, by broadcasting, and all have one loss."""
    rows = [x / jnp.linalg.norm(x, axis=-1, keepdims=True) for x in (a, b)]
    s = jnp.concatenate(rows) @ jnp.concatenate(rows).T
    count = len(s) if s.ndim else 2 * len(a)
    s = jnp.where(jnp.eye(count, dtype=bool), -1e9, s)
    matches = (jnp.arange(count) + count // 2) % count
    return -log_softmax(s)[jnp.arange(count), matches].mean()


def test_two_views_are_no_two_vectors() -> None:
    assert recognised(views).form == "similarities"


def of_columns_and_rows(logits, targets):
    return ((logits.reshape(-1, 1) - targets.reshape(1, -1)) ** 2).mean()


def test_a_batch_whose_targets_are_broadcast_is_a_batch() -> None:
    found = recognised(of_columns_and_rows, 1)
    assert found.in_batches is not None
    assert found.reduction == "mean"


def test_softmax_over_one_unit_is_named() -> None:
    def loss(z, y):
        return -jnp.sum(y * jnp.log(softmax(z, axis=-1)), axis=-1).mean()

    config = DiagnosisConfig(reference=recognised("softmax + brier"), num_classes=2)
    for source in (
        loss,
        "softmax + cross_entropy",
        lambda z, y: of_labels(z, y).mean(),
    ):
        with enable_x64():
            found = recognised(source, num_classes=1)
            (answer,) = form_question.answers(found, config)
        assert answer.verdict == "softmax over one unit"
        assert answer.severity == "fault"
    with enable_x64():
        sound = recognised(optax.sigmoid_binary_cross_entropy, num_classes=1)
        (answer,) = form_question.answers(sound, config)
    assert answer.severity == "fine"


def of_model(model, x, y):
    return of_labels(jax.vmap(model)(x), y).mean()


def with_weights(logits, labels, weights):
    return jnp.mean(weights * of_labels(logits, labels))


def of_student(student_logits, teacher_logits, labels, T=4.0):
    soft = of_one_hot(student_logits / T, softmax(teacher_logits / T)).mean()
    return soft + of_labels(student_logits, labels).mean()


def with_options(logits, labels, *, temperature, num_classes):
    return of_one_hot(logits / temperature, one_hot(labels, num_classes)).mean()


def with_key(logits, labels, rng):
    noise = 0 * jax.random.normal(rng, logits.shape)
    return of_labels(logits + noise, labels).mean()


def of_state(params, apply_fn, images, labels):
    return of_labels(apply_fn({"params": params}, images), labels).mean()


def of_model_and_batch(model, batch):
    return of_labels(model(batch["image"]), batch["label"]).mean()


def counts_first(logits, labels):
    return {"accuracy": 0.0}, of_labels(logits, labels).mean()


def named_otherwise(logits, labels):
    return {"ce": of_labels(logits, labels).mean(), "n": len(labels)}


def of_probabilities(y_true, y_pred, from_logits=False):
    p = softmax(y_pred) if from_logits else y_pred
    return -jnp.sum(y_true * jnp.log(p), axis=-1)


def of_two_views(similarities):
    """The rows of one matrix [2N, 2N] match those that are N rows apart."""
    count = len(similarities)
    matches = (jnp.arange(count) + count // 2) % count
    rivals = jnp.where(jnp.eye(count, dtype=bool), -1e9, similarities / 0.5)
    log_p = jax.nn.log_softmax(rivals)
    return -jnp.mean(
        jnp.sum(log_p * jax.nn.one_hot(matches, count, dtype=log_p.dtype), 1)
    )


@pytest.mark.parametrize(
    "function",
    share(
        [
            of_model,
            with_weights,
            of_student,
            with_options,
            with_key,
            of_state,
            of_model_and_batch,
            counts_first,
            named_otherwise,
            of_probabilities,
        ],
        one_in=4,
    ),
)
def test_the_call_that_a_refusal_prints_works(function) -> None:
    with pytest.raises(TypeError, match="This works: ") as refused:
        recognised(function)
    (call,) = re.findall(r"`ls\.diagnose\((.*)\)`[,.]", str(refused.value))
    known = {"jax": jax, "jnp": jnp, "functools": functools}
    found = recognised(eval(call, {**known, function.__name__: function}))
    assert found.reduction in ("none", "mean")
    assert np.isfinite(losses(found)).all()


def test_a_method_is_refused_with_that_of_an_instance() -> None:
    with pytest.raises(TypeError, match=r"`ls\.diagnose\(Criterion\(\.\.\.\)\.loss\)`"):
        recognised(Criterion.loss)


def supervised_contrastive(features, labels):
    rows = features / jnp.linalg.norm(features, axis=1, keepdims=True)
    s = rows @ rows.T / 0.1
    own = jnp.eye(len(s), dtype=bool)
    log_p = s - jax.nn.logsumexp(jnp.where(own, -1e9, s), axis=1, keepdims=True)
    alike = (labels[:, None] == labels[None]) & ~own
    count = jnp.maximum(alike.sum(1), 1).astype(s.dtype)
    return -(jnp.where(alike, log_p, 0).sum(1) / count).mean()


@pytest.mark.quick
def test_embeddings_with_labels_have_no_logits() -> None:
    with pytest.raises(TypeError, match="compares embeddings: rows that are turned"):
        recognised(supervised_contrastive)


@pytest.mark.quick
def test_numbers_that_are_only_added_are_no_labels() -> None:
    def is_only_added(loss) -> bool:
        return laws.label_only_adds(loss, lambda z, y: (z, y), N)

    assert is_only_added(lambda z, y: np.asarray(np.sum(z**2) + y[0]))
    assert not is_only_added(lambda z, y: np.asarray(np.sum(z**2)))
    assert not is_only_added(lambda z, y: np.asarray(np.sum(z**2) - z[0, y[0]]))


def test_what_compares_embeddings_has_no_logits() -> None:
    with pytest.raises(TypeError, match="no logits of classes"):
        recognised(lambda anchor, positive, negative: jnp.sum(anchor - positive))


@pytest.mark.parametrize(
    ("function", "remedy"),
    [
        (of_model, "ls.diagnose(functools.partial(of_model, model=lambda z: z))"),
        (with_options, "--arg temperature=2.0 --arg num_classes=4"),
        (of_student, "5.0 * jax.nn.one_hot(y, 4)"),
        (lambda z, y: np.sum(np.exp(z)), "ls.diagnose(value_and_grad="),
        (lambda z, t: z.numpy(), "def loss(z, t): return your_loss(...)"),
        (of_batch, "ls.diagnose(functools.partial(of_batch, params))"),
    ],
)
def test_an_unknown_form_is_refused_with_a_call_that_works(function, remedy) -> None:
    with pytest.raises(TypeError, match=re.escape(remedy)):
        recognised(function)


def test_the_remedy_works() -> None:
    found = recognised(partial(of_model, model=lambda z: z))
    np.testing.assert_allclose(losses(found), CROSS_ENTROPY, rtol=1e-9)


@pytest.mark.parametrize(
    "function",
    share(
        [
            reduces,
            by_keyword,
            true_first,
            optax.sigmoid_binary_cross_entropy,
            hinge_of_signs,
            of_teacher,
            contrast,
            of_embeddings,
            of_both_sides,
            of_next_place,
            of_pictures,
            of_columns,
            optax.squared_error,
        ],
        one_in=4,
    ),
)
def test_the_code_of_a_witness_is_the_loss(function) -> None:
    found = recognised(function)
    z = Z[0, :2] if found.one_logit else Z[0]
    scope = {"jnp": jnp, function.__name__: function}
    with enable_x64():
        value = eval(found.code, scope)(jnp.asarray(z), jnp.eye(len(z))[LABEL])
    np.testing.assert_allclose(value, losses(found)[0], rtol=1e-9)


def test_large_trials_are_not_computed() -> None:
    """The target vector of 30,000 classes would become a matrix of 7 GB."""
    found = recognised(lambda z, y: of_one_hot(z, one_hot(y, 30_000)).mean(), 30_000)
    assert found.form == "batch, labels"


def test_probe_takes_the_same_forms() -> None:
    measure = ls.probe(lambda z, y: (of_labels(z, y).mean(), {}))
    statistics = measure(Z.astype(np.float32), np.full(3, LABEL))
    np.testing.assert_allclose(statistics.loss, CROSS_ENTROPY.mean(), rtol=1e-5)


def test_matches_that_are_counted_modulo_the_rows_are_those_of_a_joint_matrix() -> None:
    found = recognised(of_two_views)
    assert found.recognised is not None
    assert found.recognised.call.style == "joint"

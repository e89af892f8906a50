"""Every number is that of a plain computation in float64, whatever the dtype and the loss."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.audit import kept, program, streaming
from logitscape._src.audit.files.rows import Rows
from logitscape._src.reports.audit_page import page
from tests.shares import share

RNG = np.random.default_rng(0)
M, N = 3001, 6
Y = RNG.integers(0, N, M)
Z = 2 * RNG.normal(size=(M, N))
Z[np.arange(M), Y] += 2
LOSSES = (
    "softmax + cross_entropy",
    "softmax + brier",
    "sparsemax_loss",
    "crammer_singer",
)
RTOL = {"float16": 2e-5, "bfloat16": 2e-5, "float32": 2e-5, "float64": 1e-11}


def stored(dtype: str) -> np.ndarray:
    return Z.astype(jnp.bfloat16 if dtype == "bfloat16" else dtype)


def plain(spec: str, z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses and gradients in float64."""
    loss = ls.objective(spec)
    targets = jax.nn.one_hot(y, z.shape[1], dtype=jnp.float64)
    run = jax.jit(jax.vmap(jax.value_and_grad(loss)))
    values, gradients = run(jnp.asarray(z.astype(np.float64)), targets)
    return np.asarray(values), np.asarray(gradients)


@pytest.mark.parametrize(
    ("spec", "dtype"),
    share([(spec, dtype) for dtype in RTOL for spec in LOSSES], one_in=5),
)
def test_every_example_is_measured_as_a_plain_computation_does(
    spec: str, dtype: str
) -> None:
    z = stored(dtype)
    found = ls.audit(z, Y, spec, against=["softmax + mae"])
    values, gradients = plain(spec, z, Y)
    _, others = plain("softmax + mae", z, Y)
    norms, other_norms = (np.linalg.norm(g, axis=1) for g in (gradients, others))
    each = found.to_xarray()
    rtol = RTOL[dtype]
    compare = lambda got, want: np.testing.assert_allclose(got, want, rtol, rtol)
    compare(each.present_loss, values)
    compare(each.norm[0], norms)
    compare(each.norm[1], other_norms)
    dots = (gradients * others).sum(1)
    compare(each.cosine[1] * norms * other_norms, dots)
    compare(each.mean_gradient[0], gradients.mean(0))
    wide = z.astype(np.float64)
    rivals = np.where(np.eye(N)[Y] > 0, -np.inf, wide)
    compare(each.margin, wide[np.arange(M), Y] - rivals.max(1))
    speeds = gradients[np.arange(M), rivals.argmax(1)] - gradients[np.arange(M), Y]
    compare(each.speed[0], speeds)
    compare(found["loss"].estimate.value, values.mean())
    assert found["accuracy"].estimate.value == (wide.argmax(1) == Y).mean()
    step = 0.1 / other_norms.mean()
    compare(found.alternatives[1].loss_change.value, -step * dots.mean())
    compare(found.alternatives[1].norm.value, other_norms.mean())
    ordered = np.sort(norms)[::-1].cumsum()
    carriers = (np.searchsorted(ordered, 0.5 * ordered[-1]) + 1) / M
    assert abs(found["carriers_50"].estimate.value - carriers) < 2 / M


def test_the_first_order_is_what_a_small_step_does() -> None:
    """The loss and the accuracy after a step, as far as the step is small."""
    z = np.concatenate([Z + 0.3 * RNG.normal(size=Z.shape) for _ in range(40)])
    y = np.tile(Y, 40)
    found = ls.audit(z, y, against=["softmax + brier"])
    for alternative in found.alternatives:
        values, _ = plain("softmax + cross_entropy", z, y)
        _, gradients = plain(alternative.name, z, y)
        small = 0.02 / np.linalg.norm(gradients, axis=1).mean()
        moved = z - small * gradients
        after, _ = plain("softmax + cross_entropy", moved, y)
        change = after.mean() - values.mean()
        np.testing.assert_allclose(alternative.loss_change.value / 5, change, rtol=0.03)
        gained = (moved.argmax(1) == y).mean() - (z.argmax(1) == y).mean()
        assert abs(alternative.accuracy_change.value / 5 - gained) < 0.15 * gained


def test_soft_targets_and_targets_of_several_classes() -> None:
    soft = 0.9 * np.eye(N)[Y] + 0.1 / N
    z = Z.astype(np.float32)
    found = ls.audit(z, soft)
    p = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
    np.testing.assert_allclose(
        found["loss"].estimate.value, -(soft * np.log(p)).sum(1).mean(), rtol=1e-5
    )
    assert found["accuracy"].estimate.value == (z.argmax(1) == Y).mean()
    several = (RNG.random((M, N)) < 0.3).astype(np.float32)
    found = ls.audit(z, several, "sigmoid_cross_entropy")
    q = 1 / (1 + np.exp(-Z))
    expected = -(several * np.log(q) + (1 - several) * np.log(1 - q)).sum(1).mean()
    np.testing.assert_allclose(found["loss"].estimate.value, expected, rtol=1e-5)
    assert (
        found["accuracy"].estimate.value == ((Z > 0) == (several > 0.5)).all(1).mean()
    )
    with pytest.raises(ValueError, match="takes an answer for each class"):
        ls.audit(z, Y, "sigmoid_cross_entropy")


def test_a_loss_of_ones_own_and_its_collapse() -> None:
    mine = lambda z, t: -jax.nn.log_softmax(z) @ t
    z = Z.astype(np.float32)
    found = ls.audit(
        z, Y, mine, against=["softmax + cross_entropy"], normalizer="softmax"
    )
    assert found.alternatives[1].rank_agreement.value > 0.999
    assert found["smooth_ece"].estimate.value > 0
    wide = np.zeros((100, 3), np.float32)
    wide[:, 0] = np.linspace(1, 100, 100)
    found = ls.audit(wide, np.zeros(100, int))
    # 1 - p rounds to 0 from a margin of 17 on, and the true pull underflows from 88 on.
    assert 0.65 < found["collapsed"].estimate.value < 0.75
    coarse = ls.audit(wide, np.zeros(100, int), dtype="bfloat16")
    assert coarse["collapsed"].estimate.value > found["collapsed"].estimate.value


def test_what_is_left_out_is_counted_and_named() -> None:
    z, y = Z.astype(np.float32).copy(), Y.copy()
    z[5, 1], z[17, 0], z[40, Y[40]] = np.nan, np.inf, -np.inf
    other = (Y[60] + 1) % N
    z[60, other] = -np.inf
    y[:3] = -100
    found = ls.audit(z, y, ignored_label=-100)
    counts = found.counts()
    assert counts["measured"] == M - 6
    assert (counts["ignored"], counts["not_finite"]) == (3, 3)
    assert found.measured.part.not_finite.first.tolist() == [5, 17, 40]
    rest = np.setdiff1d(np.arange(M), [0, 1, 2, 5, 17, 40])
    again = ls.audit(z[rest], y[rest])
    for number in again.numbers:
        # A few examples are in other groups of the jackknife and folds of the temperature.
        if number.name not in ("temperature", "temperature_gain", "smooth_ece_after"):
            np.testing.assert_allclose(
                found[number.name].estimate.value,
                number.estimate.value,
                rtol=1e-6,
                atol=1e-9,
            )
    with pytest.raises(
        ValueError, match="3 examples have logits that are not finite, at index 5"
    ):
        ls.audit(z, y, ignored_label=-100, strict=True)
    with pytest.raises(ValueError, match="has no example that can be measured"):
        ls.audit(np.full((4, 3), np.nan, np.float32), [0, 1, 2, 0])


def test_results_do_not_depend_on_chunks_nor_on_the_kind_of_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    z = Z.astype(np.float32)
    monkeypatch.setattr(program, "MOST_ROWS", 64)
    whole = ls.audit(z, Y).to_xarray()
    np.savez_compressed(tmp_path / "dump.npz", logits=z, labels=Y)
    again = ls.audit(tmp_path / "dump.npz").to_xarray()
    assert again.attrs["name"] == "dump.npz"
    assert whole.equals(again)


def test_sums_and_first_examples_of_a_large_dump_are_those_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    z = Z.astype(np.float32)
    z[12], z[13, 2] = np.nan, np.inf
    monkeypatch.setattr(program, "MOST_ROWS", 64)
    options = {"against": ["softmax + brier"], "threshold": 0.1}
    whole = ls.audit(z, Y, "softmax + focal", **options)
    monkeypatch.setattr(kept, "MOST", 600)
    few = ls.audit(z, Y, "softmax + focal", **options)
    # The examples at a distance of 6, of which one is no number.
    assert set(few.measured.index) == set(range(0, M, 6)) - {12}
    assert few.counts() == whole.counts()
    of_all = ("accuracy", "loss", "stuck", "collapsed", "mean_norm", "brier", "offset")
    of_all += ("overconfidence", "largest", "loss_largest", "norm")
    for number in whole.numbers:
        ours, theirs = few[number.name].estimate, number.estimate
        if number.name in of_all:
            np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-6)
        elif np.isfinite(theirs.low):
            assert ours.low <= theirs.high, number.name
            assert ours.high >= theirs.low, number.name
        if number.name != "suspicious":
            assert few[number.name].examples == number.examples, number.name
    assert few.alternatives[1].waking == whole.alternatives[1].waking


def test_a_file_that_changes_or_ends_is_an_error() -> None:
    def broken(start: int, stop: int) -> Any:
        return np.zeros((max(0, min(stop, 100) - start), 3), np.float32)

    rows = Rows("dump", (200, 3), np.dtype(np.float32), broken)
    with pytest.raises(ValueError, match="dump ends after 100 of 200 rows"):
        ls.audit(rows, np.zeros(200, int))


@pytest.mark.parametrize("which", ["z.npy", "y.npy"])
def test_a_file_that_is_written_to_while_it_is_read_is_an_error(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "z.npy", Z.astype(np.float32))
    np.save(tmp_path / "y.npy", Y)
    read = streaming.read_block

    def written_to(*arguments: Any) -> Any:
        np.save(tmp_path / which, np.zeros(M + 1, np.float32))
        return read(*arguments)

    monkeypatch.setattr(streaming, "read_block", written_to)
    with pytest.raises(RuntimeError, match=f"{which} changed while it was read"):
        ls.audit(tmp_path / "z.npy", tmp_path / "y.npy")


def test_groups_are_compared_with_few_false_alarms() -> None:
    z = np.tile(Z.astype(np.float32), (4, 1))
    y = np.tile(Y, 4)
    group = np.arange(len(y)) % 20
    worse = group == 7
    z[worse] = 0.2 * z[worse] - 2 * np.eye(N)[y[worse]]
    found = ls.audit(z, y, groups={"source": group})
    surprising = [each.name for each in found.groups if each.p_accuracy < 0.05]
    assert surprising == ["7"]
    assert any(each.verdict == "a group is behind" for each in found.findings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"logits": Z[:, 0]},
            r"must have shape \[m, n\], examples and classes, got \(3001,\)",
        ),
        (
            {"logits": Z.reshape(1, M, N)},
            r"Sequences become rows by `.reshape\(-1, n\)`",
        ),
        ({"logits": Z[:0], "labels": Y[:0]}, "must have at least one example"),
        ({"labels": None}, r"`audit\(labels=...\)` is needed"),
        ({"dtype": "int8"}, r"`audit\(dtype=...\)` must be one of 'float32'"),
        (
            {"threshold": -1},
            r"`audit\(threshold=...\)` must be a number, at least 0 and at most 1",
        ),
        ({"class_names": ["a"]}, "must have one entry for each of the 6 classes"),
        ({"ids": ["a"]}, "must have one entry for each of the 3,001 examples"),
        (
            {"groups": {"split": [1]}},
            "'split' must have one entry for each of the 3,001",
        ),
        ({"groups": np.arange(M)}, "must have at most 50 groups, got 3,001"),
        ({"against": ["softmax + cross_entropy"]}, "must be losses of different names"),
        ({"against": ["sigmoid_brier"]}, "'sigmoid_brier' takes numbers from 0 to 1"),
        ({"ignored_label": 0.5}, "must be a whole number such as -100"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    given = {"logits": Z, "labels": Y, **arguments}
    with pytest.raises((ValueError, TypeError), match=message):
        ls.audit(given.pop("logits"), given.pop("labels"), **given)


def test_examples_outside_of_the_domain_of_another_loss_are_told() -> None:
    found = ls.audit(Z, Y, against=["sum + cross_entropy"])
    present, other = found.alternatives
    # `sum` is not defined where a logit is negative, or all are 0.
    outside = (Z < 0).any(axis=1)
    assert present.undefined.value == 0
    assert other.undefined.value == outside.mean()
    told = "sum + cross_entropy has no finite gradient for"
    assert told in " ".join(str(found).split())
    assert told in page(found)

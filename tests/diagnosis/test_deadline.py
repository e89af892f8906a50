"""A budget holds inside a question, and what is unfinished costs the others nothing."""

import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.deadline import (
    Deadline,
    OutOfTimeError,
    check_time,
    counting_from,
    deadline_after,
)
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.formulas.catalogue_rows import all_losses
from logitscape._src.diagnosis.formulas.fits import fit, losses_to_fit
from logitscape._src.diagnosis.questions import argument_order
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.diagnosis.workers import Workers

OVER = Deadline(at=-1.0)


def test_an_evaluation_ends_when_the_time_is_over() -> None:
    with enable_x64():
        measured = subject("softmax + brier", num_classes=3)
        with OVER.holds(), pytest.raises(OutOfTimeError):
            evaluate(measured, np.zeros((1, 3)))
        assert np.isfinite(evaluate(measured, np.zeros((1, 3))).loss).all()


def test_a_deadline_holds_in_its_own_thread_only() -> None:
    raised = []

    def check() -> None:
        try:
            check_time()
        except OutOfTimeError as error:
            raised.append(error)

    with OVER.holds():
        other = threading.Thread(target=check)
        other.start()
        other.join()
        assert not raised
        check()
    assert len(raised) == 1


def test_workers_leave_a_task_behind_and_keep_the_results_of_the_others() -> None:
    release = threading.Event()
    done = []
    tasks = [release.wait, *[lambda k=k: done.append(k) for k in range(3)]]
    started = time.monotonic()
    Workers(tasks).run(seconds=0.2)
    assert time.monotonic() - started < 5
    release.set()
    assert done == [0, 1, 2]


def test_workers_begin_nothing_after_their_time() -> None:
    release = threading.Event()
    begun = []
    tasks = [release.wait, release.wait, lambda: begun.append("late")]
    Workers(tasks).run(seconds=0.01)
    release.set()
    time.sleep(0.1)
    assert not begun


def test_what_a_task_raises_is_raised() -> None:
    def fail() -> None:
        raise KeyError("this")

    with pytest.raises(KeyError, match="this"):
        Workers([fail]).run(seconds=60.0)


def test_a_slow_loss_is_answered_within_the_budget() -> None:
    """Thousands of steps for every evaluation would take minutes for all questions."""

    def slow(z, t):
        def step(_, x):
            return x + 1e-9 * jnp.sin(x)

        return -jnp.sum(t * jax.nn.log_softmax(jax.lax.fori_loop(0, 20_000, step, z)))

    started = time.monotonic()
    diagnosis = ls.diagnose(slow, num_classes=3, budget=2.0)
    assert time.monotonic() - started < 20
    assert any(answer.verdict == "not asked" for answer in diagnosis.answers)
    assert diagnosis.healthy


def test_a_budget_counts_from_the_time_before_the_imports() -> None:
    with counting_from(time.monotonic() - 10.0):
        assert deadline_after(5.0).passed()
        assert not deadline_after(60.0).passed()
    assert not deadline_after(5.0).passed()


def test_the_end_of_a_budget_is_left_for_the_report() -> None:
    with counting_from(time.monotonic(), reserved=1.0):
        assert 3.0 < deadline_after(5.0).remaining() <= 4.0


def test_searches_for_a_formula_end_when_the_time_is_over() -> None:
    z, labels = np.zeros((4, 3)), np.zeros(4, int)
    losses = losses_to_fit(np.arange(4.0), exact=1e-9)
    with OVER.holds():
        with pytest.raises(OutOfTimeError):
            all_losses(z, labels)
        with pytest.raises(OutOfTimeError):
            fit(lambda numbers: numbers[0] * np.arange(4.0) ** 2, [1.0], losses)


def test_the_order_of_arguments_is_told_when_no_time_is_left_for_the_formula(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endless(*_: object) -> None:
        raise OutOfTimeError

    def swapped(a, b):
        return -jnp.sum(a * jax.nn.log_softmax(b))

    monkeypatch.setattr(argument_order, "find_identity", endless)
    with enable_x64(), np.errstate(all="ignore"):
        measured = subject(swapped, num_classes=3)
        reference = subject("softmax + cross_entropy", num_classes=3)
        config = DiagnosisConfig(reference=reference, num_classes=3)
        found = argument_order.reversed_loss(measured, config)
    assert found is not None
    assert found[1] is None

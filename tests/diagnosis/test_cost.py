"""The counts that decide about cost, and functions that do not take every size."""

import json

import jax
import jax.numpy as jnp
import pytest

from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.questions import cost, cost_programs
from logitscape._src.diagnosis.subjects import subject

N = 10
CASES = {"n = 10", "n = 32768"}


def careful(z, label):
    return -jax.nn.log_softmax(z)[label]


def wasteful(z, label):
    powers = (
        sum(
            jnp.sin(jnp.roll(z, k)) ** 2 + jnp.cos(jnp.roll(z, k)) ** 2
            for k in range(12)
        )
        / 12
    )
    return careful(z * powers, label)


def fixed_classes(z, label):
    return careful(z * jnp.arange(1.0, 4.0, dtype=z.dtype), label)


def diagnose(source, n=N, dtype="float32"):
    config = DiagnosisConfig(
        subject("softmax + cross_entropy", num_classes=n), n, dtype
    )
    (answer,) = cost.answers(subject(source, num_classes=n), config)
    assert answer.question == "cost"
    return answer


def test_the_reference_costs_what_it_costs():
    answer = diagnose("softmax + cross_entropy")
    assert (answer.verdict, answer.severity) == (
        "costs about as much as the reference",
        "fine",
    )
    assert set(answer.details["counted"]) == CASES
    assert set(answer.details["measured"]) == {"n = 32768"}
    assert all(
        ratio == 1
        for case in answer.details["counted"].values()
        for ratio in case.values()
    )
    assert {"flops", "bytes", "work"} <= set(answer.details["counted"]["n = 10"])


def test_waste_is_told():
    answer = diagnose(wasteful)
    assert (answer.verdict, answer.severity) == (
        "costs more than the reference",
        "note",
    )
    assert answer.number > 3


def test_a_careful_loss_is_no_waste():
    assert diagnose(careful).severity == "fine"


def test_counted_numbers_are_the_same_every_time(monkeypatch):
    monkeypatch.setattr(cost, "ROUNDS", 3)
    first, second = diagnose(wasteful), diagnose(wasteful)
    assert first.details["counted"] == second.details["counted"]
    assert (first.verdict, first.number) == (second.verdict, second.number)
    assert "measured" in json.loads(json.dumps(first.details))


def test_loops_are_named():
    answer = diagnose("entmax_loss(alpha=1.3)")
    assert answer.details["loops"]
    assert "loop" in answer.text


def test_a_fixed_number_of_classes():
    answer = diagnose(fixed_classes, n=3)
    assert answer.severity == "fine"
    assert answer.details["left_out"] == [32768]
    assert "32,768" in answer.text
    assert (
        set(answer.details["counted"]) == set(answer.details["measured"]) == {"n = 3"}
    )


def test_it_runs_in_half_precision():
    assert diagnose(careful, dtype="bfloat16").severity == "fine"


@pytest.fixture
def nothing_compiled():
    """Neither programs of other tests, nor any left to them."""
    cost_programs.compiled_program.cache_clear()
    yield
    cost_programs.compiled_program.cache_clear()


@pytest.mark.usefixtures("nothing_compiled")
def test_a_backend_that_counts_nothing(monkeypatch):
    monkeypatch.setattr(jax.stages.Compiled, "cost_analysis", lambda self: None)
    monkeypatch.setattr(jax.stages.Compiled, "memory_analysis", lambda self: None)
    answer = diagnose(careful)
    assert answer.severity == "undecided"
    assert answer.details["measured"]


def test_a_function_that_runs_with_nothing():
    def refuses(z, label):
        if z.dtype == jnp.bfloat16:
            raise TypeError("no")
        return careful(z, label)

    assert diagnose(refuses, dtype="bfloat16").severity == "undecided"


@pytest.mark.parametrize("n", [2])
def test_few_classes(n):
    assert diagnose(careful, n=n).severity == "fine"

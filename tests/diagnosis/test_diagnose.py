"""`ls.diagnose` from end to end: arguments, repeatability, reports, `assert_healthy`."""

import json
import math
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import pytest

import logitscape as ls
from logitscape import testing
from logitscape._src.diagnosis.answers import SEVERITIES
from logitscape._src.diagnosis.questions import QUESTIONS
from tests.diagnosis import broken


@pytest.fixture(scope="module")
def brier() -> ls.Diagnosis:
    return ls.diagnose("softmax + brier", num_classes=4)


@pytest.fixture(scope="module")
def twice() -> ls.Diagnosis:
    return ls.diagnose(broken.double_softmax, num_classes=4, normalizer="softmax")


def test_every_question_is_answered(brier: ls.Diagnosis) -> None:
    assert not [
        answer
        for answer in brier.answers
        if answer.verdict in ("could not be measured", "not asked")
    ]
    asked = {answer.question.partition(",")[0] for answer in brier.answers}
    assert {
        "gradient when wrong",
        "gradient when right",
        "correction",
        "common mistakes",
        "precision",
    } <= asked
    assert {
        "consistency",
        "proper",
        "convexity",
        "invariances",
        "order",
        "bounds",
        "cost",
    } <= asked


def test_faults_come_first(twice: ls.Diagnosis) -> None:
    order = [SEVERITIES.index(answer.severity) for answer in twice.answers]
    assert order == sorted(order)
    assert twice.worst == "fault"
    assert not twice.healthy


def test_every_alarm_has_a_witness_and_a_method(
    brier: ls.Diagnosis, twice: ls.Diagnosis
) -> None:
    for answer in (*brier.answers, *twice.answers):
        if answer.severity in ("fault", "trade"):
            assert answer.witness is not None, answer
            assert answer.method, answer


def test_the_same_seed_gives_the_same_report(brier: ls.Diagnosis) -> None:
    again = ls.diagnose("softmax + brier", num_classes=4)

    def told(diagnosis: ls.Diagnosis) -> list:
        return [
            (answer.question, answer.verdict, answer.severity)
            for answer in diagnosis.answers
        ]

    def measured(diagnosis: ls.Diagnosis) -> list:
        return [
            (answer.text, answer.number, answer.witness)
            for answer in diagnosis.answers
            if answer.question != "cost"
        ]

    assert told(again) == told(brier)
    assert measured(again) == measured(brier)


def test_it_prints_within_80_columns_with_code_that_runs(brier: ls.Diagnosis) -> None:
    text = str(brier)
    assert max(map(len, text.splitlines())) <= 80
    assert text.startswith("softmax + brier is healthy, at a known price (fades")
    scope: dict = {}
    values = []
    for line in brier.witnesses():
        values.append(eval(line, scope)) if line.startswith(
            ("jax.grad", "loss(")
        ) else exec(line, scope)
    assert len(values) >= 1


def test_json_has_a_schema_and_only_what_json_has(twice: ls.Diagnosis) -> None:
    data = json.loads(twice.to_json(), parse_constant=pytest.fail)
    assert data["schema"] == "logitscape.diagnosis/4"
    assert data["healthy"] is False
    assert {
        "question",
        "verdict",
        "severity",
        "text",
        "remedy",
        "method",
        "number",
        "witness",
        "details",
    } == set(data["answers"][0])
    assert data["versions"]["jax"] == jax.__version__


def test_witnesses_of_a_function_run_as_they_stand(twice: ls.Diagnosis) -> None:
    scope: dict = {}
    for line in twice.witnesses():
        exec(line, scope)
    assert "predict" in scope


@pytest.mark.parametrize("suffix", [".html", ".json", ".txt", ".png", ".svg"])
def test_it_is_saved_in_every_form(brier: ls.Diagnosis, tmp_path, suffix: str) -> None:
    path = brier.save(tmp_path / f"report{suffix}")
    assert path.stat().st_size > 1000
    assert [answer.name for answer in tmp_path.iterdir()] == [path.name]


def test_an_unknown_suffix_is_refused(brier: ls.Diagnosis, tmp_path) -> None:
    with pytest.raises(ValueError, match=re.escape("must end in .html")):
        brier.save(tmp_path / "report.docx")


def test_it_leaves_float64_as_it_was() -> None:
    code = (
        "import logitscape as ls, jax.numpy as jnp\n"
        "d = ls.diagnose('crammer_singer', num_classes=3, budget=1e-9)\n"
        "print(jnp.zeros(1).dtype, d.worst, {each.verdict for each in d.answers})"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "float32 fine {'not asked'}"


def test_a_spent_budget_is_no_fault_and_does_not_pass_for_healthy() -> None:
    diagnosis = ls.diagnose("softmax + brier", budget=1e-9)
    assert len(diagnosis.answers) == len(QUESTIONS)
    assert all("budget" in answer.text for answer in diagnosis.answers)
    assert {answer.severity for answer in diagnosis.answers} == {"undecided"}
    assert diagnosis.healthy
    assert diagnosis.headline().startswith("softmax + brier has no fault so far")


def test_spent_points_are_told() -> None:
    diagnosis = ls.diagnose("softmax + brier", num_classes=3, points=1)
    asked = [answer for answer in diagnosis.answers if answer.verdict != "not asked"]
    assert 0 < len({answer.question for answer in asked}) < len(QUESTIONS)
    assert any(
        answer.text == "The budget of 1 points was spent."
        for answer in diagnosis.answers
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"points": 0},
            "`diagnose(points=...)` must be a whole number, at least 1, got 0.",
        ),
        (
            {"num_classes": 0},
            "`diagnose(num_classes=...)` must be a whole number, at least 1 and at most "
            "16,777,216, got 0.",
        ),
        (
            {"dtype": "int8"},
            "`diagnose(dtype=...)` must be one of 'float64', 'float32', 'bfloat16', "
            "'float16', got 'int8'.",
        ),
        (
            {"seed": -1},
            "`diagnose(seed=...)` must be a whole number, at least 0, got -1.",
        ),
        (
            {"budget": 0},
            "`diagnose(budget=...)` must be a number of seconds, greater than 0, got 0.",
        ),
        ({"form": "batch"}, "`diagnose(form=...)` must be one of 'one example', "),
        ({"reference": "softmaxx + brier"}, "Did you mean 'softmax'"),
    ],
)
def test_bad_arguments_are_explained(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ls.diagnose("softmax + brier", **arguments)


class TestAssertHealthy:
    def test_a_healthy_loss_passes(self) -> None:
        assert testing.assert_healthy("softmax + cross_entropy", num_classes=4).healthy

    def test_a_broken_one_fails_with_witnesses(self) -> None:
        with pytest.raises(AssertionError, match="softmax applied twice") as told:
            testing.assert_healthy(
                broken.double_softmax, num_classes=4, normalizer="softmax"
            )
        assert "\nz = jnp." in str(told.value)
        assert "from tests.diagnosis.broken import double_softmax" in str(told.value)

    def test_what_is_allowed_passes(self, brier: ls.Diagnosis) -> None:
        known = {
            answer.question.partition(",")[0]
            for answer in brier.answers
            if answer.severity in ("fault", "trade")
        }
        with pytest.raises(AssertionError, match="fades exponentially"):
            testing.assert_healthy("softmax + brier", num_classes=4, fail_on="trade")
        testing.assert_healthy(
            "softmax + brier", num_classes=4, allow=known, fail_on="trade"
        )

    def test_a_misspelt_allowance_is_refused(self) -> None:
        with pytest.raises(
            ValueError,
            match=r"no question or verdict is 'convexty'\. Did you mean 'convexity'",
        ):
            testing.assert_healthy(
                "softmax + brier", num_classes=4, allow=("convexty",), budget=1e-9
            )
        with pytest.raises(ValueError, match="must be a collection"):
            testing.assert_healthy(
                "softmax + brier", num_classes=4, allow="convexity", budget=1e-9
            )


class TestProbe:
    Z = jnp.array(
        [[0.0, 50.0, 0.0], [0.0, 1.0, 0.0], [9.0, 0.0, 0.0], [0.0, 60.0, 1.0]]
    )
    Y = jnp.array([0, 0, 0, 1])

    def test_shares_are_counted(self) -> None:
        found = jax.jit(ls.probe("softmax + brier"))(self.Z, self.Y)
        assert found.wrong == 0.5
        assert found.stuck == 0.25
        assert found.carried_by_wrong > 0.99
        assert found.not_finite == 0
        assert found.quantiles.shape == (3,)
        assert math.isclose(
            found.loss,
            float(jnp.mean(ls.per_example("softmax + brier")(self.Z, self.Y))),
        )

    def test_cross_entropy_is_never_stuck(self) -> None:
        found = ls.probe("softmax + cross_entropy")(self.Z, self.Y)
        assert found.stuck == 0

    def test_what_is_not_finite_is_counted_apart(self) -> None:
        found = ls.probe("sparsemax + cross_entropy")(self.Z, self.Y)
        assert found.not_finite == 0.25 * 2
        assert jnp.isfinite(found.loss)

    def test_predictions_are_by_p(self) -> None:
        z = jnp.array([[-5.0, 1.0]])
        assert ls.probe("abs + brier")(z, jnp.array([0])).wrong == 0
        assert (
            ls.probe(lambda z, t: jnp.sum((z - t) ** 2))(z, jnp.array([0])).wrong == 1
        )

    def test_every_form_is_taken(self) -> None:
        expected = ls.probe("softmax + cross_entropy")(self.Z, self.Y)
        for loss in (broken.batched_cross_entropy, broken.plain_cross_entropy):
            found = jax.jit(ls.probe(loss, normalizer="softmax"))(self.Z, self.Y)
            assert jnp.allclose(jnp.stack(found[:5]), jnp.stack(expected[:5]))

    def test_bad_input_is_explained(self) -> None:
        with pytest.raises(ValueError, match="must be a number, at least 0"):
            ls.probe("softmax + brier", threshold=-1.0)
        with pytest.raises(ValueError, match=re.escape("must have shape [m, n]")):
            ls.probe("softmax + brier")(self.Z[0], 0)
        with pytest.raises(IndexError):
            ls.probe("softmax + brier")(self.Z, self.Y + 5)

"""What the logits can be, said by arguments: nothing is evaluated outside."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.domain import Domain, domain_of
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.levels import level_at
from logitscape._src.diagnosis.questions import QUESTIONS, cost_programs
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.diagnosis.within import within

N = 4
COSINES = Domain(low=-1.0, high=1.0)


def surprisal(z, t):
    return -jnp.sum(t * jax.nn.log_softmax(z))


def of_cosines(z, t):
    """NaN outside of [-1, 1], as an angle is."""
    return surprisal(8 * jnp.cos(jnp.arccos(z * (1 - 1e-6)) + 0.3 * t), t)


def negated_cosines(z, t):
    return -of_cosines(z, t)


def rows(domain: Domain) -> np.ndarray:
    random = np.random.default_rng(0)
    drawn = random.normal(size=(50, N)) * 10 ** random.uniform(-2, 3, (50, 1))
    return domain.fit(drawn)


@pytest.mark.quick
@pytest.mark.parametrize(
    "domain",
    [
        COSINES,
        Domain(low=0.0, high=1.0),
        Domain(low=2.0),
        Domain(high=-3.0),
        Domain(low=-5.0, high=90.0, scale=10.0),
    ],
)
def test_random_logits_are_moved_inside(domain: Domain) -> None:
    z = rows(domain)
    assert domain.contains(z).all()
    assert len(np.unique(z, axis=0)) == len(z)
    equal = domain.fit(np.full((1, N), 7.0))
    assert np.ptp(equal) == 0
    assert domain.contains(z + domain.step(1.0)).all()


@pytest.mark.quick
def test_a_scale_makes_logits_larger() -> None:
    z = np.array([[1.0, -2.0]])
    assert (Domain(scale=30.0).fit(z) == 30 * z).all()
    assert (Domain().fit(z) == z).all()


def test_nothing_is_evaluated_outside() -> None:
    with enable_x64():
        measured = within(subject(of_cosines, num_classes=N), COSINES)
        values = evaluate(measured, [[0.5, 0.0, -1.0, 1.0], [1.5, 0.0, 0.0, 0.0]])
    assert np.isfinite(values.loss[0])
    assert np.isnan(values.loss[1])
    assert np.isnan(values.gradient[1]).all()


def test_rows_of_one_length_are_made_before_the_loss_sees_them() -> None:
    with enable_x64():
        domain = Domain(normalised=True, scale=3.0)
        measured = within(subject(surprisal, num_classes=N), domain)
        z = np.array([[1.0, 2.0, 2.0, 0.0]])
        values = evaluate(measured, np.concatenate([z, 5 * z, 0 * z]))
        expected = evaluate(subject(surprisal, num_classes=N), z)
    assert np.allclose(values.loss[:2], expected.loss)
    assert np.isfinite(values.gradient).all()
    assert np.allclose(values.gradient @ z[0], 0, atol=1e-12)


@pytest.mark.parametrize(
    ("loss", "is_healthy"), [(of_cosines, True), (negated_cosines, False)]
)
def test_every_question_keeps_to_the_domain(loss, is_healthy) -> None:
    """The loss is NaN outside: one step there, and a question would say so."""
    with enable_x64(), np.errstate(all="ignore"):
        reference = subject("softmax + cross_entropy", num_classes=N)
        config = DiagnosisConfig(
            within(reference, COSINES), num_classes=N, domain=COSINES
        )
        measured = within(subject(loss, num_classes=N), COSINES)
        found = [
            answer
            for topic, ask in QUESTIONS.items()
            if topic not in ("cost", "design")
            for answer in ask(measured, config)
        ]
    faults = [answer for answer in found if answer.severity == "fault"]
    assert (not faults) == is_healthy, faults
    for answer in found:
        if answer.witness is not None and answer.severity != "fine":
            assert COSINES.contains(np.array([answer.witness.logits])).all(), answer


@pytest.mark.quick
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": (1, -1)}, r"low < high, got \(1, -1\)"),
        ({"domain": (0, 0)}, "low < high"),
        ({"domain": (0, 1, 2)}, "two numbers"),
        ({"logit_scale": 0}, "must be a number, greater than 0, got 0"),
        ({"domain": (-1, 1), "normalised": True}, "have a domain already"),
    ],
)
def test_domains_that_are_none_are_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        ls.diagnose("softmax + brier", **arguments)


@pytest.mark.quick
def test_domains_are_told_in_words() -> None:
    assert str(domain_of("diagnose", (-1, 1), 1, False)) == "logits from -1 to 1"
    assert str(domain_of("diagnose", None, 30, True)) == "rows of length 30"
    assert str(domain_of("diagnose", None, 1, False)) == "any logits"


class Watched:
    """A loss that writes down the smallest and the largest logit that it is given."""

    def __init__(self) -> None:
        self.low, self.high = np.inf, -np.inf

    def __call__(self, z, t):
        jax.debug.callback(self.note, z.min(), z.max())
        return surprisal(z, t)

    def note(self, low, high) -> None:
        self.low = min(self.low, float(np.min(low)))
        self.high = max(self.high, float(np.max(high)))


def test_a_domain_without_the_usual_points_is_never_left() -> None:
    watched, domain = Watched(), Domain(low=2.0, high=5.0)
    with enable_x64():
        # The trials that tell its form are calls as well.
        tried = within(subject(watched, num_classes=N, domain=domain), domain)
        reference = within(subject("softmax + cross_entropy", num_classes=N), domain)
        config = DiagnosisConfig(reference=reference, num_classes=N, domain=domain)
        list(QUESTIONS["label"](tried, config))
        jax.effects_barrier()
    tolerance = 1e-6
    assert watched.low < watched.high
    assert domain.low - tolerance <= watched.low
    assert watched.high <= domain.high + tolerance


@pytest.mark.quick
def test_the_cost_is_timed_inside_the_domain() -> None:
    given = []
    program = cost_programs.Program(
        run=lambda z, t: given.append(np.asarray(z)) or z,
        counts={},
        loops=False,
        compile_time=1.0,
    )
    cost_programs.time_ratio(
        program, program, (5, N), "float32", COSINES, rounds=1, seconds=0.0
    )
    assert COSINES.contains(np.concatenate(given)).all()


@pytest.mark.quick
def test_what_is_ordinary_follows_the_size_of_the_logits() -> None:
    assert level_at("fault", [60.0], Domain()) == "note"
    assert level_at("fault", [60.0], Domain(scale=10.0)) == "fault"
    assert level_at("fault", [60.0], Domain(scale=10.0, normalised=True)) == "note"
    assert level_at("fault", [20.0], Domain(scale=0.1)) == "note"


def test_the_catalogue_states_the_domain_of_a_loss_of_cosines() -> None:
    assert ls.diagnose("arcface(margin=0.3)", points=1).config.domain.low == -1
    wide = ls.diagnose("arcface", points=1, domain=(-0.5, 0.5)).config.domain
    assert (wide.low, wide.high) == (-0.5, 0.5)
    assert not ls.diagnose("cosface", points=1).config.domain.is_bounded

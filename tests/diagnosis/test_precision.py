"""How far out and how exact, per dtype, on losses whose failures are known."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.domain import Domain
from logitscape._src.diagnosis.questions import precision
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.diagnosis.within import within

N = 4
HEALTHY = [
    "softmax + cross_entropy",
    "softmax + label_smoothing",
    "softmax + kl",
    "crammer_singer",
    "weston_watkins",
    "one_vs_rest",
    "z_loss",
    "sparsemax_loss",
]


def naive(z, target):
    weights = jnp.exp(z)
    return -jnp.sum(target * jnp.log(weights / jnp.sum(weights)))


def log_of_softmax(z, target):
    return -jnp.sum(target * jnp.log(jax.nn.softmax(z)))


def careful(z, label):
    return -jax.nn.log_softmax(z)[label]


def one_minus(z, target):
    p = jax.nn.sigmoid(z)
    return -jnp.sum(target * jnp.log(p) + (1 - target) * jnp.log(1 - p))


def in_float32(z, target):
    return naive(z.astype(jnp.float32), target.astype(jnp.float32)).astype(z.dtype)


def in_bfloat16(z, target):
    """Whose digits float64 does have: only float32 is rounded."""
    p = jax.nn.softmax(z)
    p = p if z.dtype == jnp.float64 else p.astype(jnp.bfloat16).astype(z.dtype)
    return -jnp.sum(target * jnp.log(p + 1e-30))


def cancelling(z, label):
    """Right in float64; in float32 the label's slope is lost where the class is unlikely."""
    return jnp.square(1e4 + jax.nn.softmax(z)[label]) - jnp.square(
        jnp.asarray(1e4, z.dtype)
    )


@jax.custom_vjp
def faint(z, target):
    return jnp.sum(z) * 0 + jnp.max(z) - jnp.sum(z * target)


def faint_forward(z, target):
    return faint(z, target), (z, target)


def faint_backward(saved, g):
    """p - target as (p + 1) - 1 - target: small components round to 0."""
    z, target = saved
    one = jnp.sum(target)
    return g * ((jax.nn.softmax(z) + one) - one - target), jnp.zeros_like(target)


faint.defvjp(faint_forward, faint_backward)


def needs_float32(z, target):
    if z.dtype in (jnp.bfloat16, jnp.float16):
        raise TypeError("only float32")
    return log_of_softmax(z, target)


def domain_of(limit, z, target):
    """Defined below a limit, in every dtype: no fault of precision."""
    return jnp.where(jnp.max(z) < limit, careful(z, jnp.argmax(target)), jnp.nan)


def diagnose(source, dtype="float32"):
    config = DiagnosisConfig(
        subject("softmax + cross_entropy", num_classes=N), N, dtype
    )
    found = list(precision.answers(subject(source, num_classes=N), config))
    assert {each.question for each in found} == {
        f"precision, {each}" for each in ("float64", "float32", "bfloat16", "float16")
    }
    return {each.details.get("dtype", i): each for i, each in enumerate(found)}


@pytest.mark.parametrize("spec", HEALTHY)
def test_healthy_losses_are_finite_and_accurate(spec):
    found = diagnose(spec)
    # The configured one comes first, in case there is no time for the others.
    assert list(found) == ["float32", "float64", "bfloat16", "float16"]
    assert found["float64"].verdict == "finite"
    assert found["float32"].severity in ("fine", "note")
    assert found["float32"].details["error_usual"] < 1e-4
    assert found["float32"].details["lost"] == {"wrong": 0, "right": 0}
    assert {each.severity for each in found.values()} <= {"fine", "note"}


@pytest.mark.parametrize(
    ("dtype", "place", "severity"),
    [
        ("float32", 88.7, "fault"),
        ("float64", 709.0, "note"),
        ("float16", 11.09, "fault"),
    ],
)
def test_exp_overflows_where_it_must(dtype, place, severity):
    found = diagnose(naive, dtype)[dtype]
    assert found.severity == severity
    assert found.details["causes"]["right on R1"] == "exp overflows"
    assert found.details["largest_finite"]["right on R1"] == pytest.approx(
        place, rel=0.02
    )
    assert found.details["causes"]["offset down"] == "a sum of exp underflows"
    assert found.witness.dtype == dtype


def test_the_witness_shows_it():
    witness = diagnose(naive)["float32"].witness
    z, t = jnp.array(witness.logits, "float32"), jnp.array(witness.target, "float32")
    loss, gradient = jax.value_and_grad(naive)(z, t)
    assert not (np.isfinite(loss) and np.isfinite(gradient).all())
    assert all(each == round(each) for each in witness.logits)


def test_log_of_a_probability_that_is_0():
    found = diagnose(log_of_softmax)
    causes = found["float32"].details["causes"]
    assert found["float32"].verdict == "not finite at ordinary logits"
    assert set(causes.values()) == {"a probability is 0"}
    assert "offset up" not in causes
    assert found["float64"].severity == "note"
    assert found["float64"].number == pytest.approx(708, rel=0.02)


@pytest.mark.parametrize(("dtype", "place"), [("float32", 16.6), ("float64", 36.7)])
def test_one_minus_p_that_is_0(dtype, place):
    found = diagnose(one_minus, dtype)[dtype]
    assert found.severity == "fault"
    assert found.details["causes"]["wrong on R1"] == "1 - p is 0"
    assert found.details["largest_finite"]["wrong on R1"] == pytest.approx(
        place, rel=0.02
    )


def test_what_is_computed_in_float32_inside_is_told():
    found = diagnose(in_float32, "float64")["float64"]
    assert found.severity == "fault"
    assert found.details["causes"]["offset up"] == "exp overflows in float32 inside"


def test_a_value_that_is_too_large_is_no_fault_of_the_arithmetic():
    found = diagnose("softmax + exponential")["float32"]
    assert set(found.details["causes"].values()) == {"the value itself grows too large"}
    assert found.severity == "trade"


def test_losing_the_gradient_while_right_is_a_note():
    found = diagnose(careful)["float32"]
    assert (found.verdict, found.severity) == ("gradient lost while right", "note")
    assert found.witness.logits[0] == 20
    assert found.details["lost_unlike_reference"] > 0


def test_losing_small_components_while_wrong_is_a_note():
    found = diagnose(faint)
    assert (found["float32"].verdict, found["float32"].severity) == (
        "gradient lost while wrong",
        "note",
    )
    assert found["bfloat16"].severity == "note"


def test_few_digits_are_inaccurate():
    found = diagnose(in_bfloat16)["float32"]
    assert found.details["error_usual"] > 1e-3
    assert (found.verdict, found.severity) == ("inaccurate", "fault")


def test_cancellation_is_inaccurate():
    found = diagnose(cancelling)["float32"]
    assert (found.verdict, found.severity) == ("inaccurate", "fault")


def test_the_edge_of_a_domain_is_no_fault():
    found = diagnose(partial(domain_of, 30.0))["float32"]
    assert found.details["causes"] == {}
    assert found.severity != "fault"


@pytest.mark.parametrize("spec", ["sum + cross_entropy", "relu + cross_entropy"])
def test_restricted_domains_are_no_fault(spec):
    found = diagnose(spec)
    assert found["float32"].severity in ("fine", "note")


@pytest.mark.parametrize("n", [3, 100])
def test_the_end_of_given_logits_is_no_failure(n: int):
    """The root has no derivative at 1, in no precision; that is a singular point."""

    def loss(z, t):
        moved = 0.9 * z - 0.4 * jnp.sqrt(1 - z**2)
        return -jnp.sum(t * jax.nn.log_softmax(30 * jnp.where(t > 0, moved, z)))

    domain = Domain(-1.0, 1.0)
    about = within(subject(loss, num_classes=n), domain)
    reference = within(subject("softmax + cross_entropy", num_classes=n), domain)
    config = DiagnosisConfig(reference, n, domain=domain)
    answer = next(iter(precision.answers(about, config)))
    assert not answer.verdict.startswith("not finite")


def test_logits_count_themselves_where_a_shift_changes_the_loss():
    """The exponential of an exponential overflows at logits of 88, and at no difference of 88."""
    answer = diagnose("iterated_exponential + hellinger")["float32"]
    assert (answer.verdict, answer.severity) == ("not finite at large logits", "note")


def test_a_dtype_that_it_refuses():
    found = diagnose(needs_float32)["float16"]
    assert (found.verdict, found.severity) == ("does not run", "note")
    assert diagnose(needs_float32, "float16")["float16"].severity == "fault"


def test_nowhere_finite_is_undecided():
    def nowhere(z, target):
        return jnp.sum(z * target) * jnp.nan

    assert {each.severity for each in diagnose(nowhere).values()} == {"undecided"}


def test_the_same_every_time():
    assert [each.text for each in diagnose(naive).values()] == [
        each.text for each in diagnose(naive).values()
    ]

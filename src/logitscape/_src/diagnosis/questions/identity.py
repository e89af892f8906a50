"""What a loss is: the catalogue's entry that it equals, however it is scaled or reparametrised."""

from contextlib import suppress

from ...base.target_kinds import DISTRIBUTION
from ..answers import Answer, Severity
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..formulas.catalogue_rows import catalogue, known_mistakes
from ..levels import ordinary
from ..subject import Subject
from .answer_identity import identity_of_answers
from .identities import Identity, is_unscaled
from .identity_sentences import described, is_reparametrised
from .idle_constants import constants_without_effect, unused_parameters
from .links import CLIPPED, EXPONENTIAL_OF_P, LOG_FACTOR, WEIGHTED_FACTOR
from .recognition import Labels, Recognition, recognition

QUESTION = "identity"
MISTAKES = (
    *(known.spec for known in known_mistakes()),
    f"softmax + {CLIPPED}",
    f"softmax + {LOG_FACTOR}",
    f"softmax + {EXPONENTIAL_OF_P}",
    f"softmax + {WEIGHTED_FACTOR}",
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """What the loss is, and what in its code has no effect."""
    return [*_known(subject, config), *_without_effect(subject, config)]


def _without_effect(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    texts = list[str]()
    # The program of a user's function may have steps that cannot be run one by one.
    with suppress(Exception):
        texts += [
            f"The parameter `{name}` is accepted, and not used."
            for name in unused_parameters(subject, config)
        ]
        constants = constants_without_effect(subject, config)
        texts += [
            f"The constant {value:.4g} has no effect: with another number in its place the loss "
            f"is the same, for logits within {ordinary(config.domain):g}."
            for value in constants.idle
        ]
        texts += [
            f"The constant {value:.4g} has no effect on the gradient: with another number in its "
            "place the loss is larger or smaller by the same amount at all logits."
            for value in constants.shifts
        ]
    method = "the traced program with every constant changed, float64"
    return [Answer(QUESTION, "has no effect", "note", text, method) for text in texts]


def _known(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The known formula that the loss equals up to a factor, a constant and a temperature."""
    if subject.targets is not DISTRIBUTION:
        return [identity_of_answers(subject, config)]
    recognised = recognition(subject, config)
    identity, each = recognised.identity, recognised.each
    if identity is None or each is None:
        count = sum(1 for _ in catalogue())
        text = f"It equals none of the catalogue's {count} losses, scaled or not."
        return [_answer("not in the catalogue", text)]
    sentence = described(identity, each)
    left = config.num_classes - int(each.follows.sum()) - len(recognised.outliers)
    if left:
        text = (
            f"For label {recognised.rows.label} this is {sentence}; the losses of {left} other "
            "labels do not follow from that."
        )
        return [_answer("not in the catalogue", text, recognised)]
    if not identity.holds_far_out:
        text = f"At logits of moderate size this is {sentence}; far out it is something else."
        return [_answer("known near 0 only", text, recognised)]
    text = f"This is {sentence}."
    if recognised.outliers:
        alike = config.num_classes - len(recognised.outliers)
        text = f"For {alike} of {config.num_classes} labels this is {sentence}."
    if subject.objective is not None and identity.equals:
        text += f" {identity.equals[0]} is the same function of a label."
    return [_answer(_verdict(identity, each), text, recognised)]


def _verdict(identity: Identity, each: Labels | None) -> str:
    if identity.spec in MISTAKES:
        return "a known mistake"
    if is_reparametrised(identity, each):
        return "a known loss, reparametrised"
    if identity.parameters or not is_unscaled(identity):
        return "a known loss, scaled or with another parameter"
    return "a known loss"


def _answer(verdict: str, text: str, recognised: Recognition | None = None) -> Answer:
    severity: Severity = "fine"
    details = dict[str, object]()
    if recognised is not None and recognised.identity is not None:
        details = _details(recognised.identity, recognised.each)
    return Answer(
        question=QUESTION,
        verdict=verdict,
        severity=severity,
        text=text,
        method=(
            "loss of one label at scattered logits and far out, fitted by every formula of the "
            "catalogue; then every label, float64"
        ),
        details=details,
    )


def _details(identity: Identity, each: Labels | None) -> dict[str, object]:
    details: dict[str, object] = {
        "spec": identity.spec,
        "parameters": dict(identity.parameters),
        "factor": identity.factor,
        "constant": identity.constant,
        "temperature": identity.temperature,
    }
    if identity.cap < float("inf"):
        details["cap"] = identity.cap
    if each is not None and each.follows.all():
        details["weights"] = _first(each.factors)
        details["margins"] = _first(each.margins)
    return details


def _first(values: Rows) -> list[float]:
    """The first values: a thousand numbers are no detail."""
    return [float(value) for value in values[:10]]

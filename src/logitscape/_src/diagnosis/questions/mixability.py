"""Mixability: whether mixing the predictions of experts with this loss has constant regret."""

from ...properties.mixability import mixability_of
from ..answers import Answer, not_asked, undecided, without_second_derivatives
from ..by_label import by_label
from ..config import DiagnosisConfig
from ..simplify import few_classes, format_number
from ..subject import Subject

QUESTION = "mixability"
MOST_CLASSES = 12
"""The largest number of classes whose search does not take too long."""
METHOD = (
    "curvature of the Bayes risk relative to the log loss, float64, {n} classes, by implicit "
    "differentiation at logits where an expected loss is least, and a search for the largest"
)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """The mixability constant."""
    reason = _reason_not_to_ask(subject)
    if reason:
        return [not_asked(QUESTION, reason)]
    n = few_classes(subject, config)
    if n > MOST_CLASSES:
        why = f"the function runs with {n} classes only, too many to search"
        return [undecided(QUESTION, why)]
    method = METHOD.format(n=n)
    try:
        eta = mixability_of(by_label(subject), n, subject.domain.fit)
    except (TypeError, NotImplementedError) as error:
        # A custom_vjp, a callback or a while loop has no second derivatives.
        return [without_second_derivatives(QUESTION, error, method)]
    if eta is None:
        why = "the expected loss of hardly any distribution is least at the logits that were tried"
        return [undecided(QUESTION, why, method)]
    if eta == 0:
        text = (
            "The Bayes risk has kinks, or bends without bound beside that of the log loss: the "
            "regret of any mixture of experts grows with time."
        )
        return [Answer(QUESTION, "not mixable", "note", text, method, number=eta)]
    text = (
        f"Mixable with eta = {format_number(eta)}: a mixture of N experts loses at most "
        f"{1 / eta:.2g} log(N) more than the best of them, however long it runs."
    )
    return [Answer(QUESTION, "mixable", "fine", text, method, number=eta)]


def _reason_not_to_ask(subject: Subject) -> str:
    if subject.opaque is not None:
        library = subject.opaque.library
        return (
            f"{library} computes the loss, whose second derivatives are needed exactly."
        )
    if subject.refusal:
        return (
            "The loss computes in float32, and second derivatives are needed exactly."
        )
    if subject.domain.is_bounded:
        return f"Not every distribution has a least loss with {subject.domain}."
    return ""

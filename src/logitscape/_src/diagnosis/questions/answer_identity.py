"""What a loss with an answer for every class is: the catalogue's entry that it equals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..answers import Answer
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate
from ..formulas.answer_rows import AnswerLoss, known_losses
from ..formulas.fits import Fit, Losses, best_fit, linear_fit, losses_to_fit
from ..random_logits import scattered_logits
from ..subject import Subject
from .identity_sentences import logits_over
from .label_rows import exactness

QUESTION = "identity"
METHOD = (
    "loss at scattered logits with none to all answers yes, fitted by every formula of the "
    "catalogue for such targets, float64"
)
ROWS = 96
FEWEST_ROWS = 24
WIDTHS = (0.4, 1.0, 3.0)
"""Factors of scattered logits, so that margins and tails show."""
SMALL = 1e-5
LOGS = (0.7, -0.7, 2.3, -2.3)
"""Logarithms of temperatures from which a fit starts."""
LARGEST_LOG = 7.0


@dataclass(frozen=True)
class _Found:
    """A known loss that the loss equals: `factor * formula(z / temperature) + constant`."""

    name: str
    fit: Fit
    parameters: dict[str, float] = field(default_factory=dict)
    temperature: float = 1.0

    @property
    def is_scaled(self) -> bool:
        return abs(self.fit.factor - 1) > SMALL or abs(self.fit.constant) > SMALL

    def __str__(self) -> str:
        parameters = ", ".join(
            f"{name}={value:.4g}" for name, value in self.parameters.items()
        )
        text = f"{self.name}({parameters})" if parameters else self.name
        at = logits_over(self.temperature)
        if at.startswith("z / "):
            text += f" at T = {at.removeprefix('z / ')}"
        elif at != "z":
            text += f" at {at}"
        factor, constant = self.fit.factor, self.fit.constant
        if abs(factor - 1) > SMALL:
            text += f", times {factor:.4g}"
        if abs(constant) > SMALL * (1 + abs(factor)):
            text += f", {'plus' if constant > 0 else 'minus'} {abs(constant):.4g}"
        return text


def identity_of_answers(subject: Subject, config: DiagnosisConfig) -> Answer:
    """The known formula that the loss equals for any number of answers yes."""
    known = known_losses(subject.targets)
    z, t = _rows(subject, config)
    loss = evaluate(subject, z, t).loss
    usable = np.isfinite(loss)
    found = None
    if usable.sum() >= FEWEST_ROWS and np.ptp(loss[usable]) > 0:
        losses = losses_to_fit(loss[usable], exactness(subject))
        found = _search(known, z[usable], t[usable], losses)
    if found is None:
        text = (
            f"It equals none of the catalogue's {len(known)} losses of such targets, scaled or "
            "not."
        )
        return Answer(QUESTION, "not in the catalogue", "fine", text, METHOD)
    return Answer(
        question=QUESTION,
        verdict=_verdict(found),
        severity="fine",
        text=f"This is {found}.",
        method=METHOD,
        details={
            "spec": found.name,
            "parameters": found.parameters,
            "factor": found.fit.factor,
            "constant": found.fit.constant,
            "temperature": found.temperature,
        },
    )


def _rows(subject: Subject, config: DiagnosisConfig) -> tuple[Rows, Rows]:
    n, random = config.num_classes, config.random()
    widths = np.resize(WIDTHS, (ROWS, 1))
    z = subject.domain.fit(widths * scattered_logits(random, (ROWS, n)))
    shares = np.linspace(0, 1, ROWS)[random.permutation(ROWS), None]
    return z, (random.uniform(size=(ROWS, n)) < shares).astype(np.float64)


def _verdict(found: _Found) -> str:
    if logits_over(found.temperature) != "z":
        return "a known loss, reparametrised"
    if found.parameters or found.is_scaled:
        return "a known loss, scaled or with another parameter"
    return "a known loss"


def _search(
    known: Mapping[str, AnswerLoss], z: Rows, t: Rows, losses: Losses
) -> _Found | None:
    """The first formula that fits: as it is, then with other parameters, then at a temperature."""
    with np.errstate(all="ignore"):
        for name, loss in known.items():
            fit = linear_fit(loss.function(z, t), losses)
            if fit.deviation <= losses.exact:
                return _Found(name, fit)
        for name, loss in known.items():
            if loss.starts:
                formula = partial(_with_parameters, loss, z, t)
                fit = best_fit(formula, [loss.start()], losses)
                if fit.deviation <= losses.exact:
                    return _Found(name, fit, loss.parameters(fit.parameters))
        for name, loss in known.items():
            formula = partial(_at_temperature, loss, z, t)
            fit = best_fit(formula, [[start] for start in LOGS], losses)
            if fit.deviation <= losses.exact:
                return _Found(name, fit, {}, float(np.exp(fit.parameters[0])))
    return None


def _with_parameters(loss: AnswerLoss, z: Rows, t: Rows, numbers: Rows) -> Rows:
    return loss.function(z, t, **loss.parameters(numbers))


def _at_temperature(loss: AnswerLoss, z: Rows, t: Rows, numbers: Rows) -> Rows:
    temperature = np.exp(np.clip(numbers[0], -LARGEST_LOG, LARGEST_LOG))
    return loss.function(z / temperature, t)

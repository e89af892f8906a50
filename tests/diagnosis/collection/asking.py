"""Asking the diagnosis about a loss of the collection, all questions or some."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.answers import Answer
from logitscape._src.diagnosis.config import DiagnosisConfig
from logitscape._src.diagnosis.contradictions import reconciled
from logitscape._src.diagnosis.designs.recognition import explained
from logitscape._src.diagnosis.domain import domain_of
from logitscape._src.diagnosis.questions import QUESTIONS, cost, label_use
from logitscape._src.diagnosis.subjects import subject
from logitscape._src.diagnosis.within import within

from .case import Loss

NUM_CLASSES = 5
"""Number of classes where a case does not say another."""
REPORT_CARD = (
    "noise robustness",
    "calibration exponent",
    "mixability",
    "collapse margin",
)
LEFT_OUT = (cost.QUESTION, "convexity", "invariances", "correction", *REPORT_CARD)
"""Topics that measure for a while: all but "correction" know no fault."""
TOPICS = tuple(topic for topic in QUESTIONS if topic not in LEFT_OUT)
"""Topics that may find a fault; how long a correction takes, `test_healthy.py` asks."""


def answers_about(
    loss: Loss,
    arguments: Mapping[str, Any],
    topics: Iterable[str] = TOPICS,
    *,
    every_dtype: bool = True,
) -> list[Answer]:
    """The answers of a diagnosis to some of its topics.

    Args:
        loss: The loss.
        arguments: Arguments as for `ls.diagnose`.
        topics: Topics to ask; what the label does is asked in any case.
        every_dtype: Whether precision is asked in dtypes other than that of the training too,
            which know no fault.
    """
    given = {"num_classes": NUM_CLASSES, "normalizer": None, "form": None, **arguments}
    domain = domain_of(
        "diagnose",
        given.pop("domain", None),
        given.pop("logit_scale", 1.0),
        given.pop("normalised", False),
    )
    settings = {key: given.pop(key) for key in ("dtype", "seed") if key in given}
    with enable_x64(), np.errstate(all="ignore"):
        about = within(subject(loss, **given), domain)
        n = 2 if about.one_logit else given["num_classes"]
        reference = within(subject("softmax + cross_entropy", num_classes=n), domain)
        config = DiagnosisConfig(reference, n, domain=domain, **settings)

        def ask(topic: str) -> list[Answer]:
            most = 1 if topic == "precision" and not every_dtype else None
            found = list(islice(QUESTIONS[topic](about, config), most))
            return explained(found, about, config)

        found = {label_use.QUESTION: ask(label_use.QUESTION)}
        for topic in topics:
            senseless = label_use.reason_not_to_ask(topic, found[label_use.QUESTION])
            if topic not in found and not senseless:
                found[topic] = ask(topic)
        agreed = reconciled(found, ask)
    return [answer for topic in agreed for answer in agreed[topic]]

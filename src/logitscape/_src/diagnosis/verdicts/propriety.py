"""Verdicts about the least expected loss."""

from ..vocabulary import NO_FINITE_MINIMISER, PROPER
from .references import GHOSH, GNEITING, REID, TEWARI
from .verdict import Verdict, Verdicts

_MISCALIBRATED = (
    "p is no probability of the label: thresholds and decisions need another one."
)
_CALIBRATE = "Calibrate p on held-out data, or take a proper loss."

PROPRIETY: Verdicts = (
    Verdict(
        PROPER,
        "fine",
        meaning="The expected loss is least where p is the true distribution.",
        why="p tends to the true distribution.",
        reference=GNEITING,
    ),
    Verdict(
        "over-confident",
        "note",
        meaning="The expected loss is least where the top class is too probable.",
        why=_MISCALIBRATED,
        remedy=_CALIBRATE,
        reference=GNEITING,
    ),
    Verdict(
        "under-confident",
        "note",
        meaning="The expected loss is least where the top class is too improbable.",
        why=_MISCALIBRATED,
        remedy=_CALIBRATE,
        reference=GNEITING,
    ),
    Verdict(
        "improper",
        "note",
        meaning="The expected loss is least at another distribution than the true one.",
        why=_MISCALIBRATED,
        remedy=_CALIBRATE,
        reference=GNEITING,
    ),
    Verdict(
        "goes to a vertex",
        "note",
        meaning="The expected loss is least where one class has all the probability.",
        why="The loss asks for one class only, and p says nothing about how sure it should be.",
        remedy=_CALIBRATE,
        reference=GHOSH,
    ),
    Verdict(
        NO_FINITE_MINIMISER,
        "note",
        meaning="The expected loss keeps falling as the logits grow.",
        why="Logits keep growing, even where labels are uncertain.",
        remedy="Limit the logits by weight decay or by early stopping.",
        reference=REID,
    ),
)
TOP_LABEL: Verdicts = (
    Verdict(
        "top label recovered",
        "fine",
        meaning="The least expected loss predicts the most probable class.",
        why="With enough data the best class is predicted.",
        reference=TEWARI,
    ),
    Verdict(
        "top label tied",
        "note",
        meaning="The least expected loss predicts another class as well.",
        why="The least loss leaves open which of several classes is predicted.",
        remedy="Nothing, if examples with uncertain labels are few.",
        reference=TEWARI,
    ),
    Verdict(
        "top label missed",
        "fault",
        meaning="The least expected loss predicts another class.",
        why="Even with endless data another class than the most probable one is predicted.",
        remedy=(
            "Take a consistent loss; if weights, a prior or a margin are meant, predict "
            "accordingly."
        ),
        reference=TEWARI,
    ),
)

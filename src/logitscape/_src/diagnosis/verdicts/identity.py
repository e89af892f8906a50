"""Verdicts about which known loss a loss is."""

from .references import GNEITING, JAX_PRECISION, MENON, OPTAX
from .verdict import Verdict, Verdicts

IDENTITY: Verdicts = (
    Verdict(
        "a known loss",
        "fine",
        meaning="The loss equals an entry of the catalogue.",
        why="All that is known of that loss holds.",
        reference=OPTAX,
    ),
    Verdict(
        "a known loss, scaled or with another parameter",
        "fine",
        meaning=(
            "The loss equals an entry of the catalogue up to a factor, a constant or a parameter."
        ),
        why="All that is known of that loss holds, with steps of another size.",
        remedy="Nothing; the learning rate can take over a factor.",
        reference=OPTAX,
    ),
    Verdict(
        "a known loss, reparametrised",
        "fine",
        meaning=(
            "The loss equals an entry of the catalogue at other logits, or with weights or "
            "margins."
        ),
        why="All that is known of that loss holds, of the changed logits.",
        remedy="Predict and calibrate by the logits that the text names.",
        reference=MENON,
    ),
    Verdict(
        "a known mistake",
        "fine",
        meaning="The loss equals a formula that is known as a mistake.",
        why="The formula is known from public reports; another answer says what is wrong.",
        remedy="Read the answer about common mistakes.",
        reference=OPTAX,
    ),
    Verdict(
        "known near 0 only",
        "fine",
        meaning="The loss equals a known formula at moderate logits, but not far out.",
        why="What is known of that loss holds for moderate logits, and fails for confident ones.",
        remedy="Look for a clip, or for an overflow, far from 0.",
        reference=JAX_PRECISION,
    ),
    Verdict(
        "has no effect",
        "note",
        meaning="A constant or a parameter of the function changes nothing.",
        why=(
            "What is written does not do what it seems to: a margin on every class changes "
            "nothing."
        ),
        remedy="Remove it, or put it where it was meant, such as on the label only.",
        reference=MENON,
    ),
    Verdict(
        "not in the catalogue",
        "fine",
        meaning="The loss equals no entry of the catalogue.",
        why="Nothing is known of it beyond what is measured here.",
        reference=GNEITING,
    ),
)

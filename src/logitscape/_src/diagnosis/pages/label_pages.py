"""Pages about the form of a loss, what it does with its label, and what it is."""

from .page import Page, Pages
from .references import BISHOP, CUI, GNEITING, JAX_PRECISION, MENON, OPTAX, TEWARI

FORM: Pages = {
    "recognised": Page(
        "fine",
        "All answers are about the loss of one example, as the function is called in this form.",
        "Nothing; `form=` says another form if this one is not meant.",
        OPTAX,
    ),
    "softmax over one unit": Page(
        "fault",
        "The softmax over one class is always 1, so that the loss is constant and teaches nothing.",
        "Use a sigmoid with a binary loss, or give the layer two outputs.",
        BISHOP,
    ),
}

LABEL: Pages = {
    "label used": Page(
        "fine", "Every label is taught, and by the same loss.", "Nothing.", OPTAX
    ),
    "label ignored": Page(
        "fault",
        "No gradient tells one class from another, so that nothing is learned.",
        "Look for a target that is overwritten, never passed on, or multiplied by 0.",
        OPTAX,
    ),
    "arguments in the wrong order": Page(
        "fault",
        "The logits are taken for a target: the loss has no minimum, and no error is raised.",
        "Exchange the arguments; Keras has the target first, optax and PyTorch the logits.",
        OPTAX,
    ),
    "labels as numbers": Page(
        "fault",
        "Class 0 is then nearer to class 1 than to class 2, and middle classes cost least.",
        "Compare with a one-hot target, or use a loss for ordered classes if they are ordered.",
        TEWARI,
    ),
    "ordered classes": Page(
        "trade",
        "The largest logit is not the prediction: the number of positive logits is.",
        "Predict by the thresholds, and keep the loss only if the classes have an order.",
        TEWARI,
    ),
    "label differs": Page(
        "fault",
        "Examples of that label are weighed against the others in another currency.",
        "Look for a condition on the label, or an index, that selects another formula.",
        CUI,
    ),
}

IDENTITY: Pages = {
    "a known loss": Page(
        "fine", "All that is known of that loss holds.", "Nothing.", OPTAX
    ),
    "a known loss, scaled or with another parameter": Page(
        "fine",
        "All that is known of that loss holds, with steps of another size.",
        "Nothing; the learning rate can take over a factor.",
        OPTAX,
    ),
    "a known loss, reparametrised": Page(
        "fine",
        "All that is known of that loss holds, of the changed logits.",
        "Predict and calibrate by the logits that the text names.",
        MENON,
    ),
    "a known mistake": Page(
        "fine",
        "The formula is known from public reports; another answer says what is wrong.",
        "Read the answer about common mistakes.",
        OPTAX,
    ),
    "known near 0 only": Page(
        "fine",
        "What is known of that loss holds for moderate logits, and fails for confident ones.",
        "Look for a clip, or for an overflow, far from 0.",
        JAX_PRECISION,
    ),
    "has no effect": Page(
        "note",
        "What is written does not do what it seems to: a margin on every class changes nothing.",
        "Remove it, or put it where it was meant, such as on the label only.",
        MENON,
    ),
    "not in the catalogue": Page(
        "fine",
        "Nothing is known of it beyond what is measured here.",
        "Nothing.",
        GNEITING,
    ),
}

"""What is trained: losses with the ways in which people compute them, in several precisions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import jax

    Loss: TypeAlias = Callable[[jax.Array, jax.Array], jax.Array]

Form = Literal["accurate", "optax", "textbook", "copied"]
"""A way to compute a loss: that of logitscape, of optax, or one of those below."""

SCALE = 2.0**40
"""Factor of the loss, a power of 2, which rounds nothing.

It makes an epsilon of 1e-15 what 1e-27 is without it; the authors of stablemax have 1e-25 to 1e-30.
A smaller epsilon alone would not do, as the squares of tiny gradients underflow in float32.
"""


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes:
        normalizer: Normalizer in front of cross-entropy.
        form: How the loss is computed.
        loss_dtype: Precision to which the logits are cast in front of the loss.
        model_dtype: Precision of parameters, activations and Adam.
        decay: Weight decay of AdamW.
        scale: Factor of the loss. Adam's steps do not depend on it, except through its epsilon.
    """

    normalizer: Literal["softmax", "stablemax"]
    form: Form
    loss_dtype: Literal["bfloat16", "float32", "float64"] = "float32"
    model_dtype: Literal["float32", "float64"] = "float32"
    decay: float = 0.0
    scale: float = SCALE

    @property
    def name(self) -> str:
        """Name of the arm, by which tables know it."""
        model = (
            "" if self.model_dtype == "float32" else f", model in {self.model_dtype}"
        )
        decay = f", decay {self.decay:g}" if self.decay else ""
        scale = "" if self.scale == SCALE else f", loss times {self.scale:g}"
        return f"{self.normalizer}, {self.form}, {self.loss_dtype}{model}{decay}{scale}"


DECAY = 1.0
ACCURATE, USUAL = Arm("softmax", "accurate"), Arm("softmax", "optax")
REMEDY, COPIED = Arm("stablemax", "accurate"), Arm("stablemax", "copied")
UNSCALED = Arm("softmax", "accurate", scale=1.0)
DECAYED = Arm("softmax", "accurate", decay=DECAY)
DECAYED_USUAL = Arm("softmax", "optax", decay=DECAY)
ARMS = (
    ACCURATE,
    USUAL,
    Arm("softmax", "textbook"),
    UNSCALED,
    REMEDY,
    COPIED,
    DECAYED,
    DECAYED_USUAL,
    Arm("stablemax", "accurate", decay=DECAY),
    Arm("softmax", "accurate", "bfloat16"),
    Arm("softmax", "optax", "bfloat16"),
    Arm("softmax", "textbook", "bfloat16"),
    Arm("stablemax", "accurate", "bfloat16"),
    # What the authors of stablemax did in their own code.
    Arm("stablemax", "copied", "float64"),
    Arm("softmax", "optax", "float64"),
    Arm("softmax", "optax", "float64", "float64"),
)


def loss_of(arm: Arm) -> "Loss":
    """The losses [m] of logits [m, n] and labels [m]."""
    import jax.numpy as jnp
    import optax

    import logitscape as ls

    forms: dict[Form, Any] = {
        "accurate": ls.per_example(f"{arm.normalizer} + cross_entropy"),
        "optax": optax.softmax_cross_entropy_with_integer_labels,
        "textbook": _textbook,
        "copied": _copied,
    }
    form = forms[arm.form]
    return lambda z, y: form(z.astype(jnp.dtype(arm.loss_dtype)), y)


def _textbook(z: "jax.Array", labels: "jax.Array") -> "jax.Array":
    """The logarithm of a softmax, `-log(softmax(z)[y])`."""
    import jax
    import jax.numpy as jnp

    return -jnp.log(_of_label(jax.nn.softmax(z), labels))


def _copied(z: "jax.Array", labels: "jax.Array") -> "jax.Array":
    """Stablemax as the code of arXiv 2501.04697 has it, and those who took it from there."""
    import jax.numpy as jnp

    s = jnp.where(z < 0, 1 / (1 - z + 1e-30), z + 1)
    log_p = jnp.log(s / jnp.sum(s, axis=-1, keepdims=True))
    return -_of_label(log_p, labels)


def _of_label(values: "jax.Array", labels: "jax.Array") -> "jax.Array":
    import jax.numpy as jnp

    return jnp.take_along_axis(values, labels[:, None], axis=-1)[:, 0]

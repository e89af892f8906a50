"""`assert_faithful`: a fused loss compared with the dense form that it stands for."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..base.conversion import entries
from ..base.messages import quoted
from ..base.names import check_keywords, suggestion
from ..base.settings import is_sequence, truth_value
from ..base.whole_numbers import MOST_CLASSES, whole_number
from ..base.x64 import needs_float64
from ..objectives.objective import Objective
from .batch import Inputs, is_half
from .call_form import fused_from
from .examination import examine
from .expected import Reduction
from .fault import Fault, message
from .reference import check_parameters, reference_from
from .vocabulary import FAULTS

DTYPES = ("float32", "bfloat16", "float16")
CLASS_COUNTS = (128, 129, 2047, 2049, 8192, 50_257)
"""Numbers of classes: some that usual tiles divide, and some next to them."""


class UnfaithfulLossError(AssertionError):
    """Error of `assert_faithful`; its message lists the faults.

    Attributes:
        faults: The faults.
    """

    def __init__(self, name: str, reference: str, faults: Sequence[Fault]) -> None:
        """Write the faults out."""
        super().__init__(message(name, reference, faults))
        self.faults = tuple(faults)


def check_faithful(
    fused: Callable[..., Any],
    reference: str | Objective | Callable[..., Any] | None = None,
    *,
    inputs: Inputs | None = None,
    ignored_label: int | None = None,
    reductions: Collection[Reduction] | None = None,
    parameters: Mapping[str, Any] | None = None,
    dtypes: Sequence[str] = DTYPES,
    class_counts: Sequence[int] = CLASS_COUNTS,
    jit: bool = True,
) -> list[Fault]:
    """Find the faults of a fused loss, each by its cause.

    Takes the arguments of `assert_faithful`, and raises the same errors for wrong ones.

    Returns:
        The faults; none if the loss is faithful.

    Example:
        >>> import jax, optax, logitscape as ls
        >>> def scaled(logits, labels):
        ...     z = jax.lax.stop_gradient(logits)
        ...     return optax.softmax_cross_entropy_with_integer_labels(z, labels)
        >>> sizes = dict(dtypes=("float32",), class_counts=(128,))
        >>> found = ls.testing.check_faithful(scaled, **sizes, jit=False)
        >>> found[0].verdict
        'no gradient of the logits'
    """
    truth_value("assert_faithful", "jit", jit)
    values = {} if parameters is None else parameters
    loss = fused_from(
        fused,
        inputs=inputs,
        ignored_label=ignored_label,
        reductions=reductions,
        parameters=values,
    )
    dense = reference_from(reference)
    check_parameters(dense, values)
    names = _dtypes(dtypes)
    counts = _class_counts(class_counts)
    dense.check()
    return examine(
        loss, dense, values=values, dtypes=names, class_counts=counts, jit=jit
    )


def assert_faithful(
    fused: Callable[..., Any],
    reference: str | Objective | Callable[..., Any] | None = None,
    *,
    allow: Collection[str] = (),
    **config: Any,
) -> None:
    """Fail if a fused loss, or its gradient, is not that of the dense form.

    The reference is evaluated in float64. What is tolerated follows from the rounding of
    the computation: from the lengths of its sums and the epsilon of the dtype.

    Args:
        fused: Function (features [m, d], weights [K, d], labels [m]) -> losses [m], or
            (logits [m, K], labels [m]) -> losses [m]; anything else is adapted by a
            lambda. The keywords `bias`, `reduction` and `ignored_label` (also
            `ignore_index` and the like) are checked if it takes them.
        reference: Spec, Objective, or function (logits [m, K], labels [m],
            **parameters) -> losses [m]; "softmax + cross_entropy" by default.
        allow: Names of faults that do not fail, some of `ls.testing.FAULTS`.
        **config: Any of these:

            * inputs: "linear" for features and weights, or "logits"; by default from
              the number of arguments.
            * ignored_label: Label of rows that count as absent; by default the one that
              the function has as default.
            * reductions: Some of "none", "mean" and "sum"; by default all if the function
              takes `reduction`, and otherwise "none". For a function that always takes
              the mean, ("mean",).
            * parameters: Values of further keywords, such as {"label_smoothing": 0.1},
              each of which is tried alone. The dense form of a spec has label_smoothing,
              soft_cap, z_loss and inverse_temperature.
            * dtypes: Names of the inputs' dtypes; float32, bfloat16 and float16 by
              default.
            * class_counts: Numbers of classes, K; by default 128, 129, 2047, 2049, 8192
              and 50257.
            * jit: Whether the function can be traced, and is checked under `jax.jit`,
              `jax.vmap` and `jax.lax.scan` of `jax.checkpoint` as well.

    Raises:
        UnfaithfulLossError: If the loss has a fault; an AssertionError that names each
            fault by its cause, with the numbers, the input, and what to look at.
        TypeError: If an argument has the wrong type, or if the function does not take a
            parameter.
        ValueError: If an argument has none of the allowed values, if the form of the
            function cannot be known, or if the reference cannot be evaluated.

    Example:
        >>> import jax, logitscape as ls
        >>> loss = ls.per_example("softmax + brier")
        >>> ls.testing.assert_faithful(
        ...     loss, "softmax + brier", class_counts=(128, 129), dtypes=("float32",)
        ... )
    """
    allow = _allowed(allow)
    check_keywords(
        "assert_faithful", config, check_faithful, "ls.testing.check_faithful"
    )
    faults = check_faithful(fused, reference, **config)
    failing = [fault for fault in faults if fault.verdict not in allow]
    if failing:
        name = getattr(fused, "__name__", type(fused).__name__)
        raise UnfaithfulLossError(name, reference_from(reference).name, failing)


def _allowed(allow: Collection[str]) -> list[str]:
    """Names of faults; one that no fault has, such as a misspelt one, is refused."""
    names = entries(allow)
    if names is None or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "`assert_faithful(allow=...)` must be a collection of texts "
            f"such as ('does not run',), got {quoted(allow)}."
        )
    for name in names:
        if name not in FAULTS:
            raise ValueError(
                f"`assert_faithful(allow=...)`: no fault is {quoted(name)}. "
                f"{suggestion(name, sorted(FAULTS))}"
            )
    return names


def _dtypes(dtypes: Sequence[str]) -> list[str]:
    """The names of the dtypes, those of full precision first."""
    known = ("float64", *DTYPES)
    several = list(dtypes) if is_sequence(dtypes) else []
    if not several:
        raise ValueError(
            "`assert_faithful(dtypes=...)` must be a list of names such as ('float32',), "
            f"got {quoted(dtypes)}."
        )
    for name in several:
        if not isinstance(name, str) or name not in known:
            raise ValueError(
                f"`assert_faithful(dtypes=...)` must be some of {', '.join(known)}, "
                f"got {quoted(name)}."
            )
    if "float64" in several:
        needs_float64("assert_faithful(dtypes=('float64', ...))")
    return sorted(several, key=is_half)


def _class_counts(counts: Sequence[int]) -> list[int]:
    several = entries(counts) or []
    if not several:
        raise ValueError(
            "`assert_faithful(class_counts=...)` must be whole numbers, and not empty, "
            f"got {quoted(counts)}."
        )
    for count in several:
        whole_number(
            "assert_faithful", "class_counts", count, low=16, high=MOST_CLASSES
        )
    return sorted(set(several))

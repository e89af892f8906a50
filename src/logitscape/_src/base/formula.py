"""Decorators that turn a formula into a public function of the catalog.

They check the arguments, compute half precision in float32 with one rounding at the end, and make
the result NaN for a traced target of another kind, such as one that is no distribution: it cannot
be refused.
"""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from .arguments import vector
from .special import zero_if
from .target_kinds import DISTRIBUTION, LABELS, POSITIVES, TargetKind, target_like
from .types import HALF

Function = TypeVar("Function", bound=Callable[..., Any])


def on_logits(formula: Function) -> Function:
    """Check the logits of `formula(logits, ...)`, and its target if it takes one."""
    return _testing_targets(formula, trusting_on_logits(formula), DISTRIBUTION)


def on_labels(formula: Function) -> Function:
    """Check the logits and the target of `formula(logits, target, ...)`, an answer per class."""
    return _testing_targets(formula, trusting_on_logits(formula, LABELS), LABELS)


def on_positives(formula: Function) -> Function:
    """Check the row of `formula(similarities, target, ...)` and the marks of its positives."""
    trusting = trusting_on_logits(formula, POSITIVES, "similarities")
    return _testing_targets(formula, trusting, POSITIVES)


def on_similarities(formula: Function) -> Function:
    """Check the row of `formula(similarities, target, ...)`, whose target is a distribution."""
    trusting = trusting_on_logits(formula, DISTRIBUTION, "similarities")
    return _testing_targets(formula, trusting, DISTRIBUTION)


def on_probs(formula: Function) -> Function:
    """Check the probabilities and the target of `formula(probs, target, ...)`."""
    return _testing_targets(formula, trusting_on_probs(formula), DISTRIBUTION)


def trusting_on_logits(
    formula: Callable[..., Any],
    targets: TargetKind = DISTRIBUTION,
    name: str = "logits",
) -> Callable[..., Any]:
    """`on_logits` without the test of a traced target, for callers that have tested it.

    Args:
        formula: Formula `(logits, ...)`.
        targets: Kind of its targets.
        name: Name of its first argument, for the messages.
    """
    # A target has another name where a parameter of the formula is called so.
    of_target = [*inspect.signature(formula).parameters][1:2]

    @wraps(formula)
    def trusting(logits: ArrayLike, /, *args: Any, **parameters: Any) -> Any:
        z = vector(formula.__name__, name, logits)
        like = partial(
            target_like, formula.__name__, z, kind=targets, name="".join(of_target)
        )
        return rounded_once(formula, z.dtype, z, *map(like, args), **parameters)

    return trusting


def trusting_on_probs(formula: Callable[..., Any]) -> Callable[..., Any]:
    """`on_probs` without the test of a traced target, for callers that have tested it."""

    @wraps(formula)
    def trusting(probs: Any, target: Any, /, **parameters: Any) -> Any:
        if not (hasattr(probs, "p") and hasattr(probs, "log_p")):
            raise TypeError(
                f"`{formula.__name__}(probs, ...)` must be Probs(p, log_p) as normalizers "
                f"return them, got {type(probs).__name__}."
            )
        p = vector(formula.__name__, "probs.p", probs.p)
        if jnp.shape(probs.log_p) != p.shape:
            raise ValueError(
                f"`{formula.__name__}(probs, ...)` must have a log_p of p's shape {p.shape}, got "
                f"{jnp.shape(probs.log_p)}."
            )
        t = target_like(formula.__name__, p, target, DISTRIBUTION)
        return rounded_once(formula, p.dtype, probs, t, **parameters)

    return trusting


def _testing_targets(
    formula: Function, trusting: Callable[..., Any], kind: TargetKind
) -> Function:
    @wraps(formula)
    def checked(first: Any, /, *targets: Any, **parameters: Any) -> Any:
        tested = [nan_unless_valid(target, kind) for target in targets]
        return trusting(first, *tested, **parameters)

    return checked  # type: ignore[return-value]


def nan_unless_valid(target: Any, kind: TargetKind) -> Any:
    """The target itself, or NaN if it is traced and turns out to be of another kind."""
    is_traced = isinstance(target, jax.core.Tracer)
    if not is_traced or not jnp.issubdtype(target.dtype, jnp.floating):
        return target
    # By addition: XLA makes a product with a one-hot target a choice, which hides NaN.
    return target + zero_if(kind.is_valid(target), target)


def rounded_once(
    function: Callable[..., Any], dtype: Any, *args: Any, **parameters: Any
) -> Any:
    """Call a function. In half precision, cast the arguments to float32 and the results back."""
    if dtype not in HALF:
        return function(*args, **parameters)
    results = function(*cast(args, jnp.float32), **parameters)
    return cast(results, dtype)


def cast(tree: Any, dtype: Any) -> Any:
    """Cast every floating-point array of a pytree to another dtype."""

    def cast_leaf(leaf: Any) -> Any:
        is_floating = jnp.issubdtype(leaf.dtype, jnp.floating)
        return leaf.astype(dtype) if is_floating else leaf

    return jax.tree.map(cast_leaf, tree)

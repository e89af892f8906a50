"""The message for a function of an unknown form: what was tried, and a call that works."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ..objectives.user_functions import name_of
from .call import LOGITS, TARGETS, parameters_of, required
from .reading import READINGS, Form, Reading

MODELS = frozenset(
    {"params", "parameters", "variables", "weights", "theta", "model", "net", "module"}
)
LIBRARIES = {"tensorflow": "TensorFlow", "mxnet": "MXNet", "paddle": "Paddle"}


class Outcomes(NamedTuple):
    """What became of a function when it was called.

    Attributes:
        shapes: Shapes that it returned.
        errors: Errors that it raised.
        form: Form that it was said to have.
    """

    shapes: Mapping[Reading, tuple[int, ...]]
    errors: Mapping[Reading, Exception]
    form: Form | None


def refusal(
    function: Callable[..., Any],
    outcomes: Outcomes,
    works: Callable[[Callable[..., Any]], bool],
    normalizers: Mapping[str, Callable[[Any], Any]],
) -> str:
    """The message.

    Args:
        function: Function that was tried.
        outcomes: What became of it.
        works: Whether a function has a known form.
        normalizers: What makes probabilities of logits, for a function that takes those.
    """
    name = name_of(function)
    shapes, errors, form = outcomes
    lines = [f"`{name}` is no loss in any of the known forms. Tried:"]
    if form is not None:
        lines = [f"`{name}` is no loss in the form {form!r}. Tried:"]
    shown = set[str]()
    for reading in READINGS:
        if reading.form in shown or reading not in {**shapes, **errors}:
            continue
        shown.add(reading.form)
        outcome = _outcome(shapes.get(reading), errors.get(reading))
        lines.append(f"  {reading.signature()}: {outcome}")
    # What has no name that code could use.
    name = name if name.isidentifier() else "your_loss"
    for code, normalizer in normalizers.items():
        if works(_after(function, normalizer)):
            call = f"ls.diagnose(lambda z, t: {name}({code}, t))"
            lines.append(
                f"It takes probabilities, and no logits. This works: `{call}`."
            )
            return "\n".join(lines)
    lines.append(_remedy(function, name, errors, works))
    return "\n".join(lines)


def _after(
    function: Callable[..., Any], normalizer: Callable[[Any], Any]
) -> Callable[[Any, Any], Any]:
    def loss(z: Any, t: Any) -> Any:
        return function(normalizer(z), t)

    return loss


def _outcome(shape: tuple[int, ...] | None, error: Exception | None) -> str:
    if error is None:
        return f"returned shape {shape}"
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"


def _remedy(
    function: Callable[..., Any],
    name: str,
    errors: Mapping[Reading, Exception],
    works: Callable[[Callable[..., Any]], bool],
) -> str:
    """A call that works, as far as it can be known."""
    foreign = _foreign_library(errors)
    if foreign:
        return (
            f"It computes in {foreign}, which JAX cannot trace; give it as a function that "
            "returns loss and gradient in NumPy: "
            f"`ls.diagnose(value_and_grad=lambda z, t: loss_and_gradient(z, t))`."
        )
    missing = _other_parameters(function)
    if missing:
        return _with_bound(function, name, missing, works)
    if any("Tracer" in type(error).__name__ for error in errors.values()):
        return (
            "It has to be traceable: `jnp.where` instead of `if` on values, `jnp` instead of "
            "`np`. Or give loss and gradient as functions of NumPy: "
            f"`ls.diagnose(value_and_grad=({name}, gradient_of_{name}))`."
        )
    if _needs_parameters(function):
        return (
            "If its first argument is a model or its parameters, bind it: "
            f"`ls.diagnose(functools.partial({name}, {required(parameters_of(function))[0]}))`; "
            "what is left must take logits and target, or a batch of both."
        )
    arguments = "z" if len(required(parameters_of(function))) == 1 else "z, t"
    return (
        f"Say how it is called: `ls.diagnose(lambda z, t: {name}({arguments}))`, with logits "
        "z [n], target t [n], one-hot, and a scalar as result; "
        "`t.argmax()` is the label, and `z[None]` a batch of one example."
    )


def _needs_parameters(function: Callable[..., Any]) -> bool:
    """Whether the name of the first of two arguments is that of a model or its parameters."""
    needed = required(parameters_of(function))
    return len(needed) == 2 and needed[0].lower() in MODELS


def _other_parameters(function: Callable[..., Any]) -> list[str]:
    """The parameters without a default that are neither logits nor target."""
    needed = required(parameters_of(function))
    if len(needed) <= 2:
        return []
    others = [name for name in needed if name.lower() not in LOGITS | TARGETS]
    # Names that say nothing: the last two are taken for logits and target.
    return others if len(needed) - len(others) == 2 else needed[:-2]


def _with_bound(
    function: Callable[..., Any],
    name: str,
    missing: list[str],
    works: Callable[[Callable[..., Any]], bool],
) -> str:
    """The call that binds all other parameters, verified where a guess at them works."""
    others = ", ".join(missing)
    for code, value in _guesses():
        bound = _bound(function, dict.fromkeys(missing, value))
        if works(bound):
            arguments = ", ".join(f"{other}={code}" for other in missing)
            return (
                f"It takes {others} beside logits and target. This works: "
                f"`ls.diagnose(functools.partial({name}, {arguments}))`."
            )
    arguments = ", ".join(f"{other}=..." for other in missing)
    options = " ".join(f"--arg {other}=VALUE" for other in missing)
    return (
        f"It takes {others} beside logits and target. Give their values: "
        f"`ls.diagnose(functools.partial({name}, {arguments}))`, "
        f"or `{options}` on the command line."
    )


def _bound(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    def call(*arguments: Any) -> Any:
        return function(**values, **dict(zip(rest, arguments, strict=True)))

    rest = [each for each in required(parameters_of(function)) if each not in values]
    if len(rest) == 2:
        return lambda z, t: call(z, t)
    return call


def _guesses() -> Iterator[tuple[str, Any]]:
    """Values that stand for a model that gives the logits as they are, and for what is unused."""
    yield "lambda z: z", lambda z, *rest, **keywords: z
    yield "None", None


def _foreign_library(errors: Mapping[Reading, Exception]) -> str:
    """The framework in whose code the function failed; "" if it is none that is known."""
    for error in errors.values():
        trace = error.__traceback__
        while trace is not None:
            package = trace.tb_frame.f_globals.get("__name__", "").partition(".")[0]
            if package in LIBRARIES:
                return LIBRARIES[package]
            trace = trace.tb_next
    return ""

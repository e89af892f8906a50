"""The message for a function of an unknown form: what was tried, and a call that works."""

import ast
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..base.messages import in_one_line
from ..base.users_code import definition_of, name_of, place_of, remedy_of
from .call import parameters_of, required
from .framework import Framework, Returned
from .reading import READINGS, Form, Reading
from .remedies import Find, Trial, bound_call, model_call, other_parameters, picked_call

MODELS = frozenset(
    {"params", "parameters", "variables", "weights", "theta", "model", "net", "module"}
)
GEOMETRY = frozenset(
    {"anchor", "positive", "negative", "input1", "input2", "x1", "x2", "input_lengths"}
)
"""Names of what is compared by distances, or in the course of time."""
LIBRARIES = {
    "tensorflow": "TensorFlow",
    "mxnet": "MXNet",
    "paddle": "Paddle",
    "mlx": "MLX",
    "cupy": "CuPy",
    "tinygrad": "tinygrad",
}
MODEL = "Its first argument seems to be a model or its parameters."
FOREIGN = (
    "It computes in {library}, which JAX cannot trace: write a function that returns its loss and "
    "gradient as arrays of NumPy, and call `ls.diagnose(value_and_grad=loss_and_gradient)`."
)
GRADIENTS = {
    "TensorFlow": (
        " With `z = tf.Variable(z)` and `loss = ...` under `tf.GradientTape() as tape`, that is "
        "`return loss.numpy(), tape.gradient(loss, z).numpy()`."
    )
}
"""How some libraries give the gradient."""


class Outcomes(NamedTuple):
    """What became of a function when it was called.

    Attributes:
        returned: What it returned.
        errors: Errors that it raised.
        form: Form that it was said to have.
    """

    returned: Mapping[Reading, Returned]
    errors: Mapping[Reading, Exception]
    form: Form | None


def refusal(
    function: Callable[..., Any],
    outcomes: Outcomes,
    num_classes: int,
    framework: Framework,
    find: Find,
) -> str:
    """The message.

    Args:
        function: Function that was tried.
        outcomes: What became of it.
        num_classes: Number of classes that it was called with.
        framework: Framework of the function.
        find: How a function is read, if that is known.
    """
    name = name_of(function)
    returned, errors, form = outcomes
    places = {place_of(error) for error in errors.values()}
    # Where every form fails on the same line, it is named once.
    is_one = len(places) == 1
    place = (places.pop() if is_one else "") or definition_of(function)
    forms = "any of the known forms" if form is None else f"the form {form!r}"
    lines = [f"`{name}` is no loss in {forms}. Tried:"]
    if place:
        lines = [f"`{name}` is no loss in {forms} ({place}). Tried:"]
    shown = dict[str, tuple[str, str]]()
    for reading in READINGS:
        if reading.form in shown or reading not in {**returned, **errors}:
            continue
        outcome = _outcome(returned.get(reading) or errors[reading], not is_one)
        shown[reading.form] = (reading.signature(), outcome)
    outcomes_alike = {outcome for _, outcome in shown.values()}
    if len(shown) > 1 and len(outcomes_alike) == 1:
        lines.append(f"  every form: {outcomes_alike.pop()}")
    else:
        lines += [f"  {signature}: {outcome}" for signature, outcome in shown.values()]
    # What has no name that code could use, such as what `functools.partial` returns.
    name = str(getattr(function, "__name__", ""))
    is_bound = inspect.ismethod(function)
    name = name if name.isidentifier() and not is_bound else "your_loss"
    for code, normalizer in framework.normalizers.items():
        if find(_after(function, normalizer)) is not None:
            call = f"ls.diagnose(lambda z, t: {name}({code}, t))"
            lines.append(
                f"It takes probabilities, and no logits. This works: `{call}`."
            )
            return "\n".join(lines)
    trial = Trial(function, name, num_classes, framework.array, find)
    lines.append(_remedy(trial, errors))
    return "\n".join(lines)


def _after(
    function: Callable[..., Any], normalizer: Callable[[Any], Any]
) -> Callable[[Any, Any], Any]:
    def loss(z: Any, t: Any) -> Any:
        return function(normalizer(z), t)

    return loss


def _outcome(found: Returned | Exception, with_place: bool) -> str:
    if isinstance(found, Exception):
        place = place_of(found) if with_place else ""
        return f"{in_one_line(found)} ({place})" if place else in_one_line(found)
    return f"returned shape {found.shape}"


def _remedy(trial: Trial, errors: Mapping[Reading, Exception]) -> str:
    """A call that works, as far as it can be known."""
    function, name = trial.function, trial.name
    foreign = _foreign_library(errors)
    if foreign:
        return FOREIGN.format(library=foreign, name=name) + GRADIENTS.get(foreign, "")
    if GEOMETRY.intersection(required(parameters_of(function))):
        return (
            "It compares embeddings or sequences: it has no logits of classes whose gradient "
            "could be diagnosed."
        )
    others = other_parameters(function)[1]
    if others[:1] == ["self"]:
        owner = function.__qualname__.rpartition(".")[0].rpartition(".")[2]
        return (
            "It is a method: give that of an instance, "
            f"`ls.diagnose({owner or 'YourClass'}(...).{name})`."
        )
    if others:
        return _with_bound(trial)
    picked = picked_call(trial)
    if picked:
        return f"This works: `ls.diagnose({picked})`."
    known = next(filter(None, map(remedy_of, errors.values())), "")
    if known:
        return (
            f"{known} Or give loss and gradient as functions of NumPy: "
            f"`ls.diagnose(value_and_grad=({name}, gradient_of_{name}))`."
        )
    if _needs_parameters(function):
        works = model_call(trial)
        if works:
            return f"{MODEL} This works: `ls.diagnose({works})`. Put your own model in."
        return (
            f"{MODEL} If it is, bind it: "
            f"`ls.diagnose(functools.partial({name}, {required(parameters_of(function))[0]}))`; "
            "what is left must take logits and target, or a batch of both."
        )
    return (
        "Write a function of logits z [n] and a one-hot target t [n] that calls it and returns a "
        f"scalar, `def loss(z, t): return {name}(...)`: `t.argmax()` is the label, `z[None]` a "
        "batch of one example. Then `ls.diagnose(loss)`."
    )


def _needs_parameters(function: Callable[..., Any]) -> bool:
    """Whether the name of the first of two arguments is that of a model or its parameters."""
    needed = required(parameters_of(function))
    return len(needed) == 2 and needed[0].lower() in MODELS


def _with_bound(trial: Trial) -> str:
    """The call that binds all other parameters, verified where guesses at them work."""
    _, missing = other_parameters(trial.function)
    begin = f"It takes {', '.join(missing)} beside logits and target."
    code, values = bound_call(trial)
    if not code:
        arguments = ", ".join(f"{other}=..." for other in missing)
        options = " ".join(f"--arg {other}=VALUE" for other in missing)
        return (
            f"{begin} Give their values: "
            f"`ls.diagnose(functools.partial({trial.name}, {arguments}))`, "
            f"or `{options}` on the command line."
        )
    text = f"{begin} This works: `ls.diagnose({code})`"
    if code.startswith("functools") and all(map(_is_literal, values.values())):
        options = " ".join(f"--arg {other}={value}" for other, value in values.items())
        text += f", or `{options}` on the command line"
    return f"{text}. Put your own values in."


def _is_literal(code: str) -> bool:
    try:
        ast.literal_eval(code)
    except (ValueError, SyntaxError):
        return False
    return " " not in code


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

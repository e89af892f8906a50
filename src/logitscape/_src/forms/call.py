"""How a function is called with logits and a target: order, keywords, reduction, and result."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from .joint_rows import constant, joint_matrix
from .result_parts import loss_of

STUDENTS = frozenset(
    {"student", "student_logits", "logits_student", "student_outputs", "student_output"}
    | {"student_scores", "y_s", "logits_s", "z_s"}
)
TEACHERS = frozenset(
    {"teacher", "teacher_logits", "logits_teacher", "teacher_outputs", "teacher_output"}
    | {"teacher_scores", "y_t", "logits_t", "z_t", "soft_targets", "teacher_preds"}
)
TEACHER_LOGITS = frozenset({"teacher_logits", "logits_teacher", "logits_t", "z_t"})
"""Names of teachers' outputs that no softmax has been taken of."""
LOGITS = STUDENTS | frozenset(
    {"logits", "logit", "scores", "score", "preds", "pred", "predictions", "prediction"}
    | {"predicted", "y_pred", "yhat", "y_hat", "outputs", "output", "inputs", "input"}
    | {"z", "x", "image", "images", "features", "inputs", "input_ids"}
)
TARGETS = TEACHERS | frozenset(
    {"labels", "label", "targets", "target", "y_true", "true", "y", "t", "truth"}
    | {"ground_truth", "onehot", "one_hot", "classes"}
)
"""Names that say which argument is which, where the position does not."""

PREFERRED = ("chosen", "win", "better", "prefer", "accept", "pos", "good", "y_w")
OTHERS = ("reject", "los", "worse", "dispref", "neg", "bad", "y_l")
"""How the names of arguments begin that are scores of a preferred answer, and of another one."""

Style: TypeAlias = Literal[
    "two",
    "one",
    "joint",
    "joint pairs",
    "pair",
    "mapping",
    "embeddings",
    "both sides",
    "preferences",
]
TWO_SETS = frozenset({"embeddings", "both sides"})
JOINT = frozenset({"joint", "joint pairs"})
OF_SIMILARITIES = TWO_SETS | JOINT | {"one"}
"""Styles of functions of the similarities [N, N] of a batch."""
ONE_ARGUMENT = JOINT | {"one", "pair", "mapping"}


@dataclass(frozen=True)
class Call:
    """A way to call a function.

    Attributes:
        logits: Keyword of the logits; "" for the first position.
        target: Keyword of the target; "" for the second position.
        swapped: Whether the target comes first.
        reduction: Value of the argument `reduction`, if the function takes one.
        style: Whether it takes two arguments, the logits alone, or one batch that holds both; or
            similarities as two sets of embeddings, in both directions, or in the joint matrix
            [2 N, 2 N] of all rows; or the scores of what is preferred and of what is not, whose
            difference is the logit.
        keyword: Keyword of the only argument; "" for the first position.
        part: Code that follows the call and takes the loss from its result, such as "[0]".
    """

    logits: str = ""
    target: str = ""
    swapped: bool = False
    reduction: str | None = None
    style: Style = "two"
    keyword: str = ""
    part: str = ""

    def on(self, function: Callable[..., Any], logits: Any, target: Any = None) -> Any:
        """Call the function, and return its loss without what it returns beside it."""
        return loss_of(self.result(function, logits, target))

    def result(
        self, function: Callable[..., Any], logits: Any, target: Any = None
    ) -> Any:
        """Call the function."""
        keywords = {} if self.reduction is None else {"reduction": self.reduction}
        if self.style == "embeddings":
            # The similarities to the unit vectors are the first set itself.
            return function(logits, _unit_vectors(logits), **keywords)
        if self.style == "both sides":
            return function(logits, logits.T, **keywords)
        if self.style == "preferences":
            lead = (2 * target - 1) * logits
            return function(*((0 * lead, lead) if self.swapped else (lead, 0 * lead)))
        if self.style in ONE_ARGUMENT:
            only = self._only(logits, target)
            if self.keyword:
                return function(**{self.keyword: only}, **keywords)
            return function(only, **keywords)
        if self.logits:
            both = {self.logits: logits, self.target: target}
            return function(**both, **keywords)
        arguments = (target, logits) if self.swapped else (logits, target)
        return function(*arguments, **keywords)

    def _only(self, logits: Any, target: Any) -> Any:
        """The only argument."""
        if self.style == "one":
            return logits
        if self.style in JOINT:
            return joint_matrix(logits, in_pairs=self.style == "joint pairs")
        if self.style == "pair":
            return (logits, target)
        return {self.logits: logits, self.target: target}

    def rows(self, num_classes: int) -> int:
        """The number of rows of similarities that the function gets for an example."""
        return 2 * num_classes if self.style in JOINT else num_classes

    def code(self, function: str, logits: str, target: str) -> str:
        """The call as code."""
        return self._code(function, logits, target) + self.part

    def _code(self, function: str, logits: str, target: str) -> str:
        end = "" if self.reduction is None else f', reduction="{self.reduction}"'
        if self.style == "preferences":
            lead = f"(2 * {target} - 1) * {logits}"
            first, second = ("0 * z", "z") if self.swapped else ("z", "0 * z")
            return f"(lambda z: {function}({first}, {second}))({lead})"
        if self.style in ONE_ARGUMENT:
            only = {
                "one": logits,
                "joint": logits,
                "joint pairs": logits,
                "pair": f"({logits}, {target})",
                "mapping": f'{{"{self.logits}": {logits}, "{self.target}": {target}}}',
            }
            keyword = f"{self.keyword}=" if self.keyword else ""
            return f"{function}({keyword}{only[self.style]}{end})"
        if self.logits:
            return f"{function}({self.logits}={logits}, {self.target}={target}{end})"
        first, second = (target, logits) if self.swapped else (logits, target)
        return f"{function}({first}, {second}{end})"


def _unit_vectors(similarities: Any) -> Any:
    return constant(np.eye(len(similarities)), similarities)


def calls_of(function: Callable[..., Any]) -> list[Call]:
    """The ways in which a function may be called, the likeliest first."""
    parameters = parameters_of(function)
    calls = list(_calls(parameters))
    if is_open(function):
        calls += [Call(style="pair")]
    if "reduction" in parameters:
        unreduced = [replace(call, reduction="none") for call in calls]
        return [*unreduced, *calls]
    return calls


def keyword_of_batch(function: Callable[..., Any]) -> str:
    """The keyword of the only argument that is open; "" if it can go by its position."""
    parameters = parameters_of(function)
    needed = required(parameters)
    return needed[0] if needed and needed[0] not in _positional(parameters) else ""


def parameters_of(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """The parameters that are still open; none if they cannot be known."""
    # A module of PyTorch is called with the arguments of this method.
    function = getattr(function, "forward", function)
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # builtins have none
        return {}


def is_open(function: Callable[..., Any]) -> bool:
    """Whether nothing is known of the arguments, as of `*args` or of a builtin."""
    parameters = parameters_of(function)
    kinds = {parameter.kind for parameter in parameters.values()}
    return not required(parameters) and (
        not kinds or inspect.Parameter.VAR_POSITIONAL in kinds
    )


def required(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    """The names of the parameters without a default."""
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in parameters.items()
        if parameter.default is parameter.empty and parameter.kind not in variable
    ]


def _calls(parameters: Mapping[str, inspect.Parameter]) -> Iterator[Call]:
    needed = required(parameters)
    by_name = [
        name
        for name in parameters
        if parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY
    ]
    named_logits = [name for name in by_name if name.lower() in LOGITS]
    named_targets = [name for name in by_name if name.lower() in TARGETS]
    open_positions = _positional(parameters)
    keyword_only = [name for name in needed if name not in open_positions]
    if keyword_only or _follows_a_bound_one(parameters, needed):
        yield from _by_keyword(needed, named_logits, named_targets)
    elif len(needed) <= 2 and _is_swapped(open_positions):
        yield Call(swapped=True)
    is_alone = len(needed) == 1
    # Where only one is needed, the second may be a target, or a number such as a temperature.
    second = open_positions[1].lower() if len(open_positions) > 1 else ""
    if not is_alone or (needed == open_positions[:1] and second in TARGETS):
        yield Call()
    if is_alone:
        keyword = needed[0] if keyword_only else ""
        yield Call(style="one", keyword=keyword)
        yield Call(style="joint", keyword=keyword)
        yield Call(style="joint pairs", keyword=keyword)
        yield Call(style="pair", keyword=keyword)
        if needed == open_positions[:1] and second not in TARGETS:
            yield Call()
    elif not keyword_only and not _is_swapped(open_positions):
        # Last of all: what takes whole numbers first can only have its labels there.
        yield Call(swapped=True)
        yield Call(style="embeddings")
        yield Call(style="both sides")


def _by_keyword(
    needed: list[str], named_logits: list[str], named_targets: list[str]
) -> Iterator[Call]:
    if len(named_logits) == 1 and len(named_targets) == 1:
        yield Call(logits=named_logits[0], target=named_targets[0])
    elif len(needed) == 2:
        yield Call(logits=needed[0], target=needed[1])
        yield Call(logits=needed[1], target=needed[0])


def _positional(parameters: Mapping[str, inspect.Parameter]) -> list[str]:
    kinds = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    )
    return [name for name, each in parameters.items() if each.kind in kinds]


def _follows_a_bound_one(
    parameters: Mapping[str, inspect.Parameter], needed: list[str]
) -> bool:
    """Whether a parameter with a default comes before one without, as `partial` leaves them."""
    names = list(parameters)[: len(needed)]
    return len(needed) == 2 and names != needed


def second_name(function: Callable[..., Any]) -> str:
    """The name of the second argument by position; "" if it has none."""
    names = _positional(parameters_of(function))
    return names[1] if len(names) > 1 else ""


def names_are_swapped(function: Callable[..., Any]) -> bool:
    """Whether the names of the parameters say that the target comes first."""
    return _is_swapped(_positional(parameters_of(function)))


def names_say_positives(function: Callable[..., Any]) -> bool:
    """Whether the names of the parameters are those of positives and negatives."""
    names = [name.lower() for name in _positional(parameters_of(function))[:2]]
    return len(names) == 2 and names[0][:3] == "pos" and names[1][:3] == "neg"


def call_of_preferences(function: Callable[..., Any]) -> Call:
    """The call of a function of the scores of what is preferred and of what is not.

    The first are those that are preferred, where names do not say otherwise.
    """
    names = [name.lower() for name in _positional(parameters_of(function))[:2]]
    names = [name.removeprefix("policy_") for name in names]
    others_first = names[0].startswith(OTHERS) and names[1].startswith(PREFERRED)
    return Call(style="preferences", swapped=others_first)


def _is_swapped(names: list[str]) -> bool:
    if len(names) < 2:
        return False
    first, second = names[0].lower(), names[1].lower()
    return first in TARGETS and second in LOGITS

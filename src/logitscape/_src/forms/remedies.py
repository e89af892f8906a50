"""Calls that work, for functions that take or return more than a loss does.

Every call is tried in the very words in which it is printed.
"""

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from .call import LOGITS, STUDENTS, TARGETS, TEACHERS, parameters_of, required
from .framework import Library
from .reading import Reading

Find: TypeAlias = Callable[[Callable[..., Any]], Reading | None]
"""How a function is read, if that is known."""

GUESSES: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (
        TEACHERS,
        ("5.0 * {one_hot}", "5.0 * y", "{xp}.zeros_like(z)"),
    ),
    (
        frozenset({"mask", "masks", "padding_mask", "attention_mask", "valid"})
        | {"sample_weight", "sample_weights", "example_weights", "weights", "w"},
        ("{xp}.ones(len(z))", "{xp}.ones({n})"),
    ),
    (
        frozenset({"weight", "class_weight", "class_weights", "cls_weights", "priors"})
        | {"prior", "class_prior", "frequencies", "freqs", "pos_weight"},
        ("{xp}.ones({n})", "1.0"),
    ),
    (
        frozenset(
            {"log_prior", "log_priors", "bias", "adjustment", "margins", "m_list"}
        )
        | {"logit_adjustment", "logit_adjustments", "class_margins"},
        ("{xp}.zeros({n})", "0.0"),
    ),
    (
        frozenset({"cls_num_list", "samples_per_class", "samples_per_cls", "counts"})
        | {"class_counts", "num_per_class", "img_num_per_cls", "class_freq"},
        ("{xp}.full(({n},), 100.0)", "[100] * {n}"),
    ),
    (
        frozenset(
            {"num_classes", "n_classes", "num_class", "vocab_size", "vocab", "nc"}
        )
        | {"num_labels", "n_class", "depth", "classes", "no_of_classes", "C", "K"},
        ("{n}",),
    ),
    (
        frozenset({"rng", "key", "rngs", "prng", "prng_key", "rng_key", "dropout_rng"}),
        ("jax.random.key(0)",),
    ),
    (
        frozenset({"apply_fn", "apply", "model", "net", "forward", "module", "predict"})
        | {"network", "fn", "model_fn"},
        ("lambda z: z", "lambda params, z: z", "lambda *given, **options: given[-1]"),
    ),
    (
        frozenset(
            {"params", "parameters", "variables", "theta", "state", "model_state"}
        ),
        ("{{}}", "None"),
    ),
    (
        frozenset({"train", "training", "is_training", "deterministic", "from_logits"}),
        ("True",),
    ),
    (frozenset({"step", "epoch", "iteration", "global_step"}), ("0",)),
    (frozenset({"t", "temp", "temperature", "tau", "kd_t"}), ("2.0",)),
    (frozenset({"gamma", "focal_gamma"}), ("2.0",)),
    (frozenset({"alpha", "lam", "lambd", "lambda_", "kd_alpha", "ratio"}), ("0.5",)),
    (frozenset({"smoothing", "label_smoothing", "eps", "epsilon"}), ("0.1",)),
    (frozenset({"margin", "m"}), ("0.35",)),
    (frozenset({"scale", "s", "logit_scale"}), ("30.0",)),
    (frozenset({"reduction"}), ("'mean'",)),
)
"""Code of values that stand for arguments, by their names; the first that works is taken."""
OTHERWISE = ("1.0", "None", "lambda z: z", "{xp}.ones({n})")
MOST_TRIED = 24


@dataclass(frozen=True)
class Trial:
    """A function of an unknown form, and what is needed to try calls of it.

    Attributes:
        function: Function.
        name: Name by which code calls it.
        num_classes: Number of classes.
        library: Library whose arrays it takes.
        find: How a function is read.
    """

    function: Callable[..., Any]
    name: str
    num_classes: int
    library: Library
    find: Find

    def works(self, code: str) -> bool:
        """Whether the code of a function is one of a loss in a known form."""
        scope: dict[str, Any] = {
            "jax": jax,
            "jnp": jnp,
            "np": np,
            "functools": functools,
        }
        scope[self.name] = self.function
        if self.library == "torch":
            import torch

            scope["torch"] = torch
        try:
            found = self.find(eval(code, scope))
        except Exception:
            return False
        # Without label numbers one_hot would make a matrix of every target.
        return found is not None and (found.labels or "one_hot(y" not in code)

    def written(self, guess: str) -> str:
        """The code of a guess."""
        n = self.num_classes
        one_hot = f"jax.nn.one_hot(y, {n})"
        if self.library == "torch":
            one_hot = f"torch.nn.functional.one_hot(y, {n})"
        return guess.format(xp=self.library, n=n, one_hot=one_hot)


def other_parameters(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """The names of logits and target, and of all other parameters without a default.

    There are no others if there are not more than two.
    """
    needed = required(parameters_of(function))
    if len(needed) <= 2:
        return needed, []
    logits = _first_of(needed, (STUDENTS, LOGITS))
    targets = _first_of(needed, (TARGETS - TEACHERS, TARGETS))
    if logits and targets and logits != targets:
        pair = [logits, targets]
    elif all(_guesses_for(name) is not OTHERWISE for name in needed[2:]):
        pair = needed[:2]
    else:
        # Names that say nothing: the last two are taken for logits and target.
        pair = needed[-2:]
    return pair, [name for name in needed if name not in pair]


def _first_of(names: Sequence[str], groups: Sequence[frozenset[str]]) -> str:
    for group in groups:
        for name in names:
            if name.lower() in group:
                return name
    return ""


def bound_call(trial: Trial) -> tuple[str, Mapping[str, str]]:
    """A call that binds all other parameters, and the code of their values; "" if none works."""
    pair, others = other_parameters(trial.function)
    choices = [
        [trial.written(guess) for guess in _guesses_for(name)] for name in others
    ]
    for values in itertools.islice(itertools.product(*choices), MOST_TRIED):
        code = _binding(trial.name, pair, dict(zip(others, values, strict=True)))
        if trial.works(code):
            return code, dict(zip(others, values, strict=True))
    return "", {}


def _guesses_for(name: str) -> tuple[str, ...]:
    for names, guesses in GUESSES:
        if name in names or name.lower() in names:
            return guesses
    return OTHERWISE


def _binding(name: str, pair: Sequence[str], values: Mapping[str, str]) -> str:
    arguments = ", ".join(f"{other}={code}" for other, code in values.items())
    of_batch = any("(y" in code or "z)" in code for code in values.values())
    if not of_batch and not any(code == "5.0 * y" for code in values.values()):
        return f"functools.partial({name}, {arguments})"
    logits, target = pair
    return f"lambda z, y: {name}({logits}=z, {target}=y, {arguments})"


def model_call(trial: Trial) -> str:
    """A call that binds the first of two arguments, a model; "" if none works."""
    first = required(parameters_of(trial.function))[0]
    for guess in _guesses_for(first):
        code = f"functools.partial({trial.name}, {trial.written(guess)})"
        if trial.works(code):
            return code
    return ""


def picked_call(trial: Trial) -> str:
    """A call that takes the loss from what the function returns beside it; "" if none works."""
    for part in dict.fromkeys(_parts(trial)):
        code = f"lambda z, y: {trial.name}(z, y){part}"
        if trial.works(code):
            return code
    return ""


def _parts(trial: Trial) -> Iterator[str]:
    """Code that takes every part of the results that the function returned."""
    results = list[Any]()

    def watched(z: Any, y: Any) -> Any:
        result = trial.function(z, y)
        results.append(result)
        return result

    trial.find(watched)
    for result in results:
        if isinstance(result, Mapping):
            yield from (f"[{key!r}]" for key in result)
        elif isinstance(result, tuple | list):
            yield from (f"[{index}]" for index in range(1, len(result)))
        elif getattr(result, "ndim", 0):
            yield ".mean()"

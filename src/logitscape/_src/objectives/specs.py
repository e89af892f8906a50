"""Specs: `"taylor(order=4) + brier(convention='half')"` as text, parsed without evaluating any code."""

import ast
import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Named:
    """A function with its parameters bound, that prints as the spec it was made from.

    Attributes:
        name: the spec.
        function: what it calls.
    """

    name: str
    function: Callable[..., Any] = field(repr=False)

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        return self.function(*args)

    def __str__(self) -> str:
        return self.name


def split(spec: str) -> list[str]:
    """The terms of a spec, `"a(x=1) + b"` -> `["a(x=1)", "b"]`."""
    tree, terms = _parse(spec, spec), list[str]()
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        terms.insert(0, _text(spec, tree.right))
        tree = tree.left
    return [_text(spec, tree), *terms]


def parse_term(term: str) -> tuple[str, dict[str, Any]]:
    """`"focal(gamma=2)"` -> `("focal", {"gamma": 2})`."""
    tree = _parse(term, term)
    if isinstance(tree, ast.Name):
        return tree.id, {}
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise _malformed(term)
    if tree.args or any(keyword.arg is None for keyword in tree.keywords):
        raise ValueError(
            f"malformed spec {term!r}: parameters are given by name, such as `{tree.func.id}(name=1)`."
        )
    names = [str(keyword.arg) for keyword in tree.keywords]
    for repeated in {name for name in names if names.count(name) > 1}:
        raise ValueError(
            f"malformed spec {term!r}: the parameter {repeated!r} is given twice."
        )
    return tree.func.id, {
        str(keyword.arg): _literal(term, keyword.value) for keyword in tree.keywords
    }


def bind(term: str, known: Mapping[str, Callable[..., Any]], kind: str) -> Named:
    """The function that a term names, with its parameters bound; both must be known.

    Raises:
        ValueError: for a malformed term, an unknown name (the nearest are named) or an unknown parameter.
    """
    name, parameters = parse_term(term)
    if name not in known:
        raise unknown(kind, name, known)
    allowed = parameters_of(known[name])
    for parameter, value in parameters.items():
        if parameter not in allowed:
            takes = (
                f"It takes {', '.join(allowed)}."
                if allowed
                else "It takes no parameters."
            )
            raise ValueError(
                f"unknown parameter {parameter!r} of {kind} {name!r}, got {parameter}={value!r}. {takes}"
            )
    return Named(
        term, partial(known[name], **parameters) if parameters else known[name]
    )


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The keyword-only parameters of a function, with their defaults."""
    signature = inspect.signature(function).parameters.values()
    return {
        each.name: each.default for each in signature if each.kind is each.KEYWORD_ONLY
    }


def _parse(text: str, spec: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, AttributeError, RecursionError, MemoryError):
        raise _malformed(spec) from None


def _text(spec: str, tree: ast.expr) -> str:
    return ast.get_source_segment(spec.strip(), tree) or ast.unparse(tree)


def _literal(term: str, tree: ast.expr) -> Any:
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(
            f"malformed spec {term!r}: a parameter is a number or a quoted word, got {ast.unparse(tree)!r}."
        ) from None


def unknown(kind: str, name: str, known: Iterable[str]) -> ValueError:
    """The error for a name that is not there; the nearest are named."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    hint = (
        f"Did you mean {' or '.join(map(repr, near))}?"
        if near
        else f"Known: {', '.join(known)}."
    )
    return ValueError(f"unknown {kind} {name!r}. {hint}")


def _malformed(spec: object) -> ValueError:
    return ValueError(
        f"malformed spec {spec!r}: write `normalizer(parameter=value) + loss(parameter=value)`, "
        "such as 'softmax + focal(gamma=2)', or the name of a loss of logits."
    )

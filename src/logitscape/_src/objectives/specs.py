"""Specs, such as `"taylor(order=4) + brier(convention='half')"`, parsed without running code."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..base.names import suggestion


@dataclass(frozen=True)
class Term:
    """One term of a spec, such as `focal(gamma=2)`.

    Attributes:
        text: Text of the term, as it was written.
        name: Name of the formula, "focal".
        parameters: Parameters by name, {"gamma": 2}.
    """

    text: str
    name: str
    # The cache of bound formulas needs a hash, which a dict lacks; the text decides.
    parameters: dict[str, Any] = field(compare=False)


def parse(spec: str) -> tuple[Term, ...]:
    """Terms of a spec, from left to right: `"a(x=1) + b"` has two.

    Raises:
        TypeError: If the spec is not text.
        ValueError: If the text is no spec.
    """
    if not isinstance(spec, str):
        raise TypeError(f"a spec must be text such as 'softmax', got {spec!r}.")
    text = spec.strip()
    try:
        tree = ast.parse(text, mode="eval").body
    # Python raises the last two for text that is nested too deep.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _malformed(spec) from None
    nodes = list[ast.expr]()
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        nodes.insert(0, tree.right)
        tree = tree.left
    return tuple(_term(text, node) for node in [tree, *nodes])


def parse_one(spec: str) -> Term:
    """The only term of a spec.

    Raises:
        TypeError: If the spec is not text.
        ValueError: If the text is no spec, or a spec of several terms.
    """
    terms = parse(spec)
    if len(terms) > 1:
        raise _malformed(spec)
    return terms[0]


def unknown(kind: str, name: str, known: Iterable[str]) -> ValueError:
    """Error for an unknown name, with the nearest known names."""
    return ValueError(f"unknown {kind} {name!r}. {suggestion(name, known)}")


def _term(spec: str, tree: ast.expr) -> Term:
    text = ast.get_source_segment(spec, tree) or ast.unparse(tree)
    if isinstance(tree, ast.Name):
        return Term(text, tree.id, {})
    if not (isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name)):
        raise _malformed(text)
    return Term(text, tree.func.id, _parameters(text, tree.func.id, tree))


def _parameters(text: str, name: str, call: ast.Call) -> dict[str, Any]:
    # A keyword without a name is `**mapping`.
    has_unnamed_keyword = any(keyword.arg is None for keyword in call.keywords)
    if call.args or has_unnamed_keyword:
        raise ValueError(
            f"malformed spec {text!r}: parameters are given by name, "
            f"such as `{name}(name=1)`."
        )
    parameters = dict[str, Any]()
    for keyword in call.keywords:
        parameter = str(keyword.arg)
        if parameter in parameters:
            raise ValueError(
                f"malformed spec {text!r}: the parameter {parameter!r} is given twice."
            )
        parameters[parameter] = _literal(text, keyword.value)
    return parameters


def _literal(term: str, tree: ast.expr) -> Any:
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise ValueError(
            f"malformed spec {term!r}: a parameter is a number or a quoted word, "
            f"got {ast.unparse(tree)!r}."
        ) from None


def _malformed(spec: object) -> ValueError:
    return ValueError(
        f"malformed spec {spec!r}: write `normalizer(parameter=value) + loss(parameter=value)`, "
        "such as 'softmax + focal(gamma=2)', or the name of a loss of logits."
    )

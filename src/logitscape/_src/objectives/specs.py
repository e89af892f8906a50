"""Specs, such as `"soft_cap(cap=30) > taylor(order=4) + brier"`, parsed without running code.

`MAP > NORMALIZER + LOSS` reads from left to right as the logits go. In Python's own grammar, by
which specs are parsed, `>` binds less than `+`, so that a map stands in front of the whole pair.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..base.messages import quoted
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


def term_of(name: str, parameters: Mapping[str, Any]) -> Term:
    """The term of a formula with these parameters, as a spec would have it."""
    arguments = [f"{parameter}={value!r}" for parameter, value in parameters.items()]
    text = f"{name}({', '.join(arguments)})" if arguments else name
    return Term(text, name, dict(parameters))


class Spec(NamedTuple):
    """The parts of a spec.

    Attributes:
        maps: Logit maps, from left to right: `"a > b(x=1) > c + d"` has two.
        terms: Terms behind them: here c and d.
    """

    maps: tuple[Term, ...]
    terms: tuple[Term, ...]


def parse(spec: str) -> Spec:
    """Parts of a spec, such as `"a(x=1) > b + c"`.

    Raises:
        TypeError: If the spec is not text.
        ValueError: If the text is no spec.
    """
    if not isinstance(spec, str):
        raise TypeError(f"a spec must be text such as 'softmax', got {quoted(spec)}.")
    text = spec.strip()
    # Python would leave out what follows, as a comment or as the end of a line.
    if "#" in text or "\\" in text:
        raise malformed(spec)
    try:
        tree = ast.parse(text, mode="eval").body
    # Python raises the last two for text that is nested too deep.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise malformed(spec) from None
    *maps, last = _in_front_and_behind(spec, tree)
    return Spec(
        maps=tuple(_term(text, node) for node in maps),
        terms=tuple(_term(text, node) for node in _added(last)),
    )


def parse_one(spec: str) -> Term:
    """The only term of a spec.

    Raises:
        TypeError: If the spec is not text.
        ValueError: If the text is no spec, or a spec of several terms or with a logit map.
    """
    maps, terms = parse(spec)
    if maps or len(terms) > 1:
        raise malformed(spec)
    return terms[0]


def _in_front_and_behind(spec: str, tree: ast.expr) -> list[ast.expr]:
    """The parts of `a > b > c`; only the tree itself without a `>`."""
    if not isinstance(tree, ast.Compare):
        return [tree]
    if not all(isinstance(operator, ast.Gt) for operator in tree.ops):
        raise malformed(spec)
    return [tree.left, *tree.comparators]


def _added(tree: ast.expr) -> list[ast.expr]:
    """The terms of `a + b + c`, from left to right."""
    nodes = list[ast.expr]()
    while isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add):
        nodes.insert(0, tree.right)
        tree = tree.left
    return [tree, *nodes]


def unknown(kind: str, name: str, known: Iterable[str]) -> ValueError:
    """Error for an unknown name, with the nearest known names."""
    return ValueError(f"unknown {kind} {quoted(name)}. {suggestion(name, known)}")


def _term(spec: str, tree: ast.expr) -> Term:
    text = ast.get_source_segment(spec, tree) or ast.unparse(tree)
    named = tree.func if isinstance(tree, ast.Call) else tree
    if not isinstance(named, ast.Name):
        raise malformed(text)
    # As it was written: Python takes some letters, such as superscripts, for others.
    name = ast.get_source_segment(spec, named) or named.id
    parameters = _parameters(text, name, tree) if isinstance(tree, ast.Call) else {}
    return Term(text, name, parameters)


def _parameters(text: str, name: str, call: ast.Call) -> dict[str, Any]:
    # A keyword without a name is `**mapping`.
    has_unnamed_keyword = any(keyword.arg is None for keyword in call.keywords)
    if call.args or has_unnamed_keyword:
        raise ValueError(
            f"malformed spec {quoted(text)}: parameters are given by name, "
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
            f"malformed spec {quoted(term)}: a parameter is a number or a quoted word, or numbers "
            f"in parentheses, got {quoted(ast.unparse(tree))}."
        ) from None


def malformed(spec: object) -> ValueError:
    """Error for a text that is no spec."""
    return ValueError(
        f"malformed spec {quoted(spec)}: write "
        "`normalizer(parameter=value) + loss(parameter=value)`, "
        "such as 'softmax + focal(gamma=2)', or the name of a loss of logits; a logit map stands "
        "in front, 'soft_cap(cap=30) > softmax + cross_entropy'."
    )

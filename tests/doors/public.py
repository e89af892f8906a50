"""The public doors: every function that a user can call, found by its name and signature.

A new public function, or a new method of a public class, is among them by itself. If it has an
argument that no other has, the tests ask for a valid value of it in `valid.py`.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import logitscape as ls

from .valid import EXTRA, INSTANCES, MADE, NO_DOORS, value_for

FORMULAS = ("contrastive", "losses", "multilabel", "normalizers", "logit_maps")
"""Modules whose functions are the formulas of the catalogue."""
OTHER_MODULES = ("datasets", "plotting", "testing")
SEVERAL = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass(frozen=True)
class Door:
    """A public callable.

    Attributes:
        name: Name by which users call it.
        make: Function that returns the callable.
        is_formula: Whether it is a formula of the catalogue.
    """

    name: str
    make: Callable[[], Callable[..., Any]]
    is_formula: bool = False

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The callable itself."""
        return self.make()

    @cached_property
    def signature(self) -> inspect.Signature:
        """Its signature."""
        return inspect.signature(self.function)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all arguments that can be given by position or by name."""
        parameters = self.signature.parameters.values()
        return tuple(each.name for each in parameters if each.kind not in SEVERAL)

    @property
    def takes_any_keyword(self) -> bool:
        """Whether names of arguments are free, as those of class weights are."""
        kinds = [each.kind for each in self.signature.parameters.values()]
        return inspect.Parameter.VAR_KEYWORD in kinds

    def call(self, **given: Any) -> Any:
        """Call it with valid values for what is required and the given ones instead."""
        given = {**EXTRA.get(self.name, dict)(), **given}
        positional, named = [], {}
        for parameter in self.signature.parameters.values():
            is_required = parameter.default is parameter.empty
            if parameter.name in given:
                value = given.pop(parameter.name)
            elif is_required and parameter.name in self.parameters:
                value = value_for(self.name, parameter.name)
            else:
                continue
            if is_required and parameter.kind is not parameter.KEYWORD_ONLY:
                positional.append(value)
            else:
                named[parameter.name] = value
        return self.function(*positional, **named, **given)


def doors() -> Iterator[Door]:
    """All public callables, formulas last."""
    for name in sorted(ls.__all__):
        member = getattr(ls, name)
        if inspect.isfunction(member):
            yield from _door(f"ls.{name}", member)
        elif inspect.isclass(member):
            yield from _methods(f"ls.{name}", member)
    for module in OTHER_MODULES:
        yield from _of_module(module)
    for name, make in MADE.items():
        yield Door(name, make)
    for module in FORMULAS:
        yield from _of_module(module, is_formula=True)


def _of_module(module: str, is_formula: bool = False) -> Iterator[Door]:
    members = getattr(ls, module)
    for name in sorted(dir(members)):
        member = getattr(members, name)
        if name.startswith("_") or not callable(member) or inspect.isclass(member):
            continue
        # Names of `typing` and the like that the module only uses are no functions of ours.
        if getattr(member, "__module__", "").startswith("logitscape"):
            yield from _door(f"ls.{module}.{name}", member, is_formula)


def _door(name: str, member: Any, is_formula: bool = False) -> Iterator[Door]:
    if name not in NO_DOORS:
        yield Door(name, lambda: member, is_formula)


def _methods(name: str, owner: type) -> Iterator[Door]:
    """The methods of a class that take arguments; what it holds was made by the package."""
    for method, member in inspect.getmembers(owner, callable):
        is_public = not method.startswith("_") or method == "__call__"
        door = f"{name}.{method}"
        if not is_public or door in NO_DOORS or not _is_ours(member):
            continue
        is_static = isinstance(inspect.getattr_static(owner, method), staticmethod)
        if len(inspect.signature(member).parameters) > (not is_static):
            yield Door(door, _of_instance(name, method))


def _of_instance(name: str, method: str) -> Callable[[], Callable[..., Any]]:
    def make() -> Callable[..., Any]:
        if name not in INSTANCES:
            raise LookupError(f"make one of {name} in tests/doors/valid.py.")
        bound: Callable[..., Any] = getattr(INSTANCES[name](), method)
        return bound

    return make


def _is_ours(member: Any) -> bool:
    return str(getattr(member, "__module__", "")).startswith("logitscape")

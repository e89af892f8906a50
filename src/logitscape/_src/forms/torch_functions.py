"""Modules and functions of PyTorch: which are, and copies of them with other settings."""

import copy
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import torch


def without_reduction(function: Any) -> Any:
    """A module that returns the losses of the examples, if it can, as class weights need it."""
    is_module = isinstance(function, torch.nn.Module)
    if not is_module or not isinstance(getattr(function, "reduction", None), str):
        return function
    try:
        unreduced = copy.deepcopy(function)
        unreduced.reduction = "none"
    except RuntimeError:  # what is compiled cannot be changed
        return function
    return unreduced


def is_of_torch(function: Any) -> bool:
    """Whether it is a module of PyTorch, or one of its functions."""
    if isinstance(function, torch.nn.Module):
        return True
    module = getattr(function, "__module__", "") or ""
    return module.partition(".")[0] == "torch"


def names_torch(function: Any) -> bool:
    """Whether the code of a function names PyTorch, for one that cannot be called as it is."""
    while isinstance(function, partial):
        function = function.func
    plain = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(plain, "__code__", None)
    known = getattr(plain, "__globals__", {})
    named = [known.get(name) for name in getattr(code, "co_names", ())]
    places = [
        getattr(each, "__module__", getattr(each, "__name__", "")) for each in named
    ]
    return any(str(place).partition(".")[0] == "torch" for place in places)


def in_dtype(function: Any, dtype: torch.dtype) -> Callable[..., Any]:
    """A module whose weights have the dtype of the logits; a function as it is."""
    if not isinstance(function, torch.nn.Module):
        plain: Callable[..., Any] = function
        return plain
    converted: Callable[..., Any] = copy.deepcopy(function).to(dtype)
    return converted

"""Modules of PyTorch as the code that makes them."""

import inspect
import sys
from typing import Any

import torch

SIMPLE = (bool, int, float, str)
FEW = 12
"""Largest number of weights that are written out."""


def constructor(module: Any) -> str:
    """The code that makes a module, such as `torch.nn.CrossEntropyLoss(label_smoothing=0.1)`.

    It is "" where the attributes of the module do not tell: where an argument of its class is no
    attribute of the same name.
    """
    owner = type(module)
    place = _place(owner)
    if not place:
        return ""
    written = []
    for name, parameter in inspect.signature(owner).parameters.items():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            return ""
        if name in ("size_average", "reduce"):  # long deprecated, and kept nowhere
            continue
        if not hasattr(module, name):
            return ""
        value = getattr(module, name)
        if not isinstance(value, torch.Tensor) and value == parameter.default:
            continue
        code = _code(value, name)
        if not code:
            return ""
        written.append(f"{name}={code}")
    has_weights = any(True for _ in module.state_dict())
    # Weights must have the dtype of the logits `z`.
    return f"{place}({', '.join(written)})" + (".to(z.dtype)" if has_weights else "")


def _place(owner: type) -> str:
    """The class in code, if it is one of PyTorch's own or of another package that shows it."""
    if owner.__module__.startswith("torch.") and hasattr(torch.nn, owner.__name__):
        return f"torch.nn.{owner.__name__}"
    package, dot, _ = owner.__module__.partition(".")
    is_shown = getattr(sys.modules.get(package), owner.__name__, None) is owner
    return f"{package}.{owner.__name__}" if dot and is_shown else ""


def _code(value: Any, name: str) -> str:
    if value is None or isinstance(value, SIMPLE):
        return repr(value)
    if not isinstance(value, torch.Tensor):
        return ""
    if value.ndim <= 1 and value.numel() <= FEW:
        return f"torch.tensor({value.tolist()})"
    return f"your_function.{name}"

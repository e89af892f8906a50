"""Recognition of a function of JAX or of PyTorch."""

import sys
from collections.abc import Callable
from typing import Any

from .framework import JAX, Inside, Rows
from .of_probabilities import check_takes_logits
from .opaque import Opaque
from .reading import Form
from .recognise import recognise, recognised_or_none
from .recognised import Recognised


def recognised_in_any_framework(
    function: Callable[..., Any],
    num_classes: int,
    form: Form | None,
    place: Callable[[Rows], Rows],
) -> tuple[Recognised, Opaque | None]:
    """The form of a function, and what computes it if JAX cannot.

    A function is one of PyTorch if it is a module, or if JAX cannot trace it and it takes tensors.

    Args:
        function: Loss function, in JAX or PyTorch.
        num_classes: Number of classes.
        form: Form that the function is known to have.
        place: Function that moves logits to where the function may be called.

    Raises:
        TypeError: If it takes none of the forms in any of the frameworks, or probabilities.
    """
    check_takes_logits(function)
    in_jax = Inside(JAX, place)
    # Who has a module or a function of PyTorch has imported it, and nobody else needs it.
    if "torch" not in sys.modules:
        return recognise(function, num_classes, form, in_jax), None
    from .torch_code import constructor
    from .torch_functions import is_of_torch, names_torch, without_reduction
    from .torch_loss import TORCH, TorchLoss

    in_torch = Inside(TORCH, place)
    if is_of_torch(function):
        unreduced = without_reduction(function)
        found = recognise(unreduced, num_classes, form, in_torch)
        return found, TorchLoss(unreduced, found, code=constructor(unreduced))
    found_by_jax = recognised_or_none(function, num_classes, form, in_jax)
    if found_by_jax is not None:
        return found_by_jax, None
    found_by_torch = recognised_or_none(function, num_classes, form, in_torch)
    if found_by_torch is not None:
        return found_by_torch, TorchLoss(function, found_by_torch)
    framework = in_torch if names_torch(function) else in_jax
    return recognise(function, num_classes, form, framework), None

"""Losses of PyTorch: its own numbers in its own dtypes, differentiated by itself."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from threading import Lock
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from .call import Call
from .framework import Library, Returned, Rows
from .reading import arguments_of_one, call_on_batch, loss_of_one, target_for
from .recognised import Recognised
from .result_parts import loss_of, part_of
from .torch_functions import in_dtype

SMALL = 4
"""Number of classes with which a loss is tried."""
DTYPES = ("float64", "float32", "bfloat16", "float16")


class Torch:
    """Functions that take tensors of PyTorch; they are tried by calling them."""

    array: ClassVar[Library] = "torch"
    normalizers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {
        "torch.sigmoid(z)": torch.sigmoid,
        "torch.softmax(z, -1)": lambda z: torch.softmax(z, -1),
    }

    def returned(
        self, function: Callable[..., Any], call: Call, arguments: Sequence[Rows]
    ) -> Returned:
        """What it returns in float32, which must have a tensor as loss."""
        with _quiet():
            result = call.result(
                in_dtype(function, torch.float32), *map(_float32, arguments)
            )
        loss = loss_of(result)
        if not isinstance(loss, torch.Tensor):
            raise TypeError(f"returned a {type(loss).__name__}, and no tensor")
        return Returned(tuple(loss.shape), part_of(result))

    def runner(self, function: Callable[..., Any], call: Call) -> Callable[..., Rows]:
        """The function of arrays of NumPy."""
        converted = in_dtype(function, torch.float32)

        def run(*arguments: Any) -> Rows:
            loss: Rows = call.on(converted, *map(_float32, arguments)).detach().numpy()
            return loss.astype(np.float64)

        return run


TORCH = Torch()

# Threads share what warnings they ignore, and this one comes thousands of times.
with suppress(AttributeError):
    torch._C._functorch._set_vmap_fallback_warning_enabled(False)


@dataclass(frozen=True, eq=False)
class TorchLoss:
    """A loss of PyTorch.

    Attributes:
        function: Module or function, in the form that is recognised.
        recognised: Form of the function.
    """

    function: Callable[..., Any]
    recognised: Recognised
    library: str = "PyTorch"
    dtypes: tuple[str, ...] = DTYPES
    array: Library = "torch"
    code: str = ""
    names: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _converted: dict[Any, Any] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def values(self, z: Rows, t: Rows) -> tuple[Rows, Rows]:
        """Losses and gradients of all rows at once."""
        logits, target = _tensor(z), self._target(t)
        of_one = self._of_one(logits.dtype)
        with self._lock:
            if self._by_autograd:
                loss, gradient = _by_autograd(
                    self._of_rows(logits.dtype), logits, target
                )
            else:
                both = torch.func.grad_and_value(of_one)
                gradient, loss = _over_rows(both, logits, target)
        return _numpy(loss), _numpy(gradient)

    def attached_gradients(self, z: Rows, t: Rows) -> Rows:
        """Gradients of all rows with every `detach` left out."""
        with _Attached():
            _, gradients = self.values(z, t)
        return gradients

    def hessians(self, z: Rows, t: Rows) -> Rows:
        """Second derivatives of all rows at once.

        Raises:
            TypeError: If the loss has a backward pass of its own, whose derivative PyTorch does
                not know.
        """
        if self._by_autograd:
            raise TypeError("its backward pass is its own, and has no derivative")
        logits, target = _tensor(z), self._target(t)
        of_one = self._of_one(logits.dtype)
        with self._lock:
            return _numpy(_hessians(of_one, logits, target))

    def in_batches(self, z: Rows, t: Rows) -> tuple[Rows, Rows]:
        """What a batch gives in one call, and its derivatives."""
        reading = self.recognised.in_batches
        assert reading is not None
        logits = _tensor(z)
        called = partial(self.recognised.call.on, self._function(logits.dtype))
        target = _tensor(target_for(reading, self.recognised.targets, t, np))

        def loss(logits: torch.Tensor) -> torch.Tensor:
            value: torch.Tensor = call_on_batch(reading, called, logits, target)
            return value

        with self._lock:
            jacobian = torch.autograd.functional.jacobian(loss, logits)
            value = loss(logits).detach()
        return _numpy(value).astype(np.float64), _numpy(jacobian).astype(np.float64)

    @cached_property
    def _by_autograd(self) -> bool:
        """Whether `torch.func` has no rule for it, as for most functions with a backward pass."""
        n = 2 if self.recognised.reading.is_binary else SMALL
        z, t = torch.zeros(n), self._target(np.eye(1, n))[0]
        try:
            with _quiet():
                torch.func.grad(self._of_one(torch.float32))(z, t)
        except RuntimeError as error:
            return "setup_context" in str(error)
        except Exception:  # such as a loss of some other number of classes only
            return False
        return False

    def _of_rows(self, dtype: torch.dtype) -> Callable[..., torch.Tensor]:
        """The losses of all rows, in one call where that is the same."""
        reading = self.recognised.reading
        if reading.takes_batch and self.recognised.reduction == "none":
            called = partial(self.recognised.call.on, self._function(dtype))
            return partial(call_on_batch, reading, called)
        of_one = self._of_one(dtype)
        return lambda z, t: torch.stack(
            [of_one(*row) for row in zip(z, t, strict=True)]
        )

    def _of_one(self, dtype: torch.dtype) -> Callable[..., torch.Tensor]:
        """The loss of one example, logits [n] and the target as the function takes it."""
        reading = self.recognised.reading
        called = partial(self.recognised.call.on, self._function(dtype))

        def loss(z: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            arguments = arguments_of_one(reading, z, target)
            value: torch.Tensor = loss_of_one(
                reading, called(*arguments), self.recognised.call.rows(len(z))
            )
            return value

        return loss

    def _function(self, dtype: torch.dtype) -> Callable[..., Any]:
        if dtype not in self._converted:
            self._converted[dtype] = in_dtype(self.function, dtype)
        converted: Callable[..., Any] = self._converted[dtype]
        return converted

    def _target(self, t: Rows) -> torch.Tensor:
        reading, targets = self.recognised.reading, self.recognised.targets
        return _tensor(target_for(reading, targets, t, np))


def _by_autograd(
    of_rows: Callable[..., torch.Tensor], logits: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Losses and gradients of rows that do not depend on each other."""
    given = logits.clone().requires_grad_()
    with _quiet():
        losses = of_rows(given, target)
        (gradient,) = torch.autograd.grad(losses.sum(), given)
    return losses.detach(), gradient


def _hessians(
    of_one: Callable[..., torch.Tensor], logits: torch.Tensor, target: torch.Tensor
) -> torch.Tensor:
    """Second derivatives by forward mode over reverse mode, or by reverse mode alone.

    Some of PyTorch's own losses have no forward mode.
    """
    result: torch.Tensor
    try:
        result = _over_rows(torch.func.hessian(of_one), logits, target)
    except (RuntimeError, NotImplementedError):
        twice = torch.func.jacrev(torch.func.jacrev(of_one))
        result = _over_rows(twice, logits, target)
    return result


class _Attached(TorchFunctionMode):  # type: ignore[misc]
    """What is detached stays as it is."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func in (torch.Tensor.detach, torch.detach):
            return args[0]
        return func(*args, **(kwargs or {}))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings that targets of other shapes are broadcast, or batches mapped slowly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _over_rows(
    function: Callable[..., Any], logits: torch.Tensor, target: torch.Tensor
) -> Any:
    """The function of every row: by `torch.func.vmap`, or one after the other.

    Code that branches on values cannot be mapped.
    """
    try:
        with _quiet():
            return torch.func.vmap(function)(logits, target)
    except (RuntimeError, NotImplementedError):
        rows = [function(*row) for row in zip(logits, target, strict=True)]
    if isinstance(rows[0], tuple):
        return tuple(torch.stack(parts) for parts in zip(*rows, strict=True))
    return torch.stack(rows)


def _float32(x: Rows) -> torch.Tensor:
    return _tensor(x if x.dtype.kind == "i" else x.astype(np.float32))


def _tensor(x: Rows) -> torch.Tensor:
    """A tensor of the same numbers; whole numbers have 64 bits, as PyTorch wants labels."""
    if x.dtype.kind == "i":
        return torch.from_numpy(x.astype(np.int64))
    if x.dtype == jnp.bfloat16:
        return torch.from_numpy(x.astype(np.float32)).to(torch.bfloat16)
    return torch.from_numpy(np.array(x, copy=True))


def _numpy(x: torch.Tensor) -> Rows:
    array: Rows
    if x.dtype == torch.bfloat16:
        array = x.detach().to(torch.float32).numpy(force=True).astype(jnp.bfloat16)
    else:
        # A second derivative of 0 may be a tensor without memory.
        array = x.detach().numpy(force=True)
    return array

"""The framework that a function is written in, as far as trying the function needs it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import (
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    runtime_checkable,
)

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..base.xla import jit_fast_compile
from .call import Call
from .result_parts import loss_of, part_of

Rows: TypeAlias = NDArray[Any]

Library: TypeAlias = Literal["jnp", "np", "torch"]
"""Libraries of arrays, by the names that code gives them."""

LARGEST_INTERMEDIATE = 10**7
"""Number of elements of an intermediate array beyond which a function is not run on a trial."""


class Returned(NamedTuple):
    """What a function returned on a trial.

    Attributes:
        shape: Shape of the loss.
        part: Code that takes the loss from the result, as `Call` has it.
    """

    shape: tuple[int, ...]
    part: str = ""


@runtime_checkable
class Framework(Protocol):
    """What is needed to try a function.

    Attributes:
        normalizers: What makes probabilities of logits `z`, by its code.
        array: What code calls its library of arrays.
    """

    @property
    def array(self) -> Library:
        """What code calls its library of arrays."""

    @property
    def normalizers(self) -> Mapping[str, Callable[[Any], Any]]:
        """What makes probabilities of logits, by its code."""

    def returned(
        self, function: Callable[..., Any], call: Call, arguments: Sequence[Rows]
    ) -> Returned:
        """What the function returns; an error of the function passes."""

    def runner(self, function: Callable[..., Any], call: Call) -> Callable[..., Rows]:
        """The function from arrays of NumPy to losses in NumPy."""


class Jax:
    """Functions that JAX can trace; their shapes are found without computing."""

    array: ClassVar[Library] = "jnp"
    normalizers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def returned(
        self, function: Callable[..., Any], call: Call, arguments: Sequence[Rows]
    ) -> Returned:
        """What it returns, in float64 as JAX has it enabled, or else in float32."""
        wide = jax.dtypes.canonicalize_dtype(np.float64)
        if wide != np.float32:
            # Not in an `except`, which would chain the two errors.
            with suppress(Exception):
                return self._returned(function, call, arguments, wide)
        return self._returned(function, call, arguments, np.float32)

    def runner(self, function: Callable[..., Any], call: Call) -> Callable[..., Rows]:
        """The compiled function, in the precision in which its shape was found."""

        def loss(*arguments: Any) -> Any:
            return call.on(function, *arguments)

        program = jit_fast_compile(loss)
        accepted = dict[str, Any]()

        def run(*arguments: Any) -> Rows:
            shapes = str([argument.shape for argument in arguments])
            if shapes not in accepted:
                accepted[shapes] = _accepted_dtype(loss, arguments)
            given = [_cast(argument, accepted[shapes]) for argument in arguments]
            return np.asarray(program(*given), np.float64)

        return run

    def _returned(
        self,
        function: Callable[..., Any],
        call: Call,
        arguments: Sequence[Rows],
        dtype: Any,
    ) -> Returned:
        structs = [
            jax.ShapeDtypeStruct(x.shape, np.int32 if x.dtype.kind == "i" else dtype)
            for x in arguments
        ]

        part = ""

        def loss(*given: Any) -> Any:
            nonlocal part
            result = call.result(function, *given)
            part, value = part_of(result), loss_of(result)
            return jnp.asarray(value) if isinstance(value, float) else checked(value)

        return Returned(jax.eval_shape(loss, *structs).shape, part)


def checked(loss: Any) -> Any:
    """The loss itself.

    Raises:
        TypeError: If it is no array.
    """
    if not hasattr(loss, "shape"):
        raise TypeError(f"returned a {type(loss).__name__}; return the losses only")
    return loss


def _accepted_dtype(loss: Callable[..., Any], arguments: Sequence[Rows]) -> Any:
    """The widest dtype in which a function runs, without making very large arrays inside.

    Raises:
        MemoryError: If it would make them.
    """
    wide = jax.dtypes.canonicalize_dtype(np.float64)
    try:
        program = jax.make_jaxpr(loss)(*[_cast(x, wide) for x in arguments])
    except Exception:
        wide = np.dtype(np.float32)
        program = jax.make_jaxpr(loss)(*[_cast(x, wide) for x in arguments])
    for equation in program.eqns:
        for variable in equation.outvars:
            if getattr(variable.aval, "size", 0) > LARGEST_INTERMEDIATE:
                raise MemoryError(f"an array of {variable.aval.str_short()} inside")
    return wide


def _cast(x: Rows, dtype: Any) -> Rows:
    return x if x.dtype.kind == "i" else x.astype(dtype)


class NumPy:
    """Functions of arrays of NumPy, which return what they compute."""

    array: ClassVar[Library] = "np"
    normalizers: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def returned(
        self, function: Callable[..., Any], call: Call, arguments: Sequence[Rows]
    ) -> Returned:
        """What it returns, of which loss and gradient are both needed."""
        return Returned(np.shape(call.on(function, *arguments)))

    def runner(self, function: Callable[..., Any], call: Call) -> Callable[..., Rows]:
        """The function itself."""

        def run(*arguments: Any) -> Rows:
            return np.asarray(call.on(function, *arguments), np.float64)

        return run


@dataclass(frozen=True)
class Inside:
    """A framework whose functions are tried with logits of a domain only.

    Attributes:
        framework: Framework of the functions.
        place: Function that moves logits into the domain.
    """

    framework: Framework
    place: Callable[[Rows], Rows]

    @property
    def array(self) -> Library:
        """What code calls its library of arrays."""
        return self.framework.array

    @property
    def normalizers(self) -> Mapping[str, Callable[[Any], Any]]:
        """What makes probabilities of logits, by its code."""
        return self.framework.normalizers

    def returned(
        self, function: Callable[..., Any], call: Call, arguments: Sequence[Rows]
    ) -> Returned:
        """What the function returns inside the domain."""
        z, *rest = arguments
        return self.framework.returned(function, call, (self.place(z), *rest))

    def runner(self, function: Callable[..., Any], call: Call) -> Callable[..., Rows]:
        """The function from logits that are moved into the domain."""
        run = self.framework.runner(function, call)
        return lambda z, *rest: run(self.place(z), *rest)


JAX = Jax()
NUMPY = NumPy()

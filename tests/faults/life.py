"""One process that works for long: how its memory grows with the number of calls."""

import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import logitscape as ls
from logitscape._src.base.memory import trim
from tests.conftest import resident_mib

ROUNDS = 10
"""How often the memory is measured."""


class Life(NamedTuple):
    """A call that is made many times.

    Attributes:
        call: What is called, with its number.
        times: How many times.
        most: Mebibytes that the second half of the calls may add; what comes before is caches
            that fill.
    """

    call: Callable[[int], Any]
    times: int
    most: int


def diagnose(number: int) -> None:
    """A function that nobody has seen, so that nothing of it is known."""
    weights = jnp.asarray(np.random.default_rng(number).uniform(0.5, 2.0, 4))

    def loss(z: Any, t: Any) -> Any:
        return -jnp.sum(weights * t * jax.nn.log_softmax(z)) + 1e-3 * number * z @ z

    loss.__name__ = f"loss_{number}"
    ls.diagnose(loss, num_classes=4, budget=120)


def sweep(number: int) -> None:
    spec = f"softmax + focal(gamma={1 + number / 100})"
    ls.sweep([spec, "softmax + brier"], ls.ray("R1", np.linspace(0, 5, 50)))


def probe(number: int) -> None:
    rng = np.random.default_rng(number)
    ls.probe("softmax + cross_entropy")(
        rng.normal(size=(64, 10)), rng.integers(0, 10, 64)
    )


def probe_again(number: int) -> None:
    rng = np.random.default_rng(number)
    KNOWN(rng.normal(size=(64, 10)), rng.integers(0, 10, 64))


KNOWN = ls.probe("softmax + brier")

LIVES: Mapping[str, Life] = {
    "1,000 calls of one probe": Life(probe_again, 1000, 32),
    "1,000 probes": Life(probe, 1000, 32),
    "200 sweeps of different specs": Life(sweep, 200, 96),
    "30 diagnoses of different functions": Life(diagnose, 30, 256),
}
"""Lives by name."""


def memory(name: str, times: int | None = None) -> list[int]:
    """The memory of this process in mebibytes: after the first call, and then in equal steps."""
    life = LIVES[name]
    count = life.times if times is None else times
    marks = [round(k * count / ROUNDS) for k in range(1, ROUNDS + 1)]
    found = list[int]()
    for number in range(count):
        life.call(number)
        if number == 0 or number + 1 in marks:
            gc.collect()
            trim()
            found.append(resident_mib())
    return found


def grown(found: list[int]) -> int:
    """Mebibytes that the second half of the calls has added."""
    return found[-1] - found[len(found) // 2]


if __name__ == "__main__":
    # One life a process, so that none lives in the caches of another.
    print(*memory(sys.argv[1], *map(int, sys.argv[2:])))

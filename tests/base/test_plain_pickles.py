"""Between processes travel arrays, numbers and records, and nothing that runs."""

import os
import pickle
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from logitscape._src.base.plain_pickles import PROTOCOL, unpickled
from logitscape._src.landscapes.slice import Slice

pytestmark = pytest.mark.quick


class Pair(NamedTuple):
    one: Any
    two: Any


class Bomb:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


PLAIN = [
    None,
    {"a": [1, 2.5, "text", True, b"bytes"], "b": (np.float32(1), np.int64(2))},
    [np.arange(6.0).reshape(2, 3), np.asfortranarray(np.eye(3)), np.array("text")],
    np.asarray(jnp.ones(3, jnp.bfloat16)),
    Pair(np.zeros(2), Pair(1, None)),
    jax.tree.map(np.asarray, optax.adam(0.1).init(np.zeros(3))),
]


@pytest.mark.parametrize("found", PLAIN, ids=lambda found: type(found).__name__)
def test_plain_data_arrives(found: Any) -> None:
    content = pickle.dumps(found, PROTOCOL)
    assert pickle.dumps(unpickled(content), PROTOCOL) == content


@pytest.mark.parametrize(
    "call",
    [
        (os.mkdir, ("mark",)),
        (eval, ("__import__('os').mkdir('mark')",)),
        (os.getenv, ("HOME",)),
        (np.load, ("x",)),
        (Slice.__init__, ()),
        (__import__, ("antigravity",)),
    ],
)
def test_what_runs_is_refused(
    call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps([1, Bomb(*call)], PROTOCOL)
    with pytest.raises(pickle.UnpicklingError, match="is no plain data"):
        unpickled(content)
    assert not list(tmp_path.iterdir())

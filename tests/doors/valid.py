"""Valid values of the arguments that public functions require, by the arguments' names.

They are small, so that thousands of calls take a minute.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import logitscape as ls

from .folders import new_folder

PAIR = "softmax + cross_entropy"
LOGITS = (2.0, 1.0, -1.0)
LABEL = (0.0, 1.0, 0.0)

VALID: Mapping[str, Callable[[], Any]] = {
    "alphas": lambda: jnp.array([1.0, 2.0, 3.0]),
    "amplitudes": lambda: jnp.array([1.0, 2.0]),
    "arrows": lambda: np.ones((2, 2, 2)),
    "axes": lambda: _axes(),
    "color": lambda: "C0",
    "colors": lambda: _axes().imshow(np.eye(2)),
    "columns": lambda: ("x", "y"),
    "curves": lambda: {"a": np.array([1.0, 2.0])},
    "data": lambda: _clusters(),
    "dataset": lambda: _landscape().to_xarray(),
    "direction": lambda: "R1",
    "figure": Figure,
    "embeddings": lambda: jnp.array([LOGITS, LABEL]),
    "first": lambda: jnp.array([LOGITS, LABEL]),
    "second": lambda: jnp.array([LABEL, LOGITS]),
    "features": lambda: jnp.ones((2, 4)),
    "fused": lambda: ls.per_example(PAIR),
    "kinds": lambda: [["constant", "constant"], ["constant", "constant"]],
    "labels": lambda: jnp.array([0, 1]),
    "learning_rates": lambda: [0.1],
    "log_weights": lambda: jnp.array(LOGITS),
    "logits": lambda: jnp.array(LOGITS),
    "loss": lambda: "cross_entropy",
    "margins": lambda: [1.0, 2.0],
    "name": lambda: "digits",
    "noise": lambda: 0.1,
    "norm": lambda: np.ones((2, 2)),
    "normalizer": lambda: "softmax",
    "objective": lambda: PAIR,
    "objectives": lambda: [PAIR],
    "p": lambda: np.eye(3),
    "place": lambda: 0,
    "index": lambda: 0,
    "power": lambda: 2,
    "probs": lambda: ls.normalizers.softmax(jnp.array(LOGITS)),
    "question": lambda: "precision",
    "rows": lambda: ("a", "b"),
    "s": lambda: np.array([0.0, 1.0]),
    "seeds": lambda: [0],
    "similarities": lambda: jnp.array(LOGITS),
    "slice": lambda: ls.ray("R1", np.array([0.0, 1.0])),
    "source": lambda: PAIR,
    "sources": lambda: [PAIR],
    "at": lambda: [2.0, 1.0, -1.0],
    "spec": lambda: "softmax",
    "statistics": lambda: _statistics(),
    "step": lambda: 0,
    "starts": lambda: np.array([LOGITS]),
    "steps": lambda: 2,
    "target": lambda: jnp.array(LABEL),
    "texts": lambda: [["a", "b"], ["c", "d"]],
    "values": lambda: np.eye(2),
    "weights": lambda: jnp.ones((3, 4)),
    "where": lambda: np.array([True, False]),
    "x": lambda: np.array([0.0, 1.0]),
    "y": lambda: np.array([0.0, 1.0]),
}
"""One small value for every argument without a default."""

SHORT: Mapping[str, Any] = {"budget": 1e-3, "points": 1}
"""A diagnosis in which nothing is asked, whichever of the two limits is hostile."""
QUICK_TO_CHECK = {"class_counts": (16,), "dtypes": ("float32",), "jit": False}

OF_DOORS: Mapping[tuple[str, str], Callable[[], Any]] = {
    **{
        (f"ls.{maker}(...)", "logits"): lambda: jnp.array([LOGITS, LOGITS])
        for maker in ("per_example", "value_and_grad", "probe")
    },
    **{
        (f"ls.contrastive.{name}", "similarities"): lambda: 2 * jnp.eye(2)
        for name in ("clip", "siglip_batch")
    },
    ("ls.losses.squared_logits", "labels"): lambda: jnp.array(LABEL),
    ("ls.audit", "logits"): lambda: np.array([LOGITS, LOGITS]),
    ("ls.box", "axes"): lambda: {0: np.array([0.0, 1.0])},
    ("ls.loss", "spec"): lambda: "brier",
    ("ls.plotting.norm_bar", "axes"): lambda: [_axes()],
    ("ls.plotting.simplex_field", "norm"): lambda: np.ones(3),
    ("ls.plotting.simplex_field", "arrows"): lambda: np.eye(3) - 1 / 3,
    ("ls.plotting.save", "path"): lambda: new_folder() / "figure.png",
    ("ls.plotting.parameter_map", "spec"): lambda: PAIR,
    ("ls.sweep_parameters", "spec"): lambda: PAIR,
    ("ls.sweep_to", "path"): lambda: new_folder() / "sweep.zarr",
    ("ls.Landscape.save", "path"): lambda: new_folder() / "sweep.nc",
    ("ls.Audit.save", "path"): lambda: new_folder() / "audit.json",
    ("ls.AuditSeries.save", "path"): lambda: new_folder() / "series.json",
    ("ls.Comparison.save", "path"): lambda: new_folder() / "comparison.json",
    ("ls.Diagnosis.save", "path"): lambda: new_folder() / "diagnosis.json",
    ("ls.Recording.extend", "steps"): lambda: [0, 1],
    ("ls.Recording.extend", "statistics"): lambda: jax.tree.map(
        lambda leaf: jnp.stack([leaf, leaf]), _statistics()
    ),
    ("ls.Recording.load", "path"): lambda: _recording().save(new_folder() / "r.npz"),
    ("ls.Recording.save", "path"): lambda: new_folder() / "recording.npz",
}
"""Values of arguments that mean something else in some functions."""

EXTRA: Mapping[str, Callable[[], Mapping[str, Any]]] = {
    "ls.audit": lambda: {"labels": np.array([0, 1])},
    "ls.compare": lambda: dict(SHORT),
    "ls.diagnose": lambda: {**SHORT, "source": PAIR},
    "ls.plotting.parameter_map": lambda: {"temperature": [1.0, 2.0]},
    "ls.sweep_parameters": lambda: {"temperature": [1.0, 2.0]},
    "ls.testing.assert_faithful": lambda: QUICK_TO_CHECK,
    "ls.testing.assert_healthy": lambda: dict(SHORT),
    "ls.testing.check_faithful": lambda: QUICK_TO_CHECK,
}
"""Arguments that are not required but given all the same; most make a call short."""

NO_DOORS = {
    "ls.clear_caches": "takes no argument",
    "ls.BoundFormula.__call__": "passes its arguments on to a formula, which is a door",
    "ls.Objective.composed": "says that nothing is checked",
}
"""Public functions that are no doors, each with the reason."""

MADE: Mapping[str, Callable[[], Callable[..., Any]]] = {
    "ls.per_example(...)": lambda: ls.per_example(PAIR),
    "ls.value_and_grad(...)": lambda: ls.value_and_grad(PAIR),
    "ls.linear_loss(...)": lambda: ls.linear_loss(PAIR),
    "ls.probe(...)": lambda: ls.probe(PAIR),
    "ls.probe_linear_loss(...)": lambda: ls.probe_linear_loss(PAIR),
    "ls.drop_in(...)": lambda: ls.drop_in("softmax"),
}
"""The functions that public functions make."""

INSTANCES: Mapping[str, Callable[[], Any]] = {
    "ls.Audit": lambda: _audit(),
    "ls.AuditSeries": lambda: _series(),
    "ls.Landscape": lambda: _landscape(),
    "ls.Objective": lambda: ls.objective(PAIR),
    "ls.Recording": lambda: _recording(),
    "ls.Dataset": lambda: _clusters(),
    "ls.Diagnosis": lambda: _diagnosis(),
    "ls.Comparison": lambda: ls.Comparison({"one": _diagnosis()}),
    "ls.NoiseSymmetry": lambda: ls.noise_symmetry("softmax + mae"),
}
"""One of every class that has methods with arguments."""


@cache
def _clusters() -> Any:
    clusters = ls.datasets.load("gaussian_clusters")
    return clusters.first(train=40, validation=4, test=4)


@cache
def _landscape() -> Any:
    return ls.sweep([PAIR], ls.ray("R1", np.array([0.0, 1.0])))


@cache
def _diagnosis() -> Any:
    return ls.diagnose(PAIR, **SHORT)


@cache
def _audit() -> Any:
    return ls.audit(np.array([LOGITS, LOGITS]), labels=np.array([0, 1]))


@cache
def _series() -> Any:
    logits, labels = np.array([LOGITS, LOGITS]), np.array([0, 1])
    return ls.audit({"first": logits, "last": 2 * logits}, labels=labels)


def _statistics() -> Any:
    return ls.probe(PAIR)(jnp.array([LOGITS, LOGITS]), jnp.array([0, 1]))


def _recording() -> ls.Recording:
    recording = ls.Recording()
    recording.append(0, _statistics())
    return recording


def _axes() -> Axes:
    # Without pyplot, which would keep every figure.
    return Figure().add_subplot()


def value_for(door: str, parameter: str) -> Any:
    """A valid value of an argument.

    Raises:
        LookupError: If it has none yet.
    """
    make = OF_DOORS.get((door, parameter), VALID.get(parameter))
    if make is None:
        raise LookupError(
            f"give a valid `{parameter}` of {door} in tests/doors/valid.py."
        )
    return make()

"""One audit of a dump, or the same numbers in NumPy or PyTorch, in a process of its own."""

import time
from pathlib import Path
from typing import Any

import numpy as np

import logitscape as ls
from logitscape._src.audit.config import make_setting
from logitscape._src.audit.files.opening import rows_of
from logitscape._src.audit.labels import checked
from logitscape._src.audit.streaming import stream

from .memory_worker import peak

OTHERS = ("softmax + focal", "softmax + brier", "softmax + generalized_cross_entropy")
NUMBERS = 2**19
"""Logits that are read at a time, as by an audit."""
FEW = 512


def run(way: str, path: str) -> dict[str, Any]:
    """CPU seconds in all and for compilation, and the peak memory in bytes.

    Args:
        way: "exp", "numpy", "torch", "audit" or "pass", the latter two perhaps "against 3".
        path: File of the logits; that of the labels lies beside it.
    """
    labels = np.load(Path(path).with_suffix(".labels.npy"))
    against = OTHERS if way.endswith("against 3") else ()
    compilation = 0.0
    if way.startswith(("pass", "audit")):
        # The first audit compiles; its few examples take no time.
        few = np.load(path, mmap_mode="r")[:FEW]
        started = time.process_time()
        _pass(few, labels[:FEW], against)
        compilation = time.process_time() - started
    if way == "torch":
        import torch  # noqa: F401 (importing it is no part of the work)
    others = {"exp": exponentials, "numpy": plain, "torch": plain_torch}
    started = time.process_time()
    if way in others:
        others[way](path, labels)
    elif way.startswith("pass"):
        _pass(path, labels, against)
    else:
        ls.audit(path, labels, against=against)
    seconds = time.process_time() - started
    return {
        "seconds": seconds + compilation,
        "compilation": compilation,
        "peak": peak(),
    }


def _pass(logits: Any, labels: Any, against: tuple[str, ...]) -> None:
    rows = rows_of("logits", logits)
    setting = make_setting(
        "softmax + cross_entropy",
        against,
        num_classes=rows.shape[1],
        normalizer=None,
        is_soft=False,
        dtype="float32",
        threshold=1e-3,
    )
    stream(setting, rows, checked(rows_of("labels", labels), rows, None, False))


def exponentials(path: str, labels: Any) -> float:
    """One exponential of every number."""
    mapped, total = np.load(path, mmap_mode="r"), 0.0
    size = NUMBERS // mapped.shape[1]
    for start in range(0, len(mapped), size):
        total += float(np.exp(mapped[start : start + size].astype(np.float32))[0, 0])
    return total


def plain(path: str, labels: Any) -> list[Any]:
    """What people write in NumPy for the numbers of every example and class."""
    mapped = np.load(path, mmap_mode="r")
    found = list[Any]()
    of_probability = np.zeros(mapped.shape[1])
    of_gradient = np.zeros(mapped.shape[1])
    size = NUMBERS // mapped.shape[1]
    for start in range(0, len(mapped), size):
        z = mapped[start : start + size].astype(np.float32)
        row, y = np.arange(len(z)), labels[start : start + size]
        largest = z.max(axis=1, keepdims=True)
        weights = np.exp(z - largest)
        total = weights.sum(axis=1, keepdims=True)
        p = weights / total
        loss = np.log(total[:, 0]) + largest[:, 0] - z[row, y]
        of_label = z[row, y].copy()
        z[row, y] = -np.inf
        margin = of_label - z.max(axis=1)
        confidence, predicted = p.max(axis=1), p.argmax(axis=1)
        of_probability += p.sum(axis=0)
        p[row, y] -= 1
        of_gradient += p.sum(axis=0)
        found.append((loss, np.linalg.norm(p, axis=1), confidence, predicted, margin))
    return [*found, of_probability, of_gradient]


def plain_torch(path: str, labels: Any) -> list[Any]:
    """The same in PyTorch."""
    import torch

    mapped = np.load(path, mmap_mode="r")
    found = list[Any]()
    of_probability = torch.zeros(mapped.shape[1], dtype=torch.float64)
    of_gradient = torch.zeros(mapped.shape[1], dtype=torch.float64)
    size = NUMBERS // mapped.shape[1]
    for start in range(0, len(mapped), size):
        z = torch.from_numpy(mapped[start : start + size].astype(np.float32))
        y = torch.from_numpy(labels[start : start + size])[:, None]
        p = torch.softmax(z, dim=1)
        loss = torch.nn.functional.cross_entropy(z, y[:, 0], reduction="none")
        of_label = z.gather(1, y)
        margin = of_label - z.scatter(1, y, -torch.inf).amax(dim=1, keepdim=True)
        confidence, predicted = p.max(dim=1)
        of_probability += p.sum(dim=0)
        p.scatter_add_(1, y, torch.full_like(of_label, -1))
        of_gradient += p.sum(dim=0)
        found.append((loss, p.norm(dim=1), confidence, predicted, margin))
    return [*found, of_probability, of_gradient]

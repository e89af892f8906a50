"""The tables of docs/numerics.md: the accuracy of our values and gradients, and of common formulas.

`python -m docs.numerics` prints them; with `--write` they go into the page.
"""

import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import logitscape as ls
from logitscape._src.base.files import write_text
from tests.oracle import INSIDE, LOGIT_LOSSES, LOSSES, NORMALIZERS
from tests.oracle.accuracy import (
    CLASSES,
    TOLERANCE,
    Reference,
    answers,
    evaluate,
    measured_one,
    normal,
    ratios,
    reference,
)
from tests.oracle.cases import cases, stack

PAIR = "softmax + cross_entropy"


def _log_of_softmax(z: Any, t: Any) -> Any:
    return -jnp.log(jax.nn.softmax(z))[jnp.argmax(t)]


def _log_softmax(z: Any, t: Any) -> Any:
    return -jax.nn.log_softmax(z)[jnp.argmax(t)]


def _optax(z: Any, t: Any) -> Any:
    return optax.softmax_cross_entropy_with_integer_labels(z, jnp.argmax(t))


SOFTMAX = {
    "`logitscape`: softmax + cross_entropy": ls.objective(PAIR),
    "`-jnp.log(jax.nn.softmax(z))[y]`": _log_of_softmax,
    "`-jax.nn.log_softmax(z)[y]`": _log_softmax,
    "`optax.softmax_cross_entropy_with_integer_labels`": _optax,
}


class Counts(NamedTuple):
    """Numbers of cases whose value or gradient has a property, and the worst error.

    Attributes:
        total: All cases.
        value: The value is right.
        gradient: Every component of the gradient is right.
        nan: Some number is NaN.
        infinite: Some number is infinite.
        lost: Some number is 0 where the true one is a normal number.
        worst: Largest relative error of a finite number.
    """

    total: int
    value: int
    gradient: int
    nan: int
    infinite: int
    lost: int
    worst: float


def softmax_table(dtype: str) -> list[str]:
    """Our softmax + cross_entropy beside common formulas, for one-hot targets inside the domain."""
    rows = [
        f"| {dtype} | cases | value right | gradient right | worst relative error "
        "| NaN | inf | lost to 0 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, function in SOFTMAX.items():
        by_classes = [_counts(function, n, dtype) for n in CLASSES]
        rows.append(_softmax_row(name, by_classes))
    return rows


def _counts(function: Any, n: int, dtype: str) -> Counts:
    expected = smooth_one_hot(n, dtype)
    (numbers,) = evaluate([function], *stack(expected.cases, dtype))
    right = ratios(numbers, expected, dtype) <= 1
    is_normal = normal(expected, dtype)
    lost = (numbers == 0) & is_normal
    with np.errstate(invalid="ignore", divide="ignore"):
        difference = np.abs(numbers.astype("float64") - expected.high)
        error = difference / np.abs(expected.high)
    finite = np.nan_to_num(error, nan=0, posinf=0)
    return Counts(
        total=len(numbers),
        value=right[:, 0].sum(),
        gradient=right[:, 1:].all(1).sum(),
        nan=np.isnan(numbers).any(1).sum(),
        infinite=np.isinf(numbers).any(1).sum(),
        lost=lost.any(1).sum(),
        worst=finite[is_normal & np.isfinite(numbers)].max(),
    )


def _softmax_row(name: str, by_classes: list[Counts]) -> str:
    total = sum(counts.total for counts in by_classes)
    value = sum(counts.value for counts in by_classes)
    gradient = sum(counts.gradient for counts in by_classes)
    cells = [
        name,
        f"{total}",
        f"{value / total:.0%}",
        f"{gradient / total:.0%}",
        f"{max(counts.worst for counts in by_classes):.1e}",
        f"{sum(counts.nan for counts in by_classes)}",
        f"{sum(counts.infinite for counts in by_classes)}",
        f"{sum(counts.lost for counts in by_classes)}",
    ]
    return _line(cells)


def smooth_one_hot(n: int, dtype: str) -> Reference:
    """The true values and gradients of cases inside the domain whose targets are one-hot."""
    one_hot = [case for case in cases("softmax", n, dtype) if 1.0 in case.target]
    status = answers(PAIR, one_hot, dtype).status
    inside = [case for case, s in zip(one_hot, status, strict=True) if s == INSIDE]
    return answers(PAIR, inside, dtype)


def normalizer_table() -> list[str]:
    """Our worst ratio of error to allowed error, over all losses, cases and numbers of classes."""
    rows = [
        "| normalizer | numbers compared | worst error / tolerance, float64 | where "
        "| float32 | where |",
        "|---|---|---|---|---|---|",
    ]
    for normalizer in (*NORMALIZERS, ""):
        compared = 0
        cells = []
        for dtype in TOLERANCE:
            count, worst, loss = _worst(normalizer, dtype)
            compared += count
            cells += [f"{worst:.2g}", loss]
        rows.append(_line([normalizer or "losses of logits", f"{compared}", *cells]))
    return rows


def _worst(normalizer: str, dtype: str) -> tuple[int, float, str]:
    """The number of comparisons, the worst ratio, and the loss that has it."""
    compared = 0
    worst = 0.0, ""
    for n in CLASSES:
        for loss in LOSSES if normalizer else LOGIT_LOSSES:
            spec = f"{normalizer} + {loss}" if normalizer else loss
            expected = reference(spec, n, dtype)
            numbers = measured_one(normalizer, loss, n, dtype)
            is_normal = normal(expected, dtype)
            compared += is_normal.sum()
            ratio = np.where(is_normal, ratios(numbers, expected, dtype), 0).max()
            worst = max(worst, (float(ratio), loss))
    return compared, *worst


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the tables; on request write them into the page."""
    jax.config.update("jax_enable_x64", True)
    tables = [softmax_table("float32"), softmax_table("float64"), normalizer_table()]
    text = "\n\n".join("\n".join(rows) for rows in tables)
    print(text)
    if "--write" in sys.argv[1:]:
        _write(text)


def _write(text: str) -> None:
    """Replace what stands between the page's two marks."""
    page = Path(__file__).with_suffix(".md")
    begin, end = "<!-- tables -->", "<!-- end of tables -->"
    head, first_mark, rest = page.read_text(encoding="utf-8").partition(begin)
    _, second_mark, tail = rest.partition(end)
    if not (first_mark and second_mark):
        raise ValueError(f"`{page.name}` must have {begin!r} and {end!r}.")
    write_text(page, f"{head}{begin}\n\n{text}\n\n{end}{tail}")


if __name__ == "__main__":
    main()

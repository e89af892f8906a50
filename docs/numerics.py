"""The tables of docs/numerics.md: the accuracy of our values and gradients, and of common formulas.

`python -m docs.numerics` prints them; with `--write` they go into the page.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from multiprocessing import get_context
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax

import logitscape as ls
from logitscape._src.base.cores import usable_cores
from logitscape._src.base.files import write_text
from tests.oracle import (
    CONTRASTIVE_LOSSES,
    INSIDE,
    LOGIT_LOSSES,
    LOSSES,
    MULTILABEL_LOSSES,
    NORMALIZERS,
)
from tests.oracle.accuracy import (
    ALL_SIZES,
    CLASSES,
    COMPLETE,
    SIZES,
    TOLERANCE,
    Reference,
    answers,
    evaluate,
    forget,
    is_in_tables,
    measured_one,
    normal,
    ratios,
    reference,
)
from tests.oracle.cases import cases, stack
from tests.oracle.failures import judged, spec_of
from tests.oracle.multilabel_accuracy import sizes
from tests.oracle.multilabel_cases import multilabel_cases

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


class Worst(NamedTuple):
    """The worst error of several formulas over the error that the rule allows.

    Attributes:
        compared: Number of normal numbers that were compared.
        ratio: Largest error over allowed error.
        where: Pair, or loss, that has it.
    """

    compared: int = 0
    ratio: float = 0.0
    where: str = ""

    def __or__(self, other: "Worst") -> "Worst":
        """The worse of two, with the numbers of both."""
        worse = max(self, other, key=lambda worst: worst.ratio)
        return worse._replace(compared=self.compared + other.compared)


Pair: TypeAlias = tuple[str, str]
"""A normalizer and a loss; "" and a loss of logits."""
Measured: TypeAlias = dict[Pair, dict[str, Worst]]
"""The worst error of every pair, by dtype."""


def measured_pairs() -> Measured:
    """All pairs of the tables, on all cores."""
    pool = ProcessPoolExecutor(
        usable_cores(), mp_context=get_context("spawn"), initializer=_in_float64
    )
    measured: Measured = {}
    with pool:
        for found in pool.map(_of_normalizer, ("", *NORMALIZERS)):
            measured |= found
            print(f"measured: {len(measured)} pairs", file=sys.stderr, flush=True)
    return measured


def _in_float64() -> None:
    jax.config.update("jax_enable_x64", True)


def _of_normalizer(normalizer: str) -> Measured:
    """All pairs of the tables that have a normalizer, or all losses of logits."""
    losses = [x for x in LOSSES if is_in_tables(normalizer, x)]
    found = {
        (normalizer, loss): {
            dtype: _worst(normalizer, loss, dtype) for dtype in TOLERANCE
        }
        for loss in (losses if normalizer else LOGIT_LOSSES)
    }
    forget()
    return found


def normalizer_table(measured: Measured) -> list[str]:
    """Every normalizer, with the losses that every run of the tests asks about."""
    rows = _head("normalizer", "losses")
    for normalizer in NORMALIZERS:
        of_losses = {y: found for (x, y), found in measured.items() if x == normalizer}
        rows.append(_row(normalizer, len(of_losses), of_losses))
    return rows


def loss_table(measured: Measured) -> list[str]:
    """Every loss: those of probabilities with the normalizers that every run asks about."""
    rows = _head("loss", "normalizers")
    for loss in LOSSES:
        of_normalizers = {x: found for (x, y), found in measured.items() if y == loss}
        rows.append(_row(loss, len(of_normalizers), of_normalizers))
    for loss in LOGIT_LOSSES:
        rows.append(_row(loss, "of logits", {"": measured["", loss]}))
    for kind, losses in (
        ("multi-label", MULTILABEL_LOSSES),
        ("contrastive", CONTRASTIVE_LOSSES),
    ):
        for loss in losses:
            cells = [_worst_of_targets(loss, dtype) for dtype in TOLERANCE]
            rows.append(_cells(loss, kind, cells))
    return rows


def _head(first: str, second: str) -> list[str]:
    return [
        f"| {first} | {second} | numbers compared | worst error / allowed error, float64 | where "
        "| float32 | where |",
        "|---|---|---|---|---|---|---|",
    ]


def _row(name: str, beside: Any, measured: dict[str, dict[str, Worst]]) -> str:
    """The worst of several, each with the name that tells where it is."""
    cells = []
    for dtype in TOLERANCE:
        found = [of[dtype]._replace(where=x) for x, of in measured.items()]
        cells.append(reduce(or_, found))
    return _cells(name, beside, cells)


def _cells(name: str, beside: Any, found: list[Worst]) -> str:
    compared = sum(worst.compared for worst in found)
    numbers = [x for worst in found for x in (f"{worst.ratio:.2g}", worst.where)]
    return _line([name, f"{beside}", f"{compared}", *numbers])


def _worst(normalizer: str, loss: str, dtype: str) -> Worst:
    worst = Worst()
    of_dtype = ALL_SIZES if normalizer in ("", *COMPLETE) else SIZES
    for n in of_dtype[dtype]:
        spec = spec_of(normalizer, loss)
        numbers = measured_one(normalizer, loss, n, dtype)
        worst |= _compared(spec, numbers, reference(spec, n, dtype), dtype)
    return worst


def _worst_of_targets(loss: str, dtype: str) -> Worst:
    """Of a loss whose targets are no distributions."""
    worst = Worst()
    for n in sizes(loss):
        chosen = multilabel_cases(loss, n, dtype)
        (numbers,) = evaluate([ls.objective(loss)], *stack(chosen, dtype))
        worst |= _compared(loss, numbers, answers(loss, chosen, dtype), dtype)
    return worst


def _compared(spec: str, numbers: Any, expected: Reference, dtype: str) -> Worst:
    is_normal = normal(expected, dtype)
    ratio = np.where(is_normal, judged(spec, numbers, expected, dtype), 0).max()
    return Worst(int(is_normal.sum()), float(ratio))


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Print the tables; on request write them into the page."""
    _in_float64()
    measured = measured_pairs()
    tables = [
        softmax_table("float32"),
        softmax_table("float64"),
        normalizer_table(measured),
        loss_table(measured),
    ]
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

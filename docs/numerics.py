"""The tables of docs/numerics.md: how accurate values and gradients are, ours and those of what people write today.

`python -m docs.numerics` prints them; with `--write` they go into the page.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

import logitscape as ls
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

SOFTMAX = {
    "`logitscape`: softmax + cross_entropy": ls.objective("softmax + cross_entropy"),
    "`-jnp.log(jax.nn.softmax(z))[y]`": lambda z, t: (
        -jnp.log(jax.nn.softmax(z))[jnp.argmax(t)]
    ),
    "`-jax.nn.log_softmax(z)[y]`": lambda z, t: -jax.nn.log_softmax(z)[jnp.argmax(t)],
    "`optax.softmax_cross_entropy_with_integer_labels`": (
        lambda z, t: optax.softmax_cross_entropy_with_integer_labels(z, jnp.argmax(t))
    ),
}


def softmax_table(dtype: str) -> list[str]:
    """Ours beside what people write today: all cases with one-hot targets inside the domain."""
    rows = [
        f"| {dtype} | cases | value right | gradient right | worst relative error | NaN | inf | lost to 0 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, function in SOFTMAX.items():
        counts = np.zeros(6)
        worst = 0.0
        for n in CLASSES:
            expected = smooth_one_hot(n, dtype)
            got = evaluate([function], *stack(expected.cases, dtype))[0]
            right, there = ratios(got, expected, dtype) <= 1, normal(expected, dtype)
            lost = (got == 0) & there
            counts += [
                len(got),
                right[:, 0].sum(),
                right[:, 1:].all(1).sum(),
                np.isnan(got).any(1).sum(),
                np.isinf(got).any(1).sum(),
                lost.any(1).sum(),
            ]
            with np.errstate(invalid="ignore", divide="ignore"):
                error = np.abs(got.astype("float64") - expected.high) / np.abs(
                    expected.high
                )
            worst = max(
                worst,
                np.nan_to_num(error, nan=0, posinf=0)[there & np.isfinite(got)].max(),
            )
        total, value, gradient, *rest = counts
        shares = f"{value / total:.0%} | {gradient / total:.0%} | {worst:.1e}"
        rows.append(
            f"| {name} | {total:.0f} | {shares} | {' | '.join(f'{x:.0f}' for x in rest)} |"
        )
    return rows


def smooth_one_hot(n: int, dtype: str) -> Reference:
    spec = "softmax + cross_entropy"
    chosen = [c for c in cases("softmax", n, dtype) if 1.0 in c.target]
    expected = answers(spec, chosen, dtype)
    return answers(
        spec,
        [c for c, s in zip(chosen, expected.status, strict=True) if s == INSIDE],
        dtype,
    )


def normalizer_table() -> list[str]:
    """The worst error over allowed error of ours, per normalizer, over all losses, cases and class counts."""
    rows = [
        "| normalizer | numbers compared | worst error / tolerance, float64 | where | float32 | where |",
        "|---|---|---|---|---|---|",
    ]
    for normalizer in (*NORMALIZERS, ""):
        compared, cells = 0, []
        for dtype in TOLERANCE:
            worst, where = 0.0, ""
            for n in CLASSES:
                losses = tuple(LOSSES) if normalizer else tuple(LOGIT_LOSSES)
                for loss in losses:
                    spec = f"{normalizer} + {loss}" if normalizer else loss
                    expected = reference(spec, n, dtype)
                    got = measured_one(normalizer, loss, n, dtype)
                    there = normal(expected, dtype)
                    compared += there.sum()
                    ratio = np.where(there, ratios(got, expected, dtype), 0).max()
                    worst, where = max((worst, where), (float(ratio), loss))
            cells.append(f"{worst:.2g} | {where}")
        rows.append(
            f"| {normalizer or 'losses of logits'} | {compared} | {cells[0]} | {cells[1]} |"
        )
    return rows


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    tables = [softmax_table("float32"), softmax_table("float64"), normalizer_table()]
    text = "\n\n".join("\n".join(rows) for rows in tables)
    print(text)
    if "--write" in sys.argv[1:]:
        page = Path(__file__).with_suffix(".md")
        head, _, rest = page.read_text().partition("<!-- tables -->")
        tail = rest.partition("<!-- end of tables -->")[2]
        page.write_text(
            f"{head}<!-- tables -->\n\n{text}\n\n<!-- end of tables -->{tail}"
        )


if __name__ == "__main__":
    main()

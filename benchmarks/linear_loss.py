"""Loss and gradient of a linear layer: with all logits, and with those of a tile at a time."""

from typing import Any

from .process import in_fresh_process, progress
from .report import Report, Table

SIZES = ((8192, 1000, 128), (2048, 32_000, 256), (1024, 50_257, 512))
SPECS = (
    "softmax + cross_entropy",
    "softmax + focal",
    "taylor + brier",
    "sparsemax_loss",
)
LARGEST = (8192, 128_256, 256)
QUICK_SIZES = ((256, 100, 16),)
QUICK_LARGEST = (512, 4096, 16)
ROWS_OF_TILE = 256
TIME_COLUMNS = (
    "objective",
    "rows x classes x features",
    "dtype",
    "dense, s",
    "linear_loss, s",
    "ratio",
    "dense, MiB",
    "linear_loss, MiB",
    "logits, MiB",
)
MEMORY_COLUMNS = (
    "way",
    "peak of the process, MiB",
    "beyond inputs and gradients, MiB",
    "temporaries of the program, MiB",
)
NOTES = (
    "Loss and gradient, in features and weights, of the mean over all rows. Dense: "
    "`ls.per_example(objective)(features @ weights.T, labels)`.",
    "Seconds of processor time, the least of {rounds} runs in turn in one process; a "
    "ratio below 1 means that linear_loss is faster. MiB: temporary memory of the compiled "
    "programs, gradients not counted; in bfloat16 it has the sums of the gradient in float32.",
    "Worst ratio: {worst}.",
    "Memory: each way in a fresh process, with {shape} in float32, where the logits of all "
    "rows take {logits:.0f} MiB and those of a tile {tile:.0f} MiB.",
)


def measure(quick: bool) -> Report:
    """Measure time at sizes where both forms fit, and memory at the largest."""
    rounds = 2 if quick else 3
    rows, worst = _times(quick, rounds)
    largest = QUICK_LARGEST if quick else LARGEST
    notes = [
        note.format(
            rounds=rounds,
            worst=f"{worst:.2f}×",
            shape=_text(largest),
            logits=_mebibytes(4 * largest[0] * largest[1]),
            tile=_mebibytes(4 * ROWS_OF_TILE * largest[1]),
        )
        for note in NOTES
    ]
    tables = [
        Table("Time", TIME_COLUMNS, rows),
        Table("Memory", MEMORY_COLUMNS, _memory(largest)),
    ]
    title = "A linear layer without its logits"
    return Report("linear_loss", title, tables, notes)


def _times(quick: bool, rounds: int) -> tuple[list[list[str]], float]:
    """Rows of the table of times, and the worst ratio."""
    rows, ratios = [], []
    for size in QUICK_SIZES if quick else SIZES:
        cases = [(spec, "float32") for spec in SPECS]
        for spec, dtype in [*cases, (SPECS[0], "bfloat16")]:
            progress(f"linear_loss: {spec}, {_text(size)}, {dtype}")
            run = _run("both", size, spec=spec, dtype=dtype, rounds=rounds)
            ratios.append(run["linear_loss"] / run["dense"])
            rows.append(_time_row(spec, size, dtype, run))
    return rows, max(ratios)


def _time_row(
    spec: str, size: tuple[int, int, int], dtype: str, run: dict[str, Any]
) -> list[str]:
    return [
        spec,
        _text(size),
        dtype,
        f"{run['dense']:.3f}",
        f"{run['linear_loss']:.3f}",
        f"{run['linear_loss'] / run['dense']:.2f}",
        f"{_mebibytes(run['dense temporary']):.0f}",
        f"{_mebibytes(run['linear_loss temporary']):.0f}",
        f"{_mebibytes(4 * size[0] * size[1]):.0f}",
    ]


def _memory(size: tuple[int, int, int]) -> list[list[str]]:
    rows, inputs = [], 0.0
    for way in ("inputs", "linear_loss", "dense"):
        progress(f"linear_loss: memory of {way}")
        run = _run(way, size, spec=SPECS[0], dtype="float32", rounds=1)
        peak = _mebibytes(run["peak"])
        inputs = inputs or peak
        temporary = run.get(f"{way} temporary")
        rows.append(
            [
                "inputs and gradients alone" if way == "inputs" else way,
                f"{peak:.0f}",
                "" if way == "inputs" else f"{peak - inputs:.0f}",
                "" if temporary is None else f"{_mebibytes(temporary):.0f}",
            ]
        )
    return rows


def _run(way: str, size: tuple[int, int, int], **arguments: Any) -> dict[str, Any]:
    rows, classes, width = size
    return in_fresh_process(
        "linear_loss_worker",
        way=way,
        rows=rows,
        classes=classes,
        width=width,
        **arguments,
    )


def _text(size: tuple[int, int, int]) -> str:
    return " x ".join(f"{number:,}" for number in size)


def _mebibytes(count: float) -> float:
    return count / 2**20

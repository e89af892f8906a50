"""Where does each normalizer break: by its domain, by overflow, by rounding, and by leaving the simplex?

Claims C11 (dividing by the sum fails for negative numbers and a zero sum; subtracting the minimum mends it
at a price), C15 (one could as well use e^e^z), C22 (a z-score is no distribution), and of C10 where the
formulas that people write lose cross-entropy or its gradient. Every point is found by narrowing down real
evaluations.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

import logitscape as ls
from logitscape import analysis, plotting
from logitscape.findings import Finding, proved

Values = NDArray[Any]
finfo: Any = jnp.finfo

EXAMPLE = (-2.0, -1.0, 1.0, 2.0)
INPUTS = [EXAMPLE, (-4.0, -3.0, -2.0, -1.0), (0.0,) * 4, (0.0, 0.0, 0.0, 1000.0), (0.0, 1.0, 2.0, -np.inf)]
DTYPES = {"float64": "#000000", "float32": "#0072B2", "bfloat16": "#D55E00", "float16": "#009E73"}
FORMS: dict[str, Callable[[Any], Any]] = {
    "−log(e$^z$ / Σ e$^z$)": lambda z: -jnp.log(jnp.exp(z) / jnp.sum(jnp.exp(z)))[0],
    "−log(softmax(z))": lambda z: -jnp.log(jax.nn.softmax(z))[0],
    "−log(softmax(z) + 1e-7)": lambda z: -jnp.log(jax.nn.softmax(z) + jnp.asarray(1e-7, z.dtype))[0],
    "−log_softmax(z)": lambda z: -jax.nn.log_softmax(z)[0],
    "logitscape": lambda z: ls.per_example("softmax + cross_entropy")(z, jnp.zeros((), int)),
}
SIDES = {"wrong": (0.0, 1.0), "right": (1.0, 0.0)}
DEPTHS = {1: 1e8, 2: 700.0, 3: 6.5}
POINTS, ROUNDS = 64, 5
DISTRIBUTION, ZEROS, OUTSIDE, UNDEFINED = "#CFE3F1", "#FFFFFF", "#E8A07A", "#F4F4F4"


class Data(NamedTuple):
    """What was measured; breaks by dtype are [form, side]."""

    outputs: dict[str, Values]
    lowest_wins: int
    breaks: dict[str, Values]
    ranges: dict[tuple[int, str], float]
    laws: dict[int, Any]
    rays: dict[int, tuple[Values, Values]]
    z_score_jacobian: Values
    log_of_negative: tuple[float, float]


def compute() -> Data:
    everything = {name: ls.drop_in(name) for name in ls.NORMALIZERS} | OTHERS
    run = jax.jit(lambda z: {name: jax.vmap(function)(z) for name, function in everything.items()})
    outputs = {name: np.asarray(p) for name, p in run(jnp.array(INPUTS)).items()}
    z = jnp.array(EXAMPLE)
    loss, gradient = jax.value_and_grad(lambda z: -jnp.log(z_score(z))[0])(z)
    specs = {depth: f"iterated_exponential(depth={depth}) + cross_entropy" for depth in DEPTHS}
    return Data(
        {name: outputs[name] for name in everything},
        lowest_that_wins(),
        {dtype: breaks(dtype) for dtype in DTYPES},
        {(depth, dtype): last_finite(spec, dtype) for depth, spec in specs.items() for dtype in ("float64", "float32")},
        {depth: ls.gradient_law(spec, end=DEPTHS[depth]) for depth, spec in specs.items()},
        {depth: norms(spec, min(DEPTHS[depth], 20.0)) for depth, spec in specs.items()},
        np.asarray(jax.jacfwd(z_score)(z)),
        (float(loss), float(jnp.linalg.norm(gradient))),
    )


def z_score(z: Any) -> Any:
    return (z - jnp.mean(z)) / jnp.std(z)


OTHERS: dict[str, Callable[[Any], Any]] = {
    "z / Σ z as written": lambda z: z / jnp.sum(z),
    "z-score": z_score,
    "min-max scaling": lambda z: (z - jnp.min(z)) / (jnp.max(z) - jnp.min(z)),
}


def lowest_that_wins() -> int:
    """At how many of 1000 points the lowest class keeps probability, or a finite loss, after min_shift."""
    z = np.random.default_rng(0).normal(size=(1000, 4))
    p, lowest = np.asarray(ls.drop_in("min_shift")(z)), np.argmin(z, axis=1)
    loss = np.asarray(ls.per_example("min_shift + cross_entropy")(z, lowest))
    return int(np.sum((p[np.arange(len(z)), lowest] != 0) | np.isfinite(loss)))


def breaks(dtype: str) -> Values:
    """The first gap at which loss or label gradient is off by half; inf where there is none, [form, side].

    That is as long as the true values are normal numbers of the dtype.
    """
    largest = float(finfo(dtype).max)
    units = jnp.array(list(SIDES.values()), dtype)

    def one(form: Callable[[Any], Any], unit: Any, gap: Any) -> Any:
        loss, gradient = jax.value_and_grad(form)(gap * unit)
        return loss.astype(float), gradient[0].astype(float)

    @jax.jit
    def run(gaps: Any) -> Any:
        return [
            [jax.vmap(lambda gap, form=form, unit=unit: one(form, unit, gap))(gaps[i, j]) for j, unit in enumerate(units)]
            for i, form in enumerate(FORMS.values())
        ]

    shape = (len(FORMS), len(SIDES), POINTS)
    near, far = np.geomspace(0.5, 1000, POINTS - 8), np.geomspace(2000, largest / 4, 8)
    gaps = np.broadcast_to(np.concatenate([near, far]), shape)
    for _ in range(ROUNDS):
        rounded = np.asarray(jnp.asarray(gaps, dtype)).astype(float)
        bad = off(np.asarray(run(jnp.asarray(gaps, dtype))), rounded, float(finfo(dtype).tiny))
        first = np.maximum(np.argmax(bad, axis=-1), 1)[..., None]
        found = np.take_along_axis(rounded, first, axis=-1)[..., 0]
        low, high = (np.take_along_axis(gaps, at, axis=-1) for at in (first - 1, first))
        finer = low + (high - low) * np.linspace(0, 1, POINTS)
        gaps = np.where(bad.any(axis=-1, keepdims=True), finer, gaps)
    return np.where(bad.any(axis=-1), found, np.inf)


def off(measured: Values, gaps: Values, tiny: float) -> Values:
    """Whether loss or gradient, [form, side, 2, m], is off by half where the true one is a normal number."""
    fading = np.exp(-gaps)
    loss = np.log1p(fading) + gaps * np.array(list(SIDES.values()))[:, 1:]
    gradient = -np.where(np.array(list(SIDES.values()))[:, :1] == 1, fading, 1) / (1 + fading)
    true = np.stack([loss, gradient], axis=2)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(measured - true) < 0.5 * np.abs(true))
    return np.asarray(np.any(wrong & (np.abs(true) >= tiny), axis=2))


def last_finite(spec: str, dtype: str) -> float:
    """How far a wrong logit can rise, the others 0, with loss and gradient finite: by bisection."""
    run = jax.jit(jax.value_and_grad(ls.objective(spec).function))
    target = jnp.array([1, 0, 0], dtype)

    def finite(s: float) -> bool:
        loss, gradient = run(jnp.array([0, s, 0], dtype), target)
        return bool(jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient)))

    low, high = 1.0, float(finfo(dtype).max)
    if finite(high):
        return high
    while high / low > 1 + float(finfo(dtype).eps):
        middle = math.sqrt(low) * math.sqrt(high)
        low, high = (middle, high) if finite(middle) else (low, middle)
    return low


def norms(spec: str, end: float) -> tuple[Values, Values]:
    """The gradient norm along R1."""
    s = np.linspace(0, end, 201)
    swept = ls.sweep(spec, ls.ray("R1", s))
    largest = np.max(np.abs(swept.gradient[0, 0]), axis=-1)
    return s, largest * np.linalg.norm(swept.gradient[0, 0] / largest[:, None], axis=-1)


def findings(data: Data) -> list[Finding]:
    repaired = data.outputs["min_shift"][0]
    written = ", ".join(f"{value:g}" for value in data.outputs["z / Σ z as written"][0])
    undefined = [name for name in ls.NORMALIZERS if np.isnan(data.outputs[name][:4]).any()]
    negative = data.outputs["z-score"][0].min()
    single = dict(zip(FORMS, data.breaks["float32"], strict=True))
    ours = sum(np.isfinite(found[list(FORMS).index("logitscape")]).sum() for found in data.breaks.values())
    slopes = data.z_score_jacobian
    top = {dtype: math.log(float(finfo(dtype).max)) for dtype in ("float64", "float32")}
    return [
        Finding("C11a", "dividing by the sum fails at [-2, -1, 1, 2]", f"z / sum z = ({written})", "holds"),
        Finding("C11b", "so do others, somewhere in the figure", ", ".join(undefined), "holds"),
        proved("C11c", "exp is always positive", np.sum(data.outputs["softmax"][0] <= 0), expected=0,
               tolerance=0, measured="{:.0f} of 4 probabilities are not, at [-2, -1, 1, 2]"),
        proved("C11d", "subtracting the minimum mends it: [0, 1, 3, 4] / 8",
               np.abs(repaired - np.array([0, 1, 3, 4]) / 8).max(), expected=0, tolerance=1e-13,
               measured="largest difference {:g}"),
        proved("C11e", "but then the lowest class has p = 0, and infinite loss", data.lowest_wins, expected=0,
               tolerance=0, measured="{:.0f} exceptions in 1000 random points"),
        Finding("C10g", "-log(softmax(z)) breaks when wrong, float32",
                f"from a gap of {single['−log(softmax(z))'][0]:.4g}", "holds"),
        Finding("C10h", "-log_softmax(z) loses its small values when right, float32",
                f"from a gap of {single['−log_softmax(z)'][1]:.4g}", "holds"),
        proved("C10i", "logitscape loses neither, in any dtype", ours, expected=0, tolerance=0,
               measured="{:.0f} breaks within the dtypes' normal range"),
        *[proved(f"C15{letter}", f"e^e^z instead of e^z: finite, {dtype}", data.ranges[2, dtype],
                 expected=top[dtype], tolerance=1e-6 * top[dtype], measured="up to z = {:.2f}",
                 verdict="holds with a limit", limit=f"depth 3 up to z = {data.ranges[3, dtype]:.2f}")
          for letter, dtype in (("a", "float64"), ("b", "float32"))],
        Finding("C15c", "the same reasoning gives the same gradient",
                "; ".join(f"depth {depth}: {law.norm}" for depth, law in data.laws.items()), "does not hold",
                "only e^z has a constant push"),
        proved("C22a", "a z-score still gives negative outputs", negative, expected=-2 / math.sqrt(2.5),
               tolerance=1e-12, measured="{:.3f} at [-2, -1, 1, 2]"),
        proved("C22b", "its gradient: none along z, columns sum to 0",
               max(np.abs(slopes @ np.array(EXAMPLE)).max(), np.abs(slopes.sum(axis=0)).max()),
               expected=0, tolerance=1e-12, measured="largest {:g}"),
        Finding("C22c", "its cross-entropy is NaN where the label's is negative",
                "loss {}, yet JAX's gradient norm is {:.3f}".format(*data.log_of_negative), "holds"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    figure = plt.figure(figsize=(13.6, 10.6))
    parts: Any = figure.subfigures(1, 2, width_ratios=[1.35, 1])
    left, right = parts
    draw_domains(left.subplots(), data)
    legend(left)
    parts = right.subfigures(2, 1, height_ratios=[1.15, 1])
    gaps, lower = parts
    draw_breaks(gaps, data)
    curves, jacobian = lower.subplots(1, 2, width_ratios=[1.25, 1])
    draw_depths(curves, data)
    plotting.matrix(
        jacobian,
        data.z_score_jacobian,
        rows=[f"$s_{k}$" for k in range(4)],
        columns=[f"$z_{k}$" for k in range(4)],
    )
    scores = " ".join(f"{value:.2f}" for value in data.outputs["z-score"][0]).replace("-", "−")
    jacobian.set_title(f"z-score of (−2, −1, 1, 2):\n{scores}\nand its Jacobian", fontsize=9)
    return figure


def draw_domains(axes: Axes, data: Data) -> None:
    for i, outputs in enumerate(data.outputs.values()):
        for j, p in enumerate(outputs):
            draw_output(axes, i, j, p)
    names = [f"({', '.join(f'{z:g}' for z in point)})".replace("-", "−").replace("inf", "∞") for point in INPUTS]
    axes.set(xlim=(-0.5, len(INPUTS) - 0.5), ylim=(len(data.outputs) - 0.5, -0.5))
    axes.set_xticks(range(len(INPUTS)), names)
    axes.set_yticks(range(len(data.outputs)), list(data.outputs))
    axes.axhline(len(ls.NORMALIZERS) - 0.5, color="black", linewidth=1)
    axes.tick_params(length=0, labelsize=8.5, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_title("What comes out", fontweight="bold", fontsize=11)


def draw_output(axes: Axes, i: int, j: int, p: Values) -> None:
    color, hatch = kind(p)
    edge = "0.8" if hatch else "white"
    axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=color, edgecolor=edge, hatch=hatch, linewidth=1.2))
    if not hatch:
        axes.text(j, i, " ".join(map(number, p)), ha="center", va="center_baseline", fontsize=7.5)


def kind(p: Values) -> tuple[str, str]:
    if np.isnan(p).any():
        return UNDEFINED, "//////"
    if (p < 0).any() or (p > 1).any() or p.sum() > 1 + 1e-9:
        return OUTSIDE, ""
    return (ZEROS, "") if (p == 0).any() else (DISTRIBUTION, "")


def number(value: float) -> str:
    text = "∞" if math.isinf(value) else f"{abs(value):.2f}"
    text = text.removeprefix("0") if abs(value) < 1 else text.removesuffix(".00")
    return ("−" if value < 0 else "") + ("0" if value == 0 else text)


def legend(figure: Any) -> None:
    looks = {
        "a distribution": (DISTRIBUTION, ""),
        "with exact zeros": (ZEROS, ""),
        "not a distribution": (OUTSIDE, ""),
        "undefined": (UNDEFINED, "//////"),
    }
    patches = [Patch(facecolor=color, hatch=hatch, edgecolor="0.6", linewidth=0.5) for color, hatch in looks.values()]
    figure.legend(patches, list(looks), loc="outside lower center", ncols=4)


def draw_breaks(figure: Any, data: Data) -> None:
    panels = figure.subplots(1, 2, sharey=True)
    for j, (axes, side) in enumerate(zip(panels, SIDES, strict=True)):
        for k, (dtype, color) in enumerate(DTYPES.items()):
            for i in range(len(FORMS)):
                bar(axes, i + 0.2 * (k - 1.5), data.breaks[dtype][i, j], color, dtype if i == 0 else "")
        axes.set(
            xscale="log",
            xlim=(1, 6000),
            ylim=(len(FORMS) - 0.5, -0.5),
            title=f"{side} by a gap of",
            yticks=[],
        )
    panels[0].set_yticks(range(len(FORMS)), list(FORMS))
    panels[0].tick_params(axis="y", length=0, labelsize=9)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle("How far cross-entropy and its gradient can be trusted", fontsize=11)


def bar(axes: Axes, y: float, end: float, color: str, label: str) -> None:
    """A line up to where it breaks, or an arrow through."""
    shown = min(float(f"{end:.3g}"), 2500)
    axes.plot([1, shown], [y, y], color=color, linewidth=3, solid_capstyle="butt", label=label or None)
    if math.isinf(end):
        axes.plot(shown, y, ">", color=color, markersize=6)
    else:
        axes.text(shown * 1.12, y, f"{end:.3g}", va="center_baseline", fontsize=7)


def draw_depths(axes: Axes, data: Data) -> None:
    axes.set(yscale="log", ylim=(0.3, 1e12), xlim=(0, 20))
    for (depth, (s, norm)), color in zip(data.rays.items(), ("#000000", "#0072B2", "#D55E00"), strict=True):
        axes.plot(s, plotting.settled_digits(np.minimum(norm, 1e300)), color=color)
        law = data.laws[depth].norm
        limit = data.ranges[depth, "float64"]
        end = f"z ≤ {limit:.4g}" if limit < 1e300 else "any z"
        height = {1: 6.0, 2: 1e3, 3: 1e11}[depth]
        axes.text(19.5, height, f"depth {depth}: {law.math}, {end}", color=color, fontsize=8, ha="right")
    axes.set(title="iterated exponentials +\ncross_entropy on R1", xlabel="s", ylabel="gradient norm")


if __name__ == "__main__":
    analysis.main(__file__, compute, findings, draw)

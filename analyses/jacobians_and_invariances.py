"""What is the derivative of a normalizer, what does it not notice, and what does a temperature do to it?

Claims C02 (dividing by the sum sees ratios only), C08 (softmax is the many-class sigmoid), C09 (its
derivative is s(1 - s)), C10 (it sees differences only) and C12 (exp(c z) goes from uniform to the hard
maximum).
"""

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

import logitscape as ls
from logitscape import analysis, plotting
from logitscape.diagnosis.invariance import Invariance, invariances
from logitscape.findings import Finding, proved

Values = NDArray[Any]
finfo: Any = jnp.finfo

POINT = np.array([1.0, 1.5, 0.5])
DTYPES = {"float64": "#000000", "float32": "#0072B2", "bfloat16": "#D55E00", "float16": "#009E73"}
SHIFTS = 10.0 ** np.linspace(0, 17, 69)
TEMPERATURES = 10.0 ** np.linspace(-2, 3, 101)
CHANGES = {"shift": "z + 3", "scale": "10 z", "sign": "−z", "permutation": "reordered z"}
RAYS = {"alone": (2.0, 1.0, 0.0), "tied": (2.0, 2.0, 0.0)}


class Data(NamedTuple):
    """Everything measured."""

    jacobians: dict[str, Values]
    invariances: dict[str, dict[Any, Invariance]]
    scale_laws: tuple[float, float]
    sigmoid: tuple[float, float]
    shift_bits: int
    shift_errors: dict[str, Values]
    overflows: dict[str, float]
    top: dict[str, Values]
    norms: dict[str, Values]
    limits: tuple[float, float, float]


def compute() -> Data:
    found = {name: invariances(name) for name in ls.NORMALIZERS}
    return Data(
        jacobians(),
        found,
        scale_laws([name for name, each in found.items() if each["scale"].holds]),
        sigmoid_of_two(),
        changed_by_exact_shifts(),
        {name: shift_errors(name) for name in DTYPES},
        {name: overflow(name) for name in DTYPES},
        *temperature(),
    )


def jacobians() -> dict[str, Values]:
    """dp_j / dz_k at one point; "s(1 − s)" is the formula that is quoted for softmax."""
    functions = (*map(ls.drop_in, ("softmax", "sum", "sparsemax")), jax.nn.sigmoid)
    softmax, total, sparsemax, sigmoid = jax.jit(lambda z: [jax.jacfwd(each)(z) for each in functions])(POINT)
    p = ls.drop_in("softmax")(POINT)
    found = {
        "softmax": softmax,
        "s(1 − s), as quoted": jnp.diag(p * (1 - p)),
        "a sigmoid for each class": sigmoid,
        "divided by the sum": total,
        "sparsemax": sparsemax,
    }
    return {name: np.asarray(each) for name, each in found.items()}


def scale_laws(names: list[str]) -> tuple[float, float]:
    """Largest <z, grad> / (|z| |grad|), and relative error of grad(c z) = grad(z) / c, for two losses."""
    losses = [ls.objective(f"{name} + {loss}") for name in names for loss in ("cross_entropy", "brier")]
    z = np.random.default_rng(0).uniform(0.2, 3, (200, 3))
    y = jnp.array([1.0, 0.0, 0.0])

    @jax.jit
    def gradients(z: Any) -> Any:
        found = [jax.vmap(jax.value_and_grad(loss.function), (0, None))(z, y) for loss in losses]
        return [jnp.stack(each) for each in zip(*found, strict=True)]

    (loss, here), (_, there) = (map(np.asarray, gradients(each)) for each in (z, 1000 * z))
    size = np.linalg.norm(here, axis=-1)
    along = np.abs(np.sum(z * here, axis=-1)) / np.linalg.norm(z, axis=-1)
    moving = np.isfinite(loss) & (size > 0)
    off = np.linalg.norm(1000 * there - here, axis=-1)
    return float(np.max(along[moving] / size[moving])), float(np.max(off[moving] / size[moving]))


def sigmoid_of_two() -> tuple[float, float]:
    """Relative difference of softmax of [z, 0] and the sigmoid, in value and in gradient.

    The sigmoid's is written s(z) s(-z): differentiated by JAX it is s (1 - s), which is 0 from z = 37 on.
    """
    z = jnp.linspace(-700, 700, 1401)

    def softmax(z: Any) -> Any:
        return ls.NORMALIZERS["softmax"](jnp.stack([z, jnp.zeros_like(z)])).p[0]

    worst = []
    for ours, theirs in (
        (softmax, jax.nn.sigmoid),
        (jax.grad(softmax), lambda z: jax.nn.sigmoid(z) * jax.nn.sigmoid(-z)),
    ):
        a, b = (np.asarray(jax.jit(jax.vmap(each))(z)) for each in (ours, theirs))
        worst.append(float(np.max(np.abs(a - b) / b)))
    return worst[0], worst[1]


def changed_by_exact_shifts() -> int:
    """How many probabilities change in a bit when z, in sixteenths, is shifted so that z + c is exact."""
    z = np.random.default_rng(1).integers(-64, 64, (200, 3)) / 16
    softmax = jax.jit(ls.drop_in("softmax"))
    before = np.asarray(softmax(z))
    return sum(int(np.sum(np.asarray(softmax(z + 2.0**k)) != before)) for k in range(0, 45, 4))


def shift_errors(dtype: str) -> Values:
    """Worst change of a probability by the rounding of z + c to that dtype, over logits in [-4, 4], by shift.

    With d what rounding does to z, p_k moves by p_k expm1(d_k - log1p(sum_j p_j expm1(d_j))), uncancelled.
    """
    representable = float(finfo(dtype).max) / 2 > SHIFTS
    c = jnp.asarray(np.where(representable, SHIFTS, 0), dtype)[:, None, None]
    z = jnp.asarray(np.random.default_rng(2).uniform(-4, 4, (256, 3)), dtype)
    shifted = z + c  # not compiled: there it need not be rounded
    exact, d = np.asarray(z, float), np.asarray(shifted, float) - np.asarray(c, float) - np.asarray(z, float)
    p = np.asarray(ls.drop_in("softmax")(exact))
    moved = p * np.expm1(d - np.log1p(np.sum(p * np.expm1(d), axis=-1, keepdims=True)))
    worst = np.max(np.abs(moved), axis=(1, 2))
    return np.where(representable & (worst > 0), worst, np.nan)


def overflow(dtype: str) -> float:
    """The largest z whose e^z is finite, by bisection down to neighbouring numbers."""
    low, high = jnp.ones((), dtype), jnp.full((), 1000, dtype)
    while low < (middle := low / 2 + high / 2) < high:
        low, high = (middle, high) if jnp.isfinite(jnp.exp(middle)) else (low, middle)
    return float(low)


def temperature() -> tuple[dict[str, Values], dict[str, Values], tuple[float, float, float]]:
    """Against the inverse temperature: p of the first class, and the gradient norm of cross-entropy.

    And the errors of the limits c -> infinity and c -> 0, and of grad = c (p(c z) - y).
    """

    @partial(jax.vmap, in_axes=(None, 0, None))
    @partial(jax.vmap, in_axes=(0, None, None))
    def at(c: Any, z: Any, y: Any) -> Any:
        def loss(z: Any) -> Any:
            probs = ls.NORMALIZERS["softmax"](z, inverse_temperature=c)
            return ls.LOSSES["cross_entropy"](probs, y), probs.p

        return jax.grad(loss, has_aux=True)(z)

    z, run = jnp.array(list(RAYS.values())), jax.jit(at)
    right, wrong = jnp.eye(3)[0], jnp.eye(3)[2]
    (fell, p), (rose, _) = run(TEMPERATURES, z, right), run(TEMPERATURES, z, wrong)
    ends = np.asarray(run(np.array([0.0, 1e6]), z, right)[1])
    hard = np.asarray(ls.drop_in("argmax")(z))
    law = np.max(np.abs(rose - TEMPERATURES[:, None] * (p - wrong)) / TEMPERATURES[:, None])
    norms = {
        "label tied for first": np.linalg.norm(fell[1], axis=-1),
        "label last": np.linalg.norm(rose[0], axis=-1),
        "label first": np.linalg.norm(fell[0], axis=-1),
    }
    top = {name: np.asarray(p[i, :, 0]) for i, name in enumerate(RAYS)}
    limits = float(np.abs(ends[:, 1] - hard).max()), float(np.abs(ends[:, 0] - 1 / 3).max()), float(law)
    return top, norms, limits


def findings(data: Data) -> list[Finding]:
    softmax = data.jacobians["softmax"]
    quoted = data.jacobians["s(1 − s), as quoted"]
    p = np.asarray(ls.drop_in("softmax")(POINT))
    whole = np.diag(p) - np.outer(p, p)
    columns = max(np.abs(data.jacobians[name].sum(axis=0)).max() for name in ("softmax", "divided by the sum"))
    fade = float(-np.log(data.norms["label first"][80] / data.norms["label first"][60]))
    return [
        Finding(
            "C02a",
            "dividing by the sum treats [1,2] and [10,20] alike; others too",
            blind(data, "scale"),
            "holds",
        ),
        Finding("C02b", "only differences of logits count", blind(data, "shift"), "holds"),
        proved(
            "C02c",
            "blind to scale: no gradient along z",
            data.scale_laws[0],
            expected=0,
            tolerance=1e-11,
            measured="<z, grad> = {:g} |z| |grad|",
        ),
        proved(
            "C02d",
            "blind to scale: grad(c z) = grad(z) / c, c = 1000",
            data.scale_laws[1],
            expected=0,
            tolerance=1e-11,
            measured="relative difference {:g}",
        ),
        proved(
            "C08a",
            "softmax of [z, 0] is the sigmoid",
            data.sigmoid[0],
            expected=0,
            tolerance=1e-12,
            measured="relative difference {:g} for |z| <= 700",
        ),
        proved(
            "C08b",
            "and so is its gradient",
            data.sigmoid[1],
            expected=0,
            tolerance=1e-12,
            measured="relative difference {:g} for |z| <= 700",
        ),
        proved(
            "C09a",
            "the derivative of softmax is s(1 - s)",
            np.abs(softmax - quoted).max(),
            expected=p[0] * p[1],
            tolerance=1e-12,
            measured="the whole Jacobian is off by up to {:.3f}",
            verdict="does not hold",
            limit="that is its diagonal only",
        ),
        proved(
            "C09b",
            "the whole Jacobian is diag(p) - p p^T",
            np.abs(softmax - whole).max(),
            expected=0,
            tolerance=1e-13,
            measured="largest difference {:g}",
        ),
        proved(
            "C09c",
            "softmax is no element-wise function: each column sums to 0",
            columns,
            expected=0,
            tolerance=1e-13,
            measured="largest sum {:g}",
        ),
        proved(
            "C10a",
            "softmax(z) = softmax(z + c), where z + c is exact",
            data.shift_bits,
            expected=0,
            tolerance=0,
            measured="{:.0f} bits differ for c up to 2^44",
        ),
        Finding(
            "C10b",
            "softmax(z) = softmax(z + c) in finite precision",
            measured_shift(data),
            "holds with a limit",
            "z + c is rounded before softmax sees it: an error of about eps c",
        ),
        *[overflow_finding(letter, name, data.overflows[name]) for letter, name in zip("cdef", DTYPES, strict=True)],
        proved(
            "C12a",
            "exp(c z) tends to the hard maximum, ties shared",
            data.limits[0],
            expected=0,
            tolerance=1e-12,
            measured="difference {:g} at c = 1e6",
        ),
        proved(
            "C12b",
            "exp(c z) tends to uniform as c goes to 0",
            data.limits[1],
            expected=0,
            tolerance=1e-12,
            measured="difference {:g} at c = 0",
        ),
        proved(
            "C12c",
            "the gradient scales with c: c (p - y)",
            data.limits[2],
            expected=0,
            tolerance=1e-13,
            measured="largest difference {:g} c",
        ),
        proved(
            "C12d",
            "a wrong label's gradient grows like c",
            slope(data, "label last"),
            expected=1,
            tolerance=1e-6,
            measured="c^{:.4f}",
            verdict="holds with a limit",
            limit=f"the label first, it fades: by e^-{fade:.0f} from c = 10 to 100",
        ),
    ]


def blind(data: Data, change: Any) -> str:
    return "blind to it: " + ", ".join(name for name, each in data.invariances.items() if each[change].holds)


def measured_shift(data: Data) -> str:
    at = np.argmin(np.abs(SHIFTS - 1e4))
    return ", ".join(f"{name} {data.shift_errors[name][at]:.0e}" for name in ("float64", "float32", "float16")) + " at 1e4"


def overflow_finding(letter: str, dtype: str, value: float) -> Finding:
    """e^z is finite up to log(largest number), to within the spacing of the numbers there."""
    kind = finfo(dtype)
    expected = math.log(float(kind.max))
    return proved(
        f"C10{letter}",
        f"without max-subtraction e^z overflows, {dtype}",
        value,
        expected=expected,
        tolerance=expected * float(kind.eps) * 2,
        measured="from {:.5g} on",
    )


def slope(data: Data, name: str) -> float:
    """The power of c, over the last decade."""
    norm = data.norms[name]
    return float(np.log10(norm[-1] / norm[-21]))


def draw(data: Data) -> Figure:
    figure = plt.figure(figsize=(13.4, 11.6))
    parts: Any = figure.subfigures(2, 1, height_ratios=[1, 3.55])
    top, bottom = parts
    draw_jacobians(top, data)
    parts = bottom.subfigures(1, 2, width_ratios=[2.05, 1])
    left, right = parts
    draw_table(left.subplots(), data)
    shifts, limits, norms = right.subplots(3, 1)
    draw_shifts(shifts, data)
    draw_top(limits, data)
    draw_norms(norms, data)
    return figure


def draw_jacobians(figure: Any, data: Data) -> None:
    panels = figure.subplots(1, len(data.jacobians))
    for axes, (name, values) in zip(panels, data.jacobians.items(), strict=True):
        plotting.matrix(axes, values, limit=0.5, columns=[f"$z_{k}$" for k in range(3)])
        sums = " ".join(f"{value:.2f}" for value in plotting.settled(values.sum(axis=0)))
        axes.set_title(name, fontsize=9.5, fontweight="bold", loc="center")
        axes.set_xlabel(f"columns sum to {sums}", fontsize=8)
    panels[0].set_yticks(range(3), [f"$p_{k}$" for k in range(3)])
    figure.suptitle("Jacobians $∂p_j / ∂z_k$ at z = (1, 1.5, 0.5): s(1 − s) is only softmax's diagonal", fontsize=11)


def draw_table(axes: Axes, data: Data) -> None:
    names = list(data.invariances)
    for i, name in enumerate(names):
        for j, change in enumerate(CHANGES):
            draw_cell(axes, i, j, data.invariances[name][change])
    axes.set(xlim=(-0.5, len(CHANGES) - 0.5), ylim=(len(names) - 0.5, -0.5))
    axes.set_xticks(range(len(CHANGES)), [f"{name}\n{text}" for name, text in CHANGES.items()])
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labelsize=9, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    axes.set_title(
        "Which normalizer does not notice what; each no with a witness, z: p → p",
        fontweight="bold",
        fontsize=11,
    )


def draw_cell(axes: Axes, i: int, j: int, found: Invariance) -> None:
    color = "#0072B2" if found.holds else "#F6E3C5"
    axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=color, edgecolor="white", linewidth=1.5))
    if found.holds:
        axes.text(j, i, "stays", ha="center", va="center_baseline", color="white", fontweight="bold")
        return
    assert found.witness is not None
    after = "undefined" if math.isnan(found.after[0]) else numbers(found.after)
    text = f"({', '.join(f'{z:g}' for z in found.witness)}):\n{numbers(found.before)} → {after}"
    axes.text(j, i, text.replace("-", "−"), ha="center", va="center", fontsize=7)


def numbers(p: tuple[float, ...]) -> str:
    return " ".join(f"{value:.2f}".lstrip("0") if value < 0.995 else "1." for value in p)


def draw_shifts(axes: Axes, data: Data) -> None:
    axes.set(xscale="log", yscale="log", ylim=(1e-17, 3), xlim=(1, 1e17))
    for name, errors in data.shift_errors.items():
        axes.plot(SHIFTS, plotting.settled_digits(errors), color=DTYPES[name], label=name)
        axes.axvline(data.overflows[name], color=DTYPES[name], linestyle=":", linewidth=1.2)
    axes.legend(loc="lower right")
    axes.set(title="softmax(z + c): worst change of p", xlabel="shift c")
    axes.text(1100, 2e-16, "dotted: where e$^z$ overflows\nwithout max-subtraction", fontsize=7.5, va="center")


def draw_top(axes: Axes, data: Data) -> None:
    axes.set(xscale="log", xlim=(1e-2, 1e3), ylim=(0.3, 1.03), title="softmax(c z): p of the first class")
    for name, color in (("alone", "#0072B2"), ("tied", "#D55E00")):
        axes.plot(TEMPERATURES, plotting.settled(data.top[name]), color=color)
    axes.text(60, 0.95, "z = (2, 1, 0): hard maximum", color="#0072B2", fontsize=8, ha="center")
    axes.text(60, 0.53, "z = (2, 2, 0): ties share", color="#D55E00", fontsize=8, ha="center")
    axes.text(0.012, 0.36, "uniform", fontsize=8)
    axes.set_xlabel("inverse temperature c")


def draw_norms(axes: Axes, data: Data) -> None:
    axes.set(xscale="log", yscale="log", xlim=(1e-2, 1e3), ylim=(1e-6, 1e4))
    looks = zip(data.norms.items(), ("#000000", "#D55E00", "#0072B2"), ("--", "-", "-"), strict=True)
    for (name, norm), color, dashes in looks:
        axes.plot(TEMPERATURES, plotting.settled_digits(norm), color=color, linestyle=dashes, label=name)
    axes.legend(loc="upper left")
    axes.set(title="softmax(c z) + cross_entropy: gradient norm", xlabel="inverse temperature c")


if __name__ == "__main__":
    analysis.main(__file__, compute, findings, draw)

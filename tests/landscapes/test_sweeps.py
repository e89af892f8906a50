"""Slices, sweeps and landscapes: the same numbers as one point at a time, labelled, and bounded in memory."""

import inspect
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

import logitscape as ls
from logitscape._src.landscapes import plan as _sweep_plan
from logitscape._src.landscapes import slab as _slab
from logitscape._src.landscapes.probe_rays import PROBE_RAYS
from logitscape._src.landscapes.sweep import FEW_NUMBERS
from logitscape._src.objectives.catalog import (
    LOGIT_LOSSES,
    NORMALIZERS,
    PROBABILITY_LOSSES,
)

S = np.linspace(0, 4, 5)


@pytest.mark.parametrize(
    ("direction", "at_two"),
    [
        ("R1", [1, 3, 1, 1]),
        ("R2", [-1, 1, 1, 1]),
        ("R3", [0, 2, 1, 1]),
        ([0, 0, 1, -1], [1, 1, 3, -1]),
    ],
)
def test_rays_go_where_they_say(direction, at_two: list[float]) -> None:
    slice = ls.ray(
        np.array(direction) if isinstance(direction, list) else direction,
        S,
        num_classes=4,
        base=1,
    )
    np.testing.assert_array_equal(ls.points(slice)[2], at_two)
    assert list(slice.coordinates) == ["s"]


@pytest.mark.parametrize(
    ("alias", "name"), [("rival_up", "R1"), ("label_down", "R2"), ("margin", "R3")]
)
def test_a_probe_ray_has_an_alias(alias: str, name: str) -> None:
    by_alias = ls.ray(alias, S, num_classes=4, label=2, rival=0, base=1)
    by_name = ls.ray(name, S, num_classes=4, label=2, rival=0, base=1)
    assert by_alias.name == name
    assert repr(by_alias) == repr(by_name)
    np.testing.assert_array_equal(ls.points(by_alias), ls.points(by_name))


def test_the_margin_falls_by_one_along_every_probe_ray() -> None:
    for name, probe in PROBE_RAYS.items():
        assert probe.name == name
        direction = probe.direction(5, label=3, rival=1)
        assert direction[3] - direction[1] == -1
        assert np.count_nonzero(direction) <= 2


def test_planes_and_boxes_have_named_coordinates() -> None:
    plane = ls.plane(S, S[:2], axes=(2, 0), num_classes=4, base=7)
    assert list(plane.coordinates) == ["z_2", "z_0"]
    np.testing.assert_array_equal(ls.points(plane)[3, 1], [1, 7, 3, 7])
    tilted = ls.plane(S, S, directions=([1, 1, 0], [0, 0, 1]))
    np.testing.assert_array_equal(ls.points(tilted)[1, 2], [1, 1, 2])
    box = ls.box([S[:2], S[:3], S[:4]], num_classes=3)
    assert box.shape == (2, 3, 4)
    np.testing.assert_array_equal(ls.points(box)[1, 2, 3], [1, 2, 3])


def test_the_simplex_is_what_softmax_gives_and_nan_outside() -> None:
    z = ls.points(ls.simplex_plane(10))
    p = jax.vmap(jax.vmap(ls.NORMALIZERS["softmax"]))(z).p
    np.testing.assert_allclose(p[2, 3], [0.25, 0.35, 0.4], rtol=1e-13)
    assert np.isnan(p[7, 7]).all()
    np.testing.assert_allclose(
        ls.points(ls.simplex_plane(10, logits="p"))[2, 3], [0.25, 0.35, 0.4], rtol=1e-13
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ls.ray("R4", S), "must be 'R1', 'R2', 'R3' or a vector, got 'R4'"),
        (
            lambda: ls.ray("R1", [0, 2, 1]),
            "`ray(s=...)` must be strictly increasing, got 2 before 1.",
        ),
        (lambda: ls.ray("R1", [0, 1, 1]), "strictly increasing, got 1 before 1"),
        (lambda: ls.ray("R1", [0, np.inf]), "must be finite, got inf"),
        (lambda: ls.ray("R1", []), "list of coordinates"),
        (
            lambda: ls.ray("R1", S, label=3),
            "`ray(label=...)` must lie between 0 and 2, got 3.",
        ),
        (lambda: ls.ray("R1", S, rival=0), "must not be the label"),
        (lambda: ls.ray("R1", S, num_classes=1), "at least 2, got 1"),
        (
            lambda: ls.ray("R1", S, base=np.nan),
            "`ray(base=...)` must be a finite number, got nan.",
        ),
        (
            lambda: ls.ray("R1", ["a", "b"]),
            "`ray(s=...)` must be numbers, got ['a', 'b'].",
        ),
        (lambda: ls.ray("R1", np.array([1j])), "`ray(s=...)` must be numbers"),
        (lambda: ls.ray(np.ones((2, 2)), S), "must be a finite vector"),
        (
            lambda: ls.ray([0.0, 0.0], S),
            "`ray(direction=...)` must not be zero in every logit",
        ),
        (
            lambda: ls.ray([1.0, 2.0], S, num_classes=3),
            "`ray(direction=...)` must have num_classes = 3 logits, got 2.",
        ),
        (
            lambda: ls.ray("R1", S, num_classes=3, origin=[0, 0]),
            "`ray(origin=...)` must have num_classes = 3 logits, got 2.",
        ),
        (lambda: ls.ray("R1", S, origin=[0, np.inf]), "must be 2 finite logits"),
        (
            lambda: ls.plane(S, [1, 0]),
            "`plane(y=...)` must be strictly increasing, got 1 before 0.",
        ),
        (
            lambda: ls.plane(S, S, axes=(0, 5)),
            "`plane(axes=...)` must name classes between 0 and 2 (num_classes=3)",
        ),
        (lambda: ls.plane(S, S, axes=(1, 1)), "each once, got [1, 1]"),
        (
            lambda: ls.plane(S, S, directions=([1, 0, 0], [-2, 0, 0])),
            "`plane(directions=...)` must not be parallel",
        ),
        (lambda: ls.plane(S, S, directions=([1e300, 0], [0, 0])), "must not be zero"),
        (
            lambda: ls.plane(S, S, directions=([1, 0], [0, 0, 1])),
            "must be of the same length, got 2 and 3 logits",
        ),
        (
            lambda: ls.box([S] * 4),
            "`box(axes=...)` must name classes between 0 and 2 (num_classes=3), each once",
        ),
        (lambda: ls.simplex_plane(1), "at least 2, got 1"),
        (
            lambda: ls.sweep("softmax + brier", ls.ray("R1", S), label=3),
            "`sweep(label=...)` must lie between 0 and 2, got 3.",
        ),
        (
            lambda: ls.sweep("softmax + brier", ls.ray("R1", S), label=[0, 0]),
            "each once",
        ),
        (lambda: ls.sweep([], ls.ray("R1", S)), "at least one"),
        (lambda: ls.sweep(["softmax + kl"] * 2, ls.ray("R1", S)), "of different names"),
        (
            lambda: ls.sweep("softmax + kl", ls.ray("R1", S), dtype="float99"),
            "bfloat16, float16, float32, float64, got 'float99'",
        ),
        (
            lambda: ls.sweep("softmax + kl", ls.ray("R1", S), dtype=int),
            "`sweep(dtype=...)` must be bfloat16",
        ),
        (
            lambda: ls.gradient_law("softmax + kl", [0.0, 1.0, 0.0], label=3),
            "must lie between 0 and 2, got 3",
        ),
        (
            lambda: ls.gradient_law("softmax + kl", end=-1),
            "`gradient_laws(end=...)` must be finite and more than 0.001, got -1.",
        ),
    ],
)
def test_bad_slices_and_sweeps_are_explained(make, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


def test_float64_that_is_switched_off_is_refused() -> None:
    with (
        jax.enable_x64(False),
        pytest.raises(ValueError, match=r"float64 needs .*jax_enable_x64"),
    ):
        ls.sweep("softmax + kl", ls.ray("R1", S), dtype="float64")


@pytest.mark.parametrize(
    "make",
    [
        lambda origin: ls.ray("R1", S, origin=origin),
        lambda origin: ls.box([S], origin=origin),
    ],
)
def test_the_number_of_classes_is_that_of_the_vectors(make) -> None:
    assert make(None).num_classes == 3
    assert make([1.0, 2, 3, 4, 5]).num_classes == 5
    assert ls.ray(np.array([0, 1, 0, 1], "float16"), S).num_classes == 4


def test_labels_may_be_arrays() -> None:
    swept = ls.sweep("softmax + brier", ls.ray("R1", S), label=np.array([0, 2]))
    assert swept.labels == (0, 2)


def test_slices_and_landscapes_print_in_a_few_words() -> None:
    line = ls.ray("R1", S)
    assert (
        repr(line)
        == "Slice('R1', z = (0, 0, 0) + s (0, 1, 0); s: 5 from 0 to 4; 3 classes)"
    )
    printed = repr(ls.sweep(["softmax + brier", "squared_logits"], line))
    assert (
        printed
        == "Landscape('R1', z = (0, 0, 0) + s (0, 1, 0); s: 5; label 0; softmax + brier; squared_logits)"
    )


def _of_one_argument(z):
    return jnp.sum(z)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            _of_one_argument,
            r"`objective\(source\)` must take \(logits or probs, target\), got `_of_one_argument\(z\)`",
        ),
        (
            lambda z, t: z - t,
            r"`<lambda>` must return one floating-point number for one example, got float64 of shape \(3,\)",
        ),
        (
            lambda z, t: "text",
            r"`<lambda>` must return one floating-point number, got str",
        ),
        (
            lambda z, t: jnp.argmax(z),
            r"`<lambda>` must return one floating-point number for one example, got int64 of shape \(\)",
        ),
    ],
)
def test_a_function_that_is_no_loss_is_explained(function, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        ls.sweep(function, ls.ray("R1", S))


FAMILY = [f"{n} + {loss}" for n in NORMALIZERS for loss in PROBABILITY_LOSSES][
    ::11
] + list(LOGIT_LOSSES)


@pytest.fixture(scope="module")
def family() -> ls.Landscape:
    return ls.sweep(
        FAMILY,
        ls.plane(np.linspace(0.1, 2, 3), np.linspace(0.2, 3, 4), base=0.5),
        label=1,
    )


@pytest.mark.parametrize("index", range(0, len(FAMILY), 3))
def test_a_family_swept_together_is_as_each_alone(
    family: ls.Landscape, index: int
) -> None:
    z = ls.points(ls.plane(np.linspace(0.1, 2, 3), np.linspace(0.2, 3, 4), base=0.5))
    objective, target = (
        ls.objective(FAMILY[index]),
        jax.nn.one_hot(1, 3, dtype=jnp.float64),
    )
    alone = jax.jit(
        jax.vmap(jax.vmap(jax.value_and_grad(lambda z: objective.function(z, target))))
    )
    value, gradient = alone(z)
    np.testing.assert_allclose(family.loss[index, 0], value, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        family.gradient[index, 0], gradient, rtol=1e-11, atol=1e-14
    )
    p = jax.jit(jax.vmap(jax.vmap(objective.predict)))(z).p
    np.testing.assert_allclose(family.p_label[index, 0], p[..., 1], rtol=1e-13)
    np.testing.assert_array_equal(
        family.correct[index, 0], p[..., 1] > np.maximum(p[..., 0], p[..., 2])
    )


def test_hessians_and_jacobians() -> None:
    specs = [
        "softmax + cross_entropy",
        "softmax + brier",
        "squared_logits",
        "taylor + hellinger",
    ]
    slice = ls.ray("R1", S)
    swept = ls.sweep(specs, slice, label=[0, 2], hessian=True, jacobian=True)
    z = ls.points(slice)
    for i, spec in enumerate(specs):
        for j, label in enumerate((0, 2)):
            target, loss = (
                jax.nn.one_hot(label, 3, dtype=z.dtype),
                ls.objective(spec).function,
            )
            f = lambda z, t=target, loss=loss: loss(z, t)
            expected = np.linalg.eigvalsh(jax.jit(jax.vmap(jax.hessian(f)))(z))
            np.testing.assert_allclose(swept.curvatures[i, j], expected, atol=1e-12)
    jacobian = jax.vmap(jax.jacfwd(lambda z: ls.NORMALIZERS["softmax"](z).p))(z)
    np.testing.assert_allclose(swept.jacobian[0], jacobian, atol=1e-15)


@pytest.mark.parametrize("wrong", [[0.0, 1.0], "R1"])
def test_where_to_look_must_be_a_slice(wrong) -> None:
    with pytest.raises(TypeError, match=r"`slice` must be a slice, .* got"):
        inspect.unwrap(_sweep_plan.make_plan)(
            "softmax + brier", wrong
        )  # in tests, types are checked before


def test_curvatures_are_of_the_symmetric_part() -> None:
    """Also of a function whose derivative rule makes the matrix of second derivatives another than its transpose."""

    @jax.custom_jvp
    def loss(z, t):
        return z[1] * z[0]

    loss.defjvp(
        lambda primals, tangents: (loss(*primals), 2 * primals[0][1] * tangents[0][0])
    )
    for order in (lambda z: z, lambda z: z[jnp.array([1, 0, 2])]):
        swept = ls.sweep(
            {"skew": lambda z, t, order=order: loss(order(z), t)},
            ls.ray("R1", [1.0, 2.0]),
            hessian=True,
        )
        np.testing.assert_allclose(swept.curvatures[0, 0], [[-1, 0, 1]] * 2, atol=1e-15)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_curvatures_have_the_dtype_asked_for_and_are_nan_where_they_overflow(
    dtype,
) -> None:
    largest = float(jnp.finfo(dtype).max)
    steep = {
        "steep": lambda z, t: 0.9 * largest * jnp.sum(z) ** 2,
        "brier": ls.objective("softmax + brier"),
    }
    swept = ls.sweep(
        steep, ls.ray("R1", [0.0, 1e-3]), hessian=True, dtype=jnp.dtype(dtype)
    )
    assert swept.curvatures.dtype == jnp.dtype(dtype)
    assert np.isnan(np.asarray(swept.curvatures[0], float)).all()
    exact = ls.sweep(
        "softmax + brier", ls.ray("R1", [0.0, 1e-3]), hessian=True
    ).curvatures[0]
    np.testing.assert_allclose(
        np.asarray(swept.curvatures[1], float),
        exact,
        atol=4 * float(jnp.finfo(dtype).eps),
    )


def test_curvatures_do_not_depend_on_the_slabs(monkeypatch) -> None:
    def curvatures():
        grid = np.linspace(-3, 3, 41)
        return np.asarray(
            ls.sweep(
                ["softmax + brier", "squared_logits"],
                ls.plane(grid, grid),
                hessian=True,
            ).curvatures
        )

    whole = curvatures()
    monkeypatch.setattr(_sweep_plan, "SLAB_BYTES", 2**17)
    np.testing.assert_allclose(curvatures(), whole, atol=1e-14)


def test_the_program_of_a_sweep_does_not_call_lapack() -> None:
    """Its calls wait for threads of the pool they run in: two at once on two cores have waited for each other for ever."""
    task = _sweep_plan.make_plan(
        ["softmax + cross_entropy", "squared_logits"],
        ls.ray("R1", S),
        label=[0, 1],
        hessian=True,
    )
    program = (
        jax.jit(lambda logits: _slab.slab(task, (S.size,), logits))
        .lower(jnp.zeros((3, S.size)))
        .as_text()
    )
    assert "lapack" in jax.jit(jnp.linalg.eigvalsh).lower(jnp.eye(3)).as_text()
    assert "lapack" not in program


def hinge(z, t):
    return jnp.maximum(
        0.0, 1 + jnp.max(jnp.where(t == 0, z, -jnp.inf)) - jnp.sum(z * t)
    )


def shifted_softmax(z, t):
    shifted = z - jnp.max(z)
    return jnp.log(jnp.sum(jnp.exp(shifted))) - jnp.sum(shifted * t)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("points", [301, FEW_NUMBERS // 3 + 1])
def test_the_derivative_of_a_maximum_is_kept_on_any_ray(dtype, points) -> None:
    """`origin + s direction`, rounded once in one place and twice in another, need not be equal to its own maximum."""
    names = [
        "crammer_singer",
        "perceptron",
        "weston_watkins",
        "sparsemax_loss",
        "entmax_loss",
    ]
    along = ls.ray([0.3, -0.7, 1.1], np.linspace(-3, 9, points), origin=[0.1, 0.2, 0.3])
    found = ls.sweep([*names, hinge, shifted_softmax], along, dtype=dtype)
    masses = np.abs(np.asarray(found.gradient, float).sum(axis=-1)).max(axis=(1, 2))
    assert dict(zip(found.objectives, masses < 1e-5, strict=True)) == dict.fromkeys(
        found.objectives, True
    )


def test_what_keeps_a_gradient_from_misleading() -> None:
    swept = ls.sweep(
        ["sum + cross_entropy", "sparsemax + cross_entropy"],
        ls.ray("R2", S[1:]),
        label=0,
    )
    assert not swept.in_domain[0].any()
    assert swept.in_domain[1].all()
    assert not swept.finite[0].any()
    np.testing.assert_array_equal(swept.finite[1, 0], [False] * 4)
    tie = ls.sweep("softmax + brier", ls.ray("R1", [0.0]), label=0)
    assert not tie.correct.any()


def test_unknown_normalizers_leave_the_probability_unknown() -> None:
    swept = ls.sweep(
        {"mine": lambda z, t: jnp.sum((z - t) ** 2)}, ls.ray("R1", S), label=1
    )
    assert swept.objectives == ("mine",)
    assert np.isnan(swept.p_label).all()
    np.testing.assert_array_equal(swept.correct[0, 0], S > 0)


@pytest.mark.parametrize("unrolled", [True, False])
def test_slabs_change_nothing(monkeypatch: pytest.MonkeyPatch, unrolled: bool) -> None:
    slice, specs = (
        ls.plane(np.linspace(-2, 2, 7), np.linspace(-3, 3, 5)),
        ["softmax + cross_entropy", "entmax + brier"],
    )
    whole = ls.sweep(specs, slice, label=[0, 1])
    monkeypatch.setattr(_sweep_plan, "SLAB_BYTES", 2000)
    monkeypatch.setattr(
        "logitscape._src.engine.families.LEAST_POINTS", 1 if unrolled else 10**9
    )
    cut = ls.sweep(specs, slice, label=[0, 1])
    for name in ("loss", "gradient", "p_label", "correct", "finite"):
        np.testing.assert_allclose(
            getattr(cut, name), getattr(whole, name), rtol=1e-13, atol=1e-16
        )


def test_many_classes_and_dtypes() -> None:
    swept = ls.sweep(
        "softmax + cross_entropy", ls.ray("R1", S, num_classes=40), dtype=jnp.float32
    )
    assert swept.gradient.shape == (1, 1, 5, 40)
    assert swept.loss.dtype == jnp.float32
    half = ls.sweep("softmax + cross_entropy", ls.ray("R1", S), dtype=jnp.bfloat16)
    assert half.to_xarray().attrs["dtype"] == "bfloat16"
    assert half.to_xarray().loss.dtype == np.float32


def test_a_landscape_goes_through_jit() -> None:
    swept = ls.sweep("softmax + cross_entropy", ls.ray("R1", S))
    doubled = jax.jit(lambda landscape: jax.tree.map(lambda x: x + x, landscape))(swept)
    np.testing.assert_allclose(doubled.loss, 2 * swept.loss)
    assert doubled.objectives == swept.objectives


def test_labelled_and_saved(tmp_path: Path) -> None:
    swept = ls.sweep(
        ["softmax + cross_entropy", "softmax + brier"], ls.ray("R1", S), label=[0, 1]
    )
    dataset = swept.to_xarray()
    assert dataset.gradient.dims == ("objective", "label", "s", "component")
    assert dataset.attrs["points"] == "z = (0, 0, 0) + s (0, 1, 0)"
    value = dataset.loss.sel(objective="softmax + cross_entropy", label=0, s=2).item()
    np.testing.assert_allclose(value, np.log(2 + np.e**2))
    swept.save(tmp_path / "x.nc")
    np.testing.assert_array_equal(
        xarray.load_dataset(tmp_path / "x.nc").gradient, dataset.gradient
    )
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        swept.save(tmp_path / "nowhere" / "x.nc")
    assert [file.name for file in tmp_path.iterdir()] == ["x.nc"]


def test_summaries_and_stores_agree_with_the_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    specs, slice = (
        ["softmax + cross_entropy", "relu + cross_entropy"],
        ls.box([np.linspace(-2, 2, n) for n in (4, 9, 3)]),
    )
    whole = ls.sweep(specs, slice, label=[0, 2])
    monkeypatch.setattr(_sweep_plan, "SLAB_BYTES", 20000)
    summary = ls.summarize(specs, slice, label=[0, 2])
    for i in range(2):
        for j in range(2):
            finite, loss = whole.finite[i, j], whole.loss[i, j]
            norm = np.linalg.norm(whole.gradient[i, j], axis=-1)
            found = summary.isel(objective=i, label=j)
            assert found.points == 4 * 9 * 3
            np.testing.assert_allclose(found.finite, finite.mean())
            np.testing.assert_allclose(found.correct, whole.correct[i, j].mean())
            np.testing.assert_allclose(found.loss_mean, loss[finite].mean(), rtol=1e-12)
            np.testing.assert_allclose(
                found.norm_largest, norm[finite].max(), rtol=1e-12
            )
            steepest = [found[f"steepest_z_{k}"].item() for k in range(3)]
            at = tuple(
                int(np.argmin(np.abs(axis - x)))
                for axis, x in zip(slice.coordinates.values(), steepest, strict=True)
            )
            np.testing.assert_allclose(norm[at], norm[finite].max(), rtol=1e-12)
    ls.sweep_to(tmp_path / "x.zarr", specs, slice, label=[0, 2])
    ls.sweep_to(tmp_path / "x.zarr", specs, slice, label=[0, 2])
    stored = xarray.open_zarr(tmp_path / "x.zarr", consolidated=False)
    np.testing.assert_allclose(stored.gradient, whole.gradient, rtol=1e-13, atol=1e-16)
    np.testing.assert_array_equal(stored.z_1, slice.coordinates["z_1"])
    assert [file.name for file in tmp_path.iterdir()] == ["x.zarr"]
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        ls.sweep_to(tmp_path / "nowhere" / "x.zarr", specs, slice)

"""Eigenvalues of Hessians, and Jacobians."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.landscapes import plan, slab

S = np.linspace(0, 4, 5)


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


def test_curvatures_are_of_the_symmetric_part() -> None:
    """A derivative rule of the user's own can make the Hessian unsymmetric."""

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
    monkeypatch.setattr(plan, "SLAB_BYTES", 2**17)
    np.testing.assert_allclose(curvatures(), whole, atol=1e-14)


def test_the_program_of_a_sweep_does_not_call_lapack() -> None:
    """Calls of LAPACK wait for threads of the pool in which they run.

    Two calls at once on two cores have waited for each other for ever.
    """
    planned = plan.make_plan(
        ["softmax + cross_entropy", "squared_logits"],
        ls.ray("R1", S),
        label=[0, 1],
        hessian=True,
    )
    program = (
        jax.jit(lambda logits: slab.slab(planned, (S.size,), logits))
        .lower(jnp.zeros((3, S.size)))
        .as_text()
    )
    assert "lapack" in jax.jit(jnp.linalg.eigvalsh).lower(jnp.eye(3)).as_text()
    assert "lapack" not in program

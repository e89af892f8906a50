"""Contrastive losses of a batch: what its rows are, and the values of the authors' codes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

S = jnp.array([[0.9, 0.8, 0.75], [0.1, 0.4, 0.5], [-0.2, 0.3, 0.7]])
X = jnp.array(
    [
        [1.0, 2.0, 0.0],
        [0.5, 1.5, 0.5],
        [-1.0, 0.3, 2.0],
        [0.2, -0.4, 1.0],
        [2.0, 2.0, 1.0],
    ]
)


def test_values_of_the_authors_codes() -> None:
    """Computed with NumPy from the code of each, at the commit that its comment names."""
    # mlfoundations/open_clip 89fb801, ClipLoss and SigLipLoss
    np.testing.assert_allclose(
        ls.contrastive.clip(S, temperature=0.07).mean(), 1.4674066285588243, rtol=1e-12
    )
    np.testing.assert_allclose(
        ls.contrastive.siglip_batch(S).mean(), 3.52596627696377, rtol=1e-12
    )
    # fartashf/vsepp abe382f, ContrastiveLoss, which adds up both directions
    for negatives, expected in (("all", 1.4), ("hardest", 1.25)):
        loss = ls.contrastive.both_directions(
            f"triplet(margin=0.2, negatives='{negatives}')"
        )
        np.testing.assert_allclose(2 * loss(S).sum(), expected, rtol=1e-12)
    # HobbitLong/SupContrast 66a8fe5, with its base temperature equal to the temperature
    labels = np.array([0, 0, 1, 1, 2])
    np.testing.assert_allclose(
        ls.contrastive.supervised(X, labels, temperature=0.07).mean(),
        0.1711130278689534,
        rtol=1e-12,
    )


@pytest.mark.lengthy
def test_nt_xent_is_that_of_optax() -> None:
    views = jnp.concatenate([X, X + 0.3 * X[::-1]])
    labels = jnp.tile(jnp.arange(5), 2)
    ours = ls.contrastive.nt_xent(X, X + 0.3 * X[::-1], temperature=0.5).mean()
    # The code of optax relies on promotions that our tests switch off.
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        theirs = optax.ntxent(views, labels, temperature=0.5)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.lengthy
def test_a_batch_is_made_of_its_rows() -> None:
    for spec in ("info_nce", "decoupled", "triplet", "siglip", "mil_nce"):
        of_row, of_batch = ls.objective(spec), ls.contrastive.rows(spec)
        expected = [of_row(row, jax.nn.one_hot(k, 3)) for k, row in enumerate(S)]
        np.testing.assert_allclose(of_batch(S), expected)
        both = ls.contrastive.both_directions(spec)(S)
        np.testing.assert_allclose(both, (of_batch(S) + of_batch(S.T)) / 2)
    others = np.array([1, 2, 0])
    of_label = ls.contrastive.rows("info_nce")
    np.testing.assert_allclose(
        of_label(S, others)[0], ls.objective("info_nce")(S[0], jnp.eye(3)[1])
    )
    np.testing.assert_allclose(
        ls.contrastive.rows("siglip")(S, jnp.eye(3)), ls.contrastive.siglip_batch(S)
    )


@pytest.mark.lengthy
def test_embeddings_of_any_length_and_an_anchor_that_is_left_out() -> None:
    sizes = jnp.array([1e-200, 1.0, 1e200, 3.0, 0.5])[:, None]
    labels = np.array([0, 0, 1, 1, 1])
    np.testing.assert_allclose(
        ls.contrastive.supervised(X * sizes, labels),
        ls.contrastive.supervised(X, labels),
    )
    gradient = jax.grad(lambda x: ls.contrastive.supervised(x, labels).sum())(X)
    # Lengths do not matter, so the gradient is orthogonal to the embedding.
    np.testing.assert_allclose((gradient * X).sum(axis=1), 0, atol=1e-12)


def test_temperatures_scales_and_biases_are_learned() -> None:
    run = lambda t, b: (
        ls.contrastive.clip(S, temperature=t).mean()
        + ls.contrastive.siglip_batch(S, scale=1 / t, bias=b).mean()
    )
    slopes = jax.jit(jax.grad(run, (0, 1)))(0.5, -3.0)
    for k, slope in enumerate(slopes):
        step = 1e-6 * np.eye(2)[k]
        up, down = (run(*(np.array([0.5, -3.0]) + sign * step)) for sign in (1, -1))
        np.testing.assert_allclose(slope, (up - down) / 2e-6, rtol=1e-6)
    assert np.isnan(jax.jit(run)(-0.5, 0.0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ls.contrastive.clip(S[:2]),
            ValueError,
            r"shape \[n, n\], got \(2, 3\)",
        ),
        (lambda: ls.contrastive.clip(S.astype(int)), TypeError, "floating point"),
        (lambda: ls.contrastive.clip(S, temperature=0.0), ValueError, "temperature"),
        (lambda: ls.contrastive.siglip_batch(S[0]), ValueError, "a matrix"),
        (
            lambda: ls.contrastive.rows("info_nce")(S[:, :2]),
            ValueError,
            "needs `positives`",
        ),
        (lambda: ls.contrastive.nt_xent(X, X[:2]), ValueError, "the same shape"),
        (
            lambda: ls.contrastive.supervised(X, np.ones(5)),
            TypeError,
            "must be integers",
        ),
        (lambda: ls.contrastive.supervised(X, np.ones(4, int)), ValueError, "shape"),
        (lambda: ls.contrastive.rows("siglip")(S, np.arange(3)), TypeError, "one_hot"),
    ],
)
def test_bad_arguments_are_explained(call, error, message: str) -> None:
    with pytest.raises(error, match=message):
        call()

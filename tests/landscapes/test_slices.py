"""Rays, planes, boxes and the simplex go where they say."""

import jax
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.landscapes.probe_rays import PROBE_RAYS

pytestmark = pytest.mark.quick

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

"""What `ls.linear_loss` refuses, and how it says so."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

X, W, Y = jnp.ones((3, 2)), jnp.ones((4, 2)), jnp.zeros(3, int)


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"tile": 0}, ValueError, "tile=.*at least 1, got 0"),
        ({"tile": -4}, ValueError, "tile=.*at least 1, got -4"),
        ({"tile": True}, ValueError, "tile=.*got True"),
        ({"soft_cap": 0.0}, ValueError, "soft_cap=.*greater than 0, got 0.0"),
        ({"soft_cap": float("inf")}, ValueError, "soft_cap=.*finite"),
        ({"z_loss": -1.0}, ValueError, "z_loss=.*at least 0, got -1.0"),
        ({"class_axis_name": "k"}, ValueError, "class_axis_name=.*sparsemax_loss"),
    ],
)
def test_configuration_that_does_not_fit_is_refused(
    config: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ls.linear_loss("sparsemax_loss", **config)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"features": jnp.ones((3, 2), int)}, TypeError, "`features`.*floating"),
        ({"features": jnp.ones(())}, ValueError, r"`features`.*\[\.\.\., d\]"),
        ({"features": jnp.ones((3, 0))}, ValueError, "`features`.*d >= 1"),
        ({"weights": jnp.ones((4, 3))}, ValueError, r"`weights`.*\[K, 2\].*\(4, 3\)"),
        ({"weights": jnp.ones(2)}, ValueError, r"`weights`.*got \(2,\)"),
        ({"weights": jnp.ones((1, 2))}, ValueError, "`weights`.*K >= 2"),
        ({"weights": jnp.ones((4, 2), int)}, TypeError, "`weights`.*floating"),
        ({"bias": jnp.ones(3)}, ValueError, r"`bias`.*\(4,\).*got \(3,\)"),
        ({"bias": jnp.ones(4, int)}, TypeError, "`bias`.*floating"),
        ({"labels": jnp.zeros(4, int)}, ValueError, r"`labels`.*\(3,\).*\(4,\)"),
        ({"labels": jnp.zeros(3)}, TypeError, "`labels`.*integers"),
        ({"labels": np.array([0, 4, 0])}, IndexError, "`labels`.*0 and 3, got 4"),
        ({"labels": np.array([0, -1, 0])}, IndexError, "`labels`.*got -1"),
        ({"mask": jnp.ones(3)}, TypeError, "`mask`.*boolean"),
        ({"mask": jnp.ones(2, bool)}, ValueError, r"`mask`.*\(3,\).*\(2,\)"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    given: dict[str, Any] = {"features": X, "weights": W, "labels": Y, **arguments}
    loss = ls.linear_loss("softmax + cross_entropy")
    with pytest.raises(error, match=message):
        loss(**given)


def test_a_label_out_of_range_is_no_matter_in_a_row_that_is_not_counted() -> None:
    loss = ls.linear_loss("softmax + cross_entropy", ignored_label=-1)
    mask = jnp.array([True, True, False])
    losses = loss(X, W, jnp.array([0, -1, 99]), mask=mask)
    assert losses[1:].tolist() == [0.0, 0.0]


def test_a_class_axis_is_one_of_shard_map() -> None:
    loss = ls.linear_loss("softmax + cross_entropy", class_axis_name="classes")
    with pytest.raises(ValueError, match=r"class_axis_name=.*shard_map.*'classes'"):
        loss(X, W, Y)

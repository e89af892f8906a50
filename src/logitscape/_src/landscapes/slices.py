"""Rays, planes and boxes in logit space, for any number of classes."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from ..base.conversion import entries
from ..base.messages import quoted
from ..base.types import Number
from . import slice_arguments as checked
from .probe_rays import probe_ray
from .slice import Slice, affine_point, line_formula, vector_text
from .slice_arguments import Coordinates, Grid

NAMES_BY_DIMENSION = {1: "line", 2: "plane"}


def ray(
    direction: str | Coordinates,
    s: Coordinates,
    *,
    num_classes: int | None = None,
    label: int = 0,
    rival: int = 1,
    base: Number = 0.0,
    origin: Coordinates | None = None,
) -> Slice:
    """A straight line of logits, `z = origin + s * direction`.

    Three probe rays have names. Along each of them the margin `z_label - z_rival` falls
    by 1 per unit of `s`:

    * "R1" or "rival_up": the rival's logit rises, `z_rival = base + s`;
    * "R2" or "label_down": the label's logit falls, `z_label = base - s`;
    * "R3" or "margin": both move by half, `z_label = base - s/2` and
      `z_rival = base + s/2`.

    Args:
        direction: Vector [n] that is finite and not zero, or the name or alias of a
            probe ray.
        s: Positions along the ray, finite and strictly increasing, of either sign.
        num_classes: Number of classes, n. By default it is the length of the vectors
            that are given, and 3 if there are none. One logit, the binary case of a multi-label
            loss, has no rival, and of the probe rays only "R2".
        label: True class, the label of a probe ray.
        rival: Wrong class that a probe ray compares with the label.
        base: Value of every logit at s = 0. Normalizers that need positive logits want
            a base of 1.
        origin: Logits at s = 0, [n], instead of `base`.

    Returns:
        Slice with the single coordinate "s". Its name is "R1", "R2" or "R3" for a probe
        ray, also where an alias was given, and otherwise "ray".

    Raises:
        ValueError: If the name is unknown, coordinates are not finite and increasing,
            the direction is zero, a class does not exist, or lengths differ.

    >>> import logitscape as ls
    >>> ls.ray("margin", [0.0, 1.0, 2.0])
    Slice('R3', z = (0, 0, 0) + s (-0.5, 0.5, 0); s: 3 from 0 to 2; 3 classes)
    >>> ls.ray([0, 0, 1, -1], [0.0, 5.0]).name
    'ray'
    """
    coordinates = {"s": checked.axis("ray", "s", s)}
    if isinstance(direction, str):
        probe = probe_ray("ray", direction)
        n = checked.class_count("ray", num_classes, origin=origin)
        if n == 1:
            checked.only_class("ray", label, probe)
        else:
            checked.label_and_rival("ray", label, rival, n)
        name = probe.name
        vector = probe.direction(n, label, rival)
    else:
        name = "ray"
        vector = checked.direction("ray", "direction", direction)
        n = checked.class_count("ray", num_classes, direction=vector, origin=origin)
    start = checked.starting_point("ray", origin, base, n)
    return Slice(
        name=name,
        coordinates=coordinates,
        embed=partial(affine_point, start, vector[None]),
        num_classes=n,
        description=line_formula(start, vector),
    )


def plane(
    x: Coordinates,
    y: Coordinates,
    *,
    axes: tuple[int, int] = (0, 1),
    num_classes: int | None = None,
    base: Number = 0.0,
    origin: Coordinates | None = None,
    directions: tuple[Coordinates, Coordinates] | None = None,
) -> Slice:
    """A plane of logits: two of them vary, or any two directions span it.

    With `axes` the logits of these two classes are `x` and `y`, and the others keep
    their value. With `directions` the points are `origin + x d_1 + y d_2`.

    Args:
        x: First coordinate, finite and strictly increasing.
        y: Second coordinate, finite and strictly increasing.
        axes: Two different classes whose logits are the coordinates.
        num_classes: Number of classes, n. By default it is the length of the vectors
            that are given, and 3 if there are none.
        base: Value of the other logits.
        origin: Logits [n], instead of `base`.
        directions: Two vectors [n] that are not parallel, instead of `axes`.

    Returns:
        Slice "plane" with the coordinates "z_0" and "z_1" (or of other classes, as
        `axes` says), and with `directions` the coordinates "x" and "y".

    Raises:
        ValueError: If coordinates are not finite and increasing, a class does not exist
            or is named twice, directions are parallel, or lengths differ.

    >>> import logitscape as ls
    >>> ls.plane([-1.0, 1.0], [0.0, 2.0, 4.0], axes=(0, 2))
    Slice('plane', z_0, z_2, z_1 = 0; z_0: 2 from -1 to 1, z_2: 3 from 0 to 4; 3 classes)
    """
    x_axis = checked.axis("plane", "x", x)
    y_axis = checked.axis("plane", "y", y)
    if directions is None:
        n = checked.class_count("plane", num_classes, origin=origin)
        classes = checked.different_classes("plane", "axes", axes, n)
        if len(classes) != 2:
            raise ValueError(f"`plane(axes=...)` must name two classes, got {classes}.")
        first, second = classes
        start = checked.starting_point("plane", origin, base, n)
        return _along_axes({first: x_axis, second: y_axis}, start)
    vectors = checked.two_directions("plane", "directions", directions)
    first_vector = vectors[0]
    second_vector = vectors[1]
    n = checked.class_count(
        "plane", num_classes, directions=first_vector, origin=origin
    )
    start = checked.starting_point("plane", origin, base, n)
    formula = line_formula(start, first_vector, "x")
    return Slice(
        name="plane",
        coordinates={"x": x_axis, "y": y_axis},
        embed=partial(affine_point, start, vectors),
        num_classes=n,
        description=f"{formula} + y {vector_text(second_vector)}",
    )


def box(
    axes: Mapping[int, Coordinates] | Sequence[Coordinates],
    *,
    num_classes: int | None = None,
    base: Number = 0.0,
    origin: Coordinates | None = None,
) -> Slice:
    """A box of logits with up to n dimensions: the named logits vary, the others stay.

    Args:
        axes: Coordinates by class, each finite and strictly increasing. A list holds
            those of the first classes.
        num_classes: Number of classes, n. By default it is the length of `origin`, and 3
            without one.
        base: Value of the logits that stay.
        origin: Logits [n], instead of `base`.

    Returns:
        Slice "line", "plane" or "box", by its number of dimensions, with the coordinates
        "z_0", "z_1", ...

    Raises:
        ValueError: If coordinates are not finite and increasing, a class does not exist,
            or there are more axes than classes.

    >>> import logitscape as ls
    >>> ls.box([[0.0, 1.0], [0.0, 1.0, 2.0], [5.0, 6.0]]).shape
    (2, 3, 2)
    """
    several = entries(axes)
    if several is None:
        raise ValueError(
            "`box(axes=...)` must be coordinates by class, or a list of them, "
            f"got {quoted(axes)}."
        )
    by_class = dict(axes) if isinstance(axes, Mapping) else dict(enumerate(several))
    n = checked.class_count("box", num_classes, origin=origin)
    checked.different_classes("box", "axes", by_class, n)
    grids = {}
    for k, values in by_class.items():
        grids[k] = checked.axis("box", f"axes[{k}]", values)
    start = checked.starting_point("box", origin, base, n)
    return _along_axes(grids, start)


def _along_axes(grids: Mapping[int, Grid], start: Grid) -> Slice:
    """The slice on which the logits of some classes vary and the others are as in `start`."""
    n = len(start)
    moving = list(grids)
    origin = start.copy()
    # A logit that moves is its coordinate itself, to which nothing is added.
    origin[moving] = 0
    coordinates = {f"z_{k}": grid for k, grid in grids.items()}
    others = [k for k in range(n) if k not in grids]
    equations = [f"z_{k} = {origin[k]:g}" for k in others]
    return Slice(
        name=NAMES_BY_DIMENSION.get(len(grids), "box"),
        coordinates=coordinates,
        embed=partial(affine_point, origin, np.eye(n)[moving]),
        num_classes=n,
        description=", ".join([*coordinates, *equations]),
    )

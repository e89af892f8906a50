"""The joint matrix of the similarities of all rows of two sets, from those between the sets."""

from typing import Any

import numpy as np

NO_RIVAL = 1e3
"""Similarity of rows that match beyond doubt; with a minus that of rows that are no rivals."""


def joint_matrix(similarities: Any, *, in_pairs: bool = False) -> Any:
    """The joint matrix [2 n, 2 n] of two sets of rows, from the similarities between them [n, n].

    The rows of one set are no rivals, and those of the second set are matched beyond doubt.

    Args:
        similarities: Those between the sets, [n, n].
        in_pairs: Whether the row of each set is followed by that of the other one.
    """
    n = len(similarities)
    apart, eye, nothing = np.full((n, n), -NO_RIVAL), np.eye(n), np.zeros((n, n))
    of_one_set = np.where(eye > 0, 0.0, apart)
    others = np.block([[of_one_set, nothing], [NO_RIVAL * eye, of_one_set]])
    between = np.block([[nothing, nothing + 1], [nothing, nothing]])
    places = np.arange(2 * n) % n
    tiled = similarities[places][:, places]
    joint = tiled * constant(between, similarities) + constant(others, similarities)
    if not in_pairs:
        return joint
    order = np.arange(2 * n).reshape(2, n).T.ravel()
    return joint[order][:, order]


def constant(values: Any, like: Any) -> Any:
    """Values as an array of the framework, and of the dtype, of another one."""
    if hasattr(like, "new_tensor"):
        return like.new_tensor(values)
    return values.astype(like.dtype)


def joint_matrix_code(library: str, *, in_pairs: bool = False) -> str:
    """Code of the joint matrix of two sets of rows, of the similarities `s` between them."""
    join = "torch.cat" if library == "torch" else f"{library}.concatenate"
    eye = f"{library}.eye(len(s), dtype=s.dtype)"
    of_one_set = f"{NO_RIVAL:g} * ({eye} - 1)"
    first = f"{join}([{of_one_set}, s], 1)"
    second = f"{join}([{NO_RIVAL:g} * {eye}, {of_one_set}], 1)"
    code = f"{join}([{first}, {second}], 0)"
    if not in_pairs:
        return code
    transposed = f"{library}.arange(2 * len(s)).reshape(2, -1).T.reshape(-1)"
    return f"(lambda m, i: m[i][:, i])({code}, {transposed})"

"""In which order to show units, so that those that behave alike stand side by side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_LONGEST = 2048
_ROUNDS = 24


def similarity_order(values: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """An order of the N units that puts similar ones side by side, (N,) indices.

    Units are compared by the correlation of their values over the characters of a window. The two
    directions that explain most of all correlations make a plane; units are ordered by their angle
    in it, as corrgrams are (Friendly 2002), from the widest gap on. A unit and its mirror image
    stand opposite each other. Units that do not vary come last, in their own order.

    Args:
        values: (N, b) of any float type; a window of more than some 2,000 characters is thinned.
    """
    step = max(1, -(-values.shape[1] // _LONGEST))
    centred = values[:, ::step].astype(np.float32)
    if not centred.size:
        return np.arange(len(values))
    centred -= centred.mean(1, keepdims=True)
    length = np.sqrt(np.einsum("nb,nb->n", centred, centred))
    varying = np.flatnonzero(length > 1e-4 * np.sqrt(centred.shape[1]))
    still = np.setdiff1d(np.arange(len(values)), varying)
    if len(varying) < 3:
        return np.concatenate([varying, still])
    directions = _leading_plane(centred[varying] / length[varying, None])
    angles = np.arctan2(directions[:, 1], directions[:, 0])
    order = np.argsort(angles, kind="stable")
    gaps = np.diff(angles[order], append=angles[order[0]] + 2 * np.pi)
    return np.concatenate([varying[np.roll(order, -1 - int(gaps.argmax()))], still])


def _leading_plane(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The two leading eigenvectors of rows @ rows.T, (N, 2), by iterating on a few more."""
    drawn = np.random.default_rng(0).normal(size=(len(rows), min(8, len(rows))))
    basis = drawn.astype(np.float32)
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(rows @ (rows.T @ basis))[0]
    small = rows.T @ basis
    eigenvalues, turned = np.linalg.eigh(small.T @ small)
    leading = np.argsort(eigenvalues)[::-1][:2]
    plane: npt.NDArray[np.float32] = basis @ turned[:, leading]
    # The sign of an eigenvector means nothing; the first unit decides, so that it stays put.
    return plane * np.where(plane[np.abs(plane).argmax(0), [0, 1]] < 0, -1, 1).astype(np.float32)

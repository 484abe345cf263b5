"""Vectors of symbols: who is near whom, the principal plane, and their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from rnnviz.core.cells.symbol_vectors import (
    SymbolVectors,
    principal_plane,
    read_vectors,
    write_vectors,
)
from rnnviz.core.errors import ModelFileError


@pytest.mark.parametrize("shape", [(40, 6), (5, 12), (3, 1)])
def test_the_plane_is_that_of_principal_components(shape: tuple[int, int]) -> None:
    vectors = np.random.default_rng(0).normal(size=shape) * np.arange(1, shape[1] + 1)
    plane, shares = principal_plane(vectors)
    count = min(2, *shape)
    fitted = PCA(n_components=count)
    wanted = fitted.fit_transform(vectors)
    assert np.abs(plane[:, :count]) == pytest.approx(np.abs(wanted), rel=1e-4, abs=1e-4)
    assert shares[:count] == pytest.approx(fitted.explained_variance_ratio_, rel=1e-6)


def test_one_symbol_or_all_alike_make_no_trouble() -> None:
    for vectors in (np.ones((1, 4)), np.ones((6, 4))):
        plane, shares = principal_plane(vectors)
        assert not plane.any() and shares == (0.0, 0.0)


def test_the_nearest_leave_out_filling_and_itself(tmp_path: Path) -> None:
    names = ("<pad>", "<unk>", "good", "fine", "bad", "\u2581film")
    rows = np.array([[1, 1], [1, 1], [1, 0], [2, 0.2], [-1, 0], [0, 3]], np.float32)
    write_vectors(tmp_path / "v.npz", rows)
    found = read_vectors(tmp_path / "v.npz", names, "embedding")
    assert isinstance(found, SymbolVectors)
    near = found.nearest(2, 10)
    assert [names[place] for place, _ in near] == ["fine", "\u2581film", "bad"]
    assert near[0][1] == pytest.approx(2 / np.hypot(2, 0.2))
    assert near[2][1] == pytest.approx(-1)
    assert (found.place_of("Good"), found.place_of("film"), found.place_of("x")) == (2, 5, None)
    with pytest.raises(ModelFileError, match="about other symbols"):
        read_vectors(tmp_path / "v.npz", names[:3], "embedding")

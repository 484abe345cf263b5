"""The vectors that stand for symbols in a network: which lie near each other, and their plane."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.array_files import read_arrays
from rnnviz.core.files.writing import replacing

Source = Literal["embedding", "input-weights", "front"]
IN_WORDS: dict[Source, str] = {
    "embedding": "the learned embedding",
    "input-weights": "the columns of the first layer's input weights",
    "front": "the columns of the layer that one-hot vectors enter",
}  # fmt: skip
_SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")


class SymbolVectors(Struct, frozen=True):
    """V symbols and what stands for each."""

    symbols: tuple[str, ...]
    vectors: npt.NDArray[np.float32]
    """(V, E)."""
    plane: npt.NDArray[np.float32]
    """(V, 2) the two directions in which they differ most; see `principal_plane`."""
    explained: tuple[float, float]
    """The share of the variance along each of the two."""
    source: Source

    def place_of(self, word: str) -> int | None:
        """The place of a symbol; also of one in lower case, or that begins a word."""
        for spelled in (word, word.lower(), f"\u2581{word}", f"\u2581{word.lower()}"):
            if spelled in self.symbols:
                return self.symbols.index(spelled)
        return None

    def nearest(self, place: int, count: int = 10) -> list[tuple[int, float]]:
        """The places of the nearest other symbols, and the cosine of the angle to each.

        What stands for nothing that is read, such as filling, is left out.
        """
        norms = np.maximum(np.linalg.norm(self.vectors, axis=1), 1e-12)
        cosines = self.vectors @ self.vectors[place] / (norms * norms[place])
        left_out = [n for n, symbol in enumerate(self.symbols[:8]) if symbol in _SPECIAL]
        cosines[[place, *left_out]] = -np.inf
        order = np.argsort(-cosines, kind="stable")[: max(0, count)]
        return [(int(n), float(cosines[n])) for n in order if np.isfinite(cosines[n])]


def principal_plane(
    vectors: npt.NDArray[np.floating],
) -> tuple[npt.NDArray[np.float32], tuple[float, float]]:
    """Vectors (V, E) in their two principal directions, (V, 2), and the share of variance of each.

    Principal component analysis (Pearson 1901); a direction points to where its largest number is.

    >>> plane, shares = principal_plane(np.array([[3.0, 0, 0], [-3, 0, 0], [0, 1, 0], [0, -1, 0]]))
    >>> plane.round(3).tolist()[0], [round(share, 2) for share in shares]
    ([3.0, 0.0], [0.9, 0.1])
    """
    centred = np.asarray(vectors, np.float64) - np.mean(vectors, axis=0, dtype=np.float64)
    if len(centred) < centred.shape[1]:
        values, left = np.linalg.eigh(centred @ centred.T)
        directions = centred.T @ left[:, ::-1][:, :2]
        directions /= np.maximum(np.linalg.norm(directions, axis=0), 1e-300)
    else:
        values, right = np.linalg.eigh(centred.T @ centred)
        directions = right[:, ::-1][:, :2]
    plane = np.zeros((len(centred), 2))
    found = centred @ directions
    plane[:, : found.shape[1]] = found
    largest_at = np.abs(plane).argmax(axis=0)
    plane *= np.where(plane[largest_at, [0, 1]] < 0, -1.0, 1.0)
    total = float(np.square(centred).sum()) or 1.0
    largest = [*np.maximum(values[::-1][:2], 0), 0.0, 0.0]
    return plane.astype(np.float32), (float(largest[0]) / total, float(largest[1]) / total)


def write_vectors(path: Path, vectors: npt.NDArray[np.float32]) -> None:
    """Vectors and their plane, for `read_vectors`.

    Raises:
        OSError: the file cannot be written.
    """
    plane, explained = principal_plane(vectors)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, vectors=vectors, plane=plane, explained=np.array(explained))


def read_vectors(path: Path, symbols: Sequence[str], source: Source) -> SymbolVectors:
    """What `write_vectors` wrote; nothing in the file is executed.

    Raises:
        ModelFileError: it is missing or damaged, or is about other symbols.
    """
    try:
        arrays = read_arrays(path)
        vectors, plane = arrays["vectors"], arrays["plane"]
        first, second = arrays["explained"].tolist()
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path.name} holds no vectors of symbols: {error}") from error
    if len(vectors) != len(symbols) or plane.shape != (len(symbols), 2):
        raise ModelFileError(f"{path.name} is about other symbols; open the model again")
    return SymbolVectors(tuple(symbols), vectors, plane, (first, second), source)

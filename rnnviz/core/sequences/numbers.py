"""Rows of numbers: a step is a row of F of them, each column with a name; nothing is text here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences.base import Files, Layout
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text

VALUES = "numbers.f32"


class NumbersLayout(Layout, frozen=True, kw_only=True, tag="numbers"):
    """Numbers: `numbers.f32`, (T, F) float32."""

    columns: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=1 << 20)]

    def map(self, files: Files, length: int, name: str, path: Path | None) -> Numbers:
        """The numbers that lie in this file."""
        values = files.read(VALUES, "<f4", (length, len(self.columns)))
        return Numbers(values, self.columns, name, path)


class Numbers:
    """T rows of F numbers, read-only.

    Args:
        values: (T, F) float32; NaN where a number is missing.
        columns: F names.

    Raises:
        ValueError: there are not as many names as columns.
    """

    def __init__(
        self,
        values: npt.NDArray[np.float32],
        columns: tuple[str, ...],
        name: str = "",
        path: Path | None = None,
        documents: Documents | None = None,
    ) -> None:
        if values.ndim != 2 or values.shape[1] != len(columns):
            raise ValueError(f"numbers of shape {values.shape} cannot have {len(columns)} columns")
        self.values = values
        self.columns = columns
        self.name = name
        self.path = path
        self.documents = documents or Documents.one(len(values))
        self.beside: Mapping[str, npt.NDArray[np.float32]] = {}
        """Further columns (T,) by name that were not read: what was to come out."""

    @property
    def named(self) -> dict[str, npt.NDArray[np.float32]]:
        """Every column (T,) by its name, those that were read first."""
        read = {name: self.values[:, place] for place, name in enumerate(self.columns)}
        return {**self.beside, **read} if self.beside else read

    @property
    def text(self) -> Text:
        """There is none: an empty text."""
        return Text(np.zeros(0, np.uint8), self.name, self.path)

    def __len__(self) -> int:
        return len(self.values)

    def label(self, step: int) -> str:
        """The numbers of a row with their names: `x 0.5, y -1`."""
        row = self.values[step].tolist()
        return ", ".join(
            f"{name} {value:.3g}" for name, value in zip(self.columns, row, strict=True)
        )

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Nothing is shown as text."""
        return 0, 0

    def ends(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Nothing is shown as text."""
        return np.zeros(max(0, stop - start), np.int64)

    def step_at(self, character: int) -> int:
        """Nothing is shown as text."""
        return 0

    def steps_at(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Nothing is shown as text."""
        return np.full(max(0, stop - start), -1)

    def known(self, start: int, stop: int, vocabulary: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """A network knows every number."""
        return np.ones(max(0, min(stop, len(self)) - start), bool)

    def layout(self, vocabulary: tuple[str, ...]) -> NumbersLayout:
        """What a recording's description says of them."""
        return NumbersLayout(columns=self.columns)

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What lies in files."""
        return {VALUES: np.ascontiguousarray(self.values, "<f4")}

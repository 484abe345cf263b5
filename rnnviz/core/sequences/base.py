"""What a network reads, one step after the other; each kind of sequence is a file beside this one.

==============  =============================================================================
`Text`          characters: a step is a character of the text that people see
`Tokens`        words, subwords or bytes, each with its place in the text that people see
`Numbers`       (T, F) numbers with names of the columns; there is no text
==============  =============================================================================

To add one: a class that keeps to `Sequence`, its layout, and its name in `sequences.kinds`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.sequences.documents import Documents

if TYPE_CHECKING:
    from rnnviz.core.sequences.text import Text


class Layout(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What `recording.json` says of a sequence; the arrays lie in files beside it."""

    def map(self, files: Files, length: int, name: str, path: Path | None) -> Sequence:
        """The sequence of so many steps that lies in these files.

        Raises:
            ValueError: what the files hold makes no sense.
        """
        raise NotImplementedError


class Files(Protocol):
    """Where the arrays of a sequence lie."""

    def read(self, name: str, dtype: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """The array of this file, memory-mapped."""
        ...


class Sequence(Protocol):
    """T steps, read-only; a long one is memory-mapped."""

    documents: Documents
    """Its D documents; the state of a network starts anew at each."""

    @property
    def name(self) -> str:
        """For people: of the file it is from."""
        ...

    @property
    def path(self) -> Path | None:
        """That file, where there is one."""
        ...

    @property
    def text(self) -> Text:
        """The text that people see; empty where there is none."""
        ...

    def __len__(self) -> int: ...

    def label(self, step: int) -> str:
        """What a step is called: its character, its token, its numbers."""
        ...

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """From which character of the shown text to which these steps stand."""
        ...

    def ends(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """The character after each of these steps, (stop - start,)."""
        ...

    def step_at(self, character: int) -> int:
        """The step that stands at a character of the shown text, or the last one before it."""
        ...

    def steps_at(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """The step that stands at each of these characters, (stop - start,); -1 between steps."""
        ...

    def known(self, start: int, stop: int, vocabulary: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Which of these steps a network with this vocabulary knows, (stop - start,)."""
        ...

    def layout(self, vocabulary: tuple[str, ...]) -> Layout:
        """What a recording's description says of it."""
        ...

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What lies in files, by the name of the file."""
        ...


def steps_standing_at(sequence: Sequence, start: int, stop: int) -> tuple[int, int]:
    """From which step to which stand at these characters of the shown text, which are some."""
    first = sequence.step_at(start)
    return first, max(first, sequence.step_at(stop - 1)) + 1

"""What an importer is, and the file that it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from rnnviz.nets.opened import OpenedModel

Read = TypeVar("Read")
LIST_READINGS = -1
"""The reading that is none: every one is named instead, in `ReadingNeeded`."""


class ModelFile:
    """A file that is to be opened. What is read of it is read once, whoever asks for it.

    Several importers look at the same header, and what one of them has read to recognise a file
    another may load.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[Callable[[Any], Any], Any] = {}
        self._problems: dict[Callable[[Any], Any], Exception] = {}

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    def read(self, reader: Callable[[Path], Read]) -> Read:
        """What this function reads of the file; it is called once, also if it raises."""
        return self._once(reader, self.path)

    def find(self, finder: Callable[[ModelFile], Read]) -> Read:
        """What this function finds in what others have read; it is called once, likewise."""
        return self._once(finder, self)

    def _once(self, function: Callable[[Any], Read], given: object) -> Read:
        if function in self._problems:
            raise self._problems[function]
        if function not in self._known:
            try:
                self._known[function] = function(given)
            except Exception as error:
                self._problems[function] = error
                raise
        found: Read = self._known[function]
        return found


@dataclass(frozen=True)
class Companions:
    """What a person chose to go with a file that does not say everything itself."""

    vocabulary: Sequence[str] | None = None
    """The characters in the order of their ids."""
    sentences: Path | None = None
    """The file of sentences, or the folder with it, that a translator's words come from."""
    reading: int = 0
    """Which of the networks that the tensors may be, from 1; 0 takes the likeliest, where nothing
    has to be asked; `LIST_READINGS` asks in any case."""
    path: Path | None = None
    """The file itself: lists may lie beside it."""
    symbols: bool = False
    """Whether symbols will be given: what may read symbols or numbers reads symbols."""


class Importer(Protocol):
    """A file format: recognised by its content, read without running anything that it holds."""

    name: str
    """The key: `torch7`."""
    title: str
    """For people: `Torch7 file of torch-rnn`."""
    holds: str
    """What such a file holds, for the table of formats in `docs/opening.md`."""
    needs: str
    """What has to be given with it, likewise."""
    refuses: str
    """What of this format is refused, likewise."""

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether the content is of this format; what was read for it is kept in `file`."""
        ...

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file, of whatever kind it is.

        Args:
            companions: what was chosen to go with it; where the file says it itself, the file wins.

        Raises:
            VocabularyNeeded: the characters are neither in the file nor given.
            SentencesNeeded: likewise, the sentences of a translator.
            ModelFileError: truncated, hostile, or no model that can be shown.
        """
        ...

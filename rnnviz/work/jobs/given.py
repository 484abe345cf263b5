"""How a request names a model or a text: by its file, or as a whole where no file holds it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.sequences.text import Text


class ModelGiven(msgspec.Struct, frozen=True):
    """A model's file, and what a person chose to go with it."""

    path: str
    vocabulary: tuple[str, ...] | None = None
    """The characters of a file that has none."""
    sentences: str = ""
    """The file that a translator's words were numbered from, where its own does not say."""
    reading: int = 0
    """Which of the networks that its tensors may be, from 1; 0 takes the likeliest."""
    digest: str = ""
    """Which state of the file is meant, as it was when it was opened; empty for the present one."""
    intervention: Intervention | None = None
    """What is done to one of its units whatever it reads."""

    @property
    def stamp(self) -> str:
        """One word that tells this network from others, for the names of its walks."""
        file = self.digest or str((self.path, self.vocabulary))
        if self.intervention is None:
            return file
        # Not in words for people: those round the value.
        return f"{file} {msgspec.json.encode(self.intervention).decode()}"


class TextGiven(msgspec.Struct, frozen=True):
    """A text."""

    path: str = ""
    """Its file; where there is none, all of it stands in `text`."""
    text: str = ""
    name: str = ""

    @classmethod
    def of(cls, text: Text) -> TextGiven:
        """What names this text."""
        if text.path is not None:
            return cls(str(text.path))
        return cls(text=str(text), name=text.name)

    def read(self) -> Text:
        """The text.

        Raises:
            TextError: its file cannot be read.
        """
        return Text.read(Path(self.path)) if self.path else Text.of(self.text, self.name)

"""A text that lies in no file, kept as one, so that a run can learn from it."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.errors import TextError
from rnnviz.core.files.names import digest_of
from rnnviz.core.files.reading import exists
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.sequences.text import Text

_KEPT_LETTERS = 40


def keep_text(folder: Path, text: Text) -> tuple[Path, bool]:
    """The file that holds this text, named after it and its content; whether it is a new one.

    A run reads its text again when it is resumed, so what one learned from is never written over.

    Raises:
        TextError: it cannot be written.
    """
    content = str(text).encode("utf-8", "surrogatepass")
    named = "".join(letter if letter.isalnum() else " " for letter in text.name)
    stem = "-".join(named.split())[:_KEPT_LETTERS] or "text"
    path = folder / f"{stem}-{digest_of(str(text), 8)}.txt"
    if exists(path):
        return path, False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content, wait=False)
    except OSError as error:
        raise TextError(f"cannot keep the text in {folder}: {error.strerror}") from error
    return path, True

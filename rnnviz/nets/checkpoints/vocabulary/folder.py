"""The vocabulary that lies beside a model under one of the names that programs give it."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary

_NAMES = (
    "tokenizer.json", "vocab.json", "vocab.txt", "vocab.pkl", "char_to_idx.json", "char2idx.json",
    "word2idx.json", "vocabulary/tokens.txt",
)  # fmt: skip
"""As Hugging Face, AllenNLP and many programs call it."""


def vocabulary_in_folder(path: Path, size: int) -> tuple[tuple[str, ...], str] | None:
    """The symbols of a list of just this size beside the file, and its name; None without one."""
    for name in _NAMES:
        place = path.parent / name
        try:
            if place.is_file() and (named := read_vocabulary(place, size)) is not None:
                return named.characters, name
        except (ModelFileError, TextError, OSError):
            continue  # of another model, or damaged: it is asked for
    return None

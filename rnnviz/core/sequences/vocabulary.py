"""Which characters a model knows, and in which order; nothing about files or networks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import ModelFileError

FORMS = (
    "the text it was trained on; or a list: all characters in order in one line, one character or "
    "word a line, JSON (a list, or an object in either direction, alone or inside another, such as "
    "word2idx, itos, the word index or Tokenizer of Keras, or a tokenizer.json of whole words or "
    "of byte-level pairs as GPT-2's), the list of RWKV World, a pickle or torch.save of such, an "
    ".npy array. A list is taken as it stands; line ends behind it and a byte-order mark do not "
    "matter"
)
"""What may be given as a vocabulary; the help, the dialog and the documentation show it."""
UNKNOWN = -1
"""The id of a character that is outside the vocabulary."""


class Vocabulary:
    """An ordered set of V characters; a character's id is its place in the order.

    >>> vocabulary = Vocabulary("abc")
    >>> vocabulary.encode("cab!").tolist()
    [2, 0, 1, -1]
    >>> vocabulary.decode([2, 0, 1])
    'cab'
    """

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters: tuple[str, ...] = tuple(characters)
        if any(len(character) != 1 for character in self.characters):
            longest = max(self.characters, key=len, default="")
            raise ModelFileError(
                f"a character vocabulary holds single characters, but {longest!r} was found; "
                "word and subword models are not opened here"
            )
        if len(set(self.characters)) != len(self.characters):
            raise ModelFileError("the vocabulary names the same character twice")
        if not self.characters:
            raise ModelFileError("the vocabulary is empty")
        codes = np.array([ord(character) for character in self.characters], dtype=np.uint32)
        order = np.argsort(codes)
        self._sorted_codes = codes[order]
        self._sorted_ids = order.astype(np.int32)

    @classmethod
    def of_text(cls, text: str) -> Vocabulary:
        """The characters of a text, sorted by code point, as char-rnn and most tutorials do."""
        return cls(sorted(set(text)))

    def __len__(self) -> int:
        return len(self.characters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def encode(self, text: str) -> npt.NDArray[np.int32]:
        """The id of every character, (T,) int32; `UNKNOWN` where the vocabulary lacks it."""
        return self.encode_codes(
            np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        )

    def encode_codes(self, codes: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.int32]:
        """As `encode`, for an array of code points (T,) of any unsigned width."""
        if codes.size == 0:
            return np.zeros(0, dtype=np.int32)
        places = np.searchsorted(self._sorted_codes, codes)
        places[places == len(self._sorted_codes)] = 0
        found = self._sorted_codes[places] == codes
        return np.where(found, self._sorted_ids[places], np.int32(UNKNOWN)).astype(np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of these ids; every id must be a place in the vocabulary."""
        return "".join(self.characters[i] for i in ids)

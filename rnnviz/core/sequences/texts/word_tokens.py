"""Where the words of a text stand, by Unicode's classes, so that no script is cut inside a letter.

A word is letters, digits and the marks on them, with apostrophes inside; every other sign that is
no blank is a word of its own, as people see it (an extended grapheme cluster, UAX 29).
"""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt
import regex

_LETTERS = r"[\w\p{M}\u200c\u200d]+"  # the joiners of Persian and Hindi stand between letters
WORD_PATTERN = rf"{_LETTERS}(?:['’]{_LETTERS})*|(?!\s)\X"
"""For the library `regex`."""
_WORD = regex.compile(WORD_PATTERN)
_HYPHENATED = regex.compile(rf"{_LETTERS}(?:['’\-]{_LETTERS})*|(?!\s)\X")


def word_spans(text: str, hyphenated: bool = False) -> npt.NDArray[np.int64]:
    """Start and stop of every word, (T, 2); with `hyphenated`, a hyphen between letters is inside.

    >>> [text[a:b] for text in ["It's fine -- नमस्ते!"] for a, b in word_spans(text).tolist()]
    ["It's", 'fine', '-', '-', 'नमस्ते', '!']
    """
    words = _HYPHENATED if hyphenated else _WORD
    found = [match.span() for match in words.finditer(text)]
    return np.array(found, np.int64).reshape(-1, 2)


def words_of(text: str, lower: bool = False) -> list[str]:
    """The words as a vocabulary knows them: composed, and in lower case if that is asked for.

    >>> words_of("It’s a FILM.", lower=True)
    ["it's", 'a', 'film', '.']
    """
    return [folded(match.group(), lower) for match in _WORD.finditer(text)]


def folded(word: str, lower: bool) -> str:
    """One word as a vocabulary knows it: composed, with plain apostrophes."""
    composed = unicodedata.normalize("NFC", word).replace("’", "'")
    return composed.lower() if lower else composed

"""Where the words of a text stand, by Unicode's classes, so that no script is cut inside a letter.

A word is letters, digits and the marks on them, with apostrophes inside, the dot of Catalan (l·l)
and the marks of Hebrew (צה"ל); hyphens that are seen at line ends alone cut none. Every other sign
that is seen is a word of its own, as people see it (an extended grapheme cluster, UAX 29).
"""

from __future__ import annotations

import unicodedata

import numpy as np
import numpy.typing as npt
import regex

from rnnviz.core.sequences.texts.word_signs import INSIDE_WORDS, JOINERS, UNSEEN_IN_WORDS

_UNSEEN = rf"{UNSEEN_IN_WORDS}\u200b\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Signs that nobody sees: what ends lines, and what turns the direction."""
_LETTERS = rf"[\w\p{{M}}{JOINERS}][\w\p{{M}}{JOINERS}{UNSEEN_IN_WORDS}]*"
_QUOTE_OF_HEBREW = r"(?<=[א-ת])\"(?=[א-ת])"


def _word(inside: str) -> str:
    return rf"{_LETTERS}(?:(?:[{inside}]|{_QUOTE_OF_HEBREW}){_LETTERS})*|(?![\s{_UNSEEN}])\X"


WORD_PATTERN = _word(INSIDE_WORDS)
"""For the library `regex`."""
_WORD = regex.compile(WORD_PATTERN)
_NOTHING = dict.fromkeys(map(ord, UNSEEN_IN_WORDS))
_HYPHENATED = regex.compile(_word(INSIDE_WORDS + r"\-"))


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
    """One word as a vocabulary knows it: composed, with plain apostrophes and nothing unseen."""
    seen = word.translate(_NOTHING)
    composed = unicodedata.normalize("NFC", seen).replace("’", "'")
    return composed.lower() if lower else composed

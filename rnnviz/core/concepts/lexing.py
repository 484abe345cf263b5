"""Source code as Pygments reads it: which characters are comment, string or preprocessor.

Lexing is a thousand times slower than the arithmetic after it, so the last texts are remembered and
all concepts of code share one reading.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pygments.lexers import find_lexer_class_by_name, get_lexer_by_name
from pygments.token import STANDARD_TYPES, Comment, String, _TokenType
from pygments.util import ClassNotFound

from rnnviz.core.concepts.scan import Integers, Mask, among, codes_of
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.text import NEWLINE, Codes

C = "c"
PYTHON = "python"

_COMMENT, _STRING, _PREPROCESSOR = 1, 2, 4
_REMEMBERED = 2
_HEAD = 50_000
_NO_COMMENT = (Comment.Preproc, Comment.PreprocFile)
_LITERAL = re.compile(r"""\"(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n]){1,4}'""", re.VERBOSE)
_PYTHON_LINE = re.compile(
    r"^[ \t]*(?:(?:async )?def|class|if|elif|else|for|while|try|except|with)\b[^{;\n]*:[ \t]*$",
    re.MULTILINE,
)
_C_LINE = re.compile(r"^[^#\n]*[;{}][ \t]*$|^#[ \t]*(?:include|define|if)", re.MULTILINE)
_CLOSING_LINE = re.compile(r"^\}\r?$", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Source:
    """A text read in one programming language; every mask is (T,)."""

    text: str
    language: str
    flags: npt.NDArray[np.uint8]

    @cached_property
    def codes(self) -> Codes:
        """The code points, (T,)."""
        return codes_of(self.text)

    @property
    def comment(self) -> Mask:
        """In a comment, delimiters included; also what `#if 0` disables."""
        return self._with(_COMMENT)

    @property
    def string(self) -> Mask:
        """In a string or character literal, delimiters included; also in preprocessor lines."""
        return self._with(_STRING)

    @property
    def preprocessor(self) -> Mask:
        """What Pygments takes for a preprocessor directive: rough at the edges, as at newlines."""
        return self._with(_PREPROCESSOR)

    @property
    def code(self) -> Mask:
        """Neither comment nor string."""
        return ~self._with(_COMMENT | _STRING)

    def code_among(self, characters: str) -> Mask:
        """Where one of these characters stands outside comments and strings."""
        return among(self.codes, characters) & self.code

    def function_ends(self) -> Integers:
        """Where a line of code is exactly `}`: there no bracket is open any longer."""
        lines = [match.start() for match in _CLOSING_LINE.finditer(self.text)]
        return np.array([start for start in lines if self.flags[start] == 0], np.int64)

    def _with(self, flags: int) -> Mask:
        result: Mask = (self.flags & flags) > 0
        return result


def read_source(text: str, language: str | None = None) -> Source:
    """The text read in this language (a Pygments name), or in the one that it looks like.

    Raises:
        ConceptError: Pygments knows no such language.
    """
    return _read(text, language or guess_language(text))


def guess_language(text: str) -> str:
    """`python` or `c`, whichever the first lines look like; C also serves its many relatives."""
    head = text[:_HEAD]
    return PYTHON if len(_PYTHON_LINE.findall(head)) > len(_C_LINE.findall(head)) else C


def tokens(text: str, language: str) -> Iterator[tuple[int, _TokenType, str]]:
    """Pygments' tokens with their exact offsets; nothing is stripped, added or normalised.

    Raises:
        ConceptError: Pygments knows no such language.
    """
    check_language(language)
    lexer: Any = get_lexer_by_name(language, stripnl=False, stripall=False, ensurenl=False)
    yield from lexer.get_tokens_unprocessed(text)


def check_language(language: str) -> None:
    """Raises ConceptError if Pygments knows no language of this name."""
    try:
        find_lexer_class_by_name(language)
    except ClassNotFound as error:
        raise ConceptError(
            f"Pygments knows no language {language!r}; `pygmentize -L lexers` lists its names"
        ) from error


def token_type(name: str) -> _TokenType:
    """The token type of this name, with or without `Token.` before it.

    Raises:
        ConceptError: Pygments has no such type.
    """
    short = name.removeprefix("Token.")
    known = {str(kind).removeprefix("Token."): kind for kind in STANDARD_TYPES}
    if short not in known:
        near = ", ".join(difflib.get_close_matches(short, known)) or "Keyword, Name.Function"
        raise ConceptError(f"Pygments has no token type {name!r}; it has for instance {near}")
    return known[short]


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str, language: str) -> Source:
    flags = np.zeros(len(text), np.uint8)
    meaning: dict[_TokenType, int] = {}
    for start, kind, value in tokens(text, language):
        flag = meaning.get(kind)
        if flag is None:
            flag = meaning[kind] = _flag(kind)
        if flag:
            flags[start : start + len(value)] = flag
        if flag == _PREPROCESSOR and ('"' in value or "'" in value):
            for literal in _LITERAL.finditer(value):
                flags[start + literal.start() : start + literal.end()] |= _STRING
    flags.setflags(write=False)
    return Source(text, language, flags)


def _flag(kind: _TokenType) -> int:
    if any(kind in preprocessor for preprocessor in _NO_COMMENT):
        return _PREPROCESSOR
    if kind in Comment:
        return _COMMENT
    return _STRING if kind in String and kind not in String.Affix else 0


def without_closers(mask: Mask, closers: Mask) -> Mask:
    """The mask less the last character of each run of two or more, where that is a closer."""
    last = mask & closers
    last[:-1] &= ~mask[1:]
    last[1:] &= mask[:-1]
    last[:1] = False
    return mask & ~last


def continued(codes: Codes) -> Mask:
    """Newlines after a backslash, where a preprocessor line goes on, (T,)."""
    result: Mask = codes == NEWLINE
    result[1:] &= codes[:-1] == ord("\\")
    result[:1] = False
    return result

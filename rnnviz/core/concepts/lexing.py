"""Source code as Pygments reads it: which characters are comment, string or preprocessor.

Lexing is a thousand times slower than the arithmetic after it, so all concepts of code that label a
text in step share one reading, and the last short ones are remembered. What a character is hangs on
all that precedes it: a text is read from its start, as far as somebody asks.
"""

from __future__ import annotations

import difflib
import re
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from pygments.token import STANDARD_TYPES, Comment, String, _TokenType

from rnnviz.core.concepts.scan import Integers, Mask, among, codes_of
from rnnviz.core.errors import ConceptError
from rnnviz.core.sequences.text import NEWLINE, Codes

C = "c"
PYTHON = "python"

_COMMENT, _STRING, _PREPROCESSOR = 1, 2, 4
_REMEMBERED = 2
_SHORT = 1 << 18
_HEAD = 50_000
_NO_COMMENT = (Comment.Preproc, Comment.PreprocFile)
_LITERAL = re.compile(r"""\"(?:\\.|[^"\\\n])*"? | '(?:\\.|[^'\\\n]){1,4}'""", re.VERBOSE)
_PYTHON_LINE = re.compile(
    r"^[ \t]*(?:(?:async )?def|class|if|elif|else|for|while|try|except|with)\b[^{;\n]*:[ \t]*$",
    re.MULTILINE,
)
_C_LINE = re.compile(r"^[^#\n]*[;{}][ \t]*$|^#[ \t]*(?:include|define|if)", re.MULTILINE)
_CLOSING_LINE = re.compile(r"^\}\r?$", re.MULTILINE)


class Source(Struct, frozen=True, eq=False, dict=True):
    """A window of a text read in one programming language; every mask is (T,)."""

    whole: str
    """The text,"""
    start: int
    """and where the window begins in it."""
    language: str
    flags: npt.NDArray[np.uint8]

    @cached_property
    def text(self) -> str:
        """The characters of the window."""
        return self.whole[self.start : self.stop]

    @property
    def stop(self) -> int:
        """Where the window ends."""
        return self.start + len(self.flags)

    @property
    def is_last(self) -> bool:
        """Whether the text ends with the window."""
        return self.stop == len(self.whole)

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
        found = _CLOSING_LINE.finditer(self.whole, self.start, self.stop)
        lines = [match.start() - self.start for match in found]
        return np.array([start for start in lines if self.flags[start] == 0], np.int64)

    def _with(self, flags: int) -> Mask:
        result: Mask = (self.flags & flags) > 0
        return result


class Reading:
    """A text as it is read in one programming language, from its start on as far as was asked."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self._flags = np.zeros(len(text), np.uint8)
        self._tokens = tokens(text, language)
        self._known: dict[_TokenType, int] = {}
        self._done = 0
        # Two jobs of the engine may label one text at the same time.
        self._guard = threading.Lock()

    def window(self, start: int, stop: int) -> Source:
        """What is read from `start` up to `stop`."""
        with self._guard:
            while self._done < stop:
                token = next(self._tokens, None)
                if token is None:
                    self._done = len(self.text)
                    break
                self._take(*token)
        flags = self._flags[start:stop]
        flags.setflags(write=False)
        return Source(self.text, start, self.language, flags)

    def _take(self, start: int, kind: _TokenType, value: str) -> None:
        flag = self._known.get(kind)
        if flag is None:
            flag = self._known[kind] = _flag(kind)
        if flag:
            self._flags[start : start + len(value)] = flag
        if flag == _PREPROCESSOR and ('"' in value or "'" in value):
            for literal in _LITERAL.finditer(value):
                self._flags[start + literal.start() : start + literal.end()] |= _STRING
        self._done = start + len(value)


_readings: weakref.WeakValueDictionary[tuple[str, str], Reading] = weakref.WeakValueDictionary()
_last: deque[Reading] = deque(maxlen=_REMEMBERED)


def read(text: str, language: str | None = None) -> Reading:
    """The reading of a text in this language (a Pygments name), or in the one that it looks like.

    Raises:
        ConceptError: Pygments knows no such language.
    """
    key = (text, language or guess_language(text))
    found = _readings.get(key)
    if found is None:
        found = _readings[key] = Reading(*key)
        if len(text) <= _SHORT:
            _last.append(found)
    return found


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
    return _tokens(text, language)


def _tokens(text: str, language: str) -> Iterator[tuple[int, _TokenType, str]]:
    from pygments.lexers import get_lexer_by_name  # here: the window starts without

    lexer: Any = get_lexer_by_name(language, stripnl=False, stripall=False, ensurenl=False)
    yield from lexer.get_tokens_unprocessed(text)


def check_language(language: str) -> None:
    """Raises ConceptError if Pygments knows no language of this name."""
    from pygments.lexers import find_lexer_class_by_name  # here: the window starts without
    from pygments.util import ClassNotFound

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

"""Inside double quotation marks, of whichever language the text is in.

The same mark opens in one language and closes in another: the one that closes in German opens in
English. Which it does is decided from the text:

- `„` opens; the next `“` (German) or `”` (Polish) closes it. Where nothing is open, `“` opens
  (English); in a text that holds `„`, only behind a blank.
- `”` closes what is open; in a text with hardly any other mark that opens, where it stands before
  words, it opens too (Swedish, Finnish).
- `«` opens and `»` closes (French, Russian), or the other way round where `»` stands before words
  and `«` behind them (German books, Danish); where there is hardly anything but `»`, it does both
  (Swedish books). One that opens within another is nested if a second one closes, as modern French
  has it; in books that begin every line of a quotation with `«`, none does. Where the opening one
  is `«`, a `»` at the beginning of a line says that the quotation goes on (Spanish).
- `「`, `『` and `〝` open, `」`, `』`, `〞` and `〟` close (Chinese, Japanese).
- `"` and its wide form (U+FF02) open and close in turn; between Hebrew letters `"` is part of an
  abbreviation, unless it opens behind a prefix (ב"הארץ").
- `"` behind a number is the mark of inches where it would open, and where another closes a
  quotation that is open (`a 5" pipe and a 6" one`); a `”` behind a number likewise.
- `״` (Hebrew) opens behind a blank or such a prefix and closes behind a word; between other letters
  it does nothing.

Marks of different kinds may be nested. What is open ends with its paragraph, at the blank line.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from msgspec import Struct, field

from rnnviz.core.concepts.base import Labels
from rnnviz.core.concepts.scan import Mask, among, mark
from rnnviz.core.concepts.windows import Window, concept_of, line_windows
from rnnviz.core.sequences.text import Codes, Text

_STRAIGHT = '"\uff02'
_LOW, _HIGH, _CLOSING = "\u201e", "\u201c\u201f", "\u201d"
_LEFT, _RIGHT = "\u00ab", "\u00bb"
_PAIRS = {
    "\u300c": "\u300d", "\u300e": "\u300f", "\uff62": "\uff63", "\ufe41": "\ufe42",
    "\ufe43": "\ufe44", "\u301d": "\u301e\u301f",
}  # fmt: skip
_HEBREW = "\u05f4"
_BY_LANGUAGE = _LOW + _HIGH + _CLOSING + _LEFT + _RIGHT
_MARKS = _BY_LANGUAGE + "".join((*_PAIRS, *_PAIRS.values())) + _HEBREW
_BRACKETS = "([{<-\u2013\u2014"
_ALEF, _TAV = 0x5D0, 0x5EA
_PREFIXED = re.compile(r"(?<![א-ת])[ובכלמשה]{1,3}\Z")
"""A word so far that is nothing but what Hebrew writes in front of words: and, in, as, to, from,
that, the."""
_OPENS_HEBREW = re.compile(r"(?<![א-ת])[\"״](?=[א-ת])")
_CLOSES_HEBREW = re.compile(r"(?<=\S)[\"״](?![א-ת])")
_HEBREW_AROUND = 2_000
"""So many characters before and behind a mark are looked at for what opens and closes."""
_MEASURE_AHEAD = 2_000
"""So many characters behind a mark that may be of inches are looked at for what closes."""
_PARAGRAPH = re.compile(r"\n\s*\n")
_TIMES = re.compile(r"[x×]\d")
"""As in 2"x4"."""
_BEFORE_CLOSING = ",.!?…)’'"
_BLOCK = 1 << 18
_HARDLY = 4
"""There is hardly any of a mark if another occurs more than so many times as often."""


class _Use(Struct, frozen=True):
    """What the marks do in one text that other languages use otherwise."""

    low: bool
    """Whether there is a `„`, so that a `“` may be what closes it."""
    closing_opens: bool
    """Whether `”` opens, too."""
    angles: str
    """Of `«»` the one that opens and the one that closes; one of them twice if it does both."""
    nested: bool
    """Whether an angle that opens within another has one of its own that closes it."""


def _use_in(text: Text, start: int, stop: int) -> _Use:
    """Decides from how often each mark occurs, and whether it stands before or behind words."""
    count: Counter[str] = Counter()
    before_words: Counter[str] = Counter()
    behind_words: Counter[str] = Counter()
    after: Counter[str] = Counter()
    angle = ""
    for begin in range(start, stop, _BLOCK):
        codes = np.asarray(text.codes[begin : min(stop, begin + _BLOCK)])
        for place in (np.flatnonzero(_are_marks(codes, _BY_LANGUAGE)) + begin).tolist():
            character = text.slice(place, place + 1)
            left = text.slice(place - 1, place) if place > start else ""
            right = text.slice(place + 1, min(stop, place + 2))
            count[character] += 1
            if character in _LEFT + _RIGHT:
                after[angle + character] += 1
                angle = character
            before_words[character] += right.isalnum() and not left.isalnum()
            behind_words[character] += bool(left.strip()) and not right.isalnum()
    angles = _LEFT + _RIGHT
    if count[_RIGHT] > _HARDLY * count[_LEFT] and _HARDLY * before_words[_RIGHT] >= count[_RIGHT]:
        angles = _RIGHT + _RIGHT
    elif before_words[_RIGHT] + behind_words[_LEFT] > before_words[_LEFT] + behind_words[_RIGHT]:
        angles = _RIGHT + _LEFT
    opens_again, closes_again = after[angles[0] * 2], after[angles[1] * 2]
    others = sum(count[mark] for mark in _LOW + _HIGH)
    alone = count[_CLOSING] > _HARDLY * others
    return _Use(
        count[_LOW] > 0,
        alone and _HARDLY * before_words[_CLOSING] >= count[_CLOSING],
        angles,
        angles[0] != angles[1] and 2 * closes_again > opens_again > 0,
    )


def _are_marks(codes: Codes, marks: str) -> Mask:
    if codes.dtype.itemsize == 1:
        return among(codes, _LEFT + _RIGHT)
    # One look for most texts; the few signs that are left are looked at one by one.
    found: Mask = ((codes >= 0x201C) & (codes <= 0x201F)) | (codes == 0xAB) | (codes == 0xBB)
    return found if marks == _BY_LANGUAGE else found | among(codes, marks[len(_BY_LANGUAGE) :])


class _Reader(Struct):
    """Reads the marks of a text in their order; knows which are open."""

    use: _Use
    open: dict[str, str] = field(default_factory=dict)
    """Of each kind of quotation the mark that opened it; of nested ones all of them."""
    read: Counter[str] = field(default_factory=Counter)
    """How often each pair of marks was read."""
    straight: int = 0
    """How many straight marks were read."""
    odd: bool = False
    """Whether a straight mark has opened a quotation."""

    @property
    def depth(self) -> int:
        """How many quotations are open."""
        return sum(map(len, self.open.values()))

    def meet(self, character: str, before: str, after: str, behind_prefix: bool) -> int:
        """What this mark, between these two characters, does: 1 opens, -1 closes, 0 nothing.

        Args:
            behind_prefix: whether it is one of Hebrew that opens behind a prefix.
        """
        if character in _LOW + _HIGH + _CLOSING:
            kind, opens, closes = "high", character != _CLOSING or self.use.closing_opens, False
            if character in _HIGH + _CLOSING:
                closes = character == _CLOSING or self.open.get(kind) == _LOW
            if character in _HIGH and self.use.low:
                opens = not before.strip() or before in _BRACKETS
        elif character in _LEFT + _RIGHT:
            kind = "angles"
            opens, closes = character == self.use.angles[0], character == self.use.angles[1]
            goes_on = character == _RIGHT and before in ("", "\n") and after.isalnum()
            closes = closes and (opens or not goes_on)
        elif character == _HEBREW:
            kind = "hebrew"
            opens = after.isalnum() and (not before.isalnum() or behind_prefix)
            closes = bool(before.strip()) and not after.isalnum()
        else:
            kind = next(mark for mark, last in _PAIRS.items() if character in mark + last)
            opens, closes = character == kind, character != kind
        opened = self.open.get(kind, "")
        if opened and closes:
            self.read[f"{opened[-1]} {character}"] += 1
            self.open[kind] = opened[:-1]
            return -1
        if opened and not (opens and kind == "angles" and self.use.nested):
            return 0
        if opens:
            self.open[kind] = opened + character
        return int(opens)


def _windows(
    text: Text, start: int, stop: int, size: int, reader: _Reader
) -> Iterator[tuple[Window, Mask]]:
    """Windows of a stretch, and where quotations are open."""
    before = ""
    for window in line_windows(text, start, stop, size):
        codes, ends = window.codes, window.blank_lines
        marks = np.flatnonzero(_are_marks(codes, _MARKS))
        steps = np.zeros(len(codes), np.int32)
        steps[:1] += reader.depth
        for place in sorted(
            {*marks.tolist(), *(ends.tolist() if len(marks) or reader.depth else ())}
        ):
            character = chr(int(codes[place]))
            if character not in _MARKS:
                steps[place] -= reader.depth
                reader.open.clear()
                continue
            behind = chr(int(codes[place - 1])) if place else before
            next_one = window.start + place + 1
            after = text.slice(next_one, min(stop, next_one + 1))
            may_measure = character == _CLOSING and bool(reader.open.get("high"))
            may_measure = may_measure and _measures(behind, after)
            if may_measure and _closes_later(text, next_one, stop, _LOW + _HIGH + _CLOSING):
                continue
            prefixed = character == _HEBREW and _opens_behind_prefix(
                text, window.start + place, start, stop
            )
            steps[place] += reader.meet(character, behind, after, prefixed)
        straight = _straight(text, window.start, window.start + len(codes), start, stop)
        straight = _without_inches(straight, window, text, stop, reader.odd, before)
        odd = int(reader.odd) + np.cumsum(straight, dtype=np.int32)
        odd = (odd - _at_paragraph(odd, window)) & 1
        reader.odd = bool(odd[-1])
        reader.straight += int(straight.sum())
        before = chr(int(codes[-1]))
        yield window, (np.cumsum(steps, dtype=np.int32) > 0) | odd.astype(bool)


def _inside_quotes(text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
    for _, inside in _windows(text, start, stop, size, _Reader(_use_in(text, start, stop))):
        yield inside


def _measures(before: str, after: str) -> bool:
    """Whether a mark between these two may be that of inches within a quotation: 5" wide."""
    return unicodedata.category(before or " ")[0] == "N" and after.isspace()


def _closes_later(text: Text, start: int, stop: int, marks: str) -> bool:
    """Whether the next of these marks in the paragraph that measures nothing closes."""
    ahead = _PARAGRAPH.split(text.slice(start, min(stop, start + _MEASURE_AHEAD)), maxsplit=1)[0]
    for match in re.finditer(f"(?<=(.))[{marks}](?=(.?))", ahead, re.DOTALL):
        before, after = match[1], match[2] or " "
        if _measures(before, after):
            continue
        if marks != _STRAIGHT:
            return match.group() == _CLOSING
        return (before.isalpha() or before in _BEFORE_CLOSING) and not (
            after.isalnum() or after in marks
        )
    return False


def _without_inches(
    straight: Mask, window: Window, text: Text, stop: int, is_open: bool, before: str
) -> Mask:
    """The straight marks of a window but those that stand for inches.

    Args:
        is_open: whether a quotation is open where the window begins.
        before: the character before it.
    """
    codes = window.codes
    places = np.flatnonzero(straight)
    behind = np.where(places > 0, codes[places - 1], ord(before or " "))
    measured = [unicodedata.category(chr(code))[0] == "N" for code in np.unique(behind).tolist()]
    numbers = set(places[np.isin(behind, np.unique(behind)[measured])].tolist())
    if not numbers:
        return straight
    kept = straight.copy()
    for place in sorted({*places.tolist(), *window.blank_lines.tolist()}):
        if not straight[place]:
            is_open = False
            continue
        if place in numbers:
            following = window.start + place + 1
            ahead = text.slice(following, min(stop, following + 2))
            if is_open:
                inches = ahead[:1].isspace() and _closes_later(text, following, stop, _STRAIGHT)
            else:
                inches = not ahead[:1].isalnum() or _TIMES.match(ahead) is not None
            if inches:
                kept[place] = False
                continue
        is_open = not is_open
    return kept


def _straight(text: Text, first: int, last: int, start: int, stop: int) -> Mask:
    """Where straight marks of quotations are from `first` to `last` of the stretch that is read."""
    codes = np.asarray(text.codes[first:last])
    found: Mask = among(codes, _STRAIGHT)
    if codes.dtype.itemsize == 1 or not found.any():
        return found
    around = np.asarray(text.codes[max(start, first - 1) : min(stop, last + 2)])
    letters = np.zeros(len(codes) + 3, bool)
    shift = 1 - min(1, first - start)
    letters[shift : shift + len(around)] = (around >= _ALEF) & (around <= _TAV)
    found &= ~(letters[:-3] & letters[2:-1])
    # What opens behind a prefix stands between letters as an abbreviation does.
    for place in np.flatnonzero(among(codes, '"') & letters[:-3] & letters[2:-1]).tolist():
        found[place] = _opens_behind_prefix(text, first + place, start, stop)
    return found


def _opens_behind_prefix(text: Text, mark: int, start: int, stop: int) -> bool:
    """Whether this mark between Hebrew letters opens a quotation of which a prefix is no part.

    It does behind a prefix alone, where none is open and the next one that is no abbreviation
    closes: מכ"מים, radars, looks the same but for that.
    """
    before = text.slice(max(start, mark - _HEBREW_AROUND), mark).rpartition("\n\n")[2]
    if not _PREFIXED.search(before):
        return False
    after = text.slice(mark + 1, min(stop, mark + _HEBREW_AROUND)).partition("\n\n")[0]
    opened = max((match.start() for match in _OPENS_HEBREW.finditer(before)), default=-1)
    closed = max((match.start() for match in _CLOSES_HEBREW.finditer(before)), default=-1)
    if opened > closed:
        return False
    closes, opens = _CLOSES_HEBREW.search(after), _OPENS_HEBREW.search(after)
    return closes is not None and (opens is None or closes.start() < opens.start())


def _at_paragraph(count: npt.NDArray[np.int32], window: Window) -> npt.NDArray[np.int32]:
    """What the count was when the paragraph of each character began."""
    ends = window.blank_lines
    if not len(ends):
        return np.zeros_like(count)
    at_ends = np.where(ends > 0, count[ends - 1], count[0])
    since = np.concatenate([np.zeros(1, np.int32), at_ends])
    found: npt.NDArray[np.int32] = since[np.cumsum(mark(len(count), ends))]
    return found


def quotation_marks_read(text: Text) -> dict[str, int]:
    """How often each pair of marks is read as a quotation in this text, the commonest first."""
    reader = _Reader(_use_in(text, 0, len(text)))
    for _ in _windows(text, 0, len(text), _BLOCK, reader):
        pass
    reader.read['" "'] = reader.straight // 2
    return {marks: count for marks, count in reader.read.most_common() if count}


def _is_any(text: Text, start: int) -> Mask:
    """Where in a block any of the marks stands that are read."""
    codes = np.asarray(text.codes[start : start + _BLOCK])
    found: Mask = _are_marks(codes, _MARKS) | among(codes, _STRAIGHT)
    return found


def _reading(text: Text) -> str:
    read = quotation_marks_read(text)
    if read:
        first = list(read.items())[:3]
        said = ", ".join(
            f"{marks} ({'once' if count == 1 else f'{count:,} times'})" for marks, count in first
        )
        return f"In this text it reads as quotation marks {said}."
    if any(bool(_is_any(text, start).any()) for start in range(0, len(text), _BLOCK)):
        return (
            "In this text it reads no quotation: its quotation marks enclose nothing, or stand "
            "behind numbers, as for inches."
        )
    return (
        'This text holds none of the quotation marks that it reads: " and the double ones of '
        "other languages, no single ones and no dashes."
    )


INSIDE_QUOTES = concept_of(
    _inside_quotes,
    name="inside-quotes",
    title="Inside double quotes",
    about="From an opening quotation mark up to, not including, the closing one, with the double "
    'marks of the text\'s language, such as " " \u201c \u201d \u201e \u201c \u00ab \u00bb '
    "\u300c \u300d; an unclosed quotation ends with its paragraph, at the blank line.",
    family="prose",
    reading=_reading,
)

"""Whether a text that was read as Windows-1252 looks as if it were in another encoding.

Two things speak: signs and letters that stand together as in no language of Windows-1252, and
another encoding that makes of the same bytes the letters of one of its languages, and of more of
them. A language is known by its letters beyond ASCII alone, which says of a line whether it may be
of that language, and not which of two that share them it is. So nothing is guessed: it is said.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_MOST_BYTES = 1 << 20
_MOST_LETTERS = 1 << 15
"""So many characters beyond ASCII are looked at."""
_FEW, _SEVERAL = 6, 12
"""Of so many letters beyond ASCII one is enough that a reading misses; of fewer it takes two."""
_FITS, _FITS_WELL = 0.02, 0.01
"""At most such a share of letters has an encoding not in its language,"""
_WORSE = 0.03
"""and so many more has Windows-1252 not in the language that fits the whole text best."""

_WESTERN: tuple[str, ...] = (
    "áäâéèêëíîïóôöúûü",  # Afrikaans, and Dutch
    "çëñéü",  # Albanian, Basque
    "âêîôûùüñ",  # Breton
    "àçéèíïóòúü",  # Catalan, Occitan
    "æøåéèêóòôàâ",  # Danish, Norwegian
    "äöüßéèà",  # German
    "äõöüšž",  # Estonian
    "äöåšžü",  # Finnish
    "áðíóúýæøö",  # Faroese
    "àâæçéèêëîïôœùûüÿ",  # French, and English where it borrows
    "âêéëïôöúûü",  # Frisian
    "áéíóúàèìòù",  # Irish, Gaelic
    "áðéíóúýþæö",  # Icelandic
    "àèéìíîïòóùú",  # Italian
    "äëéöüèêûàâîïôßç",  # Luxembourgish
    "áàâãçéêíóôõúü",  # Portuguese
    "áéíóúüñ",  # Spanish, Galician
    "åäöéàüáèëñ",  # Swedish
    "áéíóúñàèìòùâêîôû",  # Tagalog
    "áâäàéêëèíîïìóôöòúûüùýÿ",  # Welsh
    "àéëñó",  # Wolof
    "êôš",  # Sotho, Tswana
    "áéíóúýäöüšž",  # Czech and Slovak names, as far as there are letters for them
)
"""The letters beyond ASCII of the languages that Windows-1252 is for."""

_CENTRAL = (
    "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "ąćęłńóśźż", "áéíóöőúüű", "ăâîșțşţ", "čćđšž",
    "čćěłńóřšžŕśź",
)  # fmt: skip
"""Czech, Slovak, Polish, Hungarian, Romanian, Slovene with Croatian, Sorbian."""
_BALTIC = "ąčęėįšųūž", "āčēģīķļņšūžōŗ", "äõöüšž"
"""Lithuanian, Latvian, Estonian."""
_TURKISH = ("çğıöşüâîûi",)
_SLAVIC = (
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіўїєґѣ", "абвгдђежзијклљмнњопрстћуфхцчџшѓѕќ",
)  # fmt: skip
_GREEK = ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",)
_HEBREW = ("אבגדהוזחטיךכלםמןנסעףפץצקרשתְֱֲֳִֵֶַָֹֻּׁׂ",)
_ARABIC = ("ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيپچژگںہھےٹڈڑکیًٌٍَُِّْ\u200c\u200d",)
_THAI = ("".join(chr(code) for code in (*range(0xE01, 0xE3B), *range(0xE40, 0xE5C))),)
_VIETNAMESE = (
    "ăâđêôơưàáãèéêìíòóõùúýạảấầẩẫậắằẳẵặẹẻẽếềểễệỉĩịọỏốồổỗộớờởỡợụủũứừửữựỳỷỹỵ\u0300\u0301\u0303\u0309\u0323",
)

_OTHERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("iso8859-2", _CENTRAL), ("cp1250", _CENTRAL), ("cp852", _CENTRAL), ("mac_latin2", _CENTRAL),
    ("iso8859-3", ("ĉĝĥĵŝŭ", "ċġħżàèìòù")), ("iso8859-16", _CENTRAL),
    ("cp1257", _BALTIC), ("iso8859-4", _BALTIC), ("cp775", _BALTIC),
    ("cp1254", _TURKISH), ("cp857", _TURKISH), ("mac_turkish", _TURKISH),
    ("iso8859-14", ("âêîôûŵŷäëïöüáéíóúàèìòùẃẁẅỳ",)), ("iso8859-15", _WESTERN),
    ("cp850", _WESTERN), ("cp437", _WESTERN), ("cp860", _WESTERN), ("cp861", _WESTERN),
    ("cp865", _WESTERN), ("mac_roman", _WESTERN), ("mac_iceland", _WESTERN),
    ("koi8-u", _SLAVIC), ("cp1251", _SLAVIC), ("iso8859-5", _SLAVIC), ("cp866", _SLAVIC),
    ("mac_cyrillic", _SLAVIC),
    ("cp1253", _GREEK), ("iso8859-7", _GREEK), ("cp737", _GREEK), ("mac_greek", _GREEK),
    ("cp1255", _HEBREW), ("cp862", _HEBREW), ("cp1256", _ARABIC), ("iso8859-6", _ARABIC),
    ("iso8859-11", _THAI), ("cp1258", _VIETNAMESE),
)  # fmt: skip

"""Encodings of one byte a letter, each with the languages that it is for."""

_LATIN = 0x250
"""Letters before it are Latin."""
_ANYWHERE = "\xa0«»§©®°\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u2013\u2014\u2026€\u2022"
"""Signs that stand in texts of any language."""
_MAY_JOIN = (
    "\x85\x91\x92\x96\x97\xa0\xab\xac\xad\xb1\xb2\xb4\xb7\xbb\xd7\xf7\u2018\u2019\u2013\u2014\u2026"
)
"""Signs, in Latin-1 or Windows-1252, that do stand between letters: apostrophes, dashes, the dot of
Catalan."""
_NOT_BEFORE, _NOT_BEHIND = "¹²³¼½¾±¶¬¯¦£¥", "¿¡¼½¾±¶¨\xb8\xb4¥£\u201a\u201e\u2022"
"""Signs that stand before no letter, and behind none."""
_NEVER = 0xFFFD
"""What is in no text: what an encoding does not have, controls, and the sign of any currency."""

_OTHER_SCRIPT = (
    "which it may not be: letters beyond those of English stand in rows, as those of another "
    "script read wrongly; save it as UTF-8 if so"
)
_OTHER_LETTERS = (
    "which it may not be: signs and letters stand together as in no language of it, as those of "
    "DOS, the Mac, Central Europe, Turkey or the Baltic read wrongly; save it as UTF-8 if so"
)
_SHIFTED = (
    "which it may not be: it holds the codes by which ISO-2022 changes to Japanese, Korean or "
    "Chinese; save it as UTF-8 if so"
)
_TWICE = (
    "which it may not be alone: its letters beyond ASCII read as what becomes of UTF-8 that was "
    "taken for Windows-1252 and written as UTF-8 again, as Ã© for é"
)
_MAINFRAME = "which it may not be: it has no blanks, as EBCDIC read wrongly; save it as UTF-8 if so"
_SHIFTS = re.compile(rb"\x1b\$(?:[@AB]|[()][@-I])")
_FEW_LETTERS = 9
_MARKS_OF_WRITING = "\xa0\xab\xbb\xa7\xa9\xae\xb0\u2018-\u201e\u2013\u2014\u2026\u20ac\u2022"
_BEYOND = re.compile(f"[^\\0-\\x7f{_MARKS_OF_WRITING}]+")
_ROW_BEYOND = re.compile(f"[^\\0-\\x7f{_MARKS_OF_WRITING}]{{3,}}")
_NOT_ASCII = re.compile("[^\\0-\\x7f]+")
_LETTER_AGAIN = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
"""A letter of UTF-8 among the bytes of one that was read as Windows-1252."""
_NEARLY_ALL = 0.9
_BLANKS, _MANY = 0.05, 20
"""A blank of EBCDIC is read as @."""
_FEW_ODD = 3
_SHARE_ODD = 0.1
_SIGNS = "".join(
    sign
    for byte in range(0x80, 0x100)
    for sign in (chr(byte), bytes([byte]).decode("windows-1252", "ignore"))
    if sign not in _MAY_JOIN and (not sign.isalpha() or sign in "\xaa\xba")
)
_WITHIN_WORDS = re.compile(f"(?<=[^\\W\\d_])[{re.escape(_SIGNS)}](?=[^\\W\\d_])")
_CONTROLS = re.compile("[\x80-\x9f]")
_LARGE_WITHIN = re.compile("(?<=[a-z])[\xc0-\xd6\xd8-\xde\u0152\u0160\u0178\u017d]")
"""A capital beyond ASCII behind a small letter."""
_OF_ICELAND = re.compile("[\xd0\xde\xf0\xfe]")
_NOT_OF_ICELAND = re.compile(
    "[\xc0\xc2-\xc5\xc7\xc8\xca-\xcc\xce\xcf\xd1\xd2\xd4\xd5\xd9\xdb\xdc"
    "\xe0\xe2-\xe5\xe7\xe8\xea-\xec\xee\xef\xf1\xf2\xf4\xf5\xf9\xfb\xfc]"
)
"""Turkish, Romanian and Baltic letters are read as some of both."""

_Bools = npt.NDArray[np.bool_]
_Bytes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.int64]


_UNDEFINED = np.isin(np.arange(256), (0x81, 0x8D, 0x8F, 0x90, 0x9D))
"""Bytes that Windows-1252 does not have, (256,)."""


def doubt_of_ascii(raw: bytes | npt.NDArray[np.uint8]) -> str:
    """Why a text whose bytes are all below 128 is something else perhaps; empty if it is not.

    >>> doubt_of_ascii(b"plain") or doubt_of_ascii("\u540d".encode("iso2022_jp"))[:20]
    'which it may not be:'
    """
    return _SHIFTED if _SHIFTS.search(bytes(raw[:_MOST_BYTES])) else ""


def doubt_of_utf8(raw: bytes, text: str) -> str:
    """Why a text in UTF-8 is something else perhaps; empty if it is not.

    >>> said = doubt_of_utf8(b"", "d\u00c3\u00a9j\u00c3\u00a0 vu, na\u00c3\u00afve")
    >>> said[:30], doubt_of_utf8(b"", "d\u00e9j\u00e0 vu, na\u00efve \u00c3")
    ('which it may not be alone: its', '')
    """
    beyond = "".join(_NOT_ASCII.findall(text[:_MOST_BYTES]))
    again = _LETTER_AGAIN.findall(beyond.encode("windows-1252", "replace"))
    if len(again) >= _FEW_ODD and sum(map(len, again)) >= _NEARLY_ALL * len(beyond):
        return _TWICE
    return doubt_of_ascii(raw)


def doubt_of_western(raw: bytes, text: str) -> str:
    """Why these bytes are in another encoding perhaps than the `text` that was read of them.

    Args:
        text: what Windows-1252 or Latin-1 make of them.

    Returns:
        A part of a sentence; empty where it looks like a language of these encodings.
    """
    head = raw[:_MOST_BYTES]
    blanks = head.count(b" ") + head.count(b"\n")
    if head.count(b"@") > max(_FEW_LETTERS, _BLANKS * len(head), _MANY * blanks):
        return _MAINFRAME
    if _is_doubtful(text):
        return _OTHER_SCRIPT
    if _is_odd(text):
        return _OTHER_LETTERS
    better = reads_better(raw)
    if not better:
        return ""
    return _OTHER_LETTERS if _is_latin(dict(_OTHERS)[better]) else _OTHER_SCRIPT


def _is_latin(languages: tuple[str, ...]) -> bool:
    return ord(languages[0][0]) < _LATIN


def _is_odd(text: str) -> bool:
    """Whether letters and signs stand together as in no language of these encodings."""
    head = text[:_MOST_BYTES]
    beyond = sum(map(len, _BEYOND.findall(head)))
    odd = sum(len(pattern.findall(head)) for pattern in (_WITHIN_WORDS, _LARGE_WITHIN, _CONTROLS))
    odd += min(len(_OF_ICELAND.findall(head)), len(_NOT_OF_ICELAND.findall(head)))
    return odd >= max(_FEW_ODD, _SHARE_ODD * beyond)


def _is_doubtful(text: str) -> bool:
    """Whether letters beyond ASCII stand in rows: no language of these encodings writes so."""
    head = text[:_MOST_BYTES]
    beyond = sum(map(len, _BEYOND.findall(head)))
    in_rows = sum(map(len, _ROW_BEYOND.findall(head)))
    return in_rows >= _FEW_LETTERS and 2 * in_rows > beyond


class _Reading(NamedTuple):
    """What an encoding makes of each byte, all (256,)."""

    codes: npt.NDArray[np.uint32]
    letters: _Bools
    small: _Bools
    large: _Bools
    on_letters: _Bools
    """What stands on the letter before it."""
    joining: _Bools
    not_before: _Bools
    not_behind: _Bools
    counted: _Bools
    """What is no sign that stands anywhere."""


@cache
def _reading(encoding: str) -> _Reading:
    read = [bytes([byte]).decode(encoding, "replace") for byte in range(256)]
    kinds = [unicodedata.category(one) for one in read]
    never = [
        one > "\x7f" and (kind == "Cc" or one in "\ufffd\xa4")
        for one, kind in zip(read, kinds, strict=True)
    ]
    letters = np.array([one.isalpha() and one not in "ªº" for one in read])

    def among(signs: str) -> _Bools:
        return np.array([one in signs for one in read])

    return _Reading(
        np.where(never, _NEVER, [ord(one) for one in read]).astype(np.uint32),
        letters,
        np.array([one.islower() for one in read]) & letters,
        np.array([one.isupper() for one in read]) & letters,
        np.array([kind[0] == "M" for kind in kinds]),
        among(_MAY_JOIN),
        among(_NOT_BEFORE),
        among(_NOT_BEHIND),
        ~among(_ANYWHERE),
    )


@cache
def _not_in(encoding: str, languages: tuple[str, ...]) -> _Bools:
    """Which bytes are letters that are not in each language, or in no text, (languages, 256)."""
    reading = _reading(encoding)
    small = [chr(code).lower()[0] for code in reading.codes.tolist()]
    known = np.array([[one in language for one in small] for language in languages])
    spoken = reading.letters | reading.on_letters | (reading.codes == _NEVER)
    not_in: _Bools = spoken & ~known
    return not_in


def _misplaced(data: _Bytes, high: _Ints, reading: _Reading, latin: bool) -> _Bools:
    """Which of the bytes at `high` stand where nothing stands that is read for them."""
    here, before, behind = data[high], data[high - 1], data[high + 1]
    left, right = reading.letters[before], reading.letters[behind]
    letter, mark = reading.letters[here], reading.on_letters[here]
    if latin:
        wrong = reading.large[here] & reading.small[before]
        carried = left
    else:  # words of these scripts hold no letters of ASCII
        carried = left & (before > 0x7F)
        wrong = letter & ((left & ~carried) | (right & (behind < 0x80)))
    wrong |= mark & ~(carried | reading.on_letters[before])
    wrong |= ~(letter | mark) & (
        (left & right & ~reading.joining[here])
        | (right & reading.not_before[here])
        | (left & reading.not_behind[here])
    )
    found: _Bools = wrong | (reading.codes[here] == _NEVER)
    return found


def reads_better(raw: bytes) -> str:
    """An encoding that reads these bytes better than Windows-1252 does; empty if none does.

    It makes of them letters of one of its languages, with hardly one that is not; while
    Windows-1252 has letters that are not even in the language that has most of those of their line,
    or are not in the one that has most of the whole text. As many letters speak for it at most as
    the two read differently.

    >>> text = "Příliš žluťoučký kůň úpěl ďábelské ódy."
    >>> reads_better(text.encode("iso8859-2")), reads_better("Müßiggang, señor!".encode("cp1252"))
    ('iso8859-2', '')
    """
    lines = [line for line in raw[:_MOST_BYTES].split(b"\n") if not line.isascii()]
    data = np.frombuffer(b"\n" + b"\n".join(lines) + b"\n", np.uint8)
    high = np.flatnonzero(data > 0x7F)[:_MOST_LETTERS]
    if not len(high):
        return ""
    western = _reading("cp1252")
    here, line = data[high], np.cumsum(data == 0x0A)[high] - 1
    wrong = _misplaced(data, high, western, latin=True)
    in_lines = np.zeros((int(line[-1]) + 1, 256), np.int64)
    np.add.at(in_lines, (line, here), ~wrong)
    # A byte that Windows-1252 does not have may be damage: it says nothing.
    wrong_ones = np.bincount(here[wrong & ~_UNDEFINED[here]], minlength=256)
    in_all = in_lines.sum(0)
    not_western = _not_in("cp1252", _WESTERN).astype(np.int64)
    most_by_line = int(wrong_ones.sum() + (in_lines @ not_western.T).min(1).sum())
    most_by_text = int(wrong_ones.sum() + (in_all @ not_western.T).min())
    best, found = 1.0, ""
    for encoding, languages in _OTHERS:
        reading = _reading(encoding)
        odd = _misplaced(data, high, reading, _is_latin(languages))
        sound = np.bincount(here[~odd], minlength=256)
        unknown = int(odd.sum()) + int((_not_in(encoding, languages) @ sound).min())
        letters = int((reading.counted | reading.letters)[here].sum())
        differs = reading.codes != western.codes
        other = int(differs[here].sum())
        by_line, by_text = min(other, most_by_line), min(other, most_by_text)
        fits = unknown <= _FITS * letters and by_line - unknown >= (1 if letters >= _FEW else 2)
        fits |= (
            letters >= _SEVERAL
            and unknown <= _FITS_WELL * letters
            and by_text - unknown >= max(2, _WORSE * letters)
        )
        share = unknown / max(1, letters)
        if fits and share < best:
            best, found = share, encoding
    return found

"""Numbers as people type them: what is written in any country is read, what is doubtful refused.

A number may be refused, with a word why; it is never taken for another one. The system's locale
plays no part: `0,003` and `0.003` are the same number everywhere, and `1,000`, which is a thousand
in one country and one in the next, is none. Knows nothing of fields; those are in `views`.
"""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal
from functools import cache
from itertools import pairwise

from rnnviz.core.errors import RnnvizError

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_RAISED = str.maketrans("0123456789+-", _SUPERSCRIPTS)
_LOWERED = str.maketrans(_SUPERSCRIPTS, "0123456789+-")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("−\u2013\u2012\u2010\u2011\ufe63", "-"),
        **dict.fromkeys("×∙⋅·✕\u0445", "*"),  # the last is a Cyrillic letter that looks like x
        **dict.fromkeys("\u0435\u0415", "e"),  # Cyrillic letters that look like e
        **dict.fromkeys("\u2019\u2018\u02bc\uff07_", "'"),  # between thousands
        "\u066b": "⎖",  # the Arabic signs for decimals, thousands and lists
        "\u066c": "'",
        "\u061b": ";",
        "\u060c": ",",
        "\u3001": ";",
    }
)
"""Signs that mean the same; ⎖ stands for a sign that is a decimal separator and nothing else."""
_UNFINISHED = re.compile(r"\d\s*(?:[eE]|\^|\*\*)\s*[+-]?$")
_LARGEST_POWER = 400
"""Beyond this many digits nothing is finite; larger powers are not even worked out."""
_SPARE_DIGITS = 400


@cache
def _power() -> re.Pattern[str]:
    """A power of ten at the end; compiled when a number is first typed."""
    return re.compile(
        r"\s*(?:[eE]\s*|(?P<times>[*xX]\s*)?(?P<ten>(?<![\d.,⎖'])10)\s*(?:\^|\*\*))\s*"
        r"(?P<power>[+-]?\s*\d+|\(\s*[+-]?\s*\d+\s*\))$"
    )


class NotANumber(RnnvizError):
    """What was typed is no number, or could be two; the message says why, and what to write."""


def read_number(typed: str) -> float:
    """The number that these characters mean.

    >>> [read_number(each) for each in ("3e-4", "0,003", "1.000,5", "1 000 000", "3·10⁻⁴")]
    [0.0003, 0.003, 1000.5, 1000000.0, 0.0003]

    Raises:
        NotANumber: they mean none, might mean two, or no float holds it.
    """
    number = _only(_readings(typed), typed)
    found = float(number)
    if math.isinf(found):
        raise NotANumber(f"{_quoted(typed)} is larger than the largest number there is, 1.8·10³⁰⁸")
    if found == 0 and number:
        raise NotANumber(f"{_quoted(typed)} is smaller than the smallest number there is, 5·10⁻³²⁴")
    return found + 0.0  # no zero below zero


def read_whole(typed: str) -> int:
    """The whole number that these characters mean; `12,000` is one, as windows show it.

    >>> [read_whole(each) for each in ("12,000", "1e3", "1 000", "2.0", "12.500")]
    [12000, 1000, 1000, 2, 12500]

    Raises:
        NotANumber: they mean none, might mean two, or have a fraction.
    """
    readings = _readings(typed)
    whole = {number for number in readings if number == number.to_integral_value()}
    if not whole and readings:
        raise NotANumber(f"{_quoted(typed)} has a fraction; a whole number is wanted")
    if len(whole) > 1 and "," in (line := _alike(typed)) and "." not in line:
        whole = {max(whole, key=abs)}  # As whole numbers are shown: a fraction of zeros is no use.
    return int(_only(whole, typed))


def read_numbers(typed: str) -> tuple[float, ...]:
    """The numbers of a list: semicolons, commas or blanks between them.

    >>> read_numbers("0.4, 0.8, 1.2"), read_numbers("0,4; 0,8"), read_numbers("0.4 0.8,")
    ((0.4, 0.8, 1.2), (0.4, 0.8), (0.4, 0.8))

    Raises:
        NotANumber: one of them is none, or it cannot be told where one ends.
    """
    line = _alike(typed).strip()
    if ";" in line:
        return tuple(read_number(piece) for piece in line.rstrip("; ").split(";"))
    words = [word for word in re.split(r"\s*,\s+|\s+,?|,$", line) if word]
    if not words:
        raise NotANumber("No number is there; write for example 0.4; 0.8")
    thousands = any(
        re.fullmatch(r"[+-]?\d{1,3}", before) and re.match(r"\d{3}(?!\d)", after)
        for before, after in pairwise(words)
    )
    joined = re.search(r"\d\s+\d", line) is not None and "," not in line
    if thousands and joined:
        raise _doubtful(typed, "one number or several; put semicolons between them")
    if len(words) > 1 or "," not in words[0]:
        return tuple(read_number(word) for word in words)
    pieces = words[0].split(",")
    if not all(map(_could_be_one, pieces)):
        return (read_number(words[0]),)
    # With a comma inside a word it is the points that tell: 0.4,0.8 are two, 0,4 may be either.
    if _could_be_one(words[0]) or not any("." in piece for piece in pieces):
        raise _doubtful(typed, "one number or several; put semicolons between them")
    return tuple(map(read_number, pieces))


def shown_number(value: float) -> str:
    """A number with every digit it has and no other, as `read_number` reads it again.

    >>> [shown_number(each) for each in (0.003, 1e-4, 3e-5, 1e30, 12_000.0, 0.1 + 0.2)]
    ['0.003', '0.0001', '3·10⁻⁵', '10³⁰', '12000', '0.30000000000000004']
    """
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    sign, digits, power = Decimal(repr(float(value))).normalize().as_tuple()
    assert isinstance(power, int)
    head, first = "-" if sign else "", len(digits) + power - 1
    written = "".join(map(str, digits))
    if -4 <= first <= 8:
        shown = f"{abs(Decimal(repr(float(value))).normalize()):f}"
        # Three decimals behind one to three digits could be thousands in another country.
        return head + shown + ("0" if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", shown) else "")
    raised = f"10{str(first).translate(_RAISED)}"
    if written == "1":
        return head + raised
    fraction = f".{written[1:]}" if len(written) > 1 else ""
    spare = "0" if len(fraction) == 4 else ""
    return f"{head}{written[0]}{fraction}{spare}·{raised}"


def shown_whole(value: int) -> str:
    """A whole number with its thousands in groups, as everywhere in the window.

    >>> shown_whole(12000)
    '12,000'
    """
    return f"{value:,}"


def _alike(typed: str) -> str:
    """The same with one sign for each meaning: ASCII digits, plain blanks, one minus."""
    seen = []
    for character in typed:
        if character in _SUPERSCRIPTS:
            seen.append(character)
        elif unicodedata.category(character) == "Nd":
            seen.append(str(unicodedata.decimal(character)))
        elif unicodedata.category(character) != "Cf":
            seen.append(" " if character.isspace() else character.translate(_ALIKE))
    line = "".join(seen)
    line = re.sub(rf"10\s*([{_SUPERSCRIPTS}]+)", lambda at: f"10^{at[1].translate(_LOWERED)}", line)
    # Full-width signs; not before, since that would lower what is raised.
    if any(character in _SUPERSCRIPTS for character in line):
        return line
    return unicodedata.normalize("NFKC", line).translate(_ALIKE)


def _readings(typed: str) -> set[Decimal]:
    """All numbers that these characters may mean."""
    line = _alike(typed).strip()
    if not line:
        raise NotANumber("No number is there yet")
    sign = -1 if line[0] == "-" else 1
    body = line[1:].strip() if line[0] in "+-" else line
    found = _power().search(body)
    power = 0
    if found is not None:
        head = body[: found.start()].strip()
        bare = found["ten"] is not None and found["times"] is None
        if bare == bool(head):
            raise NotANumber(f"{_quoted(typed)} is no number; write powers as 3e-4")
        power = int(re.sub(r"[\s()]", "", found["power"])[:9])
        body = head or "1"
    elif _UNFINISHED.search(body):
        raise NotANumber(f"{_quoted(typed)} is not finished: its power of ten is missing")
    digits = sum(character.isdigit() for character in body)
    if digits > _SPARE_DIGITS:
        raise NotANumber(f"A number of {digits} digits is too long")
    mantissas = {sign * mantissa for mantissa in _mantissas(body)}
    if not mantissas:
        raise NotANumber(f"{_quoted(typed)} is no number; write it as 1000, 0.003 or 3e-4")
    power = max(-2 * _LARGEST_POWER, min(2 * _LARGEST_POWER, power))
    return {mantissa.scaleb(power) if mantissa else mantissa for mantissa in mantissas}


def _mantissas(body: str) -> set[Decimal]:
    """What digits with separators between them may mean, without sign and power."""
    if re.fullmatch(r"\d+", body):
        return {Decimal(body)}
    parts = re.fullmatch(r"(?P<whole>[\d.,' ]*?)(?:(?P<point>[.,⎖])(?P<fraction>\d*))?", body)
    if parts is None or not re.search(r"\d", body):
        return set()
    found: set[Decimal] = set()
    whole, fraction = parts["whole"], parts["fraction"]
    if parts["point"] is not None and (plain := _ungrouped(whole, parts["point"])) is not None:
        found.add(Decimal(f"{plain or '0'}.{fraction or '0'}"))
    if "⎖" not in body and (plain := _ungrouped(body, "")) is not None and plain:
        found.add(Decimal(plain))
    return found


def _ungrouped(whole: str, point: str) -> str | None:
    """The digits before the point, without what stands between groups; None where it is no number.

    Groups have three digits, or, as in India, two and three behind the last mark; a first group
    that begins with a zero is none: `0,003` is not three.
    """
    if re.fullmatch(r"\d*", whole):
        return whole
    marks = set(re.sub(r"\d", "", whole))
    if len(marks) != 1 or point in marks:
        return None
    groups = whole.split(marks.pop())
    if groups[0].startswith("0") or not 1 <= len(groups[0]) <= 3 or len(groups[-1]) != 3:
        return None
    middle = {len(group) for group in groups[1:-1]}
    western, indian = middle <= {3}, middle == {2} and len(groups[0]) <= 2
    return "".join(groups) if western or indian else None


def _only(readings: set[Decimal], typed: str) -> Decimal:
    if len(readings) == 1:
        return readings.pop()
    each = " or ".join(_plainly(number) for number in sorted(readings, key=abs))
    raise _doubtful(typed, f"{each}; write one of these")


def _plainly(number: Decimal) -> str:
    """As few digits as there are, and none that could be read in another way."""
    shown = f"{number.normalize():f}" if -10 < number.adjusted() < 15 else f"{number.normalize():e}"
    return shown + ("0" if re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", shown) else "")


def _could_be_one(word: str) -> bool:
    try:
        return bool(_readings(word))
    except NotANumber:
        return False


def _doubtful(typed: str, readings: str) -> NotANumber:
    return NotANumber(f"{_quoted(typed)} could be {readings}")


def _quoted(typed: str) -> str:
    line = " ".join(typed.split())
    return f"“{line if len(line) <= 24 else line[:23] + '…'}”"

"""Made-up pairs whose alignment is known by character: dates in ISO form, reversed words."""

from __future__ import annotations

import calendar
import random
import string
from dataclasses import dataclass

from rnnviz.core.errors import RnnvizError

FORMS = (
    "{month} {day}, {year}",
    "{day} {month} {year}",
    "{weekday}, {day} {month} {year}",
    "{month} {day} {year}",
    "{day}. {month} {year}",
    "{year} {month} {day}",
    "the {day}th of {month}, {year}",
    "{weekday} {month} {day}, {year}",
)


@dataclass(frozen=True)
class MadePair:
    """A source, its target, and which characters belong together."""

    source: str
    target: str
    right: tuple[frozenset[int], ...]
    """For each character of the target, the source places that say it; empty where none does."""


def made_date(draw: random.Random) -> MadePair:
    """A random date in one of the forms."""
    year, month = draw.randint(1000, 9999), draw.randint(1, 12)
    day = draw.randint(1, calendar.monthrange(year, month)[1])
    names = calendar.month_name if draw.random() < 0.6 else calendar.month_abbr
    days = calendar.day_name if draw.random() < 0.5 else calendar.day_abbr
    weekday = days[calendar.weekday(year, month, day)]
    parts = {"year": str(year), "month": names[month], "day": str(day), "weekday": weekday}
    form = draw.choice(FORMS)
    written, places = "", {}
    rest = form
    while rest:
        before, opened, after = rest.partition("{")
        written += before
        if not opened:
            break
        key, _, rest = after.partition("}")
        places[key] = range(len(written), len(written) + len(parts[key]))
        written += parts[key]
    year_at = [frozenset({place}) for place in places["year"]]
    month_at = [frozenset(places["month"])] * 2
    digits = list(places["day"])
    day_at = [frozenset({digits[0]}), frozenset({digits[-1]})]
    none: frozenset[int] = frozenset()
    return MadePair(
        written,
        f"{year:04}-{month:02}-{day:02}",
        (*year_at, none, *month_at, none, *day_at),
    )


def made_reversal(draw: random.Random) -> MadePair:
    """Four to twelve random letters and digits, and the same from the end."""
    letters = draw.choices(string.ascii_lowercase + string.digits, k=draw.randint(4, 12))
    last = len(letters) - 1
    right = tuple(frozenset({last - place}) for place in range(len(letters)))
    return MadePair("".join(letters), "".join(reversed(letters)), right)


MADE = {"dates": made_date, "reversed": made_reversal}


def made_pairs(kind: str, count: int, seed: int) -> list[MadePair]:
    """So many pairs, the same for the same seed.

    Raises:
        RnnvizError: there is no such kind.
    """
    if kind not in MADE:
        raise RnnvizError(f"no pairs of the kind {kind!r} can be made up; {', '.join(MADE)} can")
    draw = random.Random(seed)
    return [MADE[kind](draw) for _ in range(count)]

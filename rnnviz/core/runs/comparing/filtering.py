"""What a person types to see some runs of many: `gru`, `rate < 1e-3`, `units = 256 crashed`.

Words must all stand in the name or the state. A condition is a setting or a figure, a sign, and a
value; the setting may be called by its name, its title, or one word of either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from rnnviz.core.errors import RnnvizError
from rnnviz.core.quantities.typed_numbers import NotANumber, read_number
from rnnviz.core.runs.comparing.rows import FIGURES, RunRow, setting_column
from rnnviz.core.runs.comparing.settings import setting_in_words, setting_title

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "!=": lambda a, b: a != b,
    "==": lambda a, b: a == b,
    "≤": lambda a, b: a <= b,
    "≥": lambda a, b: a >= b,
    "≠": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "=": lambda a, b: a == b,
}
_EQUAL = ("=", "==", "!=", "≠")
_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_SPANS = ("time", "left")
_MOST_NAMED = 8


@cache
def _token() -> re.Pattern[str]:
    """A word, a sign or a quotation; compiled when a filter is first typed."""
    return re.compile(
        r"\"([^\"]*)\"|(<=|>=|!=|==|[<>=≤≥≠])|((?:[^\s,;<>=≤≥≠!\"]|(?<=\d),(?=\d))+|!)"
    )


class FilterError(RnnvizError):
    """What was typed is no filter; the message says why and what may be written.

    Attributes:
        readable: what the part before it means, as while a person goes on typing.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.readable = RunFilter()


class Condition(Struct, frozen=True):
    """`units = 256`."""

    key: str
    sign: str
    value: str

    def holds(self, row: RunRow) -> bool:
        """Whether it is so of a run; of one that does not say, only that it is another value."""
        column = _FIGURES.get(self.key) or setting_column(self.key)
        found = column.value(row)
        if found is None:
            return self.sign in ("!=", "≠")
        wanted = _number(self.key, self.value)
        if isinstance(found, bool):
            found = "yes" if found else "no"
        if isinstance(found, int | float) and wanted is not None:
            return _SIGNS[self.sign](float(found), wanted)
        shown = str(found) if self.key in _FIGURES else setting_in_words(self.key, found)
        pairs = {(text.casefold(), self.value.casefold()) for text in (str(found), shown)}
        compared = [_SIGNS[self.sign](*pair) for pair in pairs]
        return all(compared) if self.sign in ("!=", "≠") else any(compared)


class RunFilter(Struct, frozen=True):
    """Which of many runs are shown."""

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def takes(self, row: RunRow) -> bool:
        """Whether a run is among them."""
        text = f"{row.name} {_FIGURES['state'].value(row)}".casefold()
        return all(word in text for word in self.words) and all(
            condition.holds(row) for condition in self.conditions
        )


def read_filter(typed: str, settings: Sequence[str]) -> RunFilter:
    """What these characters mean, where the runs have these settings.

    >>> read_filter("gru rate < 1e-3, units=256", ["learning_rate", "units"]).conditions
    (Condition(key='learning_rate', sign='<', value='1e-3'), Condition(key='units', sign='=', value='256'))

    Raises:
        FilterError: a condition is not finished, or names what no run has.
    """  # noqa: E501 - a doctest has no other way to break the line
    words: list[str] = []
    conditions: list[Condition] = []
    tokens = [(match[1] if match[1] is not None else match[3], match[2]) for match in
              _token().finditer(typed)]  # fmt: skip
    place = 0
    while place < len(tokens):
        word, sign = tokens[place]
        place += 1
        if not sign:
            words.append(word)
            continue
        try:
            key, taken = _named(words, settings, sign)
            del words[len(words) - taken :]
            value, place = _value(tokens, place, key, sign)
        except FilterError as error:
            error.readable = _filter(words, conditions)
            raise
        conditions.append(Condition(key, sign, value))
    return _filter(words, conditions)


def _filter(words: Sequence[str], conditions: Sequence[Condition]) -> RunFilter:
    return RunFilter(tuple(word.casefold() for word in words), tuple(conditions))


def _value(tokens: Sequence[tuple[str, str]], place: int, key: str, sign: str) -> tuple[str, int]:
    """What stands behind a sign, and the place behind that."""
    if place == len(tokens) or tokens[place][1]:
        raise FilterError(f"behind {sign} a value is missing; write for example {key} {sign} 0.001")
    value = tokens[place][0]
    place += 1
    if key in _SPANS and place < len(tokens) and tokens[place][0] in _UNITS:
        value += tokens[place][0]
        place += 1
    if sign not in _EQUAL and _number(key, value) is None:
        raise FilterError(f"{value!r} is no number that something could be {sign}")
    return value, place


def could_go_on(typed: str, settings: Sequence[str]) -> bool:
    """Whether the last word may be the beginning of a setting's name, so that a sign may follow.

    >>> could_go_on("gru ra", ["learning_rate"]), could_go_on("gru-", ["learning_rate"])
    (True, False)
    """
    found = re.search(r"([^\W\d][\w-]*)$", typed)
    if not found:
        return False
    begun = _plain(found[1])
    names = [name for called in _called(settings).values() for name in called]
    return any(part.startswith(begun) for name in names for part in (name, *name.split("_")))


_FIGURES = {column.key: column for column in FIGURES}


def key_named(typed: str, settings: Sequence[str]) -> str:
    """The setting or figure that is called so: by its name, its title, or one word of either.

    >>> key_named("rate", ["learning_rate", "units"]), key_named("Held out", [])
    ('learning_rate', 'validation')

    Raises:
        FilterError: none is called so, or several are.
    """
    found = _candidates(typed, settings)
    if len(found) == 1:
        return found[0]
    if found:
        raise FilterError(f"{typed!r} may be {' or '.join(found)}; write one of them")
    known = ", ".join([*list(settings)[:_MOST_NAMED], *_FIGURES])
    raise FilterError(f"no run has {typed!r}; there are {known}")


def _candidates(typed: str, settings: Sequence[str]) -> list[str]:
    wanted, names = _plain(typed), _called(settings)
    exact = [key for key, called in names.items() if wanted in called]
    if exact:
        return exact[:1]
    by_word = [
        key for key, called in names.items() if any(wanted in name.split("_") for name in called)
    ]
    return by_word or [
        key for key, called in names.items() if any(name.startswith(wanted) for name in called)
    ]


def _called(settings: Sequence[str]) -> dict[str, set[str]]:
    """How each figure and setting may be called."""
    titles = {
        **{key: setting_title(key) for key in settings},
        **{column.key: column.title for column in FIGURES},
    }
    # Figures come first: what is held out is a loss here, and a share where that is said.
    keys = dict.fromkeys((*_FIGURES, *settings))
    return {key: {_plain(key), _plain(titles[key])} for key in keys}


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _named(words: list[str], settings: Sequence[str], sign: str) -> tuple[str, int]:
    """The key that the last words name, as many of them as one has, and how many these are."""
    if not words:
        raise FilterError(
            f"before {sign} the name of a setting is missing, as in rate {sign} 0.001"
        )
    for taken in range(min(4, len(words)), 1, -1):
        found = _candidates(" ".join(words[-taken:]), settings)
        if len(found) == 1:
            return found[0], taken
    return key_named(words[-1], settings), 1


def _number(key: str, value: str) -> float | None:
    """What a value is as a number; of a time also `10min`."""
    spelt = re.fullmatch(r"(.*\d)\s*(s|min|h|d)", value) if key in _SPANS else None
    try:
        return read_number(spelt[1]) * _UNITS[spelt[2]] if spelt else read_number(value)
    except NotANumber:
        return None

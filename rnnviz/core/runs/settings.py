"""What a run was trained with, in words for people: one line a setting, runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from rnnviz.core.quantities.typed_numbers import shown_number, shown_whole
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.core.runs.record import RunRecord

_FACTS = {"parameters": "Parameters", "training_characters": "Characters trained on"}
_LEFT_OUT = ("name",)
_TITLES = {
    "on_bad_number": "At NaN or infinity", "batch": "Streams", "clip_threshold": "Clip at",
    "validation_every": "Judge every", "start_from": "Start from", "default_text": "Sample text",
}  # fmt: skip
_NONE = {"embedding": "one-hot", "steps": "by epochs", "threads": "measured", "minutes": "no limit",
         "early_stopping": "never"}  # fmt: skip
"""What 0 means, where it is no number."""


def settings_in_words(record: RunRecord) -> dict[str, str]:
    """Every setting by its title; empty for a run that does not say how it was trained.

    A setting that was changed on the way says so: `0.003, now 0.001`.
    """
    config = record.config
    if not config or config.get("task") == "own-loop":
        return {}
    found = {}
    for fact, title in _FACTS.items():
        if isinstance(value := record.facts.get(fact), int | float):
            found[title] = _value(value)
    for field in msgspec.structs.fields(TrainingConfig):
        if field.name in _LEFT_OUT or field.name not in config:
            continue
        value = config[field.name]
        if field.name == "options":
            for option, chosen in dict(value).items():
                found[_title(option)] = _value(chosen)
            continue
        words = _NONE[field.name] if value == 0 and field.name in _NONE else _value(value)
        now = record.setting("temperature" if field.name == "temperatures" else field.name)
        changed = any(
            change.setting in (field.name, field.name.removesuffix("s"))
            for change in record.changes
        )
        found[_title(field.name)] = f"{words}, now {_value(now)}" if changed else words
    return found


def side_by_side(runs: Sequence[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """A row a setting, a column a run; settings in which runs differ come first.

    >>> side_by_side([{"Units": "64", "Seed": "0"}, {"Units": "64", "Seed": "1"}])
    [('Seed', '0', '1'), ('Units', '64', '64')]
    """
    titles = dict.fromkeys(title for run in runs for title in run)
    rows = [(title, *(run.get(title, "–") for run in runs)) for title in titles]
    return sorted(rows, key=lambda row: len(set(row[1:])) == 1)


def differing(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows of `side_by_side` differ."""
    return sum(len(set(row[1:])) > 1 for row in rows)


def _title(name: str) -> str:
    return _TITLES.get(name) or name.replace("_", " ").capitalize()


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return shown_whole(value)
    if isinstance(value, float):
        return shown_number(value)
    if isinstance(value, list | tuple):
        return ", ".join(_value(each) for each in value) or "none"
    return str(value) or "none"

"""What a run was trained with, in words for people: one line a setting, runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from rnnviz.core.quantities.typed_numbers import shown_number, shown_whole
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.record import RunRecord

FACTS: dict[str, str] = {
    "parameters": "Parameters",
    "training_characters": "Characters trained on",
    "left_out": "Texts left out: empty",
}
"""What `run.json` says beside the settings, and follows from them."""
_NAMES = tuple(
    field.name
    for field in msgspec.structs.fields(TrainingConfig)
    if field.name not in ("name", "options")
)
_TITLES = {
    "on_bad_number": "At NaN or infinity", "batch": "Streams", "clip_threshold": "Clip at",
    "validation_every": "Judge every", "start_from": "Start from", "default_text": "Sample text",
    "held_out": "Held-out share",
}  # fmt: skip
_NONE = {"embedding": "one-hot", "steps": "by epochs", "threads": "measured", "minutes": "no limit",
         "early_stopping": "never"}  # fmt: skip
"""What 0 means, where it is no number."""


def settings_of(record: RunRecord) -> dict[str, object]:
    """What a run was trained with by the names of its settings, as they are by now.

    Among them are the options of its task, and what a loop of one's own said of itself.
    """
    return {key: now for key, (_, now) in _began_and_now(record).items()}


def settings_in_words(record: RunRecord) -> dict[str, str]:
    """Every setting by its title; empty for a run that does not say how it was trained.

    A setting that was changed on the way says so: `0.003, now 0.001`.
    """
    found = {}
    for key, (began, now) in _began_and_now(record).items():
        words = setting_in_words(key, began)
        changed = now is not began
        found[setting_title(key)] = f"{words}, now {_value(now)}" if changed else words
    return found


def _began_and_now(record: RunRecord) -> dict[str, tuple[object, object]]:
    """What every setting was when the run began, and what it is by now, where it was changed."""
    config, facts = record.config, record.facts
    found: dict[str, tuple[object, object]] = {}
    own = config.get("task") == "own-loop"
    for fact in () if own or not config else FACTS:
        if isinstance(value := facts.get(fact), int | float):
            found[fact] = value, value
    for name in () if own else _NAMES:
        if name in config:
            value = config[name]
            changed = _last_change(record, name)
            found[name] = value, value if changed is None else changed
    options = config.get("options")
    for option, value in options.items() if isinstance(options, Mapping) else ():
        found.setdefault(option, (value, value))
    return found


def _last_change(record: RunRecord, name: str) -> object:
    """What a setting was last changed to; None where it never was."""
    asked = (name, name.removesuffix("s"))
    changed = [change.value for change in record.changes if change.setting in asked]
    return changed[-1] if changed else None


def setting_in_words(key: str, value: object) -> str:
    """A setting's value for people.

    >>> setting_in_words("embedding", 0), setting_in_words("learning_rate", 3e-4)
    ('one-hot', '0.0003')
    """
    return _NONE[key] if key in _NONE and value == 0 else _value(value)


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


def setting_title(key: str) -> str:
    """What a setting is called.

    >>> setting_title("learning_rate"), setting_title("batch")
    ('Learning rate', 'Streams')
    """
    return FACTS.get(key) or _TITLES.get(key) or key.replace("_", " ").capitalize()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return shown_whole(value)
    if isinstance(value, float):
        return shown_number(value)
    if isinstance(value, list | tuple):
        return ", ".join(_value(each) for each in value) or "none"
    return str(value) or "none"

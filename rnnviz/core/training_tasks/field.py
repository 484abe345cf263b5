"""What a person is asked before a training: one field a setting, for the form and the command line.

A field is plain data: the form makes a widget of it, the command line an option, and neither knows
the settings by their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Field:
    """A setting that a person may choose."""

    name: str
    """Of `TrainingConfig`, or of the task's `options`."""
    title: str
    """For the form."""
    help: str
    """One sentence without its stop."""
    default: Any
    when: tuple[str, tuple[Any, ...]] | None = None
    """Another option and the values of it with which this one is asked; None asks always."""

    def asked(self, options: Mapping[str, Any]) -> bool:
        """Whether this is asked where the options are these."""
        return self.when is None or options.get(self.when[0]) in self.when[1]


@dataclass(frozen=True, kw_only=True)
class Whole(Field):
    """A whole number from `low` to `high`."""

    default: int
    low: int = 0
    high: int = 100_000_000
    special: str = ""
    """The word that stands for the lowest number."""
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class Real(Field):
    """A number from `low` to `high`."""

    default: float
    low: float = 0.0
    high: float = 1e9
    above: bool = False
    """Whether the lowest number itself is refused."""
    smallest_step: float = 1e-6
    """The least that an arrow adds."""
    special: str = ""
    """The word that stands for the lowest number."""


@dataclass(frozen=True, kw_only=True)
class Reals(Field):
    """Several numbers, none below `low`."""

    default: tuple[float, ...]
    low: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of several words."""

    default: str
    choices: Mapping[str, str]
    """What each is called, by its value."""


@dataclass(frozen=True, kw_only=True)
class Switch(Field):
    """Yes or no."""

    default: bool = False


@dataclass(frozen=True, kw_only=True)
class Words(Field):
    """Any words; empty for none."""

    default: str = ""


@dataclass(frozen=True, kw_only=True)
class File(Field):
    """The path of a file; empty for none."""

    default: str = ""
    choose: str = field(default="Choose a file")
    """The title of the dialog that chooses it."""

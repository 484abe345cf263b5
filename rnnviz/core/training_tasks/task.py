"""What a training task is, as facts: what the form and the command line ask, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import Field


@dataclass(frozen=True)
class Preset:
    """Settings under a name; what it does not name stays as the task suggests for the data."""

    name: str
    title: str
    about: str
    settings: Mapping[str, Any]
    """Of `TrainingConfig`; `options` among them."""


@dataclass(frozen=True)
class Data:
    """The files that a task learns from."""

    title: str
    """For the form: `Text`."""
    wanted: str
    """What to choose, where nothing is: `Choose a text, or drop one.`"""
    choose: str
    """The title of the dialog that chooses."""


class Rough(NamedTuple):
    """What is known of a run without measuring it."""

    steps: int
    seconds: float
    parameters: int | None = None
    """None where that needs the data to be read."""


def _nothing(_: int) -> dict[str, Setting]:
    return {}


def _no_problem(_: Sequence[Path], __: TrainingConfig) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class TaskDescription:
    """One training task; what it does is registered under its key in `nets.training_tasks`."""

    key: str
    """The `task` in `run.json`: `characters`."""
    title: str
    about: str
    """One sentence for people."""
    structure: str
    """The key of its picture among `STRUCTURES`."""
    data: Data | None
    """None where examples are made up on the way."""
    made: str = ""
    """The option that, where it is set, has examples made up instead of read."""
    options: tuple[Field, ...] = ()
    """What only this task can be told."""
    usual: tuple[str, ...] = ()
    """The options that everybody looks at; the others stand among the further settings."""
    unused: frozenset[str] = frozenset()
    """Settings of every run that mean nothing here."""
    titles: Mapping[str, str] = field(default_factory=dict)
    """What settings of every run are called here, where that is another word: `Streams`."""
    presets: tuple[Preset, ...]
    suggested: Callable[[int], dict[str, Setting]] = _nothing
    """Settings that suit data of so many bytes."""
    rough: Callable[[TrainingConfig, int], Rough]
    """What a run on so many bytes will be, by counting operations."""
    problem: Callable[[Sequence[Path], TrainingConfig], str] = _no_problem
    """Why a network cannot be trained on these files with these settings, as far as a look at them
    says; empty where it may be."""
    measured: bool = True
    """Whether a few steps can be tried in a second or two, to tell what the run will take."""
    unit: str = ""
    """What a loss is the mean over, for people: `character`; empty where it is no loss of
    predictions, so that it is in no nats."""

    def needs_data(self, options: Mapping[str, Any]) -> bool:
        """Whether files are to be chosen where the options are these."""
        return self.data is not None and not (self.made and options.get(self.made))

    def option_defaults(self) -> dict[str, Setting]:
        """Every option at its default."""
        return {option.name: option.default for option in self.options}

    def config_for(self, preset: Preset, files: Sequence[Path], size: int) -> TrainingConfig:
        """The settings of a preset for these files, of so many bytes together."""
        settings = {**self.suggested(size), **preset.settings}
        options = {**self.option_defaults(), **settings.pop("options", {})}
        reads = self.needs_data(options)
        name = (name_of(files[0]) if files else "") if reads else preset.name
        asked = {o.name: options[o.name] for o in self.options if o.asked(options)}
        texts = tuple(map(str, files)) if reads else ()
        return TrainingConfig(task=self.key, name=name, texts=texts, options=asked, **settings)


def name_of(path: Path) -> str:
    """What a run on this file is called: the file's name, without its ending or endings.

    >>> name_of(Path("pairs.tsv.xz")), name_of(Path("war.and.peace.txt"))
    ('pairs', 'war.and.peace')
    """
    return Path(path.stem).stem if path.suffix in (".gz", ".xz") else path.stem

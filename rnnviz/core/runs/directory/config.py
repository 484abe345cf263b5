"""What decides how a training run goes, and the file that keeps it: `run.json`."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import DamagedFileError, JsonObject, check_sane, read_json
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.system.ready_types import ready

RUN_VERSION = 2
Options = dict[str, Any]
"""Settings that only one task has: each of the type of the field that asks for it."""


class TrainingConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides how a run goes; the same configuration gives the same run."""

    texts: tuple[str, ...] = ()
    """Paths of the training texts, read one after the other."""
    task: str = "characters"
    """What is learned: a name of `nets.training.TRAINING_TASKS`."""
    options: Options = {}
    """Settings that only this task has."""
    name: str = ""
    architecture: str = "lstm"
    layers: int = 2
    units: int = 256
    embedding: int = 0
    skip: bool = False
    dropout: float = 0.0
    sequence_length: int = 128
    """Characters between two truncations of back-propagation through time."""
    batch: int = 32
    """Parallel streams through the text; each carries its state over."""
    epochs: float = 10.0
    steps: int = 0
    """How many steps to train; 0 leaves it to `epochs`."""
    minutes: float = 0.0
    """Ends the training after so long, its learning rate fallen as at the last step; 0 never does.
    How many steps that are, and so what is learned, depends on the machine."""
    optimiser: str = "adam"
    weight_decay: float = 0.0
    learning_rate: float = 0.003
    schedule: str = "cosine"
    """`constant`, `cosine` to zero, `linear` to zero, or `inverse-root` of the step."""
    warmup_steps: int = 200
    clip: str = "norm"
    """`norm` rescales the whole gradient, `value` clamps each number, `none` does nothing."""
    clip_threshold: float = 1.0
    held_out: float = 0.1
    """Share of the text, at its end, that is never trained on; above 1, a number of characters."""
    validation_every: int = 500
    early_stopping: int = 0
    """Ends after so many validations in a row without a better one; 0 never does."""
    checkpoint_every: int = 500
    parameters_every: int = 50
    """Steps between two measurements of every parameter's gradient and weights."""
    gradient_steps_every: int = 50
    """Steps between two measurements of the gradient at every hidden state."""
    histograms: bool = True
    """Whether every checkpoint is followed by how the numbers of each parameter lie."""
    temperatures: tuple[float, ...] = (0.4, 0.8, 1.2)
    """Samples are drawn at each of these."""
    on_bad_number: str = "stop"
    """What NaN or infinity does: `stop` ends the run, `continue` only names it."""
    seed: int = 0
    threads: int = 1
    """0 measures at the start which number is fastest; the run keeps what was found."""
    device: str = "auto"
    """`cpu`, `cuda`, `mps`; `auto` takes CUDA where torch finds it, else the processor."""
    precision: str = "float32"
    """`bfloat16` runs the matrix products of training in that type; validation is in float32."""
    default_text: str = ""
    start_from: str = ""
    """A model file of the same sizes and characters, whose weights the training begins with."""

    def check(self) -> None:
        """Refuse values that cannot work.

        Raises:
            RunDirectoryError: naming the setting, what it is, and what it may be.
        """
        for setting, allowed in _CHOICES.items():
            if getattr(self, setting) not in allowed:
                raise RunDirectoryError(
                    f"{setting} is {getattr(self, setting)!r}; it may be {', '.join(allowed)}"
                )
        for setting in _POSITIVE:
            value = getattr(self, setting)
            if not (math.isfinite(value) and value > 0):
                raise RunDirectoryError(f"{setting} is {value}; it must be above zero")
        for setting in _NOT_BELOW_ZERO:
            value = getattr(self, setting)
            if not (math.isfinite(value) and value >= 0):
                raise RunDirectoryError(f"{setting} is {value}; it must be at least 0")
        if not 0 <= self.dropout < 1:
            raise RunDirectoryError(f"dropout is {self.dropout}; it must be from 0 to below 1")
        for value in self.temperatures:
            if not (math.isfinite(value) and value >= 0):
                raise RunDirectoryError(f"a temperature is {value}; it must be at least 0")


_CHOICES = {
    "optimiser": ("adam", "adamw", "rmsprop", "sgd"),
    "schedule": ("constant", "cosine", "linear", "inverse-root"),
    "clip": ("norm", "value", "none"),
    "device": ("auto", "cpu", "cuda", "mps"),
    "precision": ("float32", "bfloat16"),
    "on_bad_number": ("stop", "continue"),
}
_NOT_BELOW_ZERO = (
    "held_out", "steps", "minutes", "early_stopping", "weight_decay", "warmup_steps", "threads",
)  # fmt: skip
_POSITIVE = (
    "layers", "units", "sequence_length", "batch", "epochs", "learning_rate", "clip_threshold",
    "validation_every", "checkpoint_every", "parameters_every", "gradient_steps_every",
)  # fmt: skip


def write_config(
    directory: Path, config: TrainingConfig | Mapping[str, Any], facts: Mapping[str, Any]
) -> None:
    """Write `run.json`: the configuration, the versions, and these facts.

    Raises:
        OSError: it cannot be written.
    """
    run = {
        "version": RUN_VERSION,
        "config": msgspec.to_builtins(config),
        "python": platform.python_version(),
        "directory": absolute(directory),
        **facts,
    }
    write_atomically(directory / "run.json", json.dumps(run, indent=1).encode() + b"\n")


def rename(directory: Path, name: str) -> None:
    """Give a run another name; its folder and everything else in `run.json` stay as they are.

    Raises:
        RunDirectoryError: no run of ours lies there, it is damaged, or it cannot be written.
    """
    read_run(directory)  # refuses what is damaged, or newer than this program
    path = directory / "run.json"
    try:
        run = read_json(path, JsonObject)
        run["config"] = {**run.get("config", {}), "name": name}
        write_atomically(path, json.dumps(run, indent=1).encode() + b"\n", wait=False)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror}") from error


Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class _Run(msgspec.Struct):
    """What `run.json` may hold that is counted with or drawn; everything else is kept as it is."""

    version: Count = 0
    config: JsonObject = {}
    steps: Count = 0
    training_characters: Count = 0
    digest: str | None = None
    text_digest: str | None = None
    loss: str | None = None
    baseline: float | None = None
    gradient_layers: list[str] = []
    gradient_source_steps: Count = 0


class RunFile(NamedTuple):
    """What `run.json` says."""

    config: Mapping[str, Any]
    """The settings, those of this version in their types; empty of a file that has none."""
    facts: Mapping[str, Any]
    """Everything else; whoever takes one looks first what it is."""


def read_run(directory: Path) -> RunFile:
    """What `run.json` says: settings, and facts about the run.

    Raises:
        RunDirectoryError: no run lies there, it is damaged, or was written by a newer version.
    """
    path = directory / "run.json"
    try:
        facts = read_json(path, JsonObject)
        known = msgspec.convert(facts, ready(_Run))
        typed = msgspec.to_builtins(_typed(known.config))
        check_sane(typed)  # once more: a number may stand there as a word
    except OSError as error:
        raise RunDirectoryError(f"{directory} holds no run: {error.strerror}") from error
    except (DamagedFileError, msgspec.ValidationError) as error:
        raise RunDirectoryError(f"{path} is damaged: {error}") from error
    if known.version > RUN_VERSION:
        raise RunDirectoryError(f"{path} was written by a newer rnnviz; update this one")
    # Settings that later versions have stay; those of this one have their types.
    config = {
        name: value if value is None else typed.get(name, value)
        for name, value in known.config.items()
    }
    facts.pop("config", None)
    return RunFile(config, facts)


def _typed(config: Mapping[str, Any]) -> TrainingConfig:
    told = {name: value for name, value in config.items() if value is not None}
    return msgspec.convert(told, ready(TrainingConfig), strict=False)


def read_config(directory: Path) -> TrainingConfig:
    """The configuration of a run.

    Raises:
        RunDirectoryError: no run lies there, it is damaged, or was written by a newer version.
    """
    config = read_run(directory).config
    if not config:
        raise RunDirectoryError(f"{directory / 'run.json'} is damaged: it holds no settings")
    return _typed(config)


PATH_OPTIONS = (
    "links", "vocabularies", "source_vectors", "target_vectors", "vectors", "held_out_texts",
)  # fmt: skip
"""Options of tasks that name files."""


def with_paths(config: TrainingConfig, change: Callable[[str], str]) -> TrainingConfig:
    """The configuration with every path that it names changed by this; empty ones stay empty."""

    def changed(path: Any) -> Any:
        return change(path) if path and isinstance(path, str) else path

    options = {
        name: changed(value) if name in PATH_OPTIONS else value
        for name, value in config.options.items()
    }
    texts, start = tuple(map(changed, config.texts)), changed(config.start_from)
    return msgspec.structs.replace(config, texts=texts, start_from=start, options=options)


def absolute(path: str | Path) -> str:
    """The same place, whatever folder one stands in; links and what does not exist stay.

    >>> absolute("/runs/../texts/novel.txt").endswith("novel.txt")
    True
    """
    return os.path.abspath(path)  # noqa: PTH100 - Path.absolute keeps the `..`


def config_found(directory: Path) -> TrainingConfig:
    """The configuration of a run, with its files where they are found now.

    A run and its texts may have been moved together, a run of an earlier version knows them by
    where one stood, and a copy may lie beside the run. A file that is found nowhere stays named as
    it was; whether one that is found is the right one is told by its digest.

    Raises:
        RunDirectoryError: no run lies there, it is damaged, or was written by a newer version.
    """
    config, place = read_config(directory), read_run(directory).facts.get("directory")
    here = Path(absolute(directory))

    def found(path: str) -> str:
        candidates = [Path(path)]
        if isinstance(place, str) and Path(path).is_absolute():
            candidates.append(here / os.path.relpath(path, place))
        if not Path(path).is_absolute():
            candidates += [folder / path for folder in (here, *here.parents)]
        name = Path(path).name
        candidates += [here / name, here.parent / name]
        # Path.is_file complains about names that are too long; this does not.
        return next((str(one) for one in candidates if os.path.isfile(one)), path)  # noqa: PTH113

    return with_paths(config, found)

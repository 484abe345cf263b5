"""What a kind of model is, as facts that every floor may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from msgspec import Struct

from rnnviz.core.architectures import short_title


class Description(Protocol):
    """What the header of a model file says of a model, whatever its kind."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def task(self) -> str:
        """What it was trained for; it tells the kind."""
        ...

    @property
    def version(self) -> int:
        """Of the format."""
        ...

    @property
    def training(self) -> dict[str, object]:
        """A summary for people."""
        ...

    @property
    def summary(self) -> str:
        """What it is, in a phrase for people: `LSTM, 2 × 256 units`."""
        ...

    def check(self, name: str) -> None:
        """Refuse sizes that make no sense; `name` is the file's.

        Raises:
            ModelFileError: naming what is wrong.
        """
        ...


def stack_in_words(about: Mapping[str, Any]) -> str:
    """Layers of one width, for people.

    >>> stack_in_words({"architecture": "gru", "layers": 2, "units": 64})
    'GRU, 2 layers of 64 units'
    """
    plural = "s" * (about["layers"] != 1)
    stack = f"{about['layers']} layer{plural} of {about['units']} units"
    return f"{short_title(about['architecture'])}, {stack}"


def _all_alike(_: Any) -> tuple[object, ...]:
    return ()


class ModelKind(Struct, frozen=True):
    """One kind of model; what is done with it is registered under its key in `nets` and `views`."""

    key: str
    """`translator`: the same in the three tables, and in what the engine answers."""
    title: str
    """For people: `translation model`."""
    description: type[Description]
    """A `msgspec.Struct`: what the header of a file of ours holds."""
    tasks: tuple[str, ...]
    """Values of the description's `task` that are of this kind."""
    workspace: str
    """The name of the workspace in which it is seen first."""
    training_task: str
    """The training task that makes one."""
    reads: str
    """What it reads, for people: `characters`, `sentences`."""
    samples: str
    """Where inputs to try come from: the `texts` of the library, `examples` in the description."""
    jobs: tuple[str, ...]
    """What it can be asked: a function for each is registered in `nets`. A kind without jobs has
    files, but nothing opens them."""
    use: str
    """What can be done with it, after its title and a comma: `which continues texts`."""
    lines: Callable[[Mapping[str, Any]], list[tuple[str, str]]]
    """What `rnnviz info` says of one, in names and words, by what the engine tells of it."""
    unit: str = "step"
    """What a loss is the mean over, for people: `character`, `token`."""
    also_trained_by: tuple[str, ...] = ()
    """Training tasks that make one, beside `training_task`."""
    predicts_next: bool = False
    """Whether it says what comes next in what it reads, so that any text can judge it."""
    short_texts: bool = False
    """Whether what it reads is many short texts: its losses are taken from the first step on."""
    first: Callable[[Any], tuple[object, ...]] = _all_alike
    """Sorts descriptions: the one that a person should see first comes first."""

    @property
    def walks_texts(self) -> bool:
        """Whether it reads texts of the library, step by step, and its units are recorded."""
        return self.samples == "texts" and "walk" in self.jobs

    @property
    def with_article(self) -> str:
        """For people: `a translation model`."""
        article = "an" if self.title[0] in "aeiou" else "a"
        return f"{article} {self.title}"

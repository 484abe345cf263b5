"""What the training loop asks of a task: batches, a loss, and what there is to see and to keep.

A task owns its model and its data, and knows where in the data it is; the loop owns the optimiser,
the clock, and the run directory. `docs/adding.md` shows how to write one. What tasks have in
common that is said of a configuration, a corpus and a trained model stands here, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.reading import DamagedFileError, check_sane
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.system.ready_types import ready
from rnnviz.nets.language.model import count_parameters

Options = TypeVar("Options", bound=msgspec.Struct)


class Share(NamedTuple):
    """Which part of every batch this process works on, of how many; all of it by default."""

    number: int = 0
    of: int = 1


ALL = Share()


def options_as(kind: type[Options], config: TrainingConfig, task: str) -> Options:
    """The options that a configuration has for its task alone.

    Raises:
        RnnvizError: one that is unknown, or of the wrong kind.
    """
    try:
        found = msgspec.convert(dict(config.options), ready(kind), strict=False)
        check_sane(msgspec.to_builtins(found))
    except (msgspec.ValidationError, DamagedFileError) as error:
        raise RnnvizError(f"an option of the {task} task is wrong: {error}") from error
    return found


def digest_of(examples: Iterable[tuple[str, ...]]) -> str:
    """A fingerprint of examples in words: a resumed run notices by it that they have changed."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update("\t".join(example).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()[:16]


def training_summary(
    config: TrainingConfig, counts: Mapping[str, Any], training: Mapping[str, Any], model: nn.Module
) -> dict[str, object]:
    """What a model file says of its training.

    Args:
        counts: what the task knows of its data.
        training: what the loop knows.
    """
    return {
        "texts": [Path(text).name for text in config.texts],
        **counts,
        **training,
        "parameters": count_parameters(model),
    }


def with_notes(facts: Mapping[str, Any], notes: Iterable[str]) -> Mapping[str, Any]:
    """What a task says of its data, with more that a person should know of it.

    >>> with_notes({"rows": 3, "notes": ["a"]}, ["b"])
    {'rows': 3, 'notes': ['a', 'b']}
    """
    more = list(notes)
    return {**facts, "notes": [*facts.get("notes", ()), *more]} if more else facts


def rare_labels_noted(counts: Mapping[str, int]) -> list[str]:
    """A sentence on labels that occur once, in a list; an empty one where there are none.

    >>> rare_labels_noted({"NOUN": 9, "FW": 1})
    ["the label 'FW' occurs once in what is trained on: it can hardly be learned"]
    """
    once = sorted(label for label, count in counts.items() if count == 1)
    if not once:
        return []
    shown = ", ".join(map(repr, once[:5])) + ", ..." * (len(once) > 5)
    several = len(once) > 1
    said = (
        f"the label{'s' * several} {shown} occur{'s' * (not several)} once in what is trained on: "
        f"{'they' if several else 'it'} can hardly be learned"
    )
    return [said]


class StepLoss(NamedTuple):
    """What a forward pass gives."""

    nats: Tensor
    """() the mean over the tokens, still in the graph."""
    tokens: int
    """How many predictions the mean is over: characters, words, or examples."""
    added: Tensor | None = None
    """() what is minimised beside `nats`, already weighted."""
    parts: Mapping[str, Tensor] = {}
    """() each: what else is drawn as a curve of its own, by its name: `{"guided": ...}`."""

    @property
    def minimised(self) -> Tensor:
        """() all of it."""
        return self.nats if self.added is None else self.nats + self.added


class Validation(NamedTuple):
    """How good the model is on what it does not train on."""

    loss_nats: float
    streams: int = 1
    """Into how many streams the held-out text was cut."""
    metrics: Mapping[str, float] = {}
    """Whatever else tells people how good it is: `{"bleu": 31.2}`."""


@dataclass(frozen=True)
class Observation:
    """Something to see at a stage of the training; it becomes an event of this kind."""

    kind: str
    """`sample`, `alignment`, ..."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    array: npt.NDArray[np.floating] | None = None
    """Goes to a side file, and the event names its row."""


class Position(NamedTuple):
    """Where a task is in its data, so that it can go on from there bit for bit."""

    facts: Mapping[str, Any] = {}
    """JSON-able; the same for all processes of a run."""
    tensors: Mapping[str, Tensor] = {}
    """The carried state; of the same shapes in all processes."""


class TrainingTask(Protocol):
    """Something that can be learned.

    `next_batch` moves on in the data; all else leaves the position alone. Nothing but `loss` may
    draw from torch's global random numbers, and nothing may read a clock: then a run that was
    killed goes on as if nothing had been.
    """

    name: str
    """The key in `run.json`: `characters`."""
    steps_an_epoch: float
    """0 for a task whose examples never repeat."""
    facts: Mapping[str, Any]
    """What `run.json` says about the data."""

    @property
    def model(self) -> nn.Module:
        """What is trained, as it is; the loop may hand `loss` a wrapped one."""
        ...

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share) -> TrainingTask:
        """Read the data and make the model.

        Raises:
            RnnvizError: the data or the settings do not allow it.
        """
        ...

    def next_batch(self) -> Any:
        """The next batch; after the last one the first again."""
        ...

    def loss(self, network: nn.Module, batch: Any) -> StepLoss:
        """Run `network`, which is the model or wraps it, forward on this batch."""
        ...

    def state_gradients(self, batch: Any) -> npt.NDArray[np.float32] | None:
        """The norm of dL/dh at every hidden state of the batch, before `loss` is asked about it.

        Returns:
            (2, L, T): for the loss of all steps, and for that of the last one. None where there is
            nothing of the kind.
        """
        ...

    def validate(self, final: bool) -> Validation | None:
        """Judge the model; thoroughly if this is the end. None where nothing is held out."""
        ...

    def observe(self, temperatures: tuple[float, ...]) -> Iterator[Observation]:
        """What there is to see of the model now: samples at these temperatures, an alignment."""
        ...

    def save(self, path: Path, training: Mapping[str, Any]) -> None:
        """Write a model file that opens by itself, with this summary of the training."""
        ...

    def position(self) -> Position:
        """Where the task is in its data, and what it carries over to the next batch."""
        ...

    def restore(self, position: Position) -> None:
        """Go back there."""
        ...

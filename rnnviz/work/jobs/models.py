"""Jobs before any other: opening a model, its characters, a text."""

from __future__ import annotations

import math
from typing import ClassVar

import msgspec

from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.messages import Failure, Request


class ModelOpened(msgspec.Struct, frozen=True, kw_only=True):
    """What the window knows of a model that the engine holds."""

    path: str
    kind: str
    """The key of its kind in `core.kinds`, which says what the description is."""
    description: dict[str, object]
    """Plain JSON: what the header of a model file of this kind holds, less what is long."""
    format_title: str = ""
    """For people: `PyTorch state_dict`."""
    parameters: int = 0
    channels: tuple[str, ...] = ()
    """What may be recorded of it."""
    states: tuple[str, ...] = ()
    """Those channels that are no gates."""
    notes: tuple[str, ...] = ()
    """Sentences about anything that was assumed."""
    vocabulary: tuple[str, ...] | None = None
    """The characters a person chose, where the file had none."""
    reading: int = 0
    """Which of the networks that its tensors may be the person chose, from 1; 0 for none."""
    digest: str = ""
    """Tells this state of the file from others; see `core.system.identity`."""


class NotOpened(Failure, frozen=True, kw_only=True):
    """Why a model was not opened; its kind may ask for a `vocabulary` or for `sentences`."""

    size: int = 0
    """How many characters are wanted, where the kind is `VocabularyNeeded`."""
    readings: tuple[str, ...] = ()
    """What the tensors may be, where the kind is `ReadingNeeded`."""


class OpenModel(Request[None, ModelOpened], frozen=True, kw_only=True):
    """Open a model of any kind, and keep it warm."""

    failure: ClassVar[type[Failure]] = NotOpened
    model: ModelGiven


class Candidate(msgspec.Struct, frozen=True):
    """One order of the characters."""

    how: str
    """For people: `sorted characters of the text`."""
    characters: tuple[str, ...]
    """V distinct characters; U+E000 and on stand for tokens that are no character."""
    loss_nats: float = math.nan
    """Nats a character on the text, ln V for one that it lacks; NaN without a text."""


class Guess(msgspec.Struct, frozen=True):
    """All candidates, best first, and two losses to compare theirs with."""

    candidates: tuple[Candidate, ...]
    uniform_nats: float
    """ln V: knowing nothing."""
    unigram_nats: float
    """Knowing how frequent each character of the text is; NaN without a text."""
    named: bool = False
    """Whether a file lists them, so that nothing is guessed."""

    @property
    def convincing(self) -> bool:
        """Whether the best order beats the frequencies, which a wrong order does not."""
        return bool(self.candidates and self.candidates[0].loss_nats < self.unigram_nats)

    @property
    def usable(self) -> bool:
        """Whether the best order may be taken: a file lists it, or the text bears it out."""
        return bool(self.candidates) and (self.named or self.convincing)

    @property
    def worse_than_nothing(self) -> bool:
        """Whether the model does worse on the text than one that knows nothing at all."""
        return bool(self.candidates) and self.candidates[0].loss_nats > self.uniform_nats


class GuessVocabulary(Request[None, Guess], frozen=True, kw_only=True):
    """Guess in which order a model without characters has them."""

    path: str
    source: str
    """A text, or a file that lists characters."""
    text: str = ""
    """Where `source` is no text: the text on which they are judged."""
    reading: int = 0
    """Which of the networks that the tensors may be; see `ModelGiven.reading`."""


class TensorGroup(msgspec.Struct, frozen=True):
    """The tensors of one module."""

    module: str
    tensors: str
    """Names and shapes, for people."""


class TensorsListed(msgspec.Struct, frozen=True):
    """What lies in a file of weights."""

    holds: str
    """In a phrase; empty where nothing but tensors by name are in it, or none."""
    groups: tuple[TensorGroup, ...]
    readings: tuple[str, ...]
    """The networks that the tensors may be, the likeliest first."""


class ListTensors(Request[None, TensorsListed], frozen=True, kw_only=True):
    """List what lies in a file of weights, also where no model in it can be shown."""

    path: str


class ReadingsJudged(msgspec.Struct, frozen=True, kw_only=True):
    """The loss of each reading of a file on a text."""

    nats: tuple[float, ...]
    """NaN where a reading predicts no symbols, or they are not named."""
    uniform_nats: float = math.nan
    """ln V: knowing nothing."""
    problem: str = ""
    """Why none could be judged."""


class JudgeReadings(Request[None, ReadingsJudged], frozen=True, kw_only=True):
    """Find the loss that each reading of a file gives on the beginning of a text."""

    path: str
    text: str
    count: int
    """How many readings there are."""
    vocabulary: tuple[str, ...] | None = None
    """Its symbols, where they are known; else the text suggests them."""


class ModelConverted(msgspec.Struct, frozen=True, kw_only=True):
    """A model file of ours that was written."""

    path: str
    kind: str
    size_bytes: int
    notes: tuple[str, ...] = ()
    """What was assumed when the original was opened."""


class ConvertModel(Request[None, ModelConverted], frozen=True, kw_only=True):
    """Write a model of any format as a file of ours, which needs nothing beside it."""

    failure: ClassVar[type[Failure]] = NotOpened
    model: ModelGiven
    target: str
    half: bool = False
    """Keep the weights in float16."""


class TextLaidOut(msgspec.Struct, frozen=True):
    """A text in files that the window maps; see `core.sequences.texts.text_store`."""

    path: str
    """The text's own file."""
    folder: str
    width: int
    """Bytes of a code point."""
    how: str = ""
    """How the file was read, for people; see `Text.how`."""


class ReadRecorded(Request[None, TextLaidOut], frozen=True, kw_only=True):
    """Read what another program recorded, and write it as a recording into a folder."""

    path: str
    folder: str


class ReadText(Request[None, TextLaidOut], frozen=True, kw_only=True):
    """Read a large text, and lay it out in a folder."""

    path: str
    folder: str

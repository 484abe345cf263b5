"""Training a character language model by truncated back-propagation through time.

The text is cut into B streams; each step runs `sequence_length` characters of every stream, and
the state is carried over to the next step, cut from the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import ModelFileError, RnnvizError, RunDirectoryError, TextError
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.network import Described, SequenceDescription
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.sequences.in_words import reading_in_words
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.vocabulary import Vocabulary
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.device import training_device
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.sequence.states import detached, floats, named, restored
from rnnviz.nets.training.hidden_gradients import hidden_gradients
from rnnviz.nets.training.starting import start_from
from rnnviz.nets.training_tasks.corpus import Corpus, held_out_loss
from rnnviz.nets.training_tasks.task import (
    ALL,
    Observation,
    Position,
    Share,
    StepLoss,
    Validation,
    training_summary,
    with_notes,
)

Encode = Callable[[str], npt.NDArray[np.integer]]
SAMPLE_LENGTH = 400
VALIDATION_STREAMS = 64
_LEAST_STREAM = 128
"""A short held-out text is cut into fewer streams, none shorter than this."""


class Batch(NamedTuple):
    """A piece of every stream; each (T, B)."""

    inputs: Tensor
    targets: Tensor


def load_weights(model: LanguageModel, path: Path) -> None:
    """Begin with the weights of a model file of the same shape and characters.

    Raises:
        ModelFileError: it cannot be opened, or is another network.
    """
    if isinstance(model.description, SequenceDescription):
        start_from(model, path, "language-model")
        return
    other = open_model(path, kind="language-model").model
    same = ("architecture", "layers", "units", "embedding", "skip", "vocabulary")
    for field in same:
        wanted, found = getattr(model.description, field), getattr(other.description, field, None)
        if wanted == found:
            continue
        shown = "other characters" if field == "vocabulary" else f"{field} {found}, not {wanted}"
        raise ModelFileError(
            f"{path.name} has {shown}; training can only start from a model of the same shape "
            "and characters"
        )
    model.load_state_dict(other.state_dict())


class CharacterTask:
    """A text, and a model that learns to predict its next character.

    Raises:
        TextError: the text is too short for these settings.
        ModelFileError: the weights to start from do not fit.
    """

    name = "characters"
    unit = "characters"
    """What is predicted, for people."""
    sampled = SAMPLE_LENGTH
    """So many of them are drawn where samples are shown."""

    def __init__(self, config: TrainingConfig, text: str, share: Share = ALL) -> None:
        if config.batch % share.of:
            raise RunDirectoryError(
                f"batch is {config.batch}; {share.of} processes need a multiple of {share.of}"
            )
        self.config = config
        self.device = training_device(config.device)
        if not text:
            raise TextError("the text is empty: 0 characters to train on; choose another text")
        self.description, encode = self.described(text)
        self.corpus = corpus = Corpus(config, text, encode, self.unit)
        self.model = LanguageModel(self.description, config.dropout, config.seed)
        if config.start_from:
            load_weights(self.model, Path(config.start_from))
        self.model.to(self.device)
        self.steps_an_epoch = float(corpus.steps_an_epoch)
        self.facts: Mapping[str, Any] = {
            "characters": corpus.characters,
            "training_characters": len(corpus.training_ids),
            "digest": corpus.digest,
            "text_digest": corpus.text_digest,
        }
        # The whole text lies on the device: a step copies nothing.
        self.columns = corpus.columns[:, share.number :: share.of].contiguous().to(self.device)
        self._held_out = corpus.held_out_ids.to(self.device)
        self._start = 0
        self._state = self.model.zero_state(self.columns.shape[1])

    def described(self, text: str) -> tuple[Described, Encode]:
        """What the model is, and what numbers the symbols of the text."""
        config, vocabulary = self.config, Vocabulary.of_text(text)
        description = ModelDescription(
            architecture=config.architecture,
            layers=config.layers,
            units=config.units,
            embedding=config.embedding,
            skip=config.skip,
            vocabulary=vocabulary.characters,
            name=config.name,
            default_text=config.default_text,
        )
        return description, vocabulary.encode

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share = ALL) -> CharacterTask:
        """Read the texts one after the other.

        Raises:
            TextError: one of them cannot be read, or all are too short.
        """
        texts = [Text.read(Path(path)) for path in config.texts]
        task = cls(config, "".join(map(str, texts)), share)
        read = [(text.name, reading_in_words(text)) for text in texts]
        task.facts = with_notes(task.facts, [f"{name}: {said}" for name, said in read if said])
        return task

    def next_batch(self) -> Batch:
        """The next piece of every stream; where a pass over the text begins, the state is zero."""
        last = len(self.columns) - 1
        if self._start >= last:
            self._start = 0
            self._state = self.model.zero_state(self.columns.shape[1])
        start, end = self._start, min(self._start + self.config.sequence_length, last)
        self._start = end
        return Batch(self.columns[start:end], self.columns[start + 1 : end + 1])

    def loss(self, network: nn.Module, batch: Batch) -> StepLoss:
        """The mean loss of the next characters; the state after them is carried over."""
        mixed = self.config.precision == "bfloat16"
        # Our own LSTM in mixed precision is for processors; cuDNN has one of its own.
        self.model.set_mixed_precision(mixed and self.device.type == "cpu")
        with torch.autocast(self.device.type, torch.bfloat16, enabled=mixed):
            logits, after = network(batch.inputs, self._state)
        self.model.set_mixed_precision(False)
        nats = functional.cross_entropy(logits.float().flatten(0, 1), batch.targets.flatten())
        self._state = floats(detached(after), torch.float32)
        return StepLoss(nats, batch.inputs.numel())

    def state_gradients(self, batch: Batch) -> npt.NDArray[np.float32]:
        """The norms of dL/dh, (2, L, T)."""
        return hidden_gradients(self.model, batch.inputs, batch.targets, self._state)

    def validate(self, final: bool) -> Validation | None:
        """The loss on the held-out text, in up to 64 streams on the way, in one at the end."""
        ids = self._held_out
        if len(ids) == 0 and not final:
            return None
        batch = 1 if final else max(1, min(VALIDATION_STREAMS, len(ids) // _LEAST_STREAM))
        return Validation(held_out_loss(self.model, ids, batch), batch)

    def observe(self, temperatures: tuple[float, ...]) -> Iterator[Observation]:
        """A sample at each temperature."""
        self.model.eval()
        for temperature in temperatures:
            try:
                drawn = "".join(
                    sample(self.model, self.sampled, temperature=temperature, seed=self.config.seed)
                )
            except RnnvizError:  # NaN: an explosion is watched to its end like any other run
                drawn = ""
            yield Observation("sample", {"temperature": temperature, "text": drawn})
        self.model.train()

    def save(self, path: Path, training: Mapping[str, Any]) -> None:
        """Write the model file."""
        counts = {
            self.unit: len(self.corpus.training_ids),
            f"held_out_{self.unit}": len(self.corpus.held_out_ids),
        }
        summary = training_summary(self.config, counts, training, self.model)
        save_model(path, self.model, msgspec.structs.replace(self.description, training=summary))

    def position(self) -> Position:
        """The next character of every stream, and the state that is carried there."""
        return Position({"start": self._start}, dict(named(self._state)))

    def restore(self, position: Position) -> None:
        """Go back to there."""
        self._start = int(position.facts["start"])
        self._state = restored(position.tensors, self._state)

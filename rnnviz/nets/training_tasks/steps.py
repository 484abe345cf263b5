"""What the tasks have in common whose examples are sequences with an answer at every step, or once.

Sequences of unequal length are filled up to the longest of a batch; nothing is learned at filling.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from rnnviz.core.errors import TextError
from rnnviz.core.kinds.sequence import kind_of_network
from rnnviz.core.models.network import SequenceDescription
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.device import training_device
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.training.starting import start_from
from rnnviz.nets.training_tasks.passes import Passes
from rnnviz.nets.training_tasks.task import (
    ALL,
    Observation,
    Position,
    Share,
    StepLoss,
    Validation,
    training_summary,
)

IGNORED = -100
"""A label that is not learned, in the words of torch."""


class Example(NamedTuple):
    """A sequence, and what is to come out of it."""

    entering: Tensor
    """(T,) ids, or (T, F) numbers on the scale on which they enter."""
    wanted: Tensor
    """(T,) classes, `IGNORED` where none is said, or (T, O) numbers; of a network that answers
    once, () or (O,)."""


class ExampleBatch(NamedTuple):
    """B of them."""

    entering: Tensor
    """(T, B) or (T, B, F)."""
    lengths: Tensor
    """(B,)."""
    wanted: Tensor
    """(T, B), (T, B, O), (B,) or (B, O)."""


class StepsTask:
    """Sequences with their answers, and a network that learns to give them."""

    name: str
    sampled = 4
    """So many held-out sequences are shown with what the network says of them."""

    def __init__(
        self,
        config: TrainingConfig,
        description: SequenceDescription,
        kept: Sequence[Example],
        held: Sequence[Example],
        facts: Mapping[str, Any],
        share: Share = ALL,
    ) -> None:
        if not kept:
            raise TextError("nothing is left to train on; hold out less, or add data")
        self.config = config
        self.description = description
        description.check("the configuration")
        self.device = training_device(config.device)
        self.model = SequenceNetwork(description, config.dropout, config.seed)
        if config.start_from:
            kind = kind_of_network(description.network)
            start_from(self.model, Path(config.start_from), kind)
        self.model.to(self.device)
        self.numbers = description.network.head.gives == "linear"
        self.kept, self.held = list(kept), list(held)
        notes = facts.get("notes")
        self.counts = {name: fact for name, fact in facts.items() if name != "notes"}
        digest = hashlib.sha256()
        for example in self.kept:
            for part in example:
                digest.update(part.contiguous().numpy().tobytes())
        self.facts: Mapping[str, Any] = {
            **self.counts,
            "digest": digest.hexdigest()[:16],
            **({"notes": notes} if notes else {}),
        }
        lengths = np.array([[len(one.entering)] * 2 for one in self.kept])
        self.passes = Passes(config, lengths, share)
        self.steps_an_epoch: float = len(self.passes)

    def next_batch(self) -> ExampleBatch:
        """The next batch, this process's share of it; after the last one the next pass begins."""
        return self._batch([self.kept[row] for row in self.passes.next_rows()])

    def _batch(self, examples: Sequence[Example]) -> ExampleBatch:
        entering = pad_sequence([one.entering for one in examples])
        lengths = torch.tensor([len(one.entering) for one in examples])
        once = self.description.network.readout.kind != "every"
        if once:
            wanted = torch.stack([one.wanted for one in examples])
        else:
            filling = torch.nan if self.numbers else float(IGNORED)
            wanted = pad_sequence([one.wanted for one in examples], padding_value=filling)
        return ExampleBatch(*(part.to(self.device) for part in (entering, lengths, wanted)))

    def loss(self, network: nn.Module, batch: ExampleBatch) -> StepLoss:
        """Cross-entropy of classes, or the mean squared error of numbers, at what is no filling."""
        half = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            answers, _ = network(batch.entering, None, batch.lengths)
        nats, count = self._loss(answers.float(), batch.wanted)
        return StepLoss(nats, count)

    def _loss(self, answers: Tensor, wanted: Tensor) -> tuple[Tensor, int]:
        if self.numbers:
            known = ~wanted.isnan()
            return functional.mse_loss(answers[known], wanted[known]), int(known.sum())
        known = wanted != IGNORED
        nats = functional.cross_entropy(answers[known], wanted[known])
        return nats, max(1, int(known.sum()))

    def state_gradients(self, batch: ExampleBatch) -> None:
        """None: sequences of many lengths have no picture of steps of their own."""
        return

    @torch.inference_mode()
    def validate(self, final: bool) -> Validation | None:
        """The loss on what is held out, and the share that is right or the share of variance."""
        if not self.held:
            return None
        answers, wanted = [], []
        with evaluating(self.model):
            for start in range(0, len(self.held), self.config.batch):
                batch = self._batch(self.held[start : start + self.config.batch])
                said, _ = self.model(batch.entering, None, batch.lengths)
                known = ~batch.wanted.isnan() if self.numbers else batch.wanted != IGNORED
                answers.append(said[known].float().cpu())
                wanted.append(batch.wanted[known].cpu())
        said, truth = torch.cat(answers), torch.cat(wanted)
        nats, _ = self._loss(said, truth)
        if self.numbers:
            apart = ((truth - truth.mean()) ** 2).mean()
            explained = 1 - float(nats / apart) if apart > 0 else float("nan")
            return Validation(float(nats), 1, {"explained": explained})
        right = (said.argmax(dim=1) == truth).float().mean()
        return Validation(float(nats), 1, {"accuracy": float(right)})

    def observe(self, temperatures: tuple[float, ...]) -> Iterator[Observation]:
        """Some held-out sequences with what the network says of them."""
        lines = []
        with torch.inference_mode(), evaluating(self.model):
            for place, example in enumerate(self.held[: self.sampled]):
                batch = self._batch([example])
                said, _ = self.model(batch.entering, None, batch.lengths)
                lines.append(self.shown(place, said[:, 0] if said.dim() == 3 else said[0]).strip())
        if lines:
            yield Observation("sample", {"temperature": 0.0, "text": "\n".join(lines)})

    def shown(self, place: int, answers: Tensor) -> str:
        """A held-out sequence and what the network says of it, for people."""
        raise NotImplementedError

    def save(self, path: Path, training: Mapping[str, Any]) -> None:
        """Write a model file with this summary."""
        summary = training_summary(self.config, self.counts, training, self.model)
        save_model(path, self.model, msgspec.structs.replace(self.description, training=summary))

    def position(self) -> Position:
        """The pass, and the batch in it."""
        return Position(self.passes.facts)

    def restore(self, position: Position) -> None:
        """Go back there."""
        self.passes.restore(position.facts)

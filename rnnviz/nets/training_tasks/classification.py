"""Classification as a task of the training loop: texts with a label, many steps to one verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import RnnvizError, RunDirectoryError, TextError
from rnnviz.core.models.classification import CLASSIFICATION, READOUTS, classifier_network
from rnnviz.core.models.network import LayerDescription, SequenceDescription
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.sequences.files.labelled_texts import (
    Columns,
    LabelledText,
    hold_out,
    read_labelled,
)
from rnnviz.nets.alignments.networks.embeddings import initialise_embedding
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.classification.batches import DocumentBatch, make_batch
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.verdicts import logits_of
from rnnviz.nets.device import training_device
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.sequence.running import answers_of
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.training.starting import start_from
from rnnviz.nets.training_tasks.passes import Passes
from rnnviz.nets.training_tasks.task import (
    ALL,
    Observation,
    Position,
    Share,
    StepLoss,
    Validation,
    digest_of,
    options_as,
    training_summary,
    with_notes,
)

_SHOWN, _SHOWN_CHARACTERS = 6, 160
"""So many held-out documents are shown with their verdicts, so much of each."""


class ClassificationOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only this task can be told."""

    tokens: str = "words"
    """`words`, `subwords` or `characters`."""
    vocabulary: int = 20_000
    """Tokens at most; rarer ones are unknown."""
    lower: bool = True
    bidirectional: bool = False
    readout: str = "last"
    longest: int = 400
    """Of a longer document so many tokens are trained on, from another place at each pass."""
    batch_tokens: int = 0
    """Above 0, a batch has so many places, filling counted, instead of `batch` documents."""
    word_dropout: float = 0.0
    """The share of tokens that are unknown in training, drawn anew at each step."""
    embedding_dropout: float = 0.0
    vectors: str = ""
    """A word2vec or GloVe text file whose vectors the embedding begins with."""
    embedding_rate: float = 1.0
    """What part of the learning rate the embedding learns at."""
    averaging: float = 0.0
    """Judged and saved is an average of the weights, of which each step leaves this share as it
    was: 0.999 averages over about a thousand steps; 0 does not average."""
    held_out_texts: str = ""
    """A file of documents to judge by, instead of holding out a share of the others."""
    label_column: str = ""
    text_column: str = ""


def options_of(config: TrainingConfig) -> ClassificationOptions:
    """The options of a configuration.

    Raises:
        RnnvizError: one that is unknown, of the wrong kind, or out of range.
    """
    options = options_as(ClassificationOptions, config, "classification")
    if options.readout not in READOUTS:
        raise RunDirectoryError(
            f"the readout is {options.readout!r}; it may be {', '.join(READOUTS)}"
        )
    for name in ("word_dropout", "embedding_dropout", "averaging"):
        value = getattr(options, name)
        if not 0 <= value < 1:
            raise RunDirectoryError(f"{name} is {value}; it must be from 0 to below 1")
    if options.longest < 1:
        raise RunDirectoryError(f"longest is {options.longest}; it must be at least 1")
    if not options.embedding_rate > 0:
        raise RunDirectoryError(f"embedding_rate is {options.embedding_rate}; it must be above 0")
    return options


def _check_left(kept: Sequence[LabelledText], held: Sequence[LabelledText]) -> None:
    """Refuse what no label can be learned from.

    Raises:
        TextError: nothing to train on, one label alone, or one that is held out alone.
    """
    if not kept:
        raise TextError(
            "no text that is trained on holds anything to read; hold out less, or add texts"
        )
    known = {document.label for document in kept}
    if missing := sorted({document.label for document in held} - known):
        raise TextError(
            f"no text that is trained on has the label {missing[0]!r}, all of them are held out; "
            "hold out less, or add texts"
        )
    if len(known) < 2:
        raise TextError(
            f"all texts that are trained on have the label {next(iter(known))!r}: at least two "
            "labels are needed, in texts that hold something to read"
        )


class ClassificationTask:
    """Learns to say what a text is, from texts with a label."""

    name = "classification"

    def __init__(
        self,
        config: TrainingConfig,
        options: ClassificationOptions,
        kept: Sequence[LabelledText],
        held: Sequence[LabelledText],
        share: Share = ALL,
    ) -> None:
        self.config, self.options = config, options
        _check_left(*([one for one in part if one.text.strip()] for part in (kept, held)))
        self.tokenizer = SymbolReader.trained(
            options.tokens, (document.text for document in kept), options.vocabulary, options.lower
        )
        given = len(kept) + len(held)
        encoded, held_encoded = self._with_tokens(kept), self._with_tokens(held)
        kept = [document for document, _ in encoded]
        left_out = given - len(kept) - len(held_encoded)
        _check_left(kept, [document for document, _ in held_encoded])
        counts = Counter(document.label for document in kept)
        classes = tuple(sorted(counts))
        self.description = SequenceDescription(
            task=CLASSIFICATION,
            network=classifier_network(
                self.tokenizer.symbols,
                classes,
                LayerDescription(
                    architecture=config.architecture,
                    units=config.units,
                    direction="both" if options.bidirectional else "forward",
                ),
                layers=config.layers,
                embedding=config.embedding,
                readout=options.readout,
            ),
            name=config.name,
            default_text=config.default_text,
        )
        self.description.check("the configuration")
        self.model = Classifier(
            self.description,
            config.dropout,
            config.seed,
            word_dropout=options.word_dropout,
            embedding_dropout=options.embedding_dropout,
        )
        self._begin()
        if config.start_from:
            start_from(self.model, Path(config.start_from), "classifier")
        self.device = training_device(config.device)
        self.model.to(self.device)
        places = {name: place for place, name in enumerate(classes)}
        self.documents = [ids for _, ids in encoded]
        self.labels = [places[document.label] for document in kept]
        self.held = [document for document, _ in held_encoded]
        self.held_documents = [ids for _, ids in held_encoded]
        self.held_labels = [places[document.label] for document in self.held]
        lengths = np.minimum([len(ids) for ids in self.documents], options.longest)
        both = np.stack([lengths, lengths], axis=1)
        self.passes = Passes(config, both, share, options.batch_tokens)
        self.steps_an_epoch: float = len(self.passes)
        self.average: dict[str, Tensor] = {}
        self.averaged_steps = 0
        self.counts: dict[str, object] = {
            "documents": len(self.documents),
            "held_out_documents": len(self.held_documents),
            "tokens": sum(map(len, self.documents)),
            "classes": {name: counts[name] for name in classes},
            "largest_class": round(max(counts.values()) / len(kept), 4),
        }
        notes = []
        if left_out:
            self.counts["left_out"] = left_out
            what = "text holds" if left_out == 1 else "texts hold"
            notes.append(
                f"{left_out:,} of {given:,} {what} nothing to read ({options.tokens}) and "
                f"{'is' if left_out == 1 else 'are'} left out"
            )
        self.facts: Mapping[str, Any] = {
            **self.counts,
            "digest": digest_of(kept),
            **({"notes": notes} if notes else {}),
        }

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share = ALL) -> ClassificationTask:
        """Read the documents, hold some out, make the vocabulary and the model.

        Raises:
            RnnvizError: the documents or the settings do not allow it.
        """
        options = options_of(config)
        if not config.texts:
            raise TextError(
                "no texts are given to train on; name a table of labels and texts, or a folder "
                "with a folder for each label"
            )
        columns = Columns(str(options.label_column), str(options.text_column))
        told: list[str] = []
        documents = read_labelled([Path(path) for path in config.texts], columns, told.append)
        if options.held_out_texts:
            held = read_labelled([Path(options.held_out_texts)], columns, told.append)
            apart = {document.text for document in held}
            kept = [document for document in documents if document.text not in apart]
        else:
            kept, held = hold_out(documents, config.held_out, config.seed)
        task = cls(config, options, kept, held, share)
        task.facts = with_notes(task.facts, dict.fromkeys(told))
        return task

    def next_batch(self) -> DocumentBatch:
        """The next batch, this process's share of it; after the last one the next pass begins."""
        rows = self.passes.next_rows()
        parts = [self._part(int(row)) for row in rows]
        return make_batch(parts, [self.labels[row] for row in rows]).to(self.device)

    def _part(self, row: int) -> npt.NDArray[np.int64]:
        """A document, or as much of it as is trained on, from a place of this pass."""
        ids, longest = self.documents[row], self.options.longest
        if len(ids) <= longest:
            return ids
        draw = np.random.default_rng((self.config.seed, self.passes.epoch, row))
        start = int(draw.integers(0, len(ids) - longest + 1))
        return ids[start : start + longest]

    def loss(self, network: nn.Module, batch: DocumentBatch) -> StepLoss:
        """Cross-entropy of the label of each document."""
        self._average()
        half = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            logits, _ = network(batch.ids, None, batch.lengths.to(self.device))
        return StepLoss(functional.cross_entropy(logits.float(), batch.labels), len(batch.lengths))

    @torch.no_grad()
    def _average(self) -> None:
        """Take in the weights as the last step left them."""
        if not self.options.averaging:
            return
        weights = dict(self.model.named_parameters())
        if not self.average:
            self.average = {name: each.detach().clone() for name, each in weights.items()}
        # At first the average is over what there is, so that the first weights are soon forgotten.
        kept = min(self.options.averaging, self.averaged_steps / (self.averaged_steps + 10))
        self.averaged_steps += 1
        torch._foreach_lerp_(
            [self.average[name] for name in weights], list(weights.values()), 1 - kept
        )

    def state_gradients(self, batch: DocumentBatch) -> None:
        """None: a verdict on documents of many lengths has no picture of steps of its own."""
        return

    @contextmanager
    def _judging(self) -> Iterator[None]:
        """The model in evaluation mode, with the averaged weights where there are any."""
        weights = dict(self.model.named_parameters())
        own = (
            {name: each.detach().clone() for name, each in weights.items()} if self.average else {}
        )
        with torch.no_grad():
            for name, average in self.average.items():
                weights[name].copy_(average)
        try:
            with evaluating(self.model):
                yield
        finally:
            with torch.no_grad():
                for name, weight in own.items():
                    weights[name].copy_(weight)

    @torch.inference_mode()
    def validate(self, final: bool) -> Validation | None:
        """The loss in nats a document, and the share that is right, on held-out documents."""
        if not self.held_documents:
            return None
        with self._judging():
            logits = logits_of(self.model, [torch.from_numpy(ids) for ids in self.held_documents])
        labels = torch.tensor(self.held_labels)
        right = (logits.argmax(dim=1) == labels).float().mean()
        nats = functional.cross_entropy(logits, labels)
        return Validation(float(nats), 1, {"accuracy": float(right)})

    @torch.inference_mode()
    def observe(self, temperatures: tuple[float, ...]) -> Iterator[Observation]:
        """Some held-out documents with what the model says of them."""
        few, documents = self.held[:_SHOWN], self.held_documents[:_SHOWN]
        if not documents or len(documents) < len(few):
            return
        with self._judging():
            shares = self.model.shares(
                answers_of(self.model, [torch.from_numpy(ids) for ids in documents])
            )
        lines = []
        for document, share in zip(few, shares, strict=True):
            best = int(share.argmax())
            shown = " ".join(document.text.split())
            shown = shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"
            verdict = f"{self.model.classes[best]} {float(share[best]):.0%}"
            lines.append(f"{verdict} (it is {document.label}): {shown}")
        yield Observation("sample", {"temperature": 0.0, "text": "\n".join(lines)})

    def save(self, path: Path, training: Mapping[str, Any]) -> None:
        """Write a model file with this summary."""
        summary = training_summary(self.config, self.counts, training, self.model)
        described = msgspec.structs.replace(self.description, training=summary)
        with self._judging():
            save_model(path, self.model, described)

    def position(self) -> Position:
        """The pass, the batch in it, and the average so far."""
        facts = {**self.passes.facts, "averaged": self.averaged_steps}
        return Position(facts, {f"average.{name}": each for name, each in self.average.items()})

    def restore(self, position: Position) -> None:
        """Go back there."""
        self.passes.restore(position.facts)
        self.averaged_steps = int(position.facts["averaged"])
        self.average = {
            name.removeprefix("average."): each.to(self.device).clone()
            for name, each in position.tensors.items()
        }

    def _with_tokens(
        self, documents: Sequence[LabelledText]
    ) -> list[tuple[LabelledText, npt.NDArray[np.int64]]]:
        """The documents that hold something to read, with its ids."""
        encoded = [(document, self.tokenizer.encode(document.text)) for document in documents]
        return [(document, ids) for document, ids in encoded if len(ids)]

    def _begin(self) -> None:
        """Begin with the word vectors that were asked for."""
        embedding, options = self.model.embedding, self.options
        if embedding is None:
            if options.vectors:
                raise RnnvizError("vectors are for an embedding; give --embedding their width")
            return
        if options.vectors:
            known = self.tokenizer.symbols.vocabulary
            initialise_embedding(embedding.weight, known, Path(options.vectors))
        if options.embedding_rate != 1:
            embedding.relative_rate = options.embedding_rate  # type: ignore[assignment]

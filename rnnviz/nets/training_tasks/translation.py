"""Translation as a task of the training loop: pairs of sentences, teacher forcing, alignments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from rnnviz.core.alignments.bleu import corpus_bleu
from rnnviz.core.alignments.files.parallel_corpus import Pair, hold_out, read_pairs
from rnnviz.core.alignments.links import Link, read_sure_links
from rnnviz.core.errors import ModelFileError, RnnvizError, TextError
from rnnviz.core.models.translation import TokenizerDescription, TranslationDescription
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.alignments.batches import PairBatch, make_batch
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.guiding import (
    Spans,
    guided_loss,
    linked_pieces,
    piece_spans,
    word_links,
)
from rnnviz.nets.alignments.judging import held_out_loss, translate_lines
from rnnviz.nets.alignments.made_up import made_pairs
from rnnviz.nets.alignments.networks.embeddings import initialise_embedding
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.tokenizers import train_tokenizer
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.device import training_device
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.training.sentence_gradients import layer_names, sentence_gradients
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

Ids = tuple[list[int], list[int]]
_JUDGED = 1000
"""About so many held-out pairs, from all over the corpus, are judged on the way; at the end all."""
_TRANSLATED = 200
"""Held-out sentences that are translated for BLEU on the way."""


class TranslationOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only this task can be told."""

    attention: str = "additive"
    attention_units: int = 0
    order: str = ""
    """`before` or `after`; by default what the attention's paper does."""
    input_feeding: bool = False
    coverage: bool = False
    bidirectional: bool = True
    tokens: str = "subwords"
    vocabulary: int = 4000
    """Tokens of each language at most."""
    lower: bool = False
    swap: bool = False
    """The second column, or file, is the source."""
    longest: int = 50
    """Pairs with more tokens on a side are not trained on."""
    source_language: str = ""
    target_language: str = ""
    source_vectors: str = ""
    """A word2vec or GloVe text file whose vectors the source embedding begins with."""
    target_vectors: str = ""
    watch: str = ""
    """A held-out source sentence whose alignment is shown as training goes on."""
    guided: float = 0.0
    """The weight of the loss that draws the attention to the links of an aligner; 0 for none."""
    links: str = ""
    """A file of these links, a line for every pair of the corpus, as `rnnviz align --statistical
    --cut --links intersection` writes it; without it they are found when the training begins."""
    joined: float = 0.0
    """This share of the pairs is joined, two or three in a row, so that long ones are learned."""
    batch_tokens: int = 0
    """Above 0, a batch has so many places, filling counted, instead of `batch` pairs."""
    vocabularies: str = ""
    """A translation model whose vocabularies are taken, instead of making them of the corpus."""
    made: str = ""
    """`dates` or `reversed`: train on made-up pairs instead of a corpus."""
    made_pairs: int = 10_000


def options_of(config: TrainingConfig) -> TranslationOptions:
    """The options of a configuration.

    Raises:
        RnnvizError: one that is unknown, or of the wrong kind.
    """
    return options_as(TranslationOptions, config, "translation")


def _vocabularies(
    options: TranslationOptions, kept: Sequence[Pair]
) -> tuple[TokenizerDescription, TokenizerDescription]:
    """Those of another model, the right way round, or new ones."""
    if options.vocabularies:
        about = open_model(Path(options.vocabularies), kind="translator").model.description
        turned = about.source_language and about.source_language == options.target_language
        return (about.target, about.source) if turned else (about.source, about.target)
    source, target = (
        train_tokenizer(
            options.tokens, (pair[side] for pair in kept), options.vocabulary, options.lower
        ).description
        for side in (0, 1)
    )
    return source, target


def _links(
    options: TranslationOptions, pairs: Sequence[Pair], kept: Sequence[Pair]
) -> Sequence[frozenset[Link]] | None:
    """The links of the pairs that are trained on; None where the attention is not guided.

    Raises:
        RnnvizError: there is nothing to guide, or the file of links is for another corpus.
    """
    if not options.guided:
        return None
    if options.attention == "none":
        raise RnnvizError("guided is for attention, and this model has none; leave one of them out")
    if not options.links:
        return word_links(kept)
    lines = read_sure_links(Path(options.links))
    if len(lines) != len(pairs):
        raise TextError(
            f"{Path(options.links).name} has {len(lines):,} lines of links and the corpus "
            f"{len(pairs):,} pairs; it needs one line for every pair, in the same order"
        )
    found = dict(zip(pairs, lines, strict=True))
    turned = [found[pair] for pair in kept]
    return [frozenset((b, a) for a, b in line) for line in turned] if options.swap else turned


class TranslationTask:
    """Learns to translate from pairs of sentences."""

    name = "translation"

    def __init__(
        self,
        config: TrainingConfig,
        options: TranslationOptions,
        kept: Sequence[Pair],
        held: Sequence[Pair],
        share: Share = ALL,
        links: Sequence[frozenset[Link]] | None = None,
    ) -> None:
        self.config, self.options = config, options
        source, target = _vocabularies(options, kept)
        before = options.attention == "additive" or options.attention == "none"
        self.description = TranslationDescription(
            architecture=config.architecture,
            layers=config.layers,
            units=config.units,
            embedding=config.embedding or config.units,
            source=source,
            target=target,
            bidirectional=options.bidirectional,
            attention=options.attention,
            attention_units=options.attention_units,
            order=options.order or ("before" if before else "after"),
            input_feeding=options.input_feeding,
            coverage=options.coverage,
            name=config.name,
            source_language=options.source_language,
            target_language=options.target_language,
            guided=options.guided,
        )
        self.description.check("the configuration")
        self.model = TranslationModel(self.description, config.dropout, config.seed)
        self._begin(config, options)
        self.device = training_device(config.device)
        self.model.to(self.device)
        self.pairs, self.spans = self._encoded(kept, links)
        self._join()
        if not self.pairs:
            raise TextError(
                f"no pair of the corpus has at most {options.longest} tokens on each side; "
                "raise `longest`"
            )
        self.held = list(held)
        self.watched = self._watched()
        self.lengths = np.array([(len(a) + 1, len(b) + 1) for a, b in self.pairs], np.int64)
        self.passes = Passes(config, self.lengths, share, options.batch_tokens)
        self.steps_an_epoch: float = len(self.passes)
        self.counts = {
            "pairs": len(self.pairs),
            "held_out_pairs": len(self.held),
            "target_tokens": int(self.lengths[:, 1].sum()),
        }
        self.measured = self._measured()
        self.facts: Mapping[str, Any] = {
            **self.counts,
            "digest": digest_of(kept),
            "gradient_layers": layer_names(self.description),
            "gradient_source_steps": len(self.measured.source),
        }

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share = ALL) -> TranslationTask:
        """Read the pairs, hold some out, make vocabularies and the model.

        Raises:
            RnnvizError: the corpus or the settings do not allow it.
        """
        options = options_of(config)
        told: list[str] = []
        if options.made:
            made = made_pairs(options.made, options.made_pairs, config.seed)
            pairs = [(pair.source, pair.target) for pair in made]
        else:
            pairs = read_pairs([Path(path) for path in config.texts], options.swap, told.append)
        kept, held = hold_out(pairs, config.held_out, config.seed)
        if not kept:
            raise TextError("nothing is left to train on; hold out less")
        task = cls(config, options, kept, held, share, _links(options, pairs, kept))
        task.facts = with_notes(task.facts, dict.fromkeys(told))
        return task

    def next_batch(self) -> PairBatch:
        """The next batch, this process's share of it; after the last one the next pass begins."""
        rows = self.passes.next_rows()
        batch = make_batch([self.pairs[row] for row in rows])
        if not self.spans:
            return batch.to(self.device)
        spans = [self.spans[row] for row in rows]
        linked = linked_pieces(spans, batch.target.shape[0], batch.source.shape[0])
        return replace(batch, linked=linked).to(self.device)

    def loss(self, network: nn.Module, batch: PairBatch) -> StepLoss:
        """Cross-entropy of every target token, given the true ones before it."""
        half = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            logits, targets, weights = network(batch.source, batch.lengths, batch.target)
        # In bfloat16 each token's loss is rounded, and the mean of many evens that out.
        nats = functional.cross_entropy(logits, targets, reduction="none")
        if batch.linked is None or weights is None:
            return StepLoss(nats.float().mean(), len(targets))
        guided = guided_loss(weights, batch.linked)
        added = self.options.guided * guided
        return StepLoss(nats.float().mean(), len(targets), added, {"guided": guided.detach()})

    def state_gradients(self, batch: PairBatch) -> npt.NDArray[np.float32]:
        """The norms of dL/dh of one pair, the same throughout: see `sentence_gradients`."""
        return sentence_gradients(self.model, self.measured)

    @torch.inference_mode()
    def validate(self, final: bool) -> Validation | None:
        """The loss in nats a token, and BLEU of greedy translations, on held-out pairs."""
        if not self.held:
            return None
        judged = self.held if final else self.held[:: 1 + len(self.held) // _JUDGED]
        with evaluating(self.model):
            return Validation(held_out_loss(self.model, judged), 1, self._bleu(judged))

    def _bleu(self, judged: Sequence[Pair]) -> dict[str, float]:
        references: dict[str, list[str]] = {}
        for source, target in judged:
            references.setdefault(source, []).append(target)
        sources = list(references)[:: 1 + len(references) // _TRANSLATED]
        try:
            made = translate_lines(self.model, sources, Settings())
        except RnnvizError:  # NaN: an explosion is watched to its end like any other run
            return {}
        return {"bleu": corpus_bleu(made, [references[source] for source in sources])}

    @torch.inference_mode()
    def observe(self, temperatures: tuple[float, ...]) -> Iterator[Observation]:
        """The alignment of the watched sentence under teacher forcing, and its translation."""
        if self.watched is None:
            return
        with evaluating(self.model):
            (source, target), batch = self.watched, self.measured
            _, _, weights = self.model(batch.source, batch.lengths, batch.target)
            if weights is not None:
                yield Observation(
                    "alignment",
                    {
                        "source": self.model.source.shown(batch.source[:, 0].tolist(), source),
                        "target": self.model.target.shown(batch.target[:, 0].tolist(), target),
                    },
                    weights[0].cpu().numpy(),
                )
            try:
                (made,) = translate_lines(self.model, [source], Settings())
            except RnnvizError:
                made = ""
            yield Observation("sample", {"temperature": 0.0, "text": f"{source}\n{made}"})

    def save(self, path: Path, training: Mapping[str, Any]) -> None:
        """Write a model file with this summary."""
        summary = training_summary(self.config, self.counts, training, self.model)
        described = msgspec.structs.replace(
            self.description,
            training=summary,
            examples=() if self.watched is None else (self.watched[0],),
        )
        save_model(path, self.model, described)

    def position(self) -> Position:
        """The pass, and the batch in it."""
        return Position(self.passes.facts)

    def restore(self, position: Position) -> None:
        """Go back there."""
        self.passes.restore(position.facts)

    def _encoded(
        self, pairs: Sequence[Pair], links: Sequence[frozenset[Link]] | None
    ) -> tuple[list[Ids], list[Spans]]:
        """The ids of the pairs that are short enough, and which of their pieces are linked."""
        both = [
            (self.model.source.encode(source), self.model.target.encode(target))
            for source, target in pairs
        ]
        longest = self.options.longest
        fit = [i for i, (a, b) in enumerate(both) if 0 < len(a) <= longest >= len(b) > 0]
        ids = [both[i] for i in fit]
        if links is None:
            return ids, []
        tokenizers = (self.model.source, self.model.target)
        fitting = [pairs[i] for i in fit]
        return ids, piece_spans(tokenizers, fitting, ids, [links[i] for i in fit])

    def _join(self) -> None:
        """Join two or three pairs in a row, in an order by chance, for a share of all pairs.

        What would be longer than `longest` stays as it is.
        """
        draw = np.random.default_rng((self.config.seed, 1))
        order = draw.permutation(len(self.pairs))
        chosen = order[: round(self.options.joined * len(order))].tolist()
        pairs = [self.pairs[i] for i in order[len(chosen) :].tolist()]
        spans = [self.spans[i] for i in order[len(chosen) :].tolist()] if self.spans else []
        if not chosen:
            return
        place = 0
        while place < len(chosen):
            rows = chosen[place : place + int(draw.integers(2, 4))]
            place += len(rows)
            for group in self._short_enough(rows):
                pair, links = self._together(group)
                pairs.append(pair)
                if self.spans:
                    spans.append(links)
        self.pairs, self.spans = pairs, spans

    def _short_enough(self, rows: list[int]) -> list[list[int]]:
        """These pairs as one group, or each by itself where they are too long together."""
        sizes = [sum(len(self.pairs[row][side]) for row in rows) for side in (0, 1)]
        return [rows] if max(sizes) <= self.options.longest else [[row] for row in rows]

    def _together(self, rows: list[int]) -> tuple[Ids, Spans]:
        source: list[int] = []
        target: list[int] = []
        spans = [np.zeros((0, 4), np.int32)]
        for row in rows:
            if self.spans:
                there = np.array([len(target)] * 2 + [len(source)] * 2, np.int32)
                spans.append(self.spans[row] + there)
            source, target = source + self.pairs[row][0], target + self.pairs[row][1]
        return (source, target), np.concatenate(spans)

    def _watched(self) -> Pair | None:
        """The held-out pair that is asked for, else the first of a length that fits on a screen."""
        if self.options.watch:
            for pair in self.held:
                if pair[0] == self.options.watch:
                    return pair
            raise TextError(f"no held-out pair has the source {self.options.watch!r}; choose one")
        fitting = [pair for pair in self.held if 30 <= len(pair[0]) <= 60]
        return next(iter(fitting or self.held), None)

    def _measured(self) -> PairBatch:
        """The pair whose gradients are followed: the watched one, else the first of all."""
        if self.watched is None:
            return make_batch(self.pairs[:1]).to(self.device)
        source, target = self.watched
        ids = (self.model.source.encode(source), self.model.target.encode(target))
        return make_batch([ids]).to(self.device)

    def _begin(self, config: TrainingConfig, options: TranslationOptions) -> None:
        """Begin with the weights, or the word vectors, that were asked for."""
        if config.start_from:
            other = open_model(Path(config.start_from), kind="translator").model
            if other.description.target != self.description.target or any(
                a.shape != b.shape
                for a, b in zip(other.parameters(), self.model.parameters(), strict=False)
            ):
                raise ModelFileError(
                    f"{Path(config.start_from).name} has another shape or vocabulary; training can "
                    "only start from a model of the same"
                )
            self.model.load_state_dict(other.state_dict())
        for path, side, embedding in (
            (options.source_vectors, self.description.source, self.model.encoder.embedding),
            (options.target_vectors, self.description.target, self.model.decoder.embedding),
        ):
            if path:
                initialise_embedding(embedding.weight, side.tokens, Path(path))

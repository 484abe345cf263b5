"""Tagging as a task of the training loop: a label for every word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import torch
from torch import Tensor

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.models.network import (
    Embedding,
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    SequenceDescription,
    Symbols,
)
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.sequences.files.held_out import parted
from rnnviz.core.sequences.files.tagged_texts import TaggedSentence, read_tagged
from rnnviz.core.sequences.texts.word_tokens import folded
from rnnviz.nets.alignments.networks.embeddings import initialise_embedding
from rnnviz.nets.training_tasks.steps import IGNORED, Example, StepsTask
from rnnviz.nets.training_tasks.task import (
    ALL,
    Share,
    options_as,
    rare_labels_noted,
    with_notes,
)

_SHOWN_WORDS = 20


class TaggingOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only this task can be told."""

    bidirectional: bool = True
    vocabulary: int = 20_000
    lower: bool = True
    vectors: str = ""
    held_out_texts: str = ""


def _unseen_noted(held: Sequence[TaggedSentence], known: Mapping[str, int]) -> list[str]:
    """A sentence on words held out whose label is never trained on, in a list; else an empty one.

    >>> _unseen_noted([TaggedSentence(("Paris", "is"), ("LOC", "V"))], {"V": 3})
    ["1 word held out has a label that is never trained on ('LOC') and is not judged"]
    """
    unseen = [label for one in held for label in one.labels if label not in known]
    if not unseen:
        return []
    several = len(unseen) > 1
    said = (
        f"{len(unseen):,} word{'s' * several} held out {'have' if several else 'has'} a label that "
        f"is never trained on ({', '.join(map(repr, sorted(set(unseen))[:5]))}) and "
        f"{'are' if several else 'is'} not judged"
    )
    return [said]


class TaggingTask(StepsTask):
    """Learns to say what each word is, from sentences of two columns."""

    name = "tagging"

    def __init__(
        self,
        config: TrainingConfig,
        options: TaggingOptions,
        kept: Sequence[TaggedSentence],
        held: Sequence[TaggedSentence],
        share: Share = ALL,
    ) -> None:
        counts = Counter(label for one in kept for label in one.labels)
        labels = tuple(sorted(counts))
        known = Counter(folded(word, options.lower) for one in kept for word in one.words)
        ranked = sorted(
            (word for word in known if word not in SPECIAL), key=lambda w: (-known[w], w)
        )
        vocabulary = (*SPECIAL, *ranked[: max(1, options.vocabulary - len(SPECIAL))])
        network = NetworkDescription(
            reads=Symbols(
                vocabulary=vocabulary,
                unit="words",
                lower=options.lower,
                unknown=SPECIAL[UNKNOWN_ID],
            ),
            front=Embedding(width=config.embedding) if config.embedding else OneHot(),
            layers=(
                LayerDescription(
                    architecture=config.architecture,
                    units=config.units,
                    direction="both" if options.bidirectional else "forward",
                ),
            )
            * config.layers,
            head=Head(outputs=labels),
        )
        ids = {word: place for place, word in enumerate(vocabulary)}
        places = {label: place for place, label in enumerate(labels)}
        self.held_sentences = list(held)

        def example(sentence: TaggedSentence) -> Example:
            read = [ids.get(folded(word, options.lower), UNKNOWN_ID) for word in sentence.words]
            said = [places.get(label, IGNORED) for label in sentence.labels]
            return Example(torch.tensor(read), torch.tensor(said))

        words = sum(counts.values())
        facts = {
            "sentences": len(kept),
            "held_out_sentences": len(held),
            "words": words,
            "labels": dict(counts.most_common()),
            "largest_label": round(max(counts.values()) / max(1, words), 4),
            "notes": [*rare_labels_noted(counts), *_unseen_noted(held, counts)],
        }
        described = SequenceDescription(
            task=self.name, network=network, name=config.name, default_text=config.default_text
        )
        super().__init__(config, described, list(map(example, kept)), list(map(example, held)),
                         facts, share)  # fmt: skip
        if options.vectors:
            if self.model.embedding is None:
                raise RnnvizError("vectors are for an embedding; give --embedding their width")
            initialise_embedding(self.model.embedding.weight, vocabulary, Path(options.vectors))

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share = ALL) -> TaggingTask:
        """Read the sentences, hold some out, make the vocabulary and the model.

        Raises:
            RnnvizError: the sentences or the settings do not allow it.
        """
        options = options_as(TaggingOptions, config, cls.name)
        if not config.texts:
            raise TextError(
                "no file is given to train on; name one of two columns, a word and its label"
            )
        told: list[str] = []
        sentences = read_tagged([Path(path) for path in config.texts], told.append)
        if options.held_out_texts:
            kept, held = sentences, read_tagged([Path(options.held_out_texts)], told.append)
        else:
            kept, held = parted(
                sentences, lambda one: " ".join(one.words), config.held_out, config.seed
            )
        if not kept:
            raise TextError(
                "nothing is left to train on: sentences that are alike are held out together; hold "
                "out less, or add others"
            )
        task = cls(config, options, kept, held, share)
        task.facts = with_notes(task.facts, dict.fromkeys(told))
        return task

    def shown(self, place: int, answers: Tensor) -> str:
        """Words with their labels; where the label is wrong, the right one behind it."""
        sentence, labels = self.held_sentences[place], self.description.network.head.outputs
        parts = []
        for word, right, best in zip(
            sentence.words, sentence.labels, answers.argmax(dim=1).tolist(), strict=True
        ):
            found = labels[best]
            parts.append(f"{word}/{found}" + f" (it is {right})" * (found != right))
        more = " …" * (len(parts) > _SHOWN_WORDS)
        return " ".join(parts[:_SHOWN_WORDS]) + more

"""The alignment of given translations, many pairs at once, counted in words between blanks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.files.parallel_corpus import Pair, words_between_blanks
from rnnviz.core.alignments.words.given_words import shares as word_shares
from rnnviz.core.alignments.words.tokens import Group, word_groups
from rnnviz.core.errors import RnnvizError
from rnnviz.nets.alignments.batches import make_batch
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.sentences import force_target
from rnnviz.nets.alignments.tokenizers import Tokenizer


@dataclass(frozen=True)
class Aligned:
    """One pair: the weights between its words, and how likely the translation was."""

    alignment: Alignment
    """Words as they stand between blanks; of a model of characters, characters."""
    loss_nats: float
    """Of the translation, a token."""


def align_pairs(
    model: Any,
    pairs: Sequence[Pair],
    batch: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> list[Aligned | None]:
    """The alignment of each pair, given its translation; None where a side is empty.

    Raises:
        RnnvizError: the model has no attention.
    """
    if model.description.attention == "none":
        raise RnnvizError(
            "this model has no attention, so it does not say which words belong together; choose "
            "one with attention"
        )
    sizes = [
        (len(words_between_blanks(source)), len(words_between_blanks(target)))
        for source, target in pairs
    ]
    order = sorted(i for i in range(len(pairs)) if all(sizes[i]))
    order.sort(key=lambda i: sizes[i])
    found: list[Aligned | None] = [None] * len(pairs)
    for start in range(0, len(order), batch):
        places = order[start : start + batch]
        given = _aligned(model, [pairs[place] for place in places])
        for place, one in zip(places, given, strict=True):
            found[place] = one
        if progress is not None:
            progress(min(start + batch, len(order)), len(order))
    return found


@torch.inference_mode()
def _aligned(model: Any, pairs: Sequence[Pair]) -> list[Aligned]:
    if not isinstance(model, TranslationModel):
        return [_alone(model, pair) for pair in pairs]
    encoded = [(model.source.encode(a), model.target.encode(b)) for a, b in pairs]
    given = make_batch(encoded)
    logits, targets, weights = model(given.source, given.lengths, given.target)
    assert weights is not None
    losses = functional.cross_entropy(logits.float(), targets, reduction="none")
    real = given.target != 0
    nats = torch.zeros(given.target.shape).masked_scatter(real, losses).sum(dim=0) / real.sum(dim=0)
    return [
        Aligned(_in_words(model, pair, ids, weights[row]), float(nats[row]))
        for row, (pair, ids) in enumerate(zip(pairs, encoded, strict=True))
    ]


def _alone(model: Any, pair: Pair) -> Aligned:
    sentence = force_target(model, *pair)
    weights = sentence.chosen.weights
    assert weights is not None
    ids = (list(sentence.translated.source[:-1]), list(sentence.chosen.ids[:-1]))
    loss = -float(sentence.chosen.log_p.mean())
    return Aligned(_in_words(model, pair, ids, weights), loss)


def _in_words(
    model: Any, pair: Pair, ids: tuple[Sequence[int], Sequence[int]], weights: Tensor
) -> Alignment:
    """The weights without the ends, summed over source pieces, mean over target pieces."""
    source, of_source = shares_of(model.source, pair[0], ids[0])
    target, of_target = shares_of(model.target, pair[1], ids[1])
    table: npt.NDArray[np.float64] = weights[: len(ids[1]), : len(ids[0])].numpy().astype(float)
    held = np.maximum(of_target.sum(axis=0), 1e-12)
    table = (of_target / held).T @ table @ of_source
    return Alignment(tuple(source), tuple(target), table.astype(np.float32))


def shares_of(
    tokenizer: Tokenizer, text: str, ids: Sequence[int]
) -> tuple[list[str], npt.NDArray[np.float64]]:
    """The words between blanks, and how much of each token lies in each word, (tokens, words).

    A token that holds parts of two words is shared by their characters. Where tokens and words do
    not have the same characters, groups of tokens stand for the words.
    """
    if tokenizer.description.kind == "subwords":
        words = words_between_blanks(unicodedata.normalize("NFC", text))
        shares = word_shares(tokenizer.widths(ids, text), [_letters(word) for word in words])
        if shares is not None:
            return words_between_blanks(text), shares
    words, groups = words_of(tokenizer, text, ids)
    shares = np.zeros((len(ids), len(groups)))
    for column, (start, stop) in enumerate(groups):
        shares[start:stop, column] = 1
    return words, shares


def words_of(tokenizer: Tokenizer, text: str, ids: Sequence[int]) -> tuple[list[str], list[Group]]:
    """The words between blanks with their tokens; groups of tokens where these do not add up."""
    if tokenizer.description.kind != "characters":
        words, groups, start = [], [], 0
        for word in words_between_blanks(text):
            count = len(tokenizer.encode(word))
            if count:
                words.append(word)
                groups.append((start, start + count))
            start += count
        if start == len(ids) and len(words) == len(words_between_blanks(text)):
            return words, groups
    tokens = tokenizer.shown(ids, text)
    groups = list(word_groups(tokens))
    return ["".join(tokens[start:stop]) for start, stop in groups], groups


def _letters(word: str) -> int:
    """Its characters, as tokens have them: without what Unicode alone calls a blank."""
    return len("".join(word.split()))

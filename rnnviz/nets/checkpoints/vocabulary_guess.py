"""Which characters a network without a vocabulary stands for: likely orders, each with its loss.

A wrong order is seen at once: the right one gives the loss that the model was trained to, a wrong
one is far worse than knowing nothing but how frequent each character is.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from rnnviz.core.errors import ModelFileError, TextError, VocabularyNeeded
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.vocabulary import UNKNOWN, Vocabulary
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.vocabulary_found import FIRST_SPECIAL, as_characters, characters_of
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.training.corpus import held_out_loss
from rnnviz.work.jobs.models import Candidate, Guess

JUDGED = 4096
"""Characters of the text on which every order is tried."""
MOST_ADDED = 2
"""How many special tokens (padding, unknown) an order may have besides the characters."""
_BATCH = 16
_BLOCK = 1 << 22
_LARGEST = 65_000
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\s": " ", "\\\\": "\\"}


def guess_vocabulary(path: Path, source: Path, text: Path | None = None) -> Guess:
    """Orders of the characters for the network in this file.

    Args:
        source: the training text, or a vocabulary file.
        text: what to try the orders on; the source, if that is a text.

    Raises:
        ModelFileError: the network cannot be opened, or the source names no fitting number of
            characters.
        TextError: a text cannot be read.
    """
    model = open_without_vocabulary(path)
    size = len(model.symbols)
    named = read_vocabulary(source, size)
    if named is not None:
        candidates = [Candidate("as in the vocabulary file", named)]
        judged = Text.read(text) if text else None
    else:
        judged = Text.read(text or source)
        candidates = guess_vocabularies(size, Text.read(source))
        if not candidates:
            distinct = len(_counts(judged))
            raise ModelFileError(
                f"{source.name} has {distinct:,} different characters and the network in "
                f"{path.name} expects {size:,}; choose the very text that it was trained on, or a "
                "file that lists its characters in order"
            )
    if judged is None:
        return Guess(tuple(candidates), math.log(size), math.nan)
    sample = judged.slice(0, JUDGED)
    return Guess(judge(model, candidates, sample), math.log(size), unigram_nats(sample))


def open_without_vocabulary(path: Path) -> LanguageModel:
    """The network with code points that stand for nothing as its characters.

    Raises:
        ModelFileError: it cannot be opened, or knows so many symbols that they are words.
    """
    try:
        return _language_model(path)
    except VocabularyNeeded as needed:
        if needed.size > _LARGEST:
            raise ModelFileError(
                f"{path.name} knows {needed.size:,} symbols; these are words, not characters"
            ) from needed
        return _language_model(path, [chr(0xF0000 + number) for number in range(needed.size)])


def _language_model(path: Path, vocabulary: Sequence[str] | None = None) -> LanguageModel:
    model: LanguageModel = open_model(path, vocabulary, kind="language-model").model
    return model


def judge(
    model: LanguageModel, candidates: Iterable[Candidate], text: str
) -> tuple[Candidate, ...]:
    """The candidates with the model's loss under each, best first.

    Raises:
        TextError: the text is too short to tell.
    """
    if len(text) < 2:
        raise TextError("the text is too short to try a vocabulary on it; choose a longer one")
    judged = []
    for candidate in candidates:
        ids = Vocabulary(candidate.characters).encode(text)
        known = torch.from_numpy(ids[ids != UNKNOWN]).long()
        uniform = math.log(len(candidate.characters))
        loss = held_out_loss(model, known, max(1, min(_BATCH, len(known) // 64)))
        share = len(known) / len(ids)
        loss = uniform if math.isnan(loss) else share * loss + (1 - share) * uniform
        judged.append(Candidate(candidate.how, candidate.characters, loss))
    return tuple(sorted(judged, key=lambda candidate: candidate.loss_nats))


def unigram_nats(text: str) -> float:
    """The entropy of single characters, in nats."""
    _, counts = np.unique(Text.of(text).codes, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def guess_vocabularies(size: int, text: Text) -> list[Candidate]:
    """Orders of `size` characters that programs make from a text, or take from a standard list."""
    found: dict[tuple[str, ...], str] = {}
    counts = _counts(text)
    for variant, changed in _variants(counts):
        if variant and len(counts) == size:
            break
        added = size - len(changed)
        if not 0 <= added <= MOST_ADDED:
            continue
        for order, characters in _orders(changed):
            for where, complete in _with_special(characters, added):
                found.setdefault(complete, f"{order} of the text{variant}{where}")
    for how, standard in _STANDARD:
        for where, complete in _with_special(standard, size - len(standard)):
            found.setdefault(complete, f"{how}{where}")
    return [Candidate(how, characters) for characters, how in found.items()]


Counts = dict[str, int]
"""How often each character occurs, in the order of first appearance."""


def _counts(text: Text) -> Counts:
    counts: Counts = {}
    for start in range(0, len(text), _BLOCK):
        block = text.codes[start : start + _BLOCK]
        codes, first, number = np.unique(block, return_index=True, return_counts=True)
        for place in np.argsort(first):
            character = chr(int(codes[place]))
            counts[character] = counts.get(character, 0) + int(number[place])
    return counts


def _variants(counts: Counts) -> Iterator[tuple[str, Counts]]:
    """The text as it is, and as programs change it before they train."""
    unix = {character: count for character, count in counts.items() if character != "\r"}
    yield "", counts
    yield " without carriage returns", unix
    for how, change in ((" in lower case", str.lower), (" in upper case", str.upper)):
        changed: Counts = {}
        for character, count in unix.items():
            for one in change(character):
                changed[one] = changed.get(one, 0) + count
        yield how, changed
    yield " without line ends", {c: count for c, count in unix.items() if c != "\n"}


def _orders(counts: Counts) -> Iterator[tuple[str, Sequence[str]]]:
    yield "sorted characters", sorted(counts)
    yield "characters by first appearance", list(counts)
    yield "characters by frequency", sorted(counts, key=lambda character: -counts[character])


def _with_special(characters: Sequence[str], added: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The characters with special tokens in front of them, behind them, or on both sides."""
    if not 0 <= added <= MOST_ADDED:
        return
    special = [chr(FIRST_SPECIAL + number) for number in range(added)]
    for before in range(added, -1, -1):
        complete = (*special[:before], *characters, *special[before:])
        if len(set(complete)) == len(complete):
            sides = [f"{before} in front"] * (before > 0)
            sides += [f"{added - before} behind"] * (added > before)
            yield f", special tokens: {' and '.join(sides)}" if sides else "", complete


_STANDARD: tuple[tuple[str, str], ...] = (
    ("Python's string.printable", string.printable),
    ("letters and .,;' (the names tutorial)", string.ascii_letters + " .,;'"),
    ("letters and .,;'- (the names tutorial)", string.ascii_letters + " .,;'-"),
    ("printable ASCII", "".join(map(chr, range(32, 127)))),
    ("ASCII", "".join(map(chr, range(128)))),
    ("Latin-1, that is bytes", "".join(map(chr, range(256)))),
)


def read_vocabulary(path: Path, size: int) -> tuple[str, ...] | None:
    """The characters that a vocabulary file lists; None if it is something else, such as a text.

    A JSON list, a JSON object in either direction, one inside another object (torch-rnn's
    `idx_to_token`), one character a line, or all characters in order, each once.

    Raises:
        ModelFileError: the vocabulary is one of words, or has another size than the network.
        TextError: the file cannot be read.
    """
    text = Text.read(path)
    start = text.slice(0, 64).lstrip("\ufeff \r\n\t")[:1]
    if start in ("[", "{") and len(text) < 1 << 24:
        try:
            content = json.loads(str(text))
        except (ValueError, RecursionError):
            return None
        nested = list(content.values()) if isinstance(content, dict) else []
        for value in (content, *nested):
            if named := characters_of(value, size):
                return named.characters
        raise ModelFileError(
            f"{path.name} is JSON, but lists no {size:,} characters, which the network expects; "
            "choose another vocabulary file or the training text"
        )
    return _one_a_line(text, size) or _in_order(text, size)


def _in_order(text: Text, size: int) -> tuple[str, ...] | None:
    """All characters one after the other, each once; a mark in front or one line end behind it."""
    if not size <= len(text) <= size + 3:
        return None
    content = str(text)
    for listed in (content, content.removesuffix("\n").removesuffix("\r")):
        for characters in (listed, listed.removeprefix("\ufeff")):
            if len(characters) == len(set(characters)) == size:
                return tuple(characters)
    return None


def _one_a_line(text: Text, size: int) -> tuple[str, ...] | None:
    r"""One character a line; a newline is written as itself, as `\n`, or as an empty line."""
    if len(text) > 16 * size + 64:
        return None
    content = str(text).replace("\r\n", "\n")
    for ended in (content, content.removesuffix("\n")):
        lines = ended.split("\n")
        pairs = zip(lines, [None, *lines], strict=False)
        tokens = [_ESCAPES.get(line, line) for line, before in pairs if line or before != line]
        special = sum(len(token) > 1 for token in tokens)
        if len(tokens) == size and special <= MOST_ADDED and tokens.count("") <= 1:
            named = as_characters([token or "\n" for token in tokens])
            if named is not None:
                return named.characters
    return None

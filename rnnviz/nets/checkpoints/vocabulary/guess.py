"""Which characters a network without a vocabulary stands for: likely orders, each with its loss.

A wrong order is seen at once: the right one gives the loss that the model was trained to, a wrong
one is far worse than knowing nothing but how frequent each character is.
"""

from __future__ import annotations

import math
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import torch

from rnnviz.core.errors import ModelFileError, TextError, VocabularyNeeded
from rnnviz.core.kinds import kind_named
from rnnviz.core.models.network import HALF, SequenceDescription
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.word_tokens import words_of
from rnnviz.core.sequences.vocabulary import FORMS, UNKNOWN
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.networks.assembled import symbols_named
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary
from rnnviz.nets.checkpoints.vocabulary.found import FIRST_SPECIAL, as_characters
from rnnviz.nets.language.model import LanguageModel, build_language_model
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.training_tasks.corpus import held_out_loss
from rnnviz.work.jobs.models import Candidate, Guess

JUDGED = 4096
"""Characters of the text on which every order is tried."""
_JUDGED_IN_WINDOWS = 1024
"""The same of a network that reads a whole window for each character."""
MOST_ADDED = 2
"""How many special tokens (padding, unknown) an order may have besides the characters."""
_BATCH = 16
_BLOCK = 1 << 22
_SPARE = 0x10000
_WORDS_OF = 1 << 24
"""So much of a text is cut into words."""
_LEAST_WORDS = 20
_SPECIAL_WORDS = (
    (), ("<unk>",), ("<pad>",), ("<pad>", "<unk>"), ("<unk>", "<pad>"), ("<eos>",),
    ("<pad>", "<unk>", "<sos>", "<eos>"), ("<pad>", "<sos>", "<eos>", "<unk>"),
)  # fmt: skip


def guess_vocabulary(path: Path, source: Path, text: Path | None = None, reading: int = 0) -> Guess:
    """Orders of the symbols for the network in this file.

    Args:
        source: the training text, or a vocabulary file. What a file lists is taken as it lists it,
            and is never judged on the file itself.
        text: what to try the orders on; the source, if that is a text.
        reading: which of the networks that the tensors may be.

    Raises:
        ModelFileError: the network cannot be opened, or the source names no fitting number of
            symbols.
        TextError: a text cannot be read.
    """
    opened = open_without_vocabulary(path, reading)
    size = len(opened.model.network.symbols)
    if not size:
        raise ModelFileError(f"{path.name} reads numbers, not symbols; it needs no vocabulary")
    named = read_vocabulary(source, size)
    predicts = kind_named(opened.kind).predicts_next
    if named is not None:
        judged = Text.read(text) if text and predicts else None
        candidates = [Candidate(named.how, named.characters)]
    elif not predicts:
        raise ModelFileError(
            f"the network in {path.name} predicts no symbols, so no text can tell the order in "
            f"which it knows its {size:,}; give a file that lists them: {FORMS}"
        )
    else:
        judged = Text.read(text or source)
        candidates = guess_vocabularies(size, Text.read(source))
        if not candidates:
            raise ModelFileError(_none_fits(source, path, size))
    if judged is None:
        return Guess(tuple(candidates), math.log(size), math.nan, named is not None)
    sample = judged.slice(0, JUDGED)
    found = judge(opened.model, candidates, sample)
    return Guess(found, math.log(size), unigram_nats(sample), named is not None)


def judge_on(
    path: Path, text: Path, reading: int, vocabulary: Sequence[str] | None = None
) -> Guess:
    """The loss of one reading on a text, with the file's own symbols, or else the best guess.

    Args:
        vocabulary: the symbols, where they are known.

    Raises:
        ModelFileError: it predicts no symbols, or none of the text's fit.
    """
    try:
        opened = open_model(path, vocabulary, reading=reading)
    except VocabularyNeeded:
        return guess_vocabulary(path, text, reading=reading)
    if not kind_named(opened.kind).predicts_next:
        raise ModelFileError(
            "None of these says which symbol comes next, so no text can tell which is right; "
            "choose what you know it to be."
        )
    symbols = opened.model.network.symbols
    sample = Text.read(text).slice(0, JUDGED)
    found = judge(opened.model, [Candidate("the file's own", symbols)], sample)
    return Guess(found, math.log(len(symbols)), unigram_nats(sample), True)


def _none_fits(source: Path, path: Path, size: int) -> str:
    """Why no order of what is in a text has the size of the network."""
    text = Text.read(source)
    characters, words = len(_counts(text)), len(set(str(text.slice(0, _WORDS_OF)).split()))
    return (
        f"{source.name} has {characters:,} different characters (and {words:,} different words) "
        f"and the network in {path.name} expects {size:,}; choose the very text that it was "
        f"trained on, or a file that lists its symbols. Taken are: {FORMS}"
    )


def open_without_vocabulary(path: Path, reading: int = 0) -> OpenedModel:
    """The network with code points that stand for nothing as its symbols.

    Raises:
        ModelFileError: it cannot be opened.
    """
    try:
        return open_model(path, reading=reading, symbols=True)
    except VocabularyNeeded as needed:
        # Nothing below is assigned; behind the two private planes anything will do.
        spare = [chr(0x30000 + number) for number in range(min(needed.size, _SPARE))]
        spare += [f"\U000f0000{number}" for number in range(_SPARE, needed.size)]
        return open_model(path, spare, reading=reading)


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
    if model.network.windows is not None:
        text = text[:_JUDGED_IN_WINDOWS]
    for candidate in candidates:
        named = as_characters(candidate.characters)
        if named is None:
            continue
        ids = SymbolReader(symbols_named(named)).encode(text)
        ids = ids[::-1].copy() if model.network.from_the_end else ids
        known = torch.from_numpy(ids[ids != UNKNOWN]).long()
        uniform = math.log(len(candidate.characters))
        # Streams begin with windows that are not full; of those one beginning is enough.
        most = 1 if model.network.windows is not None else min(_BATCH, len(known) // 64)
        loss = held_out_loss(_forwards(model), known, max(1, most))
        share = len(known) / max(1, len(ids))
        loss = uniform if math.isnan(loss) else share * loss + (1 - share) * uniform
        judged.append(Candidate(candidate.how, candidate.characters, loss))
    return tuple(sorted(judged, key=lambda candidate: candidate.loss_nats))


def _forwards(model: LanguageModel) -> LanguageModel:
    """The same network reading the other way, where it reads from the end; its text is turned."""
    about = model.description
    if not model.network.from_the_end or not isinstance(about, SequenceDescription):
        return model
    layers = tuple(
        msgspec.structs.replace(layer, direction="forward") for layer in about.network.layers
    )
    turned = msgspec.structs.replace(
        about, network=msgspec.structs.replace(about.network, layers=layers)
    )
    tensors = {
        name.replace("backwards.", "layers.").replace("-backward-", "-forward-"): tensor
        for name, tensor in model.state_dict().items()
    }
    return build_language_model(turned, tensors, about.name)


def unigram_nats(text: str) -> float:
    """The entropy of single characters, in nats."""
    _, counts = np.unique(Text.of(text).codes, return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def guess_vocabularies(size: int, text: Text) -> list[Candidate]:
    """Orders of `size` symbols that programs make from a text, or take from a standard list."""
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
    for how, complete in (*_standard(size), *_part_orders(size, text), *_word_orders(size, text)):
        found.setdefault(complete, how)
    return [Candidate(how, characters) for characters, how in found.items()]


def _standard(size: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    for how, standard in _STANDARD:
        for where, complete in _with_special(standard, size - len(standard)):
            yield f"{how}{where}", complete


def _part_orders(size: int, text: Text) -> Iterator[tuple[str, tuple[str, ...]]]:
    for how, parts in _parts_of_characters(text):
        for order, listed in _orders(parts):
            if len(listed) == size:
                yield f"{how}, {order}".replace("characters by", "by"), tuple(listed)


def _parts_of_characters(text: Text) -> Iterator[tuple[str, Counts]]:
    """The bytes of UTF-8 and the halves of UTF-16 in a text, where these are not its characters."""
    sample = str(text.slice(0, _WORDS_OF))
    if not sample.isascii():
        raw = Counter(sample.encode("utf-8", "surrogatepass"))
        yield "bytes of the text", {chr(b) if b < 128 else f"[{b}]": n for b, n in raw.items()}
    if any(ord(character) > 0xFFFF for character in sample):
        halves: Counter[str] = Counter()
        for character in sample:
            code = ord(character)
            if code > 0xFFFF:
                high, low = divmod(code - 0x10000, 0x400)
                halves[chr(HALF + 0xD800 + high)] += 1
                halves[chr(HALF + 0xDC00 + low)] += 1
            else:
                halves[character] += 1
        yield "halves of characters of the text", dict(halves)


def _word_orders(size: int, text: Text) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Orders of the words of a text, as tutorials number them."""
    if size < _LEAST_WORDS:
        return
    sample = str(text.slice(0, _WORDS_OF))
    plain, lower = sample.split(), sample.lower().split()
    lines = [word for line in sample.splitlines() for word in (*line.split(), "<eos>")]
    signs, lower_signs = words_of(sample), words_of(sample, lower=True)
    for how, words in (
        ("words between blanks, line ends as <eos>", lines),
        ("words between blanks", plain),
        ("words between blanks, in lower case", lower),
        ("words and signs", signs),
        ("words and signs, in lower case", lower_signs),
    ):
        counts = Counter(words)
        for special in _SPECIAL_WORDS:
            if len(counts) + len(special) != size or set(special) & counts.keys():
                continue
            said = f", behind {' '.join(special)}" if special else ""
            yield f"{how}, by first appearance{said}", (*special, *counts)
            yield f"{how}, sorted{said}", (*special, *sorted(counts))
            frequent = sorted(counts, key=lambda word: -counts[word])
            yield f"{how}, by frequency{said}", (*special, *frequent)


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

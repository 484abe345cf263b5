"""A vocabulary in a file of its own, in any of the forms in which programs keep one."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.files.array_files import HEADER_ERRORS
from rnnviz.core.files.reading import SMALL_BYTES, read_head, read_small
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints.pytorch.file import looks_like_pytorch, read_pytorch
from rnnviz.nets.checkpoints.pytorch.inert_pickle import follow, resolved
from rnnviz.nets.checkpoints.vocabulary.found import (
    NamedCharacters,
    as_characters,
    everything,
    vocabulary_in,
)
from rnnviz.nets.checkpoints.vocabulary.pair_tokenizer import byte_pair_tokens, is_pair_tokenizer
from rnnviz.nets.checkpoints.vocabulary.word_index import indexed_words
from rnnviz.nets.checkpoints.vocabulary.world_list import is_world_list, world_tokens

_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\s": " ", "\\\\": "\\"}
_PICKLE = re.compile(rb"\x80[\x02-\x05]|\(?[dl]p\d+\n|c[\w.]+\n\w+\n")
_NUMBERED = re.compile(r"(\S+)[\t ](\d{1,9})")
_LARGEST = 1 << 27
_MOST_SPECIAL = 4


def read_vocabulary(path: Path, size: int) -> NamedCharacters | None:
    """The symbols that a vocabulary file lists; None if it is something else, such as a text.

    Raises:
        ModelFileError: it lists another number of symbols than the network has, or pieces of words.
        TextError: the file cannot be read.
    """
    try:
        head = read_head(path, 64)
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror or error}") from error
    if head.startswith(b"\x93NUMPY") or _PICKLE.match(head) or looks_like_pytorch(path):
        return _of_size(_binary(path, head), path, size, "")
    text = Text.read(path)
    start = text.slice(0, 64).lstrip("\ufeff \r\n\t")[:1]
    if start in ("[", "{") and len(text) < _LARGEST:
        try:
            content = json.loads(str(text).removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, list | dict) and not (isinstance(content, list) and not content):
            if is_pair_tokenizer(content):
                content = byte_pair_tokens(content, path.name, size)
            return _of_size(_keras(content), path, size, "JSON, but ")
    if is_world_list(text.slice(0, 4096).removeprefix("\ufeff")) and len(text) < _LARGEST:
        return world_tokens(str(text).removeprefix("\ufeff"), path.name, size)
    return _in_order(text, size) or _one_a_line(text, size)


def held_in(path: Path) -> Any:
    """What a file of a program holds, JSON, a pickle or a file of torch.save; a text by its lines.

    Raises:
        ModelFileError: it is damaged.
        TextError: it cannot be read.
    """
    head = read_head(path, 64)
    if head.startswith(b"\x93NUMPY") or _PICKLE.match(head) or looks_like_pytorch(path):
        return _binary(path, head)
    text = Text.read(path)
    content = str(text) if len(text) < _LARGEST else ""
    if content.lstrip("\ufeff \r\n\t")[:1] in ("[", "{"):
        try:
            return json.loads(content.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            return None
    return content.removeprefix("\ufeff").splitlines()


def _of_size(content: Any, path: Path, size: int, form: str) -> NamedCharacters:
    """The vocabulary of this size in what a file holds.

    Raises:
        ModelFileError: there is none.
    """
    if named := vocabulary_in(content, size) or indexed_words(content, size):
        return named
    sizes = {
        len(value) for _, value in everything(content)
        if isinstance(value, dict | list | tuple) and len(value) > 1
    }  # fmt: skip
    near = ", ".join(f"{one:,}" for one in sorted(sizes, key=lambda n: abs(n - size))[:3])
    raise ModelFileError(
        f"{path.name} is {form or 'a vocabulary that '}lists no {size:,} characters or words, "
        f"which the network expects{f' (it has lists of {near})' if near else ''}; choose another "
        "vocabulary file or the training text"
    )


def _binary(path: Path, head: bytes) -> Any:
    """What a pickle, a file of torch.save or an array holds; nothing in it is run."""
    try:
        if looks_like_pytorch(path):
            return read_pytorch(path).content
        raw = read_small(path, _LARGEST if _PICKLE.match(head) else SMALL_BYTES)
        if head.startswith(b"\x93NUMPY"):
            return np.load(BytesIO(raw), allow_pickle=False).tolist()
        return resolved(follow(BytesIO(raw), path.name), path.name)
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, EOFError, *HEADER_ERRORS) as error:
        raise ModelFileError(f"{path.name} is an array of other things than strings") from error


def _keras(content: Any) -> Any:
    """A Keras tokenizer keeps its word index as JSON inside a string of JSON; 0 is for padding."""
    config = content.get("config") if isinstance(content, dict) else None
    inner = config.get("word_index") if isinstance(config, dict) else None
    if not isinstance(inner, str):
        return content
    try:
        return json.loads(inner)
    except (ValueError, RecursionError):
        return content


def _in_order(text: Text, size: int) -> NamedCharacters | None:
    """All characters one after the other, each once; a line end behind them does not matter.

    A mark in front, and whether the file's line ends are those of Windows, do not matter either.
    """
    if not size <= len(text) <= 2 * size + 4:
        return None
    content = str(text).removeprefix("\ufeff")
    for listed in (content, content.replace("\r\n", "\n"), content.rstrip("\r\n")):
        for ended in (listed, listed.removesuffix("\n"), listed.removesuffix("\r\n")):
            units = _halved(ended) if len(ended) != size else ended
            if len(units) == len(set(units)) == size:
                return as_characters(list(units))
    return None


def _halved(text: str) -> str:
    """The text in halves of characters, for vocabularies that a program cut into UTF-16."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(raw[n] | raw[n + 1] << 8) for n in range(0, len(raw), 2))


def _one_a_line(text: Text, size: int) -> NamedCharacters | None:
    r"""One symbol a line; a newline is written as itself, as `\n`, or as an empty line.

    Behind a word, after a tab or a blank, its number may stand: how often it occurs, or its id.
    """
    if len(text) > 64 * size + 64:
        return None
    content = str(text).removeprefix("\ufeff").replace("\r\n", "\n")
    for ended in (content, content.removesuffix("\n"), content.rstrip("\n")):
        lines = ended.split("\n")
        pairs = zip(lines, [None, *lines], strict=False)
        tokens = [_ESCAPES.get(line, line) for line, before in pairs if line or before != line]
        if len(tokens) == size - 1 and tokens[:1] == ["@@UNKNOWN@@"]:  # of AllenNLP
            tokens = ["<pad>", "<unk>", *tokens[1:]]
        if len(tokens) == size and tokens.count("") <= 1:
            return _listed([token or "\n" for token in tokens])
    return None


def _listed(tokens: list[str]) -> NamedCharacters | None:
    """These tokens, if they are a list of characters or words and no text of so many lines."""
    numbered = [_NUMBERED.fullmatch(token) for token in tokens]
    if all(numbered):
        found = [(match[1], int(match[2])) for match in numbered if match]
        ids = {number: token for token, number in found}
        if sorted(ids) == list(range(len(tokens))):
            return as_characters([ids[number] for number in range(len(tokens))])
        return as_characters([token for token, _ in found])
    sentences = sum(" " in token.strip() for token in tokens)
    if sentences > _MOST_SPECIAL:
        return None
    named = as_characters(tokens)
    longer = sum(len(token) > 1 for token in tokens)
    return named if named is not None and (named.unit == "words" or longer <= 12) else None

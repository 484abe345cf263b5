"""Word vectors: what an embedding may begin with, and which words lie near each other in it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import TextError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.models.translation import SPECIAL, UNKNOWN_ID
from rnnviz.nets.alignments.tokenizers import SPACE_MARK

_LONGEST_LINE = 1 << 20


def read_vectors(path: Path, wanted: set[str]) -> dict[str, npt.NDArray[np.float32]]:
    """The vectors of these words in a text file of word2vec (with a first line of sizes) or GloVe.

    Raises:
        TextError: it cannot be read, or a line is no word with numbers.
    """
    found: dict[str, npt.NDArray[np.float32]] = {}
    width = number = 0
    try:
        with io.BufferedReader(open_regular(path)) as file:
            for number, line in enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), 1):
                if b"\0" in line:
                    raise TextError(
                        f"{path.name} is no text; if it holds the binary form of word2vec, write "
                        "it as text with gensim (vectors.save_word2vec_format(name, binary=False))"
                    )
                if len(line) == _LONGEST_LINE:
                    raise TextError(f"line {number:,} of {path.name} is too long to be a vector")
                parts = line.decode("utf-8", "surrogateescape").rstrip().split(" ")
                if number == 1 and len(parts) == 2 and all(part.isdigit() for part in parts):
                    continue
                width = width or len(parts) - 1
                if len(parts) <= width or width < 1:
                    raise TextError(
                        f"line {number:,} of {path.name} has {len(parts) - 1} numbers where "
                        f"{width} were found before; choose a text file of word2vec or GloVe"
                    )
                word = " ".join(parts[:-width])
                if word in wanted:
                    found[word] = np.array(parts[-width:], np.float32)
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise TextError(
            f"line {number:,} of {path.name} holds something that is no number; choose a text file "
            "of word2vec or GloVe"
        ) from error
    return found


def initialise_embedding(weight: Tensor, tokens: Sequence[str], path: Path) -> int:
    """Put the vectors of a file in the rows of the tokens that it knows; how many it knew.

    Raises:
        TextError: it cannot be read, knows none of the tokens, or has vectors of another width.
    """
    plain = [token.removeprefix(SPACE_MARK) for token in tokens]
    vectors = read_vectors(path, set(plain) | {word.lower() for word in plain})
    rows = {
        row: vectors.get(word, vectors.get(word.lower()))
        for row, word in enumerate(plain)
        if word in vectors or word.lower() in vectors
    }
    if not rows:
        raise TextError(f"{path.name} has a vector for none of the {len(tokens):,} tokens")
    width = len(next(iter(vectors.values())))
    if width != weight.shape[1]:
        raise TextError(
            f"the vectors of {path.name} have {width} numbers and the embedding "
            f"{weight.shape[1]}; set the embedding to {width}"
        )
    with torch.no_grad():
        for row, vector in rows.items():
            weight[row] = torch.from_numpy(np.asarray(vector))
    return len(rows)


def nearest_words(model: Any, side: str, word: str, count: int = 10) -> list[tuple[str, float]]:
    """The tokens nearest to a word in the embedding of the source or the target.

    A word of several pieces stands where the mean of their vectors does.

    Raises:
        TextError: an unknown side, or a word that the vocabulary cannot say.
    """
    sides = {
        "source": (model.source, model.source_embedding),
        "target": (model.target, model.target_embedding),
    }
    if side not in sides:
        raise TextError(f"the side is {side!r}; it may be source or target")
    tokenizer, weight = sides[side]
    tokens = tokenizer.description.tokens
    known = {token: i for i, token in enumerate(tokens)}
    exact = known.get(word, known.get(f"{SPACE_MARK}{word}"))
    ids = [exact] if exact is not None else tokenizer.encode(word)
    if not ids or UNKNOWN_ID in ids:
        raise TextError(f"{word!r} is not in the {side} vocabulary; try another word")
    with torch.inference_mode():
        vector = weight[ids].mean(dim=0)
        norms = weight.norm(dim=1).clamp_min(1e-12)
        cosines = (weight @ vector) / (norms * vector.norm().clamp_min(1e-12))
        cosines[[*range(len(SPECIAL)), *ids]] = -torch.inf
        best = cosines.topk(min(count, len(cosines) - len(SPECIAL) - len(set(ids))))
    return [(tokens[i], float(c)) for i, c in zip(best.indices.tolist(), best.values, strict=True)]

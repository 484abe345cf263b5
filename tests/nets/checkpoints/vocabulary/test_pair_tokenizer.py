"""Byte-level pairs: the ids are those that Hugging Face's `tokenizers` 0.23.3 gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.checkpoints.networks.assembled import symbols_named
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary
from rnnviz.nets.checkpoints.vocabulary.guess import guess_vocabulary
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.sequence.reading import read_text
from rnnviz.nets.sequence.symbols.byte_tokens import ALPHABET
from rnnviz.nets.sequence.symbols.reader import SymbolReader, Writing, joined

MERGES = [
    "t h",
    "th e",
    "a t",
    "Ġ the",
    "Ġ c",
    "Ġ o",
    "Ġc at",
    "n d",
    "r e",
    "Ã ©",
    "Ġ t",
    "Ġthe re",
    "' s",
    "a s",
    "a nd",
    "h at",
    "m at",
    "o o",
    "s at",
    "w as",
    "Ġ and",
    "Ġ hat",
    "Ġ mat",
    "Ġ sat",
    "Ġ was",
    "the r",
    "Ġo n",
    "Ġo ther",
    "Ġt oo",
    "1 2",
    "b e",
    "r Ã",
    "v e",
    "¥ æ",
    "æ Ĺ",
    "ð Ł",
    "Ġ n",
    "Ġ 12",
    "Ġ æĹ",
    "ĺ Ģ",
    "ľ ¬",
    "th at",
    "Ã© t",
    "¥æ ľ¬",
    "ðŁ ĺĢ",
    "Ġ12 3",
    "ĠæĹ ¥æľ¬",
    "' l",
    "' ve",
    "a f",
    "a i",
    "a u",
    "a Ã",
    "e d",
    "e n",
    "f o",
    "h e",
    "i nd",
    "l a",
    "m be",
    "r s",
    "t ed",
    "u mbe",
]
TOKENS = ["<|endoftext|>", *sorted(ALPHABET), *(merge.replace(" ", "") for merge in MERGES)]
SIZE = 320
IDS = {
    "the cat's  that": [258, 263, 269, 221, 221, 298],
    "été 日本 😀!": [299, 266, 303, 221, 301, 1],
    "a\n\n  b<|endoftext|>there 12": [65, 199, 199, 221, 221, 66, 0, 258, 265, 294],
    "x日y": [88, 291, 99, 89],
}


def tokenizer(**changed: Any) -> dict[str, Any]:
    """What `Tokenizer.save` writes."""
    model = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
        "vocab": {token: place for place, token in enumerate(TOKENS)},
        "merges": [merge.split(" ") for merge in MERGES],
    }  # fmt: skip
    before = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    added = [{"id": 0, "content": "<|endoftext|>", "special": True}]
    return {
        "version": "1.0", "added_tokens": added, "normalizer": None, "pre_tokenizer": before,
        "model": {**model, **changed.pop("model", {})}, **changed,
    }  # fmt: skip


def written(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def reader(path: Path) -> SymbolReader:
    named = read_vocabulary(path, SIZE)
    assert named is not None
    return SymbolReader(symbols_named(named))


@pytest.mark.parametrize("form", ["now", "merges as strings", "vocab.json"])
@pytest.mark.parametrize("text", IDS)
def test_texts_are_cut_as_the_tokenizer_does_and_put_together(
    text: str, form: str, tmp_path: Path
) -> None:
    contents = {
        "now": tokenizer(),
        "merges as strings": tokenizer(model={"merges": MERGES}),
        "vocab.json": tokenizer()["model"]["vocab"],
    }
    found = reader(written(tmp_path / "tokenizer.json", contents[form]))
    assert found.encode(text).tolist() == IDS[text]
    assert joined(found, IDS[text]) == text


def test_places_in_the_text(tmp_path: Path) -> None:
    found = reader(written(tmp_path / "tokenizer.json", tokenizer()))
    assert found.cut("the cat's  that").spans.tolist() == [
        [0, 3], [3, 7], [7, 9], [9, 10], [10, 11], [11, 15],
    ]  # fmt: skip
    # 日 is two tokens: the second has its place
    assert found.cut("x日y").spans.tolist() == [[0, 1], [1, 1], [1, 2], [2, 3]]
    reading = read_text(found.symbols, Text.of("x日y"))
    assert isinstance(reading.sequence, Tokens)
    assert [reading.sequence.label(step) for step in (0, 2, 3)] == ["x", "日", "y"]


def test_a_part_of_a_character_waits_for_the_rest(tmp_path: Path) -> None:
    writing = Writing(reader(written(tmp_path / "tokenizer.json", tokenizer())))
    assert [writing.add(one) for one in IDS["x日y"]] == ["x", "", "日", "y"]


def test_a_longer_embedding_has_numbers_for_names(tmp_path: Path) -> None:
    named = read_vocabulary(written(tmp_path / "tokenizer.json", tokenizer()), SIZE + 3)
    assert named is not None
    assert named.characters[-2:] == ("<321>", "<322>")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"pre_tokenizer": {"type": "Whitespace"}}, "in another way than GPT-2"),
        ({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True}}, "in another way"),
        ({"normalizer": {"type": "Lowercase"}}, "in another way than GPT-2"),
        ({"model": {"merges": [*MERGES[1:], MERGES[0]]}}, "in another order than that of their"),
        ({"model": {"merges": [1, *MERGES[1:]]}}, "damaged"),
        ({"added_tokens": [3]}, "damaged"),
        ({"added_tokens": [{"id": 900, "content": "<|far|>"}]}, "damaged"),
        ({"added_tokens": 5}, "damaged"),
        ({"added_tokens": [{"id": 0, "content": ["<|endoftext|>"]}]}, "damaged"),
        ({"added_tokens": [{"id": {}, "content": "<|endoftext|>"}]}, "damaged"),
        ({"model": {"vocab": {**dict.fromkeys(TOKENS, 0), "!": [1]}}}, "damaged"),
    ],
)
def test_others_are_refused(changed: dict[str, Any], why: str, tmp_path: Path) -> None:
    path = written(tmp_path / "tokenizer.json", tokenizer(**changed))
    with pytest.raises(ModelFileError, match=why):
        read_vocabulary(path, SIZE)


def test_ids_in_the_order_of_frequency_are_refused(tmp_path: Path) -> None:
    turned = {token: place for place, token in enumerate(reversed(TOKENS))}
    with pytest.raises(ModelFileError, match="not in the order"):
        read_vocabulary(written(tmp_path / "vocab.json", turned), SIZE)


def test_a_network_with_it_reads_writes_and_is_kept(tmp_path: Path) -> None:
    torch.manual_seed(3)
    lstm, embedding = torch.nn.LSTM(6, 8), torch.nn.Embedding(SIZE, 6)
    head = torch.nn.Linear(8, SIZE)
    parts = {"embedding": embedding, "lstm": lstm, "fc": head}
    torch.save(torch.nn.ModuleDict(parts).state_dict(), tmp_path / "model.pt")
    source = written(tmp_path / "tokenizer.json", tokenizer())
    order = guess_vocabulary(tmp_path / "model.pt", source).candidates[0].characters
    opened = open_model(tmp_path / "model.pt", order)
    assert opened.kind == "language-model"
    ids = torch.tensor(IDS["été 日本 😀!"])
    with torch.inference_mode():
        wanted = head(lstm(embedding(ids))[0])
        logits, _ = opened.model(ids[:, None])
    assert np.abs((logits[:, 0] - wanted).numpy()).max() < 1e-5
    save_model(tmp_path / "ours.safetensors", opened.model)
    again = open_model(tmp_path / "ours.safetensors").model
    assert again.network.reads == opened.model.network.reads
    assert again.reader.encode("été 日本 😀!").tolist() == IDS["été 日本 😀!"]
    drawn = [sample(one, 20, start="the ", seed=1) for one in (again, opened.model)]
    assert "".join(drawn[0]) == "".join(drawn[1])

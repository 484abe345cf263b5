"""The list of RWKV World: the ids are those that `TRIE_TOKENIZER` of `rwkv` 0.8.32 gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.checkpoints.networks.assembled import symbols_named
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary
from rnnviz.nets.checkpoints.vocabulary.guess import guess_vocabulary
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.sequence.symbols.reader import SymbolReader, Writing, joined

PIECES = [
    "\n\n", "  ", " c", " t", "th", "he", "日", "本", b"\xe6\x97", b" \xe6", b"\xf0\x9f", " the",
    " cat", "the", "日本", "😀", "'s", 'say "', "    ", "<s>", "there", "    return", "\\n",
    "don't", "été",
]  # fmt: skip
TOKENS = [*map(chr, range(128)), *(bytes([one]) for one in range(128, 256)), *PIECES]
SIZE = len(TOKENS) + 1
IDS = {
    "the cat's  that": [270, 269, 273, 258, 261, 98, 117],
    "été 日本 😀!": [281, 266, 152, 166, 264, 33, 272, 34],
    'say "don\'t"\n\n    return <s>there': [274, 280, 35, 257, 278, 33, 276, 277],
    "x日y 旧 \\n": [121, 263, 122, 266, 152, 168, 33, 279],
    "th<end of text>": [261, 61, 102, 111, 101, 33, 112, 103, 260, 102, 121, 117, 63],
}


def lines() -> list[str]:
    """As in the file of RWKV."""
    sizes = [len(one.encode() if isinstance(one, str) else one) for one in TOKENS]
    return [f"{number + 1} {TOKENS[number]!r} {size}" for number, size in enumerate(sizes)]


def written(folder: Path, content: list[str], end: str = "\n") -> Path:
    path = folder / "rwkv_vocab.txt"
    path.write_bytes((end.join(content) + end).encode())
    return path


def reader(path: Path, size: int = SIZE) -> SymbolReader:
    named = read_vocabulary(path, size)
    assert named is not None
    return SymbolReader(symbols_named(named))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", IDS)
def test_texts_are_cut_as_rwkv_does_and_put_together(text: str, end: str, tmp_path: Path) -> None:
    found = reader(written(tmp_path, lines(), end))
    assert found.encode(text).tolist() == IDS[text]
    assert joined(found, IDS[text]) == text


def test_places_in_the_text_and_parts_of_characters(tmp_path: Path) -> None:
    found = reader(written(tmp_path, lines()))
    # the blank and the first byte of 旧 are one token, which completes the blank alone
    assert found.cut("x日y 旧 \\n").spans.tolist() == [
        [0, 1], [1, 2], [2, 3], [3, 4], [4, 4], [4, 5], [5, 6], [6, 8],
    ]  # fmt: skip
    writing = Writing(found)
    added = [writing.add(one) for one in IDS["x日y 旧 \\n"]]
    assert added == ["x", "日", "y", " ", "", "旧", " ", "\\n"]


def test_a_longer_embedding_has_numbers_for_names(tmp_path: Path) -> None:
    found = reader(written(tmp_path, lines()), SIZE + 6)
    assert len(found.symbols.vocabulary) == SIZE + 6
    assert found.encode("the <s>").tolist() == [270, 33, 276]


@pytest.mark.parametrize(
    ("place", "line", "why"),
    [
        (270, "271 'chat' 5", "line 271 of rwkv_vocab.txt is no id"),
        (270, "271 print(1) 4", "line 271"),
        (270, "271 'a' * 9 9", "line 271"),
        (270, "271 f'{1}' 1", "line 271"),
        (270, "271 '\\x' 1", "line 271"),
        (270, "271 '\\ud800' 3", "line 271"),
        (270, "271 b'é' 2", "line 271"),
        (270, f"271 '{'a' * 5000}' 5000", "line 271"),
        (270, "", "line 271"),
        (270, "900 'chat' 4", "ids are not 1 to"),
        (270, "271 'cat' 3", ""),
        (270, "271 ' cat' 4", "names tokens twice"),
        (255, "256 'chat' 4", "lacks some of the 256 bytes"),
    ],
)
def test_damage_is_said_and_nothing_is_run(place: int, line: str, why: str, tmp_path: Path) -> None:
    path = written(tmp_path, [*lines()[:place], line, *lines()[place + 1 :]])
    if not why:
        assert read_vocabulary(path, SIZE) is not None
        return
    with pytest.raises(ModelFileError, match=why):
        read_vocabulary(path, SIZE)


@pytest.mark.parametrize("size", [SIZE - 1, SIZE + 128])
def test_another_size_is_refused(size: int, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=f"lists {SIZE} tokens with the end, but the network"):
        read_vocabulary(written(tmp_path, lines()), size)


def test_a_network_with_it_reads_writes_and_is_kept(tmp_path: Path) -> None:
    torch.manual_seed(3)
    lstm, embedding = torch.nn.LSTM(6, 8), torch.nn.Embedding(SIZE, 6)
    head = torch.nn.Linear(8, SIZE)
    parts = {"embedding": embedding, "lstm": lstm, "fc": head}
    torch.save(torch.nn.ModuleDict(parts).state_dict(), tmp_path / "model.pt")
    source = written(tmp_path, lines())
    order = guess_vocabulary(tmp_path / "model.pt", source).candidates[0].characters
    opened = open_model(tmp_path / "model.pt", order)
    ids = torch.tensor(IDS["été 日本 😀!"])
    with torch.inference_mode():
        wanted = head(lstm(embedding(ids))[0])
        logits, _ = opened.model(ids[:, None])
    assert np.abs((logits[:, 0] - wanted).numpy()).max() < 1e-5
    save_model(tmp_path / "ours.safetensors", opened.model)
    again = open_model(tmp_path / "ours.safetensors").model
    assert again.network.reads == opened.model.network.reads
    drawn = [sample(one, 20, start="the ", seed=1) for one in (again, opened.model)]
    assert "".join(drawn[0]) == "".join(drawn[1])

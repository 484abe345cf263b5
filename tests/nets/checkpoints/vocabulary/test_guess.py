import json
import math
import pickle

import pytest
import torch
from torch.nn import functional

from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary
from rnnviz.nets.checkpoints.vocabulary.guess import (
    guess_vocabularies,
    guess_vocabulary,
)
from tests.nets.checkpoints.examples import Stock

TEXT = "hello world, yellow cello\n" * 80


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A network that learned the text, with its characters in the order of first appearance."""
    order = "".join(dict.fromkeys(TEXT))
    ids = torch.tensor([order.index(character) for character in TEXT]).unsqueeze(1)
    stock = Stock("gru", units=16, embedding=8, size=len(order))
    optimiser = torch.optim.Adam(stock.parameters(), 0.03)
    for _ in range(60):
        logits = stock(ids[:200])[:, 0]
        optimiser.zero_grad()
        functional.cross_entropy(logits[:-1], ids[1:200, 0]).backward()
        optimiser.step()
    path = tmp_path_factory.mktemp("guess") / "bare.pt"
    torch.save(stock.state_dict(), path)
    return path, tuple(order)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.txt"
    path.write_text(TEXT)
    return path


def test_the_right_order_is_first_and_its_loss_far_below(trained, source):
    path, order = trained
    guess = guess_vocabulary(path, source)
    best, *others = guess.candidates
    assert best.characters == order
    assert best.how == "characters by first appearance of the text"
    assert guess.convincing
    assert best.loss_nats < 0.5 < guess.unigram_nats < guess.uniform_nats == math.log(len(order))
    assert len(others) >= 2
    assert min(other.loss_nats for other in others) > guess.unigram_nats
    assert open_model(path, best.characters).model.description.vocabulary == order


def test_a_vocabulary_file_is_judged_on_a_text(trained, source, tmp_path):
    path, order = trained
    listed = tmp_path / "vocabulary.json"
    listed.write_text(json.dumps(list(order)))
    assert math.isnan(guess_vocabulary(path, listed).candidates[0].loss_nats)
    assert guess_vocabulary(path, listed, source).candidates[0].loss_nats < 0.5
    listed.write_text(json.dumps(list(reversed(order))))
    assert not guess_vocabulary(path, listed, source).convincing


def test_a_text_with_too_many_characters_is_refused(trained, tmp_path):
    (tmp_path / "other.txt").write_text("abcdefghijklmnopqrstuvwxyz0123456789")
    with pytest.raises(ModelFileError, match=r"36 different characters .* expects 12"):
        guess_vocabulary(trained[0], tmp_path / "other.txt")


def test_a_missing_source_is_named(trained, tmp_path):
    with pytest.raises(TextError, match="cannot read"):
        guess_vocabulary(trained[0], tmp_path / "absent.txt")


def orders(size, text):
    return {
        candidate.how: "".join(candidate.characters)
        for candidate in guess_vocabularies(size, Text.of(text))
    }


def test_the_orders_of_a_text():
    assert orders(3, "cabb") == {
        "sorted characters of the text": "abc",
        "characters by first appearance of the text": "cab",
        "characters by frequency of the text": "bca",
    }


def test_special_tokens_fill_up_the_size():
    found = orders(4, "cab")
    assert found["sorted characters of the text, special tokens: 1 in front"] == "\ue000abc"
    assert found["sorted characters of the text, special tokens: 1 behind"] == "abc\ue000"
    both = orders(5, "cab")
    assert "\ue000abc\ue001" in both.values()
    assert orders(6, "cab") == {}


def test_a_text_in_lower_case():
    assert orders(3, "CaABbc")["sorted characters of the text in lower case"] == "abc"
    assert orders(3, "ab\r\n")["sorted characters of the text without carriage returns"] == "\nab"


def test_standard_lists():
    assert "Python's string.printable" in orders(100, "a")
    assert orders(128, "a")["ASCII"][65] == "A"


@pytest.mark.parametrize(
    "content",
    [
        '["\\n", "a", "b"]',
        '{"\\n": 0, "a": 1, "b": 2}',
        '{"0": "\\n", "1": "a", "2": "b"}',
        '{"idx_to_token": {"1": "\\n", "2": "a", "3": "b"}, "token_to_idx": {}}',
        "\\n\na\nb\n",
        "\\n\na\nb",
        "\n\na\nb",
        "\na\nb\n",
        "\\n\r\na\r\nb\r\n",
    ],
)
def test_forms_of_a_vocabulary_file(content, tmp_path):
    (tmp_path / "v").write_bytes(content.encode())
    assert listed(tmp_path / "v", 3) == ("\n", "a", "b")


def listed(path, size):
    """The symbols of a vocabulary file, where it is one."""
    named = read_vocabulary(path, size)
    return named and named.characters


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_characters_in_order_whatever_stands_behind_or_before_them(ending, mark, tmp_path):
    (tmp_path / "v").write_bytes(f"{mark}dcba {ending}".encode())
    assert listed(tmp_path / "v", 5) == tuple("dcba ")


WORDS = ["<unk>", "the", "cat", "sat", ".", "on", "a", "mat", "dog", "ran", "to", "Anna"]
WORD_FILES = {
    "one a line": "\n".join(WORDS) + "\n",
    "with counts": "".join(f"{word}\t{100 - n}\n" for n, word in enumerate(WORDS)),
    "with ids": "".join(f"{word} {n}\n" for n, word in reversed(list(enumerate(WORDS)))),
    "word2idx": json.dumps({"word2idx": {word: n for n, word in enumerate(WORDS)}}),
    "tokenizer.json": json.dumps(
        {"model": {"type": "WordLevel", "vocab": {word: n for n, word in enumerate(WORDS)}}}
    ),
    "Keras": json.dumps(
        {"config": {"word_index": json.dumps({word: n for n, word in enumerate(WORDS)})}}
    ),
    "pickle": pickle.dumps({"stoi": {word: n for n, word in enumerate(WORDS)}}),
}


@pytest.mark.parametrize("form", WORD_FILES)
def test_forms_of_a_word_list(form, tmp_path):
    content = WORD_FILES[form]
    path = tmp_path / "v"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    named = read_vocabulary(path, len(WORDS))
    assert named is not None
    assert named.characters == tuple(WORDS)
    assert (named.unit, named.unknown) == ("words", "<unk>")


def test_a_text_is_no_list(tmp_path):
    (tmp_path / "t").write_text("It was late.\nShe went home.\nAnd so on.\n" * 3)
    assert read_vocabulary(tmp_path / "t", 9) is None


def test_a_list_is_never_judged_on_itself_and_an_unconvincing_guess_is_not_usable(
    trained, tmp_path
):
    path, order = trained
    (tmp_path / "list.txt").write_text("".join(reversed(order)))
    wrong = guess_vocabulary(path, tmp_path / "list.txt")
    assert (wrong.named, wrong.usable, len(wrong.candidates)) == (True, True, 1)
    assert math.isnan(wrong.candidates[0].loss_nats)
    (tmp_path / "text.txt").write_text("".join(sorted(order)) * 50)
    guess = guess_vocabulary(path, tmp_path / "text.txt")
    assert (guess.named, guess.usable) == (False, False)


def test_a_vocabulary_file_of_another_size_is_refused(tmp_path):
    (tmp_path / "v").write_text('["a", "b"]')
    with pytest.raises(ModelFileError, match=r"lists no 3 characters or words.*lists of 2"):
        read_vocabulary(tmp_path / "v", 3)


def test_an_array_whose_header_numpy_does_not_read_is_refused(tmp_path):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (True, 3)}\n"
    raw = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(12)
    (tmp_path / "symbols.npy").write_bytes(raw)
    with pytest.raises(ModelFileError, match="array of other things than strings"):
        read_vocabulary(tmp_path / "symbols.npy", 3)


def test_a_numbered_list_may_hold_any_digits(tmp_path):
    (tmp_path / "words.txt").write_text(f"ab 0\ncd {'9' * 5000}\nef 1\n")
    assert read_vocabulary(tmp_path / "words.txt", 2) is None

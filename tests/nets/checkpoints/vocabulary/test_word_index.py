"""Word indexes of Keras: cut to the size of the network, ids from 1, those of IMDb 3 later."""

import json

import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import Symbols, network_of
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.vocabulary.file import read_vocabulary
from rnnviz.nets.checkpoints.vocabulary.guess import guess_vocabulary
from rnnviz.nets.checkpoints.vocabulary.word_index import indexed_words
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from tests.nets.checkpoints.written import unpacked

WORDS = ["<OOV>", "the", "film", "was", "good", "bad", "very", "not"]
INDEX = {word: number for number, word in enumerate(WORDS, 1)}


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def test_a_tokenizer_is_cut_where_the_network_ends(tmp_path):
    config = {"num_words": 6, "word_index": json.dumps(INDEX), "oov_token": "<OOV>"}
    file = write(tmp_path / "t.json", {"class_name": "Tokenizer", "config": config})
    named = read_vocabulary(file, 6)
    assert named is not None
    assert named.characters == ("<pad>", "<OOV>", "the", "film", "was", "good")
    assert (named.unit, named.lower, named.unknown) == ("words", True, "<OOV>")
    assert "it knows 5 words" in named.how


def test_ids_without_a_word_are_numbered():
    named = indexed_words(INDEX, 11)
    assert named is not None
    assert named.characters == ("<pad>", *INDEX, "<9>", "<10>")
    assert indexed_words(INDEX, 40) is None


def test_the_word_index_of_keras_reviews_begins_at_4():
    words = ["the", "and", "a", "of", "to", "is", "br", "in", "it", "i", "this"]
    named = indexed_words({word: n for n, word in enumerate(words, 1)}, 10)
    assert named is not None
    assert named.characters == (
        "<pad>", "<start>", "<unk>", "<unused>", "the", "and", "a", "of", "to", "is"
    )  # fmt: skip
    assert named.unknown == "<unk>"
    assert "3 later" in named.how


def test_a_classifier_of_keras_opens_with_it_and_leaves_signs_out(tmp_path):
    written = unpacked("keras", tmp_path)
    index = write(tmp_path / "word_index.json", INDEX)
    guess = guess_vocabulary(written / "both-ways.keras", index)
    opened = open_model(written / "both-ways.keras", guess.candidates[0].characters)
    assert opened.kind == "classifier"
    reads = network_of(opened.model.description).reads
    assert isinstance(reads, Symbols)
    reader = SymbolReader(reads)
    assert reader.encode("The film, alas, was GOOD!").tolist() == [2, 3, 1, 4, 5]


def test_an_index_that_does_not_fit_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="lists no 400 characters or words"):
        read_vocabulary(write(tmp_path / "i.json", INDEX), 400)

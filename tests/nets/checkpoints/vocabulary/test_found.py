import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.vocabulary.found import (
    as_characters,
    characters_of,
    classes_in,
    vocabulary_in,
)


def found(value, size):
    """The characters, when they must be found."""
    named = characters_of(value, size)
    assert named is not None
    return named


@pytest.mark.parametrize(
    "value",
    [
        "abc",
        ["a", "b", "c"],
        ("a", "b", "c"),
        {"c": 2, "a": 0, "b": 1},
        {"a": 1, "b": 2, "c": 3},
        {0: "a", 1: "b", 2: "c"},
        {1: "a", 2: "b", 3: "c"},
        {"1": "a", "3": "c", "2": "b"},
    ],
)
def test_every_way_to_write_a_vocabulary(value):
    assert found(value, 3).characters == ("a", "b", "c")


@pytest.mark.parametrize(
    "value",
    [
        "ab",
        "aba",
        ["a", "b", 3],
        {"a": 0, "b": 0, "c": 1},
        {"a": 0, "b": 7, "c": 1},
        {},
        None,
        3,
        {"a": -1, "b": 0, "c": 1},
        {"a": 0.0, "b": 1.0, "c": 2.0},
        {"a": True, "b": 1, "c": 2},
    ],
)
def test_what_is_no_vocabulary_of_three(value):
    assert characters_of(value, 3) is None


def test_digits_as_characters_are_not_taken_for_ids():
    assert found({"0": 2, "1": 0, "2": 1}, 3).characters == ("1", "2", "0")


def test_special_tokens_get_private_characters_and_a_note():
    named = found(["<pad>", "a", "b", "<unk>"], 4)
    assert named.characters == ("\ue000", "a", "b", "\ue001")
    assert named.notes == (
        "token 0 ('<pad>') is shown as U+E000",
        "token 3 ('<unk>') is shown as U+E001",
    )


def test_an_id_without_a_character_is_noted():
    named = found({"a": 1, "b": 2}, 3)
    assert named.characters == ("\ue000", "a", "b")
    assert "token 0 (without a character)" in named.notes[0]


def test_words_are_told_from_characters():
    words = ["<unk>", "<pad>", *(f"word{number}" for number in range(50)), "."]
    named = found(words, 53)
    assert (named.unit, named.lower, named.unknown, named.tokenizer) == ("words", True, "<unk>", "")
    assert named.characters == tuple(words)
    assert found(["<eos>", *words], 54).tokenizer == "blanks"
    assert not found(["The", *words], 54).lower


def test_pieces_of_words_are_refused():
    with pytest.raises(ModelFileError, match=r"pieces of words .*'##s1'"):
        as_characters([f"##s{number}" for number in range(50)])


def test_bytes_are_told_from_characters():
    assert found([*"ab", "[195]", "[169]"], 4).unit == "bytes"
    assert found([chr(code) for code in range(256)], 256).unit == "bytes"
    assert found([bytes([code]) for code in range(256)], 256).characters[195] == chr(195)
    assert found("abéü", 4).unit == "characters"


def test_halves_of_characters_are_told_and_kept():
    named = found(["a", "\ud83d", "\ude00"], 3)
    assert named.unit == "halves"
    assert [ord(one) for one in named.characters] == [97, 0xFD83D, 0xFDE00]
    assert "UTF-16" in named.notes[0]


def test_a_setting_is_no_vocabulary():
    assert vocabulary_in({"nonlinearity": "tanh"}, 4) is None
    assert vocabulary_in({"chars": "tanh"}, 4) is not None


def test_classes_are_found_by_what_they_are_called():
    assert classes_in({"label2id": {"neg": 0, "pos": 1}}, 2) == ("neg", "pos")
    assert classes_in({"other": {"neg": 0, "pos": 1}}, 2) == ()


def test_the_outermost_is_taken_and_a_difference_noted():
    named = vocabulary_in({"chars": "abc", "old": {"chars": "cba"}}, 3)
    assert named is not None
    assert named.characters == ("a", "b", "c")
    assert "order the characters differently" in named.notes[0]
    assert vocabulary_in({"x": 1}, 3) is None


def test_values_that_hold_themselves_end():
    content: dict[str, list] = {}
    content["self"] = [content]
    assert vocabulary_in(content, 3) is None


def test_a_short_list_of_words_is_one_of_words() -> None:
    named = characters_of({"<pad>": 0, "the": 1, "cat": 2, "sat": 3, "on": 4, ".": 5, "a": 6}, 7)
    assert named is not None
    assert (named.unit, named.characters[1]) == ("words", "the")

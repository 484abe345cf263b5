"""Ids are places in the order, whatever the order, and what is unknown says so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.core.errors import ModelFileError
from rnnviz.core.sequences.vocabulary import UNKNOWN, Vocabulary


@given(
    characters=st.lists(st.characters(), min_size=1, max_size=20, unique=True),
    text=st.text(max_size=40),
    data=st.data(),
)
def test_every_character_has_its_place(characters, text, data):
    vocabulary = Vocabulary(characters)
    mixed = text + "".join(data.draw(st.lists(st.sampled_from(characters), max_size=20)))
    ids = vocabulary.encode(mixed)
    expected = [characters.index(c) if c in characters else UNKNOWN for c in mixed]
    assert ids.dtype == np.int32
    assert ids.tolist() == expected
    assert vocabulary.decode(i for i in ids if i != UNKNOWN) == "".join(
        c for c in mixed if c in characters
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_codes_of_any_width_are_encoded(dtype):
    vocabulary = Vocabulary("zé\n")
    codes = np.array([ord(c) for c in "\néza\xff"], dtype)
    assert vocabulary.encode_codes(codes).tolist() == [2, 1, 0, UNKNOWN, UNKNOWN]


def test_the_characters_of_a_text_are_sorted_by_code_point():
    made = Vocabulary.of_text("hello\nÉb")
    assert made.characters == ("\n", "b", "e", "h", "l", "o", "É")
    assert made == Vocabulary("\nbehloÉ")
    assert hash(made) == hash(Vocabulary("\nbehloÉ"))
    assert made != Vocabulary("b\nehloÉ")
    assert made != tuple("\nbehloÉ")


@pytest.mark.parametrize(
    ("characters", "said"),
    [
        ([], "the vocabulary is empty"),
        (["a", "b", "a"], "names the same character twice"),
        (["a", "the"], "single characters, but 'the' was found; word and subword"),
        (["a", ""], "single characters"),
    ],
)
def test_what_is_no_vocabulary_is_refused(characters, said):
    with pytest.raises(ModelFileError, match=said):
        Vocabulary(characters)

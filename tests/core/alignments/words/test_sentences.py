"""Signs and elided words apart or joined, and that no letter goes lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnviz.core.alignments.words.sentences import (
    put_together,
    set_high_signs_apart,
    words_to_align,
    writes_high_signs_apart,
)


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("à tous .", "à tous."),
        ("Qu' est-ce que c' est ?", "Qu'est-ce que c'est?"),
        ("j' l' ai vu , hier .", "j'l'ai vu, hier."),
        ("I do n't know ; it 's late .", "I don't know; it's late."),
        ("¿ Dónde está ?", "¿Dónde está?"),
        ("« oui » , dit - il", "«oui», dit - il"),
        ("l’école", "l'école"),
        ("It costs .5 or 3 , 5", "It costs .5 or 3, 5"),
        ("the boys' house", "the boys' house"),
        ("usual spelling, as it is.", "usual spelling, as it is."),
    ],
)
def test_what_stands_apart_is_put_together(apart: str, together: str) -> None:
    """As every tokenised corpus has it."""
    assert put_together(apart) == together


@given(line=st.text(max_size=60))
def test_no_character_but_blanks_is_lost(line: str) -> None:
    """So places of characters stay places."""
    there = line.replace("’", "'").replace(" ", "")
    assert put_together(line).replace(" ", "") == there
    assert set_high_signs_apart(put_together(line)).replace(" ", "") == there


def test_french_has_its_blanks_back() -> None:
    """Where a corpus writes them; English stays as it is."""
    assert set_high_signs_apart(put_together("Ça va ? Oui !")) == "Ça va ? Oui !"
    assert writes_high_signs_apart(["Ça va ?", "Vraiment\u202f?", "Quoi?"])
    assert not writes_high_signs_apart(["Really?", "No!", "Yes ."])
    assert not writes_high_signs_apart([])


def test_words_are_those_of_the_everyday_links() -> None:
    """Signs and elisions cut off, hyphens and other apostrophes kept."""
    assert words_to_align("Dites-moi, j'l'ai vu aujourd'hui; presqu'une don't") == [
        "dites-moi", ",", "j'", "l'", "ai", "vu", "aujourd'hui", ";", "presqu'une", "don't",
    ]  # fmt: skip
    assert words_to_align("s' il n' est pas là .") == ["s'", "il", "n'", "est", "pas", "là", "."]

"""Concepts are offered for the kind of text that they are about."""

import pytest

from rnnviz.core.cells.families import family_of, suited
from rnnviz.core.concepts import CONCEPTS
from rnnviz.core.sequences.text import Text
from rnnviz.core.system import places

KINDS = {
    "pride-and-prejudice.txt": "prose",
    "midsummer-nights-dream.txt": "prose",
    "libbpf.c": "code",
    "standard-library.py": "code",
    "testmath.tex": "latex",
    "sentences-about-films.tsv": "prose",
}


@pytest.mark.parametrize(("name", "family"), KINDS.items())
def test_what_ships_is_known_by_its_name_and_by_its_content_alone(name, family):
    text = str(Text.read(places.resources() / "texts" / name))
    assert family_of(name, text) == family
    assert family_of("typed text", text) == family


def test_only_what_suits_is_offered():
    names = {concept.name for concept in suited(CONCEPTS, "prose")}
    assert "inside-quotes" in names and "position-in-line" in names
    assert "brace-depth" not in names and "inside-mathematics" not in names
    assert family_of("", "") == "prose"

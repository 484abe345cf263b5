"""Setters return early; one signal says what changed."""

import numpy as np
import pytest

from rnnviz.core.recordings.groups import Groups, layers_of
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.session.shared.selection import Pin, Selection


@pytest.mark.parametrize(
    ("setter", "value", "signal"),
    [
        ("set_cursor", 3, "cursor_changed"),
        ("set_range", (1, 4), "range_changed"),
        ("set_concept", "inside-quotes", "concept_changed"),
        ("set_visible", (0, 100), "visible_changed"),
        ("set_colouring", "surprisal", "colouring_changed"),
        ("select_unit", 7, "unit_changed"),
    ],
)
def test_the_same_value_twice_is_told_once(qapp, setter, value, signal):
    selection, heard = Selection(), []
    getattr(selection, signal).connect(lambda: heard.append(signal))
    getattr(selection, setter)(value)
    getattr(selection, setter)(value)
    assert heard == [signal]


def test_offsets_beyond_32_bits_arrive_whole(qapp):
    heard: list[int] = []
    selection = Selection()
    selection.jumped.connect(heard.append)
    selection.jump(2**40)
    assert heard == [2**40]
    assert selection.cursor == 2**40


def test_an_empty_range_is_none(qapp):
    selection = Selection()
    selection.set_range((1, 4))
    selection.set_range((4, 4))
    assert selection.range is None


def test_choosing_a_unit_colours_by_unit_again(qapp):
    selection = Selection()
    selection.set_colouring("surprisal")
    selection.select_unit(3)
    assert selection.colouring == "unit"


def test_in_a_network_without_the_chosen_channel_its_first_is_shown(qapp):
    """Told once, with unit and channel that are there together."""
    selection, heard = Selection(), []
    selection.fit(Groups(layers_of(2, 8, ("hidden", "cell"))))
    selection.select_unit(13, "cell")
    selection.unit_changed.connect(lambda: heard.append((selection.unit, selection.channel)))
    selection.fit(Groups(layers_of(2, 8, ("hidden", "reset"))))
    assert heard == [(13, "hidden")]
    selection.select_unit(13, "reset")
    selection.fit(Groups(layers_of(1, 4, ("hidden",))))
    assert heard[2:] == [(0, "hidden")]


def test_a_pin_goes_in_and_out(qapp):
    selection = Selection()
    selection.toggle_pin(Pin("hidden", 1))
    selection.toggle_pin(Pin("cell", 1))
    selection.toggle_pin(Pin("hidden", 1))
    assert selection.pins == (Pin("cell", 1),)
    selection.clear_pins()
    assert not selection.pins


def test_cursor_and_range_stay_at_their_characters_where_steps_are_others(qapp):
    letters = Text.of("Noon was here.")
    spans = np.array([(0, 4), (5, 8), (9, 13), (13, 14)])
    words = Tokens(np.arange(4, dtype=np.uint32), spans, letters)
    selection = Selection()
    selection.set_range((5, 13))  # no walk is there yet: characters
    selection.set_cursor(10)
    selection.count_in(words)
    assert (selection.range, selection.cursor) == ((1, 3), 2)
    selection.count_in(letters)
    assert (selection.range, selection.cursor) == ((5, 13), 9)
    selection.count_in(None)
    assert (selection.range, selection.cursor) == ((5, 13), 9)
    selection.count_in(words)
    selection.count_in(Text.of("another text"))
    assert (selection.range, selection.cursor) == (None, None)


def test_cursor_and_range_stay_in_rows_of_numbers(qapp):
    selection = Selection()
    selection.set_range((5, 13))
    selection.set_cursor(10)
    for rows in (20, 9):
        selection.count_in(Numbers(np.zeros((rows, 1), np.float32), ("a",)))
        assert (selection.range, selection.cursor) == ((5, min(13, rows)), min(10, rows - 1))

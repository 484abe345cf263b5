"""One unit, layer or channel on, round and round."""

import pytest

from rnnviz.session.session import Session


@pytest.fixture
def session(make_session, random_recording) -> Session:
    session: Session = make_session()
    session.recordings.open_recording(random_recording(layers=2, units=3).folder)
    session.selection.select_unit(5, "hidden")
    return session


@pytest.mark.parametrize(
    ("step", "places"),
    [
        ("next_unit", [0, 1]),
        ("previous_unit", [4, 3]),
        ("layer_above", [2, 5]),
        ("layer_below", [2, 5]),
    ],
)
def test_units_go_round(session, step, places):
    visited = []
    for _ in places:
        getattr(session.stepping, step)()
        visited.append(session.selection.unit)
    assert visited == places


def test_channels_go_round_and_the_unit_stays(session):
    session.stepping.next_channel()
    assert (session.selection.unit, session.selection.channel) == (5, "cell")
    session.stepping.next_channel()
    assert (session.selection.unit, session.selection.channel) == (5, "hidden")


def test_nothing_moves_without_a_recording(make_session):
    session = make_session()
    for step in ("next_unit", "previous_unit", "layer_above", "layer_below", "next_channel"):
        getattr(session.stepping, step)()
    assert (session.selection.unit, session.selection.channel) == (0, "hidden")

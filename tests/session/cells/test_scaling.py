"""The scale follows the unit, or is shared, or kept, as the person chose."""

import pytest

from rnnviz.core.colours.colour import DIVERGING, Scale, scale_for
from rnnviz.session.session import Session


@pytest.fixture
def session(make_session, random_recording) -> Session:
    session: Session = make_session()
    recording = random_recording(units=3, channels=("hidden", "cell", "forget"))
    session.recordings.open_recording(recording.folder)
    return session


@pytest.fixture
def heard(session) -> list[int]:
    """One entry for each time that the scale may have changed."""
    told: list[int] = []
    session.scaling.changed.connect(lambda: told.append(1))
    return told


def test_there_is_no_scale_without_a_recording(make_session):
    assert make_session().scaling.scale is None


def test_the_scale_is_measured_on_the_unit_until_it_is_shared(session, heard):
    recording, scaling = session.recordings.recording, session.scaling
    for unit in (0, 4):
        session.selection.select_unit(unit, "cell")
        assert scaling.scale == scale_for("cell", recording.values("cell", unit))
    own = scaling.scale
    scaling.set_mode("channel")
    assert scaling.scale == scale_for("cell", recording.rows("cell"), "channel") != own
    session.selection.select_unit(0, "hidden")
    assert (scaling.scale.low, scaling.scale.high) == (-1.0, 1.0)
    assert len(heard) == 1


def test_a_kept_scale_stays_while_units_change_and_goes_with_the_model(session, tmp_path):
    scaling = session.scaling
    session.selection.select_unit(0, "cell")
    kept = scaling.scale
    scaling.set_locked(True)
    session.selection.select_unit(1)
    assert scaling.scale == kept != scale_for("cell", session.recordings.recording.rows("cell")[1])
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"")
    session.open_path(path)
    assert scaling.locked is None
    assert scaling.scale != kept


@pytest.mark.parametrize("locked", [False, True])
def test_colours_are_flipped_and_exchanged_whether_kept_or_not(session, heard, locked):
    scaling = session.scaling
    scaling.set_locked(locked)
    plain = scaling.scale
    heard.clear()
    scaling.set_flipped(True)
    scaling.set_flipped(True)
    assert (len(heard), scaling.scale) == (1, plain.flip())
    scaling.set_palette(DIVERGING[1])
    assert scaling.scale == plain.flip().with_palette(DIVERGING[1])
    scaling.set_flipped(False)
    assert scaling.scale == plain.with_palette(DIVERGING[1])


def test_a_gate_keeps_its_own_colours(session):
    session.scaling.set_palette(DIVERGING[1])
    session.selection.select_unit(0, "forget")
    assert session.scaling.scale == Scale(0.0, 1.0, "gate")


def test_surprisal_has_a_scale_of_its_own_whatever_is_kept(session):
    session.scaling.set_locked(True)
    session.selection.set_colouring("surprisal")
    assert session.scaling.scale == scale_for("surprisal", session.recordings.recording.surprisal)

"""The scale follows the unit, or is shared, or kept, as the person chose."""

import numpy as np
import pytest

from rnnviz.core.colours.colour import DIVERGING, Scale, scale_for
from rnnviz.core.recordings.description import TOP, Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
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


def test_the_tangent_is_a_choice_for_states_that_may_leave_minus_one_to_one(session, heard):
    session.selection.select_unit(1, "cell")
    assert session.scaling.can_squash
    session.scaling.set_tanh(True)
    assert session.scaling.scale.tanh and session.scaling.scale.high == 1
    session.scaling.set_mode("channel")
    assert session.scaling.scale.tanh
    session.selection.select_unit(1, "hidden")
    assert not session.scaling.can_squash and not session.scaling.scale.tanh
    assert len(heard) == 2


def test_a_range_that_was_pulled_stays_until_it_is_given_back(session):
    session.selection.select_unit(1, "cell")
    measured = session.scaling.scale
    session.scaling.set_range(-0.25, 0.25)
    assert (session.scaling.scale.low, session.scaling.scale.high) == (-0.25, 0.25)
    session.selection.select_unit(2, "cell")
    assert session.scaling.scale.high == 0.25
    session.scaling.unlock()
    session.selection.select_unit(1, "cell")
    assert session.scaling.scale == measured


def test_the_range_does_not_change_while_a_text_streams_in(make_session, tmp_path):
    length = 40_000
    text = Text.of("ab" * (length // 2), "long")
    groups = layers_of(1, 1, ("cell",))
    writer = RecordingWriter(tmp_path / "growing", text, groups, Next(), ["a", "b"])
    values = np.concatenate([np.sin(np.arange(8000)), 50 * np.sin(np.arange(32_000))])

    def write(start, stop):
        came_out = {
            "surprisal": np.ones(stop - start),
            "top_ids": np.zeros((stop - start, TOP), int),
            "top_p": np.zeros((stop - start, TOP)),
        }
        writer.write(start, {"cell": values[None, start:stop]}, came_out)

    write(0, 8000)
    session = make_session()
    session.recordings.open_recording(tmp_path / "growing")
    session.selection.select_unit(0, "cell")
    at_first = session.scaling.scale
    assert at_first.high == pytest.approx(1, abs=0.01)
    write(8000, length)
    assert session.recordings.recording.walked == length
    assert session.scaling.scale == at_first


def test_on_is_blue_whatever_the_sign_of_the_unit(make_session, tmp_path, monkeypatch):
    text = Text.of('say "yes and no" or not. ' * 200, "quotes")
    inside = np.cumsum(np.frombuffer(str(text).encode(), np.uint8) == ord('"')) % 2
    writer = RecordingWriter(
        tmp_path / "quotes", text, layers_of(1, 2, ("hidden",)), Next(), sorted(set(str(text)))
    )
    rows = np.stack([inside * 1.6 - 0.8, 0.8 - inside * 1.6])
    writer.write(
        0,
        {"hidden": rows},
        {
            "surprisal": np.ones(len(text)),
            "top_ids": np.zeros((len(text), TOP), int),
            "top_p": np.zeros((len(text), TOP)),
        },
    )
    session = make_session()
    session.recordings.open_recording(tmp_path / "quotes")
    session.selection.set_concept("inside-quotes")
    monkeypatch.setattr(session.rankings, "labels", lambda name: inside.astype(bool))
    seen = []
    for unit in (0, 1):
        session.selection.select_unit(unit, "hidden")
        scale, told = session.scaling.scale, session.unit_summary.separation
        assert told is not None and told.right == 1
        red, _, blue = scale.colours(False)[scale.index(np.array([told.on], np.float32))[0], :3]
        assert blue > red
        seen.append(scale.flipped)
    assert seen == [False, True]

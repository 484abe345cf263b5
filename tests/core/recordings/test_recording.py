"""Recordings: what readers see while one is written, groups that are not alike, and version 1."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.description import TOP, Classes, Next, Predicted, size_bytes
from rnnviz.core.recordings.groups import Group, Groups, layers_of
from rnnviz.core.recordings.recording import Recording, remove_recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import UNKNOWN_TOKEN, Tokens

TEXT = Text.of("abcab", "a text")
CHANNELS = ("hidden", "cell")
UNEQUAL = (
    Group(name="1", width=3, channels=("hidden", "cell"), architecture="lstm"),
    Group(name="1<", width=2, channels=("hidden",), architecture="gru", direction="backward"),
)


def new_writer(folder: Path, channels: tuple[str, ...] = CHANNELS, **more: Any) -> RecordingWriter:
    """A writer of 2 layers of 3 units that read TEXT."""
    return RecordingWriter(folder, TEXT, layers_of(2, 3, channels), Next(), "abc", **more)


def came_out(start: int, stop: int) -> dict[str, np.ndarray[Any, Any]]:
    """Something to be seen at each step."""
    t = np.arange(start, stop)
    top = np.tile(np.arange(TOP), (len(t), 1))
    return {"surprisal": t / 2, "top_ids": top, "top_p": top / 10}


def write(writer: RecordingWriter, start: int, stop: int) -> None:
    """Characters start to stop of a recording of 2 x 3 units: unit n holds 10 n + t at t."""
    values = 10.0 * np.arange(6)[:, None] + np.arange(start, stop)
    writer.write(start, {"hidden": values, "cell": -values}, came_out(start, stop))


def test_readers_see_what_is_complete(tmp_path: Path) -> None:
    writer = new_writer(tmp_path)
    recording = Recording(tmp_path)
    assert recording.walked == 0
    write(writer, 0, 3)
    assert (recording.walked, recording.complete) == (3, False)
    assert recording.values("hidden", 4).tolist() == [40, 41, 42, 0, 0]
    write(writer, 3, 5)
    assert recording.complete
    assert recording.rows("cell")[5].tolist() == [-50, -51, -52, -53, -54]
    assert recording.surprisal is not None and recording.top_ids is not None
    assert recording.surprisal.tolist() == [0, 0.5, 1, 1.5, 2]
    assert recording.top_ids[4].tolist() == [0, 1, 2, 3, 4]
    assert recording.groups.place(4) == (1, 1)
    assert str(recording.text) == "abcab"


@pytest.mark.parametrize("parts", [[3, 7, 40, 41, 97, 300], [300], [256, 300]])
def test_pages_of_large_files_are_made_ahead_of_the_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: list[int]
) -> None:
    monkeypatch.setattr("rnnviz.core.recordings.writer._AT_ONCE", 100)
    monkeypatch.setattr("rnnviz.core.recordings.writer._PIECES", (8, 64))
    text, rows = Text.of("abc" * 100), np.random.default_rng(0).normal(size=(6, 300))
    writer = RecordingWriter(tmp_path, text, layers_of(2, 3, CHANNELS), Next(), "abc")
    for start, stop in pairwise([0, *parts]):
        part = rows[:, start:stop]
        writer.write(start, {"hidden": part, "cell": -part}, came_out(start, stop))
        recording = Recording(tmp_path)
        assert recording.walked == stop
        np.testing.assert_array_equal(
            recording.rows("hidden")[:, :stop], rows[:, :stop].astype("f2")
        )
        assert not recording.rows("hidden")[:, stop:].any()
    np.testing.assert_array_equal(recording.rows("cell"), -rows.astype("f2"))
    # Behind what was written in another order nothing is made, which would wipe it out.
    again = RecordingWriter(tmp_path / "2", text, layers_of(2, 3, CHANNELS), Next(), "abc")
    for start, stop in ((200, 300), (0, 10), (10, 200)):
        part = rows[:, start:stop]
        again.write(start, {"hidden": part, "cell": -part}, came_out(start, stop))
    np.testing.assert_array_equal(Recording(tmp_path / "2").rows("hidden"), rows.astype("f2"))


def test_groups_of_other_widths_and_channels(tmp_path: Path) -> None:
    """Each is written by itself, the backward one from the end; nothing is shown too early."""
    writer = RecordingWriter(tmp_path, TEXT, UNEQUAL, Next(), "abc")
    recording = Recording(tmp_path)
    assert recording.channels == ("hidden", "cell") and recording.total_units == 5
    forward = np.arange(15.0).reshape(3, 5)
    writer.write_group(0, 0, {"hidden": forward, "cell": -forward})
    assert (recording.walked, recording.complete_ranges(0)) == (0, ((0, 5),))
    writer.write_group(1, 3, {"hidden": np.full((2, 2), 7.0)})
    assert (recording.walked, recording.complete_ranges(1)) == (0, ((3, 5),))
    writer.write_group(1, 0, {"hidden": np.full((2, 3), 8.0)})
    assert recording.complete_ranges(1) == ((0, 5),)
    assert recording.walked == 0, "what came out is missing"
    writer.write_output(0, came_out(0, 5))
    assert recording.complete
    assert recording.values("hidden", 4).tolist() == [8, 8, 8, 7, 7]
    assert recording.values("cell", 2).tolist() == (-forward[2]).tolist()
    assert recording.rows("hidden").shape == (5, 5) and recording.rows("cell").shape == (3, 5)
    assert recording.group_rows("hidden", 1).tolist() == [[8, 8, 8, 7, 7]] * 2
    with pytest.raises(RecordingError, match="layer 1 backwards has no channel 'cell'; it has hid"):
        recording.values("cell", 3)
    assert recording.has("hidden", 3) and not recording.has("cell", 3)
    assert recording.unit_name(4) == "1<:1"


def test_groups_that_run_on_parts_of_a_sequence(tmp_path: Path) -> None:
    """An encoder reads the source, a decoder writes the target: each is complete where it runs."""
    groups = (
        *layers_of(1, 2, ("hidden",), part="encoder", runs=((0, 2),)),
        *layers_of(1, 3, ("hidden",), part="decoder", runs=((2, 5),)),
    )
    writer = RecordingWriter(tmp_path, TEXT, groups, None)
    writer.write_group(0, 0, {"hidden": np.ones((2, 2))})
    recording = Recording(tmp_path)
    assert recording.walked == 2
    writer.write_group(1, 2, {"hidden": np.ones((3, 3))})
    assert recording.complete and recording.surprisal is None
    assert recording.ranges_of(1) == ((0, 2),) and recording.ranges_of(2) == ((2, 5),)
    assert recording.running_values("hidden", 4).tolist() == [1, 1, 1]
    np.testing.assert_array_equal(recording.shown_values("hidden", 0), [1, 1, *[np.nan] * 3])
    assert recording.running_rows("hidden").shape == (2 * 2 + 3 * 3,)


def test_float32_is_kept_as_it_was(tmp_path: Path) -> None:
    writer = new_writer(tmp_path, dtype="float32")
    values = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32) * 1e6
    writer.write(0, {"hidden": values, "cell": values}, came_out(0, 5))
    recording = Recording(tmp_path)
    np.testing.assert_array_equal(recording.rows("cell"), values)
    assert recording.dtype == np.float32 and (tmp_path / "cell.f32").exists()


def test_tokens_have_a_place_in_what_people_see(tmp_path: Path) -> None:
    shown = Text.of("go  home now", "tokens")
    tokens = Tokens(
        np.array([1, 0, 2, UNKNOWN_TOKEN], np.uint32),
        np.array([[0, 2], [4, 8], [8, 8], [9, 12]]),
        shown,
        ("home", "go", "</s>"),
    )
    writer = RecordingWriter(tmp_path, tokens, layers_of(1, 2, ("hidden",)), None)
    writer.write(0, {"hidden": np.zeros((2, 4))}, {})
    sequence = Recording(tmp_path).sequence
    assert [sequence.label(step) for step in range(4)] == ["go", "home", "</s>", "now"]
    assert sequence.span(0, 2) == (0, 8) and sequence.span(2, 2) == (8, 8)
    assert [sequence.step_at(place) for place in (0, 1, 3, 4, 8, 9, 11)] == [0, 0, 0, 1, 1, 3, 3]
    assert sequence.steps_at(0, 12).tolist() == [0, 0, -1, -1, 1, 1, 1, 1, -1, 3, 3, 3]
    assert Recording(tmp_path).known(0, 4).tolist() == [True, True, True, False]
    assert str(Recording(tmp_path).text) == "go  home now"


def test_numbers_and_what_came_out_of_them(tmp_path: Path) -> None:
    values = np.array([[1, 2], [3, np.nan], [5, 6]], np.float32)
    writer = RecordingWriter(
        tmp_path,
        Numbers(values, ("speed", "height"), "a flight"),
        layers_of(1, 2, ("hidden",)),
        Predicted(columns=("lift",)),
    )
    wanted = np.array([[1], [2], [np.nan]], np.float32)
    writer.write(0, {"hidden": np.zeros((2, 3))}, {"predicted": wanted + 1, "wanted": wanted})
    recording = Recording(tmp_path)
    assert recording.complete and len(recording.text) == 0
    assert recording.sequence.label(1) == "speed 3, height nan"
    assert recording.outputs == ("lift",)
    np.testing.assert_array_equal(recording.wanted, wanted)
    np.testing.assert_array_equal(recording.predicted, wanted + 1)
    assert recording.likeliest(0) == () and recording.known(0, 3).all()


def test_classes_and_the_true_one(tmp_path: Path) -> None:
    classes = Classes(classes=("bad", "good"))
    writer = RecordingWriter(tmp_path, TEXT, layers_of(1, 2, ("hidden",)), classes, "abc")
    shares = np.array([[0.25, 0.75]] * 5)
    out = {"class_p": shares, "truth": np.array([1, 1, 1, 1, -1])}
    writer.write(0, {"hidden": np.zeros((2, 5))}, out)
    recording = Recording(tmp_path)
    assert recording.likeliest(2) == (("good", 0.75), ("bad", 0.25))
    assert recording.truth is not None and recording.truth.tolist() == [1, 1, 1, 1, -1]


def test_documents_begin_anew(tmp_path: Path) -> None:
    text = Text(TEXT.codes, "two", documents=Documents.of_lengths([2, 3]))
    writer = RecordingWriter(tmp_path, text, layers_of(1, 1, ("hidden",)), None)
    writer.write_group(0, 2, {"hidden": np.ones((1, 3))})
    recording = Recording(tmp_path)
    assert list(recording.documents) == [(0, 2), (2, 5)]
    assert recording.complete_ranges(0) == ((2, 5),) and recording.walked == 0
    writer.write_group(0, 0, {"hidden": np.ones((1, 2))})
    assert recording.complete


def test_states_are_kept_for_a_walk_to_go_on(tmp_path: Path) -> None:
    writer = new_writer(tmp_path)
    assert writer.states() == ()
    for step in (2, 10, 4):
        writer.save_state(step, f"state {step}".encode())
    writer.forget_state(4)
    recording = Recording(tmp_path)
    assert recording.states() == (2, 10) and recording.state(10) == b"state 10"
    with pytest.raises(RecordingError, match="no state was saved at step 4"):
        recording.state(4)
    new_writer(tmp_path)
    assert recording.states() == (), "another recording in the same folder has none of them"


@pytest.mark.parametrize("other", ["codes", "channels", "vocabulary", "documents"])
def test_only_the_same_recording_is_gone_on_with(tmp_path: Path, other: str) -> None:
    write(new_writer(tmp_path), 0, 3)
    again = new_writer(tmp_path, again=True)
    write(again, 3, 5)
    assert Recording(tmp_path).complete
    text, groups, known = TEXT, layers_of(2, 3, CHANNELS), "abc"
    if other == "codes":
        text = Text.of("abcac", "a text")
    elif other == "channels":
        groups = layers_of(2, 3, ("hidden",))
    elif other == "vocabulary":
        known = "acb"
    else:
        text = Text(TEXT.codes, "a text", documents=Documents.of_lengths([1, 4]))
    with pytest.raises(RecordingError, match="holds the recording of something else"):
        RecordingWriter(tmp_path, text, groups, Next(), known, again=True)


def version_1(folder: Path, walked: int = 5) -> Mapping[str, np.ndarray[Any, Any]]:
    """The recording that `write` writes, as an earlier version laid it out."""
    values = (10.0 * np.arange(6)[:, None] + np.arange(5)).astype("<f2")
    out = came_out(0, 5)
    about = {
        "length": 5,
        "layers": 2,
        "units": 3,
        "channels": ["hidden", "cell"],
        "vocabulary": ["a", "b", "c"],
        "code_width": 1,
        "text_name": "a text",
        "text_path": "/texts/a.txt",
        "model_name": "m",
        "model_path": "",
        "version": 1,
    }
    folder.mkdir(exist_ok=True)
    (folder / "recording.json").write_text(json.dumps(about))
    (folder / "text.codes").write_bytes(b"abcab")
    files = {"hidden.f16": values, "cell.f16": -values, "surprisal.f16": out["surprisal"]}
    for name, array in files.items():
        (folder / name).write_bytes(array.astype("<f2").tobytes())
    (folder / "top_ids.u32").write_bytes(out["top_ids"].astype("<u4").tobytes())
    (folder / "top_p.f16").write_bytes(out["top_p"].astype("<f2").tobytes())
    (folder / "walked").write_bytes(np.array([walked], "<i8").tobytes())
    return {"hidden": values, "cell": -values}


@pytest.mark.parametrize("walked", [0, 3, 5])
def test_version_1_still_opens_and_gives_the_same(tmp_path: Path, walked: int) -> None:
    values = version_1(tmp_path / "1", walked)
    found = Recording(tmp_path / "1")
    assert (found.walked, found.complete) == (walked, walked == 5)
    assert found.groups.shape == (("1", 3), ("2", 3)) and found.channels == CHANNELS
    for name, rows in values.items():
        np.testing.assert_array_equal(found.rows(name), rows)
        np.testing.assert_array_equal(found.group_rows(name, 1), rows[3:])
        np.testing.assert_array_equal(found.values(name, 4), rows[4])
    write(new_writer(tmp_path / "2"), 0, 5)
    today = Recording(tmp_path / "2")
    for one, other in (
        (found.surprisal, today.surprisal),
        (found.top_ids, today.top_ids),
        (found.top_p, today.top_p),
        (found.known(0, 5), today.known(0, 5)),
        (found.text.codes, today.text.codes),
    ):
        np.testing.assert_array_equal(one, other)
    assert found.outputs == today.outputs == ("a", "b", "c")
    assert str(found.text.path) == "/texts/a.txt" and found.description.model_name == "m"


def test_only_what_belongs_to_a_recording_is_removed(tmp_path: Path) -> None:
    for folder in (tmp_path / "1", tmp_path / "2"):
        version_1(folder) if folder.name == "1" else new_writer(folder).save_state(3, b"s")
        (folder / "notes.txt").write_text("mine")
        remove_recording(folder)
        assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_the_size_is_known_before(tmp_path: Path) -> None:
    new_writer(tmp_path)
    arrays = [*tmp_path.glob("*.f16"), *tmp_path.glob("*.u32")]
    codes = (tmp_path / "text.codes").stat().st_size
    stored = sum(path.stat().st_size for path in arrays)
    size = size_bytes(5, Groups(layers_of(2, 3, CHANNELS)))
    assert stored + codes <= size <= stored + 4 * codes


def test_refuses_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=100))
    with pytest.raises(RecordingError, match=r"needs 0\.0 GB and .* has 0\.0 GB free"):
        new_writer(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingError, match="cannot write to"):
        new_writer(tmp_path / "file" / "inside")


def test_a_recording_that_was_cut_is_refused(tmp_path: Path) -> None:
    new_writer(tmp_path)
    (tmp_path / "hidden.f16").write_bytes(b"1234")
    with pytest.raises(RecordingError, match="holds 4 bytes instead of 60; walk the text again"):
        Recording(tmp_path)


def test_a_walk_that_was_given_up_leaves_its_successor_alone(tmp_path: Path) -> None:
    folder = tmp_path / "same"
    abandoned = new_writer(folder)
    shutil.rmtree(folder)
    new_writer(folder)
    write(abandoned, 0, 5)
    assert Recording(folder).walked == 0


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("length",), -5, "length"),
        (("length",), 1 << 60, "length"),
        (("groups",), [], "groups"),
        (("groups", 0, "width"), 0, "width"),
        (("groups", 0, "width"), 1 << 40, "width"),
        (("groups", 0, "name"), "2", "two groups have the same name"),
        (("groups", 0, "name"), "a b", "name"),
        (("groups", 0, "channels"), [], "channels"),
        (("groups", 0, "channels"), ["../../x"], "channels"),
        (("groups", 0, "channels"), ["hidden", "hidden"], "a channel twice"),
        (("groups", 0, "channels"), ["surprisal"], "name of what came out"),
        (("groups", 0, "runs"), [[3, 2]], "layer 1 runs make no sense"),
        (("groups", 0, "runs"), [[3, 20]], "layer 1 runs make no sense"),
        (("sequence", "code_width"), 3, "code_width"),
        (("sequence", "vocabulary"), ["a", "a"], "same character twice"),
        (("sequence", "kind"), "smells", "smells"),
        (("documents",), -1, "documents"),
        (("dtype",), "int8", "dtype"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    tmp_path: Path, place: tuple[Any, ...], value: object, said: str
) -> None:
    new_writer(tmp_path)
    path = tmp_path / "recording.json"
    content = json.loads(path.read_text())
    inside = content
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    path.write_text(json.dumps(content))
    with pytest.raises(RecordingError, match=f"is damaged: .*{said}"):
        Recording(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"), [("length", -5), ("layers", 0), ("units", -3), ("code_width", 3)]
)
def test_a_description_of_version_1_that_makes_no_sense_is_refused(
    tmp_path: Path, field: str, value: int
) -> None:
    version_1(tmp_path)
    path = tmp_path / "recording.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(RecordingError, match=f"is damaged: .*{field}"):
        Recording(tmp_path)


def test_a_newer_version_is_told(tmp_path: Path) -> None:
    new_writer(tmp_path)
    path = tmp_path / "recording.json"
    path.write_text(json.dumps({"version": 3, "groups": "something new"}))
    with pytest.raises(RecordingError, match="written by a newer rnnviz; update this one"):
        Recording(tmp_path)


@pytest.mark.parametrize("offsets", [[0, 0, 5], [1, 2, 5], [0, 2, 6], [0, 3, 2]])
def test_documents_that_do_not_divide_the_steps_are_refused(
    tmp_path: Path, offsets: list[int]
) -> None:
    text = Text(TEXT.codes, "two", documents=Documents.of_lengths([2, 3]))
    RecordingWriter(tmp_path, text, layers_of(1, 1, ("hidden",)), None)
    (tmp_path / "documents.i64").write_bytes(np.array(offsets, "<i8").tobytes())
    with pytest.raises(RecordingError, match="offsets of the documents do not divide 5 steps"):
        Recording(tmp_path)


def test_tokens_that_leave_the_text_are_refused(tmp_path: Path) -> None:
    tokens = Tokens(np.zeros(2, np.uint32), np.array([[0, 1], [1, 2]]), Text.of("ab"), ("x",))
    RecordingWriter(tmp_path, tokens, layers_of(1, 1, ("hidden",)), None)
    for spans in ([[0, 1], [1, 9]], [[0, 2], [-1, 2]], [[1, 0], [1, 2]]):
        (tmp_path / "spans.i64").write_bytes(np.array(spans, "<i8").tobytes())
        with pytest.raises(RecordingError, match="run backwards or leave it"):
            Recording(tmp_path)


def test_a_disk_that_fills_up_meanwhile_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "there").mkdir()
    for at, called in ((Path, "write_bytes"), (np, "memmap"), (msgspec.json, "encode")):
        with monkeypatch.context() as patched:
            patched.setattr(at, called, full)
            for folder in (tmp_path / "there", tmp_path / "new"):
                with pytest.raises(RecordingError, match="the disk is full"):
                    new_writer(folder)
        # Nothing of it is left, so that the next attempt finds no folder of something else.
        assert [*tmp_path.iterdir()] == [tmp_path / "there"]
        assert not [*(tmp_path / "there").iterdir()]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the files of an open recording")
def test_an_open_recording_outlives_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    write(new_writer(folder), 0, 4)
    recording = Recording(folder)
    shutil.rmtree(folder)
    assert recording.walked == 4
    assert recording.values("hidden", 1)[:4].tolist() == [10, 11, 12, 13]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the files of an open recording")
def test_walking_again_leaves_an_open_recording_alone(tmp_path: Path) -> None:
    write(new_writer(tmp_path), 0, 5)
    recording = Recording(tmp_path)
    RecordingWriter(tmp_path, Text.of("ab"), layers_of(2, 3, CHANNELS), Next(), "abc")
    assert recording.complete
    assert recording.rows("cell")[5].tolist() == [-50, -51, -52, -53, -54]
    assert str(recording.text) == "abcab"

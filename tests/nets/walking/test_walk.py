"""A walk equals single steps of torch's cells, whatever the blocks, and streams to disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.core.errors import Cancelled, RecordingError, TextError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures import ARCHITECTURES
from rnnviz.nets.walking.blocks import spans
from rnnviz.nets.walking.walk import Walker, walk
from tests.nets.small import random_text, small_model, walk_by_cells
from tests.nets.walked import walk_arrays

WITH_UNKNOWN = "é" + random_text(24, "\n abcde√") + "√√√" + random_text(9) + "√"


@pytest.fixture(autouse=True)
def _no_state_left_behind() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("embedding", [0, 3], ids=["one-hot", "embedding"])
@pytest.mark.parametrize("skip", [False, True], ids=["stacked", "skip"])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("architecture", [a.facts.name for a in ARCHITECTURES])
def test_equals_single_steps(architecture: str, layers: int, skip: bool, embedding: int) -> None:
    model = small_model(architecture, layers=layers, skip=skip, embedding=embedding)
    channels = model.network.channel_names
    expected = walk_by_cells(model, WITH_UNKNOWN)
    found = walk_arrays(model, WITH_UNKNOWN, channels, block=7)
    assert found["hidden"].dtype == np.float32
    for name in ("hidden", "cell", "top_p"):
        if name in found:
            # Relative too: not every state lies between -1 and 1.
            np.testing.assert_allclose(found[name], expected[name], atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(found["surprisal"], expected["surprisal"], atol=1e-4, rtol=1e-5)
    np.testing.assert_array_equal(found["top_ids"], expected["top_ids"])
    assert np.median(np.ptp(found["hidden"], axis=1)) > 0.01


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("architecture", [a.facts.name for a in ARCHITECTURES])
def test_blocks_and_threads_change_nothing(architecture: str, threads: int, block: int) -> None:
    model = small_model(architecture)
    channels = model.network.channel_names
    whole = walk_arrays(model, WITH_UNKNOWN, channels)
    found = walk_arrays(model, WITH_UNKNOWN, channels, first_block=1, block=block, threads=threads)
    for name in whole:
        np.testing.assert_allclose(found[name], whole[name], atol=1e-5, rtol=1e-5, err_msg=name)


def test_gates_that_cannot_be_read_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model("lstm")
    channels = model.network.channel_names
    read = walk_arrays(model, WITH_UNKNOWN, channels, block=7)
    monkeypatch.setattr("rnnviz.nets.architectures.fused_lstm.readable", lambda module: False)
    computed = walk_arrays(model, WITH_UNKNOWN, channels, block=7)
    for name in read:
        np.testing.assert_allclose(read[name], computed[name], atol=1e-5, err_msg=name)


def test_long_text_stays_exact() -> None:
    model = small_model("lstm", units=48, spread=0.5)
    with torch.no_grad():  # units that hardly forget keep what went wrong, if anything does
        for layer in model.recurrent:
            layer.get_parameter("bias_ih_l0")[48:96] += 3
    text = random_text(5000)
    expected, found = walk_by_cells(model, text), walk_arrays(model, text, ["hidden", "cell"])
    assert np.abs(expected["cell"]).max() > 5
    for name in ("hidden", "cell"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-4)


def test_unknown_characters_repeat_the_values_before_them() -> None:
    model = small_model("lstm")
    channels = model.network.channel_names
    found = walk_arrays(model, "√ab√√c", channels, block=2)
    without = walk_arrays(model, "abc", channels)
    for name in channels:
        assert (found[name][:, 0] == 0).all()
        np.testing.assert_allclose(found[name][:, 1:], without[name][:, [0, 1, 1, 1, 2]], atol=1e-6)
    np.testing.assert_array_equal(np.isnan(found["surprisal"]), [1, 1, 0, 1, 1, 0])
    np.testing.assert_array_equal(found["top_ids"][1:], without["top_ids"][[0, 1, 1, 1, 2]])


def test_a_cell_beyond_float16_stays_finite() -> None:
    model = small_model("lstm", layers=1)
    with torch.no_grad():
        model.recurrent[0].get_parameter("bias_ih_l0").fill_(30)  # every gate open: a counter
    walker = Walker(model, model.read(Text.of("abc" * 20)), ["cell"], torch.float16)
    walker.state = [(torch.zeros(1, 6), torch.full((1, 6), 65500.0))]
    block = walker.block(0, 60)
    for stage in walker.stages:
        stage(block)
    assert block.walked is not None
    assert (block.walked.channels["cell"][:, -1] == 65504).all()


def test_few_characters_leave_predictions_empty() -> None:
    found = walk_arrays(small_model(vocabulary=("a", "b")), "abba", ["hidden"])
    assert (found["top_ids"][:, 2:] == 0).all()
    assert (found["top_p"][:, 2:] == 0).all()
    np.testing.assert_allclose(found["top_p"].sum(axis=1), 1, atol=1e-6)


def test_writes_a_recording_that_readers_see_grow(tmp_path: Path) -> None:
    model = small_model("gru")
    text, channels = random_text(90, "\n abcde√"), ("update", "hidden")
    seen: list[tuple[int, int, int]] = []

    def progress(done: int, total: int) -> None:
        recording = Recording(tmp_path)
        whole = walk_arrays(model, text, channels)
        np.testing.assert_allclose(
            recording.rows("update")[:, :done], whole["update"][:, :done], atol=1e-3
        )
        seen.append((done, total, recording.walked))

    walk(model, Text.of(text, "a text"), tmp_path, channels, progress=progress, first_block=20)
    recording = Recording(tmp_path)
    assert [done for done, _, _ in seen] == [20, 60, 90]
    assert all(total == 90 and walked >= done for done, total, walked in seen)
    assert recording.complete
    assert recording.channels == channels
    assert (recording.length, recording.groups.shape) == (90, (("1", 6), ("2", 6)))
    assert str(recording.text) == text
    assert recording.description.model_name == "small"
    whole = walk_arrays(model, text, channels)
    for name in channels:
        np.testing.assert_allclose(recording.rows(name), whole[name], atol=1e-3)
    assert recording.surprisal is not None and recording.top_p is not None
    np.testing.assert_allclose(recording.surprisal, whole["surprisal"], rtol=1e-3)
    np.testing.assert_array_equal(recording.top_ids, whole["top_ids"])
    np.testing.assert_allclose(recording.top_p, whole["top_p"], atol=1e-3)


def test_cancelling_keeps_what_was_written(tmp_path: Path) -> None:
    def progress(done: int, total: int) -> None:
        if done >= 30:
            raise Cancelled("enough")

    model = small_model()
    text = Text.of(random_text(1000))
    with pytest.raises(Cancelled, match="enough"):
        walk(model, text, tmp_path, ["cell"], progress=progress, first_block=10, block=10)
    recording = Recording(tmp_path)
    assert 30 <= recording.walked < 1000
    whole = walk_arrays(model, str(recording.text), ["cell"])["cell"]
    np.testing.assert_allclose(
        recording.rows("cell")[:, : recording.walked], whole[:, : recording.walked], atol=5e-3
    )


def test_leaves_a_model_in_training_as_it_was() -> None:
    model = small_model().train()
    model.dropout.p = 0.9
    quiet = walk_arrays(model.eval(), "abcabc", ["hidden"])
    found = walk_arrays(model.train(), "abcabc", ["hidden"])
    assert model.training
    np.testing.assert_array_equal(found["top_p"], quiet["top_p"])


def test_refuses_what_cannot_be_walked(tmp_path: Path) -> None:
    model = small_model("gru")
    with pytest.raises(RecordingError, match="a GRU has no channel 'forget'; it has hidden, reset"):
        walk(model, Text.of("abc"), tmp_path / "one", ["forget"])
    with pytest.raises(TextError, match="knows none of the characters"):
        walk(model, Text.of("√é" * 9000), tmp_path / "two", ["hidden"])
    with pytest.raises(TextError, match="no text"):
        walk_arrays(model, "", ["hidden"])
    assert not (tmp_path / "one").exists()
    assert not (tmp_path / "two").exists()


def test_an_empty_text_gives_an_empty_recording(tmp_path: Path) -> None:
    walk(small_model(), Text.of(""), tmp_path, ["hidden"])
    assert Recording(tmp_path).complete


def test_spans_double_up_to_the_largest() -> None:
    assert list(spans(100, 10, 30)) == [(0, 10), (10, 30), (30, 60), (60, 90), (90, 100)]
    assert list(spans(0, 10, 30)) == []


def test_a_walk_that_ends_early_has_the_same_values_and_takes_less_room(tmp_path: Path) -> None:
    model, text = small_model("lstm"), Text.of("a bad cab\n" * 4000)
    walk(model, text, tmp_path / "whole", ("hidden", "cell"))
    walk(model, text, tmp_path / "part", ("hidden", "cell"), until=3000)
    whole, part = Recording(tmp_path / "whole"), Recording(tmp_path / "part")
    assert (part.walked, part.length, part.complete) == (3000, len(text), False)
    assert np.array_equal(part.rows("cell")[:, :3000], whole.rows("cell")[:, :3000])
    room = [
        sum(file.stat().st_blocks for file in one.folder.glob("*.f16")) for one in (whole, part)
    ]
    assert room[1] < 0.5 * room[0]


class _LeavesAt:
    """Leaves the walk at its first progress from this character on."""

    def __init__(self, character: int) -> None:
        self.character, self.told = character, list[int]()

    def __call__(self, done: int, total: int) -> None:
        self.told.append(done)
        if done >= self.character:
            raise Cancelled("left")


@pytest.mark.parametrize("architecture", [a.facts.name for a in ARCHITECTURES])
def test_a_walk_that_was_left_goes_on_and_equals_one_that_was_not(
    architecture: str, tmp_path: Path
) -> None:
    model = small_model(architecture, layers=2)
    text = Text.of(random_text(900, "\n abcde√") + "√" * 40 + random_text(300), "text")
    channels = model.network.channel_names
    walk(model, text, tmp_path / "whole", channels, first_block=8, block=64)
    left = tmp_path / "left"
    for until in (300, 950):
        leaves = _LeavesAt(until)
        with pytest.raises(Cancelled):
            walk(
                model,
                text,
                left,
                channels,
                progress=leaves,
                model_stamp="m",
                first_block=8,
                block=64,
            )
        assert not Recording(left).complete
    growing = Recording(left)
    assert growing.walked >= 950
    rest = _LeavesAt(10_000)
    walk(model, text, left, channels, progress=rest, model_stamp="m", first_block=8, block=64)
    assert rest.told[0] > 950
    assert growing.complete, "whoever looked at it sees it grow on"
    whole, found = Recording(tmp_path / "whole"), Recording(left)
    for name in channels:
        np.testing.assert_array_equal(found.rows(name), whole.rows(name))
    for name in ("surprisal", "top_ids", "top_p"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
    states = found.states()
    assert states[-1] == len(text) and len(states) <= 66, "and it can go on from some places"
    assert not list(left.glob("*.part"))


@pytest.mark.parametrize("other", ["model", "text", "channels", "blocks", "damaged"])
def test_only_the_same_walk_goes_on(other: str, tmp_path: Path) -> None:
    model = small_model("lstm")
    text, first = Text.of(random_text(600), "text"), 8
    with pytest.raises(Cancelled):
        walk(
            model,
            text,
            tmp_path,
            ("hidden", "cell"),
            progress=_LeavesAt(200),
            model_stamp="m",
            first_block=8,
            block=64,
        )
    stamp, channels = "m", ["hidden", "cell"]
    if other == "model":
        stamp, model = "n", small_model("lstm", seed=5)
    elif other == "text":
        text = Text.of("a" + str(text)[1:], "text")
    elif other == "channels":
        channels = ["hidden"]
    elif other == "blocks":
        first = 16
    else:
        (newest,) = Recording(tmp_path).states()[-1:]
        (tmp_path / f"state.{newest}").write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    all_of_it = _LeavesAt(10_000)
    walk(
        model,
        text,
        tmp_path,
        channels,
        progress=all_of_it,
        model_stamp=stamp,
        first_block=first,
        block=64,
    )
    assert all_of_it.told[0] == first
    found = Recording(tmp_path)
    expected = walk_arrays(model, str(text), ("hidden",), first_block=first, block=64)[
        "hidden"
    ].astype(np.float16)
    np.testing.assert_array_equal(found.rows("hidden"), expected)

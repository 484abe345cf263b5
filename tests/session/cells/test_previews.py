"""Far down a text that is still being walked, a preview stands in for the exact values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.session.cells.previews import WARM_UP
from rnnviz.work.jobs.cells import Walk, Walked
from tests.core.recordings.recordings import nothing_predicted
from tests.session.conftest import VOCABULARY

TEXT = "abcdefghij" * 3000


class Walks:
    """A walk that stops after 100 characters, unless it is of a part of the text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.writer: Any = None

    def __call__(self, request: Walk, context: Any) -> Walked:
        text = request.text.text
        self.texts.append(text)
        groups = layers_of(2, 3, request.channels)
        writer = RecordingWriter(Path(request.folder), Text.of(text), groups, Next(), VOCABULARY)
        self.writer = self.writer or writer
        walked = 100 if text == TEXT else len(text)
        write(writer, 0, walked)
        return Walked(walked)


def write(writer: RecordingWriter, start: int, stop: int) -> None:
    size = stop - start
    values = np.broadcast_to(np.arange(start, stop) / 1e5, (6, size))
    writer.write(start, {"hidden": values, "cell": values}, nothing_predicted(size))


@pytest.fixture
def walks() -> Walks:
    return Walks()


@pytest.fixture
def session(make_session: Any, walks: Walks, tmp_path: Any) -> Any:
    session = make_session(walk=walks)
    model = tmp_path / "my.safetensors"
    model.write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    session.recordings.take_text(Text.of(TEXT, "typed"))
    session.open_path(model)
    assert session.recordings.recording.walked == 100
    return session


def test_a_place_far_down_is_walked_from_some_way_before_it(session: Any, walks: Walks) -> None:
    session.selection.set_visible((20_000, 20_400))
    session.previews.preview_visible()
    preview = session.previews.preview
    assert (preview.start, preview.stop) == (19_800, 20_600)
    assert preview.offset == 19_800 - WARM_UP
    assert walks.texts[-1] == TEXT[preview.offset : preview.stop]
    assert preview.recording.complete
    session.selection.set_visible((20_100, 20_500))
    session.previews.preview_visible()
    assert session.previews.preview is preview, "it covers that place already"


def test_a_place_that_the_walk_soon_reaches_is_waited_for(session: Any, walks: Walks) -> None:
    for visible in ((0, 400), (3_000, 3_400)):
        session.selection.set_visible(visible)
        session.previews.preview_visible()
    assert session.previews.preview is None
    assert walks.texts == [TEXT]


def test_the_exact_values_take_its_place(session: Any, walks: Walks) -> None:
    session.selection.set_visible((20_000, 20_400))
    session.previews.preview_visible()
    folder = session.previews.preview.recording.folder
    write(walks.writer, 100, 20_500)
    session.recordings.recording_grew.emit()
    assert session.previews.preview is not None
    write(walks.writer, 20_500, 21_000)
    session.recordings.recording_grew.emit()
    assert session.previews.preview is None
    assert not folder.exists()


def test_another_text_has_no_preview(session: Any) -> None:
    session.selection.set_visible((20_000, 20_400))
    session.previews.preview_visible()
    session.recordings.take_text(Text.of("other"))
    assert session.previews.preview is None

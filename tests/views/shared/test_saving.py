"""Files are written beside the window."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTimer
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.figure import Box, Figure, Words
from rnnviz.views.shared import question_boxes, saving
from rnnviz.views.shared.saving import Turns, save_beside, save_now
from rnnviz.views.text.painting.text_figure import figure_image, painting, saving_drawn


def steps(done: list[object]) -> Turns:
    """Writes down where each is done, and what comes back."""
    done.append(threading.current_thread())
    yield None
    done.append(threading.current_thread())
    done.append((yield threading.current_thread))


def test_painting_is_done_here_and_work_in_a_thread(qtbot: QtBot) -> None:
    done, told, between = list[object](), list[str](), list[int]()
    QTimer.singleShot(0, lambda: between.append(len(done)))
    save_beside(steps(done), told.append)
    assert done == [threading.main_thread()]
    assert not told
    qtbot.waitUntil(lambda: bool(told))
    assert between == [1], "the loop did nothing else meanwhile"
    assert told == [""]
    assert done[1] is threading.main_thread()
    assert isinstance(done[2], threading.Thread)
    assert done[2] is not threading.main_thread()


def refused() -> Turns:
    """Refused before anything is done."""
    raise RnnvizError("nothing to save")
    yield None


def full() -> Turns:
    """Refused where it is written."""

    def write() -> None:
        raise RnnvizError("the disk is full")

    yield write


def test_why_nothing_was_written_is_told_when_it_is_known(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()
    save_beside(refused(), told.append)
    assert told == ["nothing to save"]
    with pytest.raises(RnnvizError, match="full"):
        save_now(full())
    widget = QTimer()
    monkeypatch.setattr(question_boxes, "ask_save_path", lambda *_: tmp_path / "plot.png")
    monkeypatch.setattr(question_boxes, "warn", lambda *words: told.append(words[-1]))
    question_boxes.save_as(widget, "Save", "plot.png", lambda _: full())  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: told[1:] == ["the disk is full"])


def test_what_was_begun_is_finished_though_the_program_ends(qtbot: QtBot) -> None:
    done, told = list[object](), list[str]()

    def slow() -> Turns:
        yield None
        yield lambda: time.sleep(0.05)
        yield None
        done.append("written")

    save_beside(slow(), told.append)
    application = QCoreApplication.instance()
    assert application is not None
    application.aboutToQuit.emit()
    assert (done, told) == (["written"], [""])
    assert not saving._under_way


def test_a_large_picture_is_painted_in_turns_and_is_the_same(qtbot: QtBot, tmp_path: Path) -> None:
    drawn = Figure(400, 300, "#ffffff")
    drawn.boxes += [Box(x % 400, x // 20, 3, 3, f"#{x:06x}") for x in range(5000)]
    drawn.words += [Words(x % 300, x // 4, "words", 11, "#102030") for x in range(1200)]
    turns = list(painting(drawn))
    assert len(turns) == 6
    told = list[str]()
    save_beside(saving_drawn(tmp_path / "a.png", drawn), told.append)
    qtbot.waitUntil(lambda: told == [""])
    written = QImage(str(tmp_path / "a.png")).convertToFormat(QImage.Format.Format_RGB32)
    assert written == figure_image(drawn).convertToFormat(QImage.Format.Format_RGB32)

"""The whole window on a small model: a person's clicks, keys and drops, and what follows."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSize, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QInputDialog,
    QLabel,
    QMessageBox,
    QTreeWidgetItem,
)
from pytestqt.qtbot import QtBot

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.system.trash import NoTrashError
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.session.alignments.questions import Translator
from rnnviz.session.training import run_folders
from rnnviz.views.alignments.workspace import AlignmentsWorkspace
from rnnviz.views.cells.colour_words import colours_title
from rnnviz.views.cells.workspace import CellsWorkspace
from rnnviz.views.dialogs.deleting_dialog import DeletingDialog
from rnnviz.views.dialogs.finding_dialog import FindingDialog
from rnnviz.views.dialogs.keys_dialog import KeysDialog
from rnnviz.views.dialogs.number_dialog import NumberDialog
from rnnviz.views.dialogs.reading_dialog import ReadingDialog
from rnnviz.views.dialogs.vocabulary_dialog import VocabularyDialog
from rnnviz.views.shared.theme import DARK, Appearance, theme_of
from rnnviz.views.training.new_run_dialog import NewRunDialog
from rnnviz.views.training.workspace import TrainingWorkspace
from rnnviz.views.window.window import Window
from tests.core.runs.made import MadeRun, finished_run
from tests.nets.checkpoints.examples import Stock
from tests.nets.checkpoints.networks import test_as_symbols
from tests.nets.checkpoints.networks.chain_writers import write_keras
from tests.nets.checkpoints.tensorflow_js import test_ml5
from tests.session.alignments import translating
from tests.session.in_folder import session_in

TEXT = 'a "cold bed"\nhello "a cab" hello\nhe held a "bell" "hello"\na bold lead\n' * 6
FINDING = {"channel": "cell", "layer": 1, "unit": 2, "concept": "inside-quotes"}
Box = TypeVar("Box", bound=QDialog)
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def home(tmp_path: Path, tiny_description: ModelDescription) -> Path:
    """What ships, in small: one model with a finding, and the text that suits it."""
    texts, models = tmp_path / "resources" / "texts", tmp_path / "models"
    texts.mkdir(parents=True)
    models.mkdir()
    (texts / "hello.txt").write_text(TEXT)
    entry = {"file": "hello.txt", "title": "Hello", "family": "prose", "licence": "", "source": ""}
    (texts / "index.json").write_text(json.dumps([entry]))
    description = msgspec.structs.replace(
        tiny_description, findings=(FINDING,), default_text="hello.txt"
    )
    save_model(models / "tiny.safetensors", LanguageModel(description, seed=1))
    return tmp_path


@pytest.fixture
def make_window(home: Path, qtbot: QtBot, appearance: Appearance) -> Callable[[], Window]:
    """Makes the window as a person finds it: shown, and opened on what ships."""

    def make() -> Window:
        session = session_in(home)
        window = Window(session, appearance)
        session.setParent(window)
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
        window.open_at_start([])
        return window

    return make


@pytest.fixture
def window(make_window: Callable[[], Window]) -> Iterator[Window]:
    window = make_window()
    yield window
    window.close()


def drop(window: Window, *paths: Path) -> None:
    """Drag files from the desktop onto the window and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    action, button, no = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entering = QDragEnterEvent(QPoint(9, 9), action, data, button, no)
    QApplication.sendEvent(window, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), action, data, button, no))


def dialog(window: Window, kind: type[Box]) -> Box:
    """The open box of this kind."""
    (found,) = (box for box in window.findChildren(kind) if box.isVisible())
    return found


def opened(window: Window) -> tuple[Any, ...]:
    """Everything that a failure must leave as it is."""
    recordings = window.session.recordings
    return recordings.model, recordings.text, recordings.recording


def test_a_window_is_no_larger_than_its_screen(window: Window) -> None:
    window.fit_on(QSize(1280, 770))
    assert window.size() == QSize(1280, 770)
    window.fit_on(QSize(1920, 1050))
    assert window.size() == QSize(1280, 770)


def test_opens_on_the_model_that_ships_coloured_by_its_finding(window: Window) -> None:
    session = window.session
    assert window.windowTitle() == "tiny · hello.txt · rnnviz"
    assert session.recordings.recording is not None
    assert session.recordings.recording.complete
    assert (session.selection.unit, session.selection.channel) == (10, "cell")
    assert window.text_panel.concepts.currentData() == "inside-quotes"
    assert window.library.models.child(0).font(0).bold()
    image = window.text_panel.view.viewport().grab().toImage()
    colours = {image.pixel(x, 20) for x in range(image.width())}
    assert len(colours) > 10


def test_arrow_keys_flip_the_unit_and_recolour_the_text(window: Window, qtbot: QtBot) -> None:
    view, selection = window.text_panel.view, window.session.selection
    before = view.viewport().grab().toImage()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert selection.unit == 11
    assert view.viewport().grab().toImage() != before
    assert "unit 3" in colours_title(window.session)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
        qtbot.keyClick(view, key)
    assert selection.unit == 2
    qtbot.keyClick(view, Qt.Key.Key_N)
    assert selection.channel == "input"


def test_a_question_mark_opens_the_sheet_of_keys(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window.text_panel.view, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    sheet = dialog(window, KeysDialog)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    assert {"Next unit", "Right", "Save finding", "Ctrl+S"} <= words
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    assert not sheet.isVisible()


def test_a_finding_is_saved_shown_removed_and_brought_back(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window, Qt.Key.Key_S, CONTROL)
    asked = dialog(window, FindingDialog)
    assert asked.title.text() == "Inside double quotes"
    asked.title.selectAll()
    qtbot.keyClicks(asked.title, "My cell")
    save = asked.buttons.button(QDialogButtonBox.StandardButton.Save)
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    tree, findings = window.library.tree, window.library.findings
    assert [findings.child(row).text(0) for row in range(findings.childCount())] == ["My cell"]

    window.session.selection.select_unit(0, "hidden")
    place = tree.visualItemRect(findings.child(0)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert (window.session.selection.unit, window.session.selection.channel) == (10, "cell")

    qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert findings.childCount() == 0
    assert "Undo brings it back" in window.status.currentMessage()
    qtbot.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert findings.child(0).text(0) == "My cell"


def test_a_dropped_text_is_walked_and_a_dropped_model_takes_it_over(
    window: Window, tmp_path: Path
) -> None:
    own = tmp_path / "own.txt"
    own.write_text("a bold cab")
    drop(window, own)
    first = window.session.recordings.recording
    assert first is not None
    assert str(first.text) == str(window.text_panel.view.text) == "a bold cab"
    assert window.windowTitle() == "tiny · own.txt · rnnviz"
    drop(window, tmp_path / "models" / "tiny.safetensors")
    again = window.session.recordings.recording
    assert again is not None
    assert str(again.text) == "a bold cab"
    recent = [action.text() for action in window.actions_.menu("File/Open recent").actions()]
    assert recent == ["own.txt", "Clear this list"]  # what ships is listed anyway


def test_lists_that_are_made_anew_keep_nothing_of_the_old(window: Window, tmp_path: Path) -> None:
    """The menu of recent files and the library, whatever was opened."""
    menu = window.actions_.menu("File/Open recent")
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(f"a bold cab, {name}")

    def held() -> tuple[int, int]:
        for name in ("one.txt", "two.txt"):
            window.open_path(tmp_path / name)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        window.library.show_stories()
        gc.collect()
        rows = sum(type(one) is QTreeWidgetItem for one in gc.get_objects())
        return len(menu.findChildren(QAction)), rows

    first = held()
    assert [held() for _ in range(3)] == [first] * 3


def test_a_dropped_folder_opens_as_the_model_in_it(window: Window, tmp_path: Path) -> None:
    folder = test_ml5.write(tmp_path / "charrnn", test_ml5.drawn_arrays())
    drop(window, folder)
    assert window.windowTitle() == "charrnn · hello.txt · rnnviz"
    recording = window.session.recordings.recording
    assert recording is not None
    assert recording.groups.total == 2 * test_ml5.U


def test_a_dropped_keras_file_asks_what_its_symbols_are(window: Window, tmp_path: Path) -> None:
    write_keras(tmp_path / "chars.h5", Stock(embedding=2))
    drop(window, tmp_path / "chars.h5")
    asked = dialog(window, VocabularyDialog)
    assert "chars.h5" in " ".join(label.text() for label in asked.findChildren(QLabel))
    asked.reject()
    assert window.windowTitle() == "tiny · hello.txt · rnnviz"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.safetensors", b"\xff\0\0\0\0\0\0\0{", "cut.safetensors"),
        ("empty.txt", b"", "empty.txt is empty"),
        ("hostile.pt", b"\x80\x04cos\nsystem\n(S'true'\ntR.", "hostile.pt"),
    ],
)
def test_a_bad_file_is_explained_and_leaves_everything(
    window: Window, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    before = opened(window)
    path = tmp_path / name
    path.write_bytes(content)
    drop(window, path)
    assert said in dialog(window, QMessageBox).text()
    assert all(now is then for now, then in zip(opened(window), before, strict=True))


def test_a_network_without_characters_asks_for_them(
    window: Window, tmp_path: Path, tiny_model: LanguageModel
) -> None:
    import torch

    path = tmp_path / "weights.pt"
    lstm, head = torch.nn.LSTM(11, 4), torch.nn.Linear(4, 11)
    named = {f"rnn.{name}": value for name, value in lstm.state_dict().items()}
    torch.save({**named, **{f"out.{n}": v for n, v in head.state_dict().items()}}, path)
    before = opened(window)
    drop(window, path)
    asked = dialog(window, VocabularyDialog)
    asked.ask(tmp_path / "resources" / "texts" / "hello.txt")
    assert asked.vocabulary is not None
    asked.accept()
    assert opened(window)[0] is not before[0]
    assert window.session.recordings.model is not None
    assert window.session.recordings.model.description.total_units == 4


def test_a_lesson_on_writing_is_asked_about_and_read_in_another_way(
    window: Window, tmp_path: Path
) -> None:
    path, _ = test_as_symbols.keras_lesson(tmp_path)
    text = tmp_path / "t.txt"
    text.write_text(test_as_symbols.TEXT + "".join(test_as_symbols.SYMBOLS))
    drop(window, path)
    asked = dialog(window, ReadingDialog)
    assert asked.table.rowCount() == 3
    asked.table.selectRow(0)
    asked.accept()
    symbols = dialog(window, VocabularyDialog)
    symbols.ask(text)
    symbols.accept()
    model = window.session.recordings.model
    assert model is not None
    assert model.reading == 1
    assert "the last 6 are read from an empty state" in str(model.notes)
    window.questions.ask_other_reading()
    other = dialog(window, ReadingDialog)
    other.table.selectRow(1)
    other.accept()
    again = window.session.recordings.model
    assert again is not None
    assert (again.reading, again.vocabulary) == (2, model.vocabulary)


def test_finding_a_word_goes_to_it(window: Window, qtbot: QtBot) -> None:
    panel = window.text_panel
    qtbot.keyClick(window, Qt.Key.Key_F, CONTROL)
    assert panel.search.isVisible()
    qtbot.keyClicks(panel.search.field, "bell")
    places = [place for place in range(len(TEXT)) if TEXT.startswith("bell", place)]
    assert window.session.selection.cursor == places[0]
    assert panel.search.found.text() == f"1 of {len(places)}"
    qtbot.keyClick(panel.search.field, Qt.Key.Key_Return)
    assert window.session.selection.cursor == places[1]
    qtbot.keyClick(panel.search.field, Qt.Key.Key_Escape)
    assert not panel.search.isVisible()


def test_what_was_found_in_a_text_is_not_said_of_the_next(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    search, session = window.text_panel.search, window.session
    qtbot.keyClick(window, Qt.Key.Key_F, CONTROL)
    qtbot.keyClicks(search.field, "he")
    assert "of" in search.found.text()
    other = tmp_path / "other.txt"
    other.write_text("he held the bell\n" * 3)
    window.open_path(other)
    assert search.found.text() == "9 matches"
    cursor = session.selection.cursor
    qtbot.keyClick(search.field, Qt.Key.Key_Return)
    assert search.found.text() == "2 of 9" and session.selection.cursor != cursor
    other.write_text("no bold lad\n" * 3)
    window.open_path(other)
    assert search.found.text() == "no matches"


def test_going_to_a_character_by_its_number(window: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(window.text_panel.view, Qt.Key.Key_G)
    asked = dialog(window, NumberDialog)
    qtbot.keyClicks(asked.field, "999 999 999")
    assert not asked.agree.isEnabled()
    assert "999,999,999 cannot be taken here: from 0 to" in asked.problem.text()
    qtbot.keyClick(asked.field, Qt.Key.Key_Return)
    assert asked.isVisible()
    asked.field.selectAll()
    qtbot.keyClicks(asked.field, "123")
    qtbot.keyClick(asked.field, Qt.Key.Key_Return)
    assert window.session.selection.cursor == 123
    assert not window.text_panel.view.cell_rect(123).isNull()


def test_what_is_typed_is_walked_and_can_be_brought_back(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    view, recordings = window.text_panel.view, window.session.recordings
    qtbot.keyClick(view, Qt.Key.Key_E)
    assert view.editable
    qtbot.keyClick(view, Qt.Key.Key_A, CONTROL)
    qtbot.keyClicks(view, "hello")
    assert recordings.recording is not None
    assert str(recordings.recording.text) == "hello"
    assert recordings.recording.complete
    own = tmp_path / "own.txt"
    own.write_text("a bold cab")
    drop(window, own)
    assert not view.editable
    assert str(view.text) == "a bold cab"
    window.actions_.actions["Undo"].trigger()
    assert str(view.text) == "hello"
    qtbot.keyClick(view, Qt.Key.Key_E)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not view.editable


def test_typing_keeps_the_surprisal_on_the_screen(window: Window, qtbot: QtBot) -> None:
    view, selection = window.text_panel.view, window.session.selection
    qtbot.keyClick(view, Qt.Key.Key_S)
    qtbot.keyClick(view, Qt.Key.Key_E)
    qtbot.keyClicks(view, "he")
    assert selection.colouring == "surprisal"
    recording = window.session.recordings.recording
    assert recording is not None
    assert len(recording.text) == len(TEXT) + len("he")
    assert recording.surprisal is not None and np.isfinite(recording.surprisal[-1])


def test_the_theme_menu_dresses_the_window_and_is_remembered(window: Window, qtbot: QtBot) -> None:
    dark = next(a for a in window.actions_.menu("View/Theme").actions() if a.data() == "dark")
    before = window.grab().toImage()
    with qtbot.waitSignal(window.appearance.theme_changed):
        dark.trigger()
    assert theme_of(window) == DARK
    assert window.grab().toImage() != before
    assert window.session.settings.value("window/theme") == "dark"
    checked = [a.data() for a in window.actions_.menu("View/Theme").actions() if a.isChecked()]
    assert checked == ["dark"]


def test_the_layout_is_as_it_was_left(make_window: Callable[[], Window]) -> None:
    def hidden(window: Window) -> list[bool]:
        trace = window.workspace(CellsWorkspace).docks["trace"]
        return [dock.isHidden() for dock in (window.library_dock, trace)]

    first = make_window()
    for title in ("Library", "Trace"):
        menu = first.actions_.menu("View/Panels")
        next(action for action in menu.actions() if action.text() == title).trigger()
    assert hidden(first) == [True, True]
    first.close()
    second = make_window()
    assert hidden(second) == [True, True]
    second.actions_.actions["Reset layout"].trigger()
    assert hidden(second) == [False, False]
    second.close()


def test_a_training_is_followed_in_cells_and_the_place_in_the_text_stays(
    window: Window, tmp_path: Path, tiny_description: ModelDescription, qtbot: QtBot
) -> None:
    run, session, panel = MadeRun(tmp_path / "novel"), window.session, window.text_panel
    described = msgspec.structs.replace(tiny_description, training={"steps": 100})

    def checkpoint(step: int, seed: int) -> None:
        path = run.checkpoint(step)
        save_model(path, LanguageModel(described, seed=seed))
        session.runs._ticks = -1
        session.runs.poll()

    window.open_path(run.directory)
    training = window.workspace(TrainingWorkspace).runs_centre
    assert training is not None
    qtbot.mouseClick(training.follow, Qt.MouseButton.LeftButton)
    assert "no checkpoint yet" in panel.follow.words.text()
    checkpoint(100, seed=5)
    assert "Following <b>novel</b> · step 100" in panel.follow.words.text()
    panel.view.verticalScrollBar().setValue(3)
    qtbot.keyClick(panel.view, Qt.Key.Key_Right)
    unit, before = session.selection.unit, panel.view.viewport().grab().toImage()
    checkpoint(200, seed=6)
    assert panel.view.viewport().grab().toImage() != before
    assert (panel.view.verticalScrollBar().value(), session.selection.unit) == (3, unit)
    shown = opened(window)
    checkpoint(300, seed=7)
    assert session.following.step is not None
    qtbot.mouseClick(panel.follow.button, Qt.MouseButton.LeftButton)
    assert "A checkpoint of <b>novel</b>" in panel.follow.words.text()
    assert opened(window)[1] is shown[1]
    window.open_path(next(iter(session.library.models)).path)
    assert not panel.follow.isVisible()


@pytest.mark.parametrize("size", [(1024, 700), (1920, 1080)])
def test_an_alignment_leads_to_its_way_through_training(
    window: Window, tmp_path: Path, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window.resize(*size)
    run, alignments = MadeRun(tmp_path / "pairs"), window.session.alignments
    checkpoint = run.checkpoint(100)
    through_training = window.actions_.actions["Alignment through training"]
    refused: list[str] = []
    window.workspace(AlignmentsWorkspace).failed.connect(refused.append)

    window.enter("alignments")
    alignments.model = Translator(str(tmp_path / "alone.safetensors"))
    through_training.trigger()
    assert "no checkpoint of a run" in refused[0]
    assert window.workspace_tabs.current.name == "alignments"

    alignments.model = Translator(str(checkpoint))
    through_training.trigger()
    training = window.workspace(TrainingWorkspace)
    assert window.workspace_tabs.current is training
    assert window.session.runs.current is not None
    assert window.session.runs.current.watched.directory == run.directory
    shown = training.docks["checkpoints"]
    timers = training._relaying, training._tidying
    qtbot.waitUntil(lambda: not any(timer.isActive() for timer in timers), timeout=20_000)
    assert not shown.visibleRegion().isEmpty(), "and no other panel lies over it"
    assert len(refused) == 1


def test_the_menu_of_the_list_follows_the_run_under_the_pointer(
    window: Window, tmp_path: Path
) -> None:
    finished_run(tmp_path / "adding", task="memory")
    window.follow_directory(tmp_path / "adding")
    box = dialog(window, QMessageBox)
    assert "no model that reads a text" in box.text()
    box.close()
    training = window.workspace(TrainingWorkspace)
    training.ensure_built()
    assert training.runs_centre is not None
    menu = training.runs_centre.table.menu
    assert menu is not None
    menu.aboutToShow.emit()
    follow = next(action for action in menu.actions() if action.text() == "Follow")
    assert not follow.isEnabled()


def test_the_window_fits_a_screen_that_is_1024_wide_in_every_room(
    window: Window, qtbot: QtBot
) -> None:
    window.resize(1024, 700)
    for room in window.workspaces:
        window.enter(room.name)
        qtbot.waitUntil(room.isVisible)
        assert (room.name, max(1024, window.minimumSizeHint().width())) == (room.name, 1024)


def test_the_keys_of_unroll_hold_as_soon_as_it_is_entered(window: Window, qtbot: QtBot) -> None:
    window.activateWindow()
    window.enter("unroll")
    unroll = window.session.unroll
    qtbot.waitUntil(lambda: unroll.trace is not None)
    qtbot.waitUntil(lambda: window.focusWidget() is not None)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Right)
    assert unroll.index == 1


def test_the_title_names_what_is_open_in_the_room(window: Window) -> None:
    before = window.windowTitle()
    assert before.startswith("tiny")
    window.session.alignments.model = Translator.of(translating.opened())
    window.session.alignments.model_changed.emit()
    assert window.windowTitle() == before
    window.enter("alignments")
    assert window.windowTitle() == "French to English · rnnviz"
    window.enter("cells")
    assert window.windowTitle() == before


def test_menus_show_the_single_keys(window: Window) -> None:
    shown = [action.text() for action in window.actions_.menu("Alignment").actions()]
    assert "Next word\t." in shown and "Previous word\t," in shown


def test_a_folder_of_several_runs_opens_as_several_and_is_watched(
    make_window: Callable[[], Window], tmp_path: Path, qtbot: QtBot
) -> None:
    window = make_window()
    for name in ("a", "b"):
        finished_run(tmp_path / "sweep" / name)
    window.open_path(tmp_path / "sweep")
    assert [run.name for run in window.session.runs.opened] == ["a", "b"]
    finished_run(tmp_path / "sweep" / "c")
    qtbot.waitUntil(lambda: len(window.session.runs.opened) == 3)
    assert window.session.runs.opened[2].name == "c"
    said = window.statusBar().currentMessage()
    assert said == "1 new run in a watched folder."


def test_a_run_is_renamed_and_deleted_from_the_window(
    make_window: Callable[[], Window], tmp_path: Path, qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def none(path: Path) -> None:
        raise NoTrashError(f"there is no trash for {path}")

    monkeypatch.setattr(run_folders, "move_to_trash", none)
    window = make_window()
    window.open_path(finished_run(tmp_path / "a").directory)
    centre = window.workspace(TrainingWorkspace).runs_centre
    assert centre is not None
    qtbot.keyClick(centre.table, Qt.Key.Key_F2)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("the good one")
    dialog.accept()
    assert window.session.runs.opened[0].name == "the good one"
    qtbot.keyClick(centre.table, Qt.Key.Key_Delete)
    asked = window.findChild(DeletingDialog)
    assert asked is not None
    assert asked.text() == "Move the good one to the trash?"
    assert str(tmp_path / "a") in asked.informativeText()
    qtbot.mouseClick(asked.agree, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: any(d.for_good for d in window.findChildren(DeletingDialog)))
    asked = next(d for d in window.findChildren(DeletingDialog) if d.for_good)
    assert asked.text() == "Delete the good one for good?"
    assert asked.defaultButton() is asked.keep
    qtbot.mouseClick(asked.keep, Qt.MouseButton.LeftButton)
    assert (tmp_path / "a" / "run.json").exists()
    assert len(window.session.runs.opened) == 1


def test_a_new_run_like_this_one_takes_what_was_changed_on_the_way(
    make_window: Callable[[], Window], tmp_path: Path
) -> None:
    window = make_window()
    run = MadeRun(tmp_path / "a", architecture="gru", units=24)
    run.steps(1, 5)
    run.event("changed", step=5, setting="learning_rate", value=0.0625)
    run.event("stopped", step=5)
    window.open_path(run.directory)
    window.session.runs.poll()
    window.questions.ask_run_like(window.session.runs.opened[0])
    form = window.findChild(NewRunDialog)
    assert form is not None
    assert (form.config.architecture, form.config.units) == ("gru", 24)
    assert form.config.learning_rate == 0.0625
    assert form.directory != run.directory
    form.reject()


def test_a_new_run_learns_from_what_was_typed(window: Window) -> None:
    typed = "to be, or not to be: „ja“ or no\n" * 40
    window.session.recordings.type_text(typed)
    window.questions.ask_new_run()
    dialog = window.findChildren(NewRunDialog)[-1]
    (kept,) = dialog.files
    assert dialog.texts.text() == f"typed text ({len(typed):,} characters)"
    assert kept.read_text(encoding="utf-8") == typed and str(kept) in dialog.config.texts
    dialog.reject()
    assert not kept.exists(), "nothing learns from it"
    kept.write_text(typed, encoding="utf-8")  # as an earlier run left it
    window.questions.ask_new_run()
    window.findChildren(NewRunDialog)[-1].reject()
    assert kept.read_text(encoding="utf-8") == typed, "a run learned from it"

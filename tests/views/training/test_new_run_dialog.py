"""The form for a new run: what it proposes, what it says, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialogButtonBox,
)
from pytestqt.qtbot import QtBot

from rnnviz.core.errors import TextError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks import TASKS
from rnnviz.session.session import Session
from rnnviz.views.dialogs.closing_dialog import ClosingDialog
from rnnviz.views.shared.controls.number_field import NumberField, NumberListField, WholeField
from rnnviz.views.training.new_run_dialog import NewRunDialog
from rnnviz.work.jobs.training import Estimate, Estimated
from rnnviz.work.runner import InlineRunner
from tests.views.cells.panels_world import make_session


def estimate(request: Estimate, context: object) -> Estimated:
    return Estimated(
        seconds=3725.0, seconds_a_step=3.0, threads=1, steps=1234, tokens_per_second=1.0,
        parameters=request.config.units * 10, memory_bytes=400e6, disk_bytes=25e6,
    )  # fmt: skip


@pytest.fixture
def session(tmp_path: Path, qapp: QApplication) -> Iterator[Session]:
    session = make_session(tmp_path)
    assert isinstance(session.jobs._runner, InlineRunner)
    session.jobs._runner._tasks = {Estimate: estimate}
    yield session
    session.close()


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "novel.txt"
    path.write_text("It was a dark night. " * 100)
    return path


@pytest.fixture
def dialog(session: Session, text: Path, tmp_path: Path, qtbot: QtBot) -> NewRunDialog:
    dialog = NewRunDialog(session.jobs, tmp_path / "runs", (text,))
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_a_text_brings_its_own_settings(dialog: NewRunDialog, text: Path, tmp_path: Path) -> None:
    config = dialog.config
    assert config.texts == (str(text),)
    assert (config.name, config.units, config.layers) == ("novel", 128, 1)
    assert dialog.directory == tmp_path / "runs" / "novel"
    rate = dialog.fields["learning_rate"]
    assert isinstance(rate, NumberField)
    assert rate.text() == "0.003"


def test_what_it_takes_is_measured_once_the_person_pauses(
    dialog: NewRunDialog, qtbot: QtBot
) -> None:
    dialog.fields["units"].set_value(200)  # type: ignore[union-attr]
    assert "Measuring" in dialog.estimate.text()
    qtbot.waitUntil(lambda: "1 h 2 min" in dialog.estimate.text())
    assert dialog.estimate.text() == (
        "2,000 parameters, 1,234 steps: about 1 h 2 min on this machine, 400 MB of memory, "
        "25 MB on the disk."
    )


def test_presets_change_the_fields_and_a_name_that_was_typed_stays(
    dialog: NewRunDialog, qtbot: QtBot
) -> None:
    dialog.name.clear()
    qtbot.keyClicks(dialog.name, "mine")
    dialog.choose_preset("vanishing")
    config = dialog.config
    assert (config.architecture, config.name, config.gradient_steps_every) == ("rnn", "mine", 20)
    assert not dialog.fields["epochs"].isEnabled()


def test_a_memory_task_needs_no_text(session: Session, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = NewRunDialog(session.jobs, tmp_path / "runs")
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.start.isEnabled()
    qtbot.mouseClick(dialog.structures.buttons["many-to-one"], Qt.MouseButton.LeftButton)
    assert dialog.task.currentData() == "memory"
    dialog.choose_preset("adding-lstm")
    assert dialog.start.isEnabled()
    config = dialog.config
    assert (config.task, config.texts, config.options["distance"]) == ("memory", (), 50)
    assert not dialog.fields["sequence_length"].isVisible()


def test_the_form_asks_what_is_to_be_remembered(dialog: NewRunDialog) -> None:
    dialog.choose_task("memory")
    dialog.choose_preset("adding-rnn")
    asked = dialog._options_of(dialog.described)[0].fields
    kind, distance, symbols = asked["kind"], asked["distance"], asked["symbols"]
    assert isinstance(kind, QComboBox)
    assert isinstance(distance, WholeField) and isinstance(symbols, WholeField)
    assert kind.isVisible() and not symbols.isVisible()
    distance.set_value(30)
    assert dialog.config.options == {"kind": "adding", "distance": 30}
    kind.setCurrentIndex(kind.findData("copying"))
    assert symbols.isVisible()
    symbols.set_value(3)
    assert dialog.config.options == {"kind": "copying", "distance": 30, "symbols": 3}


def test_pictures_without_a_task_cannot_be_chosen(dialog: NewRunDialog, qtbot: QtBot) -> None:
    pictures = dialog.structures.buttons
    offered = {key for key, picture in pictures.items() if picture.isEnabled()}
    assert offered == {task.structure for task in TASKS}
    assert "nothing of this kind can be trained yet" in pictures["one-to-many"].toolTip()
    assert pictures["many-to-many-in-step"].isChecked()
    for key in offered:
        qtbot.mouseClick(pictures[key], Qt.MouseButton.LeftButton)
        assert dialog.described.structure == key
        titles = [dialog.task.itemText(place) for place in range(dialog.task.count())]
        assert titles == [task.title for task in TASKS if task.structure == key]
    pictures["many-to-one"].setFocus()
    qtbot.keyClick(pictures["many-to-one"], Qt.Key.Key_Space)
    assert dialog.described.key == "memory"


def test_a_translator_is_trained_from_the_form(
    dialog: NewRunDialog, tmp_path: Path, qtbot: QtBot
) -> None:
    from rnnviz.nets.training_tasks import training_task

    qtbot.mouseClick(dialog.structures.buttons["many-to-many"], Qt.MouseButton.LeftButton)
    assert dialog.described.key == "translation"
    assert not dialog.start.isEnabled()
    assert "a tab between a sentence and its translation" in dialog.texts.text()
    plain, pairs = tmp_path / "plain.txt", tmp_path / "french.tsv"
    plain.write_text("le chat dort\n")
    dialog.set_texts((plain,))
    assert dialog.problem.text().startswith("Plain.txt has no tab between two columns")
    pairs.write_text("le chat dort\tthe cat sleeps\nun chien gris\ta grey dog\n" * 30)
    dialog.set_texts((pairs,))
    assert dialog.start.isEnabled() and "roughly" in dialog.estimate.text()
    dialog.choose_preset("small")
    asked = dialog._options_of(dialog.described)[0].fields
    for name, words in (("source_language", "English"), ("target_language", "French")):
        qtbot.keyClicks(asked[name], words)
    swap, tokens, guided = asked["swap"], asked["tokens"], asked["guided"]
    assert isinstance(tokens, QComboBox) and isinstance(guided, NumberField)
    qtbot.mouseClick(swap, Qt.MouseButton.LeftButton, pos=QPoint(8, swap.height() // 2))
    tokens.setCurrentIndex(tokens.findData("words"))
    guided.setFocus()
    guided.selectAll()
    qtbot.keyClicks(guided, "0.3")
    for name, size in (("units", 4), ("embedding", 4)):
        dialog.fields[name].set_value(size)  # type: ignore[union-attr]
    config = dialog.config
    assert (config.task, config.name, config.texts) == ("translation", "french", (str(pairs),))
    task = training_task(config)
    about: Any = task.model.description
    assert (about.source_language, about.target_language) == ("English", "French")
    assert (about.guided, about.attention, about.units) == (0.3, "general", 4)
    assert "cat" in about.source.tokens
    dialog.choose_preset("reversed-words")
    assert not asked["source_language"].isVisible()
    assert dialog.config.texts == () and dialog.start.isEnabled()


def test_texts_can_be_dropped(dialog: NewRunDialog, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("x" * 500_000)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(other))])
    dialog.dropEvent(
        QDropEvent(
            QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )  # fmt: skip
    assert dialog.config.texts == (str(other),)
    assert dialog.config.units == 256


def test_start_and_cancel(dialog: NewRunDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.accepted):
        qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    dialog.show()
    dialog.refuse("the disk is full")
    assert dialog.problem.isVisible()
    cancel = dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    with qtbot.waitSignal(dialog.rejected):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)


def test_every_field_and_button_has_a_name(dialog: NewRunDialog) -> None:
    assert all(field.accessibleName() for field in dialog.fields.values())
    buttons = [b for b in dialog.findChildren(QAbstractButton) if b.isVisible()]
    assert all(button.text() or button.accessibleName() for button in buttons)


def test_every_setting_of_the_command_has_a_field(dialog: NewRunDialog) -> None:
    asked_otherwise = {"texts", "task", "options", "name"}
    settings = {field.name for field in msgspec.structs.fields(TrainingConfig)}
    assert set(dialog.fields) == settings - asked_otherwise


def test_the_rare_settings_are_put_away_and_counted(dialog: NewRunDialog, qtbot: QtBot) -> None:
    assert not dialog.rest.isVisible()
    assert dialog.more.text() == "More settings"
    qtbot.mouseClick(dialog.more, Qt.MouseButton.LeftButton)
    assert dialog.rest.isVisible()
    heights = {field.height() for field in dialog.fields.values()}
    assert len(heights) == 1  # the rows of all columns stand in line
    early, temperatures = dialog.fields["early_stopping"], dialog.fields["temperatures"]
    assert isinstance(early, WholeField)
    assert isinstance(temperatures, NumberListField)
    assert early.text() == "never"
    early.set_value(4)
    temperatures.clear()
    qtbot.keyClicks(temperatures, "0,5; 1")
    bad = dialog.fields["on_bad_number"]
    assert isinstance(bad, QComboBox)
    bad.setCurrentIndex(bad.findData("continue"))
    config = dialog.config
    assert (config.early_stopping, config.on_bad_number) == (4, "continue")
    assert config.temperatures == (0.5, 1.0)
    qtbot.mouseClick(dialog.more, Qt.MouseButton.LeftButton)
    assert dialog.more.text() == "More settings (3 changed)"


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "empty.txt is empty"), (b"\x00\x01\x02" * 999, "it is no text file"),
     (b"ten letter", "the text leaves at most 9 characters")],
)  # fmt: skip
def test_nothing_starts_on_what_cannot_be_trained_on(
    content: bytes, why: str, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(content)
    dialog = NewRunDialog(session.jobs, tmp_path / "runs", (path,))
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.start.isEnabled()
    assert why.lower() in dialog.problem.text().lower()
    assert dialog.estimate.text() == ""
    path.write_text("It was a dark night. " * 100)
    dialog.set_texts((path,))
    assert dialog.start.isEnabled()


def test_nothing_starts_on_what_the_trainer_refuses_when_it_is_measured(
    session: Session, text: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    def refused(request, context):
        raise TextError("the text is written in nothing that is known")

    assert isinstance(session.jobs._runner, InlineRunner)
    session.jobs._runner._tasks = {Estimate: refused}
    dialog = NewRunDialog(session.jobs, tmp_path / "runs", (text,))
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: not dialog.start.isEnabled())
    assert dialog.problem.text() == "The text is written in nothing that is known"
    dialog.fields["seed"].set_value(3)  # type: ignore[union-attr]
    assert dialog.start.isEnabled()  # measured anew
    qtbot.waitUntil(lambda: not dialog.start.isEnabled())


def test_nothing_starts_while_a_number_of_the_form_is_refused(
    dialog: NewRunDialog, qtbot: QtBot
) -> None:
    rate = dialog.fields["learning_rate"]
    assert isinstance(rate, NumberField)
    rate.setFocus()
    rate.selectAll()
    qtbot.keyClicks(rate, "3e")
    assert not dialog.start.isEnabled()
    assert dialog.problem.text() == (
        "Learning rate: “3e” is not finished: its power of ten is missing"
    )
    assert dialog.estimate.text() == ""
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert dialog.isVisible()
    qtbot.keyClicks(rate, "-4")
    assert (dialog.start.isEnabled(), dialog.problem.isVisible()) == (True, False)
    assert dialog.config.learning_rate == 3e-4
    qtbot.keyClicks(rate, "x")
    dialog.choose_preset("vanishing")
    assert dialog.start.isEnabled()
    assert dialog.config.learning_rate == rate.value()


def test_a_rough_figure_is_there_at_once_and_learns_from_the_measured_one(
    session: Session, text: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    dialog = NewRunDialog(session.jobs, tmp_path / "runs", (text,), settings=session.settings)
    qtbot.addWidget(dialog)
    dialog.show()
    assert "roughly" in dialog.estimate.text()
    assert dialog.start.isEnabled()
    qtbot.waitUntil(lambda: "about 1 h 2 min" in dialog.estimate.text())
    dialog.fields["seed"].set_value(3)  # type: ignore[union-attr]
    assert "roughly 1 h 2 min" in dialog.estimate.text()
    dialog.estimate.linkActivated.emit("stop")
    assert "Not measured" in dialog.estimate.text()
    assert not dialog._wait.isActive()


def test_closing_says_what_goes_on(qtbot: QtBot) -> None:
    dialog = ClosingDialog(["novel"])
    qtbot.addWidget(dialog)
    assert "novel goes on in the background" in dialog.text()
    several = ClosingDialog(["a", "b"])
    qtbot.addWidget(several)
    assert "2 runs go on" in several.text()


def test_a_new_run_like_another_begins_with_its_settings(
    dialog: NewRunDialog, text: Path, qtbot: QtBot
) -> None:
    like = TrainingConfig(
        texts=(str(text),), name="first", architecture="gru", units=48, learning_rate=0.0125,
        seed=7, schedule="linear", temperatures=(0.5,), clip="none",
    )  # fmt: skip
    dialog.show_config(like)
    assert dialog.config == like
    assert dialog.name.text() == "first"
    translating = TrainingConfig(
        task="translation", name="pairs", texts=(), units=24,
        options={"pairs": "reversed-words", "attention": "general"},
    )  # fmt: skip
    dialog.show_config(translating)
    assert dialog.described.key == "translation"
    assert dialog.config.units == 24
    assert dialog.options["attention"] == "general"

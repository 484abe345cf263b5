"""Where a person types a sentence, and where its translation appears word by word."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from rnnviz.views.shared.theme import set_icon
from rnnviz.views.shared.words.directions import direction_of
from rnnviz.views.shared.words.plain_text import Label, plain_tip


class SentenceLine(QLineEdit):
    """A line that a click enters with all of it selected, left with Esc or the arrow down.

    Signals:
        left: go on to the table.
    """

    left = Signal()
    _enters = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whether a click enters the line; the focus comes before the click."""
        super().focusInEvent(event)
        self._enters = event.reason() is Qt.FocusReason.MouseFocusReason

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The click that enters selects what stands there, so that typing takes its place."""
        super().mouseReleaseEvent(event)
        if self._enters and not self.hasSelectedText():
            self.selectAll()
        self._enters = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the line; every other key is typed."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class SentenceBar(QWidget):
    """One line to type in; Enter translates.

    Signals:
        sentence_entered(str): translate this.
        pair_entered(str, str): a sentence with a translation that is given.
        left: the person wants to go on to the table.
    """

    sentence_entered = Signal(str)
    pair_entered = Signal(str, str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = SentenceLine()
        self.line.setAccessibleName("Sentence to translate")
        self.line.setClearButtonEnabled(True)
        self.line.returnPressed.connect(self._enter)
        self.line.left.connect(self.left)
        self.line.textChanged.connect(self._turn)
        self.examples = QToolButton()
        self.examples.setText("Examples")
        self.examples.setToolTip("Sentences to try")
        set_icon(self.examples, "list")
        self.examples.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.examples)
        self._menu.triggered.connect(self._choose)
        self.examples.setMenu(self._menu)
        self._make_target()
        self.button = QPushButton("Translate")
        self.button.setDefault(True)
        self.button.setToolTip("Translate this sentence (Enter)")
        self.button.clicked.connect(self._enter)
        self.growing = Label()
        self.growing.setAccessibleName("Translation so far")
        self.growing.setProperty("role", "title")
        self.problem = Label()
        self.problem.setAccessibleName("Why nothing was translated")
        self.problem.setProperty("role", "warning")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self.given)
        row.addWidget(self.examples)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.target)
        for label in (self.growing, self.problem):
            label.setWordWrap(True)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            label.hide()
            column.addWidget(label)

    def _make_target(self) -> None:
        """A second line, for a translation that is given, and what shows it."""
        self.given = QToolButton()
        self.given.setCheckable(True)
        self.given.setToolTip(
            "Type the translation, too: how likely is it, and where does it look?"
        )
        self.given.setAccessibleName("Give the translation")
        set_icon(self.given, "arrow-left-right")
        self.given.toggled.connect(self._show_target)
        self.given.clicked.connect(self._focus_target)
        self.target = SentenceLine()
        self.target.setAccessibleName("Translation that is given")
        self.target.setPlaceholderText("Its translation; Enter aligns both, empty translates")
        self.target.setClearButtonEnabled(True)
        self.target.returnPressed.connect(self._enter)
        self.target.left.connect(self.left)
        self.target.textChanged.connect(self._turn_target)
        self.target.hide()

    def set_model(
        self,
        languages: tuple[str, str],
        examples: Sequence[str],
        *,
        usable: bool,
        weights: bool = False,
        name: str = "",
        letters: bool = False,
    ) -> None:
        """Say what can be typed, and offer sentences to try.

        Args:
            name: of the model that is asked.
            letters: it reads the letters of one word.
            weights: weights of a file are shown, without a model.
        """
        source, target = languages
        if not usable:
            hint = "Open a translation model to type a sentence"
        elif source and target:
            hint = f"Type a sentence in {source} and press Enter; it becomes {target}"
        elif letters:
            hint = f"Type a word for {name}, which reads its letters, and press Enter"
        elif name:
            hint = f"Type a sentence for {name} and press Enter"
        else:
            hint = "Type a sentence and press Enter"
        tip = (
            "These are weights from a file; no model is open that could be asked"
            if weights
            else f"{name} is asked" * bool(name)
        )
        self.line.setToolTip(plain_tip(tip))
        self.line.setPlaceholderText(hint)
        for widget in (self.line, self.target, self.given):
            widget.setEnabled(usable)
        self.button.setEnabled(usable)
        self._menu.clear()
        for example in examples:
            shown = example if len(example) <= 80 else f"{example[:80]}…"
            action = self._menu.addAction(shown.replace("&", "&&"))
            action.setData(example)
        self.examples.setVisible(bool(examples))

    def set_target(self, target: str) -> None:
        """Show the translation that was given; nothing where the model's own is shown."""
        if target != self.target.text():
            self.target.setText(target)
            self.target.setCursorPosition(0)
        if target:
            self.given.setChecked(True)

    def set_sentence(self, sentence: str) -> None:
        """Show the sentence that is translated."""
        if sentence != self.line.text():
            self.line.setText(sentence)
            self.line.setCursorPosition(0)

    def show_growing(self, words: str | None) -> None:
        """Show the words so far of the first translation; None when there is nothing to show."""
        self.growing.setText(words or "")
        self.growing.setVisible(words is not None)

    def show_problem(self, message: str) -> None:
        """Say why nothing was translated; nothing to say hides it."""
        self.problem.setText(message[:1].upper() + message[1:])
        self.problem.setVisible(bool(message))

    @Slot(str)
    def _turn(self, text: str) -> None:
        """A sentence that is written from right to left begins at the right."""
        self.line.setLayoutDirection(direction_of(text))

    @Slot(str)
    def _turn_target(self, text: str) -> None:
        self.target.setLayoutDirection(direction_of(text))
        self._name_button()

    @Slot(bool)
    def _show_target(self, shown: bool) -> None:
        self.target.setVisible(shown)
        self._name_button()

    @Slot(bool)
    def _focus_target(self, shown: bool) -> None:
        (self.target if shown else self.line).setFocus()

    def _name_button(self) -> None:
        aligns = self.given.isChecked() and bool(self.target.text().strip())
        self.button.setText("Align" if aligns else "Translate")
        tip = "Align the two sentences" if aligns else "Translate this sentence"
        self.button.setToolTip(plain_tip(f"{tip} (Enter)"))

    @Slot()
    def _enter(self) -> None:
        self.show_problem("")
        target = self.target.text().strip() if self.given.isChecked() else ""
        if target and self.line.text().strip():
            self.pair_entered.emit(self.line.text(), target)
        else:
            self.sentence_entered.emit(self.line.text())

    @Slot(QAction)
    def _choose(self, action: QAction) -> None:
        self.target.clear()
        self.set_sentence(str(action.data()))
        self._enter()

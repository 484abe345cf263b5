"""Fields for numbers: nothing typed is dropped, what is no number is refused where it stands.

Every number in the window is typed into one of these. What may be written is said by
`core.typed_numbers`, not by the system's locale. A field that refuses what stands in it has a mark,
says why in a word below it, and keeps the number that it had.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QEnterEvent, QFocusEvent, QHideEvent, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QStyle, QStyleOptionSpinBox, QWidget

from rnnviz.core.quantities.typed_numbers import (
    NotANumber,
    read_number,
    read_numbers,
    read_whole,
    shown_number,
    shown_whole,
)
from rnnviz.views.shared.stylesheet import restyle
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_LONGEST_SHOWN = 18
_WORD_WIDTH = 320
_MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.LayoutRequest)
"""After these the word may lie in another place than its field, or below something."""
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class TypedField(QAbstractSpinBox):
    """What all these fields share: the text, the value that was taken of it, and the refusal.

    Signals:
        value_changed(object): the value is another one, by whatever way.
        entered(object): Enter was pressed on a text that could be read.
        problem_changed: what stands there is refused, or is no longer.
    """

    value_changed = Signal(object)
    entered = Signal(object)
    problem_changed = Signal()

    def __init__(self, name: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(tip))
        self.problem = ""
        """Why what stands here is refused; empty where it is not."""
        self._value: Any = None
        self._pending = False
        self._word: QLabel | None = None
        # Not by the wheel, which would then change what somebody only scrolls over.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().textEdited.connect(self._edited)
        self.editingFinished.connect(self.settle)

    # What a kind of field says

    def read(self, typed: str) -> Any:
        """The value that these characters mean.

        Raises:
            NotANumber: they mean none that this field takes.
        """
        raise NotImplementedError

    def shown(self, value: Any) -> str:
        """The text of a value."""
        raise NotImplementedError

    # The value

    def value(self) -> Any:
        """The value that was taken last; what is refused was not."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Have this value; a text that is being typed stays unless the value is another one."""
        if value == self._value and self._pending:
            return
        self._show(value)
        self._take(value)

    def _take(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self.value_changed.emit(value)

    def _show(self, value: Any) -> None:
        self._pending = False
        shown = self.shown(value)
        if shown != self.lineEdit().text():
            self.lineEdit().setText(shown)
        self._refuse("")

    # Typing

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let everything be typed; `read` judges it."""
        return QValidator.State.Acceptable, text, place

    @Slot()
    def _edited(self) -> None:
        self._pending = True
        try:
            value = self.read(self.lineEdit().text())
        except NotANumber as error:
            self._refuse(str(error))
            return
        self._refuse("")
        if self.keyboardTracking():
            self._take(value)

    @Slot()
    def settle(self) -> None:
        """Take what was typed, and show it as it is shown elsewhere; what is refused stays."""
        if not self._pending:
            return
        try:
            value = self.read(self.lineEdit().text())
        except NotANumber as error:
            self._refuse(str(error))
            return
        self._show(value)
        self._take(value)

    def type_anew(self, typed: str) -> None:
        """Let the field stand as if just this had been typed into it."""
        self.take_back()
        self.lineEdit().setText(typed)
        self._edited()

    def take_back(self) -> None:
        """Show the value again, and forget what was typed."""
        self._show(self._value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what was typed, Escape takes it back."""
        if event.key() == Qt.Key.Key_Escape and self._pending:
            self.take_back()
            event.accept()
            return
        enter = event.key() in _ENTER
        if enter:
            self.settle()
        super().keyPressEvent(event)
        if enter and self.problem:
            self.lineEdit().end(False)  # what comes next mends it
            event.accept()  # and Enter starts nothing, and closes nothing
        elif enter:
            self.entered.emit(self._value)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step where the person is at it; else scroll what lies behind."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def event(self, event: QEvent) -> bool:
        """Keep Escape from the dialog while it means what was typed."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and self._pending
        ):
            event.accept()
            return True
        return super().event(event)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """No arrows; a number field has its own."""
        return QAbstractSpinBox.StepEnabledFlag.StepNone

    # The refusal

    def _refuse(self, problem: str) -> None:
        if problem == self.problem:
            return
        self.problem = problem
        self.setProperty("refused", bool(problem))
        self.setAccessibleDescription(problem)
        restyle(self)
        self._place_word()
        self.problem_changed.emit()

    def _place_word(self) -> None:
        """Say why below the field, while the person is at it."""
        at_it = self.isVisible() and (self.hasFocus() or self.underMouse())
        if not self.problem or not at_it:
            if self._word is not None:
                self._leave_word()
            return
        if self._word is None:
            self._word = Label("", self.window())
            self._word.setProperty("role", "refusal")
            self._word.setWordWrap(True)
            self._word.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            for holder in self._holders():
                holder.installEventFilter(self)
        window = self.window()
        self._word.setText(self.problem)
        # Only once it is dressed does it know how much room it needs around its words.
        self._word.ensurePolished()
        self._word.setFixedWidth(max(120, min(_WORD_WIDTH, window.width() - 8)))
        self._word.setFixedHeight(self._word.heightForWidth(self._word.width()))
        corner = self.mapTo(window, QPoint(0, self.height() + 2))
        if corner.y() + self._word.height() > window.height():
            corner.setY(self.mapTo(window, QPoint(0, 0)).y() - self._word.height() - 2)
        corner.setX(max(4, min(corner.x(), window.width() - self._word.width() - 4)))
        self._word.move(corner)
        self._word.show()
        self._word.raise_()

    def _holders(self) -> list[QWidget]:
        holders, holder = list[QWidget](), self.parentWidget()
        while holder is not None:
            holders.append(holder)
            holder = None if holder.isWindow() else holder.parentWidget()
        return holders

    def _leave_word(self) -> None:
        word, self._word = self._word, None
        if word is not None:
            for holder in self._holders():
                holder.removeEventFilter(self)
            word.hide()
            word.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the word follow the field."""
        if self._word is not None and event.type() in _MOVES:
            self._place_word()
        return super().eventFilter(watched, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say why it is refused."""
        super().focusInEvent(event)
        self._place_word()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leave the mark alone."""
        super().focusOutEvent(event)
        self._place_word()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Say why it is refused."""
        super().enterEvent(event)
        self._place_word()

    def leaveEvent(self, event: QEvent) -> None:
        """Leave the mark alone."""
        super().leaveEvent(event)
        self._place_word()

    def hideEvent(self, event: QHideEvent) -> None:
        """Take the word away."""
        super().hideEvent(event)
        self._leave_word()

    # Size

    def widest(self) -> tuple[str, ...]:
        """Texts that must find room."""
        return ("0.000000",)

    def sizeHint(self) -> QSize:
        """Room for the longest number that is likely to stand here."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        texts = (*self.widest(), self.specialValueText())
        wide = max(metrics.horizontalAdvance(text[:_LONGEST_SHOWN]) for text in texts) + 6
        option = QStyleOptionSpinBox()
        self.initStyleOption(option)
        inner = QSize(wide, self.lineEdit().sizeHint().height())
        kind = QStyle.ContentsType.CT_SpinBox
        return self.style().sizeFromContents(kind, option, inner, self)

    def minimumSizeHint(self) -> QSize:
        """As the hint: a number is never cut."""
        return self.sizeHint()


class NumberField(TypedField):
    """A number between two limits, with arrows; `WholeField` for whole ones.

    Args:
        name: what it is, for those who hear the window.
        low, high: what is taken; a number outside is refused, not moved.
        above: whether `low` itself is refused, too.
        step: what an arrow adds; None for a step one power of ten below the number.
        special: the text of the least number, `never` for 0.
        suffix: stands behind the number, and need not be typed.
        at_once: whether a number is taken while it is typed; else with Enter or on leaving.
        optional: an empty field is right, and has the value None.
    """

    def __init__(
        self,
        name: str,
        low: float = -math.inf,
        high: float = math.inf,
        *,
        above: bool = False,
        step: float | None = None,
        tip: str = "",
        special: str = "",
        suffix: str = "",
        at_once: bool = True,
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, tip, parent)
        self._low, self._high, self._step = low, high, step
        self._above, self._smallest = above, 0.01
        self._suffix, self._optional = suffix, optional
        self.setSpecialValueText(special)
        self.setKeyboardTracking(at_once)
        self._value = None if optional else self._number(max(low, min(high, 0)))
        self._show(self._value)

    def minimum(self) -> Any:
        """The least number that is taken."""
        return self._number(self._low)

    def maximum(self) -> Any:
        """The largest number that is taken."""
        return self._number(self._high)

    def set_range(self, low: float, high: float) -> None:
        """Take numbers from `low` to `high`; one that was outside becomes the nearest inside."""
        self._low, self._high = low, high
        if self._value is not None:
            self.set_value(self._number(max(low, min(high, self._value))))
        if self._pending:
            self._edited()
        self.updateGeometry()

    def set_smallest_step(self, step: float) -> None:
        """What an arrow adds where the number is 0 or near it."""
        self._smallest = step

    def clear_value(self) -> None:
        """Show no number, because none is known."""
        self._value = None
        self._show(None)

    # Reading and showing

    def _number(self, value: float) -> Any:
        return float(value)

    def _read(self, typed: str) -> Any:
        return read_number(typed)

    def _shown(self, value: Any) -> str:
        return shown_number(value)

    def read(self, typed: str) -> Any:
        """The number of this text, with or without the suffix."""
        line = typed.strip()
        if self._optional and not line:
            return None
        if self.specialValueText() and line.casefold() == self.specialValueText().casefold():
            return self.minimum()
        suffix = self._suffix.strip()
        number = self._read(line.removesuffix(suffix) if suffix else line)
        if not self._low <= number <= self._high or (self._above and number == self._low):
            raise NotANumber(f"{self._shown(number)} cannot be taken here: {self._limits()}")
        return number

    def _limits(self) -> str:
        low = self._shown(self.minimum()) if math.isfinite(self._low) else ""
        high = self._shown(self.maximum()) if math.isfinite(self._high) else ""
        if low and high and not self._above:
            return f"from {low} to {high}"
        least = f"{'above' if self._above else 'at least'} {low}" if low else ""
        return " and ".join(part for part in (least, f"at most {high}" if high else "") if part)

    def shown(self, value: Any) -> str:
        """The number as it stands elsewhere in the window, with its suffix."""
        if value is None:
            return ""
        if self.specialValueText() and value == self._low:
            return self.specialValueText()
        return f"{self._shown(value)}{self._suffix}"

    def widest(self) -> tuple[str, ...]:
        """The limits, or a common number where there are none."""
        limits = [limit for limit in (self._low, self._high) if math.isfinite(limit)]
        return (
            *(f"{self._shown(self._number(limit))}{self._suffix}" for limit in limits),
            f"0.000{self._suffix}" if self._step is None else "",
        )

    # Arrows

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Arrows go as far as the limits."""
        flags = QAbstractSpinBox.StepEnabledFlag
        if self.isReadOnly() or self._value is None:
            return flags.StepNone
        if self.wrapping():
            return flags.StepUpEnabled | flags.StepDownEnabled
        up = flags.StepUpEnabled if self._value < self._high else flags.StepNone
        return up | (flags.StepDownEnabled if self._value > self._low else flags.StepNone)

    def stepBy(self, steps: int) -> None:
        """Go up or down; a text that is refused is left for the number before."""
        self.settle()
        if self._value is None:
            return
        number = self._stepped(steps)
        if self.wrapping() and not self._low <= number <= self._high:
            beyond_top = number > self._high
            at_end = self._value == (self._high if beyond_top else self._low)
            number = (self._low if beyond_top else self._high) if at_end else number
        least = self._low + self._smallest if self._above else self._low
        number = self._number(max(least, min(self._high, number)))
        self._show(number)
        self._take(number)
        self.selectAll()

    def _stepped(self, steps: int) -> float:
        value = Decimal(repr(self._value))
        if self._step is not None:
            return float(value + steps * Decimal(repr(self._step)))
        for _ in range(abs(steps)):
            value += self._power_below(value, steps > 0) * (1 if steps > 0 else -1)
        return float(value)

    def _power_below(self, value: Decimal, up: bool) -> Decimal:
        """A step that changes the second digit: 0.01 from 0.1 up, 0.001 from there down."""
        smallest = Decimal(repr(self._smallest))
        if not value:
            return smallest
        power = value.adjusted() - 1
        away = up == (value > 0)
        if not away and abs(value).normalize().as_tuple().digits == (1,):
            power -= 1
        return max(smallest, Decimal(1).scaleb(power))


class WholeField(NumberField):
    """A whole number between two limits."""

    def __init__(
        self, name: str, low: int, high: int, *, step: float | None = 1, **more: Any
    ) -> None:
        super().__init__(name, low, high, step=step, **more)

    def _number(self, value: float) -> int:
        return int(value)

    def _read(self, typed: str) -> int:
        return read_whole(typed)

    def _shown(self, value: Any) -> str:
        return shown_whole(value)

    def value(self) -> int:
        """The number that was taken last."""
        return int(self._value)


class NumberListField(TypedField):
    """Several numbers with commas, semicolons or blanks between them, none below `low`."""

    def __init__(
        self, name: str, low: float = -math.inf, tip: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(name, tip, parent)
        self._low = low
        self._value = ()
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)

    def read(self, typed: str) -> tuple[float, ...]:
        """The numbers of this text."""
        numbers = read_numbers(typed)
        for number in numbers:
            if number < self._low:
                least = shown_number(self._low)
                raise NotANumber(f"{shown_number(number)} cannot be taken here: at least {least}")
        return numbers

    def shown(self, value: Any) -> str:
        """The numbers with commas between them."""
        return ", ".join(map(shown_number, value))

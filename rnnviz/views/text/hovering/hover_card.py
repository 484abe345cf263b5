"""A small card beside the pointer: one character, what the unit does there, what comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct, field
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from rnnviz.core.architectures import Range, channel_named
from rnnviz.core.colours.colour import palette
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.views.shared.theme import Theme, mono_font, text_scale, theme_of, ui_font
from rnnviz.views.text.painting.glyphs import character_name, glyph

WIDTH = 264
_PAD = 12
_LINE = 20
_HEAD = 40
_AWAY = 8
"""How far the card stays from the character, in pixels."""


class HoverFacts(Struct, frozen=True):
    """All that the card says."""

    character: str
    offset: int
    """From 0, as everywhere in the program."""
    line: int
    """From 1, as people count."""
    column: int
    """From 1."""
    known: bool
    channel: str
    """The channel that colours the text."""
    values: Mapping[str, float]
    """The unit's value in every recorded channel."""
    surprisal_bits: float | None = None
    """None where the model gave no prediction."""
    predictions: tuple[tuple[str, float], ...] = field(default=())
    """The likeliest next characters and their probabilities, the likeliest first."""
    unit: str = ""
    """The unit's name."""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    """Where the values of a channel lie, if its name alone does not tell it."""


class HoverCard(QWidget):
    """Floats over its parent, lets the pointer through, and never covers what it speaks of."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("About the character under the pointer")
        self.facts: HoverFacts | None = None
        self.hide()

    def show_facts(self, facts: HoverFacts, cell: QRect) -> None:
        """Show facts about the character painted at `cell`, in the parent's coordinates."""
        if facts != self.facts:
            self.facts = facts
            self.setAccessibleDescription(spoken(facts))
            self.resize(_size(facts))
            self.update()
        self.move(_place(self.size(), cell, self._room.size()))
        if not self.isVisible():
            self.show()
            self.raise_()

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card."""
        if self.facts is None:
            return
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
            painter.scale(text_scale(), text_scale())
            y = self._paint_head(painter, theme, self.facts)
            y = self._paint_values(painter, theme, self.facts, y)
            self._paint_predictions(painter, theme, self.facts, y)

    def _paint_head(self, painter: QPainter, theme: Theme, facts: HoverFacts) -> float:
        box = QRectF(_PAD, _PAD, 34, 34)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.background))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor(theme.text))
        painter.setFont(_usual(15, mono_font))
        # A token has its place beside the box, in words.
        sign = _shown(facts.character) if len(facts.character) == 1 else "…"
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sign)
        left, width = _PAD + 44, WIDTH - 2 * _PAD - 44
        name = _named(facts.character)
        _write(painter, QRectF(left, _PAD - 1, width, 18), name, _bold(10), theme.text)
        where = f"line {facts.line:,}, column {facts.column:,}, offset {facts.offset:,}"
        _write(painter, QRectF(left, _PAD + 17, width, 18), where, _usual(8.5), theme.muted)
        if not facts.known:
            below = QRectF(_PAD, _PAD + _HEAD, WIDTH - 2 * _PAD, _LINE)
            told = "The model does not know this character; it was skipped"
            _write(painter, below, told, _usual(8.5), theme.bad)
        return _PAD + _HEAD + (0 if facts.known else _LINE) + 4

    def _paint_values(self, painter: QPainter, theme: Theme, facts: HoverFacts, y: float) -> float:
        largest = max((abs(value) for value in facts.values.values()), default=1.0)
        for channel, value in facts.values.items():
            chosen = channel == facts.channel
            font = _bold(9) if chosen else _usual(9)
            colour = theme.text if chosen else theme.muted
            _write(painter, QRectF(_PAD, y, 72, _LINE), channel, font, colour)
            track = QRectF(_PAD + 76, y + 7, 104, 6)
            within = facts.ranges.get(channel) or channel_named(channel).range
            if within == "share":
                _paint_bar(painter, theme, track, 0.0, value, "gate")
            else:
                share = value / (largest if within == "unbounded" and largest > 1 else 1.0)
                _paint_bar(painter, theme, track, 0.5, 0.5 + share / 2, "blue-orange")
            shown = shown_number(value, "+.3f") if within != "share" else f"{value:.3f}"
            _write_right(painter, QRectF(WIDTH - _PAD - 56, y, 56, _LINE), shown, font, colour)
            y += _LINE
        return y + 4

    def _paint_predictions(
        self, painter: QPainter, theme: Theme, facts: HoverFacts, y: float
    ) -> None:
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QPointF(_PAD, y + 0.5), QPointF(WIDTH - _PAD, y + 0.5))
        y += 6
        caption = QRectF(_PAD, y, WIDTH - 2 * _PAD, _LINE)
        _write(painter, caption, "surprisal", _usual(9), theme.muted)
        bits = facts.surprisal_bits
        told = "not predicted" if bits is None else f"{bits:.2f} bits"
        _write_right(painter, caption, told, _bold(9), theme.text)
        y += _LINE
        if facts.predictions:
            caption.moveTop(y)
            _write(painter, caption, "next, by likelihood", _usual(9), theme.muted)
            y += _LINE
        for character, probability in facts.predictions:
            box = QRectF(_PAD + 4, y, 68, _LINE)
            _write(painter, box, _shown(character), _usual(10.5, mono_font), theme.text)
            track = QRectF(_PAD + 76, y + 7, 104, 6)
            _paint_bar(painter, theme, track, 0.0, probability, "label")
            percent = f"{100 * probability:.1f} %"
            right = QRectF(WIDTH - _PAD - 56, y, 56, _LINE)
            _write_right(painter, right, percent, _usual(9), theme.text)
            y += _LINE


def spoken(facts: HoverFacts) -> str:
    """The facts as one line, for those who cannot see the card."""
    told = [
        f"{_named(facts.character)}, line {facts.line}, column {facts.column}",
        *([] if facts.known else ["the model does not know this character"]),
    ]
    value = facts.values.get(facts.channel)
    if value is not None:
        of_unit = f" of {facts.unit}" if facts.unit else ""
        told.append(f"{facts.channel}{of_unit} {shown_number(value, '+.3f')}")
    if facts.surprisal_bits is not None:
        told.append(f"surprisal {facts.surprisal_bits:.2f} bits")
    if facts.predictions:
        likely, p = facts.predictions[0]
        told.append(f"most likely next: {_named(likely)}, {p:.0%}")
    return ", ".join(told)


def _named(symbol: str) -> str:
    """A character by its name in words, a token or a class as it is."""
    return character_name(ord(symbol)) if len(symbol) == 1 else symbol


def _shown(symbol: str) -> str:
    """The character, a space by its sign: an empty box would say nothing; a token as it is."""
    if len(symbol) != 1:
        return symbol
    return "␣" if symbol == " " else glyph(ord(symbol)).shown


def _size(facts: HoverFacts) -> QSize:
    lines = len(facts.values) + 1 + (not facts.known)
    lines += len(facts.predictions) + bool(facts.predictions)
    return QSize(WIDTH, 2 * _PAD + _HEAD + lines * _LINE + 12) * text_scale()


def _place(card: QSize, cell: QRect, room: QSize) -> QPoint:
    """Below the character and to its right if there is room, else above, else beside it."""
    x = min(max(4, cell.left()), max(4, room.width() - card.width() - 4))
    y = cell.bottom() + 1 + _AWAY
    if y + card.height() > room.height():
        y = cell.top() - _AWAY - card.height()
    if y < 0:
        y = max(0, min(cell.top(), room.height() - card.height()))
        x = cell.right() + 1 + _AWAY
        if x + card.width() > room.width():
            x = cell.left() - _AWAY - card.width()
    return QPoint(x, y)


def _paint_bar(
    painter: QPainter, theme: Theme, track: QRectF, origin: float, end: float, name: str
) -> None:
    """A bar on a quiet track from `origin` to `end`, both as shares of the track."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.border))
    painter.drawRoundedRect(track, 3, 3)
    low, high = sorted((min(max(origin, 0.0), 1.0), min(max(end, 0.0), 1.0)))
    table = palette(name, theme.dark)
    red, green, blue, _ = table[0 if end < origin else 254].tolist()
    painter.setBrush(QColor(red, green, blue))
    wide = max(2.0, (high - low) * track.width())
    bar = QRectF(track.x() + low * track.width(), track.y(), wide, track.height())
    painter.drawRoundedRect(bar, 3, 3)
    if origin:
        middle = track.x() + origin * track.width()
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.drawLine(QPointF(middle, track.y() - 2), QPointF(middle, track.bottom() + 2))


def _usual(points: float, of: Callable[[float], QFont] = ui_font) -> QFont:
    """A font of the usual size: the painter makes the whole card larger."""
    return of(points / text_scale())


def _bold(points: float) -> QFont:
    font = _usual(points)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def _write(painter: QPainter, box: QRectF, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    fitted = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(box, left, fitted)


def _write_right(painter: QPainter, box: QRectF, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(box, right, text)

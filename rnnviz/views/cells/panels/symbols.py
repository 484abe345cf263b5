"""What stands for each symbol: the matrix whose rows one-hot vectors choose, and who is near whom.

The lecture's matrix picture: a vector of zeros with a single one, times the matrix, is one of its
rows.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from rnnviz.core.cells.symbol_vectors import IN_WORDS, SymbolVectors
from rnnviz.core.colours.colour import Scale
from rnnviz.core.sequences.texts.direction import quoted
from rnnviz.views.plots import ImagePlot, NamesPlot
from rnnviz.views.shared.controls.bars_view import BarsView
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.panel import Panel
from rnnviz.views.shared.words.plain_text import Label

_ALL, _NEAR, _BARS = 120, 24, 8
"""Up to so many symbols all are drawn; of more the one that is looked at and so many near it."""
_MARKS = {"\n": "↵", " ": "␣", "\t": "→", "\r": "␍"}


class SymbolsPanel(Panel):
    """Type a symbol, or click a word in the text; its row and its neighbours are shown."""

    name = "symbols"
    title = "Embedding"
    needs = ("model",)

    def follow(self) -> None:
        """Follow the model and the symbol that is looked at."""
        symbols = self.session.symbols
        symbols.changed.connect(self.request_draw)
        symbols.place_changed.connect(self.request_draw)

    def build(self) -> QWidget:
        """A field, the picture, the nearest."""
        page = QWidget()
        self.word = QLineEdit()
        self.word.setAccessibleName("Symbol")
        self.word.setPlaceholderText("a word or character that the model reads")
        self.word.returnPressed.connect(self._find)
        self.search = QPushButton("Find")
        self.search.clicked.connect(self._find)
        self.shown = Choices()
        self.shown.setAccessibleName("What is drawn")
        self.shown.addItems(["Matrix", "Map"])
        self.shown.activated.connect(self._switch)
        self.about = Label()
        self.about.setWordWrap(True)
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.one_hot = ImagePlot("One-hot vectors", with_bar=False)
        self.one_hot.set_labels("one-hot", "")
        self.matrix = ImagePlot("The matrix, a row a symbol", with_names=False)
        self.matrix.set_labels("dimension", "")
        for plot in (self.one_hot, self.matrix):
            plot.clicked.connect(self._choose_row)
        self.map = NamesPlot("Symbols in two dimensions")
        self.map.point_clicked.connect(self._choose_point)
        both = QWidget()
        beside = QHBoxLayout(both)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.one_hot, 1)
        beside.addWidget(self.matrix, 1)
        self.pictures = QStackedWidget()
        self.pictures.addWidget(both)
        self.pictures.addWidget(self.map)
        self.near = BarsView("Nearest symbols and their cosines")
        self.near.clicked.connect(self._choose_near)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.word, 1)
        row.addWidget(self.search)
        row.addWidget(self.shown)
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.about)
        column.addWidget(self.pictures, 1)
        column.addWidget(self.near)
        self._rows: list[int] = []
        return page

    def draw(self) -> None:
        """Show the symbol that is looked at, with what lies near it."""
        symbols = self.session.symbols
        symbols.want()
        found, place = symbols.vectors, symbols.place
        self.pictures.setVisible(found is not None)
        self.near.setVisible(found is not None and place is not None)
        if found is None:
            self.about.setText(symbols.failure or "Reading the model's vectors…")
            return
        near = [] if place is None else found.nearest(place, _NEAR)
        self._rows = _shown(found, place, [one for one, _ in near])
        if place is not None and self.word.text() != found.symbols[place]:
            self.word.setText(found.symbols[place])
        self._draw_matrix(found, place)
        self._draw_map(found, place, [one for one, _ in near[:_BARS]])
        self._near = [one for one, _ in near[:_BARS]]
        self.near.set_bars(
            [_named(found.symbols[one]) for one in self._near],
            [cosine for _, cosine in near[:_BARS]],
            1.0,
        )
        self.about.setText(_sentence(found, place, len(self._rows)))

    def _draw_matrix(self, found: SymbolVectors, place: int | None) -> None:
        rows, size = self._rows, len(found.symbols)
        names = [_named(found.symbols[one]) for one in rows]
        marked = rows.index(place) if place in rows else None
        ones = np.zeros((len(rows), len(rows)), np.float32)
        np.fill_diagonal(ones, 1.0)
        values = found.vectors[rows]
        reach = float(np.quantile(np.abs(values), 0.98)) or 1.0
        scale = Scale(-round(reach, 2) or -reach, round(reach, 2) or reach, "blue-orange")
        for plot, shown, colours in (
            (self.one_hot, ones, Scale(0.0, 1.0, "surprisal")),
            (self.matrix, values, scale),
        ):
            plot.set_rows({}, name_of=names.__getitem__)
            plot.set_values(shown, 0, colours)
            plot.set_marks(marked, None)
        count = f"{len(rows):,} of {size:,}" if len(rows) < size else f"{size:,}"
        self.one_hot.set_labels(f"one-hot, {count}", "")
        self.matrix.set_labels(f"{values.shape[1]:,} dimensions", "")

    def _draw_map(self, found: SymbolVectors, place: int | None, near: list[int]) -> None:
        named = list(range(len(found.symbols)))
        if len(named) > _ALL:
            named = self._rows
        strong = [named.index(one) for one in (place, *near) if one in named]
        others = np.delete(found.plane, named, axis=0) if len(named) < len(found.plane) else None
        if others is not None and len(others) > 2000:
            others = others[:: len(others) // 2000 + 1]
        self._mapped = named
        first, second = found.explained
        self.map.set_labels(
            f"first direction, {first:.0%} of the variance", f"second, {second:.0%}"
        )
        self.map.set_named(
            [_named(found.symbols[one]) for one in named], found.plane[named], strong, others
        )

    @Slot()
    def _switch(self) -> None:
        self.pictures.setCurrentIndex(self.shown.currentIndex())

    @Slot()
    def _find(self) -> None:
        word = self.word.text()
        known = self.session.symbols.find(word) or self.session.symbols.find(word.strip())
        if not known and self.session.symbols.vectors is not None:
            self.about.setText(f"{quoted(word)} is not in the model's vocabulary; try another.")

    @Slot(float, float)
    def _choose_row(self, _x: float, y: float) -> None:
        row = int(y)
        if 0 <= row < len(self._rows):
            self.session.symbols.look_at(self._rows[row])

    @Slot(int, int)
    def _choose_point(self, group: int, place: int) -> None:
        if group == 0 and place < len(self._mapped):
            self.session.symbols.look_at(self._mapped[place])

    @Slot(int)
    def _choose_near(self, row: int) -> None:
        if row < len(self._near):
            self.session.symbols.look_at(self._near[row])


def _shown(found: SymbolVectors, place: int | None, near: list[int]) -> list[int]:
    """Which symbols are drawn, in what order: all of few; else the chosen one and those near it."""
    size = len(found.symbols)
    if size <= _ALL:
        return list(range(size))
    return list(range(_NEAR + 1)) if place is None else [place, *near]


def _named(symbol: str) -> str:
    """A symbol for people: what cannot be seen has a mark."""
    return "".join(_MARKS.get(letter, letter) for letter in symbol.replace("\u2581", "␣"))


def _sentence(found: SymbolVectors, place: int | None, shown: int) -> str:
    """What the picture is, in words."""
    size, width = found.vectors.shape
    words = (
        f"{size:,} symbols, {width:,} numbers each: {IN_WORDS[found.source]}. "
        "A one-hot vector (left) times this matrix (right) is one of its rows"
    )
    if place is None:
        return f"{words}. Click a word in the text, or type one."
    drawn = f" Drawn: it and the {shown - 1} nearest to it." if shown < size else ""
    return f"{words}, here that of {quoted(_named(found.symbols[place]))}.{drawn}"

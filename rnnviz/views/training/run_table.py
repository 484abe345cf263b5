"""The list of runs: how each is, how far, how good, and the settings in which they differ.

The names stay where they are while the columns behind them scroll.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QSettings,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from rnnviz.session.training.runs import Runs
from rnnviz.views.plots import SWATCH
from rnnviz.views.shared.controls.plain_rows import set_plain_rows
from rnnviz.views.training.run_model import Index, RunModel

ROW_PIXELS = 28
_LEAST_NAME, _MOST_NAME, _MOST_WIDTH, _PADDING = 124, 260, 190, 22
_MARK = 12
"""Room for a tick and a swatch."""


class _Washed(QStyledItemDelegate):
    """Paints the ground of cells, which a style sheet would leave out."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """The ground, unless the row is chosen; then the cell."""
        wash = index.data(Qt.ItemDataRole.BackgroundRole)
        if wash is not None and not option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, wash)
        super().paint(painter, option, index)


class _Rows(QTableView):
    """One of the two halves of the list."""

    def __init__(self, model: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setIconSize(SWATCH)
        self.setItemDelegate(_Washed(self))
        set_plain_rows(self, ROW_PIXELS)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)


class _Names(_Rows):
    """The names, over the left end of the list whose columns scroll under them."""

    def __init__(self, model: RunModel, behind: RunTable) -> None:
        super().__init__(model, behind)
        self.setObjectName("names")
        self.setAccessibleName("Names of the training runs")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self._behind = behind

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu as behind it."""
        self._behind.open_menu(self.indexAt(event.pos()).row(), event.globalPos())

    def zoom(self, steps: float) -> None:
        """As large as what lies behind it, which sees to that."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll what lies behind it."""
        self._behind.wheelEvent(event)


class RunTable(_Rows):
    """Choosing a row chooses the run; ticking it draws its curves.

    Signals:
        run_chosen(OpenRun): the person chose this row.
        rename_requested: the person wants to give the current run another name.
        delete_requested: the person wants to be rid of the current run.
        words_grew: its words have another size, and its rows another height.
    """

    run_chosen = Signal(object)
    rename_requested = Signal()
    delete_requested = Signal()
    words_grew = Signal()
    menu: QMenu | None = None
    """Opened over a row, which is chosen first."""

    def __init__(
        self, runs: Runs, settings: QSettings | None = None, parent: QWidget | None = None
    ) -> None:
        self.runs_model = RunModel(runs, settings)
        super().__init__(self.runs_model, parent)
        self.runs_model.setParent(self)
        self.setAccessibleName("Training runs")
        self._runs = runs
        self._setting = False
        self._longest: list[int] = []
        """Letters of the longest words of each column for which it is as wide as it is."""
        self.names = _Names(self.runs_model, self)
        self.names.setSelectionModel(self.selectionModel())
        for bars in ((self, self.names), (self.names, self)):
            bars[0].verticalScrollBar().valueChanged.connect(bars[1].verticalScrollBar().setValue)
        for view in (self, self.names):
            view.horizontalHeader().sectionClicked.connect(self._sort)
        self.horizontalHeader().sectionResized.connect(self._resized)
        self.names.horizontalHeader().sectionResized.connect(self._name_resized)
        self.runs_model.columns_changed.connect(self._fit_columns)
        self.runs_model.modelReset.connect(self._choose_current)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.selectionModel().currentRowChanged.connect(self._row_chosen)
        self._fit_columns()

    @Slot()
    def catch_up(self) -> None:
        """Show what the runs are by now, and which one is current."""
        self.runs_model.catch_up()
        # A run that was opened is read on for a while, and one that goes on reaches larger steps.
        longest = self.runs_model.longest()
        if longest != self._longest:
            self._longest = longest
            self._fit_columns()
        self._choose_current()

    def _choose_current(self) -> None:
        row = self.runs_model.row_of(self._runs.current)
        self._setting = True
        if row < 0:
            self.clearSelection()
        elif self.currentIndex().row() != row:
            self.selectRow(row)
            self._show_current()
        self._setting = False

    # Widths

    @Slot()
    def _fit_columns(self) -> None:
        """Every column as wide as what stands in it; the names take what they leave."""
        model = self.runs_model
        metrics, heads = QFontMetrics(self.font()), QFontMetrics(self.horizontalHeader().font())
        self._setting = True
        for place, column in enumerate(model.columns):
            self.names.setColumnHidden(place, place > 0)
            if place == 0:
                continue
            words = {model.data(model.index(row, place)) for row in range(model.rowCount())}
            widest = max((metrics.horizontalAdvance(str(word)) for word in words), default=0)
            # Room for the arrow of the order, so that sorting moves nothing.
            head = heads.horizontalAdvance(column.title + " ↓")
            self.setColumnWidth(place, min(max(widest, head) + _PADDING, _MOST_WIDTH))
        self._setting = False
        self._fit_name()

    def _fit_name(self) -> None:
        model = self.runs_model
        metrics = QFontMetrics(self.font())
        names = (str(model.data(model.index(row, 0))) for row in range(model.rowCount()))
        wanted = max(map(metrics.horizontalAdvance, names), default=0)
        wanted += SWATCH.width() + 2 * _PADDING + _MARK
        left = self.viewport().width() - sum(
            self.columnWidth(place) for place in range(1, len(model.columns))
        )
        most = max(_LEAST_NAME, min(_MOST_NAME, self.viewport().width() // 2))
        self._setting = True
        self.setColumnWidth(0, max(min(max(wanted, _LEAST_NAME), most), left))
        self._setting = False
        self._place_names()

    @Slot(int, int, int)
    def _resized(self, section: int, _before: int, width: int) -> None:
        if section == 0:
            self.names.setColumnWidth(0, width)
            self._place_names()

    @Slot(int, int, int)
    def _name_resized(self, section: int, _before: int, width: int) -> None:
        """The person drew the edge of the names."""
        if section == 0 and self.columnWidth(0) != width and not self._setting:
            self.setColumnWidth(0, width)

    def _place_names(self) -> None:
        header = self.horizontalHeader()
        self.names.setColumnWidth(0, self.columnWidth(0))
        edge = self.frameWidth()
        height = self.viewport().height() + header.height()
        self.names.setGeometry(edge, edge, self.columnWidth(0), height)
        self.names.horizontalHeader().setFixedHeight(header.height())
        size = self.verticalHeader().defaultSectionSize()
        if self.names.verticalHeader().defaultSectionSize() != size:
            self.names.verticalHeader().setDefaultSectionSize(size)

    def updateGeometries(self) -> None:
        """The names stay over the left end."""
        super().updateGeometries()
        if hasattr(self, "names"):
            self._place_names()

    def changeEvent(self, event: QEvent) -> None:
        """Larger words have wider columns, and the names are as large."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "names"):
            # After whoever changed the font has made the rows and the captions as high.
            QTimer.singleShot(0, self, self._refit)

    @Slot()
    def _refit(self) -> None:
        self.names.setFont(self.font())
        heads = self.names.horizontalHeader()
        heads.setFont(self.horizontalHeader().font())
        heads.viewport().setFont(heads.font())  # under a style sheet it inherits none
        self._fit_columns()
        self._place_names()
        self.words_grew.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the current run in sight, also where there are more than find room."""
        super().resizeEvent(event)
        self._fit_name()
        self._show_current()

    def _show_current(self) -> None:
        self.executeDelayedItemsLayout()
        self.names.executeDelayedItemsLayout()
        self.scrollTo(self.currentIndex())

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Bring a cell into sight, and out from under the names."""
        super().scrollTo(index, hint)
        if index.column() > 0:
            hidden = self.names.width() - self.visualRect(index).left()
            if hidden > 0:
                bar = self.horizontalScrollBar()
                bar.setValue(bar.value() - hidden)

    # What a person does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Blank ticks, Return sorts by the column, F2 renames, Delete asks."""
        run = self.runs_model.run_at(self.currentIndex().row())
        if event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            if event.key() == Qt.Key.Key_Space and run is not None:
                self._runs.set_shown(run, not run.shown)
                return
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._sort(self.currentIndex().column())
                return
            wish = {
                Qt.Key.Key_F2: self.rename_requested,
                Qt.Key.Key_Delete: self.delete_requested,
            }.get(Qt.Key(event.key()))
            if wish is not None and run is not None:
                wish.emit()
                return
        super().keyPressEvent(event)

    @Slot(int)
    def _sort(self, section: int) -> None:
        if 0 <= section < len(self.runs_model.columns):
            self.runs_model.sort_by(self.runs_model.columns[section].key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with the run under the pointer, or with the chosen one by the key."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            place = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            self.open_menu(index.row(), place)
        else:
            self.open_menu(self.indexAt(event.pos()).row(), event.globalPos())

    def open_menu(self, row: int, place: object) -> None:
        """The menu of the run in a row, at a place on the screen."""
        if self.menu is not None and row >= 0:
            self.menu.popup(place)  # type: ignore[arg-type]

    @Slot(QModelIndex)
    def _row_chosen(self, index: QModelIndex) -> None:
        run = self.runs_model.run_at(index.row())
        if run is not None and run is not self._runs.current and not self._setting:
            self.run_chosen.emit(run)

"""Whatever fails while a widget is painted, its painter ends: one left active ends the program."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QDockWidget, QWidget

import rnnviz.views
from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.alignments.trajectory import trajectory
from rnnviz.core.colours.colour import Scale
from rnnviz.core.sequences.text import Text
from rnnviz.core.training_tasks.structures import STRUCTURES
from rnnviz.nets.answering.unroll import TASKS
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.unroll.unroll import Unroll
from rnnviz.views.alignments.drawing.lines_view import LinesView
from rnnviz.views.alignments.drawing.step_view import StepView
from rnnviz.views.alignments.drawing.table_view import TableView
from rnnviz.views.alignments.drawing.tree_view import TreeView
from rnnviz.views.alignments.panels.trajectory import TrajectoryView
from rnnviz.views.cells.legend import Legend
from rnnviz.views.shared.controls.bars_view import BarsView
from rnnviz.views.shared.controls.colour_bar import ColourBar
from rnnviz.views.shared.controls.dock_handle import DockHandle
from rnnviz.views.shared.words.elided_label import ElidedLabel
from rnnviz.views.text.hovering.hover_card import HoverCard, HoverFacts
from rnnviz.views.text.minimap import Minimap
from rnnviz.views.text.text_view import TextView
from rnnviz.views.training.structure_bar import StructureButton
from rnnviz.views.unroll.drawing import UnrollDrawing
from rnnviz.views.unroll.formula_panel import FormulaPanel
from rnnviz.views.unroll.pointed_picture import PointedPicture
from tests.asking import PipedRunner

SCALE = Scale(0.0, 1.0, "gate")


class FailingPainter(QPainter):
    """Can do nothing but begin and end."""

    made: ClassVar[list[QPainter]] = []

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        FailingPainter.made.append(self)

    def __getattribute__(self, name: str) -> Any:
        if name in ("begin", "end", "isActive") or name.startswith("__"):
            return super().__getattribute__(name)
        raise RuntimeError("painting fails")


def card() -> QWidget:
    parent = QWidget()
    parent.resize(900, 600)
    made = HoverCard(parent)
    made.show_facts(HoverFacts("é", 0, 1, 1, True, "cell", {"cell": 0.1}), QRect(10, 10, 9, 18))
    made.kept = parent  # type: ignore[attr-defined]
    return made


def gradient() -> QWidget:
    made = ColourBar()
    made.show_scale(SCALE)
    return made


def handle() -> QWidget:
    dock = QDockWidget("Curves")
    made = DockHandle(dock)
    dock.setTitleBarWidget(made)
    made.kept = dock  # type: ignore[attr-defined]
    return made


def lines() -> QWidget:
    made = LinesView("lines")
    made.set_alignment(Alignment(("a",), ("b",), np.ones((1, 1), np.float32)), 1.0)
    made.resting()
    return made


def table() -> QWidget:
    made = TableView("table")
    made.set_table(np.eye(2, dtype=np.float32), "ab", "xy", SCALE)
    made.resting()
    return made


def text() -> QWidget:
    made = TextView()
    made.set_text(Text.of("a text\n" * 9, "t"))
    return made


def bars() -> QWidget:
    made = BarsView("bars")
    made.set_bars(("a", "b"), (0.5, 1.0), 1.0)
    return made


def minimap() -> QWidget:
    made = Minimap()
    made.set_length(100)
    return made


def way() -> QWidget:
    made = TrajectoryView()
    made.show_way(("a", "b", "c"), trajectory(np.eye(3, dtype=np.float32)))
    return made


def label() -> QWidget:
    return ElidedLabel("words")


def formula() -> QWidget:
    panel = FormulaPanel("formula")
    panel.set_formulas("h_t = 1")
    return panel


def button() -> QWidget:
    return StructureButton(STRUCTURES[0])


# How those are made that need something to be made of, or to paint; all others are made of nothing.
MADE: dict[type[QWidget], Callable[[], QWidget]] = {
    BarsView: bars, DockHandle: handle, ElidedLabel: label, FormulaPanel: formula,
    ColourBar: gradient, HoverCard: card, Legend: Legend, LinesView: lines,
    Minimap: minimap, StructureButton: button, TableView: table,
    StepView: lambda: StepView("step"), TextView: text,
    TrajectoryView: way, TreeView: lambda: TreeView("tree"),
}  # fmt: skip


def painting_widgets() -> set[type]:
    """Every class of the window that paints itself, but for parts of others."""
    found = set()
    for one in pkgutil.walk_packages(rnnviz.views.__path__, "rnnviz.views."):
        for _, kind in inspect.getmembers(importlib.import_module(one.name), inspect.isclass):
            own = kind.__module__ == one.name and not kind.__name__.startswith("_")
            if own and "paintEvent" in vars(kind):
                found.add(kind)
    return found


def named(kind: Any) -> str:
    return str(kind.__name__)


def failing(monkeypatch, widget: QWidget) -> None:
    """Let everything fail that its painter does, and look at the painter."""
    for kind in type(widget).__mro__:  # one that paints may leave it to what it is derived from
        if "paintEvent" in vars(kind) and kind.__module__.startswith("rnnviz."):
            monkeypatch.setattr(f"{kind.__module__}.QPainter", FailingPainter)
    FailingPainter.made.clear()
    with pytest.raises(RuntimeError, match="painting fails") as caught:
        widget.grab()
    # What was caught holds on to the frame that painted, as whoever shows it does.
    assert caught.traceback
    assert FailingPainter.made
    assert not any(QPainter.isActive(painter) for painter in FailingPainter.made)
    monkeypatch.undo()
    assert not widget.grab().isNull()


@pytest.mark.parametrize(
    "kind", sorted(painting_widgets() - {PointedPicture, UnrollDrawing}, key=named), ids=named
)
def test_a_painter_ends_where_painting_fails(kind, qtbot, appearance, monkeypatch) -> None:
    widget = MADE.get(kind, kind)()
    qtbot.addWidget(widget.window())
    widget.resize(300, 120)
    widget.grab()
    failing(monkeypatch, widget)


def test_the_painter_of_unroll_ends_too(qtbot, appearance, monkeypatch, tmp_path) -> None:
    unroll = Unroll(Jobs(PipedRunner(TASKS)), tmp_path)
    drawing = UnrollDrawing(unroll)
    qtbot.addWidget(drawing)
    failing(monkeypatch, drawing)
    unroll.close()


def test_every_painter_ends_by_itself() -> None:
    """Made in a `with`: one in a variable lives as long as the traceback of what failed."""
    for path in sorted(Path(rnnviz.views.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        within = {
            id(item.context_expr) for node in ast.walk(tree) if isinstance(node, ast.With)
            for item in node.items
        }  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "QPainter":
                assert id(node) in within, f"{path.name}:{node.lineno} makes a painter that stays"

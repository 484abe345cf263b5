"""The best unit for each concept is there when a model opens, and a click shows it."""

from PySide6.QtCore import Qt

from rnnviz.views.cells.panels.ranking import RankingPanel
from tests.views.window.test_window import home, make_window, window

__all__ = ["home", "make_window", "window"]


def words(table, row, column):
    item = table.item(row, column)
    assert item is not None
    return item.text()


def test_a_row_for_each_concept_that_suits_and_a_click_shows_its_unit(window, qtbot):
    session = window.session
    qtbot.waitUntil(lambda: session.rankings.best is not None)
    panel = next(
        one for one in window.workspace_tabs.current.panels if isinstance(one, RankingPanel)
    )
    qtbot.waitUntil(lambda: hasattr(panel, "best") and panel.best.isVisible())
    table = panel.best.table
    titles = [words(table, row, 0) for row in range(table.rowCount())]
    assert "Inside double quotes" in titles and "Position in the line" in titles
    assert "Brace depth" not in titles
    row = titles.index("Position in the line")
    place = table.visualRect(table.model().index(row, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.selection.concept == "position-in-line"
    recording = session.recordings.recording
    name, channel = recording.unit_name(session.selection.unit), session.selection.channel
    assert words(table, row, 1) in (name, f"{name} {channel}")
    assert words(table, row, 2).startswith("r ")
    assert words(table, titles.index("Inside double quotes"), 2).startswith("AUC ")


def test_the_chosen_row_is_of_the_unit_and_the_concept_on_the_screen(window, qtbot):
    session = window.session
    qtbot.waitUntil(lambda: session.rankings.best is not None)
    panel = next(
        one for one in window.workspace_tabs.current.panels if isinstance(one, RankingPanel)
    )
    qtbot.waitUntil(lambda: hasattr(panel, "best") and panel.best.isVisible())
    table, best = panel.best.table, session.rankings.best.best
    session.selection.set_concept(best[1].concept)
    session.selection.select_unit(best[1].unit, best[1].channel)
    assert table.currentRow() == 1
    session.selection.set_concept(best[0].concept)
    session.selection.select_unit(best[0].unit, best[0].channel)
    assert table.currentRow() == 0
    session.selection.select_unit(best[0].unit ^ 1, best[0].channel)
    assert table.currentRow() == -1
    assert not table.selectedIndexes()

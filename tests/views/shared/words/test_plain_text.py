"""Names from files are shown as they are, never taken for formatting."""

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

import rnnviz.views
from rnnviz.views.shared.words.plain_text import Label, LinkLabel, plain_tip

SOURCES = sorted(Path(rnnviz.views.__file__).parent.rglob("*.py"))
BOXES = {"warning", "information", "question", "critical", "about"}


def test_a_label_shows_what_it_is_given(qtbot):
    plain, bold = Label("<b>wide</b> & <i>thin</i>.txt"), Label("x")
    for label in (plain, bold):
        qtbot.addWidget(label)
    assert plain.textFormat() == Qt.TextFormat.PlainText
    advance = plain.fontMetrics().horizontalAdvance(plain.text())
    assert plain.sizeHint().width() >= advance


def test_a_name_turns_nothing_round(qtbot):
    label = Label("letter.txt, 12 kB")
    qtbot.addWidget(label)
    label.setText("gpj.\u202etxt, 12 kB")
    assert label.text() == "gpj.\ufffdtxt, 12 kB"
    label.setText("after \u2068\u05d0\u2069: 3")  # as words of a text stand in a sentence
    assert label.text() == "after \u2068\u05d0\u2069: 3"
    assert plain_tip("a\u202eb") == "a\ufffdb"


@pytest.mark.parametrize("words", ["<b>name</b>.txt", "a <br> b", "<img src=x>", "a &lt;b"])
def test_a_tooltip_escapes_what_qt_would_format(words):
    assert "<b>" not in plain_tip(words).replace("<span", "")
    assert "lt;" in plain_tip(words)
    assert "<img" not in plain_tip(words)


@pytest.mark.parametrize("words", ["4 > 3", "R&D.txt", "plain", ""])
def test_other_words_stay_as_they_are(words):
    assert plain_tip(words) == words


def faults(source: str) -> list[str]:
    """Calls that let Qt guess whether what people wrote is HTML."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name == "QLabel" or (name.startswith("QMessageBox.") and name[12:] in BOXES):
            found.append(f"{node.lineno}: {name}")
        if name.endswith(("setToolTip", "setTabToolTip")) or name == "QToolTip.showText":
            words = node.args[1] if name == "QToolTip.showText" else node.args[-1]
            said = isinstance(words, ast.Constant) or "plain_tip" in ast.unparse(words)
            if not said:
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_view_lets_qt_guess(path):
    if path.name != "plain_text.py":
        assert faults(path.read_text(encoding="utf-8")) == []


def dead_links(source: str) -> list[str]:
    """Labels whose links nobody would see as such: the text of a `Label` is shown as it is."""
    made = {
        ast.unparse(node.targets[0]): ast.unparse(node.value.func)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    }
    asked = [
        ast.unparse(node.func.value.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "linkActivated"
    ]
    return [name for name in asked if made.get(name) != "LinkLabel"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_links_are_in_labels_that_show_them(path):
    source = path.read_text(encoding="utf-8")
    assert dead_links(source) == []
    assert "<a href" not in source or "LinkLabel" in source


def test_a_dead_link_would_be_found(qtbot):
    connected = "self.said = {}()\nself.said.linkActivated.connect(self.go)"
    assert dead_links(connected.format("Label")) == ["self.said"]
    assert dead_links(connected.format("LinkLabel")) == []
    label = LinkLabel('see <a href="12">1:12</a>')
    qtbot.addWidget(label)
    assert label.sizeHint().width() < Label(label.text()).sizeHint().width()


def test_a_guess_would_be_found():
    assert faults("QLabel(name)") == ["1: QLabel"]
    assert faults("leaf.setToolTip(0, str(path))") == ["1: leaf.setToolTip(0, str(path))"]
    assert faults("QMessageBox.warning(self, 'x', words)") == ["1: QMessageBox.warning"]
    assert faults("leaf.setToolTip(plain_tip(name))") == []

"""Alignments in files of other programs: exact, well-formed, nothing fetched from outside."""

import csv
import io
import json
import re
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtQml import QJSEngine

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import AlignmentError, RnnvizError
from rnnviz.core.export.alignments.figure import DrawnAlignment, alignment_figure
from rnnviz.core.export.alignments.files import alignment_csv, write_alignments
from rnnviz.core.export.alignments.html import alignment_page
from rnnviz.core.export.alignments.tikz import alignment_tikz, tex
from rnnviz.core.export.svg import svg

HARD = ("</script>", "50 %", "a\x1b[31m", "שלום", "\ud800", "▁x_y")


def drawn(size: int = 6, **changes) -> DrawnAlignment:
    weights = np.random.default_rng(1).dirichlet(np.ones(size) * 0.3, size).astype(np.float32)
    tokens = HARD[:size] if size <= 6 else tuple(f"w{place}" for place in range(size))
    return DrawnAlignment(Alignment(tokens, tokens[::-1], weights), **changes)


@pytest.mark.parametrize("look", ["map", "lines"])
@pytest.mark.parametrize("size", [0, 1, 6, 300])
def test_a_figure_is_well_formed_at_any_size(look, size):
    if size == 0:
        empty = Alignment((), (), np.zeros((0, 0), np.float32))
        figure = alignment_figure(DrawnAlignment(empty), look)
    else:
        figure = alignment_figure(drawn(size), look)
    root = ET.fromstring(svg(figure).encode("utf-8", "replace"))
    assert float(root.get("width", 0)) > 100


def test_every_weight_has_its_box_in_its_place():
    weights = np.array([[1, 0], [0.25, 0.75]], np.float32)
    figure = alignment_figure(DrawnAlignment(Alignment(("a", "b"), ("x", "y"), weights)), "map")
    boxes = [box for box in figure.boxes if box.height == 23.0]
    left, top = min(box.x for box in boxes), min(box.y for box in boxes)
    places = [(round((box.x - left) / 24, 3), round((box.y - top) / 24, 3)) for box in boxes]
    assert places == [(0, 0), (0, 1), (1, 1)]
    assert len({box.colour for box in boxes}) == 3


def test_lines_are_as_many_as_the_share_asks():
    weights = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    part = DrawnAlignment(Alignment(("a", "b"), ("x", "y"), weights), share=0.85)
    strokes = alignment_figure(part, "lines").strokes
    assert len(strokes) == 2
    assert strokes[-1].width > strokes[0].width


def test_numbers_come_back_from_csv_exactly():
    part = drawn().alignment
    rows = list(csv.reader(io.StringIO(alignment_csv(part), newline="")))
    assert tuple(rows[0][1:]) == part.source
    assert np.array_equal(np.array([row[1:] for row in rows[1:]], np.float32), part.weights)


@pytest.mark.parametrize("look", ["map", "lines"])
def test_latex_is_balanced_and_escaped(look):
    made = alignment_tikz(drawn(title="50 % of_it\nand more"), look)
    outside = re.sub(r"\\.", "", made)
    assert outside.count("{") == outside.count("}")
    assert made.count("\\begin{tikzpicture}") == made.count("\\end{tikzpicture}") == 1
    assert "\x1b" not in made
    comments = [line for line in made.splitlines() if line.startswith("%")]
    assert comments[-1] == "% 50 % of_it and more"


def test_small_weights_fill_the_scale_that_they_are_given():
    weights = np.array([[0.02, 0.01]], np.float32)
    part = DrawnAlignment(Alignment(("a", "b"), ("x",), weights), scale=Scale(0, 0.02, "gate"))
    assert "full!100]" in alignment_tikz(part)
    assert "full!50]" in alignment_tikz(part, "lines") or "full!50," in alignment_tikz(
        part, "lines"
    )
    assert part.legend == ("0", "weight", "0.02")
    data = json.loads(
        re.findall(r'<script type="application/json">(.*?)</script>', alignment_page([part]))[0]
    )
    assert data["high"] == 0.02
    assert data["weights"] == [[0.02, 0.01]]
    assert len(alignment_figure(part, "lines").strokes) == 2


def test_what_lies_beyond_the_scale_is_said_in_the_legend():
    weights = np.array([[0.5, 0.01]], np.float32)
    part = DrawnAlignment(Alignment(("a", "b"), ("x",), weights), scale=Scale(0, 0.02, "gate"))
    assert part.legend[2] == "≥ 0.02"
    assert r"$\geq$ 0.02" in alignment_tikz(part)


def test_negative_numbers_have_their_colour_in_latex():
    states = np.array([[-0.5, 0.25]], np.float32)
    scale = Scale(-0.5, 0.5, "blue-orange")
    part = DrawnAlignment(
        Alignment(("0", "1"), ("x",), states), scale=scale, quantity="encoder state"
    )
    made = alignment_tikz(part)
    assert "\\fill[negative!100]" in made
    assert "\\fill[full!50]" in made


def test_no_cell_of_a_table_is_a_formula():
    words = ('=HYPERLINK("http://evil.example")', "@SUM(1+1)", "-2+3", "-0.5", "=", "chat")
    table = alignment_csv(Alignment(words, words, np.eye(6, dtype=np.float32)))
    rows = list(csv.reader(io.StringIO(table)))
    for shown in (rows[0][1:], [row[0] for row in rows[1:]]):
        assert shown == [f"'{words[0]}", "'@SUM(1+1)", "'-2+3", "-0.5", "=", "chat"]


def test_latex_of_hostile_tokens():
    assert tex(r"\input{x}") == r"\textbackslash{}input\{x\}"


def test_a_page_holds_all_and_fetches_nothing():
    page = alignment_page([drawn(), drawn(2)], "<i>")
    assert "&lt;i&gt;" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    packed = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert len(packed) == 2
    first = json.loads(packed[0])
    assert first["weights"][0] == pytest.approx(drawn().alignment.weights[0].tolist(), abs=6e-5)
    assert first["source"][0] == "</script>"


@pytest.mark.parametrize("ending", [".svg", ".csv", ".tex", ".html"])
def test_files_are_written_by_their_ending(tmp_path, ending):
    path = tmp_path / f"alignment{ending}"
    write_alignments(path, [drawn()])
    assert path.stat().st_size > 100


def test_other_endings_and_numbers_are_refused(tmp_path):
    with pytest.raises(AlignmentError, match="choose a name that ends so"):
        write_alignments(tmp_path / "alignment.gif", [drawn()])
    with pytest.raises(AlignmentError, match=r"write an \.html page"):
        write_alignments(tmp_path / "alignment.csv", [drawn(), drawn()])
    with pytest.raises(RnnvizError, match="cannot write"):
        write_alignments(tmp_path / "no" / "alignment.csv", [drawn()])


HEBREW = Alignment(
    ("מטמון", "התגלה", "במערה"),
    ("treasure", "found"),
    np.array([[0.9, 0.06, 0.04], [0.02, 0.9, 0.08]], np.float32),
)
_PAGE = r"""
function node() {
  var made = { children: [], cells: [], rows: [], style: {}, dataset: {}, heard: {} };
  made.classes = [];
  made.classList = {
    contains: function () { return false; },
    add: function (name) { made.classes.push(name); }, toggle: function () {} };
  made.appendChild = function (child) {
    made.children.push(child); if (made.isRow) { put(made, child); } return child; };
  made.addEventListener = function (name, heard) { made.heard[name] = heard; };
  made.getBoundingClientRect = function () {
    return { left: 0, top: 0, bottom: 0, width: 0, height: 0 }; };
  made.closest = function () { return made; };
  made.insertCell = function () { return put(made, node()); };
  made.insertRow = function () {
    var row = node(), rows = made.table.rows;
    row.isRow = true; row.parentNode = made; row.rowIndex = rows.length;
    rows.push(row); return row; };
  made.createTHead = made.createTBody = function () {
    var part = node(); part.table = made; return part; };
  return made;
}
function put(row, cell) {
  cell.cellIndex = row.cells.length; cell.parentNode = row;
  row.cells.push(cell); return cell; }
var innerWidth = 900, innerHeight = 900;
var card = node(), script = node(), place = node(), bar = node();
script.textContent = DATA;
var section = node();
section.querySelector = function (name) {
  var known = { script: script, '.alignment': place, table: place.children[0], '.bar': bar };
  return known[name] || node(); };
section.querySelectorAll = function () { return []; };
var root = node(), document = {
  documentElement: root, createElement: node,
  getElementById: function (name) { return name === 'card' ? card : node(); },
  querySelectorAll: function () { return [section]; } };
"""
"""As much of a browser as a page of one table needs."""


def test_the_table_of_a_page_has_the_first_hebrew_word_at_the_right(qapp):
    page = alignment_page([DrawnAlignment(HEBREW)])
    data = re.search(r'<script type="application/json">(.*?)</script>', page)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[-1]
    assert data is not None
    # Qt's stubs give what `evaluate` returns another type than it has.
    engine: Any = QJSEngine()

    def said(code: str) -> str:
        found = engine.evaluate(code)
        assert not found.isError(), found.toString()
        return str(found.toString())

    told = json.dumps(data[1].replace('"words":true', '"words":false'))
    said(f"var DATA = {told};{_PAGE}{script}")
    rows = "section.querySelector('table').rows"
    names = f"{rows}[0].cells.slice(1).map(function (c) {{ return c.children[0].textContent; }})"
    assert said(f"{names}.join()") == "במערה,התגלה,מטמון"
    papers = f"{rows}[1].cells.slice(1).map(function (c) {{ return c.style.background; }})"
    first, second, third = said(f"{papers}.join()").split(",")
    darkest = json.loads(data[1])["light"][round(0.9 * 32)]
    assert third == darkest and darkest not in (first, second), "treasure looks at its word"
    point = "place.children[0].heard.mouseover"
    said(f"{point}({{target: {rows}[2].cells[2]}})")
    assert said("card.textContent") == "\u2068found\u2069 \u2190 \u2068התגלה\u2069  0.9"
    said(f"{point}({{target: {rows}[2].cells[3]}})")
    assert "מטמון" in said("card.textContent")
    assert said(f"{rows}[0].cells[3].classes.join()") == "on"


def test_latex_draws_the_first_hebrew_word_at_the_right():
    lines = alignment_tikz(DrawnAlignment(HEBREW)).splitlines()
    names = [line for line in lines if "rotate=55" in line]
    assert all(word in line for word, line in zip(HEBREW.source[::-1], names, strict=True))
    assert [re.findall(r"at \(([\d.]+),", line)[0] for line in names] == ["2.5", "7.5", "12.5"]
    assert HEBREW.source[0] in names[2]
    fills = [line for line in lines if line.startswith("\\fill[full!90")]
    assert [re.findall(r"\(([\d.]+,[\d.]+)\)", line)[0] for line in fills] == ["10,0", "5,5"]

"""Whatever people and files call things, an exported file holds no script, formula or command."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.colours.colour import Scale
from rnnviz.core.export.alignments.figure import DrawnAlignment, alignment_figure
from rnnviz.core.export.alignments.files import alignment_csv
from rnnviz.core.export.alignments.html import alignment_page
from rnnviz.core.export.alignments.tikz import alignment_tikz
from rnnviz.core.export.coloured import coloured_unit, with_concept
from rnnviz.core.export.csv import csv_table
from rnnviz.core.export.figure import figure
from rnnviz.core.export.html import DrawnPart, html_page
from rnnviz.core.export.spreadsheets import csv_rows
from rnnviz.core.export.svg import svg
from rnnviz.core.export.train_more import Moment, train_more_figure, train_more_page

HOSTILE = (
    "<script>alert(1)</script>",
    "</title></pre><img src=x onerror=alert(1)>",
    "\"' onmouseover=alert(1) x='",
    "]]><svg onload=alert(1)>",
    "<!--<script>",
    "&lt;script&gt;&#x3c;b&#x3e;",
    '=HYPERLINK("http://evil.example";"x")',
    "x;=cmd|' /C calc'!A0",
    "x\t=1+1\r\n=1+1",
    "\ufeff=1+1",
    "\\input{/etc/passwd}^^5cinput",
    "%\n\\write18{id}$x$#1~&_{",
    "safe\u202egnp.exe",
    "a\u2069\u202eb\u2066c",
    "\ud83d lone \udcff and \0 and \x1b[2J and \ufffe",
)
FETCHED = {"script", "img", "iframe", "link", "object", "embed", "base", "a", "image", "use"}


class Seen(HTMLParser):
    """Counts elements, and keeps every attribute's name and all that is shown."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.shown: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        if self.names and self.names[-1] not in ("script", "style", "i"):
            self.shown.append(data)

    def counted(self) -> dict[str, int]:
        return {name: self.names.count(name) for name in FETCHED}


def turns(words: str) -> bool:
    """Whether what is shown could run into something beside it."""
    left = re.sub("[\u2066-\u2068][^\u2066-\u2069]*\u2069", "", words)
    return bool(re.search("[\u202a-\u202e\u2066-\u2069]", left))


def check_page(made, *others):
    """The same elements and attributes as a harmless page has, and nothing turned round."""
    harmless = Seen(others[0])
    found = Seen(made.encode("utf-8", "replace").decode())
    assert found.counted() == harmless.counted()
    assert found.attributes <= harmless.attributes | {"data-s", "class"}
    assert not turns("".join(found.shown))


@pytest.mark.parametrize("words", HOSTILE)
def test_pages_of_texts_findings_and_stories(random_recording, words):
    def page(words):
        recording = random_recording("hello (world)\n")
        coloured = coloured_unit(recording, "hidden", 1, 0, 14, Scale(-1, 1, "blue-orange"))
        coloured = with_concept(coloured, np.ones(14, np.bool_), words)
        coloured = replace(coloured, title=words, note=words, source=words)
        light, dark = (svg(figure(coloured, dark)) for dark in (False, True))
        for drawn in (light, dark):
            ET.fromstring(drawn)
        return html_page((coloured, DrawnPart(words, words, words, light, dark)), words)

    check_page(page(words), page("plain"))


@pytest.mark.parametrize("words", HOSTILE)
def test_pages_of_samples(words):
    def page(words):
        moments = [Moment(0, words, words)]
        ET.fromstring(svg(train_more_figure(moments, words)))
        page = train_more_page(moments, words)
        page.encode()
        return page

    check_page(page(words), page("plain"))


def drawn(words):
    weights = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
    return DrawnAlignment(Alignment((words, "b"), ("c", words), weights), title=words)


@pytest.mark.parametrize("words", HOSTILE)
def test_alignments(words):
    for parts in ([words], [words, words]):
        pages = [
            alignment_page([drawn(one) for one in w], w[0]) for w in (parts, ["x"] * len(parts))
        ]
        check_page(*pages)
    for look in ("map", "lines"):
        root = ET.fromstring(svg(alignment_figure(drawn(words), look)))
        assert not any(turns(text) for text in root.itertext())
        lines = alignment_tikz(drawn(words), look).split("\n")
        assert not any("\r" in line for line in lines)
        body = "".join(line for line in lines if not line.startswith("%"))
        known = {"begin", "end", "definecolor", "fill", "draw", "node", "shade", "small"}
        known |= {"scriptsize", "emptyset", "to", "dots", "geq", "hookleftarrow"}
        commands = set(re.findall(r"\\([A-Za-z]+)", body))
        assert {one for one in commands if not one.startswith("text")} <= known
        assert "^^" not in body


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_is_a_formula_whatever_parts_cells(random_recording, words, separator):
    recording = random_recording("=x;=1")
    coloured = coloured_unit(recording, "hidden", 1, 0, 5, Scale(-1, 1, "blue-orange"))
    coloured = with_concept(coloured, np.ones(5, np.bool_), words)
    tables = csv_table(coloured), alignment_csv(drawn(words).alignment), csv_rows([[words, 0.5]])
    for table in tables:
        for row in csv.reader(io.StringIO(table.lstrip("\ufeff"), newline=""), delimiter=separator):
            for cell in row:
                assert len(cell) < 2 or cell.lstrip("\ufeff")[0] not in "=+-@" or number(cell)


def number(cell):
    return re.fullmatch(r"[-+]?[\d.e-]+(,[-+\d.e,]*)?", cell)

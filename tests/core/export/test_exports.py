"""Coloured texts for a terminal, a page, a table and a figure: exact, escaped, self-contained."""

import csv
import html
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import pytest

from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import RecordingError
from rnnviz.core.export.ansi import ansi_legend, ansi_text, nearest_of_256
from rnnviz.core.export.coloured import (
    ColouredText,
    coloured_surprisal,
    coloured_unit,
    ticks,
    with_bands,
    with_concept,
)
from rnnviz.core.export.csv import csv_table
from rnnviz.core.export.figure import CELL, figure, hex_colour
from rnnviz.core.export.figure_tikz import figure_tikz
from rnnviz.core.export.html import html_page
from rnnviz.core.export.layout import rows
from rnnviz.core.export.svg import svg

HARD = 'a<b>&"c"\t</script>\r\n\x1b[31m\n  é汉\U0001f600\n'


def coloured(text: str = HARD, **changes: object) -> ColouredText:
    made = ColouredText(
        characters=text,
        start=100,
        values=np.linspace(-1, 1, len(text), dtype=np.float32),
        scale=Scale(-1.0, 1.0, "blue-orange"),
        quantity="cell of layer 2, unit 7",
        source="model, text",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class _Pre(HTMLParser):
    """Collects the text of the `pre` and the attributes of its cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inside = False
        self.text = ""
        self.cells: list[str] = []
        self.outside_links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = self.inside or tag == "pre"
        if tag == "i" and self.inside:
            self.cells.append(dict(attrs).get("class") or "")
        self.outside_links += [v for k, v in attrs if k in ("src", "href") and v and v[0] != "#"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.text += data


def parsed(page: str) -> _Pre:
    parser = _Pre()
    parser.feed(page)
    return parser


# The range


def test_a_range_of_a_recording_holds_what_was_recorded(random_recording):
    recording = random_recording("hello (world)\n")
    found = coloured_unit(recording, "cell", 9, 3, 8)
    assert found.characters == "lo (w"
    assert (found.start, found.stop) == (3, 8)
    assert found.quantity == "cell of layer 2, unit 1"
    np.testing.assert_array_equal(found.values, recording.values("cell", 9)[3:8])
    np.testing.assert_array_equal(
        coloured_surprisal(recording, 3, 8).values, recording.surprisal[3:8]
    )
    assert coloured_unit(recording, "cell", 9, 3, 10_000).stop == 14


def test_a_range_beyond_what_is_walked_is_refused(random_recording):
    recording = random_recording("hello")
    with pytest.raises(RecordingError, match=r"between character 5 and 9 is recorded; .* holds 5"):
        coloured_unit(recording, "cell", 0, 5, 9)


def _listed(strengths: npt.NDArray[np.uint8] | None) -> list[int]:
    assert strengths is not None
    return [int(strength) for strength in strengths]


def test_labels_become_strengths():
    part = with_concept(coloured("abcd"), np.arange(104, dtype=np.float32), "place")
    assert part.labels is not None
    assert part.labels.tolist() == [100, 101, 102, 103]
    numbers = replace(part, labels=np.array([0, 1, np.nan, 4], np.float32))
    assert _listed(numbers.label_strengths()) == [0, 2, 0, 5]
    yes_no = replace(part, labels=np.array([True, False, True, False]))
    assert _listed(yes_no.label_strengths()) == [5, 0, 5, 0]


def test_a_legend_has_its_numbers():
    assert [label for _, label in ticks(Scale(0.0, 1.0, "gate"))] == ["0", "0.50", "1.00"]
    assert [label for _, label in ticks(Scale(-3.5, 3.5, "blue-orange"))] == ["-3.50", "0", "+3.50"]


# Layout


def test_rows_break_at_newlines_and_after_blanks():
    found = rows("ab cd ef\ng", 6)
    assert ["".join(cell.shown for cell in row) for row in found] == ["ab cd ", "ef↵", "g"]
    assert [cell.column for cell in found[1]] == [0, 1, 2]


def test_a_word_longer_than_a_row_is_broken():
    assert [len(row) for row in rows("a" * 10, 4)] == [4, 4, 2]


def test_tabs_reach_their_stops_and_wide_characters_take_two_columns():
    (row,) = rows("ab\t汉c")
    assert [(cell.column, cell.width) for cell in row] == [(0, 1), (1, 1), (2, 6), (8, 2), (10, 1)]


def test_every_character_has_one_cell():
    assert [cell.place for row in rows(HARD, 5) for cell in row] == list(range(len(HARD)))


# HTML


def test_the_page_gives_the_text_back_character_by_character():
    found = parsed(html_page([coloured()]))
    assert found.text == HARD.replace("\x00", "")
    assert len(found.cells) == len(HARD)


def test_the_page_needs_nothing_from_elsewhere():
    page = html_page([coloured(), coloured("other")], "Two <things>")
    assert parsed(page).outside_links == []
    assert "http" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert "<title>Two &lt;things&gt;</title>" in page


def test_text_cannot_end_its_element():
    next_ids = np.zeros((len(HARD), 5), np.uint32)
    next_p = np.full((len(HARD), 5), 0.2, np.float32)
    part = coloured(next_ids=next_ids, next_p=next_p, vocabulary=("<",), title="</script><b>")
    page = html_page([part])
    data = re.search(r'<script type="application/json" id="data-0">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    facts = json.loads(data[1])
    assert facts["next"] == "<" * 5 * len(HARD)
    assert facts["shares"][:5] == [200] * 5
    assert len(facts["values"]) == len(HARD)
    assert page.count("</script>") == 3
    assert "<b>" not in page.replace("<b>&", "")


def test_colours_are_those_of_the_scale_and_missing_values_have_none():
    values = np.array([-1, 0, np.nan], np.float32)
    part = coloured("abc", values=values)
    page = html_page([part])
    assert parsed(page).cells == ["v0", "v127", ""]
    red, green, blue = part.scale.colours(False)[0, :3]
    assert f".c0 .v0{{background:#{red:02x}{green:02x}{blue:02x}}}" in page
    assert '"values":[-1.0,0.0,null]' in page


def test_unknown_characters_and_labels_are_marked():
    part = coloured("ab", known=np.array([True, False]), labels=np.array([True, False]))
    first, second = parsed(html_page([replace(part, concept="First & only")])).cells
    assert "u5" in first.split()
    assert "x" in second.split()
    assert "First &amp; only" in html_page([replace(part, concept="First & only")])


def test_several_parts_have_a_table_of_contents():
    page = html_page([coloured(title="One"), coloured(title="Two")])
    assert '<a href="#part-0">One</a>' in page
    assert '<a href="#part-1">Two</a>' in page
    assert "<nav" not in html_page([coloured(title="One")])


def test_a_page_of_20000_characters_stays_below_two_megabytes():
    length = 20_000
    random = np.random.default_rng(0)
    part = coloured(
        "the quick brown fox " * (length // 20),
        values=random.uniform(-1, 1, length).astype(np.float32),
        surprisal=random.uniform(0, 9, length).astype(np.float32),
        next_ids=random.integers(0, 60, (length, 5)).astype(np.uint32),
        next_p=random.uniform(0, 1, (length, 5)).astype(np.float32),
        vocabulary=tuple(chr(40 + number) for number in range(60)),
        labels=random.uniform(0, 1, length) > 0.5,
        concept="concept",
    )
    assert len(html_page([part]).encode()) < 2_000_000


# Terminal


def test_a_terminal_gets_no_control_character_from_the_text():
    lines = "".join(ansi_text(coloured(), "truecolour", True))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", lines)
    assert set(plain) & {"\x1b", "\r", "\t"} == set()
    assert "␛[31m" in plain
    assert plain.count("\n") == HARD.count("\n")


def test_the_ground_of_a_character_is_its_colour():
    part = coloured("x", values=np.array([1.0], np.float32))
    red, green, blue = part.scale.colours(True)[254, :3]
    (line,) = ansi_text(part, "truecolour", True)
    assert f"\x1b[48;2;{red};{green};{blue}m" in line
    assert line.endswith("x\x1b[0m\n")
    (line,) = ansi_text(part, "256", True)
    assert f"\x1b[48;5;{nearest_of_256((int(red), int(green), int(blue)))}m" in line


@pytest.mark.parametrize(
    ("colour", "place"), [((0, 0, 0), 16), ((255, 0, 0), 196), ((118, 118, 118), 243)]
)
def test_nearest_of_256(colour, place):
    assert nearest_of_256(colour) == place


def test_digits_stand_below_their_characters():
    part = coloured("ab c", values=np.array([-1, 0, 1, np.nan], np.float32))
    assert list(ansi_text(part, "digits", True)) == ["ab c\n049.\n"]
    marked = replace(part, labels=np.array([False, True, False, False]), concept="b")
    assert list(ansi_text(marked, "digits", True)) == ["ab c\n049.\n ^\n"]
    legend = ansi_legend(part, "digits", True)
    assert legend == "cell of layer 2, unit 7: 0 is -1.00, 9 is +1.00, a dot is no value\n"


# CSV


def test_the_table_reads_back_exactly():
    part = coloured(
        surprisal=np.full(len(HARD), np.nan, np.float32),
        labels=np.arange(len(HARD)) % 2 == 0,
        concept='a "title", indeed',
    )
    first, *lines = csv.reader(io.StringIO(csv_table(part), newline=""))
    assert first == [
        "offset", "character", "code_point", "value", "surprisal_bits", 'a "title", indeed'
    ]  # fmt: skip
    assert "".join(line[1] for line in lines) == HARD
    assert lines[0] == ["100", "a", "U+0061", "-1", "", "1"]
    assert lines[8][2] == "U+0009"


# Figure and SVG


def test_the_figure_holds_title_numbers_text_and_note():
    drawn = figure(coloured("one two\nthree", title="Title", note="Note"))
    words = [words.text for words in drawn.words]
    assert words[0] == "Title"
    assert {"-1.00", "0", "+1.00", "Note"} <= set(words)
    letters = "".join(shown for row in drawn.letters for _, _, shown in row.cells)
    assert letters == "one two↵three"
    bottom = max(box.y + box.height for box in drawn.boxes)
    assert drawn.height > bottom
    assert all(box.x >= 0 and box.x + box.width <= drawn.width for box in drawn.boxes)


def test_neighbours_of_one_colour_are_one_box():
    part = coloured("aaaa", values=np.array([1, 1, -1, -1], np.float32))
    boxes = [box for box in figure(part).boxes if box.height == 19]
    assert [(box.width, box.colour) for box in boxes] == [
        (2 * CELL, boxes[0].colour), (2 * CELL, boxes[1].colour)
    ]  # fmt: skip
    assert boxes[0].colour != boxes[1].colour


def test_svg_is_well_formed_and_places_every_letter():
    text = svg(figure(coloured('x  <y>&\t"z"', title="<&>")))
    tree = ET.fromstring(text)
    found = {}
    for element in tree.iter("{http://www.w3.org/2000/svg}text"):
        places = element.attrib["x"].split()
        if element.text and "font-size" not in element.attrib:
            assert len(places) == len(element.text)
            assert element.text == element.text.strip()
            assert "  " not in element.text
            found[element.text] = float(places[0])
    assert found["<y>&"] - found["x"] == pytest.approx(3 * CELL)
    assert found['"z"'] - found["x"] == pytest.approx(8 * CELL)
    assert html.escape("<&>") in text


def test_a_concept_that_somebody_named_is_no_formula() -> None:
    part = coloured("ab", labels=np.array([True, False]), concept="=cmd|' /C calc'!A0")
    heading, *rows = csv.reader(io.StringIO(csv_table(part)))
    assert heading[-1] == "'=cmd|' /C calc'!A0"
    assert [row[1] for row in rows] == ["a", "b"]


# The world's texts

WORLD = {
    "joiners": "\U0001f468\u200d\U0001f469 \u2764\ufe0f 1\ufe0f\u20e3",
    "marks": "e\u0301 \u0939\u093f\u0928\u094d\u0926\u0940 \u0627\u064e",
    "turned": "a\u202eoverride\u202c\u200f end",
    "noncharacters": "a\uffff b\ufffe c\U0001ffff\ufdd0",
    "blanks": "no\u00a0break thin\u2009wide\u3000\u2028",
}


@pytest.mark.parametrize("text", WORLD.values(), ids=WORLD)
def test_each_character_of_a_page_has_a_cell_with_a_width(text):
    page = html_page([coloured(text)])
    found = parsed(page)
    assert found.text == text
    cells = re.findall(r"<i([^>]*)>", page.split("<pre", 1)[1].split("</pre>", 1)[0])
    assert len(cells) == len(text)
    for character, attributes in zip(text, cells, strict=True):
        simple = character.isascii() or (character.isalpha() and ord(character) < 0x530)
        own = re.search(r"\bo\b", attributes) is not None
        assert own or simple or character == "\u00a0", f"U+{ord(character):04X}"
        unseen = character in "\u200d\u202e\u202c\u200f\u2028\uffff\ufffe\U0001ffff\ufdd0"
        assert ("data-s=" in attributes) == unseen, "what cannot be seen has a symbol"


@pytest.mark.parametrize("text", WORLD.values(), ids=WORLD)
def test_every_text_makes_a_figure_that_is_xml(text):
    tree = ET.fromstring(svg(figure(coloured(text, title=text, note=text))))
    assert tree.tag.endswith("svg")


@pytest.mark.parametrize("text", WORLD.values(), ids=WORLD)
def test_letters_stay_in_their_cells_where_only_the_first_place_is_heeded(text):
    tree = ET.fromstring(svg(figure(coloured(f"{text} (\u0646\u0639).\u2009a b\u3000c"))))
    for element in tree.iter("{http://www.w3.org/2000/svg}text"):
        places = [float(place) for place in element.attrib["x"].split()]
        steps = np.diff(places)
        assert np.allclose(steps[steps > 0], CELL, atol=0.02), element.text


def test_letters_of_right_to_left_scripts_stand_in_one_order():
    arabic = "\u0642\u0627\u0644 3.\n"
    made = coloured(arabic)
    tree = ET.fromstring(svg(figure(made)))
    placed = {
        element.text or "": float(element.attrib["x"].split()[0])
        for element in tree.iter("{http://www.w3.org/2000/svg}text")
        if "font-size" not in element.attrib
    }
    order = sorted(placed, key=lambda shown: placed[shown])
    assert order[:3] == list(arabic[:3]), "each by itself, as they are read"
    assert order[3].startswith("3."), "the full stop at the end"
    assert all(" o" in f" {names}" for names in parsed(html_page([made])).cells[:3])
    lines = "".join(ansi_text(made, "truecolour", True))
    assert lines.startswith("\x1b[8l") and lines.endswith("\x1b[8h")
    drawn = " ".join(words.text for words in figure(made).words)
    for words in (made.about, html_page([made]), drawn):
        assert "stand as they are read, from left to right" in words
    assert "left to right" not in coloured("plain").about


def test_more_units_are_bands_under_each_row_in_every_file(random_recording) -> None:
    recording = random_recording("hello (world)\n" * 4)
    groups = recording.groups
    channel = groups.of(0).channels[0]
    scale = Scale(-1.0, 1.0, "blue-orange")
    plain = coloured_unit(recording, channel, 0, 5, 45)
    made = with_bands(plain, recording, [(channel, 1, None), (channel, 2, scale.flip())])
    for unit, band in enumerate(made.bands, 1):
        np.testing.assert_array_equal(band.values, recording.shown_values(channel, unit)[5:45])
        assert band.name == f"{groups.unit_name(unit)} {channel}"
    words = f"Under each row, from above: {made.bands[0].name}, {made.bands[1].name}"
    before, after = figure(plain), figure(made)
    assert after.height > before.height
    assert any(words.startswith(one.text) for one in after.words)
    drawn = {box.colour for box in after.boxes if box.height == 4.0}
    wanted = {
        hex_colour(band.scale.colours(False)[entry])
        for band in made.bands
        for entry in band.entries.tolist()
    }
    assert drawn == wanted
    page = html_page([made])
    assert words in page
    cells = parsed(page).cells
    assert f"p0{made.bands[0].scale.palette}-{made.bands[0].entries[3]}" in cells[3]
    assert f"p1blue-orange-flipped-{made.bands[1].entries[3]}" in cells[3]
    assert f".p1blue-orange-flipped-{made.bands[1].entries[3]}{{--p1:#" in page
    assert "inset" not in html_page([plain])
    rows = list(csv.DictReader(io.StringIO(csv_table(made), newline="")))
    assert float(rows[7][made.bands[1].name]) == pytest.approx(made.bands[1].values[7], rel=1e-5)


def test_a_figure_is_drawn_by_latex_with_every_letter_and_nothing_that_it_would_run() -> None:
    made = figure(coloured("a_b$\\input{x}%\n"))
    drawn = figure_tikz(made)
    assert drawn.count("\\fill") == len(made.boxes)
    letters = [shown for row in made.letters for _, _, shown in row.cells if not shown.isspace()]
    assert drawn.count("\\node[anchor=base,") == len(letters) + sum(
        words.anchor == "middle" for words in made.words
    )
    assert "\\input" not in drawn
    assert drawn.count("{") == drawn.count("}")

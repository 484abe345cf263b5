"""A coloured text as a picture: the colours are where the characters are, on both grounds."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage

from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.colours.colour import PAPER, Scale
from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.alignments.figure import DrawnAlignment, alignment_figure
from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import figure
from rnnviz.core.export.line_figure import Line, line_figure
from rnnviz.core.export.train_more import Moment, train_more_figure
from rnnviz.views.shared.theme import ui_font
from rnnviz.views.text.painting.text_figure import figure_image, write_figure


def coloured(text="aaaa\nbbbb", value=1.0):
    return ColouredText(
        characters=text,
        start=0,
        values=np.full(len(text), value, np.float32),
        scale=Scale(-1.0, 1.0, "blue-orange"),
        quantity="hidden of layer 1, unit 0",
    )


def rgb(colour: QColor) -> tuple[int, int, int]:
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_character_stands_on_its_colour(qapp, dark, scale):
    part = coloured()
    drawn = figure(part, dark)
    image = figure_image(drawn, scale)
    assert (image.width(), image.height()) == (
        round(drawn.width * scale), round(drawn.height * scale)
    )  # fmt: skip
    box = next(box for box in drawn.boxes if box.height == 19)
    corner = image.pixelColor(int((box.x + 1) * scale), int((box.y + 1) * scale))
    assert rgb(corner) == tuple(part.scale.colours(dark)[254, :3].tolist())
    assert rgb(image.pixelColor(1, 1)) == PAPER[dark]


def test_letters_are_painted_on_the_colour(qapp):
    blank, full = (figure_image(figure(coloured(text)), 1.0) for text in ("    ", "MMMM"))
    assert blank.size() == full.size()
    assert blank != full


def test_a_picture_keeps_its_size_on_paper(qapp):
    image = figure_image(figure(coloured()), 2.0)
    assert image.dotsPerMeterX() == pytest.approx(2 * 96 / 0.0254, abs=1)


def test_files_are_written_by_their_names(qapp, tmp_path):
    write_figure(tmp_path / "a.png", coloured())
    write_figure(tmp_path / "a.svg", coloured(), dark=True)
    assert not QImage(str(tmp_path / "a.png")).isNull()
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


def test_a_picture_that_is_too_high_is_refused(qapp, tmp_path):
    with pytest.raises(RnnvizError, match="pixels high, and 32,000 is the limit"):
        write_figure(tmp_path / "a.png", coloured("a\n" * 2000))


def test_a_folder_that_is_not_there_is_an_error(qapp, tmp_path):
    with pytest.raises(RnnvizError, match=r"cannot write .*x\.png: No such file"):
        write_figure(tmp_path / "none" / "x.png", coloured())


LONG = {
    "words": "the hidden state of layer 2, unit 137, " * 9,
    "one word": "a_path_without_any_blank_or_sign_that_one_might_break_at" * 6,
    "capitals": "WHERE MWMWMW " * 20,
    "wide": "漢字かな交じり文の長い題" * 12,
    "marks": "a\u0301o\u0308u\u0308" * 90,
}


@pytest.mark.parametrize("long", LONG.values(), ids=LONG)
def test_no_word_leaves_the_picture(qapp, long):
    """Titles, subtitles, names and notes of any length, measured in the font that paints them."""
    text = coloured()
    part = replace(
        text, title=long, source=long, concept=long, note=long,
        labels=np.ones(len(text.characters), bool),
    )  # fmt: skip
    alignment = Alignment(("a", "b"), ("c",), np.array([[0.5, 0.5]], np.float32))
    drawn = DrawnAlignment(alignment, title=long, about=long)
    line = Line("loss", np.arange(3.0), np.arange(3.0))
    figures = [
        figure(part), figure(part, columns=30),
        alignment_figure(drawn, "map"), alignment_figure(drawn, "lines"),
        train_more_figure([Moment(1, "a text", "loss 1")], long),
        line_figure([line], long, "step", "nats"),
    ]  # fmt: skip
    for made in figures:
        for words in made.words:
            font = ui_font()
            font.setPixelSize(words.size)
            font.setWeight(QFont.Weight.DemiBold if words.bold else QFont.Weight.Normal)
            wide = QFontMetricsF(font).horizontalAdvance(words.text)
            if words.anchor == "start" and not words.angle:
                assert words.x + wide <= made.width, words.text
            assert 0 < words.y < made.height
    told = " ".join(words.text for words in figures[0].words).replace(" ", "")
    assert told.count(long.replace(" ", "")[:40]) >= 4, "nothing is left out"

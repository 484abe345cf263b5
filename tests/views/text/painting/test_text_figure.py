"""A coloured text as a picture: the colours are where the characters are, on both grounds."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from rnnviz.core.colours.colour import PAPER, Scale
from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.coloured import ColouredText
from rnnviz.core.export.figure import figure
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
    with pytest.raises(RnnvizError, match=r"cannot write the picture .*x\.png"):
        write_figure(tmp_path / "none" / "x.png", coloured())

"""Scripts that no font shows are named, and their characters have their codes instead of boxes."""

from __future__ import annotations

import numpy as np
import pytest

from rnnviz.core.sequences.text import Text
from rnnviz.views.shared.theme import mono_font
from rnnviz.views.text.painting import missing_fonts
from rnnviz.views.text.painting.missing_fonts import missing_note, scripts_without_font
from rnnviz.views.text.text_view import TextView


@pytest.fixture
def poor(monkeypatch):
    """A computer whose fonts have nothing from Devanagari on."""
    monkeypatch.setattr(missing_fonts, "_is_missing", lambda font, code: code >= 0x900)


def test_scripts_without_a_font_are_named(qapp, poor):
    text = "na\u00efve \u0939\u093f\u0928 \u4e2d\u6587 \u3042 \ud55c \u0e01 \U0001f600 \u200d"
    scripts = scripts_without_font(Text.of(text).codes, mono_font())
    assert scripts == (
        "Chinese characters", "Devanagari", "Japanese kana", "Korean", "Thai", "emoji and symbols",
    )  # fmt: skip
    assert "Noto Sans CJK, Noto Sans Devanagari" in missing_note(scripts)


@pytest.mark.parametrize(
    ("characters", "font"),
    [
        ("\uff21\uff22", "Noto Sans CJK"),
        ("\uff71", "Noto Sans CJK"),
        ("\u2764\ufe0f", "Noto Emoji"),
        ("\U0001d54f", "Noto Sans Math"),
        ("\u1e9e", "Noto Sans"),
        ("\u20d7", "Noto Sans"),
        ("\u0f40", "Noto Serif Tibetan"),
        ("\U00010300", "Noto Sans Old Italic"),
        ("\u17c6", "Noto Sans Khmer"),
    ],
)
def test_only_fonts_that_there_are_are_named(qapp, poor, characters, font):
    scripts = scripts_without_font(Text.of(characters).codes, mono_font())
    assert missing_note(scripts).endswith(f"cells. {font} shows {_them(scripts)}.")


def _them(scripts):
    return "it" if len(scripts) == 1 else "them"


def test_what_every_font_has_needs_no_word(qapp):
    codes = Text.of("na\u00efve caf\u00e9 \u0414\u0430 \u03b1\n").codes
    assert scripts_without_font(codes, mono_font()) == ()
    assert missing_note(()) == ""


def test_characters_without_a_font_differ_from_each_other(qtbot, poor):
    drawn = []
    for character in "\u4e2d\u6587":
        view = TextView()
        qtbot.addWidget(view)
        view.resize(300, 80)
        view.set_text(Text.of(character))
        view.show()
        image = view.viewport().grab().toImage()
        rect = view.cell_rect(0)
        part = image.copy(rect.x(), rect.y(), rect.width(), rect.height())
        places = [(x, y) for x in range(part.width()) for y in range(part.height())]
        drawn.append(np.array([part.pixel(x, y) for x, y in places]))
    assert (drawn[0] != drawn[1]).any(), "4E2D is not 6587"

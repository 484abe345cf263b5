"""What the empty line for a sentence says."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from rnnviz.views.alignments.sentence_bar import SentenceBar


@pytest.mark.parametrize(
    ("languages", "usable", "hint"),
    [
        (
            ("English", "French"),
            True,
            "Type a sentence in English and press Enter; it becomes French",
        ),
        (("", ""), True, "Type a sentence and press Enter"),
        (("English", "French"), False, "Open a translation model to type a sentence"),
    ],
)
def test_the_hint_says_what_to_do_before_what_comes_of_it(
    qtbot: QtBot, languages: tuple[str, str], usable: bool, hint: str
) -> None:
    bar = SentenceBar()
    qtbot.addWidget(bar)
    bar.set_model(languages, (), usable=usable)
    assert bar.line.placeholderText() == hint


def test_it_names_a_model_without_languages_and_whether_it_reads_letters(qtbot: QtBot) -> None:
    bar = SentenceBar()
    qtbot.addWidget(bar)
    bar.set_model(("", ""), (), usable=True, name="encoder")
    assert bar.line.placeholderText() == "Type a sentence for encoder and press Enter"
    assert bar.line.toolTip() == "encoder is asked"
    bar.set_model(("", ""), (), usable=True, name="g2p", letters=True)
    hint = "Type a word for g2p, which reads its letters, and press Enter"
    assert bar.line.placeholderText() == hint

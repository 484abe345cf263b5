"""`rnnviz stories`: the list, a page that needs nothing else, and one file to share."""

import json
import re
import zipfile

import pytest

from rnnviz.cli import main
from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.stories.story import Stories, Story, lecture, write_stories


def run(*words):
    return main([str(word) for word in words])


@pytest.fixture
def told(model, tmp_path):
    """A file of two stories on a model and a text of one's own."""
    text = tmp_path / "text.txt"
    text.write_text('he said "hello" to a bold bee\n' * 20)
    finding = Finding(
        title="quotes",
        channel="cell",
        layer=1,
        unit=2,
        start=30,
        stop=90,
        scale=Scale(-0.1, 0.1, "blue-red"),
        model_name="tiny",
        model_path=str(model),
        text_name="text.txt",
        text_path=str(text),
        concept={"kind": "built-in", "name": "inside-quotes"},
    )
    stories = (
        Story(title="One & only", caption="A cell <of mine>.", finding=finding),
        Story(
            title="Backwards",
            caption="How far back.",
            show="gradients",
            finding=finding,
            networks=(str(model),),
        ),
    )
    path = tmp_path / "talk.json"
    write_stories(path, Stories(title="A talk", stories=stories))
    return path


def test_what_ships_is_listed_with_its_captions(capsys):
    assert run("stories") == 0
    said = capsys.readouterr().out
    assert re.search(r"^  1  Inside a quotation$", said, re.MULTILINE)
    assert "guess the next letter" in " ".join(said.split()) and "pride-and-prejudice.txt" in said
    assert run("stories", "--json", "--only", "5,1") == 0
    listed = json.loads(capsys.readouterr().out)["stories"]
    assert [one["title"] for one in listed] == ["How deep the code is nested", "Inside a quotation"]


def test_a_page_holds_every_story_and_needs_nothing_else(told, tmp_path, capsys):
    page = tmp_path / "talk.html"
    assert run("stories", told, "-o", page) == 0
    html = page.read_text(encoding="utf-8")
    assert "<h1>A talk</h1>" in html and "<h2>One &amp; only</h2>" in html
    assert "A cell &lt;of mine&gt;." in html and "How far back." in html
    assert html.count("<section") == 2 and html.count("<svg") == 2, "light and dark"
    assert not re.search(r"""(src|href)=["'](?!#)""", html)
    assert "2 stories" in capsys.readouterr().out


def test_one_file_is_written_and_read_again(told, tmp_path, capsys):
    pack = tmp_path / "talk.rnnviz"
    assert run("stories", told, "--only", "1", "-o", pack) == 0
    with zipfile.ZipFile(pack) as archive:
        assert len(archive.namelist()) == 3
    capsys.readouterr()
    assert run("stories", pack) == 0
    assert "One & only" in capsys.readouterr().out
    assert run("stories", pack, "-o", tmp_path / "page.html") == 0
    assert "<pre" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_what_is_gone_is_left_out_with_the_reason(told, model, tmp_path, capsys):
    model.unlink()
    assert run("stories", told, "-o", tmp_path / "talk.html") == 1
    assert "gone" in capsys.readouterr().err


@pytest.mark.parametrize("only", ["0", "9", "x", "-1"])
def test_a_number_that_is_no_story_is_named(told, capsys, only):
    assert run("stories", told, f"--only={only}") == 1
    assert "numbered 1 to 2" in capsys.readouterr().err


def test_without_own_stories_it_is_said_how_to_make_one(capsys):
    assert run("stories", "--own") == 1
    assert "Make a story" in capsys.readouterr().err


def test_the_page_draws_what_a_translator_looks_at(tmp_path):
    page = tmp_path / "looks.html"
    stories = lecture().stories
    number, story = next(
        (number, story) for number, story in enumerate(stories, 1) if story.show == "alignments"
    )
    assert run("stories", "--only", number, "-o", page) == 0
    html = page.read_text(encoding="utf-8")
    assert html.count("<svg") == 2 * len(story.stages)  # light and dark
    assert "maison" in html and "house" in html

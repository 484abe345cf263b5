"""Stories are read, refused and named so that they mean the same anywhere."""

import json
from pathlib import Path

import msgspec
import pytest

from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import FindingError
from rnnviz.core.kinds.described import read_described
from rnnviz.core.recognise import kind_of
from rnnviz.core.sequences.text import Text
from rnnviz.core.stories.story import (
    Stage,
    Stories,
    Story,
    lecture,
    read_stories,
    to_be_shared,
    told_here,
    write_stories,
)
from rnnviz.core.system import places
from tests.core.colours.palettes import UNEVEN


def finding(**facts):
    usual = {
        "title": "quotes",
        "channel": "cell",
        "start": 3,
        "stop": 9,
        "scale": Scale(-1.0, 1.0, "blue-red"),
        "model_path": "/nowhere/model.safetensors",
        "text_path": "/nowhere/text.txt",
        "text_name": "text.txt",
    }
    return Finding(**{**usual, **facts})


def test_what_ships_can_be_told_and_begins_with_the_five_cells_of_the_lecture():
    stories = lecture().stories
    findings = [story.finding for story in stories[:5]]
    concepts = [(found.concept or {}).get("name") for found in findings if found is not None]
    assert concepts == [
        "inside-quotes",
        "position-in-line",
        "inside-if-condition",
        "comment-or-string",
        "brace-depth",
    ]
    for story in map(told_here, stories):
        for path in story.model_files:
            _, about = read_described(places.models() / path)
        if story.show == "alignments":
            continue
        assert story.finding is not None
        text = Text.read(places.resources() / "texts" / story.finding.text_name)
        assert story.finding.stop <= len(text)
        assert story.finding.model_name and about.name
        assert 0 < len(story.caption.split(". ")) <= 2, "one or two sentences"
        if story.finding.of_unit:
            assert story.finding.scale.palette in UNEVEN


def test_a_file_of_stories_is_what_was_written(tmp_path):
    wanted = Stories(title="mine", stories=(Story(title="one", caption="", finding=finding()),))
    write_stories(tmp_path / "stories.json", wanted)
    assert read_stories(tmp_path / "stories.json") == wanted
    assert kind_of(tmp_path / "stories.json") == "stories"


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ({"title": " "}, "title"),
        ({"finding": None}, "no model and no place"),
        ({"caption": "word " * 200}, "at most"),
        ({"show": "alignments"}, "no sentence"),
        (
            {
                "show": "alignments",
                "model": "m",
                "sentence": "a",
                "stages": (Stage(model="m", caption="", sentence="b"),),
            },
            "last stage",
        ),
        (
            {
                "show": "alignments",
                "model": "m",
                "sentence": "a",
                "stages": (
                    Stage(model="m", caption=""),
                    Stage(model="m", caption="", sentence="a"),
                ),
            },
            "names no sentence",
        ),
        ({"finding": finding(start=9, stop=3)}, "no character"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_reason(tmp_path, story, reason):
    usual = Story(title="one", caption="", finding=finding())
    wanted = Stories(stories=(msgspec.structs.replace(usual, **story),))
    write_stories(tmp_path / "stories.json", wanted)
    with pytest.raises(FindingError, match=reason):
        read_stories(tmp_path / "stories.json")


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other", "stories": []}', "[" * 9999])
def test_other_files_are_no_stories(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(FindingError):
        read_stories(path)


def test_a_newer_file_is_refused(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"format": "rnnviz stories", "version": 9, "stories": []}))
    with pytest.raises(FindingError, match="newer"):
        read_stories(path)


def test_what_ships_is_shared_by_its_name_and_found_again():
    here = [told_here(story) for story in lecture().stories]
    for story in here:
        checkpoints = story.stages and story.show == "cells"
        folder = places.resources() / "stories" if checkpoints else places.models()
        assert all(Path(path).parent == folder for path in story.model_files)
        assert all(Path(path).exists() for path in story.model_files)
    assert tuple(map(to_be_shared, here)) == lecture().stories
    own = Story(title="mine", caption="", finding=finding())
    assert told_here(to_be_shared(own)) == own

"""What the shipped stories say is so, at the place that they show, in the models that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rnnviz.cli import main
from rnnviz.core.alignments.alignment import Alignment
from rnnviz.core.concepts.custom import concept_from
from rnnviz.core.concepts.streaming import label_steps
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.core.stories.story import Story, lecture, told_here
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.sentences import translate
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.sequence.reading import read_text
from rnnviz.nets.walking.walk import walk

FARTHEST = 18_000
"""Steps that are walked: no story is told later in its text."""


def _of_cells() -> list[Story]:
    return [
        told_here(story)
        for story in lecture().stories
        if story.finding is not None and story.finding.of_unit and story.show == "cells"
    ]


@pytest.mark.parametrize("story", _of_cells(), ids=lambda story: story.title)
def test_the_colours_follow_the_concept_where_the_story_is_told(story, tmp_path):
    """Of what is on the screen 90 % are coloured as the concept says; counts correlate by 0.85."""
    finding = story.finding
    assert finding.stop <= FARTHEST
    model = open_model(Path(finding.model_path)).model
    reading = read_text(model.network.reads, Text.read(Path(finding.text_path)))
    walk(model, reading, tmp_path / "walked", (finding.channel,), until=finding.stop)
    recording = Recording(tmp_path / "walked")
    unit = recording.groups.number(finding.group_name, finding.unit)
    shown = slice(finding.start, finding.stop)
    values = np.asarray(recording.values(finding.channel, unit), np.float64)[shown]
    concept = concept_from(finding.concept)
    labels = np.concatenate([part for _, part in label_steps(concept, recording.sequence)])[shown]
    scale = finding.scale
    on = np.clip((values - scale.low) / (scale.high - scale.low), 0, 1)
    on = 1 - on if scale.flipped else on
    if labels.dtype == np.bool_:
        assert np.mean((on > 0.75) == labels) > 0.9
        assert np.mean(labels) < 0.8, "both are seen"
    else:
        assert np.corrcoef(on, labels)[0, 1] > 0.85


def test_the_verdict_turns_where_the_story_says_it_does(capsys):
    story = next(one for one in map(told_here, lecture().stories) if _of_verdict(one))
    finding = story.finding
    assert finding is not None
    capsys.readouterr()
    assert main(["classify", finding.model_path, finding.text_path, "--words", "--json"]) == 0
    texts = json.loads(capsys.readouterr().out)
    assert "“slow parts” it turns to blame, at “worth watching” back" in story.caption
    of_words = texts["texts"][2]["words"]
    assert of_words["class"] == "positive"
    so_far = dict(zip(of_words["words"], of_words["running"], strict=True))
    assert so_far["movie"] > 0.5 and so_far["parts"] < 0.3
    assert so_far["was"] < 0.5 and so_far["watching"] > 0.7
    assert f"{texts['right']} end right" in story.caption
    assert f"these {texts['labelled']} sentences" in story.caption


def _of_verdict(story: Story) -> bool:
    return story.finding is not None and story.finding.channel == "verdict"


def test_the_sentences_of_the_lecture_look_where_the_story_says():
    """The heaviest source word of the words that the captions speak of."""
    story = next(one for one in map(told_here, lecture().stories) if one.show == "alignments")
    seen = {}
    for number in range(len(story.stages)):
        stage = story.at_stage(number)
        model = open_model(Path(stage.model)).model
        found = translate(model, stage.sentence, Settings(beam=5))
        weights = np.asarray(found.chosen.weights, np.float32)
        words = Alignment(found.source, found.target, weights).by_word()
        heaviest = [words.source[place] for place in words.weights.argmax(axis=1)]
        seen[stage.sentence] = dict(zip(words.target, heaviest, strict=True))
    pan, gato, student, area, house = seen.values()
    assert pan["We're"] == "Estamos" and (pan["eating"], pan["bread"]) == ("comiendo", "pan")
    assert list(gato.items())[:5] == [
        ("My", "Mi"), ("cat", "gato"), ("is", "es"), ("the", "el"), ("best", "mejor"),
    ]  # fmt: skip
    assert student["a"] == student["student"] == "étudiant"
    crossed = [area[word] for word in ("European", "economic", "area")]
    assert crossed == ["européenne", "économique", "zone"]
    assert (house["white"], house["house"]) == ("blanche", "maison")


_SMALL = """
    the of to and a in is it that he his for as on at by but with was be not which are or an from
    this we if all , . ; :
""".split()  # noqa: SIM905


def test_small_words_are_foreseen_and_others_are_not(tmp_path):
    story = next(one for one in map(told_here, lecture().stories) if "word by word" in one.title)
    finding = story.finding
    assert finding is not None and "4 bits each" in story.caption and story.caption.endswith("9.")
    model = open_model(Path(finding.model_path)).model
    walk(
        model,
        Text.of(str(Text.read(Path(finding.text_path)))[:8000]),
        tmp_path / "walked",
        ("hidden",),
    )
    recording = Recording(tmp_path / "walked")
    sequence = recording.sequence
    assert isinstance(sequence, Tokens) and finding.stop <= len(sequence)
    bits = np.asarray(recording.surprisal, np.float64)
    words = [str(sequence.text)[start:stop].lower() for start, stop in sequence.spans]
    small = np.isin(words, _SMALL)
    known = np.isfinite(bits)
    assert round(bits[known & small].mean()) == 4
    assert round(bits[known & ~small].mean()) == 9
    shown = slice(finding.start, finding.stop)
    assert bits[shown][small[shown] & known[shown]].mean() < 5
    assert bits[shown][~small[shown] & known[shown]].mean() > 8

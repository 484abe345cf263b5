"""A story that goes through the stages of a training, one after the other."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rnnviz.core.errors import FindingError
from rnnviz.core.stories.pack import unpack, write_pack
from rnnviz.core.stories.story import Stage, Stories, lecture, told_here
from rnnviz.session.shared.stories import OWN
from tests.session.test_late_answers import (
    _any_file_is_a_network,
    late,
    model_path,
    story_of,
    whose_recording,
    world,
)

__all__ = ["_any_file_is_a_network", "late", "world"]


def staged(world):
    stages = tuple(
        Stage(model=str(model_path(world, stem)), caption=f"At {stem}.") for stem in ("m0", "m2")
    )
    return msgspec.structs.replace(story_of(world, "m2"), finding=found(world), stages=stages)


def found(world):
    finding = story_of(world, "m0").finding
    assert finding is not None
    return msgspec.structs.replace(finding, model_path=str(model_path(world, "m2")))


def shown_model(session):
    whose = whose_recording(session)
    return "" if whose is None else whose[0]


def test_stages_come_one_after_the_other_before_the_next_story(late, world):
    session, runner = late()
    session.stories.add(staged(world))
    session.stories.add(story_of(world, "m1"))
    session.showing.tell(OWN, 0)
    shown = []
    while True:
        runner.finish()
        story = session.stories.current[0]
        assert session.showing.shows_story
        shown.append((story.caption, Path(shown_model(session)).name))
        beside = session.stories.beside(1)
        if beside is None:
            break
        session.showing.tell(*beside)
    assert [caption for caption, _ in shown] == ["At m0.", "At m2.", ""]
    assert [path for _, path in shown] == [f"m{n}.safetensors" for n in (0, 2, 1)]
    assert session.stories.beside(-1) == (OWN, 0, 1), "back is the last stage"


def test_whatever_is_late_the_stage_that_is_told_is_shown(late, world):
    session, runner = late()
    session.stories.add(staged(world))
    for order in ((0, 1), (1, 0)):
        for stage in order:
            session.showing.tell(OWN, 0, stage)
            for number in runner.open:
                runner.step(number)
        runner.finish()
        assert shown_model(session) == session.stories.current[0].model_path
        assert session.stories.stage == order[-1]


def test_a_story_brings_its_own_concept(late, world):
    """Known while the window is open, kept in no file, and never taken for another of its name."""
    session, runner = late()
    spec = {"kind": "regular-expression", "name": "the-b", "title": "B", "pattern": "b"}
    finding = msgspec.structs.replace(found(world), concept=spec)
    story = msgspec.structs.replace(story_of(world, "m2"), finding=finding)
    session.stories.add(story)
    session.showing.tell(OWN, 0)
    runner.finish()
    assert session.selection.concept == "the-b"
    concept = session.rankings.concept("the-b")
    assert concept is not None and concept.title == "B"
    assert not session.rankings.is_custom("the-b")
    assert session.rankings.lend(spec) == "the-b"
    other = session.rankings.lend({**spec, "pattern": "c"})
    assert other == "the-b-2" == session.rankings.lend({**spec, "pattern": "c"})
    assert session.rankings.lend({"kind": "built-in", "name": "inside-quotes"}) == "inside-quotes"


def test_the_last_stage_is_the_model_of_the_finding(world):
    story = staged(world)
    story.check()
    with pytest.raises(FindingError, match="last stage"):
        msgspec.structs.replace(story, stages=story.stages[:1]).check()


def test_a_pack_holds_every_stage(world, tmp_path):
    path = tmp_path / "born.rnnviz"
    write_pack(path, Stories(stories=(staged(world),)))
    (story,) = unpack(path, tmp_path / "unpacked").stories
    read = [Path(stage.model).read_bytes() for stage in story.stages]
    assert read == [model_path(world, stem).read_bytes() for stem in ("m0", "m2")]
    assert story.model_path == story.stages[-1].model


def test_the_cell_that_ships_is_born():
    """From noise to a counter: the unit's correlation with the position in the line."""
    import numpy as np
    import torch

    from rnnviz.core.concepts import concept_from
    from rnnviz.core.sequences.text import Text
    from rnnviz.nets.checkpoints import open_model

    story = next(told_here(one) for one in lecture().stories if one.stages)
    finding = story.finding
    assert finding is not None and finding.concept is not None
    text = Text.read(Path(finding.text_path)).slice(0, 6000)
    labels = np.asarray(concept_from(finding.concept).label(text), float)
    follows = []
    for place in range(len(story.stages)):
        model = open_model(Path(story.at_stage(place).model_path)).model
        known, ids = model.read(Text.of(text)).take(0, len(text))
        with torch.inference_mode():
            values = model.channels(ids)[0]["hidden"][:, finding.unit].numpy()
        follows.append(abs(np.corrcoef(values, labels[known])[0, 1]))
    assert follows[0] < 0.2
    assert follows[-1] > 0.8
    assert max(follows[:2]) < min(follows[-3:])


def test_a_story_is_not_on_the_screen_while_a_unit_is_changed(late, world):
    session, runner = late()
    session.stories.add(story_of(world, "m1"))
    session.showing.tell(OWN, 0)
    runner.finish()
    assert session.showing.shows_story
    session.interventions.show(session.interventions.intervention("cut", 0.0))
    runner.finish()
    assert not session.showing.shows_story
    session.showing.tell(OWN, 0)
    runner.finish()
    assert session.showing.shows_story

"""What the next stories need is walked while one is told, and gives way to whatever is asked."""

from __future__ import annotations

from rnnviz.core.sequences.text import Text
from rnnviz.session.shared.stories import OWN
from tests.session.test_late_answers import (
    _any_file_is_a_network,
    late,
    model_path,
    text_path,
    told_in,
    whose_recording,
    world,
)

__all__ = ["_any_file_is_a_network", "late", "world"]


def told(session, world):
    """The first of the stories of these tests is told: m0, then m1, two translators, and others."""
    session.showing.tell(*told_in(session, world, 0))


def test_the_next_story_is_walked_and_shown_at_once(late, world):
    session, runner = late()
    told(session, world)
    runner.finish()
    assert runner.ran.count("walk") == 1
    session.next_stories.go_on()
    runner.finish()
    assert runner.ran[-2:] == ["open_model", "walk"], "m1 was walked ahead"
    walked = runner.ran.count("walk")
    session.showing.tell(OWN, 1)
    # As soon as the model is open, its walk is there: nothing is read anew.
    runner.finish(runner.find("open_model"))
    assert (whose_recording(session) or ("",))[0] == str(model_path(world, "m1"))
    assert session.recordings.recording.complete
    assert runner.ran.count("walk") == walked


def test_whatever_is_asked_stops_it(late, world):
    session, runner = late(heeds=True)
    told(session, world)
    runner.finish()
    session.next_stories.go_on()
    runner.run(runner.find("open_model"))
    runner.hear_all(runner.find("open_model"))
    ahead = runner.find("walk")
    runner.step(ahead)
    session.open_path(text_path(world, 3))
    assert runner.was_cancelled(ahead)
    runner.finish()
    read = (whose_recording(session) or ("", ""))[1]
    assert read == str(Text.read(text_path(world, 3)))


def test_nothing_is_done_ahead_where_no_story_is_told(late, world):
    session, runner = late()
    told(session, world)
    runner.finish()
    session.stories.end()
    session.next_stories.go_on()
    assert not runner.open
    # The last of the stories has none ahead.
    session.showing.tell(*told_in(session, world, 5))
    runner.finish()
    session.next_stories.go_on()
    assert not runner.open

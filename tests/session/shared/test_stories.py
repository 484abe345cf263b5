"""Stories of one's own are kept, ordered, renamed, removed and brought back."""

import pytest

from rnnviz.core.errors import FindingError
from rnnviz.core.stories.story import Stories, Story, write_stories
from rnnviz.session.shared.stories import OWN, SHIPPED
from tests.core.stories.test_story import finding


def story(title):
    return Story(title=title, caption=f"About {title}.", finding=finding())


def titles(session):
    return [one.title for one in session.stories.of(OWN)]


@pytest.fixture
def session(make_session):
    made = make_session()
    for title in ("a", "b", "c"):
        made.stories.add(story(title))
    return made


def test_they_are_there_in_their_order_after_a_restart(session, make_session):
    session.stories.move(2, -1)
    session.stories.change(0, "first", "Now first.")
    assert titles(session) == ["first", "c", "b"]
    again = make_session()
    assert titles(again) == ["first", "c", "b"]
    assert again.stories.of(OWN)[0].caption == "Now first."


def test_moving_beyond_an_end_leaves_the_order(session):
    assert session.stories.move(0, -1) == 0 and session.stories.move(2, 5) == 2
    assert titles(session) == ["a", "b", "c"]


def test_one_that_was_removed_comes_back_to_its_place(session):
    session.stories.remove(1)
    assert titles(session) == ["a", "c"]
    session.stories.restore()
    assert titles(session) == ["a", "b", "c"]


def test_the_one_that_is_told_stays_told_while_others_move(session):
    session.stories.set_current(OWN, 2)
    session.stories.move(2, -2)
    assert session.stories.current[:2] == (session.stories.of(OWN)[0], 0)
    session.stories.remove(1)
    assert session.stories.current[0].title == "c"
    session.stories.remove(0)
    assert session.stories.current is None


def test_next_and_previous_end_at_the_ends(session):
    stories = session.stories
    assert stories.beside(1) == (SHIPPED, 0, 0)
    stories.set_current(OWN, 0)
    assert stories.beside(1) == (OWN, 1, 0) and stories.beside(-1) is None
    stories.set_current(OWN, 2)
    assert stories.beside(1) is None
    with pytest.raises(FindingError):
        stories.at(OWN, 3)


def test_a_damaged_file_is_named_and_never_written_over(session, make_session, tmp_path):
    file = session.stories._file
    file.write_text("{")
    again = make_session()
    assert "damaged" in again.stories.damaged
    with pytest.raises(FindingError, match="not changed"):
        again.stories.add(story("d"))
    assert file.read_text() == "{"


def test_an_opened_file_is_another_collection_and_may_be_kept(session, tmp_path, make_session):
    write_stories(tmp_path / "talk.json", Stories(title="A talk", stories=(story("theirs"),)))
    keys: list[str] = []
    session.stories.open_file(tmp_path / "talk.json", keys.append)
    (key,) = keys
    assert dict(session.stories.collections)[key].title == "A talk"
    session.stories.take_in(key)
    assert titles(session)[-1] == "theirs"

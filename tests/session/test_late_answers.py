"""An old answer is never seen under a new name, whenever it comes; see `tests/late_runner.py`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from rnnviz.core.alignments.links import corpus_agreement
from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import RnnvizError
from rnnviz.core.sequences.text import Text
from rnnviz.core.stories.pack import write_pack
from rnnviz.core.stories.story import Stories, Story
from rnnviz.session.gradients.networks import Network, Window
from rnnviz.session.session import Session
from rnnviz.session.shared.selection import Pin
from rnnviz.session.shared.stories import OWN
from rnnviz.work.jobs.gradients import StepClipped
from tests.late_runner import LateRunner
from tests.session import answering
from tests.session.answering import SHAPES, code
from tests.session.in_folder import session_in

ORDERS, PARTS = 800, 8
STORIES = ("m0", "m1", "t0", "t1", "gradients", "typed")
"""What the stories of these tests are told with."""
CONCEPTS = ("inside-quotes", "sentence-start", "upper-case-word")


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Four models of several shapes, two translators, one file that is neither; four texts."""
    for stem in (*SHAPES, "t0", "t1", "bad"):
        (tmp_path / f"{stem}.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{}" + stem.encode())
    for place in range(4):
        (tmp_path / f"text{place}.txt").write_text(f'text {"abcd"[place]} and "some" words\n' * 2)
    (tmp_path / "gold0").write_text("0-0\n")
    (tmp_path / "gold1").write_text("0-0 0-1\n")
    (tmp_path / "pairs").write_text("le ||| the\n")
    return tmp_path


@pytest.fixture
def late(world: Path, qapp: Any) -> Iterator[Callable[..., tuple[Session, LateRunner]]]:
    """Makes sessions whose answers come when the test says."""
    made: list[Session] = []

    def make(*, heeds: bool = False) -> tuple[Session, LateRunner]:
        runner = LateRunner(answering.TASKS, heeds=heeds)
        session = session_in(world, runner)
        made.append(session)
        return session, runner

    yield make
    for session in made:
        session.close()


def model_path(world: Path, stem: str) -> Path:
    return world / f"{stem}.safetensors"


def text_path(world: Path, place: int) -> Path:
    return world / f"text{place}.txt"


# What is shown


def whose_recording(session: Session) -> tuple[str, str] | None:
    """The model and the text that the values of the recording are of, after looking at them."""
    recording = session.recordings.recording
    if recording is None:
        return None
    path, text = recording.description.model_path, str(recording.text)
    values = set(recording.rows("hidden")[:, : recording.walked].ravel().tolist())
    assert values <= {code(path, text)}, "values of something else"
    return path, text


def check(session: Session) -> None:
    """Whatever is shown belongs to what is open."""
    whose = whose_recording(session)
    check_cells(session, whose)
    check_concepts(session, whose)
    check_gradients(session)
    check_alignments(session)
    check_unrolled(session, whose)


def check_unrolled(session: Session, whose: tuple[str, str] | None) -> None:
    trace = session.unrolled_model.trace
    if trace is not None:
        assert whose is not None
        assert (trace.about.model, trace.about.text) == whose, "steps of something else"
        assert trace["0/hidden"][1, 0] == code(*whose)


def check_cells(session: Session, whose: tuple[str, str] | None) -> None:
    recordings, selection, inspection = session.recordings, session.selection, session.inspection
    if whose is not None:
        if recordings.model is not None:
            assert whose[0] == recordings.model.path, "another model's units"
        if recordings.is_of_text:
            assert whose[1] == str(recordings.text), "units in another text"
        shown = recordings.recording
        assert shown is not None
        for pin in (*selection.pins, Pin(selection.channel, selection.unit)):
            assert pin.unit < shown.total_units
    asked = (*(whose or ()), selection.channel)
    if inspection.unit_page is not None:
        assert inspection.unit_page.characters == code(*asked, selection.unit)
    if inspection.pattern is not None:
        assert selection.range is not None
        assert inspection.pattern.matches[0].start == code(*asked, *selection.range)
    if inspection.worst is not None:
        assert inspection.worst[0].start == code(*(whose or ()))
    if inspection.order is not None:
        assert inspection.order == (code(*asked),)
    if inspection.matches is not None:
        assert inspection.matches[0, 0] == code(recordings.text, inspection.searched[0])
    if inspection.sample:
        assert recordings.model is not None
        assert Path(recordings.model.path).stem.startswith(inspection.sample)


def check_concepts(session: Session, whose: tuple[str, str] | None) -> None:
    for name in CONCEPTS:
        labels, ranking = session.rankings.labels(name), session.rankings.ranking(name)
        if labels is not None:
            assert set(labels.tolist()) <= {code(session.recordings.text, name)}
        if ranking is not None:
            assert whose is not None
            assert ranking.characters == code(*whose, name)


def check_gradients(session: Session) -> None:
    gradients, text = session.gradients, session.recordings.text
    for one in gradients.compared:
        if one.field is not None:
            facts = one.field.facts
            assert facts.model_path == one.network.path
            assert facts.text_name == str(code(text))
            assert facts.start == gradients.window.start
    measured, focused = gradients.measurements, gradients.focused
    path = focused.network.path if focused else ""
    if (matrices := measured.matrices) is not None:
        assert matrices[0].gate == str(code(path))
    if (clipping := measured.clipping) is not None:
        assert isinstance(clipping, StepClipped)
        assert clipping.start == code(path, text, gradients.window.start)
    if (truncation := measured.truncation) is not None:
        assert truncation.steps == code(path, text, measured.chunk)


def check_alignments(session: Session) -> None:
    alignments, tables = session.alignments, session.alignments.tables
    if alignments.model is None:
        assert alignments.current is None
        return
    name = Path(alignments.model.path).stem
    if alignments.current is not None:
        assert alignments.current.decoded.text == name
        assert alignments.current.model is alignments.model
    if alignments.beside is not None:
        assert alignments.beside.decoded.text == Path(alignments.beside.model.path).stem
    for near in tables.near:
        assert near.word == name
    for row in tables.corpus:
        assert row.target == name
    if tables.scores is not None:
        gold = alignments.gold
        asked = str(gold.pairs_path), gold.direction, gold.threshold
        links = answering.links_of(alignments.model.path, *asked)
        if gold.swapped:
            links = [frozenset((b, a) for a, b in line) for line in links]
        assert tables.scores.model == corpus_agreement(links, gold.lines)


# What a person does


def finding_of(world: Path, stem: str, place: int) -> Finding:
    return Finding(
        title="found",
        channel="hidden",
        start=1,
        stop=4,
        scale=Scale(-1.0, 1.0, "blue-orange"),
        model_path=str(model_path(world, stem)),
        text_name=f"text{place}.txt",
        text_path=str(text_path(world, place)),
    )


def open_recording(session: Session, world: Path, random: Random) -> None:
    kept = [path.parent for path in (world / "cache").glob("*/recording.json")]
    if kept:
        session.recordings.open_recording(random.choice(sorted(kept)))


def gold(session: Session, world: Path, random: Random) -> None:
    links = session.alignments.gold
    links.open(world / random.choice(("gold0", "gold1")))
    links.open_pairs(world / "pairs")


def compare(session: Session, world: Path, random: Random) -> None:
    stems = random.sample(sorted(SHAPES), 2)
    session.gradients.set_networks(
        tuple(Network(str(model_path(world, stem)), stem) for stem in stems)
    )


Act = Callable[[Session, Path, Random], Any]
ACTS: tuple[Act, ...] = (
    lambda s, w, r: s.open_path(model_path(w, r.choice((*SHAPES, "bad")))),
    lambda s, w, r: s.open_path(model_path(w, r.choice(sorted(SHAPES)))),
    lambda s, w, r: s.open_path(text_path(w, r.randrange(4))),
    lambda s, w, r: s.open_path(text_path(w, r.randrange(4))),
    lambda s, w, r: s.show_text(Text.of("pasted " + "ab" * r.randrange(1, 4), "pasted")),
    lambda s, w, r: s.recordings.type_text("typed" * r.randrange(3)),
    lambda s, w, r: s.recordings.walk(r.choice((("hidden",), ("hidden", "cell")))),
    lambda s, w, r: s.showing.show_finding(
        finding_of(w, r.choice((*SHAPES, "bad")), r.randrange(4))
    ),
    open_recording,
    lambda s, w, r: s.selection.select_unit(r.randrange(5), "hidden"),
    lambda s, w, r: s.selection.toggle_pin(Pin("hidden", s.selection.unit)),
    lambda s, w, r: s.selection.set_range((r.randrange(3), 5)),
    lambda s, w, r: s.selection.set_concept(r.choice(CONCEPTS)),
    lambda s, w, r: s.rankings.request_ranking(r.choice(CONCEPTS)),
    lambda s, w, r: s.rankings.request_labels(r.choice(CONCEPTS)),
    lambda s, w, r: s.inspection.request_unit_page(),
    lambda s, w, r: s.inspection.request_pattern(),
    lambda s, w, r: s.inspection.request_worst(),
    lambda s, w, r: s.inspection.request_order(),
    lambda s, w, r: s.inspection.request_matches(r.choice(("", "a", "b")), regular=False),
    lambda s, w, r: s.inspection.request_sample("", 2, 1.0, 0, None),
    lambda s, w, r: s.unrolled_model.show(r.randrange(9)),
    lambda s, w, r: s.unrolled_model.go(r.choice((-1, 1))),
    lambda s, w, r: s.unrolled_model.set_written(r.randrange(3)),
    lambda s, w, r: s.gradients.want_fields(),
    lambda s, w, r: s.gradients.set_window(Window(r.randrange(3), 12, 10)),
    compare,
    lambda s, w, r: s.gradients.set_focus(r.randrange(2)),
    lambda s, w, r: s.gradients.measurements.want_matrices(),
    lambda s, w, r: s.gradients.measurements.want_clipping(),
    lambda s, w, r: s.gradients.measurements.set_chunk(r.randrange(5, 8)),
    lambda s, w, r: s.gradients.measurements.measure_truncation(100),
    lambda s, w, r: s.open_path(model_path(w, r.choice(("t0", "t1")))),
    lambda s, w, r: s.alignments.translate(r.choice(("le chat", "la table"))),
    lambda s, w, r: s.alignments.force_token(0, "a"),
    lambda s, w, r: s.alignments.compare(str(model_path(w, "t1")), "t1"),
    lambda s, w, r: s.alignments.undo(),
    lambda s, w, r: s.alignments.search(beam=r.randrange(1, 4)),
    lambda s, w, r: s.alignments.tables.find_near("le", "source"),
    lambda s, w, r: s.alignments.tables.translate_corpus(text_path(w, 0)),
    gold,
    lambda s, w, r: s.alignments.gold.set(swapped=r.random() < 0.5),
    lambda s, w, r: s.alignments.gold.set(direction=r.choice(("source", "target", "both"))),
    lambda s, w, r: s.alignments.gold.set(threshold=r.choice((0.25, 0.5))),
    lambda s, w, r: s.alignments.tables.score_all(),
    lambda s, w, r: s.alignments.tables.record(),
    lambda s, w, r: s.showing.tell(*told_in(s, w, r.randrange(len(STORIES)))),
    lambda s, w, r: s.showing.tell(*told_in(s, w, r.randrange(len(STORIES)))),
)


def story_of(world: Path, kind: str) -> Story:
    """A story of Cells, of a translator, of gradients, or of a text that no file holds."""
    if kind.startswith("t") and kind != "typed":
        path = str(model_path(world, kind))
        return Story(title=kind, caption="", show="alignments", model=path, sentence="le chat")
    found = finding_of(world, {"gradients": "m2", "typed": "m3"}.get(kind, kind), 1)
    if kind == "gradients":
        networks = tuple(str(model_path(world, stem)) for stem in ("m2", "m0"))
        return Story(title=kind, caption="", show="gradients", finding=found, networks=networks)
    if kind == "typed":
        found = msgspec.structs.replace(found, text_path="", text_name="a typed text", start=0)
        return Story(title=kind, caption="", finding=found, text="typed for a story")
    return Story(title=kind, caption="", finding=found)


def told_in(session: Session, world: Path, place: int) -> tuple[str, int]:
    """A story of one's own."""
    if not session.stories.of(OWN):
        for kind in STORIES:
            session.stories.add(story_of(world, kind))
    return OWN, place


@pytest.fixture(autouse=True)
def _any_file_is_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of these tests hold nothing but their names."""
    named = type("Named", (), {"name": "a network"})
    monkeypatch.setattr("rnnviz.session.gradients.networks.described", lambda path: named)


@pytest.mark.parametrize("first", STORIES)
@pytest.mark.parametrize("second", STORIES)
def test_a_story_is_told_whatever_is_still_loading_for_another(
    first: str, second: str, late: Callable[..., tuple[Session, LateRunner]], world: Path
) -> None:
    for heard in range(6):
        session, runner = late()
        rooms: list[str] = []
        session.workspace_wanted.connect(rooms.append)
        session.showing.tell(*told_in(session, world, STORIES.index(first)))
        for _ in range(heard):
            for number in runner.open:
                runner.step(number)
        session.showing.tell(*told_in(session, world, STORIES.index(second)))
        runner.finish()
        check(session)
        story = session.stories.current
        assert story is not None and story[0].title == second
        assert session.showing.shows_story, (
            f"{second} after {first}, of which {heard} steps were heard"
        )
        assert rooms[-1] == story[0].show
        whose = whose_recording(session)
        if second in ("m0", "m1", "typed"):
            assert whose is not None and Path(whose[0]).stem == {"typed": "m3"}.get(second, second)
        elif second == "gradients":
            assert [Path(one.network.path).stem for one in session.gradients.compared] == [
                "m2",
                "m0",
            ]
        else:
            answer = session.alignments.current
            assert answer is not None and Path(answer.model.path).stem == second
            assert answer.question.sentence == "le chat"
        assert not runner.open


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_shown_carries_what_is_open(
    part: int, late: Callable[..., tuple[Session, LateRunner]], world: Path
) -> None:
    """800 random orders of open, switch, ask, and of answers that come late, or never."""
    session, runner = late(heeds=bool(part % 2))
    for order in range(ORDERS // PARTS):
        random = Random(f"{part}, {order}")
        for _ in range(random.randrange(3, 9)):
            with contextlib.suppress(RnnvizError):  # what was open stays
                random.choice(ACTS)(session, world, random)
            check(session)
            for _ in range(random.randrange(6)):
                runner.anything(random)
                check(session)
        if random.random() < 0.3:
            runner.finish()
            check(session)
            assert not session.jobs.running
            if session.recordings.model is not None and session.recordings.text:
                assert session.recordings.recording is not None or session.recordings.followed
    assert {"walk", "rank", "translate", "compute_field", "align_corpus"} <= set(runner.ran)


# Each fault that was seen, by itself


@pytest.fixture
def screens(late: Callable[..., tuple[Session, LateRunner]]) -> tuple[Session, LateRunner]:
    session, runner = late()
    failures: list[Any] = []
    session.jobs.failed.connect(failures.append)
    runner.failures = failures  # type: ignore[attr-defined]
    return session, runner


def cells(session: Session, runner: LateRunner, world: Path, stem: str, place: int) -> int:
    """Open a model and a text; the number of the walk, of which nothing was heard yet."""
    session.open_path(model_path(world, stem))
    runner.finish(runner.find("open_model"))
    session.open_path(text_path(world, place))
    return runner.find("walk")


def test_a_walk_that_was_left_does_not_take_over_the_screen(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    runner.finish(cells(session, runner, world, "m1", 1))  # the cache has this one
    war = cells(session, runner, world, "m0", 0)
    runner.advance(war)  # its first block is written, and the message is on its way
    session.open_path(model_path(world, "m1"))
    runner.finish(runner.find("open_model"))
    session.open_path(text_path(world, 1))
    kept = session.recordings.recording
    assert kept is not None
    assert kept.complete
    assert runner.was_cancelled(war)
    runner.finish(war)  # a second later
    assert session.recordings.recording is kept
    assert whose_recording(session) == (
        str(model_path(world, "m1")),
        text_path(world, 1).read_text(),
    )


def test_a_walk_starts_where_another_still_writes(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    first = cells(session, runner, world, "m0", 0)
    runner.step(first)
    session.open_path(text_path(world, 1))
    other = runner.find("walk")
    session.open_path(text_path(world, 0))
    again = runner.find("walk")
    assert again not in (first, other)
    runner.step(again)  # the first one has the folder, and has not heard yet that it was left
    runner.finish(first)
    runner.finish(again, other)
    recording = session.recordings.recording
    assert recording is not None
    assert recording.complete
    check(session)
    assert runner.failures == []  # type: ignore[attr-defined]


def test_a_walk_that_was_left_keeps_its_blocks_and_goes_on(
    late: Callable[..., tuple[Session, LateRunner]], world: Path
) -> None:
    session, runner = late(heeds=True)
    first = cells(session, runner, world, "m0", 0)
    for _ in range(3):
        runner.step(first)
    left = session.recordings.recording
    assert left is not None
    walked = left.walked
    assert 0 < walked < left.length
    session.open_path(text_path(world, 1))
    runner.finish()
    session.open_path(text_path(world, 0))
    shown = session.recordings.recording
    assert shown is not None
    assert shown.walked >= walked, "what was finished is seen at once"
    again = runner.find("walk")
    runner.step(again)
    assert shown.walked > walked
    assert session.recordings.recording is shown, "and grows on"
    runner.finish()
    assert shown.complete
    check(session)


def test_stories_that_were_unpacked_late_are_listed_and_leave_what_was_opened_meanwhile(
    screens: tuple[Session, LateRunner], world: Path, tmp_path: Path
) -> None:
    session, runner = screens
    cells(session, runner, world, "m0", 0)
    found = Finding(
        title="theirs",
        channel="hidden",
        unit=1,
        start=0,
        stop=9,
        scale=Scale(-1.0, 1.0, "blue-orange"),
        model_name="m1",
        model_path=str(model_path(world, "m1")),
        text_name="text1.txt",
        text_path=str(text_path(world, 1)),
    )
    path = tmp_path / "talk.rnnviz"
    write_pack(path, Stories(stories=(Story(title="theirs", caption="", finding=found),)))
    session.open_path(path)
    packed = runner.find("unpack_stories")
    session.open_path(text_path(world, 2))
    runner.finish(packed)
    assert str(path) in dict(session.stories.collections)
    assert session.stories.current is None
    assert session.recordings.text is not None
    assert session.recordings.text.path == text_path(world, 2)
    session.open_path(path)
    runner.finish(runner.find("unpack_stories"))
    assert session.stories.current is not None
    assert session.stories.current[0].title == "theirs"


def test_the_same_text_opened_again_is_not_walked_twice(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    walk = cells(session, runner, world, "m0", 0)
    runner.step(walk)
    session.open_path(text_path(world, 0))
    assert runner.find("walk") == walk
    assert not runner.was_cancelled(walk)
    runner.finish()
    assert session.recordings.recording is not None
    assert session.recordings.recording.complete


@pytest.mark.parametrize("changed", ["model", "file", "swapped", "direction", "threshold"])
def test_an_error_rate_is_only_shown_for_what_was_scored(
    changed: str, screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    alignments = session.alignments
    session.open_path(model_path(world, "t0"))
    runner.finish()
    gold(session, world, Random(0))
    alignments.tables.score_all()
    runner.finish()
    assert alignments.tables.scores is not None
    alignments.tables.score_all()  # and one more that is on its way
    if changed == "model":
        session.open_path(model_path(world, "t1"))
        runner.finish(runner.find("open_model"))
    elif changed == "file":
        (world / "gold2").write_text("0-3\n")
        alignments.gold.open(world / "gold2")
    elif changed == "swapped":
        alignments.gold.set(swapped=True)
    elif changed == "direction":
        alignments.gold.set(direction="source")
    else:
        alignments.gold.set(threshold=0.25)
    assert alignments.tables.scores is None
    runner.finish()
    assert alignments.tables.scores is None


@pytest.mark.parametrize("left_by", ["another sentence", "the one before"])
def test_another_model_is_compared_only_with_the_answer_it_was_asked_for(
    left_by: str, screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    alignments = session.alignments
    session.open_path(model_path(world, "t0"))
    runner.finish()
    alignments.translate("le chat")
    runner.finish()
    alignments.compare(str(model_path(world, "t1")))
    late = runner.find("translate")
    if left_by == "another sentence":
        alignments.translate("la table")
        runner.finish(runner.find("translate"))
    else:
        alignments.undo()
    left = alignments.beside
    runner.finish(late)
    assert alignments.beside is left, "what was asked beside an answer came beside another"


def test_a_finding_that_failed_to_open_does_not_take_the_next_recording(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    walk = cells(session, runner, world, "m0", 0)
    runner.finish(walk)
    before = session.recordings.text
    session.showing.show_finding(finding_of(world, "bad", 1))
    runner.finish()
    assert [failure.message for failure in runner.failures] == ["bad.safetensors is no model"]  # type: ignore[attr-defined]
    assert session.recordings.text is before, "what was open stays"
    session.open_path(text_path(world, 2))
    runner.finish()
    assert session.selection.range is None
    assert session.scaling.locked is None


def test_a_finding_is_forgotten_when_something_else_is_opened_meanwhile(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    runner.finish(cells(session, runner, world, "m0", 0))
    session.showing.show_finding(finding_of(world, "m1", 1))
    session.open_path(text_path(world, 2))
    runner.finish()
    assert session.selection.range is None
    session.showing.show_finding(finding_of(world, "m1", 1))
    runner.finish()
    assert session.selection.range == (1, 4)


def test_unit_and_pins_keep_their_layer_and_stay_with_networks_of_their_shape(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    selection = session.selection
    runner.finish(cells(session, runner, world, "m0", 0))  # 2 layers of 3 units
    selection.select_unit(4)
    selection.toggle_pin(Pin("hidden", 5))
    runner.finish(cells(session, runner, world, "m1", 0))  # 3 layers of 2 units
    assert selection.group_and_unit == ("2", 1)
    assert selection.unit == 3, "unit 1 of layer 2 is another number here"
    assert not selection.pins
    runner.finish(cells(session, runner, world, "m3", 0))  # 1 layer of 5 units
    assert selection.unit == 0, "there is no layer 2"
    runner.finish(cells(session, runner, world, "m2", 0))  # 2 layers of 3 units again
    assert selection.pins == (Pin("hidden", 5),)


def test_a_recording_opened_by_itself_is_not_shown_under_the_open_model(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    runner.finish(cells(session, runner, world, "m1", 1))
    assert session.recordings.recording is not None
    folder = session.recordings.recording.folder
    runner.finish(cells(session, runner, world, "m0", 0))
    session.open_path(folder)
    assert session.recordings.model is None
    assert whose_recording(session) is not None
    runner.finish()
    check(session)


def test_after_closing_no_job_starts(screens: tuple[Session, LateRunner], world: Path) -> None:
    session, runner = screens
    runner.finish(cells(session, runner, world, "m0", 0))
    session.open_path(model_path(world, "t0"))
    runner.finish()
    session.close()
    started = list(runner.ran)
    session.alignments.search(temperature=0.5)  # a field that loses the focus as the window goes
    session.inspection.request_sample("", 5, 1.0, 0, None)
    session.gradients.want_fields()
    session.recordings.walk(("hidden",))
    assert runner.ran == started
    assert not session.alignments.scratch.folder.exists()


def test_matches_are_of_the_pattern_that_is_searched_for(
    screens: tuple[Session, LateRunner], world: Path
) -> None:
    session, runner = screens
    runner.finish(cells(session, runner, world, "m0", 0))
    text, inspection = session.recordings.text, session.inspection

    def place() -> int | None:
        return None if inspection.matches is None else int(inspection.matches[0, 0])

    inspection.request_matches("a", regular=False)
    runner.finish(runner.find("find"))
    assert place() == code(text, "a")
    inspection.request_matches("b", regular=False)
    assert place() is None and inspection.searching
    late = runner.find("find")
    inspection.request_matches("a", regular=False)
    runner.finish(late)
    assert place() == code(text, "a")
    session.open_path(text_path(world, 1))
    assert place() is None

"""Translating, asking what if, taking back, comparing: what the session remembers."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from rnnviz.core.errors import AlignmentError, RnnvizError, SentencesNeeded
from rnnviz.core.models.translation import SideTold
from rnnviz.session.alignments.alignments import Mark
from rnnviz.session.alignments.questions import Question, Translator, replaced
from rnnviz.work.jobs.alignments import AlignCorpus, Translate, Translated
from tests.session.alignments import translating


@pytest.fixture
def session(make_session):
    session = make_session(**translating.TASKS)
    session.opening._take(translating.opened())
    return session


@pytest.fixture
def alignments(session):
    return session.alignments


def test_opening_a_translation_model_translates_its_example(make_session, qtbot):
    session = make_session(**translating.TASKS)
    with qtbot.waitSignal(session.workspace_wanted) as wanted:
        session.opening.open(Path("fr-en.pt"))
    assert wanted.args == ["alignments"]
    assert session.recordings.model is None
    current = session.alignments.current
    assert current.decoded.text == "the cat grey sleeps on the table ."
    assert current.decoded.alignment.size == (9, 9)


def test_words_come_one_by_one(alignments, qtbot):
    seen = []
    alignments.grew.connect(lambda: seen.append(alignments.growing))
    alignments.translate("le chien dort")

    # The engine does not tell of every word where they come faster than a screen shows them.
    assert seen[0] == ("the",)
    assert ("the", "dog", "sleeps", "</s>") in seen
    assert alignments.growing == ()


@pytest.mark.parametrize("sentence", ["", "   ", "\t\n"])
def test_an_empty_sentence_is_refused_in_words(alignments, sentence, qtbot):
    before = alignments.current
    with qtbot.waitSignal(alignments.refused) as refused:
        alignments.translate(sentence)
    assert "Type a sentence" in refused.args[0]
    assert alignments.current is before


def test_a_forced_word_stands_beside_what_was_before(alignments):
    before = alignments.current
    alignments.force_token(2, "purple")
    assert alignments.current.decoded.target[:4] == ("the", "cat", "purple", "sleeps")
    assert alignments.beside is before
    assert alignments.current.title == "“purple” forced as word 3"


def test_what_came_before_a_forced_word_stays(alignments):
    alignments.force_token(1, "dog")
    alignments.force_token(4, "under")
    assert alignments.current.decoded.target[1] == "dog"
    assert alignments.current.decoded.target[4] == "under"


def test_forcing_an_earlier_word_frees_the_later_ones(alignments):
    alignments.force_token(4, "under")
    alignments.force_token(1, "dog")
    assert alignments.current.decoded.target[4] == "on"


@pytest.mark.parametrize(("value", "weight"), [(0.9, 0.9), (0.0, 0.0), (7.0, 1.0)])
def test_a_weight_is_forced_or_erased(alignments, value, weight):
    alignments.force_weight(2, 5, value)
    row = alignments.current.decoded.alignment.weights[2]
    assert row[5] == pytest.approx(weight, abs=1e-6)
    assert row.sum() == pytest.approx(1, abs=1e-5)


def test_a_source_word_is_replaced_or_left_out(alignments):
    alignments.replace_word(1, "chien")
    assert alignments.current.question.sentence == "le chien gris dort sur la table ."
    alignments.replace_word(2, "")
    assert alignments.current.question.sentence == "le chien dort sur la table ."
    assert alignments.current.decoded.text == "the dog sleeps on the table ."


def test_pieces_are_replaced_as_whole_words():
    source = ("▁le", "▁ch", "at", "▁dort", "</s>")
    assert replaced(source, 2, "chien", by_character=False) == "le chien dort"
    assert replaced(tuple("abc"), 1, "x", by_character=True) == "axc"


def test_a_temperature_flattens_the_weights(alignments):
    sharp = alignments.current.decoded.alignment.entropy_bits().mean()
    alignments.search(temperature=4.0)
    assert alignments.current.decoded.alignment.entropy_bits().mean() > sharp + 0.5
    assert alignments.beside is not None


def test_the_same_setting_asks_nothing(session):
    asked = session.jobs._runner.ran.count("translate")
    session.alignments.search(beam=session.alignments.question.beam)
    assert session.jobs._runner.ran.count("translate") == asked


def test_undo_and_redo(alignments):
    first = alignments.current
    alignments.force_token(1, "dog")
    second = alignments.current
    alignments.undo()
    assert alignments.current is first
    assert not alignments.can_undo
    alignments.redo()
    assert (alignments.current, alignments.beside) == (second, first)
    alignments.undo()
    alignments.force_token(2, "red")
    assert not alignments.can_redo


def test_another_model_stands_beside(alignments):
    alignments.compare("without.safetensors", "No attention", attention=False)
    assert not alignments.beside.decoded.has_attention
    assert alignments.beside.model.name == "No attention"
    alignments.put_away()
    assert alignments.beside is None


def test_a_branch_of_the_beam_shows_its_own_alignment(alignments):
    tree = alignments.current.decoded.tree
    leaf = next(node for node in tree if node.token == "other0" and node.parent == 0)
    alignments.choose_branch(leaf.id)
    assert alignments.beside.decoded.target[:2] == ("the", "other0")


def test_an_answer_to_an_older_sentence_never_stands_beside(alignments):
    alignments.force_token(1, "dog")
    alignments.translate("le chat")
    assert alignments.beside is None


def test_a_failure_is_said_in_words_and_the_old_answer_stays(make_session, qtbot):
    def broken(request, context):
        raise RnnvizError("the model predicts NaN")

    session = make_session(**{**translating.TASKS, "translate": broken})
    with qtbot.waitSignal(session.alignments.refused) as refused:
        session.opening._take(translating.opened())
    assert refused.args == ["the model predicts NaN"]
    assert session.alignments.current is None


def test_pointing_lights_up_unless_something_is_pinned(alignments):
    alignments.point(Mark(1, 2))
    assert alignments.mark == Mark(1, 2)
    alignments.pin(Mark(3, None))
    alignments.point(Mark(5, 5))
    assert alignments.mark == Mark(3, None)
    alignments.pin(Mark(3, None))
    assert alignments.pinned is None


def test_a_cell_of_words_is_all_cells_of_their_pieces(alignments, monkeypatch):
    def pieces(request, context):
        asked = msgspec.structs.replace(request, source="a b")
        decoded = translating.translate(asked, context).decoded
        source, target = ("▁le", "▁ch", "at"), ("▁the", "▁c", "at")
        return Translated(decoded=replace(decoded, source=source, target=target))

    monkeypatch.setitem(alignments._jobs._runner._tasks, Translate, pieces)
    alignments.translate("le chat")
    assert alignments.joined(alignments.current)
    assert alignments.pieces_at(1, 1) == ((1, 3), (1, 3))
    assert alignments.pieces_at(2, 1) is None
    alignments.set_words(False)
    assert alignments.pieces_at(2, 2) == ((2, 3), (2, 3))


def test_erasing_a_word_erases_all_of_its_pieces(alignments, monkeypatch):
    asked = []

    def pieces(request, context):
        asked.append(request.search.weights)
        decoded = translating.translate(msgspec.structs.replace(request, source="a b"), context)
        source, target = ("▁le", "▁ch", "at"), ("▁the", "▁c", "at")
        return Translated(decoded=replace(decoded.decoded, source=source, target=target))

    monkeypatch.setitem(alignments._jobs._runner._tasks, Translate, pieces)
    alignments.translate("le chat")
    alignments.force_weight(1, 1, 0.0)
    assert asked[-1] == {1: {1: 0.0, 2: 0.0}, 2: {1: 0.0, 2: 0.0}}
    alignments.force_weight(1, 1, 0.5)
    assert sum(asked[-1][1].values()) == pytest.approx(0.5)
    assert alignments.current.question.why == "weight of “chat” set to 0.5 at word 2"


def test_a_typed_word_begins_a_word_and_words_are_counted_not_pieces(alignments, monkeypatch):
    about = SideTold("subwords")
    asked = []

    def pieces(request, context):
        asked.append(dict(request.search.forced))
        decoded = translating.translate(msgspec.structs.replace(request, source="a b"), context)
        source, target = ("▁le", "▁ch", "at"), ("▁lab", "rador", "▁eats")
        return Translated(decoded=replace(decoded.decoded, source=source, target=target))

    alignments.model = msgspec.structs.replace(
        alignments.model, description=replace(alignments.model.description, target=about)
    )
    monkeypatch.setitem(alignments._jobs._runner._tasks, Translate, pieces)
    alignments.translate("le chat")
    alignments.force_word(2, "dog")
    assert asked[-1][2] == "▁dog"
    assert alignments.current.question.why == "“dog” forced as word 2"
    alignments.force_word(2, "!")
    assert asked[-1][2] == "!"


def test_a_typed_word_ends_where_it_ends_unless_it_may_go_on(alignments, monkeypatch):
    about = SideTold("subwords")
    asked = []

    def translated(request, context):
        asked.append(request.search.whole)
        return translating.translate(request, context)

    alignments.model = msgspec.structs.replace(
        alignments.model, description=replace(alignments.model.description, target=about)
    )
    monkeypatch.setitem(alignments._jobs._runner._tasks, Translate, translated)
    alignments.force_word(1, "er")
    assert asked[-1] == (1,)
    assert alignments.current.question.why == "“er” forced as word 2"
    alignments.force_word(2, "er", whole=False)
    assert asked[-1] == (1,), "the word before stays whole"
    assert alignments.current.question.why == "“er…” forced as the beginning of word 2"
    alignments.force_word(1, "er", whole=False)
    assert asked[-1] == ()


def test_gold_links_are_scored(alignments, tmp_path):
    path = tmp_path / "gold"
    path.write_text("0-0 1-1 2-2\n\n2-0\n")
    alignments.gold.open(path)
    alignment = alignments.current.decoded.alignment
    assert alignments.gold.agreement(alignment).recall == 1
    alignments.gold.set(line=2, swapped=True)
    assert alignments.gold.links.sure == {(0, 2)}
    alignments.gold.set(line=99)
    assert alignments.gold.links is None


def test_a_corpus_is_read_with_its_figures(alignments, tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("le chat\nle chat dort\n")
    alignments.tables.translate_corpus(path)
    assert [row.target for row in alignments.tables.corpus] == ["the cat", "the cat sleeps"]


def test_pairs_are_read_and_go_with_the_model(alignments, tmp_path):
    path, told = tmp_path / "pairs.tsv", []
    path.write_text("le chat\tthe cat\nun chien\ta dog\n")
    alignments.tables.states_changed.connect(lambda: told.append(alignments.tables.states))
    alignments.tables.index_states(path)
    (index,) = told
    assert alignments.tables.states_of == ("pairs.tsv", 2)
    state = np.array(translating.state_of("chien"), np.float32)
    (near, *_) = index.nearest("encoder", state)
    assert (near.pair.source_text, near.place) == ("un chien", 1)
    alignments.tables.index_states(path, swap=True)
    assert alignments.tables.states.pairs[0].source == ("the", "cat", "</s>")
    alignments.take_model(translating.opened("other.safetensors"))
    assert alignments.tables.states is None


def test_near_words(alignments):
    alignments.tables.find_near("chat", "source")
    assert alignments.tables.near[0].similarity == 1
    assert alignments.tables.near_word == "chat"


def test_tables_go_with_the_session(session):
    folder = session.alignments.scratch.folder
    assert list(folder.rglob("weights.npy"))
    session.close()
    assert not folder.exists()


def test_a_question_in_the_words_of_the_engine():
    question = Question("a b", forced={3: "x"}, weights={(3, 1): 0.5}, kept=("p", "q", "r"))
    asked = question.asked(Translator("m"), Path("f"))
    assert asked.search.forced == {0: "p", 1: "q", 2: "r", 3: "x"}
    assert asked.search.weights == {3: {1: 0.5}}
    assert asked.search.length_penalty == 0.6


def test_two_thousand_words(alignments):
    alignments.translate("mot " * 500)
    assert alignments.current.decoded.alignment.size == (501, 501)
    assert np.isfinite(alignments.current.decoded.alignment.weights).all()


def test_a_given_translation_is_aligned_and_not_searched(alignments, monkeypatch):
    asked = []

    def remember(request, context):
        asked.append(request.target)
        return translating.translate(request, context)

    monkeypatch.setitem(alignments._jobs._runner._tasks, Translate, remember)
    alignments.align("le chat", "the cat")
    alignments.force_token(0, "a")
    assert asked == ["the cat", None]


def test_sentence_pairs_stand_beside_gold_links(alignments, tmp_path):
    (tmp_path / "gold").write_text("0-0\n0-0 1-1\n")
    (tmp_path / "pairs").write_text("le ||| the\nle chat ||| the cat\n")
    alignments.gold.open(tmp_path / "gold")
    assert alignments.gold.pair is None
    alignments.gold.open_pairs(tmp_path / "pairs")
    alignments.gold.set(line=1)
    assert alignments.gold.pair == ("le chat", "the cat")
    alignments.gold.set(swapped=True)
    assert alignments.gold.pair == ("the cat", "le chat")


def test_files_with_unequal_numbers_of_lines_are_refused(alignments, tmp_path):
    (tmp_path / "gold").write_text("0-0\n0-0 1-1\n")
    (tmp_path / "pairs").write_text("le ||| the\n")
    alignments.gold.open(tmp_path / "gold")
    with pytest.raises(AlignmentError, match="1 lines and the links 2"):
        alignments.gold.open_pairs(tmp_path / "pairs")


def test_a_translator_without_words_asks_for_its_sentences(make_session, qtbot):
    def needs(request, context):
        if not request.model.sentences:
            raise SentencesNeeded("encoder.pt keeps no word lists")
        return translating.open_model(request, context)

    session = make_session(**{**translating.TASKS, "open_model": needs})
    with qtbot.waitSignal(session.opening.companion_needed) as needed:
        session.opening.open(Path("encoder.pt"))
    assert needed.args == ["sentences", "encoder.pt", 0, "encoder.pt keeps no word lists"]
    session.opening.open(Path("encoder.pt"), sentences=Path("pairs.txt"))
    assert session.alignments.model is not None


def test_what_is_pinned_stays_pinned_through_a_change(alignments):
    alignments.pin(Mark(2, 3))
    alignments.force_weight(2, 3, 0.5)
    assert alignments.pinned == Mark(2, 3)
    alignments.translate("le chat")
    assert alignments.pinned is None


def test_all_lines_are_scored_against_gold(alignments, tmp_path, qtbot):
    (tmp_path / "gold").write_text("0-0\n0-0 1-1\n")
    (tmp_path / "pairs").write_text("le ||| the\nle chat ||| the cat\n")
    alignments.gold.open(tmp_path / "gold")
    alignments.tables.score_all()
    assert not alignments._jobs.busy(AlignCorpus)
    alignments.gold.open_pairs(tmp_path / "pairs")
    with qtbot.waitSignal(alignments.tables.scored):
        alignments.tables.score_all()
    # Two links found, both right; three are sure: 1 - (2 + 2) / (2 + 3).
    scored = alignments.tables.scores
    assert (scored.model.precision, scored.model.error_rate) == (1, pytest.approx(1 / 5))
    assert scored.straight.error_rate == 0
    assert scored.aligner.error_rate == pytest.approx(1 / 5)


def test_with_the_sentences_gold_links_are_counted_anew(alignments, tmp_path):
    (tmp_path / "gold").write_text("1-2 2-3 3-4\n1-2 2-3 3-4 4-5 5-6\n")
    (tmp_path / "pairs").write_text(
        "Is it raining ? ||| Est-ce qu' il pleut ?\n"
        "Do you see the dog ? ||| Est-ce que tu vois le chien ?\n"
    )
    gold = alignments.gold
    gold.open(tmp_path / "gold")
    assert gold.said == "gold counts words from 1: place 0 never occurs"
    gold.open_pairs(tmp_path / "pairs")
    assert gold.said.startswith("gold counts words from 0: so 2 of its links join equal words")
    assert gold.links.sure == {(1, 2), (2, 3), (3, 4)}
    gold.count_from(1)
    assert gold.links.sure == {(0, 1), (1, 2), (2, 3)}
    gold.count_from(None)
    assert gold.links.sure == {(1, 2), (2, 3), (3, 4)}


def test_a_setting_that_is_on_its_way_is_asked_for_again_with_the_next(alignments, monkeypatch):
    alignments.translate("a b")
    asked = list[Question]()
    monkeypatch.setattr(alignments, "_ask", asked.append)
    beam = alignments.question.beam
    alignments.search(temperature=4.0, beam=beam)
    alignments.search(temperature=4.0, beam=beam + 1)
    assert (asked[-1].temperature, asked[-1].beam) == (4.0, beam + 1)
    assert asked[-1].why == f"beam {beam + 1}"

"""Scores over several documents and over groups that are not alike: nothing crosses, all count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.cells.patterns import brushed_units, find_same, nearly_brushed_units
from rnnviz.core.cells.snippets import unit_page
from rnnviz.core.concepts import Concept, concept_from, concept_named, label_steps
from rnnviz.core.errors import ConceptError
from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import Group, layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring.labels import LabelSpool
from rnnviz.core.scoring.probe import probe
from rnnviz.core.scoring.ranking import rank
from rnnviz.core.scoring.steps import counted_steps
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from tests.core.recordings.recordings import nothing_predicted

UNEQUAL = (
    Group(name="1", width=3, channels=("hidden", "cell")),
    Group(name="1<", width=2, channels=("hidden",), direction="backward"),
)


def quotes_with(label: np.ndarray, lag: int = 0) -> np.ndarray:
    """Five rows of noise; the last one follows the label, so many steps later."""
    values = np.random.default_rng(1).normal(0, 0.3, (5, len(label)))
    values[4] += np.roll(np.asarray(label, float), lag)
    return values


def recorded(folder: Path, lengths: list[int], seed: int = 0, lag: int = 0) -> Recording:
    """Documents of such lengths in which words stand in quotes; unit 1<:1 knows where."""
    generator = np.random.default_rng(seed)
    text = "".join(generator.choice(list('ab "'), sum(lengths), p=[0.4, 0.3, 0.2, 0.1]))
    documents = Documents.of_lengths(lengths)
    sequence = Text(Text.of(text).codes, "documents", documents=documents)
    labels = labels_of(concept_named("inside-quotes"), sequence)
    writer = RecordingWriter(folder, sequence, UNEQUAL, Next(), sorted(set(text)))
    values = quotes_with(labels, lag)
    writer.write(0, {"hidden": values, "cell": values[:3]}, nothing_predicted(len(text)))
    return Recording(folder)


def labels_of(concept: Concept, sequence) -> np.ndarray:
    return np.concatenate([part for _, part in label_steps(concept, sequence)])


def test_every_document_is_labelled_by_itself() -> None:
    """A quotation that is open at the end of one is not open in the next."""
    text = Text(Text.of('"ab"cd').codes, documents=Documents.of_lengths([2, 4]))
    assert labels_of(concept_named("inside-quotes"), text).tolist() == [
        True, True, False, True, True, True,
    ]  # fmt: skip
    painted = concept_from({"kind": "painted", "spans": [[1, 3]], "name": "p", "title": "p"})
    assert labels_of(painted, text).tolist() == [False, True, True, False, False, False]


def test_a_token_is_labelled_as_its_last_character() -> None:
    shown = Text.of('go "so on" now')
    spans = np.array([[0, 2], [3, 6], [7, 9], [9, 9], [9, 10], [11, 14]])
    tokens = Tokens(np.zeros(6, np.uint32), spans, shown, ("x",), Documents.of_lengths([4, 2]))
    assert labels_of(concept_named("inside-quotes"), tokens).tolist() == [
        False, True, True, True, True, True,
    ]  # fmt: skip
    with pytest.raises(ConceptError, match="labels text, and what was read here is numbers"):
        list(
            label_steps(
                concept_named("inside-quotes"), Numbers(np.zeros((2, 1), np.float32), ("a",))
            )
        )


@pytest.mark.parametrize("lengths", [[4000], [1500, 2500], [40] * 100, [19] * 200])
def test_the_planted_unit_wins_however_the_text_is_divided(
    tmp_path: Path, lengths: list[int]
) -> None:
    recording = recorded(tmp_path, lengths)
    (ranking,) = rank(recording, [concept_named("inside-quotes")], ["hidden"])
    best = ranking.scores[0]
    assert (recording.unit_name(best.unit), best.channel, best.lag) == ("1<:1", "hidden", 0)
    assert best.auc > 0.9 > 0.7 > ranking.null_auc > 0.4
    assert len(ranking.scores) == 5
    assert 0.5 < ranking.characters / sum(lengths) <= 1, "short documents count as well"
    fitted = probe(recording, concept_named("inside-quotes"))
    assert (fitted.alone_unit, fitted.units) == (4, 5)


def test_units_that_lack_a_channel_are_no_rows_of_it(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [1000, 1000])
    (ranking,) = rank(recording, [concept_named("inside-quotes")])
    found = {(score.channel, recording.unit_name(score.unit)) for score in ranking.scores}
    assert found == {
        *(("hidden", name) for name in ("1:0", "1:1", "1:2", "1<:0", "1<:1")),
        *(("cell", name) for name in ("1:0", "1:1", "1:2")),
    }


def test_no_label_meets_a_value_of_another_document(tmp_path: Path) -> None:
    """Each document has labels of its own value: shifted ones keep to it as well."""
    lengths = [400, 700, 900, 300]
    recording = recorded(tmp_path / "r", lengths)
    steps = counted_steps(recording, ((0, sum(lengths)),), lags=8)
    assert steps.half == 1100
    numbers = np.repeat(np.arange(4.0), lengths).astype(np.float32)
    spool = LabelSpool(tmp_path, recording, steps, shifts=4)
    scalar = concept_named("position-in-line")
    spool.fill([scalar], [iter([(0, numbers)])], lambda share: None)
    inner = np.concatenate([np.arange(a + 8, b - 8) for a, b in recording.documents])
    for shift in range(5):
        shown = spool.window(0, -20, sum(lengths) + 20, shift)
        assert np.isnan(shown[:28]).all() and np.isnan(shown[-28:]).all()
        shown = shown[20:-20]
        assert np.flatnonzero(~np.isnan(shown)).tolist() == inner.tolist()
        np.testing.assert_array_equal(shown[inner], numbers[inner])


def test_labels_are_shifted_within_their_document(tmp_path: Path) -> None:
    lengths = [1200, 1800]
    recording = recorded(tmp_path / "r", lengths)
    steps = counted_steps(recording, ((0, 3000),), lags=8)
    spool = LabelSpool(tmp_path, recording, steps, shifts=2)
    places = np.arange(3000, dtype=np.float32)
    spool.fill([concept_named("position-in-line")], [iter([(0, places)])], lambda share: None)
    for shift in (1, 2):
        moved = spool.window(0, 0, 3000, shift)
        for start, stop in recording.documents:
            inner = moved[start + 8 : stop - 8]
            assert sorted(inner.tolist()) == list(range(start + 8, stop - 8))
            away = np.abs(inner - places[start + 8 : stop - 8])
            assert away.min() >= 0.24 * (stop - start - 16), "far from where they belong"


def test_units_that_run_on_one_document_are_scored_there(tmp_path: Path) -> None:
    """An encoder and a decoder: what is not there is no zero."""
    groups = (
        *layers_of(1, 3, ("hidden",), part="encoder", runs=((0, 3000),)),
        *layers_of(1, 2, ("hidden",), part="decoder", runs=((3000, 6000),)),
    )
    text = Text.of(("ab " * 10 + '"cd ef" ') * 158)
    sequence = Text(text.codes[:6000], documents=Documents.of_lengths([3000, 3000]))
    labels = labels_of(concept_named("inside-quotes"), sequence)
    values = quotes_with(labels)
    writer = RecordingWriter(tmp_path, sequence, groups, None, sorted(set(str(text))))
    writer.write_group(0, 0, {"hidden": values[2:, :3000]})
    writer.write_group(1, 3000, {"hidden": values[3:, 3000:]})
    recording = Recording(tmp_path)
    assert recording.complete
    (ranking,) = rank(recording, [concept_named("inside-quotes")])
    assert len(ranking.scores) == 5
    best = [recording.unit_name(score.unit) for score in ranking.scores[:2]]
    assert sorted(best) == ["d1:1", "e1:2"]
    assert min(score.auc for score in ranking.scores[:2]) > 0.9 > ranking.scores[2].auc


def test_a_brush_and_what_is_found_stay_in_one_document(tmp_path: Path) -> None:
    """The unit is on over the end of each document; that is two places, not one."""
    sequence = Text(Text.of("a" * 60).codes, documents=Documents.of_lengths([20, 20, 20]))
    values = np.full((3, 60), -1.0)
    values[1, 16:24] = 1
    values[1, 36:40] = 1
    writer = RecordingWriter(tmp_path, sequence, layers_of(1, 3, ("hidden",)), None, "a")
    writer.write_group(0, 0, {"hidden": values})
    recording = Recording(tmp_path)
    units = brushed_units(recording, "hidden", 16, 24, margin=2, threshold=0.5)
    assert [unit.unit for unit in units if unit.sign > 0] == [1]
    mine = [unit for unit in units if unit.unit == 1]
    places = find_same(recording, "hidden", mine, skip=(16, 20))
    assert sorted((place.start, place.stop) for place in places) == [(20, 24), (36, 40)]


def test_a_snippet_shows_nothing_of_another_document(tmp_path: Path) -> None:
    sequence = Text(Text.of("abcdefghij").codes, documents=Documents.of_lengths([5, 5]))
    values = np.array([[0, 0, 0, 0, 3, 0, 0, 0, 0, 0.5]])
    writer = RecordingWriter(tmp_path, sequence, layers_of(1, 1, ("hidden",)), None, "a")
    writer.write_group(0, 0, {"hidden": values})
    page = unit_page(Recording(tmp_path), "hidden", 0, count=2, apart=2)
    assert [(one.position, one.text) for one in page.highest] == [(4, "abcde"), (9, "fghij")]


def test_float32_is_ranked_as_float16_is(tmp_path: Path) -> None:
    text = Text.of('a "b" ' * 500)
    labels = labels_of(concept_named("inside-quotes"), text)
    values = quotes_with(labels).astype(np.float32)
    found = []
    for dtype in ("float16", "float32"):
        writer = RecordingWriter(
            tmp_path / dtype, text, layers_of(1, 5, ("hidden",)), None, 'a "b', dtype=dtype
        )
        writer.write(0, {"hidden": values}, {})
        (ranking,) = rank(Recording(tmp_path / dtype), [concept_named("inside-quotes")])
        found.append(ranking.scores[0])
    assert found[0].unit == found[1].unit == 4
    assert found[0].auc == pytest.approx(found[1].auc, abs=2e-3)
    assert found[0].correlation == pytest.approx(found[1].correlation, abs=1e-3)


def test_a_hand_that_is_off_does_not_reach_into_another_document(tmp_path: Path) -> None:
    """Unit 0 is on from the end of the first document, unit 1 where the brush really lies."""
    sequence = Text(Text.of("a" * 60).codes, documents=Documents.of_lengths([20, 40]))
    values = np.full((2, 60), -1.0)
    values[0, 19] = 1
    values[1, 20:31] = 1
    writer = RecordingWriter(tmp_path, sequence, layers_of(1, 2, ("hidden",)), None, "a")
    writer.write_group(0, 0, {"hidden": values})
    found = nearly_brushed_units(Recording(tmp_path), "hidden", 20, 30, margin=4, threshold=0.5)
    assert [one.unit for one in found if one.sign > 0] == [1]

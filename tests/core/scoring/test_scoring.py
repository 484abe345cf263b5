"""Ranking: by hand, against scikit-learn, with planted units, in many blocks, on the edges."""

from __future__ import annotations

import math
import resource
import tracemalloc

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from rnnviz.core.concepts import CONCEPTS, Concept, concept_named
from rnnviz.core.errors import Cancelled, RecordingError
from rnnviz.core.scoring import correlation, counting, read_ranking, write_ranking
from rnnviz.core.scoring.level import float_codes, split_level
from rnnviz.core.scoring.ranking import rank
from tests.core.recordings.recordings import record

PIECE = """#include <stdio.h>
/* What it does (and "why"), at length. */
int main(int argc, char **argv)
{
    if (argc > 1 && argv[0][0] == 'x') {
        printf("Hello, %s (WORLD).", argv[1]); // said
        return 1;
    }
    return 0;
}

"Well, Prince," said ANNA. "So Genoa (and Lucca) are now just family estates." He LEFT. Then
we let \\begin{proof} $x^2 + y$ be \\begin{cases} 1 \\end{cases} \\end{proof} % a comment
and so it goes.

"""


def concept_of(labels, scalar=False):
    labels = np.asarray(labels, np.float32 if scalar else bool)
    return Concept("made", "Made", "for a test", "any", scalar, lambda text: labels[: len(text)])


def letters(length, seed=0):
    drawn = np.random.default_rng(seed).integers(0, 26, length)
    return "".join(map(chr, (drawn + 97).tolist()))


def counted(length, lags=8):
    """Which characters count when nothing is unknown."""
    mask = np.ones(length, bool)
    for edge in (0, length // 2, length):
        mask[max(0, edge - lags) : edge + lags] = False
    return mask


def test_an_example_by_hand(tmp_path):
    # 12 characters, no lags: all count. The first half fits the threshold, the second reports.
    labels = np.array([1, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0], bool)
    value = np.array([3, 1, 3, 2, 2, 1, 3, 2, 2, 3, 1, 3], float)
    one, two = (
        rank(record(tmp_path / name, letters(12), {"hidden": values}), [concept_of(labels)], lags=0)
        for name, values in (("one", value[None]), ("two", -value[None]))
    )
    (score,) = one[0].scores
    # Of 5 * 7 pairs 26.5 are in order: four 3s above three 1s, three 2s, level with one 3; the 2
    # above three 1s, level with three 2s.
    assert score.auc == pytest.approx((4 * 6.5 + 3 + 1.5) / 35)
    assert score.correlation == pytest.approx(np.corrcoef(labels, value)[0, 1], abs=1e-6)
    # "At least 3" is perfect on the first half; on the second it hits 2 of 3 with 1 false alarm.
    assert score.threshold == 3
    assert score.f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert one[0].base_rate == pytest.approx(5 / 12)
    assert one[0].characters == 12
    (mirrored,) = two[0].scores
    assert (mirrored.sign, mirrored.auc, mirrored.f1) == (-1, score.auc, score.f1)
    assert mirrored.correlation == -score.correlation
    assert -3 <= mirrored.threshold < -2
    assert score.histogram.true[0] == 0
    assert score.histogram.false[0] == 3
    assert score.histogram.true[-1] == 4
    assert (score.histogram.low, score.histogram.high) == (1, 3)


@pytest.mark.parametrize("levels", [5, 700, 30_000])
def test_figures_equal_scikit_learn(tmp_path, levels):
    length, generator = 3_000, np.random.default_rng(3)
    labels = generator.random(length) < 0.2
    values = np.round(generator.normal(size=(4, length)) * levels / 8) * 8 / levels
    values[1] -= labels
    values[2] += 2 * labels
    values = values.astype(np.float16)
    ranking = rank(record(tmp_path, letters(length), {"hidden": values}), [concept_of(labels)])[0]
    use = np.flatnonzero(counted(length))
    for score in ranking.scores:
        seen = values[score.unit, use + score.lag].astype(float)
        exact = len(np.unique(values[score.unit])) < counting.BINS
        expected = roc_auc_score(labels[use], score.sign * seen)
        assert score.auc == pytest.approx(expected, abs=1e-12 if exact else 1e-3)
        assert score.correlation == pytest.approx(np.corrcoef(labels[use], seen)[0, 1], abs=1e-5)
        later = use >= length // 2
        says = score.sign * seen >= score.sign * score.threshold
        assert score.f1 == pytest.approx(f1_score(labels[use][later], says[later]), abs=1e-12)
        assert sum(score.histogram.true) == labels[use].sum()
        assert sum(score.histogram.true + score.histogram.false) == len(use)


def test_bins_are_fine_enough_for_a_rare_label(tmp_path):
    length, generator = 30_000, np.random.default_rng(4)
    labels = generator.random(length) < 0.004
    values = (generator.normal(size=length) + 3.5 * labels).astype(np.float16)
    (score,) = rank(
        record(tmp_path, letters(length), {"hidden": values[None]}), [concept_of(labels)], lags=0
    )[0].scores
    half = length // 2
    cuts = np.sort(values[:half])[-400:]
    says = values[None] >= cuts[:, None]
    hits, said = (says & labels).astype(int), says.astype(int)
    fitted, tested = (
        2 * hits[:, part].sum(1) / (said[:, part].sum(1) + labels[part].sum())
        for part in (slice(0, half), slice(half, length))
    )
    assert score.f1 == pytest.approx(tested[fitted.argmax()], abs=0.03)
    assert score.auc == pytest.approx(roc_auc_score(labels, values), abs=5e-4)


def test_a_planted_unit_of_every_concept_is_found_first(tmp_path):
    text = PIECE * 8
    generator = np.random.default_rng(5)
    lags = [(5 * number) % 17 - 8 for number in range(len(CONCEPTS))]
    values = 0.5 * generator.normal(size=(len(CONCEPTS) + 6, len(text)))
    for number, (concept, lag) in enumerate(zip(CONCEPTS, lags, strict=True)):
        label = np.nan_to_num(np.asarray(concept.label(text), np.float64))
        sign = -1 if number % 2 else 1
        values[number] += sign * 4 * np.roll(label, lag) / (label.max() or 1)
    recording = record(tmp_path, text, {"hidden": values / 8, "cell": values[::-1] * 0.001})
    rankings = rank(recording, CONCEPTS, ["hidden"])
    for number, ranking in enumerate(rankings):
        first = ranking.scores[0]
        found = (first.unit, first.lag, first.sign)
        assert found == (number, lags[number], -1 if number % 2 else 1), ranking.concept
        assert abs(first.correlation) > ranking.null_correlation, ranking.concept
        assert first.auc > ranking.null_auc, ranking.concept
        assert len(ranking.scores) == recording.total_units


def test_noise_stays_near_the_null(tmp_path):
    length = 6_000
    noise = np.random.default_rng(7).normal(size=(30, length))
    recording = record(tmp_path, letters(length), {"hidden": noise})
    labels = np.random.default_rng(8).random(length) < 0.3
    ranking = rank(recording, [concept_of(labels)])[0]
    assert abs(ranking.scores[0].correlation) < 0.08
    assert 0.02 < ranking.null_correlation < 0.08
    assert 0.51 < ranking.null_auc < 0.56


def test_slow_labels_have_a_high_null(tmp_path):
    length = 6_000
    walk = np.cumsum(np.random.default_rng(9).normal(size=(30, length)), axis=1) / 100
    recording = record(tmp_path, letters(length), {"hidden": walk})
    ranking = rank(recording, [concept_of(np.arange(length), scalar=True)])[0]
    assert ranking.null_correlation > 0.3


def test_many_small_blocks_equal_one(tmp_path, monkeypatch):
    length = 5_000
    generator = np.random.default_rng(11)
    values = generator.normal(size=(7, length))
    recording = record(tmp_path, letters(length), {"hidden": values, "cell": 3 * values[::-1]})
    scalar = generator.integers(0, 9, length).astype(np.float32)
    scalar[1000:1700] = np.nan
    concepts = [concept_of(generator.random(length) < 0.7), concept_of(scalar, scalar=True)]
    whole = rank(recording, concepts, threads=1)
    for module, block, tile in ((correlation, 171, 3), (counting, 203, 2)):
        monkeypatch.setattr(module, "BLOCK", block)
        monkeypatch.setattr(module, "TILE", tile)

    def in_pieces(concept, text):
        labels = concept.label(str(text))
        return ((start, labels[start : start + 617]) for start in range(0, length, 617))

    parts = rank(recording, concepts, labels=in_pieces)
    for one, other in zip(whole, parts, strict=True):
        assert one.null_auc == pytest.approx(other.null_auc)
        assert one.null_correlation == pytest.approx(other.null_correlation, abs=1e-5)
        assert one.positive_from == other.positive_from
        other_scores = {(score.channel, score.unit): score for score in other.scores}
        for score in one.scores:
            again = other_scores[score.channel, score.unit]
            assert score.correlation == pytest.approx(again.correlation, abs=1e-5)
            assert (score.lag, score.auc, score.f1) == (again.lag, again.auc, again.f1)
            assert score.histogram == again.histogram


def test_labels_that_do_not_apply_and_unknown_characters_are_left_out(tmp_path):
    length = 3_000
    generator = np.random.default_rng(13)
    labels = generator.random(length).astype(np.float32)
    values = np.stack([labels, generator.normal(size=length)])
    text = np.array(list(letters(length)))
    off, strange = slice(600, 1_400), slice(2_000, 2_400)
    values[:, off] = 9
    values[:, strange] = -9
    labels[off] = np.nan
    text[strange] = "?"
    recording = record(
        tmp_path, "".join(text), {"hidden": values}, vocabulary="abcdefghijklmnopqrstuvwxyz"
    )
    ranking = rank(recording, [concept_of(labels, scalar=True)])[0]
    applies = counted(length)
    applies[off] = applies[strange] = False
    assert ranking.characters == applies.sum()
    assert ranking.scores[0].unit == 0
    assert ranking.scores[0].correlation == pytest.approx(1, abs=1e-3)
    assert ranking.scores[0].auc == pytest.approx(1, abs=1e-3)
    assert ranking.base_rate == pytest.approx(0.5, abs=0.01)


def test_only_what_is_walked_counts(tmp_path):
    length = 2_500
    labels = np.arange(length) % 10 < 3
    values = np.where(labels, 0.5, -0.5)[None]
    recording = record(tmp_path, letters(length), {"hidden": values}, walked=2_100)
    ranking = rank(recording, [concept_of(labels)])[0]
    assert ranking.characters == counted(2_100).sum()
    assert ranking.scores[0].auc == 1


def test_constant_units_and_constant_labels_score_nothing(tmp_path):
    length = 2_200
    values = np.random.default_rng(15).normal(size=(2, length))
    values[0] = 0.3
    recording = record(tmp_path, letters(length), {"hidden": values})
    some, every, none = rank(
        recording,
        [
            concept_of(np.arange(length) % 3 == 0),
            concept_of(np.ones(length)),
            concept_of([0] * length),
        ],
    )
    constant = some.scores[-1]
    assert constant.unit == 0
    assert math.isnan(constant.correlation)
    assert constant.auc == 0.5
    for ranking, rate in ((every, 1), (none, 0)):
        assert ranking.base_rate == rate
        assert all(math.isnan(score.correlation) for score in ranking.scores)
        assert all(math.isnan(score.auc) for score in ranking.scores)
        assert math.isnan(ranking.null_correlation)
        assert math.isnan(ranking.null_auc)


def test_f1_needs_true_labels_in_both_halves(tmp_path):
    length = 2_200
    labels = np.arange(length) < 300
    recording = record(tmp_path, letters(length), {"hidden": np.where(labels, 1.0, 0.0)[None]})
    (score,) = rank(recording, [concept_of(labels)])[0].scores
    assert score.auc > 0.99
    assert math.isnan(score.f1)


@pytest.mark.parametrize("length", [0, 1, 9, 40])
def test_a_text_too_short_to_say_anything(tmp_path, length):
    recording = record(tmp_path, letters(length), {"hidden": np.zeros((3, length))})
    concept = concept_of(np.arange(length) % 2, scalar=True)
    (ranking,) = rank(recording, [concept])
    assert len(ranking.scores) == 3
    assert ranking.characters == counted(length).sum()
    assert math.isnan(ranking.null_correlation)


def test_no_concepts_and_an_unknown_channel(tmp_path):
    recording = record(tmp_path, "abc", {"hidden": np.zeros((1, 3))})
    assert rank(recording, []) == []
    with pytest.raises(RecordingError, match="'forget' was not recorded"):
        rank(recording, [concept_named("inside-quotes")], ["forget"])


def test_cancelling_leaves_nothing_behind(tmp_path):
    recording = record(tmp_path, letters(3_000), {"hidden": np.zeros((1, 3_000))})
    before = sorted(tmp_path.iterdir())
    shares = []

    def stop_late(share):
        shares.append(share)
        if share > 0.5:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        rank(recording, [concept_named("position-in-line")], progress=stop_late)
    assert shares == sorted(shares)
    assert sorted(tmp_path.iterdir()) == before


def test_a_ranking_survives_its_file(tmp_path):
    values = np.random.default_rng(17).normal(size=(3, 1_000))
    values[0] = 0
    recording = record(tmp_path / "recording", letters(1_000), {"hidden": values})
    (ranking,) = rank(recording, [concept_of(np.arange(1_000) % 2)])
    path = tmp_path / "ranking.json"
    write_ranking(ranking, path)
    again = read_ranking(path)
    assert math.isnan(again.null_auc)
    assert math.isnan(again.scores[-1].correlation)
    assert again.scores[:2] == ranking.scores[:2]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordingError, match="is damaged"):
        read_ranking(path)


@pytest.mark.parametrize("seed", range(20))
def test_the_split_of_a_count_is_the_fairer_one(seed):
    generator = np.random.default_rng(seed)
    labels = (generator.integers(-3, 4, generator.integers(1, 40)) / 2).astype(np.float32)
    level = split_level(lambda: iter(np.array_split(float_codes(labels), 3)))
    median = np.sort(labels)[(len(labels) - 1) // 2]
    choices = [np.mean(labels >= median), np.mean(labels > median)]
    assert level in labels
    assert abs(np.mean(labels >= level) - 0.5) == pytest.approx(
        min(abs(choice - 0.5) for choice in choices)
    )


def test_ten_times_the_text_needs_no_more_memory(tmp_path):
    peaks = []
    # Both fill whole blocks.
    for length in (140_000, 1_400_000):
        values = np.zeros((2, length), np.float16)
        values[:, ::7] = 1
        recording = record(tmp_path / str(length), "ab" * (length // 2), {"hidden": values})

        def labels(concept, text):
            return ((s, np.arange(s, s + 50_000) % 7 < 2) for s in range(0, len(text), 50_000))

        tracemalloc.start()
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rank(recording, [concept_named("inside-quotes")], labels=labels)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        del recording, values
    assert peaks[1] < 1.2 * peaks[0]
    assert grown < 4_000

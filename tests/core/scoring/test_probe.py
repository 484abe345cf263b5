import math

import numpy as np
import pytest

from rnnviz.core.concepts import Concept, concept_named
from rnnviz.core.errors import Cancelled, RecordingError
from rnnviz.core.scoring import probe as module
from rnnviz.core.scoring.probe import probe
from tests.core.recordings.recordings import record

LENGTH = 4_000


def concept_of(labels, scalar=False):
    labels = np.asarray(labels, np.float32 if scalar else bool)
    return Concept("made", "Made", "for a test", "any", scalar, lambda text: labels[: len(text)])


def recording_of(folder, values):
    return record(folder, "ab" * (LENGTH // 2), {"hidden": values, "cell": values[::-1]})


@pytest.fixture
def spread():
    """A cause, and 30 units of which every even one carries a little of it."""
    generator = np.random.default_rng(1)
    cause = generator.normal(size=LENGTH)
    values = 2 * generator.normal(size=(30, LENGTH))
    values[::2] += cause
    values[5] = 0.25
    return cause, values


def test_what_is_spread_over_many_units_shows(tmp_path, spread):
    cause, values = spread
    found = probe(recording_of(tmp_path, values), concept_of(cause > 0.5))
    assert found.together.auc > 0.9
    assert 0.6 < found.alone.auc < 0.75
    assert found.alone_unit % 2 == 0
    assert 15 <= found.nonzero < 30
    assert all(weight.weight > 0 and weight.unit % 2 == 0 for weight in found.top[:15])
    assert found.base_rate == pytest.approx(np.mean(cause > 0.5), abs=0.03)
    assert (found.units, found.fitted, found.tested) == (30, LENGTH // 2 - 16, LENGTH // 2 - 16)
    assert math.isnan(found.together.r2)


def test_a_scalar_concept(tmp_path, spread):
    cause, values = spread
    found = probe(recording_of(tmp_path, values), concept_of(cause, scalar=True))
    # With 15 units of noise 2 each, theory leaves 4 / (15 + 4) of the variance.
    assert found.together.r2 == pytest.approx(15 / 19, abs=0.03)
    assert found.alone.r2 == pytest.approx(1 / 5, abs=0.05)
    assert found.together.correlation == pytest.approx(math.sqrt(15 / 19), abs=0.02)
    assert found.together.auc > found.alone.auc > 0.6


def test_one_cell_that_knows_it_all(tmp_path, spread):
    cause, values = spread
    values[7] = np.where(cause > 1, -0.9, 0.9)
    found = probe(recording_of(tmp_path, values), concept_of(cause > 1), ["cell"])
    assert (found.alone_channel, found.alone_unit) == ("cell", 29 - 7)
    assert found.alone.auc == 1
    assert found.top[0].unit == 29 - 7
    assert found.top[0].weight < 0


def test_windows_of_a_long_text_are_read_at_the_right_places(tmp_path, spread, monkeypatch):
    monkeypatch.setattr(module, "_WINDOW", 64)
    monkeypatch.setattr(module, "_WINDOWS", 5)
    cause, values = spread
    values[7] = cause
    found = probe(recording_of(tmp_path, values), concept_of(cause, scalar=True), characters=200)
    assert (found.fitted, found.tested) == (200, 200)
    assert found.alone_unit == 7
    assert found.alone.r2 > 0.99


@pytest.mark.parametrize("labels", [np.zeros(LENGTH), np.ones(LENGTH)])
def test_a_label_that_never_changes_gives_nothing(tmp_path, spread, labels):
    found = probe(recording_of(tmp_path, spread[1]), concept_of(labels))
    assert found.nonzero == 0
    assert math.isnan(found.together.auc)
    assert math.isnan(found.alone.correlation)


def test_empty_unknown_and_cancelled(tmp_path, spread):
    concept = concept_named("position-in-word")
    empty = record(tmp_path / "empty", "", {"hidden": np.zeros((2, 0))})
    assert math.isnan(probe(empty, concept).together.correlation)
    recording = recording_of(tmp_path / "full", spread[1])
    with pytest.raises(RecordingError, match="was not recorded"):
        probe(recording, concept, ["forget"])
    before = sorted(recording.folder.iterdir())

    def stop(share):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        probe(recording, concept, progress=stop)
    assert sorted(recording.folder.iterdir()) == before

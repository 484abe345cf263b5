import numpy as np
import pytest

from rnnviz.core.cells import patterns
from rnnviz.core.cells.patterns import Place, brushed_units, find_same, nearly_brushed_units
from rnnviz.core.errors import Cancelled, RecordingError
from tests.core.recordings.recordings import record

LENGTH = 2_000
BRUSH = (500, 540)
ELSEWHERE = (1200, 1260)


@pytest.fixture
def recording(tmp_path):
    values = np.random.default_rng(1).uniform(-0.05, 0.05, (8, LENGTH))
    for start, stop in (BRUSH, ELSEWHERE):
        values[1, start:stop] = 0.9
        values[2, start:stop] = -0.9
    values[3] = -0.95
    values[3, slice(*BRUSH)] = 0.95
    values[4, BRUSH[0] - 3 : BRUSH[1]] = 0.9
    values[5, BRUSH[0] : BRUSH[1] - 8] = 0.9
    values[6] = 0.97
    return record(tmp_path, "ab" * (LENGTH // 2), {"hidden": values, "cell": 20 * values})


@pytest.mark.parametrize("channel", ["hidden", "cell"])
def test_units_on_inside_and_off_around(recording, channel):
    found = brushed_units(recording, channel, *BRUSH, margin=5)
    assert {unit.unit: unit.sign for unit in found} == {1: 1, 2: -1, 3: 1}
    assert found[0].unit == 3
    assert all(unit.share == 1 for unit in found)
    scale = 20 if channel == "cell" else 1
    assert found[0].mean == pytest.approx(0.95 * scale, rel=1e-3)


def test_margins_and_share_are_kept_to(recording):
    assert {unit.unit for unit in brushed_units(recording, "hidden", *BRUSH)} == {1, 2, 3, 4}
    right = brushed_units(recording, "hidden", *BRUSH, margin=0, margin_right=5)
    assert {unit.unit for unit in right} == {1, 2, 3, 4}
    most = brushed_units(recording, "hidden", *BRUSH, margin=5, share=0.75)
    assert {unit.unit: round(unit.share, 3) for unit in most} == {1: 1, 2: 1, 3: 1, 5: 0.8}


def test_a_threshold_of_ones_own(recording):
    found = brushed_units(recording, "hidden", *BRUSH, threshold=0.5)
    assert {unit.unit for unit in found} == {1, 2, 3, 4, 6}
    assert brushed_units(recording, "hidden", *BRUSH, threshold=2) == ()


def test_the_same_set_is_found_elsewhere_in_blocks_of_any_size(recording, monkeypatch):
    units = [unit for unit in brushed_units(recording, "hidden", *BRUSH) if unit.unit in (1, 2)]
    for block in (8192, 7, 1230):
        monkeypatch.setattr(patterns, "_BLOCK", block)
        assert find_same(recording, "hidden", units, skip=BRUSH) == (Place(*ELSEWHERE, 2.0),)
        both = find_same(recording, "hidden", units)
        assert both == (Place(*ELSEWHERE, 2.0), Place(*BRUSH, 2.0))
    assert find_same(recording, "hidden", []) == ()
    assert len(find_same(recording, "hidden", units, count=1)) == 1


def test_places_where_fewer_are_on_come_later(recording):
    units = brushed_units(recording, "hidden", *BRUSH)
    places = find_same(recording, "hidden", units, at_least=0.5)
    assert [(place.start, place.stop) for place in places] == [BRUSH, ELSEWHERE]
    assert [place.on for place in places] == [4, 2]


def test_a_place_that_reaches_the_end_of_the_text(tmp_path):
    values = np.zeros((1, 300))
    values[0, 40:50] = values[0, 290:] = 1
    recording = record(tmp_path, "a" * 300, {"hidden": values})
    units = brushed_units(recording, "hidden", 40, 50, margin=3)
    assert find_same(recording, "hidden", units, skip=(40, 50)) == (Place(290, 300, 1.0),)


def test_what_cannot_be_brushed(recording):
    for start, stop in ((5, 5), (-1, 4), (0, LENGTH + 1)):
        with pytest.raises(RecordingError, match="no range"):
            brushed_units(recording, "hidden", start, stop)
    units = brushed_units(recording, "hidden", *BRUSH)

    def stop_at_once(done):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        find_same(recording, "hidden", units, progress=stop_at_once)


@pytest.mark.parametrize("off", [(0, 0), (1, 0), (0, 1), (1, 1), (-1, -1), (2, 0)])
def test_a_brush_that_begins_or_ends_a_character_off_still_finds_the_unit(tmp_path, off):
    values = np.full((1, 400), -0.9)
    values[0, 100:120] = 0.9
    recording = record(tmp_path, "ab" * 200, {"hidden": values})
    start, stop = 100 + off[0], 120 - off[1]
    found = nearly_brushed_units(recording, "hidden", start, stop, margin=4, threshold=0.5)
    assert [one.unit for one in found] == [0]
    assert not nearly_brushed_units(recording, "hidden", 106, 114, margin=4, threshold=0.5)
    with pytest.raises(RecordingError, match="no range of the 400 walked"):
        nearly_brushed_units(recording, "hidden", 390, 412)  # cut it would be another question

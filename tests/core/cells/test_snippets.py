import numpy as np
import pytest

from rnnviz.core.cells import snippets
from rnnviz.core.cells.snippets import Saturation, unit_page
from rnnviz.core.quantities.bins import bin_edges
from tests.core.recordings.recordings import record

LENGTH = 3_000


@pytest.fixture
def recording(tmp_path):
    generator = np.random.default_rng(1)
    values = generator.uniform(-0.5, 0.5, (3, LENGTH))
    for rank, place in enumerate(range(100, 2_900, 100)):
        values[1, place] = 0.99 - rank / 100
        values[1, place + 1] = 0.985 - rank / 100
        values[1, place + 50] = -0.99 + rank / 100
    gate = np.full((3, LENGTH), 0.5)
    gate[0, :600] = 0.01
    gate[2] = 0.95
    return record(
        tmp_path,
        "".join(chr(97 + n % 26) for n in range(LENGTH)),
        {"hidden": values, "cell": values, "input": gate, "forget": 1 - gate, "candidate": gate},
    )


@pytest.mark.parametrize("block", [65536, 1007])
def test_the_highest_and_lowest_places_are_distinct(recording, monkeypatch, block):
    monkeypatch.setattr(snippets, "_BLOCK", block)
    page = unit_page(recording, "hidden", 1)
    assert [place.position for place in page.highest] == list(range(100, 2_100, 100))
    assert [place.position for place in page.lowest] == list(range(150, 2_150, 100))
    first = page.highest[0]
    assert first.value == pytest.approx(0.99, abs=1e-3)
    assert first.start == 60
    assert first.text == recording.text.slice(60, 141)
    assert page.low == page.lowest[0].value
    assert page.high == first.value


def test_the_distribution(recording):
    values = np.asarray(recording.values("hidden", 0), np.float64)
    page = unit_page(recording, "hidden", 0)
    assert page.mean == pytest.approx(values.mean(), abs=1e-6)
    assert page.deviation == pytest.approx(values.std(), abs=1e-6)
    assert page.quantiles == pytest.approx(np.quantile(values, snippets.QUANTILES), abs=1e-6)
    assert page.histogram == tuple(np.histogram(values, 64)[0].tolist())
    assert page.characters == sum(page.histogram) == LENGTH


@pytest.mark.parametrize("block", [65536, 1007])
def test_saturation_of_every_gate_of_a_unit(recording, monkeypatch, block):
    monkeypatch.setattr(snippets, "_BLOCK", block)
    first, last = (unit_page(recording, "hidden", unit).saturation for unit in (0, 2))
    assert [(each.gate, each.unit) for each in first] == [("input", 0), ("forget", 0)]
    assert [each.closed for each in first] == pytest.approx([0.2, 0])
    assert [each.open for each in first] == pytest.approx([0, 0.2])
    assert [each.closed for each in last] == pytest.approx([0, 1])
    assert [each.open for each in last] == pytest.approx([1, 0])


def test_nothing_walked_yet_and_a_short_text(tmp_path):
    empty = record(tmp_path / "0", "", {"hidden": np.zeros((1, 0)), "input": np.zeros((1, 0))})
    page = unit_page(empty, "hidden", 0)
    assert not page.highest + page.lowest
    assert not page.quantiles
    assert sum(page.histogram) == 0
    assert page.saturation == (Saturation("input", 0, 0, 0),)
    short = record(tmp_path / "3", "abc", {"hidden": np.array([[0.5, 1, 0.5]])})
    page = unit_page(short, "hidden", 0)
    assert [(place.position, place.text) for place in page.highest] == [(1, "abc")]


@pytest.mark.parametrize("values", [(1, 1, 1), (0, 0, 0), (-3, -3, -3), (-60000, -60000, -60000)])
def test_a_value_that_never_changes_stands_in_the_bin_around_it(tmp_path, values):
    page = unit_page(record(tmp_path, "abc", {"hidden": np.array([values], float)}), "hidden", 0)
    (full,) = np.flatnonzero(page.histogram)
    assert page.histogram[full] == len(values)
    assert page.edges[full] <= values[0] <= page.edges[full + 1]


@pytest.mark.parametrize(
    "ends", [(1.0, 0.99999994), (1e20, 1e20), (3e4, 3e4 + 0.002), (0.0, 1e-45), (0.0, np.inf)]
)
def test_values_that_hardly_differ_or_have_no_end_have_bins(ends):
    low, high = sorted(np.array(ends, np.float32).tolist())
    edges = bin_edges(low, high, snippets.HISTOGRAM_BINS)
    assert (np.diff(edges) > 0).all()
    assert edges[0] <= low <= edges[-1]
    assert np.histogram([low], snippets.HISTOGRAM_BINS, (edges[0], edges[-1]))[0].sum() == 1

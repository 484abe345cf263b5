"""Curves: what thinning must keep, what smoothing is, and where NaN goes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnviz.core.runs.curve import AT_ONCE, BLOCK, Curve, SmoothedCurve, _wide_enough


def curve_of(values: object, **sizes: int) -> Curve:
    curve = Curve(**sizes)
    array = np.asarray(values, float)
    curve.append(np.arange(1, len(array) + 1), array)
    return curve


def test_a_curve_grows_by_parts() -> None:
    curve = Curve()
    assert math.isnan(curve.last)
    curve.append([1, 2], [3.0, 2.0])
    curve.append([5], [1.5])
    assert curve.steps.tolist() == [1, 2, 5]
    assert curve.values.tolist() == [3.0, 2.0, 1.5]
    assert curve.last == 1.5
    assert curve.span(2, 5) == (1, 3)
    with pytest.raises(ValueError, match="1 steps for 2 values"):
        curve.append([6], [1.0, 2.0])


@pytest.mark.parametrize("length", [10, 999, 5_000, 100_003])
def test_drawn_points_are_few_and_hold_every_extreme(length: int) -> None:
    values = np.random.default_rng(length).standard_normal(length)
    values[length // 3], values[length // 2] = 50.0, -50.0
    curve = curve_of(values)
    for first, last in ((0, length), (length // 4, length - 3)):
        places = curve.decimate(first, last, 100)
        assert np.all(np.diff(places) >= 0)
        assert places[0] >= first
        assert places[-1] < last
        assert len(places) <= 4 * 100 + 4 * BLOCK
        shown = values[places]
        assert (shown.max(), shown.min()) == (50.0, -50.0)
        assert curve.extent(first, last) == (-50.0, 50.0)


def test_each_pixel_column_keeps_its_own_extremes() -> None:
    values = np.random.default_rng(0).standard_normal(64_000)
    curve = curve_of(values)
    places = curve.decimate(0, len(values), 100)
    for column in range(100):
        low, high = column * 640, (column + 1) * 640
        shown = values[places[(places >= low) & (places < high)]]
        part = values[low:high]
        assert (shown.min(), shown.max()) == (part.min(), part.max())


def test_nan_and_infinity_are_kept_and_marked_and_hide_no_number() -> None:
    values = np.ones(10_000)
    values[[5, 700]] = np.nan
    values[9_000] = np.inf
    values[701] = 7.0
    curve = curve_of(values)
    assert curve.marks(0, 10_000, 500).tolist() == [5, 700, 9_000]
    assert curve.marks(6, 9_000, 500).tolist() == [700]
    assert 701 in curve.decimate(0, 10_000, 20)
    assert curve.extent(0, 10_000) == (1.0, 7.0)
    broken = curve_of(np.full(10_000, np.nan))
    assert len(broken.marks(0, 10_000, 50)) <= 50
    assert broken.marks(0, 10_000, 50)[0] == 0
    assert broken.extent(0, 10_000) is None
    assert np.isnan(broken.values[broken.decimate(0, 10_000, 50)]).all()


def test_a_full_curve_thins_itself_and_keeps_extremes_and_nan() -> None:
    curve = Curve(capacity=1024)
    values = np.random.default_rng(1).standard_normal(50_000)
    values[123], values[40_000], values[20_000] = 99.0, -99.0, np.nan
    for start in range(0, len(values), 777):
        part = values[start : start + 777]
        curve.append(np.arange(start, start + len(part)), part)
    assert len(curve) <= 1024
    assert curve.extent(0, len(curve)) == (-99.0, 99.0)
    assert curve.steps[curve.marks(0, len(curve), 100)].tolist() == [20_000]
    assert curve.last == values[-1]
    assert np.all(np.diff(curve.steps) > 0)
    assert np.array_equal(curve.values, values[curve.steps], equal_nan=True)


def test_a_curve_of_nothing_but_nan_stays_bounded() -> None:
    curve = curve_of(np.full(5_000, np.nan), capacity=256)
    assert len(curve) <= 256


def test_a_rewound_run_loses_its_later_points() -> None:
    curve = curve_of(np.arange(1000.0))
    before = curve.generation
    curve.cut(400)
    assert curve.steps[-1] == 400
    assert curve.generation > before
    curve.append([401], [np.inf])
    assert curve.extent(0, len(curve)) == (0.0, 399.0)
    assert curve.marks(0, len(curve), 10).tolist() == [400]


def test_smoothing_is_a_moving_average_that_reaches_no_farther_than_a_fifth() -> None:
    values = np.random.default_rng(2).standard_normal(2_000)
    values[[0, 10, 300]] = [np.nan, np.inf, np.nan]
    expected, mean, count = [], math.nan, 0
    for value in values:
        if math.isfinite(value):
            count += 1
            weight = min(0.9, max(0.0, 1 - 5 / count))
            mean = value if count == 1 else weight * mean + (1 - weight) * value
        expected.append(mean)
    whole = SmoothedCurve(curve_of(values), 0.9).values
    np.testing.assert_allclose(whole, expected, rtol=1e-9, atol=1e-12)
    growing = Curve()
    smoothed = SmoothedCurve(growing, 0.9)
    for start in range(0, 2_000, 7):
        part = values[start : start + 7]
        growing.append(np.arange(start, start + len(part)), part)
        assert len(smoothed.values) == len(growing)
    np.testing.assert_allclose(smoothed.values, expected, rtol=1e-9, atol=1e-12)


def test_smoothing_by_hand_and_after_a_cut() -> None:
    curve = curve_of([8.0, 4.0, 2.0, 2.0, 2.0, 8.0, 8.0])
    smoothed = SmoothedCurve(curve, 0.5)
    # Until the fifth as they are; then 1/6 * 2 + 5/6 * 8 = 7 and 2/7 * 7 + 5/7 * 8 = 54/7.
    assert smoothed.values.tolist() == pytest.approx([8.0, 4.0, 2.0, 2.0, 2.0, 7.0, 54 / 7])
    curve.cut(2)
    curve.append([3], [4.0])
    assert smoothed.values.tolist() == [8.0, 4.0, 4.0]


def test_smoothing_follows_the_steep_beginning() -> None:
    steps = np.arange(1, 2_001)
    loss = 4 / np.sqrt(steps)
    smooth = SmoothedCurve(curve_of(loss), 0.95).values
    assert np.all(smooth[:200] < 1.16 * loss[:200])


def test_a_very_long_curve_is_smoothed_over_several_looks() -> None:
    curve = curve_of(np.ones(3 * AT_ONCE + 5))
    smoothed = SmoothedCurve(curve, 0.9)
    looks = 0
    while looks == 0 or not smoothed.complete:
        values = smoothed.values
        looks += 1
        assert len(values) == len(curve)
        assert np.isfinite(values).sum() == min(looks * AT_ONCE, len(curve))
    assert looks == 4
    np.testing.assert_allclose(values, 1.0)


def test_thinning_changes_no_mean_and_no_moving_average() -> None:
    values = np.random.default_rng(3).exponential(1.0, 60_000) ** 2
    values[[7, 30_000]] = np.nan
    whole = SmoothedCurve(curve_of(values), 0.99)
    curve = Curve(capacity=4096)
    for start in range(0, len(values), 500):
        part = values[start : start + 500]
        curve.append(np.arange(start + 1, start + 1 + len(part)), part)
    assert len(curve) <= 4096
    # Every finite value is counted once, in the mean of what stands for it.
    assert curve.weights.sum() == len(values) - 2
    known = curve.weights > 0
    mean = float(np.average(curve.means[known], weights=curve.weights[known]))
    assert mean == pytest.approx(np.nanmean(values))
    # The extremes alone have a mean that is a third larger.
    assert np.nanmean(curve.values) > 1.3 * mean
    thinned = SmoothedCurve(curve, 0.99).values
    wanted = whole.values[curve.steps - 1]
    later = curve.steps > 1000
    assert np.median(np.abs(thinned - wanted)[later] / wanted[later]) < 0.04
    # However long the run, each part of it keeps its share of the points.
    assert curve.weights.max() <= 128
    for start in range(0, 60_000, 10_000):
        assert ((curve.steps > start) & (curve.steps <= start + 10_000)).sum() > 250
    # What stands for the points until a step is about as many as there were, also after a cut.
    curve.cut(41_000)
    assert np.all(np.abs(np.cumsum(curve.weights) - curve.steps) <= 2 * curve.weights.max())


def test_the_newest_mean_looks_through_thinning() -> None:
    curve = Curve(capacity=256)
    values = (np.arange(5_000) % 10 == 0).astype(float)  # one in ten
    curve.append(np.arange(1, 5_001), values)
    assert curve.mean_of_last(200) == pytest.approx(0.1, abs=0.05)
    assert math.isnan(Curve().mean_of_last(10))
    assert curve_of([1.0, np.nan, 3.0]).mean_of_last(2) == 3.0
    assert curve_of([1.0, 2.0, 3.0]).mean_of_last(2) == 2.5


def test_what_a_narrow_number_would_change_is_kept_wide() -> None:
    """Half the room as long as every step and value is exactly what was appended."""
    narrow, wide = Curve(), Curve()
    values = np.random.default_rng(0).random(1000).astype(np.float32).astype(float)
    values[3:6] = math.nan, math.inf, -math.inf
    narrow.append(np.arange(1000), values)
    assert narrow._values.nbytes == 4 * len(narrow._values)
    assert np.array_equal(narrow.values, values, equal_nan=True)
    wide.append(np.arange(1000), values)
    for step, value in ((1000, 0.1), (1 << 52, 1e300), ((1 << 53) - 1, 5e-324)):
        wide.append([step], [value])
    assert wide.values[:1000].tolist()[6:] == values.tolist()[6:]
    assert wide.values[1000:].tolist() == [0.1, 1e300, 5e-324]
    assert wide.steps[1000:].tolist() == [1000, 1 << 52, (1 << 53) - 1]
    assert wide.span(1 << 40, 1 << 60) == (1001, 1003)
    assert narrow.span(1 << 40, 1 << 60) == (1000, 1000)
    assert narrow.span(-(1 << 60), 2) == (0, 3)
    wide.cut(1000)
    assert wide.last == 0.1


def test_what_a_curve_takes_is_bounded() -> None:
    curve, sizes = Curve(capacity=1024), []
    for start in range(0, 8192, 512):
        curve.append(range(start, start + 512), np.ones(512))
        sizes.append(curve.size_bytes)
    assert sizes[0] == 512 * (4 + 4) + 8 * 16
    assert max(sizes) <= 1024 * (4 + 4 + 8 + 8) + 16 * 16


def test_what_lies_in_the_room_behind_a_curve_warns_of_nothing() -> None:
    """It was never written, and may look like a number that no cast takes without a warning."""
    kept = np.array([0x3F800000, 0x7F800001], np.uint32).view(np.float32)
    with np.errstate(invalid="raise"):
        wide = _wide_enough(kept, np.array([0.1]))
    assert wide.dtype.itemsize == 8
    assert wide[0] == 1.0

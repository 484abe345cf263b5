"""Colours: every entry readable, signs apart for every eye, values where they belong."""

import numpy as np
import pytest

from rnnviz.core.colours.colour import (
    CELL_INK,
    DIVERGING,
    LEVELS,
    MISSING,
    PAPER,
    SEQUENTIAL,
    Scale,
    extent,
    palette,
    palette_title,
    palette_words,
    scale_between,
    scale_for,
)
from rnnviz.core.colours.oklab import contrast, from_linear, from_oklab, linear, oklab, polar
from tests.core.colours.palettes import UNEVEN

UNDER_TEXT = [name for name in (*DIVERGING, *SEQUENTIAL) if name not in ("weight", "label")]

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear light.
BLINDNESS = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def seen_by(kind, colours):
    return oklab(from_linear(linear(colours) @ np.array(BLINDNESS[kind]).T))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", UNDER_TEXT)
def test_text_can_be_read_on_every_entry(name, dark):
    assert contrast(palette(name, dark)[:LEVELS, :3], CELL_INK[dark]).min() >= 7


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", UNEVEN)
def test_the_ends_of_an_uneven_palette_are_told_apart_on_a_projector(name, dark):
    table = palette(name, dark)
    assert contrast(table[0, :3], table[LEVELS - 1, :3]) >= 2.1
    assert contrast(table[LEVELS // 2, :3], table[LEVELS - 1, :3]) >= 2.3


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", DIVERGING)
def test_zero_is_the_paper_and_both_arms_lead_away_from_it(name, dark):
    table = palette(name, dark)
    assert table[LEVELS // 2, :3].tolist() == list(PAPER[dark])
    away = np.linalg.norm(oklab(table[:LEVELS, :3]) - oklab(PAPER[dark]), axis=1)
    middle = LEVELS // 2
    assert (np.diff(away[middle:]) > -0.004).all() and (np.diff(away[: middle + 1]) < 0.004).all()
    assert away[0] > (0.07 if name in UNEVEN else 0.2) and away[-1] > 0.2


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("name", DIVERGING)
def test_plus_and_minus_stay_apart_for_colour_blind_eyes(name, kind, dark):
    seen = seen_by(kind, palette(name, dark)[:LEVELS, :3])
    for strength in (64, 127):
        plus, minus = seen[127 + strength], seen[127 - strength]
        assert np.linalg.norm(plus - minus) > 0.001 * strength


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_a_sequential_palette_leaves_the_paper_steadily(name, dark):
    table = palette(name, dark)
    assert table[0, :3].tolist() == list(PAPER[dark])
    lightness = oklab(table[:LEVELS, :3])[:, 0]
    steps = np.diff(lightness) * (1 if dark else -1)
    assert (steps > -0.004).all() and steps.sum() > 0.2


@pytest.mark.parametrize("name", [*DIVERGING, *SEQUENTIAL])
def test_a_palette_has_a_name_words_and_a_transparent_entry(name):
    assert palette_title(name) and all(palette_words(name))
    table = palette(name, dark=False)
    assert table.shape == (256, 4) and table.dtype == np.uint8
    assert table[MISSING, 3] == 0 and (table[:LEVELS, 3] == 255).all()
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_values_find_their_entries(kind):
    scale = Scale(-2.0, 2.0, "blue-orange")
    values = np.array([-np.inf, -9, -2, -1, 0, 1, 2, np.inf, np.nan], kind)
    assert scale.index(values).tolist() == [0, 0, 0, 64, 127, 190, 254, 254, MISSING]
    assert scale.index(values.reshape(3, 3)).shape == (3, 3)


def test_the_table_of_halves_agrees_with_arithmetic():
    values = np.random.default_rng(0).normal(0, 2, 4000).astype(np.float16)
    scale = Scale(-1.7, 2.3, "gate")
    assert (scale.index(values) == scale.index(values.astype(np.float32))).all()


def test_a_strided_row_is_indexed_like_a_copy():
    values = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float16)
    scale = Scale(-1.0, 1.0, "blue-orange")
    assert (scale.index(values[:, 2]) == scale.index(values[:, 2].copy())).all()


def test_flipping_swaps_the_ends_and_leaves_zero_and_missing():
    scale = Scale(-1.0, 1.0, "blue-orange")
    straight, flipped = scale.colours(dark=False), scale.flip().colours(dark=False)
    assert (flipped[0] == straight[254]).all() and (flipped[127] == straight[127]).all()
    assert flipped[MISSING, 3] == 0
    assert scale.flip().flip() == scale


def test_other_colours_keep_the_range():
    scale = Scale(-0.3, 0.3, "blue-orange").with_palette("green-purple")
    assert (scale.low, scale.high, scale.palette) == (-0.3, 0.3, "green-purple")


def test_scales_suit_their_channels():
    values = np.random.default_rng(0).normal(0, 3, 10_000).astype(np.float16)
    assert scale_for("forget", values) == Scale(0.0, 1.0, "gate")
    assert scale_for("hidden", values, "channel").high == 1.0
    cell = scale_for("cell", values)
    assert cell.symmetric and cell.high == pytest.approx(3 * 2.807, rel=0.05)
    surprisal = scale_for("surprisal", np.abs(values))
    assert surprisal.low == 0 and surprisal.palette == "surprisal"


def test_a_lone_spike_does_not_set_the_range():
    values = np.full(20_000, 0.5, np.float16)
    values[7] = 60_000
    assert scale_for("cell", values).high == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    "values", [[], [0.0] * 9, [np.nan, np.nan], [np.inf, -np.inf], [1e-30]], ids=str
)
def test_nothing_to_see_gives_a_scale_from_minus_one_to_one(values):
    assert extent(np.array(values, np.float32)) == 1.0


def test_infinity_and_nan_do_not_reach_the_range():
    values = np.array([0.25, -0.5, np.nan, np.inf] * 100, np.float16)
    assert extent(values) == 0.5


def test_all_rows_of_a_channel_count_towards_a_shared_scale():
    rows = np.zeros((600, 900), np.float16)
    rows[:500] = np.linspace(0, 1, 500)[:, None]
    rows[599] = 400.0
    assert 0.3 < scale_for("cell", rows, "channel").high < 1.0


def test_a_unit_that_stays_far_from_zero_has_the_range_that_it_stays_in():
    values = 30 + np.sin(np.arange(5000)).astype(np.float16)
    scale = scale_for("cell", values)
    assert (scale.low, scale.high) == pytest.approx((29, 31), abs=0.1)


def test_a_counter_that_drifts_away_does_not_make_the_rest_pale():
    random = np.random.default_rng(0)
    values = random.uniform(-3, 3, 64_000).astype(np.float32)
    values[50_000:] += 200
    assert scale_for("cell", values).high == pytest.approx(3, rel=0.02)


def test_a_unit_that_is_on_now_and_then_still_sets_the_range():
    values = np.random.default_rng(0).uniform(-0.02, 0.02, 64_000).astype(np.float32)
    values[::60] = 1.0
    assert scale_for("cell", values).high == pytest.approx(1)


@pytest.mark.parametrize(
    ("off", "on", "ends", "flipped"),
    [
        (-1.0, 1.0, (-1.0, 1.0), False),
        (-0.1, 2.0, (-2.0, 2.0), False),
        (1.0, -0.8, (-0.8, 0.8), True),
        (5.0, 8.0, (5.0, 8.0), False),
        (-1.0, 0.05, (-1.0, 0.05), False),
        (8.0, 5.0, (5.0, 8.0), True),
    ],
)
def test_on_is_the_strong_end_whatever_the_sign(off, on, ends, flipped):
    scale = scale_between(Scale(-9.0, 9.0, "blue-red"), off, on)
    assert (scale.low, scale.high, scale.flipped) == (*ends, flipped)
    for dark in (False, True):
        seen = scale.colours(dark)[scale.index(np.array([off, on], np.float32)), :3]
        assert contrast(*seen) >= 2


def test_the_tangent_of_a_value_is_what_is_coloured():
    plain, squashed = Scale(-1.0, 1.0, "blue-red"), Scale(-1.0, 1.0, "blue-red", tanh=True)
    values = np.array([-9, -0.5, 0, 0.5, 9, np.nan], np.float32)
    wanted = plain.index(np.tanh(values))
    assert np.array_equal(squashed.index(values), wanted)
    assert np.array_equal(squashed.index(values.astype(np.float16)), wanted)


def test_oklab_goes_there_and_back():
    colours = np.random.default_rng(0).integers(0, 256, (200, 3), dtype=np.uint8)
    assert np.abs(from_oklab(oklab(colours)).astype(int) - colours).max() <= 1


def test_what_no_screen_can_show_keeps_its_hue_and_loses_chroma():
    wanted, shown = polar(0.7, 0.4, 140), oklab(from_oklab(polar(0.7, 0.4, 140)))
    assert np.hypot(*shown[1:]) < 0.3
    assert np.arctan2(shown[2], shown[1]) == pytest.approx(np.arctan2(*wanted[:0:-1]), abs=0.02)
    assert shown[0] == pytest.approx(0.7, abs=0.01)


def test_contrast_of_black_on_white():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)

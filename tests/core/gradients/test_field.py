"""Numbers about gradients: fits, bands, the bound, truncation, files; each worked by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.errors import GradientError
from rnnviz.core.gradients.decay import bands, decay
from rnnviz.core.gradients.field import FieldFacts, GradientField, read_field, write_field
from rnnviz.core.gradients.matrices import bound, matrix_facts, verdict
from rnnviz.core.gradients.truncation import kept, kept_share


def made_field(**changed: Any) -> GradientField:
    """Two losses of a one-layer network, three steps back, over five steps."""
    arrays: dict[str, np.ndarray] = {
        "places": np.array([10, 11, 13, 14, 15]),
        "targets": np.array([2, 3]),
        "losses": np.array([1.0, 2.0]),
        "hidden": np.array([[[8.0, 4.0, 2.0, np.nan], [4.0, 2.0, 1.0, 0.5]]]),
        "inputs": np.array([[3.0, 2.0, 1.0, np.nan], [6.0, 5.0, 4.0, 3.0]]),
        "products": np.array([[-3.0, 2.0, -1.0, np.nan], [6.0, -5.0, 4.0, -3.0]]),
    }
    facts = FieldFacts(
        model_name="m",
        model_path="m.safetensors",
        architecture="rnn",
        text_name="t",
        layers=1,
        units=2,
        states=("hidden",),
        start=14,
    )
    return GradientField(facts, {**arrays, **changed})


def test_a_pure_exponential_is_found_with_its_half_life() -> None:
    found = decay(100 * 0.9 ** np.arange(60.0))
    assert found.factor == pytest.approx(0.9)
    assert found.half_life == pytest.approx(math.log(2) / -math.log(0.9))
    assert found.at_zero == pytest.approx(100)
    assert found.line(np.array([0, 1])).tolist() == pytest.approx([100, 90])


def test_growth_has_a_half_life_below_zero() -> None:
    assert decay(2.0 ** np.arange(9.0)).half_life == pytest.approx(-1)


def test_zeros_nan_infinity_and_lost_digits_are_left_out() -> None:
    norms = 0.5 ** np.arange(12.0)
    norms[[3, 5, 7, 9]] = 0, np.nan, np.inf, 1e-300
    assert decay(norms).factor == pytest.approx(0.5)


@pytest.mark.parametrize("norms", [[], [1.0], [1.0, 0.5, np.nan], [0.0] * 9, [np.nan] * 9])
def test_too_few_norms_fit_nothing(norms: list[float]) -> None:
    found = decay(np.array(norms))
    assert math.isnan(found.factor)
    assert math.isnan(found.half_life)


def test_noise_is_no_exponential() -> None:
    random = np.random.default_rng(0)
    assert decay(np.exp(random.normal(size=400))).r_squared < 0.05


def test_bands_by_hand() -> None:
    found = bands(np.array([[1.0, np.nan, 5.0], [2.0, np.nan, np.nan], [3.0, np.nan, 7.0]]))
    assert found.median[0] == 2
    assert (found.low[0], found.high[0]) == pytest.approx((1.2, 2.8))
    assert math.isnan(found.median[1])
    assert found.median[2] == 6


def test_bands_are_the_quantiles_of_what_is_there() -> None:
    random = np.random.default_rng(2)
    norms = random.lognormal(size=(40, 9))
    norms[random.random(norms.shape) < 0.3] = np.nan
    norms[3, 0] = np.inf
    found = bands(norms)
    wanted = np.nanquantile(norms, (0.5, 0.1, 0.9), axis=0)
    assert np.allclose([found.median, found.low, found.high], wanted)


def test_bands_of_infinity_are_infinite() -> None:
    assert np.isinf(bands(np.full((4, 1), np.inf)).median[0])


def test_a_field_survives_the_disk(tmp_path: Path) -> None:
    field = made_field()
    write_field(tmp_path / "field.npz", field)
    again = read_field(tmp_path / "field.npz")
    assert again.facts == field.facts
    assert np.array_equal(again.norms("hidden", 0), field.norms("hidden", 0), equal_nan=True)
    assert again.distance == 3
    with pytest.raises(ValueError, match="read-only"):
        again.places[0] = 1


def test_which_character_a_loss_is_about() -> None:
    field = made_field()
    assert field.predicted.tolist() == [14, 15]
    assert field.row_of(15) == 1
    assert field.row_of(12) is None


def test_what_a_prediction_depends_on_nearest_first() -> None:
    places, strengths = made_field().inputs_of(0)
    assert places.tolist() == [13, 11, 10]
    assert strengths.tolist() == [3, 2, 1]
    places, signed = made_field().inputs_of(1, signed=True)
    assert places.tolist() == [14, 13, 11, 10]
    assert signed.tolist() == [6, -5, 4, -3]


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "field.npz"
    for content in (b"", b"PK\x03\x04 cut", b"no zip"):
        path.write_bytes(content)
        with pytest.raises(GradientError, match=r"field\.npz holds no gradients"):
            read_field(path)
    with pytest.raises(GradientError, match="damaged"):
        made_field(hidden=np.zeros((1, 2, 3)))
    with pytest.raises(GradientError, match="lack 'losses'"):
        GradientField(
            made_field().facts,
            {name: made_field().array(name) for name in ("targets", "inputs", "hidden")},
        ).array("losses")


def test_a_rotation_twice_as_long() -> None:
    found = matrix_facts(np.array([[0.0, -2.0], [2.0, 0.0]]), 1, "update")
    assert np.allclose(sorted(found.eigenvalues), [(0, -2), (0, 2)])
    assert found.singular_values == pytest.approx((2, 2))
    assert (found.layer, found.gate) == (1, "update")
    assert found.spectral_radius == pytest.approx(2)


def test_a_shear_stretches_more_than_its_eigenvalues_say() -> None:
    found = matrix_facts(np.array([[0.5, 10.0], [0.0, 0.5]]))
    assert found.spectral_radius == pytest.approx(0.5)
    assert found.largest_singular_value > 10


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(GradientError, match="layer 1 hold NaN"):
        matrix_facts(np.array([[np.nan]]))


def test_the_bound_holds_for_a_random_linear_network() -> None:
    weight = np.random.default_rng(1).normal(size=(5, 5)) / 4
    limit = bound(matrix_facts(weight).largest_singular_value, 10)
    power = np.eye(5)
    for distance in range(11):
        assert np.linalg.norm(power, 2) <= limit[distance] * (1 + 1e-12)
        power = weight @ power
    assert bound(4.0, 3, gamma=0.25).tolist() == [1, 1, 1, 1]
    assert np.isinf(bound(1e200, 4)[-1])


def test_the_bound_in_words() -> None:
    assert "must vanish" in verdict(0.9, 0.5)
    assert "does not force" in verdict(1.5, 0.9)
    assert "can explode" in verdict(2.0, 1.2)
    assert "below 1/γ = 4" in verdict(3.9, 3.0, gamma=0.25)


def test_truncation_keeps_what_lies_in_the_same_chunk() -> None:
    mask = kept(np.array([5, 6, 9]), 4, 3)
    assert mask.astype(int).tolist() == [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert kept(np.array([1]), 3, 100).tolist() == [[True, True, False, False]]
    norms = np.array([[4.0, 2.0, np.nan]])
    pairs, share = kept_share(norms, np.array([[True, False, True]]))
    assert (pairs, share) == pytest.approx((0.5, 2 / 3))
    assert math.isnan(kept_share(norms * 0, np.ones((1, 3), bool))[1])


def test_jacobians_spread_from_the_least_to_the_greatest_step() -> None:
    spectral = np.array([[[1.0, 4.0], [1.0, 2.0], [1.0, np.nan]]])
    arrays = {"targets": np.arange(2), "inputs": np.zeros((2, 3)), "hidden": np.zeros((1, 2, 3))}
    facts = FieldFacts(
        model_name="m", model_path="", architecture="rnn", text_name="t", layers=1, units=1,
        states=("hidden",), start=0,
    )  # fmt: skip
    found = GradientField(facts, {**arrays, "hidden-spectral": spectral}).jacobian("hidden", 0)
    assert found.low.tolist() == [1.0, 2.0]
    assert found.median.tolist() == [1.0, 3.0]
    assert found.high.tolist() == [1.0, 4.0]

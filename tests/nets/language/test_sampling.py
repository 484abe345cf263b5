"""Sampling: the same seed gives the same text, and drawn characters follow the softmax."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.nets.language.sampling import choose, prime, sample
from tests.nets.small import small_model

LOGITS = torch.tensor([0.1, 2.0, -1.0, 1.0, 0.5])


def test_the_same_seed_gives_the_same_text() -> None:
    model = small_model()
    one, same, other = ("".join(sample(model, 60, seed=seed)) for seed in (1, 1, 2))
    assert one == same != other
    assert len(one) == 60
    assert set(one) <= set(model.symbols)


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"top_k": 1}])
def test_without_chance_it_takes_the_likeliest(settings: dict[str, float]) -> None:
    model = small_model(spread=4)
    drawn = "".join(sample(model, 30, start="ab", **settings))  # type: ignore[arg-type]
    text = "ab"
    for _ in range(30):
        text += model.symbols[int(prime(model, text)[0].argmax())]
    assert drawn == text[2:]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_follow_the_softmax(temperature: float) -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [choose(LOGITS, temperature, 0, generator) for _ in range(4000)]
    expected = torch.softmax(LOGITS / temperature, dim=0).numpy()
    found = np.bincount(drawn, minlength=5) / 4000
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / np.sqrt(4000))


def test_top_k_draws_from_the_likeliest_only() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = [choose(LOGITS, 3.0, 2, generator) for _ in range(500)]
    assert set(drawn) == {1, 3}
    assert {choose(LOGITS, 3.0, 50, generator) for _ in range(500)} == set(range(5))


def test_unknown_start_characters_are_skipped() -> None:
    model = small_model()
    with torch.inference_mode():
        torch.testing.assert_close(prime(model, "a√b"), prime(model, "ab"))
        torch.testing.assert_close(prime(model, ""), prime(model, "\n"))
        headless = small_model(vocabulary=("x", "y"))
        torch.testing.assert_close(prime(headless, ""), prime(headless, "x"))


def test_a_start_without_known_characters_is_refused() -> None:
    with pytest.raises(TextError, match="none of the characters of '√é'"):
        next(sample(small_model(), 1, start="√é"))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_that_exploded_is_named(temperature: float) -> None:
    with pytest.raises(RnnvizError, match="predicts NaN"):
        choose(LOGITS * torch.nan, temperature, 0, None)

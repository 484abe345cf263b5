"""Shipped models record what they recorded before networks were described part by part.

`shipped.npz` holds every 32nd unit of every channel at commit 886525e, on 121 characters of the
model's own text, one of them unknown. Processors round differently: two units of float16 are let
pass here; `benchmarks/same_recordings.py` compares all of it on one machine, bit for bit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.places import models, resources
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.walking.walk import walk

with np.load(Path(__file__).with_name("shipped.npz")) as _kept:
    KEPT = {name: _kept[name] for name in _kept.files}
MODELS = sorted({name.partition("/")[0] for name in KEPT})


def units_apart(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """How many numbers of float16 lie between, counted through zero."""
    bits = [part.astype(np.float16).view(np.int16).astype(np.int32) for part in (one, two)]
    ordered = [np.where(part < 0, -32768 - part, part) for part in bits]
    return np.abs(ordered[0] - ordered[1])


@pytest.mark.parametrize("name", MODELS)
def test_values_are_those_of_before(name: str, tmp_path: Path) -> None:
    model = open_model(models() / f"{name}.safetensors").model
    path = resources() / "texts" / model.description.default_text
    raw = path.read_text(encoding="utf-8")
    text = Text.of(raw[1000:1090] + "\u2603" + raw[1090:1120])
    channels = model.description.facts.channel_names
    walk(model, text, tmp_path / "recording", channels)
    found = Recording(tmp_path / "recording")
    for channel in channels:
        kept, now = KEPT[f"{name}/{channel}"], np.array(found.rows(channel)[::32])
        # Near zero float16 is finer than what float32 sums are rounded to.
        apart = (units_apart(kept, now) > 2) & (np.abs(kept - now) > 1e-4)
        assert not apart.any(), channel
    surprisal = np.array(found.surprisal)
    assert np.isnan(surprisal).sum() == 2, "the first character, and the one that is unknown"
    np.testing.assert_allclose(surprisal, KEPT[f"{name}/surprisal"], atol=0.01, rtol=0.005)


def test_the_distance_is_counted_through_zero() -> None:
    tiny = np.float16(6e-8)
    assert units_apart(np.array([tiny]), np.array([-tiny])).tolist() == [2]
    assert units_apart(np.array([1.0]), np.array([1.001])).tolist() == [1]

"""A network with one unit changed, against a loop that changes it behind every step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.errors import RnnvizError
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures import ARCHITECTURES, Layer, LayerState
from rnnviz.nets.architectures.base import Ran
from rnnviz.nets.architectures.lstm import LSTM
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.walking.changed_layer import ChangedLayer, changed_network
from rnnviz.nets.walking.intervening import losses_changed, sample_changed
from rnnviz.nets.walking.walk import walk
from tests.nets.small import random_text, small_model
from tests.nets.walked import walk_arrays

KINDS = [kind.facts.name for kind in ARCHITECTURES]
DONE = [
    Intervention(layer=1, unit=2),
    Intervention(layer=1, unit=4, value=0.7),
    Intervention(layer=0, unit=1, how="add", value=-0.3),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("done", DONE, ids=lambda one: one.in_words)
def test_a_walk_is_that_of_the_changed_network_however_it_is_cut_in_blocks(
    kind: str, done: Intervention
) -> None:
    model, text = small_model(kind, layers=2), random_text(200, seed=3)
    ids = torch.from_numpy(model.characters().encode(text)).long()
    expected = losses_changed(model, ids, [done])[:, 0] / np.log(2)
    changed, row = changed_network(model, done), done.layer * model.network.layers[0].units
    plain = walk_arrays(model, text, ["hidden"])["hidden"]
    for first in (1, 2, 7, 256):
        found = walk_arrays(changed, text, ["hidden"], first_block=first)
        # Where states grow without bound losses are of hundreds of bits: the share counts, too.
        np.testing.assert_allclose(found["surprisal"][1:], expected, atol=2e-5, rtol=1e-6)
        if done.how == "hold":
            assert (found["hidden"][row + done.unit] == np.float32(done.value)).all()
    np.testing.assert_array_equal(walk_arrays(model, text, ["hidden"])["hidden"], plain)
    assert model.intervention is None


def test_a_cell_is_held_and_the_hidden_state_follows() -> None:
    model, text = small_model("lstm", layers=2), random_text(80, seed=1)
    done = Intervention(layer=0, unit=3, value=2.0, state="cell")
    found = walk_arrays(changed_network(model, done), text, ["hidden", "cell", "output"])
    assert (found["cell"][3] == 2.0).all()
    np.testing.assert_allclose(found["hidden"][3], found["output"][3] * np.tanh(2.0), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, -1.5])
@pytest.mark.parametrize("layer", [0, 1])
def test_a_cell_that_is_held_runs_as_fast_as_ever_and_gives_what_steps_give(
    value: float, layer: int
) -> None:
    model, text = small_model("lstm", layers=2), random_text(80, seed=1)
    done = Intervention(layer=layer, unit=3, value=value, state="cell")
    changed, stepped = changed_network(model, done), changed_network(model, done)
    mine = stepped.recurrent[layer]
    assert isinstance(mine, ChangedLayer) and mine.held is not None
    mine.held = None
    found = walk_arrays(changed, text, model.network.channel_names, first_block=7)
    expected = walk_arrays(stepped, text, model.network.channel_names)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_it_writes_what_a_changed_network_writes(kind: str) -> None:
    model, done = small_model(kind, layers=2), DONE[1]
    one = "".join(sample(changed_network(model, done), 60, seed=4))
    assert one == "".join(sample_changed(model, 60, done, seed=4))


def test_a_recording_says_what_was_done(tmp_path: Path) -> None:
    model = small_model("gru", layers=2)
    walk(changed_network(model, DONE[0]), Text.of(random_text(300, seed=2)), tmp_path, ["hidden"])
    (note,) = Recording(tmp_path).description.notes
    assert note == "Read while unit 2 of layer 2 is cut."


class _Counting:
    """How often layers ran a block."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[Layer] = []
        real = LSTM.run

        def run(layer: LSTM, inputs: torch.Tensor, state: LayerState) -> Ran:
            self.ran.append(layer)
            return real(layer, inputs, state)

        monkeypatch.setattr(LSTM, "run", run)


def test_layers_below_a_change_read_the_same_beginning_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, count = small_model("lstm", layers=2), _Counting(monkeypatch)
    below, texts = model.recurrent[0], [random_text(700, seed=seed) for seed in (1, 2)]
    channels = ["hidden", "cell", "input"]

    def walked(unit: int, text: str, name: str) -> tuple[Recording, int]:
        before = count.ran.count(below)
        walk(changed_network(model, Intervention(layer=1, unit=unit)), Text.of(text),
             tmp_path / name, channels)  # fmt: skip
        return Recording(tmp_path / name), count.ran.count(below) - before

    _, first = walked(2, texts[0], "first")
    found, again = walked(3, texts[0], "again")
    _, longer = walked(3, texts[0][:300] + texts[1], "longer")
    fresh, anew = walked(3, texts[0], "fresh")
    assert (first, again, anew) == (3, 0, 2)
    assert longer == 3  # of its four blocks the first is the same
    for name in channels:
        np.testing.assert_array_equal(found.rows(name), fresh.rows(name))
    with torch.no_grad():
        for part in below.parameters():
            part.mul_(0.5)
    assert walked(3, texts[0], "other weights")[1] == 3


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(RnnvizError, match="no unit 99 in layer 1"):
        changed_network(small_model("gru", layers=2), Intervention(layer=0, unit=99))

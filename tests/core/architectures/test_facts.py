"""What must hold for the facts of every architecture; whatever is added to the tuple is tested."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rnnviz.core.architectures as package
from rnnviz.core.architectures import (
    ARCHITECTURES,
    ArchitectureFacts,
    carried,
    channel_named,
    facts_of,
    known_facts,
    layers_of_torch,
)
from rnnviz.core.errors import ModelFileError

every_architecture = pytest.mark.parametrize("facts", ARCHITECTURES, ids=lambda facts: facts.name)


def test_every_file_is_in_the_tuple() -> None:
    files = {path.stem for path in Path(package.__file__).parent.rglob("*.py")}
    registered = {facts.name for facts in ARCHITECTURES}
    found = {
        module.__name__.rpartition(".")[2]
        for name, module in sys.modules.items()
        if name.startswith(f"{package.__name__}.")
        and any(value in ARCHITECTURES for value in vars(module).values())
    }
    shared = {"__init__", "facts", "torch_layout", "rwkv"}
    assert files - shared == found - shared, "these files are missing from ARCHITECTURES"
    assert len(found - shared) == len(ARCHITECTURES) == len(registered)


def test_names_are_found() -> None:
    for facts in ARCHITECTURES:
        assert facts_of(facts.name) is known_facts(facts.name) is facts
    assert known_facts("hyena") is None
    with pytest.raises(ModelFileError, match="'hyena' is unknown here; known are lstm, gru, rnn"):
        facts_of("hyena")


@every_architecture
def test_channels_make_sense(facts: ArchitectureFacts) -> None:
    names = facts.channel_names
    assert names[0] == "hidden"
    assert len(set(names)) == len(names)
    assert set(facts.states) <= set(names)
    assert carried(names) == facts.states
    assert facts.open_gate in ("", *facts.row_gates)
    for channel in facts.channels:
        assert facts.channel(channel.name) is channel
        assert channel.title
        assert channel.about.endswith(".")
    with pytest.raises(KeyError):
        facts.channel("attention")


def test_a_name_means_the_same_sort_of_channel_everywhere() -> None:
    """A recording of version 1 tells no more of a channel than its name."""
    for facts in ARCHITECTURES:
        for channel in facts.channels:
            assert channel_named(channel.name).is_gate == channel.is_gate


def test_kinds_of_torch_are_told_apart_by_their_rows() -> None:
    blocks = [facts.blocks for facts in layers_of_torch()]
    assert blocks == sorted(set(blocks)) == [1, 3, 4]


def test_shapes_by_arithmetic() -> None:
    assert facts_of("lstm").shapes(3, 5) == {
        "weight_ih_l0": (20, 3),
        "weight_hh_l0": (20, 5),
        "bias_ih_l0": (20,),
        "bias_hh_l0": (20,),
    }
    assert facts_of("gru").shapes(3, 5, given=2)["weight_hh_l0"] == (15, 2)
    assert facts_of("lstm").open_rows(5) == slice(5, 10)

"""Files and descriptions of version 2 open as models of the kind that their network is of."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from rnnviz.core.errors import ModelFileError
from rnnviz.core.kinds.described import from_plain, read_described
from rnnviz.core.models.network import Head, NetworkDescription, SequenceDescription
from rnnviz.nets.answering.models import opened_answer
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.opening import opened_network
from rnnviz.work.jobs.given import ModelGiven
from tests.nets.sequence.languages import LANGUAGES, language
from tests.nets.sequence.zoo import LETTERS, ZOO, layer, network

KINDS = {
    "unequal widths and kinds": "tagger",
    "both ways": "tagger",
    "last": "classifier",
    "attention": "classifier",
    "window": "classifier",
    "deep head": "numbers-model",
}
every = {
    **{f"zoo: {name}": (ZOO[name], kind) for name, kind in KINDS.items()},
    **{f"language: {name}": (about, "language-model") for name, about in LANGUAGES.items()},
}


def described(about: NetworkDescription) -> SequenceDescription:
    return SequenceDescription(task="", network=about, name="mine")


@pytest.mark.parametrize("name", every)
def test_the_kind_follows_from_the_network(name: str) -> None:
    about, kind = every[name]
    weights = SequenceNetwork(about, seed=1).state_dict()
    found = opened_network(described(about), weights, "x.keras", "Keras model", ("A note.",))
    assert (found.kind, found.format_title, found.notes) == (kind, "Keras model", ("A note.",))
    assert found.model.description.name == "mine"
    assert not found.model.training


@pytest.mark.parametrize("name", every)
def test_a_file_is_opened_as_it_was_written(name: str, tmp_path: Path) -> None:
    about, kind = every[name]
    path = tmp_path / "mine.safetensors"
    save_model(path, SequenceNetwork(described(about), seed=1))
    assert read_described(path).kind.key == kind
    opened = open_model(path)
    assert (opened.kind, opened.model.description) == (kind, described(about))
    answer = opened_answer(ModelGiven(str(path)), opened)
    assert from_plain(answer.description, answer.kind) == described(about)
    assert answer.channels[0] == "hidden"


def test_what_reads_both_ways_has_seen_the_next_symbol_and_predicts_nothing() -> None:
    weights = SequenceNetwork(both := language(layer(direction="both"))).state_dict()
    assert opened_network(described(both), weights, "x", "x").kind == "tagger"
    back = language(layer(direction="backward"))
    assert opened_network(described(back), SequenceNetwork(back).state_dict(), "x", "x").kind == (
        "language-model"
    )


def test_weights_that_do_not_fit_are_refused() -> None:
    about = network(layer(), head=Head(outputs=LETTERS))
    weights = SequenceNetwork(about).state_dict()
    with pytest.raises(ModelFileError, match=r"output\.bias should be"):
        opened_network(described(about), {**weights, "output.bias": torch.zeros(3)}, "x.h5", "H5")
    wrong = {**weights, "output.bias": torch.full((7,), torch.nan)}
    with pytest.raises(ModelFileError, match="NaN"):
        opened_network(described(about), wrong, "x.h5", "H5")

"""Gradient fields of what is no language model: documents, labels, numbers, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.gradients.field import GradientField, read_field
from rnnviz.core.kinds.sequence import kind_of_network
from rnnviz.core.models.network import (
    AsRead,
    Head,
    NetworkDescription,
    Numbers,
    Readout,
    SequenceDescription,
    Symbols,
)
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.gradients.backprop import in_double
from rnnviz.nets.gradients.layerwise import Wanted, go_back, take
from rnnviz.nets.kinds import network_kind
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.gradients import ComputeField
from rnnviz.work.messages import Done, Failed, Job
from rnnviz.work.runner import InlineRunner
from tests.nets.sequence.zoo import layer, network

WORDS = ("<unk>", "good", "bad", "the", "film", "was")
READS = Symbols(vocabulary=WORDS, unit="words", unknown="<unk>", lower=True)
REVIEWS = "good\tthe film was good\nbad\tthe film was bad bad bad\ngood\tgood good\n"
TAGS = "the\tD\nfilm\tN\nwas\tV\n\ngood\tN\nfilm\tN\nwas\tV\nbad\tN\n"


def saved(folder: Path, about: NetworkDescription) -> tuple[Path, SequenceNetwork]:
    described = SequenceDescription(task="", network=about, name="small")
    drawn = SequenceNetwork(described, seed=2).eval()
    model = network_kind(kind_of_network(about)).build(described, drawn.state_dict(), "small")
    path = folder / "small.safetensors"
    save_model(path, model, described)
    return path, model  # type: ignore[return-value]


def asked(path: Path, data: Path, folder: Path, **more: Any) -> Any:
    request = {"start": 0, "count": 100, "distance": 20, "path": str(folder / "f.npz"), **more}
    replies: list[Any] = []
    InlineRunner(TASKS).start(
        Job(1, ComputeField(model=ModelGiven(str(path)), text=TextGiven(str(data)), **request)),
        replies.append,
    )
    return replies[-1]


def field_of(path: Path, data: Path, folder: Path, **more: Any) -> GradientField:
    reply = asked(path, data, folder, **more)
    assert isinstance(reply, Done), reply
    return read_field(Path(reply.answer.path))


def test_verdicts_are_one_loss_a_document_counted_back_from_its_end(tmp_path: Path) -> None:
    about = network(
        layer(units=4, direction="both"), reads=READS, head=Head(outputs=("bad", "good")),
        readout=Readout(kind="mean"),
    )  # fmt: skip
    path, model = saved(tmp_path, about)
    (tmp_path / "reviews.tsv").write_text(REVIEWS)
    field = field_of(path, tmp_path / "reviews.tsv", tmp_path, jacobians=True)
    assert field.facts.gives == "verdict" and field.facts.classes == ("bad", "good")
    assert field.facts.rows == ("layer 1", "layer 1 backwards")
    assert field.targets.tolist() == [3, 9, 11]
    ids = torch.tensor([[3, 4, 5, 1], [3, 4, 5, 2], [1, 1, 0, 0]])
    double = in_double(model)
    stretch = take(double, ids[0], range(3, 4), Wanted(of_class=1), distance=20)
    found = go_back(stretch, stretch.seeds_of(slice(None)))
    assert field.array("losses")[0] == pytest.approx(float(stretch.losses[0]))
    forward, backward = (found.states[row]["hidden"][0].numpy() for row in (0, 1))
    assert field.norms("hidden", 0)[0, :4] == pytest.approx(forward[::-1])
    assert field.norms("hidden", 1)[0, :4] == pytest.approx(backward)
    assert np.isnan(field.norms("hidden", 0)[0, 4:]).all()
    places, strengths = field.inputs_of(0)
    text = (tmp_path / "reviews.tsv").read_text()
    assert [text[at : at + 3] for at in places.tolist()] == ["goo", "was", "fil", "the"]
    assert strengths == pytest.approx(found.front[0].norm(dim=1).numpy()[::-1])
    second = text.index("bad bad bad")
    assert (field.row_of(5), field.row_of(second + 1), field.row_of(10**6)) == (0, 1, None)
    assert field.has_jacobians and field.array("hidden-spectral").shape[0] == 2
    other = field_of(path, tmp_path / "reviews.tsv", tmp_path, of_class="bad")
    shares = np.exp(-other.array("losses")[0]) + np.exp(-field.array("losses")[0])
    assert shares == pytest.approx(1.0), "the same document, the two classes"


def test_labels_reach_both_ways_and_never_into_the_next_sentence(tmp_path: Path) -> None:
    about = network(
        layer("gru", 4, direction="both"), reads=READS, head=Head(outputs=("D", "N", "V"))
    )
    path, _ = saved(tmp_path, about)
    (tmp_path / "tags.tsv").write_text(TAGS)
    field = field_of(path, tmp_path / "tags.tsv", tmp_path)
    assert field.facts.gives == "label" and len(field.targets) == 7
    text = (tmp_path / "tags.tsv").read_text()
    row = field.row_of(text.index("film"))
    assert row == 1
    places, _ = field.inputs_of(row)
    assert [text[at] for at in places.tolist()] == ["f", "t", "w"]
    last, first = field.inputs_of(2)[0], field.inputs_of(3)[0]
    assert len(last) == 3 and len(first) == 4
    assert field_of(path, tmp_path / "tags.tsv", tmp_path, count=2, start=4).targets.tolist() == [
        1,
        2,
    ]


def test_numbers_have_a_gradient_over_steps_and_columns(tmp_path: Path) -> None:
    about = network(
        layer(units=4),
        reads=Numbers(columns=("a", "b"), mean=(1.0, 0.0), deviation=(2.0, 1.0)),
        front=AsRead(),
        head=Head(outputs=("y",), gives="linear"),
    )
    path, model = saved(tmp_path, about)
    rows = np.random.default_rng(0).normal(size=(30, 2)).round(3)
    lines = [f"{a},{b},{a + b}" for a, b in rows.tolist()]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,y", *lines]))
    field = field_of(path, tmp_path / "rows.csv", tmp_path, start=10, count=5, distance=6)
    assert field.facts.gives == "numbers" and field.facts.columns == ("a", "b")
    assert field.predicted.tolist() == [10, 11, 12, 13, 14]
    entering = (torch.from_numpy(rows) - torch.tensor([1.0, 0.0])) / torch.tensor([2.0, 1.0])
    entering = entering.double().requires_grad_()
    said, _ = in_double(model)(entering[:, None])
    loss = (said[12, 0, 0] - rows[12].sum()) ** 2
    (wanted,) = torch.autograd.grad(loss, entering)
    assert field.array("losses")[2] == pytest.approx(loss.item(), rel=1e-5)
    steps, found = field.steps_of(2, "columns")
    assert field.places[steps].tolist() == [12, 11, 10, 9, 8, 7, 6]
    assert found == pytest.approx(wanted.numpy()[12:5:-1], rel=1e-4, abs=1e-7)
    assert field.inputs_of(2)[1] == pytest.approx(np.linalg.norm(found, axis=1), rel=1e-5)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"of_class": "so so"}, "there is no class 'so so'; the model's are bad, good"),
        ({"count": 0}, "both must be at least 1"),
    ],
)
def test_what_cannot_be_taken(tmp_path: Path, more: Any, said: str) -> None:
    about = network(layer(units=3), reads=READS, head=Head(outputs=("bad", "good")),
                    readout=Readout(kind="last"))  # fmt: skip
    path, _ = saved(tmp_path, about)
    (tmp_path / "reviews.tsv").write_text(REVIEWS)
    reply = asked(path, tmp_path / "reviews.tsv", tmp_path, **more)
    assert isinstance(reply, Failed) and said in reply.failure.message

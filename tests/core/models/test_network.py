"""Descriptions of version 2: read back as written, and refused where parts do not go together."""

from __future__ import annotations

import msgspec
import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.network import (
    FRONT,
    AsRead,
    Convolution,
    Frames,
    Head,
    NetworkDescription,
    Numbers,
    OneHot,
    Readout,
    SequenceDescription,
    Symbols,
    plain_network,
)
from tests.nets.sequence.zoo import LETTERS, ZOO, layer, network

every_network = pytest.mark.parametrize("name", ZOO)


@every_network
def test_is_read_as_it_was_written(name: str) -> None:
    about = SequenceDescription(task="classification", network=ZOO[name], name=name)
    about.check("the file")
    written = msgspec.json.encode(about)
    assert msgspec.json.decode(written, type=SequenceDescription) == about
    assert about.version == 2


def test_rows_are_counted_through_layers_and_directions() -> None:
    about = network(layer(units=6), layer("gru", 3, direction="both"))
    assert [(rows.layer, rows.direction, rows.units) for rows in about.rows] == [
        (0, "forward", 6),
        (1, "forward", 3),
        (1, "backward", 3),
    ]
    assert about.total_units == 12
    assert about.read_width == 6
    assert ZOO["skips"].input_width(1) == 5 + 4
    assert ZOO["projection"].input_width(1) == 3


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        (network(), "it has no layers"),
        (network(layer(inputs=(1,)), layer()), "layer 1 reads what is not below it"),
        (network(layer(inputs=(-2,))), "reads what is not below it"),
        (network(layer(), layer(inputs=(0, 0))), "layer 2 reads the same twice"),
        (network(layer(units=9, residual=True)), "gives 9 numbers, to which the 4"),
        (network(layer("hyena")), "'hyena' is unknown here"),
        (network(layer("gru", projection=2)), "a GRU has no projection"),
        (network(layer("gru", variant={"reset_after": "yes"})), "it may be True, False"),
        (network(layer(variant={"peephole": True})), "an LSTM has no setting 'peephole'"),
        (network(layer(), front=AsRead()), "as-read cannot read symbols"),
        (
            network(layer(), reads=Numbers(columns=("a",)), front=OneHot()),
            "one-hot cannot read numbers",
        ),
        (
            network(layer(), reads=Frames(height=4, width=4), front=OneHot()),
            "one-hot cannot read frames",
        ),
        (network(layer(), front=Convolution(channels=(3,))), "convolution cannot read symbols"),
        (
            network(layer(), reads=Numbers(columns=("a",), mean=(1.0, 2.0)), front=AsRead()),
            "2 scales for 1 columns",
        ),
        (network(layer(), reads=Symbols(vocabulary=("a", "a"))), "in the vocabulary twice"),
        (
            network(layer(), reads=Symbols(vocabulary=LETTERS, unknown="?")),
            "what is unknown is not in the vocabulary",
        ),
        (network(layer(), readout=Readout(layers=(3,))), "a layer that is not there"),
        (network(layer(), readout=Readout(attention_units=3)), "has units for it"),
        (network(layer(), head=Head(outputs=("x", "x"))), "the name of another"),
    ],
)
def test_parts_that_do_not_go_together_are_refused(
    about: NetworkDescription, problem: str
) -> None:
    with pytest.raises(ModelFileError, match=problem):
        about.check("bad.safetensors")


@pytest.mark.parametrize(
    "damage",
    [
        ('"units":6', '"units":600000'),
        ('"units":6', '"units":-1'),
        ('"direction":"forward"', '"direction":"sideways"'),
        ('"kind":"embedding"', '"kind":"code"'),
        ('"outputs":["good","bad","so so"]', '"outputs":[]'),
    ],
)
def test_sizes_are_bounded_where_they_are_read(damage: tuple[str, str]) -> None:
    text = msgspec.json.encode(ZOO["unequal widths and kinds"]).decode()
    damaged = text.replace(*damage, 1)
    assert damaged != text
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(damaged.encode(), type=NetworkDescription)


@pytest.mark.parametrize("skip", [False, True])
def test_a_description_of_version_1_is_a_network(skip: bool) -> None:
    about = ModelDescription(
        architecture="gru", layers=3, units=5, vocabulary=LETTERS, embedding=4, skip=skip
    )
    found = plain_network(about)
    found.check("old.safetensors")
    assert found.total_units == about.total_units
    assert [found.input_width(place) for place in range(3)] == ([4, 9, 9] if skip else [4, 5, 5])
    assert found.read_width == (15 if skip else 5)
    assert found.inputs_of(1) == ((0, FRONT) if skip else (0,))

"""Units are named by their group, layers from 1, and their place in it, from 0."""

import pytest

from rnnviz.core.errors import UnitError
from rnnviz.core.quantities.units import layer_name, layer_title, parse_unit, unit_name, unit_title
from rnnviz.core.recordings.groups import Group, Groups, layers_of


@pytest.mark.parametrize(("layer", "unit"), [(0, 0), (1, 142), (63, 65535)])
def test_names_read_back(layer, unit):
    assert parse_unit(unit_name(layer, unit)) == (layer_name(layer), unit)
    assert unit_title(layer, unit) == f"layer {layer + 1}, unit {unit}"


@pytest.mark.parametrize(
    ("direction", "part", "name", "title"),
    [
        ("backward", "", "2<:5", "layer 2 backwards"),
        ("forward", "encoder", "e2:5", "encoder layer 2"),
        ("backward", "encoder", "e2<:5", "encoder layer 2 backwards"),
        ("forward", "decoder", "d2:5", "decoder layer 2"),
    ],
)
def test_directions_and_parts_have_names_of_their_own(direction, part, name, title):
    group = layer_name(1, direction, part)
    assert unit_name(group, 5) == name
    assert parse_unit(name) == (group, 5)
    assert layer_title(1, direction, part) == title


@pytest.mark.parametrize("name", ["", "142", "0:3", "00:3", "1:", ":1", "1:-2", "a:b", "1:2:3"])
def test_what_names_no_unit_is_refused(name):
    with pytest.raises(UnitError, match="LAYER:UNIT"):
        parse_unit(name)


def test_units_count_through_layers_that_are_alike():
    groups = Groups(layers_of(2, 8, ("hidden",)))
    assert groups.unit_named("2:3") == groups.unit_named("02 : 3") == 11
    assert groups.unit_name(11) == "2:3"
    with pytest.raises(UnitError, match=r"no unit 2:8: .* 2 layers of 8 units, .* last is 2:7"):
        groups.unit_named("2:8")


def test_units_count_through_groups_that_are_not_alike():
    """Rows of a channel are those of the groups that have it."""
    groups = Groups(
        [
            Group(name="1", width=3, channels=("hidden", "cell")),
            Group(name="1<", width=2, channels=("hidden",), direction="backward"),
            Group(name="2.ff", width=4, channels=("cell", "hidden"), title="feed-forward 2"),
        ]
    )
    assert groups.total == 9 and groups.channels == ("hidden", "cell")
    assert [groups.place(unit) for unit in (0, 2, 3, 5, 8)] == [
        (0, 0), (0, 2), (1, 0), (2, 0), (2, 3),
    ]  # fmt: skip
    assert [groups.unit_name(unit) for unit in (2, 4, 8)] == ["1:2", "1<:1", "2.ff:3"]
    assert groups.unit_title(8) == "feed-forward 2, unit 3"
    assert groups.unit_title(4) == "layer 1 backwards, unit 1"
    assert (groups.rows("hidden"), groups.rows("cell")) == (9, 7)
    assert groups.units_having("cell").tolist() == [0, 1, 2, 5, 6, 7, 8]
    for row, unit in enumerate(groups.units_having("cell").tolist()):
        assert groups.row("cell", unit) == row and groups.unit_of_row("cell", row) == unit
    assert not groups.has("cell", 4) and groups.has("hidden", 4) and not groups.has("hidden", 9)
    with pytest.raises(UnitError, match=r"no unit 3:0: there are 1:0 to 1:2, 1<:0 to 1<:1, 2"):
        groups.unit_named("3:0")
    with pytest.raises(UnitError, match="no unit 9"):
        groups.place(9)

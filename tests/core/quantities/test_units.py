"""Units are named by layer, from 1, and unit, from 0."""

import pytest

from rnnviz.core.errors import UnitError
from rnnviz.core.quantities.units import flat_unit, parse_unit, unit_name, unit_title


@pytest.mark.parametrize(("layer", "unit"), [(0, 0), (1, 142), (63, 65535)])
def test_names_read_back(layer, unit):
    assert parse_unit(unit_name(layer, unit)) == (layer, unit)
    assert unit_title(layer, unit) == f"layer {layer + 1}, unit {unit}"


@pytest.mark.parametrize("name", ["", "142", "0:3", "1:", ":1", "1:-2", "a:b", "1:2:3", "²:1"])
def test_what_names_no_unit_is_refused(name):
    with pytest.raises(UnitError, match="LAYER:UNIT"):
        parse_unit(name)


def test_units_count_through_the_layers():
    assert flat_unit(1, 3, layers=2, units=8) == 11
    with pytest.raises(UnitError, match=r"no unit 2:8: .* 2 layers of 8 units, .* last is 2:7"):
        flat_unit(1, 8, layers=2, units=8)

"""How a unit is named: `2:142` is unit 142 of the second layer.

Layers are counted from 1 where people see them, as in drawings of networks; units are counted from
0, as in the tensors. Inside the program both count from 0.
"""

from __future__ import annotations

import re

from rnnviz.core.errors import UnitError

_NAME = re.compile(r"\s*(\d{1,9})\s*:\s*(\d{1,9})\s*")


def unit_name(layer: int, unit: int) -> str:
    """The short name of a unit; both arguments count from 0.

    >>> unit_name(1, 142)
    '2:142'
    """
    return f"{layer + 1}:{unit}"


def unit_title(layer: int, unit: int) -> str:
    """The name of a unit in words; both arguments count from 0.

    >>> unit_title(1, 142)
    'layer 2, unit 142'
    """
    return f"layer {layer + 1}, unit {unit}"


def parse_unit(name: str) -> tuple[int, int]:
    """Layer and unit, both from 0, of a short name.

    >>> parse_unit("2:142")
    (1, 142)

    Raises:
        UnitError: not two numbers, or a layer 0.
    """
    found = _NAME.fullmatch(name)
    if found is None or int(found[1]) == 0:
        raise UnitError(
            f"{name!r} names no unit; write LAYER:UNIT, layers from 1 and units from 0, "
            "so that 2:142 is unit 142 of the second layer"
        )
    return int(found[1]) - 1, int(found[2])


def flat_unit(layer: int, unit: int, layers: int, units: int) -> int:
    """The place of a unit among all N = layers * units.

    Raises:
        UnitError: there is no such layer or unit.
    """
    if not (0 <= layer < layers and 0 <= unit < units):
        raise UnitError(
            f"there is no unit {unit_name(layer, unit)}: the model has {layers} "
            f"layer{'s' * (layers != 1)} of {units} units, so the last is "
            f"{unit_name(layers - 1, units - 1)}"
        )
    return layer * units + unit

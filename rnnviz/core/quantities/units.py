"""How units are named: `2:142` is unit 142 of the second layer.

Before the colon stands the name of a group of units, behind it a unit of the group. Layers are
counted from 1 where people see them, as in drawings of networks; units are counted from 0, as in
the tensors. Inside the program both count from 0.

=========  ==========================================================
`2:142`    layer 2
`1<:5`     layer 1, the direction that reads from the end
`e1:5`     layer 1 of an encoder; `e1<:5` where that reads backwards
`d2:7`     layer 2 of a decoder
`lstm:7`   whatever else has units: a captured module, by its name
=========  ==========================================================
"""

from __future__ import annotations

import re

from rnnviz.core.errors import UnitError

_NAME = re.compile(r"\s*([^\s:]{1,64})\s*:\s*(\d{1,9})\s*")
_PARTS = {"encoder": "e", "decoder": "d"}


def layer_name(layer: int, direction: str = "forward", part: str = "") -> str:
    """The short name of a layer, counted from 0, in one direction.

    >>> layer_name(1), layer_name(0, "backward"), layer_name(0, "backward", "encoder")
    ('2', '1<', 'e1<')
    """
    return f"{_PARTS.get(part, part)}{layer + 1}{'<' * (direction == 'backward')}"


def layer_title(layer: int, direction: str = "forward", part: str = "") -> str:
    """The same in words.

    >>> layer_title(1), layer_title(0, "backward", "encoder")
    ('layer 2', 'encoder layer 1 backwards')
    """
    words = (part, f"layer {layer + 1}", "backwards" * (direction == "backward"))
    return " ".join(word for word in words if word)


def unit_name(group: str | int, unit: int) -> str:
    """The short name of a unit of the group of this name, or of a layer counted from 0.

    >>> unit_name("1<", 5), unit_name(1, 142)
    ('1<:5', '2:142')
    """
    return f"{group if isinstance(group, str) else layer_name(group)}:{unit}"


def unit_title(layer: int, unit: int) -> str:
    """The name of a unit in words; both arguments count from 0.

    >>> unit_title(1, 142)
    'layer 2, unit 142'
    """
    return f"{layer_title(layer)}, unit {unit}"


def parse_unit(name: str) -> tuple[str, int]:
    """The name of the group, and the unit in it, of a short name.

    >>> parse_unit("2:142"), parse_unit("e1< : 5")
    (('2', 142), ('e1<', 5))

    Raises:
        UnitError: not a group and a number, or a layer 0.
    """
    found = _NAME.fullmatch(name)
    group = found[1] if found else ""
    if group.isdecimal():
        group = str(int(group))
    if found is None or group == "0":
        raise UnitError(
            f"{name!r} names no unit; write LAYER:UNIT, layers from 1 and units from 0, "
            "so that 2:142 is unit 142 of the second layer"
        )
    return group, int(found[2])

"""Arrays of networks that were written in plain NumPy, under the names that such programs give.

Names differ by their writers, and so does what is multiplied from which side: W x, or x W. Which it
is follows from the shapes; where those fit both, it is asked and not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.array_files import Array

_SIMPLE = (
    ("Wxh", "Whh", "Why", "bh", "by"),
    ("Wax", "Waa", "Wya", "ba", "by"),
    ("Wax", "Waa", "Wya", "b", "by"),
    ("U", "W", "V", "", ""),
)
"""Into the state, onto itself, out of it, both biases: of min-char-rnn, of Coursera's course (its
two exercises call a bias differently), and of WildML's tutorial, which has no biases."""
_GATED = (
    (("Wi", "Wf", "Wc", "Wo"), ("bi", "bf", "bc", "bo")),
    (("Wi", "Wf", "Wg", "Wo"), ("bi", "bf", "bg", "bo")),
)
"""Of an LSTM whose gates multiply the state and what enters, one behind the other."""
_OUT = (("Wy", "by"), ("Wv", "bv"), ("Why", "by"))

COLUMNS, ROWS = (
    "W x: a row of each matrix for each unit",
    "x W: a column of each matrix for each unit",
)
"""The two ways to multiply, for people."""


@dataclass(frozen=True)
class ByHand:
    """Arrays that were given their places."""

    into: str
    out: str
    again: str = ""
    """Empty where `into` holds what is multiplied with the state, too."""
    biases: tuple[str, ...] = ()
    last_bias: str = ""
    gates: tuple[str, ...] = ()
    """The arrays of an LSTM's gates, in torch's order; `into` is the first of them."""


def written_by_hand(names: Mapping[str, object] | set[str]) -> ByHand | None:
    """Which of these arrays is what, if their names are of such a program."""
    plain = {name.replace("_", "").lower(): name for name in names}

    def all_of(wanted: tuple[str, ...]) -> tuple[str, ...] | None:
        found = [plain.get(name.lower()) if name else "" for name in wanted]
        return None if None in found else tuple(found)  # type: ignore[arg-type]

    for simple in _SIMPLE:
        found = all_of(simple)
        if found is not None and (len(simple[0]) > 1 or set(found) <= set(simple)):
            into, again, out, bias, last = found
            return ByHand(into, out, again, (bias,) if bias else (), last)
    for matrices, biases in _GATED:
        gates, added = all_of(matrices), all_of(biases)
        for wanted in _OUT:
            if gates and added and (ending := all_of(wanted)):
                return ByHand(gates[0], ending[0], "", added, ending[1], gates)
    return None


def tensors_by_hand(
    arrays: Mapping[str, Array], found: ByHand, file: str
) -> list[tuple[str, dict[str, Tensor]]]:
    """The arrays under the names of a state_dict, in each way to multiply that their shapes allow.

    Raises:
        ModelFileError: shapes that do not fit each other.
    """
    ways = [way for way in (COLUMNS, ROWS) if _fits(arrays, found, way)]
    if not ways:
        named = [*(found.gates or (found.into, found.again)), found.out]
        shapes = ", ".join(f"{name} {arrays[name].shape}" for name in named)
        raise ModelFileError(
            f"{file} has matrices whose shapes do not fit each other and their biases: {shapes}"
        )
    return [(way, dict(_placed(arrays, found, way))) for way in ways]


def _fits(arrays: Mapping[str, Array], found: ByHand, way: str) -> bool:
    """Whether the shapes are those of one network that multiplies from this side."""
    matrices = [*(found.gates or (found.into, found.again)), found.out]
    if any(arrays[name].ndim != 2 for name in matrices):
        return False
    turned = way == ROWS
    shapes = {name: arrays[name].shape[::-1] if turned else arrays[name].shape for name in matrices}
    symbols, units = shapes[found.out]
    wanted = {found.out: (symbols, units)}
    if found.gates:
        wanted |= dict.fromkeys(found.gates, (units, units + symbols))
    else:
        wanted |= {found.into: (units, symbols), found.again: (units, units)}
    if shapes != wanted:
        return False
    sizes = {
        **dict.fromkeys(found.biases, units),
        **({found.last_bias: symbols} if found.last_bias else {}),
    }
    # A bias that is a matrix itself stands as what it is added to does.
    column = (lambda size: (1, size)) if turned else (lambda size: (size, 1))
    return all(arrays[name].shape in ((size,), column(size)) for name, size in sizes.items())


def _placed(arrays: Mapping[str, Array], found: ByHand, way: str) -> Iterator[tuple[str, Tensor]]:
    def matrix(name: str) -> Tensor:
        tensor = _tensor(arrays[name])
        return tensor.T.contiguous() if way == ROWS else tensor

    out = matrix(found.out)
    symbols, units = out.shape
    biases = [_tensor(arrays[name]).flatten() for name in found.biases]
    if found.gates:
        whole = torch.cat([matrix(name) for name in found.gates])
        again, into = whole[:, :units].contiguous(), whole[:, units:].contiguous()
    else:
        into, again = matrix(found.into), matrix(found.again)
    bias = torch.cat(biases) if biases else torch.zeros(len(into))
    yield "rnn.weight_ih_l0", into
    yield "rnn.weight_hh_l0", again
    yield "rnn.bias_ih_l0", bias
    yield "rnn.bias_hh_l0", torch.zeros_like(bias)
    yield "out.weight", out
    last = _tensor(arrays[found.last_bias]).flatten() if found.last_bias else torch.zeros(symbols)
    yield "out.bias", last


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))

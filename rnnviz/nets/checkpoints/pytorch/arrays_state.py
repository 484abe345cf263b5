"""Archives of NumPy that hold a network: the arrays of a state_dict, or those of min-char-rnn."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.array_files import Array, read_arrays
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.translators.arrays import names_of_arrays
from rnnviz.nets.checkpoints.vocabulary.found import sizes_in
from rnnviz.nets.opened import OpenedModel

_BY_HAND = ("Wxh", "Whh", "Why", "bh", "by")
"""The names of min-char-rnn: h = tanh(Wxh x + Whh h + bh), y = Why h + by."""
_OF_PYTORCH = ("weight_hh", "weight_hh_l0")


class ArraysStateDict:
    """Reads a network that was saved with `numpy.savez`, an array for every tensor."""

    name = "state-arrays"
    title = "NumPy arrays of a network"
    holds = (
        "`.npz` with the arrays of a PyTorch state_dict under its names, or `Wxh`, `Whh`, `Why`, "
        "`bh`, `by` as min-char-rnn calls them"
    )
    needs = "the characters or words, where no array lists them"
    refuses = "archives with other names, by those names"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether arrays have the names of a recurrent layer."""
        names = file.read(names_of_arrays)
        return names >= set(_BY_HAND) or any(
            name.rpartition(".")[2] in _OF_PYTORCH for name in names
        )

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the characters are neither in an array nor given.
            ModelFileError: damaged, or no network that can be shown.
        """
        arrays = file.read(_all_arrays)
        content: dict[str, object] = {
            name: array.tolist()
            for name, array in arrays.items()
            if array.dtype.kind == "U" or (array.dtype.kind in "iu" and array.ndim == 1)
        }  # words, characters, or the code points of characters
        numbers = {name: array for name, array in arrays.items() if array.dtype.kind == "f"}
        if numbers.keys() >= set(_BY_HAND):
            tensors = _written_by_hand(numbers, file.name)
        else:
            tensors = {name: _tensor(array) for name, array in numbers.items()}
        hints = Hints(names=(file.name, *content), symbols=sizes_in(content))
        readings = find_networks(tensors, file.name, hints)
        return assembled(readings, content, companions, file.name, ArraysStateDict.title, [])


def _all_arrays(path: Path) -> dict[str, Array]:
    try:
        return read_arrays(path, words=True, compressed=True)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise ModelFileError(f"{path.name} is damaged: {error}") from error


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array, np.float32))


def _written_by_hand(arrays: dict[str, Array], file: str) -> dict[str, Tensor]:
    """The arrays of min-char-rnn under the names of a state_dict.

    Raises:
        ModelFileError: shapes that do not fit each other.
    """
    into, again, out = (_tensor(arrays[name]) for name in _BY_HAND[:3])
    bias, last_bias = (_tensor(arrays[name]).flatten() for name in _BY_HAND[3:])
    units, symbols = len(bias), len(last_bias)
    shapes = tuple(into.shape), tuple(again.shape), tuple(out.shape)
    columns = ((units, symbols), (units, units), (symbols, units))
    rows = ((symbols, units), (units, units), (units, symbols))
    if shapes not in (columns, rows):
        raise ModelFileError(
            f"{file} has Wxh, Whh and Why of the shapes {shapes[0]}, {shapes[1]} and {shapes[2]}, "
            f"which do not fit {units} units and {symbols} symbols"
        )
    if shapes == rows and (columns != rows or arrays["bh"].shape[:1] == (1,)):
        # Rows are multiplied from the left there, x Wxh; a square matrix is told by its bias.
        into, again, out = into.T, again.T, out.T
    return {
        "rnn.weight_ih_l0": into.contiguous(),
        "rnn.weight_hh_l0": again.contiguous(),
        "rnn.bias_ih_l0": bias,
        "rnn.bias_hh_l0": torch.zeros_like(bias),
        "out.weight": out.contiguous(),
        "out.bias": last_bias,
    }

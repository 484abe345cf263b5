"""Arrays of NumPy, in an archive or a pickle: those of a state_dict, or of a plain program."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.array_files import Array, read_arrays
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.networks.assembled import assembled
from rnnviz.nets.checkpoints.networks.found import FoundNetwork
from rnnviz.nets.checkpoints.networks.network_found import Hints, find_networks
from rnnviz.nets.checkpoints.pytorch.arrays_by_hand import tensors_by_hand, written_by_hand
from rnnviz.nets.checkpoints.pytorch.inert_pickle import Refused
from rnnviz.nets.checkpoints.pytorch.pickled_arrays import pickled_in
from rnnviz.nets.checkpoints.translators.arrays import names_of_arrays
from rnnviz.nets.checkpoints.vocabulary.found import everything, sizes_in
from rnnviz.nets.opened import OpenedModel

_OF_PYTORCH = ("weight_hh", "weight_hh_l0")


@dataclass(frozen=True)
class _Held:
    """The arrays that may be a network, and all that lies with them."""

    arrays: Mapping[str, Array]
    content: Any


class ArraysStateDict:
    """Reads a network that was saved as arrays of NumPy, one for every tensor."""

    name = "state-arrays"
    title = "NumPy arrays of a network"
    holds = (
        "`.npz`, or a pickle (also of joblib, or in `.npy`), with the arrays of a state_dict of "
        "PyTorch under its names, or of an RNN or LSTM in plain NumPy: `Wxh`, `Whh`, `Why`, `bh`, "
        "`by` of min-char-rnn, `Wax`, `Waa`, `Wya`, or `Wf`, `Wi`, `Wc`, `Wo`, `Wy`"
    )
    needs = (
        "the characters or words, where nothing beside the arrays lists them; for square matrices, "
        "from which side they multiply"
    )
    refuses = "arrays with other names, by those names; pickled code"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether arrays have the names of a recurrent layer."""
        return _are_of_a_network(file.read(names_of_arrays)) or file.find(_in_pickle) is not None

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: the characters are neither beside the arrays nor given.
            ReadingNeeded: it cannot be told from which side the matrices multiply.
            ModelFileError: damaged, pickled code, or no network that can be shown.
        """
        held = file.find(_in_pickle) or _in_archive(file)
        numbers = {name: one for name, one in held.arrays.items() if one.dtype.kind == "f"}
        hints = Hints(names=(file.name, *held.arrays), symbols=sizes_in(held.content))
        readings: list[FoundNetwork] = []
        notes = []
        if (by_hand := written_by_hand(numbers)) is None:
            tensors = {
                name: torch.from_numpy(np.array(array, np.float32))
                for name, array in numbers.items()
            }
            readings = find_networks(tensors, file.name, hints)
        else:
            ways = tensors_by_hand(numbers, by_hand, file.name)
            for way, tensors in ways:
                found = find_networks(tensors, file.name, hints)[0]
                asked = len(ways) > 1
                question = (
                    "its matrices are square, and do not tell whether they multiply from the left"
                )
                readings.append(replace(found, title=way, asked=asked, question=question))
            if by_hand.gates:
                notes.append(
                    "each gate is taken to multiply the state before and then what enters, one "
                    "behind the other, as such programs do"
                )
        return assembled(
            readings, held.content, companions, file.name, ArraysStateDict.title, notes
        )


def _are_of_a_network(names: set[str]) -> bool:
    told = any(name.rpartition(".")[2] in _OF_PYTORCH for name in names)
    return told or written_by_hand(names) is not None


def _in_pickle(file: ModelFile) -> _Held | None:
    """The network in a pickle of arrays; None where there is none.

    Raises:
        Refused: it also asks for what does something in the world.
    """
    pickled = file.read(pickled_in)
    for arrays in _together(pickled.content) if pickled is not None else ():
        if _are_of_a_network(set(arrays)):
            assert pickled is not None
            if pickled.harmful:
                raise Refused(pickled.harmful, file.name)
            return _Held(arrays, pickled.content)
    return None


def _together(content: Any) -> Iterator[dict[str, Array]]:
    """Arrays by name that lie side by side, in a dictionary or an object, outermost first."""
    for _, value in everything(content):
        items = value if isinstance(value, Mapping) else getattr(value, "fields", None)
        if isinstance(items, Mapping):
            found = {
                name: one
                for name, one in items.items()
                if isinstance(name, str) and isinstance(one, np.ndarray)
            }
            if found:
                yield found


def _in_archive(file: ModelFile) -> _Held:
    arrays = file.read(_all_arrays)
    content = {
        name: array.tolist()
        for name, array in arrays.items()
        if array.dtype.kind == "U" or (array.dtype.kind in "iu" and array.ndim == 1)
    }  # words, characters, or the code points of characters
    return _Held(arrays, content)


def _all_arrays(path: Path) -> dict[str, Array]:
    try:
        return read_arrays(path, words=True, compressed=True)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError) as error:
        raise ModelFileError(f"{path.name} is damaged: {error}") from error

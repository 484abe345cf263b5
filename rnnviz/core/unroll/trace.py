"""Every number of an unrolled computation: forward, the loss, the way back, the update.

    key                       shape        what
    inputs                    (T, I)       what enters the first layer
    R/CHANNEL                 (T, U)       a channel of row R, from 0, as the facts name
                                           it: a layer, or one of its two directions
    scores, probabilities     (T, V)       before and after the softmax
    losses                    (T,)         nats; NaN where no answer is asked
    attention                 (T, S)       with attention: a at the decoder's steps, else NaN
    context                   (T, U)       likewise: c
    R/own/STATE               (T, U)       gradient at a state that comes from its own step: the
                                           loss there, and the layers above
    R/later/STATE             (T, U)       gradient at the same state that comes from the steps that
                                           its row reads later
    R/last/STATE              (T, U)       gradient of the last loss alone
    R/jacobian                (T, D, D)    of what a step leaves to what it found, all states of the
                                           row one behind the other, D = U times their number; NaN
                                           where nothing was found; of rows that were asked
    weight/NAME               the parameters before the update
    share/NAME                (T, ...)     what the copy at each step adds to the gradient
    gradient/NAME             the sum of the shares
    update/NAME               what is added to the parameter: -rate times the (clipped) gradient

All in float64. The gradient at a state is own + later: the fan-out of a state into what it gives at
its step and what it hands on.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from rnnviz.core.errors import UnrollError
from rnnviz.core.files.array_files import read_arrays
from rnnviz.core.system.ready_types import ready
from rnnviz.core.unroll.plan import Plan

Numbers = npt.NDArray[np.float64]
_MOST_BYTES = 64 << 20


class Trace(Struct, frozen=True, dict=True):
    """The numbers of one plan with certain weights; arrays are read-only."""

    plan: Plan
    arrays: Mapping[str, Numbers]
    trained: int = 0
    """How many updates were made before."""

    def __getitem__(self, key: str) -> Numbers:
        """One array by its key."""
        return self.arrays[key]

    def __contains__(self, key: str) -> bool:
        """Whether there is such an array: not every layer has a cell."""
        return key in self.arrays

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, from the input up."""
        return tuple(key.removeprefix("weight/") for key in self.arrays if key[:7] == "weight/")

    @property
    def weights(self) -> dict[str, Numbers]:
        """The parameters by their names."""
        return {name: self[f"weight/{name}"] for name in self.parameters}

    def updated(self) -> dict[str, Numbers]:
        """The parameters after the update.

        Raises:
            UnrollError: the update is no number.
        """
        found = {name: self[f"weight/{name}"] + self[f"update/{name}"] for name in self.parameters}
        if not all(np.isfinite(values).all() for values in found.values()):
            raise UnrollError("the update is no number; take a smaller rate, or clip")
        return found

    @property
    def loss(self) -> float:
        """The sum of the losses of all steps, nats."""
        return float(np.nansum(self["losses"]))

    @cached_property
    def likeliest(self) -> tuple[str, ...]:
        """(T,) the symbol with the highest score at each step."""
        best = self["scores"].argmax(axis=1)
        return tuple(self.plan.vocabulary[index] for index in best)

    @property
    def learned(self) -> bool:
        """Whether every answer that is asked for is the likeliest."""
        asked = zip(self.likeliest, self.plan.targets, strict=True)
        return all(target is None or said == target for said, target in asked)

    def gradient_norm(self) -> float:
        """The length of the whole gradient, all parameters together, before clipping."""
        return float(
            np.sqrt(sum((self[f"gradient/{name}"] ** 2).sum() for name in self.parameters))
        )

    def save(self, path: Path) -> None:
        """Write all numbers into one `.npz`, one behind the other: a file is read per change."""
        shapes = {key: values.shape for key, values in self.arrays.items()}
        facts = np.frombuffer(msgspec.json.encode(shapes), np.uint8)
        numbers = np.concatenate([values.ravel() for values in self.arrays.values()])
        with path.open("wb") as file:
            np.savez(file, shapes=facts, numbers=numbers)


def read_trace(path: Path, plan: Plan, trained: int = 0) -> Trace:
    """The trace that `save` wrote.

    Raises:
        UnrollError: it is gone, damaged, or too large to be one.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UnrollError(f"{path.name} is too large to hold an unrolled network")
        found = read_arrays(path)
        shapes = _SHAPES.decode(found["shapes"].tobytes())
        arrays = _cut(np.asarray(found["numbers"], np.float64), shapes)
    except (OSError, KeyError, ValueError, msgspec.MsgspecError, zipfile.BadZipFile) as error:
        raise UnrollError(f"{path.name} cannot be read; compute it again ({error})") from error
    for values in arrays.values():
        values.flags.writeable = False
    return Trace(plan, arrays, trained)


_Shape = tuple[Annotated[int, msgspec.Meta(ge=0, le=_MOST_BYTES)], ...]
_SHAPES = msgspec.json.Decoder(ready(dict[str, _Shape]))


def _cut(numbers: Numbers, shapes: Mapping[str, _Shape]) -> dict[str, Numbers]:
    """The arrays of these shapes, which lie one behind the other."""
    if numbers.ndim != 1:
        raise ValueError(f"its numbers have {numbers.ndim} axes")
    arrays, at = {}, 0
    for key, shape in shapes.items():
        end = at + math.prod(shape)
        arrays[key] = numbers[at:end].reshape(shape)
        at = end
    if at != numbers.size:
        raise ValueError(f"it holds {numbers.size:,} numbers and announces {at:,}")
    return arrays

"""Some steps of any open model with every number: what entered, all units, what came out.

    key             shape        what
    front           (T, E)       what the front end gives the first layer
    L/CHANNEL       (T + 1, U)   a channel of row L (a layer in one direction, from 0); the first
                                 is the step before those that are shown, NaN where there is none
    L/share         (T, U)       what each unit adds to the score of what is likeliest at its own
                                 step: its value times the gradient there; where it is known
    said            (T, K)       the K likeliest outputs, or all where there are few: probabilities,
                                 or the numbers that come out
    said_ids        (T, K)       which outputs these are
    came_p          (T,)         the probability of what really came; NaN where nothing is known

In float64. Steps are those that the network knows; others are passed over.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from msgspec import Struct

from rnnviz.core.errors import UnrollError
from rnnviz.core.files.array_files import read_arrays
from rnnviz.core.files.reading import decode_json
from rnnviz.core.files.writing import replacing
from rnnviz.core.unroll.trace import Numbers

MOST_SHOWN = 60
"""Steps that may be asked for at once."""
MOST_WRITTEN = 500
"""Symbols that a network may write on with."""
Says = Literal["next", "classes", "any", "numbers"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A layer in one direction."""

    name: str
    """What its units are named by: `2` in `2:142`."""
    title: str
    """In words: `layer 2`."""
    architecture: str
    units: int
    given: int
    """The width of its hidden state: U, or what a projection makes of it."""
    channels: tuple[str, ...]
    states: tuple[str, ...]
    activation: str = "tanh"
    layer: int = 0
    """Rows of one layer read the same, and what is above reads both."""
    from_end: bool = False
    """Whether it reads from the end."""


class ModelSteps(msgspec.Struct, frozen=True, kw_only=True):
    """What the numbers are of."""

    model: str
    text: str
    rows: tuple[Row, ...]
    says: Says
    """Which symbol comes next; one of some classes; each class by itself; numbers."""
    outputs: tuple[str, ...]
    symbols: tuple[str, ...]
    """(T,) what entered at each step."""
    steps: tuple[int, ...]
    """(T,) the step of the text that it is; of those that the network wrote itself, counted on."""
    came: tuple[str, ...]
    """(T,) what really came next, or the true class; empty where nothing is known."""
    written: int = 0
    """How many of the last steps read what the network itself had written."""
    drawn: str = ""
    """What it would write after the last step, where it writes."""
    notes: tuple[str, ...] = ()


class ModelTrace(Struct, frozen=True):
    """The numbers, by the keys above; arrays are read-only."""

    about: ModelSteps
    arrays: Mapping[str, Numbers]

    def __getitem__(self, key: str) -> Numbers:
        """One array by its key."""
        return self.arrays[key]

    def __contains__(self, key: str) -> bool:
        """Whether there is such an array."""
        return key in self.arrays

    def __len__(self) -> int:
        return len(self.about.symbols)

    def channel(self, row: int, name: str) -> Numbers:
        """(T, U) a channel at the steps that are shown."""
        return self.arrays[f"{row}/{name}"][1:]

    def value(self, row: int, name: str, step: int, unit: int) -> float:
        """One number; `before_` and a state is its value at the step before."""
        if name.startswith("before_"):
            return float(self.arrays[f"{row}/{name.removeprefix('before_')}"][step, unit])
        return float(self.arrays[f"{row}/{name}"][step + 1, unit])

    def strongest(self, row: int, step: int, count: int) -> list[int]:
        """The units of a row that do most at a step: by share where known, else by value."""
        key = f"{row}/share"
        weights = self.arrays[key] if key in self.arrays else self.channel(row, "hidden")
        order = np.argsort(-np.abs(np.nan_to_num(weights[step])), kind="stable")
        return [int(unit) for unit in order[:count]]

    def likeliest(self, step: int) -> tuple[tuple[str, float], ...]:
        """The likeliest outputs of a step by name, or all numbers."""
        ids = self["said_ids"][step].astype(int)
        return tuple(
            (self.about.outputs[number], float(value))
            for number, value in zip(ids, self["said"][step], strict=True)
        )

    def first(self, steps: int) -> ModelTrace:
        """The first so many of the steps."""
        about = self.about
        taken = msgspec.structs.replace(
            about,
            symbols=about.symbols[:steps],
            steps=about.steps[:steps],
            came=about.came[:steps],
            written=max(0, about.written - (len(self) - steps)),
            drawn=about.drawn if steps >= len(self) else "",
        )
        arrays = {
            key: values[: steps + (len(values) > len(self))] for key, values in self.arrays.items()
        }
        return ModelTrace(taken, arrays)

    def save(self, path: Path) -> None:
        """Write all into one `.npz`.

        Raises:
            OSError: it cannot be written.
        """
        facts = np.frombuffer(msgspec.json.encode(self.about), np.uint8)
        named = {key.replace("/", "\\"): values for key, values in self.arrays.items()}
        with replacing(path) as beside, beside.open("wb") as file:
            np.savez(file, facts=facts, **named)  # type: ignore[arg-type]


def read_model_trace(path: Path) -> ModelTrace:
    """The trace that `save` wrote.

    Raises:
        UnrollError: it is gone or damaged.
    """
    try:
        arrays = read_arrays(path)
        about = decode_json(arrays.pop("facts").tobytes(), ModelSteps)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UnrollError(f"{path.name} cannot be read; compute it again ({error})") from error
    found = {
        key.replace("\\", "/"): np.asarray(values, np.float64) for key, values in arrays.items()
    }
    for values in found.values():
        values.flags.writeable = False
    return ModelTrace(about, found)

"""A gradient field: how strongly losses reach the states before them; and its file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.architectures import known_facts
from rnnviz.core.errors import GradientError
from rnnviz.core.files.array_files import read_arrays
from rnnviz.core.files.reading import decode_json
from rnnviz.core.files.writing import replacing
from rnnviz.core.gradients.decay import Bands, Decay, Doubles, bands, decay
from rnnviz.core.quantities.units import layer_title

FIELD_VERSION = 1
Gives = Literal["next", "label", "numbers", "verdict"]


class FieldFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a gradient field says of itself beside its arrays."""

    model_name: str
    model_path: str
    architecture: str
    text_name: str
    layers: int
    units: int
    states: tuple[str, ...]
    """`hidden`, and `cell` of an LSTM."""
    start: int
    """The character from which on losses were taken."""
    skipped: int = 0
    """Characters, or words, in between that the model does not know; they are no steps."""
    seed: int | None = None
    """If the weights were drawn anew from this seed: the model before any training."""
    gives: Gives = "next"
    """What a loss is about: the next symbol, the label of a step, numbers, or a verdict on a whole
    document. A verdict's losses are one a document, and distances are counted from its end."""
    ahead: int = 1
    """How many steps after its own step a loss is about: 1 of the next symbol, else 0."""
    rows: tuple[str, ...] = ()
    """The title of each layer in each direction, where some read from the end; `layers` counts
    them. Their distances are counted in the order in which they read."""
    columns: tuple[str, ...] = ()
    """The columns of what is read, where it is numbers."""
    classes: tuple[str, ...] = ()
    """The classes whose log-probability may be followed back."""
    of_class: str = ""
    """The one that was; empty for what the text says, or the likeliest."""
    unit: str = "character"
    """What a step reads, in the singular."""
    readout: str = "every"
    """How the states of all steps become one verdict: `last`, `mean`, ...; `every` where each step
    has its own answer."""
    version: int = FIELD_VERSION

    def title_of(self, row: int) -> str:
        """The name of a layer, in one direction."""
        return self.rows[row] if self.rows else layer_title(row)

    @property
    def bounded_by_weights(self) -> bool:
        """Whether the singular values of W_hh bound the Jacobians; see `ArchitectureFacts`."""
        facts = known_facts(self.architecture)
        return facts is not None and facts.bounded_by_weights


class GradientField:
    """How strongly each of T losses reaches the states up to K steps before it.

    ==================  ===============  =========================================================
    array               axes             content
    ==================  ===============  =========================================================
    places              (S,)             the characters of the text that were read, S steps
    targets             (T,)             the steps whose losses were taken, consecutive
    losses              (T,)             those losses in nats
    <state>             (L, T, K + 1)    norm of dL_t/dh_{t-k} (dL_t/dc_{t-k}); NaN before the text
    <state>-sum         (L, S - 1)       norm of the gradient of all T losses together, by step
    inputs              (T, K + 1)       norm of dL_t/dx_{t-k}
    products            (T, K + 1)       dL_t/dx_{t-k} times x_{t-k}
    jacobian-steps      (R,)             the steps t whose Jacobians were taken
    distances           (D,)             and the distances k
    <state>-spectral    (L, R, D)        largest singular value of dh_t/dh_{t-k}
    <state>-frobenius   (L, R, D)        its Frobenius norm; these four only where asked for
    ends                (S,)             where the symbol of each step ends, where it is longer
    begins              (T,)             the first step of the document that each loss is about
    extents             (T, 2)           of verdicts, the first step of each document and the last
    inputs-after        (T, K)           norm of dL_t/dx_{t+1}, ... where some layers read from the
                                         end; likewise `products-after`
    columns             (T, K + 1, F)    dL_t/dx_{t-k} at each column of numbers, at its deviation;
                                         likewise `columns-after`
    ==================  ===============  =========================================================

    The gradient at a state counts all ways to the loss: what reaches an LSTM's cell through its
    hidden state too.
    """

    def __init__(self, facts: FieldFacts, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        self.facts = facts
        self._arrays = dict(arrays)
        self._bands: dict[tuple[str, int], Bands] = {}
        for array in self._arrays.values():
            array.flags.writeable = False
        shape = (facts.layers, len(self.array("targets")), self.array("inputs").shape[1])
        for state in facts.states:
            if self.array(state).shape != shape:
                raise GradientError(
                    f"the gradients of {state} have the shape {self.array(state).shape}, "
                    f"not {shape}; the file is damaged"
                )

    def array(self, name: str) -> npt.NDArray[Any]:
        """One of the arrays of the table.

        Raises:
            GradientError: the file does not hold it.
        """
        if name not in self._arrays:
            raise GradientError(f"the gradients lack {name!r}; the file is damaged")
        return self._arrays[name]

    def has(self, name: str) -> bool:
        """Whether it holds such an array."""
        return name in self._arrays

    @property
    def distance(self) -> int:
        """K: the longest distance."""
        return int(self.array("inputs").shape[1]) - 1

    @property
    def has_jacobians(self) -> bool:
        """Whether the Jacobians of some steps were taken."""
        return "jacobian-steps" in self._arrays

    @property
    def has_sums(self) -> bool:
        """Whether the gradient of all losses together is known; not before they all are."""
        return all(f"{state}-sum" in self._arrays for state in self.facts.states)

    @property
    def targets(self) -> npt.NDArray[np.int64]:
        """The steps whose losses were taken, (T,)."""
        return np.asarray(self.array("targets"), np.int64)

    @property
    def own_steps(self) -> npt.NDArray[np.int64]:
        """Which step of its own document each loss is about, (T,)."""
        if "begins" in self._arrays:
            return self.targets - np.asarray(self.array("begins"), np.int64)
        return self.targets

    @property
    def cut_in_words(self) -> str:
        """Why the norms here do not tell what truncation keeps; empty where they do."""
        if self.facts.rows:
            return (
                "Truncated back-propagation hands the state on from one chunk to the next. This "
                "network also reads from the end, where the first state needs the last step: there "
                "is no chunk to begin with, so it is trained on whole sequences."
            )
        if self.facts.gives == "verdict" and self.facts.readout not in ("every", "last"):
            return (
                f"The verdict is read from all states ({self.facts.readout}), so it reaches each "
                "of them directly, cut or not; only what passes from state to state is lost. How "
                "much that turns the gradient is measured below."
            )
        return ""

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """The character that each step read, (S,)."""
        return np.asarray(self.array("places"), np.int64)

    @property
    def predicted(self) -> npt.NDArray[np.int64]:
        """The character whose prediction each loss is about, (T,)."""
        return self.places[self.targets + self.facts.ahead]

    @property
    def ends(self) -> npt.NDArray[np.int64]:
        """Where what each step read ends in the text, (S,)."""
        if "ends" in self._arrays:
            return np.asarray(self.array("ends"), np.int64)
        return self.places + 1

    @property
    def extents(self) -> npt.NDArray[np.int64] | None:
        """Of verdicts, the first step of each document and its last, (T, 2)."""
        return np.asarray(self.array("extents"), np.int64) if "extents" in self._arrays else None

    def norms(self, state: str, layer: int) -> Doubles:
        """(T, K + 1) of one layer."""
        return np.asarray(self.array(state)[layer], np.float64)

    def bands(self, state: str, layer: int) -> Bands:
        """Over distance, of all T losses; found once, then kept."""
        if (state, layer) not in self._bands:
            self._bands[state, layer] = bands(self.norms(state, layer))
        return self._bands[state, layer]

    def decay(self, state: str, layer: int) -> Decay:
        """Of the median over distance."""
        return decay(self.bands(state, layer).median)

    def jacobian(self, state: str, layer: int, norm: str = "spectral") -> Bands:
        """(D,) the norm of the Jacobians at each of the `distances`: median and range over t."""
        return bands(np.asarray(self.array(f"{state}-{norm}")[layer], np.float64), outside=0.0)

    def row_of(self, character: int) -> int | None:
        """The loss that is about predicting this character, if it was taken."""
        if self.extents is not None:
            first, last = self.places[self.extents[:, 0]], self.ends[self.extents[:, 1]]
            found = np.flatnonzero((first <= character) & (character < last))
        else:
            found = np.flatnonzero(self.predicted == character)
            if not found.size:  # inside of a word
                steps = self.targets + self.facts.ahead
                inside = (self.places[steps] <= character) & (character < self.ends[steps])
                found = np.flatnonzero(inside)
        return int(found[0]) if found.size else None

    def inputs_of(self, row: int, *, signed: bool = False) -> tuple[npt.NDArray[np.int64], Doubles]:
        """The characters before a prediction, nearest first, and how strongly it depends on each.

        Those after it follow, where some layers read from the end.

        Args:
            signed: the product of gradient and input instead of the gradient's norm.
        """
        steps, values = self.steps_of(row, "products" if signed else "inputs")
        return self.places[steps], values

    def steps_of(self, row: int, name: str) -> tuple[npt.NDArray[np.int64], Doubles]:
        """The steps that a loss depends on, and what `inputs`, `products` or `columns` say of each.

        Those before it come first, nearest first, then those after it.
        """
        step = int(self.targets[row])
        steps = step - np.arange(min(step, self.distance) + 1)
        values = np.asarray(self.array(name)[row], np.float64)[: len(steps)]
        if f"{name}-after" in self._arrays:
            after = np.asarray(self.array(f"{name}-after")[row], np.float64)
            later = step + 1 + np.arange(min(len(after), len(self.places) - 1 - step))
            steps = np.concatenate([steps, later])
            values = np.concatenate([values, after[: len(later)]])
        known = np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if self.facts.gives != "next":
            steps, values = steps[known], values[known]
        return steps, values


def write_field(path: Path, field: GradientField) -> None:
    """Write a field as a `.npz` file.

    Raises:
        OSError: it cannot be written.
    """
    facts = np.frombuffer(msgspec.json.encode(field.facts), np.uint8)
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, facts=facts, **field._arrays)  # type: ignore[arg-type]


def read_field(path: Path) -> GradientField:
    """The field in a `.npz` file; nothing in it is ever executed.

    Raises:
        GradientError: it is missing, damaged, or of a newer version.
    """
    try:
        arrays = read_arrays(path)
        facts = decode_json(arrays.pop("facts").tobytes(), FieldFacts)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise GradientError(f"{path.name} holds no gradients that can be read: {error}") from error
    if facts.version > FIELD_VERSION:
        raise GradientError(
            f"{path.name} has version {facts.version}, newer than {FIELD_VERSION}; update rnnviz"
        )
    return GradientField(facts, arrays)

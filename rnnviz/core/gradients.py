"""Gradients through time as numbers: norms over distance, how fast they decay, and the bound.

Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks",
section 2; Bengio, Simard and Frasconi 1994.
"""

from __future__ import annotations

import math
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
from rnnviz.core.quantities.units import layer_title

Doubles = npt.NDArray[np.float64]

FIELD_VERSION = 1
GAMMA_TANH, GAMMA_SIGMOID = 1.0, 0.25
"""The largest slope of each nonlinearity."""
LEAST = 1e-290
"""A norm below this has lost its digits even in double precision, and is left out of fits."""


class Decay(msgspec.Struct, frozen=True):
    """A straight line through the logarithm of a norm over distance; NaN where none fits."""

    factor: float
    """What the norm is multiplied by at each step back: below 1 it vanishes, above it explodes."""
    half_life: float
    """Steps back after which half is left; below zero, after which it has doubled."""
    r_squared: float
    """How much of the logarithm's variance the line explains; 1 is a pure exponential."""
    start: int
    """The first distance of the fit."""
    stop: int
    """The last."""
    at_zero: float
    """Where the line meets distance 0."""

    def line(self, distances: npt.NDArray[np.integer]) -> Doubles:
        """The fitted norm at these distances."""
        return np.asarray(self.at_zero * self.factor ** np.asarray(distances, float))


def decay(norms: npt.NDArray[np.floating], start: int = 1) -> Decay:
    """Fit an exponential to the norms at distances 0, 1, 2, ... from `start` on.

    Zeros, NaN, infinity and numbers below `LEAST` are left out.

    >>> found = decay(np.array([8.0, 4.0, 2.0, 1.0, 0.5]))
    >>> round(found.factor, 6), round(found.half_life, 6), round(found.r_squared, 6)
    (0.5, 1.0, 1.0)
    """
    distances = np.arange(len(norms))
    kept = (distances >= start) & np.isfinite(norms) & (np.asarray(norms) > LEAST)
    x, y = distances[kept].astype(float), np.log(np.asarray(norms, float)[kept])
    if len(x) < 3:
        return Decay(math.nan, math.nan, math.nan, start, start, math.nan)
    slope, offset = np.polyfit(x, y, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    rest = float(((y - slope * x - offset) ** 2).sum())
    return Decay(
        factor=float(np.exp(slope)),
        half_life=float(-math.log(2) / slope) if slope else math.inf,
        r_squared=1 - rest / spread if spread > 0 else 1.0,
        start=int(x[0]),
        stop=int(x[-1]),
        at_zero=float(np.exp(offset)),
    )


class Bands(msgspec.Struct, frozen=True):
    """What T gradients have in common at each distance 0 to K; NaN where none reaches."""

    median: Doubles
    low: Doubles
    """A tenth lies below, or none."""
    high: Doubles
    """A tenth lies above, or none."""


def bands(norms: Doubles, outside: float = 0.1) -> Bands:
    """Median and band over the first axis of norms (T, K + 1).

    Args:
        outside: the share that lies below the band, and above it: 0 for the whole range.

    >>> found = bands(np.array([[1.0, np.nan], [2.0, 8.0], [9.0, 4.0]]))
    >>> found.median.tolist()
    [2.0, 6.0]
    >>> bands(np.array([[1.0], [2.0], [9.0]]), outside=0.0).high.tolist()
    [9.0]
    """
    ordered = np.sort(norms, axis=0)  # NaN goes to the end
    counts = (~np.isnan(ordered)).sum(axis=0)
    return Bands(*(_quantile(ordered, counts, share) for share in (0.5, outside, 1 - outside)))


def _quantile(ordered: Doubles, counts: npt.NDArray[np.integer], share: float) -> Doubles:
    """Of each sorted column, of which the first `counts` are numbers; NaN where there are none."""
    place = share * np.maximum(counts - 1, 0)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    columns = np.arange(ordered.shape[1])
    low, high = ordered[below, columns], ordered[above, columns]
    with np.errstate(invalid="ignore"):
        between = low + (place - below) * (high - low)
    # Between two infinities there is no difference to take a part of.
    return np.asarray(np.where(low == high, low, between))


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


class MatrixFacts(msgspec.Struct, frozen=True):
    """The recurrent matrix of one layer and gate, (U, U)."""

    layer: int
    gate: str
    """`hidden` of a vanilla RNN; else the gate whose rows these are."""
    eigenvalues: tuple[tuple[float, float], ...]
    """Real and imaginary part, largest modulus first."""
    singular_values: tuple[float, ...]
    """Largest first."""

    @property
    def spectral_radius(self) -> float:
        """The largest modulus of an eigenvalue."""
        return math.hypot(*self.eigenvalues[0])

    @property
    def largest_singular_value(self) -> float:
        """The most by which the matrix stretches any vector."""
        return self.singular_values[0]


def matrix_facts(
    weight: npt.NDArray[np.floating], layer: int = 0, gate: str = "hidden"
) -> MatrixFacts:
    """Eigenvalues and singular values of a square matrix.

    >>> found = matrix_facts(np.array([[0.5, 0.0], [0.0, -2.0]]))
    >>> found.spectral_radius, found.largest_singular_value
    (2.0, 2.0)

    Raises:
        GradientError: NaN or infinity among its numbers.
    """
    matrix = np.asarray(weight, np.float64)
    if not np.isfinite(matrix).all():
        raise GradientError(
            f"the recurrent weights of layer {layer + 1} hold NaN or infinity; open an earlier "
            "checkpoint"
        )
    values = np.linalg.eigvals(matrix)
    ordered = values[np.argsort(-np.abs(values), kind="stable")]
    return MatrixFacts(
        layer,
        gate,
        tuple((float(value.real), float(value.imag)) for value in ordered),
        tuple(np.linalg.svd(matrix, compute_uv=False).tolist()),
    )


def bound(largest_singular_value: float, distance: int, gamma: float = GAMMA_TANH) -> Doubles:
    """The most that |dh_t/dh_{t-k}| can be for k from 0 to `distance`: (gamma sigma)^k.

    Pascanu et al. 2013, section 2.1; for h_t = f(W_hh h_{t-1} + ...), where gamma is the largest
    slope of f. It holds for a vanilla RNN, not for gates.
    """
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((gamma * largest_singular_value) ** np.arange(distance + 1, dtype=float))


def verdict(largest_singular_value: float, radius: float, gamma: float = GAMMA_TANH) -> str:
    """What the bound says about a vanilla RNN, in words."""
    limit = 1 / gamma
    sigma = f"the largest singular value of W_hh is {largest_singular_value:.3g}"
    if largest_singular_value < limit:
        return f"{sigma}, below 1/γ = {limit:g}: gradients must vanish, whatever the text."
    if radius < limit:
        return (
            f"{sigma}, not below 1/γ = {limit:g}, so the bound does not force gradients to vanish; "
            f"the spectral radius is {radius:.4g}, too small for them to explode for long."
        )
    return (
        f"{sigma} and the spectral radius {radius:.4g}, both above 1/γ = {limit:g}: gradients can "
        "explode, wherever tanh is not saturated; where it is, they vanish all the same."
    )


def kept(targets: npt.NDArray[np.int64], distance: int, chunk: int) -> npt.NDArray[np.bool_]:
    """Which gradients truncated BPTT in chunks keeps, (T, K + 1) for steps t and distances k.

    The steps n * chunk up to (n + 1) * chunk are one chunk; no gradient leaves it. Steps before the
    first do not exist.

    >>> kept(np.array([3, 4]), 3, 4).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 0]]
    """
    steps = targets[:, None] - np.arange(distance + 1)
    return np.asarray((steps >= 0) & (steps // chunk == targets[:, None] // chunk))


def kept_share(norms: Doubles, mask: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The share of all pairs (t, t - k) that a mask keeps, and the share of the summed norms."""
    known = np.isfinite(norms)
    total = float(norms[known].sum())
    pairs = float((mask & known).sum()) / max(1, int(known.sum()))
    return pairs, float(norms[mask & known].sum()) / total if total > 0 else math.nan

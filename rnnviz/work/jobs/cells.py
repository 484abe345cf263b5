"""Jobs on recordings: walking a text, concepts, units, patterns, searches, samples."""

from __future__ import annotations

import msgspec

from rnnviz.core.cells.patterns import PatternUnit, Place
from rnnviz.core.cells.snippets import UnitPage
from rnnviz.core.cells.surprises import Passage
from rnnviz.core.concepts.custom import Spec
from rnnviz.core.recordings.description import FloatType
from rnnviz.core.scoring.document_labels import DocumentRanking
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.models import ModelOpened
from rnnviz.work.messages import Request


class Written(msgspec.Struct, frozen=True):
    """An answer that lies in a file."""

    path: str


class Walked(msgspec.Struct, frozen=True):
    """How many characters of a recording are complete."""

    characters: int


class Walk(Request[Walked, Walked], frozen=True, kw_only=True):
    """Walk a text through a model, and record it; a walk that was left in the folder goes on."""

    model: ModelGiven
    text: TextGiven
    folder: str
    channels: tuple[str, ...]
    first: bool = False
    """Whether other walks wait for it."""
    until: int | None = None
    """Read no further than this step."""
    dtype: FloatType = "float16"
    """Of the values on the disk."""


class CheckpointWalked(msgspec.Struct, frozen=True):
    """A model, and how much of the text was walked through it."""

    model: ModelOpened
    characters: int


class WalkCheckpoint(Request[Walked, CheckpointWalked], frozen=True, kw_only=True):
    """Open a model and walk the beginning of a text with every channel, before other walks."""

    model: ModelGiven
    text: TextGiven
    folder: str
    most_bytes: int
    """As many characters are read as these hold,"""
    least: int
    """though never fewer than so many"""
    most: int
    """nor more."""


class Sampled(msgspec.Struct, frozen=True):
    """The text that a model wrote so far."""

    text: str


class Sample(Request[Sampled, Sampled], frozen=True, kw_only=True):
    """Let a model write."""

    model: ModelGiven
    length: int
    start: str = ""
    temperature: float = 1.0
    top_k: int = 0
    """Only the likeliest so many are drawn; 0 for all."""
    seed: int | None = None


class Labelled(msgspec.Struct, frozen=True):
    """The labels, in a file, and what the concept found to read in the text."""

    path: str
    reading: str = ""
    """A sentence; empty where there is nothing to say."""


class Label(Request[None, Labelled], frozen=True, kw_only=True):
    """Label the text of a recording; an array (T,) in a file beside it."""

    folder: str
    concept: Spec
    """As in a concept file."""


class Spans(msgspec.Struct, frozen=True):
    """Stretches of a text, each (start, stop)."""

    spans: tuple[tuple[int, int], ...]


class PreviewLabels(Request[None, Spans], frozen=True, kw_only=True):
    """Which stretches of a short text a yes-or-no concept labels."""

    text: str
    concept: Spec


class Rank(Request[None, Written], frozen=True, kw_only=True):
    """Rank all units of a recording for a concept; a ranking in a file beside it."""

    folder: str
    concept: Spec
    channels: tuple[str, ...] | None = None
    """None for all that were recorded."""


class RankDocuments(Request[None, DocumentRanking], frozen=True, kw_only=True):
    """Rank the units of a recording for a label of its documents; the best of them."""

    folder: str
    label: str
    most: int = 500
    """So many are told."""


class BestUnit(msgspec.Struct, frozen=True, kw_only=True):
    """The unit that follows a concept best, and what is the best by chance."""

    concept: str
    title: str
    scalar: bool
    """Whether it is a count or a position."""
    channel: str
    unit: int
    """Counted through all layers."""
    auc: float
    correlation: float
    null_auc: float
    """The best AUC of any unit under shifted labels."""
    null_correlation: float


class BestUnits(msgspec.Struct, frozen=True):
    """The best unit of each concept that occurs, and the units that are odd whatever is read."""

    best: tuple[BestUnit, ...]
    dead: tuple[int, ...] = ()
    """Units whose state never moves."""
    runaway: tuple[int, ...] = ()
    """Units whose state goes beyond +-100."""


class FindBest(Request[None, BestUnits], frozen=True, kw_only=True):
    """Find the best unit of each concept in a recording, by its states."""

    folder: str
    concepts: tuple[Spec, ...]


class FitProbe(Request[None, Written], frozen=True, kw_only=True):
    """Fit a linear probe over all units of a recording for a concept, in a file beside it."""

    folder: str
    concept: Spec
    channels: tuple[str, ...] | None = None


class ReadUnitPage(Request[None, UnitPage], frozen=True, kw_only=True):
    """Snippets, distribution and saturation of one unit of a recording."""

    folder: str
    channel: str
    unit: int


class Pattern(msgspec.Struct, frozen=True):
    """Units that are on in a range and off around it, and where else they are on together."""

    units: tuple[PatternUnit, ...]
    matches: tuple[Place, ...]


class FindPattern(Request[None, Pattern], frozen=True, kw_only=True):
    """Which units are on in a range and off around it, and where else they are."""

    folder: str
    channel: str
    start: int
    stop: int
    margin: int = 0
    """So many characters before and after, a unit must be off."""
    share: float = 1.0
    """For how much of the range it must be on."""
    threshold: float | None = None
    """On means |value| above this; None for a threshold of each unit's own."""


class WorstPassages(msgspec.Struct, frozen=True):
    """The passages that were predicted worst, the worst first."""

    passages: tuple[Passage, ...]


class FindWorst(Request[None, WorstPassages], frozen=True, kw_only=True):
    """Where the mean surprisal over some steps of a recording is highest."""

    folder: str


class Ordered(msgspec.Struct, frozen=True):
    """Units, counted through all layers, in an order."""

    units: tuple[int, ...]


class OrderUnits(Request[None, Ordered], frozen=True, kw_only=True):
    """Order the units of a channel by similarity over a range of the text."""

    folder: str
    channel: str
    start: int
    stop: int


class Find(Request[None, Spans], frozen=True, kw_only=True):
    """Where a pattern occurs in the text of a recording."""

    folder: str
    pattern: str
    regular: bool = False

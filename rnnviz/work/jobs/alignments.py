"""Jobs on translation models: sentences, whole files, near words, the units of both halves."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rnnviz.core.alignments.alignment import Direction
from rnnviz.core.alignments.decoded import Decoded
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.messages import Request


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """How a decoder searches, and what is forced upon it."""

    beam: int = 1
    length_penalty: float = 0.6
    coverage_penalty: float = 0.0
    temperature: float = 1.0
    """Of the softmax over the scores of the source positions."""
    sampling_temperature: float = 0.0
    """Draw instead of search; 0 searches."""
    seed: int = 0
    forced: Mapping[int, str] = {}
    """Target tokens by step."""
    whole: tuple[int, ...] = ()
    """Those of these steps at which the word must not go on."""
    weights: Mapping[int, Mapping[int, float]] = {}
    """Weights by step and source place."""
    from_step: int = 0
    """From here on the weights and the temperature apply."""


class TokensSoFar(msgspec.Struct, frozen=True):
    """The target tokens of a translation under way."""

    tokens: tuple[str, ...]


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A translation, and what was looked at."""

    decoded: Decoded
    score: float = 0.0
    """Of the search: log p, with its penalties."""
    finished: bool = True
    """Whether the last token is the end of a sentence."""


class Translate(Request[TokensSoFar, Translated], frozen=True, kw_only=True):
    """Translate a sentence, or see where the model looks in a given translation."""

    model: ModelGiven
    source: str
    target: str | None = None
    """A translation that is given as a whole; nothing is searched."""
    search: Search = Search()
    folder: str
    """Where the tables go."""


class EffectsMeasured(msgspec.Struct, frozen=True):
    """What places do to words: paths of tables (G, N), by the names of `core.alignments.trust`.

    Under the name itself N are the source tokens, under `NAME-words` the words that they form.
    """

    files: dict[str, str]


class MeasureEffects(Request[None, EffectsMeasured], frozen=True, kw_only=True):
    """Measure what each source place does to each word of what `Translate` is asked for alike."""

    model: ModelGiven
    source: str
    target: str | None = None
    search: Search = Search()
    folder: str


class CorpusRow(msgspec.Struct, frozen=True):
    """One sentence of a file and what became of it."""

    source: str
    target: str
    confidence: float = 0.0
    """The geometric mean of the tokens' probabilities."""
    coverage: float = 0.0
    """The share of source tokens that were looked at; 1 is all of them."""
    length: float = 0.0
    """Target tokens to source tokens."""
    line: int = 0
    """Its line in the file, from 1."""


class CorpusTranslated(msgspec.Struct, frozen=True):
    """A `CorpusRow` for each line that is not empty, as JSON in a file."""

    path: str
    sentences: int


class TranslateCorpus(Request[None, CorpusTranslated], frozen=True, kw_only=True):
    """Translate the lines of a file; of a line with tabs the first column."""

    model: ModelGiven
    path: str
    folder: str
    search: Search = Search()


class CorpusTable(msgspec.Struct, frozen=True):
    """The weights of one pair of a corpus."""

    path: str
    source: tuple[str, ...]
    target: tuple[str, ...]
    text: str


class CorpusAligned(msgspec.Struct, frozen=True):
    """Links in Pharaoh format in a file."""

    path: str
    pairs: int
    loss_nats: float
    aligner: str = ""
    """A second file: the links of a statistical aligner, first column to second."""
    tables: tuple[CorpusTable, ...] = ()


class AlignCorpus(Request[None, CorpusAligned], frozen=True, kw_only=True):
    """Align the translations in some files of sentence pairs."""

    model: ModelGiven
    pairs: tuple[str, ...]
    folder: str
    swap: bool = False
    """Whether the second column is the source."""
    direction: Direction = "target"
    threshold: float = 0.5
    tables: int = 0
    """Of the first so many pairs the weights are written, too."""
    aligner: bool = False
    """Whether a statistical aligner learns from the same pairs, to compare with."""


class Near(msgspec.Struct, frozen=True):
    """A word whose embedding lies near another one's."""

    word: str
    similarity: float
    """The cosine of the angle between them."""


class WordsNear(msgspec.Struct, frozen=True):
    """The words nearest to another one, nearest first."""

    word: str
    words: tuple[Near, ...]


class NearestWords(Request[None, WordsNear], frozen=True, kw_only=True):
    """The words whose embeddings lie nearest to that of a word, on the side source or target."""

    model: ModelGiven
    word: str
    side: str = "source"
    count: int = 10


class StatesIndexed(msgspec.Struct, frozen=True):
    """An index of states in a folder; see `core.alignments.state_index`."""

    folder: str
    pairs: int
    of: int
    """How many pairs the corpus has."""


class IndexStates(Request[None, StatesIndexed], frozen=True, kw_only=True):
    """Write the states of encoder and decoder at every token of some pairs of a corpus."""

    model: ModelGiven
    pairs: tuple[str, ...]
    folder: str
    swap: bool = False
    """Whether the second column is the source."""
    most: int = 2000
    """So many pairs, from all over the corpus."""


class TranslationWalked(msgspec.Struct, frozen=True):
    """A recording of encoder and decoder."""

    folder: str
    tokens: int


class WalkTranslation(Request[None, TranslationWalked], frozen=True, kw_only=True):
    """Record encoder and decoder while they read a sentence and write another."""

    model: ModelGiven
    source: str
    folder: str
    target: str = ""
    """What is written; empty for the model's own translation."""

"""A small network, what it reads and what it should answer: all that decides an unrolled picture.

The structures are those of the lecture's row of pictures: one to one, one to many, many to one,
many to many in step, and an encoder with a decoder, without and with attention. Each has a little
task that is learned in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from rnnviz.core.architectures import known_facts
from rnnviz.core.errors import UnrollError
from rnnviz.core.system.ready_types import ready

MOST_STEPS = 40
MOST_UNITS = 64
MOST_LAYERS = 3
MOST_SYMBOLS = 64
_SHOWN = 24
END = "⏎"
"""A symbol like others, by which a network says that it has reached the end."""

Clip = Literal["none", "norm", "value"]
Direction = Literal["forward", "backward", "both"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A small network and the T steps that it is unrolled over; values never change."""

    vocabulary: tuple[str, ...] = ("h", "e", "l", "o")
    """The V symbols, in the order of their rows."""
    inputs: tuple[str | None, ...] = ("h", "e", "l", "l")
    """(T,) the symbol that enters at each step; None where nothing does (zeros)."""
    targets: tuple[str | None, ...] = ("e", "l", "l", "o")
    """(T,) the symbol that should come out; None where nothing is asked."""
    structure: str = "many-to-many"
    source: int = 0
    """How many steps an encoder reads before a decoder of its own goes on; 0 for one network."""
    attends: bool = False
    """Whether the decoder weighs the encoder's states at each of its steps: a = softmax(s · h),
    c = Σ a h, and the scores are W_hy [s; c] + b (dot attention, Luong et al. 2015)."""
    architecture: str = "rnn"
    units: int = 3
    layers: int = 1
    direction: Direction = "forward"
    """Whether each layer reads on, or from the end, or is two: one reads on, one from the end."""
    embedding: int = 0
    """The width of a learned embedding; 0 means one-hot."""
    squashed_output: bool = False
    """Whether the scores are tanh(W_hy h), as one page of the lecture has it, or W_hy h."""
    seed: int = 0
    rate: float = 0.1
    """How far plain gradient descent goes along the gradient of the summed loss."""
    chunk: int = 0
    """Truncated back-propagation: gradients stop between chunks of so many steps; 0 never."""
    carried: bool = True
    """Whether the state goes on from chunk to chunk, or starts anew."""
    clip: Clip = "none"
    threshold: float = 5.0
    drawn: tuple[str | None, ...] = ()
    """(T,) at test time: what the network wrote at each step, None where it wrote nothing; `inputs`
    are then what really entered, and no target is known. Empty while it is trained."""

    @property
    def steps(self) -> int:
        """T."""
        return len(self.inputs)

    @property
    def feeds(self) -> bool:
        """Whether at test time what is written goes back in."""
        if self.source:
            return True
        return self.steps > 1 and None not in self.targets and None not in self.inputs

    @property
    def width(self) -> int:
        """How many numbers enter the first layer at a step."""
        return self.embedding or len(self.vocabulary)

    @property
    def directions(self) -> int:
        """How many rows of states a layer has."""
        return 2 if self.direction == "both" else 1

    @property
    def rows(self) -> int:
        """R: rows of states, from the input up; of each layer first the one that reads on."""
        return self.layers * self.directions

    @property
    def passes(self) -> int:
        """How often the sequence is gone through from one end to the other, there.

        A layer above others that read both ways begins when these are through.
        """
        return self.layers if self.direction == "both" else 1

    @property
    def moves(self) -> int:
        """How many moments the way there has, and as many the way back."""
        return self.steps * self.passes

    def layer_of(self, row: int) -> int:
        """The layer of a row of states, from 0."""
        return row // self.directions

    def rows_of(self, layer: int) -> range:
        """The rows of a layer; of layer -1 none."""
        return range(max(0, layer * self.directions), (layer + 1) * self.directions)

    def from_end(self, row: int) -> bool:
        """Whether a row reads from the end."""
        return self.direction == "backward" or (self.directions == 2 and row % 2 == 1)

    def order(self, row: int) -> range:
        """All steps in the order in which a row reads them."""
        return range(self.steps - 1, -1, -1) if self.from_end(row) else range(self.steps)

    def before(self, row: int, step: int) -> int | None:
        """The step whose state a row has as it comes to this one; None at its first."""
        one = step + 1 if self.from_end(row) else step - 1
        return one if 0 <= one < self.steps else None

    def after(self, row: int, step: int) -> range:
        """The steps that a row reads after this one, in their order."""
        return range(step - 1, -1, -1) if self.from_end(row) else range(step + 1, self.steps)

    @property
    def joins_ends(self) -> bool:
        """Whether a row reads from where the one answer is asked: each gives its last state."""
        return self.direction != "forward" and all(one is None for one in self.targets[:-1])

    def read_at(self, row: int, step: int) -> int:
        """The step whose state of this row the scores of a step are made of."""
        return 0 if self.joins_ends and self.from_end(row) else step

    def answers_of(self, row: int, step: int) -> list[int]:
        """The steps whose answers are made of the state of a row of the last layer at a step."""
        asked = [at for at, target in enumerate(self.targets) if target is not None]
        return [at for at in asked if self.read_at(row, at) == step]

    @property
    def last_answer(self) -> int:
        """The step whose answer comes last as the first row reads: its loss reaches farthest."""
        asked = [at for at in self.order(0) if self.targets[at] is not None]
        return asked[-1]

    @property
    def why_not_from_end(self) -> str:
        """Why its layers cannot read from the end; empty where they can."""
        if self.source:
            return "a decoder writes word after word: what is not written yet has no end to read"
        if None in self.inputs:
            return "after the first input nothing enters: there is nothing to be read from the end"
        if self.steps < 2:
            return "there is one step, which reads the same from both ends"
        return ""

    @property
    def why_no_test(self) -> str:
        """Why it cannot write by itself; empty where it can."""
        if self.direction != "forward":
            also = "also " if self.direction == "both" else ""
            return (
                f"it {also}reads from the end, and what is to be written has no end yet: at test "
                "time nothing can be written on"
            )
        return ""

    def answered(self, step: int) -> str | None:
        """What should come out at a step, or at test time what did; None where nothing does."""
        return self.drawn[step] if self.drawn else self.targets[step]

    def goes_back_in(self, step: int) -> bool:
        """Whether what was written at the step before enters at this one."""
        if not self.drawn or step <= self.source or self.drawn[step - 1] is None:
            return False
        return self.inputs[step] is not None

    def decodes(self, step: int) -> bool:
        """Whether a step is one of the decoder."""
        return bool(self.source) and step >= self.source

    def chunk_starts(self, step: int) -> bool:
        """Whether the gradient is cut between this step and the one before it."""
        return bool(self.chunk) and step > 0 and step % self.chunk == 0

    def check(self) -> None:
        """See that it can be computed and drawn.

        Raises:
            UnrollError: a number is out of bounds, or a symbol is not in the vocabulary.
        """
        self._check_symbols()
        if known_facts(self.architecture) is None:
            raise UnrollError(f"the architecture {self.architecture!r} is unknown here")
        for name, value, least, most in (
            ("units", self.units, 1, MOST_UNITS),
            ("layers", self.layers, 1, MOST_LAYERS),
            ("numbers of an embedding", self.embedding, 0, MOST_UNITS),
        ):
            if not least <= value <= most:
                raise UnrollError(f"{value} {name} cannot be drawn; take {least} to {most}")
        if not (math.isfinite(self.rate) and self.rate > 0):
            raise UnrollError(f"a rate of {self.rate} teaches nothing; take a number above 0")
        if not 0 <= self.source < max(1, self.steps) or (self.attends and not self.source):
            raise UnrollError(
                f"an encoder of {self.source} steps does not fit {self.steps} steps; the decoder "
                "needs one at least, and attention an encoder"
            )
        if self.chunk < 0 or not (math.isfinite(self.threshold) and self.threshold > 0):
            raise UnrollError("a chunk has at least one step, and a threshold is above 0")

        if self.direction != "forward" and self.why_not_from_end:
            raise UnrollError(f"it cannot read from the end: {self.why_not_from_end}")
        if self.direction != "forward" and self.chunk:
            raise UnrollError(
                "what reads from the end needs the whole sequence at once: it cannot be cut "
                "into chunks; take full BPTT, or let it read forwards alone"
            )

    def _check_symbols(self) -> None:
        known = set(self.vocabulary)
        if not 1 <= len(known) == len(self.vocabulary) <= MOST_SYMBOLS:
            raise UnrollError(
                f"the vocabulary has {len(self.vocabulary)} symbols; it takes 1 to {MOST_SYMBOLS}, "
                "each once"
            )
        if not 1 <= self.steps <= MOST_STEPS or self.steps != len(self.targets):
            raise UnrollError(
                f"{self.steps} steps with {len(self.targets)} targets cannot be drawn; take 1 to "
                f"{MOST_STEPS} steps with a target or none each"
            )
        for symbol in (*self.inputs, *self.targets):
            if symbol is not None and symbol not in known:
                listed = ", ".join(self.vocabulary)
                raise UnrollError(f"{symbol!r} is not in the vocabulary ({listed})")
        if self.drawn:
            return
        if all(symbol is None for symbol in self.targets):
            raise UnrollError("no step has a target, so that there is no loss; give one at least")


def of_word(word: str, **settings: object) -> Plan:
    """The lecture's network for any word: every letter should give the next one.

    >>> plan = of_word("hello")
    >>> plan.vocabulary, plan.inputs, plan.targets
    (('h', 'e', 'l', 'o'), ('h', 'e', 'l', 'l'), ('e', 'l', 'l', 'o'))

    Raises:
        UnrollError: the word has fewer than two letters, or more than can be drawn.
    """
    letters = letters_of(word)
    if not 2 <= len(letters) <= MOST_STEPS + 1:
        raise UnrollError(
            f"{_short(word)} has {len(letters)} letters; a word of 2 to {MOST_STEPS + 1} can be "
            "unrolled"
        )
    given = {
        "vocabulary": tuple(dict.fromkeys(letters)),
        "inputs": letters[:-1],
        "targets": letters[1:],
        "structure": "many-to-many",
        **settings,
    }
    return msgspec.convert(given, ready(Plan))


def letters_of(word: str) -> tuple[str, ...]:
    """The letters that a person sees: marks belong to theirs, an emoji of several signs is one.

    >>> len(letters_of("e\u0301t")), len(letters_of("\U0001f469\u200d\U0001f4bb"))
    (2, 1)
    """
    import regex  # here, not above: the window starts without it

    return tuple(regex.findall(r"\X", word))


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _one_to_one(word: str) -> Plan:
    plan = of_word(word)
    return msgspec.structs.replace(plan, inputs=plan.inputs[:1], targets=plan.targets[:1])


def _one_to_many(word: str) -> Plan:
    plan = of_word(word)
    nothing: tuple[str | None, ...] = (None,) * (plan.steps - 1)
    return msgspec.structs.replace(plan, inputs=(*plan.inputs[:1], *nothing))


def _many_to_one(word: str) -> Plan:
    plan = of_word(word)
    nothing: tuple[str | None, ...] = (None,) * (plan.steps - 1)
    return msgspec.structs.replace(plan, targets=(*nothing, *plan.targets[-1:]))


ARROWS = ("→", "->", ">", "=")
"""What may stand between a sentence and its translation."""


def _encoder_decoder(text: str) -> Plan:
    """`estamos comiendo pan > we are eating bread`; or a word alone, written backwards."""
    mark = next((arrow for arrow in ARROWS if arrow in text), "")
    if mark:
        read, written = (tuple(side.split()) for side in text.split(mark, 1))
    else:
        read, written = letters_of(text), letters_of(text)[::-1]
    steps = len(read) + len(written) + 1
    if not read or not written or steps > MOST_STEPS:
        raise UnrollError(
            f"{_short(text)} has {len(read)} symbols to read and {len(written)} to write; both "
            f"need one at least, and together at most {MOST_STEPS - 1}"
        )
    nothing: tuple[str | None, ...] = (None,) * len(read)
    return Plan(
        vocabulary=tuple(dict.fromkeys((*read, *written, END))),
        inputs=(*read, END, *written),
        targets=(*nothing, *written, END),
        source=len(read),
        units=6,
    )


def _attention(text: str) -> Plan:
    return msgspec.structs.replace(_encoder_decoder(text), attends=True)


class Structure(Struct, frozen=True):
    """One of the lecture's pictures: which steps have an input, and which an answer."""

    name: str
    title: str
    about: str
    make: Callable[[str], Plan]

    def of(self, word: str) -> Plan:
        """The little task of this structure on a word.

        Raises:
            UnrollError: the word is too short or too long.
        """
        return msgspec.structs.replace(self.make(word), structure=self.name)


STRUCTURES: tuple[Structure, ...] = (
    Structure(
        "one-to-one", "One to one", "An ordinary network: one input, one answer.", _one_to_one
    ),
    Structure(
        "one-to-many",
        "One to many",
        "One input, then a row of answers: as a caption from an image.",
        _one_to_many,
    ),
    Structure(
        "many-to-one",
        "Many to one",
        "A row of inputs, one answer at the end: as a verdict on a review.",
        _many_to_one,
    ),
    Structure(
        "many-to-many",
        "Many to many",
        "An answer at every step: as the next letter of a text.",
        of_word,
    ),
    Structure(
        "encoder-decoder",
        "Encoder-decoder",
        "A sentence is read, then another is written: as a translation. Type words with > between: "
        "estamos comiendo pan > we are eating bread; a word alone is written backwards.",
        _encoder_decoder,
    ),
    Structure(
        "attention",
        "With attention",
        "The decoder looks back at the encoder's states: weights as bars over them, and their "
        "weighted sum. Type words with > between: estamos comiendo pan > we are eating bread.",
        _attention,
    ),
)
"""In the order of the lecture; all but the last two read a word letter by letter."""
LECTURE = "estamos comiendo pan > we are eating bread"
"""The lecture's sentence for an encoder with a decoder."""


def structure_named(name: str) -> Structure:
    """The structure of this name.

    Raises:
        UnrollError: there is none.
    """
    for structure in STRUCTURES:
        if structure.name == name:
            return structure
    raise UnrollError(f"the structure {name!r} is unknown here")

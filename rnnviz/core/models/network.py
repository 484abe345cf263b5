"""What a network that reads a sequence is, part by part: version 2 of the description in a file.

What is read → a front end → layers, each with its own architecture → a readout → a head. Plain data:
no tensor is made from it before every size in it was checked. A description of version 1, one kind
of layer and one width, is such a network, too (`plain_network`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.architectures import ArchitectureFacts, facts_of
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import ModelDescription

NETWORK_VERSION = 2
_MOST = 65536
_MOST_SYMBOLS = 1 << 21
_MOST_LAYERS = 256
_SAID_ONCE = 3
"""What comes so often in a row is said once."""

Width = Annotated[int, msgspec.Meta(ge=1, le=_MOST)]
Names = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=_MOST_SYMBOLS)]
Activation = Literal[
    "linear", "relu", "tanh", "sigmoid", "gelu", "silu", "elu", "selu", "softplus", "softsign"
]
Epsilon = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""What a LayerNorm adds to the variance."""

HALF = 0xF0000
"""Half of a character stands in a vocabulary as the private character so much above it: no file in
UTF-8 can hold a surrogate itself."""
FRONT = -1
"""Among the inputs of a layer: what the front end gives. Layers are counted from 0."""


# What is read


class Symbols(msgspec.Struct, frozen=True, kw_only=True, tag="symbols", tag_field="kind"):
    """One of V symbols a step."""

    vocabulary: Names
    """A symbol's id is its place."""
    unit: Literal["characters", "words", "subwords", "bytes", "halves"] = "characters"
    """Bytes are those of UTF-8, each named by the character of its number; halves are the units of
    UTF-16, a surrogate being named by the private character `HALF` above it."""
    lower: bool = False
    """Texts are put in lower case first."""
    tokenizer: str = ""
    """How a text is cut where the vocabulary does not tell. Subwords: the model of sentencepiece, in
    base 64, or `byte-level` for pairs of bytes as in GPT-2, merged in the order of their ids,
    or `longest-bytes` for the longest that the text goes on with, as in RWKV World. Words: `blanks` for what stands between blanks, each line end being the symbol `<eos>`
    if there is one; else by Unicode's rules, a blank line being the symbol `\\n` if there is one; with `signs` every sign
    and line end stands by itself."""
    signs: str = ""
    """Subwords: how signs that stand apart are put to their words; see `TokenizerDescription`."""
    unknown: str = ""
    """The symbol that stands for what is not in the vocabulary; empty where such is passed over."""


class Numbers(msgspec.Struct, frozen=True, kw_only=True, tag="numbers", tag_field="kind"):
    """F numbers a step."""

    columns: Names
    mean: tuple[float, ...] = ()
    """Taken off each column before anything else; empty for nothing."""
    deviation: tuple[float, ...] = ()
    """What each column is divided by after that."""


class Frames(msgspec.Struct, frozen=True, kw_only=True, tag="frames", tag_field="kind"):
    """A picture a step."""

    height: Width
    width: Width
    channels: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 3


Reads = Symbols | Numbers | Frames


# The front end


class OneHot(msgspec.Struct, frozen=True, tag="one-hot", tag_field="kind"):
    """A symbol is a vector of zeros and a one."""


class Embedding(msgspec.Struct, frozen=True, kw_only=True, tag="embedding", tag_field="kind"):
    """A symbol is a row of a learned matrix."""

    width: Width


class AsRead(msgspec.Struct, frozen=True, tag="as-read", tag_field="kind"):
    """Numbers enter as they are."""


class Linear(msgspec.Struct, frozen=True, kw_only=True, tag="linear", tag_field="kind"):
    """W x + b, and an activation, of what is read."""

    width: Width
    activation: Activation = "linear"


class Convolution(msgspec.Struct, frozen=True, kw_only=True, tag="convolution", tag_field="kind"):
    """Convolutions over each frame, each halving it, and their mean over the frame."""

    channels: Annotated[tuple[Width, ...], msgspec.Meta(min_length=1, max_length=16)]
    kernel: Annotated[int, msgspec.Meta(ge=1, le=15)] = 3


class Stored(msgspec.Struct, frozen=True, kw_only=True, tag="stored", tag_field="kind"):
    """Features that another network made of every step, kept in a file."""

    width: Width
    made_by: str = ""
    """The network, in words."""


FrontEnd = OneHot | Embedding | AsRead | Linear | Convolution | Stored


# Layers


class LayerDescription(msgspec.Struct, frozen=True, kw_only=True):
    """One recurrent layer."""

    architecture: str
    """A name of `core.architectures.ARCHITECTURES`."""
    units: Width
    """U in each direction."""
    variant: dict[str, Setting] = {}
    """What this layer does otherwise than its kind usually does; see `ArchitectureFacts.variants`."""
    direction: Literal["forward", "backward", "both"] = "forward"
    inputs: Annotated[tuple[int, ...], msgspec.Meta(max_length=_MOST_LAYERS)] = ()
    """What enters, side by side: `FRONT`, or layers below. Empty: the one below, or the front."""
    residual: bool = False
    """Whether what enters is added to what it gives; both must be of one width. Where several enter
    side by side and only the first is of that width, the first is added."""
    normalisation: Literal["", "layer"] = ""
    """`layer`: LayerNorm of what it gives, before anything is added."""
    epsilon: Epsilon = 1e-5
    learned_start: bool = False
    """Whether the first state is learned instead of zero."""
    projection: Annotated[int, msgspec.Meta(ge=0, le=_MOST)] = 0
    """The width to which a learned matrix brings what it gives, to itself and upwards; 0: U."""

    @property
    def facts(self) -> ArchitectureFacts:
        """What there is to know of its kind.

        Raises:
            ModelFileError: it is unknown here.
        """
        return facts_of(self.architecture)

    @property
    def directions(self) -> tuple[str, ...]:
        """`forward`, `backward`, or both."""
        return ("forward", "backward") if self.direction == "both" else (self.direction,)

    @property
    def width(self) -> int:
        """The width of what it gives: U or its projection, twice where it reads both ways."""
        return (self.projection or self.units) * len(self.directions)


# Readout and head


class Readout(msgspec.Struct, frozen=True, kw_only=True):
    """Which steps and layers the head sees."""

    kind: Literal["every", "last", "mean", "max", "attention", "window"] = "every"
    """`every`: an answer a step. The others: one answer for all; with both directions `last` is
    where each of them ends. `window`: the last so many steps side by side, the earliest first."""
    layers: Annotated[tuple[int, ...], msgspec.Meta(max_length=_MOST_LAYERS)] = ()
    """Side by side; empty: the top layer. Of a network that reads in windows also `FRONT`."""
    attention_units: Annotated[int, msgspec.Meta(ge=0, le=_MOST)] = 0
    """The width inside additive attention over the steps; 0: one score a step, w · h."""
    steps: Annotated[int, msgspec.Meta(ge=0, le=_MOST)] = 0
    """How many a window has; those before the first step that was read are zeros."""


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """Reading in windows: after every step the last few are read anew, from a fresh state.

    So was trained whatever learned what follows pieces of a text that are all of one length. The
    one answer that the readout gives for a window is the answer at its last step.
    """

    steps: Width
    """How many a window has."""
    padding: str = ""
    """The symbol that stands before the first step as often as a window needs it; empty where the
    first windows of a document are shorter."""


class Dense(msgspec.Struct, frozen=True, kw_only=True):
    """A linear layer of the head below its last one."""

    units: Width
    activation: Activation = "relu"
    normalisation: Literal["", "layer"] = ""
    epsilon: Epsilon = 1e-5


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Linear layers, and what their numbers mean."""

    outputs: Names
    """Symbols, classes or columns by name, in the order of the numbers."""
    gives: Literal["softmax", "sigmoid", "linear"] = "softmax"
    """One of them, any of them, or numbers."""
    normalisation: Literal["", "layer", "rms"] = ""
    """Of what was read out, before anything else: LayerNorm, or RMSNorm (Zhang and Sennrich 2019)."""
    hidden: Annotated[tuple[Dense, ...], msgspec.Meta(max_length=16)] = ()


class Rows(NamedTuple):
    """The units of a layer in one direction."""

    layer: int
    direction: str
    units: int
    facts: ArchitectureFacts


class NetworkDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A network that reads a sequence."""

    reads: Reads
    front: FrontEnd
    layers: Annotated[tuple[LayerDescription, ...], msgspec.Meta(max_length=_MOST_LAYERS)]
    readout: Readout = Readout()
    head: Head
    windows: Windows | None = None
    """How it is read where its state does not go on from step to step."""

    @property
    def rows(self) -> tuple[Rows, ...]:
        """Who has units: every layer in every direction, bottom layer first."""
        return tuple(
            Rows(place, direction, layer.units, layer.facts)
            for place, layer in enumerate(self.layers)
            for direction in layer.directions
        )

    @property
    def total_units(self) -> int:
        """N: the units of all layers and directions together."""
        return sum(rows.units for rows in self.rows)

    @property
    def backwards(self) -> bool:
        """Whether any layer reads from the end."""
        return any(rows.direction == "backward" for rows in self.rows)

    @property
    def both_ways(self) -> bool:
        """Whether some units have seen what comes before a step, and others what comes after."""
        return len({rows.direction for rows in self.rows}) > 1

    @property
    def predicts_next(self) -> bool:
        """Whether it says at every step, of the symbols that it reads, which comes next.

        One some of whose layers read the other way has read the next one already, unless it reads
        windows, which end before that.
        """
        every = self.readout.kind == "every" and not self.both_ways
        symbols = self.head.gives == "softmax" and self.head.outputs == self.symbols
        return symbols and (every or self.windows is not None)

    @property
    def streams(self) -> bool:
        """Whether what it knows goes on from step to step, from the first one to the last."""
        return not self.backwards and self.windows is None

    @property
    def from_the_end(self) -> bool:
        """Whether a document is read from its end, by some layers at least; windows never are."""
        return self.backwards and self.windows is None

    @property
    def answers_each(self) -> bool:
        """Whether it says something of every step, and not one thing of all of them."""
        return self.readout.kind == "every" or self.windows is not None

    @property
    def of_a_window(self) -> NetworkDescription:
        """The network that reads one window and answers once."""
        return msgspec.structs.replace(self, windows=None)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Every channel that any layer has, `hidden` first."""
        return tuple(dict.fromkeys(name for rows in self.rows for name in rows.facts.channel_names))

    @property
    def states(self) -> tuple[str, ...]:
        """Those that some layer carries from step to step."""
        return tuple(dict.fromkeys(name for rows in self.rows for name in rows.facts.states))

    @property
    def symbols(self) -> tuple[str, ...]:
        """The vocabulary; empty where no symbols are read."""
        return self.reads.vocabulary if isinstance(self.reads, Symbols) else ()

    @property
    def front_width(self) -> int:
        """The width of what the front end gives."""
        match self.front:
            case OneHot():
                return len(self.reads.vocabulary) if isinstance(self.reads, Symbols) else 0
            case AsRead():
                return len(self.reads.columns) if isinstance(self.reads, Numbers) else 0
            case Convolution(channels=channels):
                return channels[-1]
            case _:
                return self.front.width

    def inputs_of(self, layer: int) -> tuple[int, ...]:
        """What enters a layer, side by side: layers, or `FRONT`."""
        return self.layers[layer].inputs or (layer - 1,)

    def width_of(self, source: int) -> int:
        """The width of what a layer gives, or of what the front end gives for `FRONT`."""
        return self.front_width if source == FRONT else self.layers[source].width

    def input_width(self, layer: int) -> int:
        """The width of all that enters a layer."""
        return sum(map(self.width_of, self.inputs_of(layer)))

    @property
    def read_layers(self) -> tuple[int, ...]:
        """The layers that the head sees, side by side."""
        return self.readout.layers or (len(self.layers) - 1,)

    @property
    def read_width(self) -> int:
        """The width of what the head sees."""
        return sum(map(self.width_of, self.read_layers))

    @property
    def head_width(self) -> int:
        """The width of what enters the head: that of a step, or of all steps of a window."""
        return self.read_width * (self.readout.steps or 1)

    def check(self, name: str) -> None:
        """Refuse parts that do not go together; `name` is the file's.

        Raises:
            ModelFileError: naming the part.
        """
        for problem in (*self._front_problems(), *self._layer_problems(), *self._head_problems()):
            raise ModelFileError(f"{name}: {problem}; the description is damaged")

    def _front_problems(self) -> list[str]:
        symbols = isinstance(self.reads, Symbols)
        fits = {
            OneHot: symbols,
            Embedding: symbols,
            AsRead: isinstance(self.reads, Numbers),
            Linear: not isinstance(self.reads, Frames),
            Convolution: isinstance(self.reads, Frames),
            Stored: True,
        }[type(self.front)]
        problems = [] if fits else [f"{_kind(self.front)} cannot read {_kind(self.reads)}"]
        if isinstance(self.reads, Symbols):
            vocabulary = self.reads.vocabulary
            if len(set(vocabulary)) != len(vocabulary):
                problems.append("a symbol stands in the vocabulary twice")
            if self.reads.unknown and self.reads.unknown not in vocabulary:
                problems.append("the symbol for what is unknown is not in the vocabulary")
        if isinstance(self.reads, Numbers):
            for scale in (self.reads.mean, self.reads.deviation):
                if scale and len(scale) != len(self.reads.columns):
                    problems.append(f"{len(scale)} scales for {len(self.reads.columns)} columns")
        return problems

    def _layer_problems(self) -> list[str]:
        problems = [] if self.layers else ["it has no layers"]
        for place, layer in enumerate(self.layers):
            inputs, words = self.inputs_of(place), f"layer {place + 1}"
            if not all(FRONT <= source < place for source in inputs):
                return [*problems, f"{words} reads what is not below it"]
            if len(set(inputs)) != len(inputs):
                problems.append(f"{words} reads the same twice")
            if self.input_width(place) > _MOST * 4:
                problems.append(f"{self.input_width(place):,} numbers enter {words}")
            first = self.width_of(inputs[0])
            if layer.residual and layer.width not in (self.input_width(place), first):
                problems.append(
                    f"{words} gives {layer.width} numbers, to which the {self.input_width(place)} "
                    "that enter it cannot be added"
                )
            if layer.learned_start and not layer.facts.starts_anywhere:
                problems.append(f"{layer.facts.with_article} begins with nothing ({words})")
            if layer.variant.get(layer.facts.beside) and self.input_width(place) <= layer.units:
                problems.append(f"nothing but what stands beside the stream enters {words}")
            if layer.projection and not layer.facts.projection:
                problems.append(f"{layer.facts.with_article} has no projection ({words})")
            problems += [f"{words}: {found}" for found in layer.facts.wrong_settings(layer.variant)]
        return problems

    def _head_problems(self) -> list[str]:
        problems = []
        least = 0 if self.windows is None else FRONT
        if not all(least <= layer < len(self.layers) for layer in self.read_layers):
            return ["the readout reads a layer that is not there"]
        problems += self._window_problems()
        if len(set(self.head.outputs)) != len(self.head.outputs):
            problems.append("an output has the name of another")
        if self.readout.kind != "attention" and self.readout.attention_units:
            problems.append("a readout without attention has units for it")
        if (self.readout.kind == "window") != bool(self.readout.steps):
            problems.append(f"the readout {self.readout.kind} is of {self.readout.steps} steps")
        if self.head_width > _MOST * 64:
            problems.append(f"{self.head_width:,} numbers enter the head")
        return problems

    def _window_problems(self) -> list[str]:
        if (windows := self.windows) is None:
            return []
        problems = []
        if self.readout.kind == "every":
            problems.append("it reads in windows and answers at every step of each")
        if windows.padding and windows.padding not in self.symbols:
            problems.append("what stands before the first step is not in the vocabulary")
        if any(rows.facts.grows for rows in self.rows):
            problems.append("it reads in windows with layers whose state grows")
        return problems


def _kind(part: object) -> str:
    return str(type(part).__struct_config__.tag)  # type: ignore[attr-defined]


class SequenceDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What the header of a file of version 2 holds of a model that reads a sequence."""

    task: str
    network: NetworkDescription
    name: str = ""
    training: dict[str, object] = {}
    """A summary for people."""
    findings: tuple[dict[str, object], ...] = ()
    default_text: str = ""
    version: int = NETWORK_VERSION

    @property
    def summary(self) -> str:
        """What it is, in a phrase for people."""
        return stack_in_words(self.network)

    @property
    def total_units(self) -> int:
        """N: the units of all layers and directions together."""
        return self.network.total_units

    def check(self, name: str) -> None:
        """Refuse a network whose parts do not go together; `name` is the file's.

        Raises:
            ModelFileError: naming the part.
        """
        self.network.check(name)


def layer_in_words(layer: LayerDescription) -> str:
    """What a layer is, in a phrase for people.

    >>> layer_in_words(LayerDescription(architecture="lstm", units=8, direction="both"))
    'LSTM 8 both ways'
    """
    ways = {"forward": "", "backward": " backwards", "both": " both ways"}[layer.direction]
    projected = f", projected to {layer.projection}" if layer.projection else ""
    normed = ", normalised" if layer.normalisation else ""
    added = ", residual" if layer.residual else ""
    return f"{layer.facts.short} {layer.units}{ways}{projected}{normed}{added}"


def stack_in_words(network: NetworkDescription) -> str:
    """All layers of a network, in a phrase for people."""
    return " → ".join(repeated_in_words([layer_in_words(layer) for layer in network.layers]))


def repeated_in_words(words: Sequence[str]) -> list[str]:
    """The same, where one or a few come again and again in turn said once with how often.

    >>> repeated_in_words(["a", "b", "c", "b", "c", "b", "c"])
    ['a', '3 × (b → c)']
    >>> repeated_in_words(["a", "a", "b"])
    ['a', 'a', 'b']
    """
    found: list[str] = []
    place = 0
    while place < len(words):
        best = (1, 1)
        for size in (1, 2, 3):
            group, times = words[place : place + size], 1
            while words[place + size * times : place + size * (times + 1)] == group:
                times += 1
            if times >= _SAID_ONCE and size * times > best[0] * best[1]:
                best = size, times
        size, times = best
        group = words[place : place + size]
        found.append(f"{times} × ({' → '.join(group)})" if times > 1 else group[0])
        place += size * times
    return found


Described = ModelDescription | SequenceDescription
"""What the header of a file says, in either version."""


def network_of(description: Described | NetworkDescription) -> NetworkDescription:
    """The network that the header of a file describes, whatever its version."""
    if isinstance(description, ModelDescription):
        return plain_network(description)
    return description if isinstance(description, NetworkDescription) else description.network


def plain_network(description: ModelDescription) -> NetworkDescription:
    """The network of a description of version 1: layers of one kind and width, softmax on top."""
    count, skip = description.layers, description.skip
    layers = tuple(
        LayerDescription(
            architecture=description.architecture,
            units=description.units,
            inputs=(layer - 1, FRONT) if skip and layer else (),
        )
        for layer in range(count)
    )
    vocabulary = description.vocabulary
    return NetworkDescription(
        reads=Symbols(vocabulary=vocabulary),
        front=Embedding(width=description.embedding) if description.embedding else OneHot(),
        layers=layers,
        readout=Readout(layers=tuple(range(count)) if skip else ()),
        head=Head(outputs=vocabulary),
    )

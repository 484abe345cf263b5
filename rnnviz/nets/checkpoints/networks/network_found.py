"""From named tensors to a network: the order in which its parts compute, and what it is for.

Shapes decide most of it, the order of the file and names the rest. What a file cannot tell is
assumed aloud, in a note, or is one of several readings that a person chooses among. A tensor that
has no place in a network that can be shown is named and refused, never passed over.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import torch
from torch import Tensor

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import (
    AsRead,
    Embedding,
    FrontEnd,
    LayerDescription,
    Linear,
    OneHot,
    Readout,
)
from rnnviz.nets.checkpoints.networks.found import FoundNetwork, Gives, Purpose
from rnnviz.nets.checkpoints.networks.heads import HeadReader, Seen
from rnnviz.nets.checkpoints.networks.normalisations import epsilon_of
from rnnviz.nets.checkpoints.networks.parts import (
    Modules,
    Part,
    Stack,
    Tensors,
    no_recurrence,
    parts_in,
    stacks_in,
)
from rnnviz.nets.checkpoints.networks.refused import why_refused
from rnnviz.nets.checkpoints.networks.rewritten import plain_weights
from rnnviz.nets.sequence.weights import check_weights

_Use = tuple[Purpose, Readout, Gives, str, list[str]]
"""What a network may be for: its readout, what it gives, how this is called, what is assumed."""

_ATTENTION = re.compile(
    r"attn|attention|\batt\b|att_|_att|\b[WUV]a\b|context|query|w_omega|u_omega|"
    r"word_weight|pool|score",
    re.IGNORECASE,
)
_EMBEDDING = re.compile(r"emb|encoder|lookup|wte", re.IGNORECASE)
_OUTPUT = re.compile(r"out|decod|dec\b|fc|head|linear|logit|proj|classif|softmax|h2o|2tag|tag$",
                     re.IGNORECASE)  # fmt: skip
_TAGGER = re.compile(
    r"2tag|tagger|tag_projection|\bner\b|postag|pos_tag|slot|\bcrf\b|transitions", re.IGNORECASE
)
_START = re.compile(
    r"(^|[._])(h0?|c0?|h_?0|c_?0|hx|cx|s_?0|init\w*|start\w*|first\w*|hidden\w*|cell\w*|state\w*)"
    r"(\d*)$",
    re.IGNORECASE,
)
_CELL = re.compile(r"(^|[._])(c|cx|c_?0|cell\w*)\d*$|_c\d*$|cell|init_c", re.IGNORECASE)
_HALVES = (
    re.compile(r"encod|(^|[._])enc\d*([._]|$)", re.IGNORECASE),
    re.compile(r"decod|(^|[._])dec\d*([._]|$)", re.IGNORECASE),
)
"""What the recurrent modules of an encoder, and those of a decoder, are called."""
_MOST_PARTS = 9
_LAST: Literal["last"] = "last"
_MEAN: Literal["mean"] = "mean"
_MAX: Literal["max"] = "max"


@dataclass(frozen=True)
class Hints:
    """What a file says beside its tensors."""

    modules: Modules = field(default_factory=dict)
    backwards: bool = False
    """Whether it says that it was trained on texts from their end."""
    names: tuple[str, ...] = ()
    """Keys and class names, which may tell a tagger."""
    symbols: frozenset[int] = frozenset()
    """The sizes of vocabularies in it."""


def find_networks(tensors: Tensors, file: str, hints: Hints = Hints()) -> list[FoundNetwork]:
    """The networks that these tensors may make up, the likeliest first; at least one.

    Raises:
        ModelFileError: none that can be shown; the message names what is in the way.
    """
    plain, notes = plain_weights(tensors, file)
    stacks = stacks_in(plain, hints.modules, file)
    if not stacks:
        raise ModelFileError(no_recurrence(plain, file))
    parts = parts_in(plain, hints.modules, file)
    for name, tensor in plain.items():
        check_weights(name, tensor, file)
    plain = {name: tensor.float() for name, tensor in plain.items()}
    stacks = stacks_in(plain, hints.modules, file)
    parts = _without_copies(parts_in(plain, hints.modules, file))
    ordered, asked = _ordered(stacks, file)
    finder = _Finder(ordered, asked, file, hints, notes)
    return finder.readings(list(parts))


def _without_copies(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Of equal matrices as many as a network may have: an embedding, and an output tied to it."""
    kept: list[Part] = []
    for part in parts:
        same = [
            other for other in parts
            if other is not part and part.kind == other.kind == "matrix" and part.bias is None
            and other.shape == part.shape and torch.equal(other.weight, part.weight)
        ]  # fmt: skip
        earlier = any(other in kept and other.bias is None for other in same)
        # AWD-LSTM keeps its embedding twice; alone, the second is the output that is tied to it.
        no_output = _EMBEDDING.search(part.name) and not _OUTPUT.search(part.name)
        more = len(same) > 1 or any(other.bias is not None for other in same)
        if earlier and (more or no_output):
            continue
        kept.append(part)
    return tuple(kept)


def _ordered(stacks: tuple[Stack, ...], file: str) -> tuple[tuple[Stack, ...], bool]:
    """The recurrent modules from the bottom up, and whether a person has to say that it is so.

    Raises:
        ModelFileError: they make up no stack.
    """
    if len(stacks) == 1:
        return stacks, False
    numbered = len({re.sub(r"\d+", "", stack.name) for stack in stacks}) == 1
    if numbered:
        stacks = tuple(
            sorted(stacks, key=lambda one: [int(n) for n in re.findall(r"\d+", one.name)])
        )
    else:
        stacks = _chained(stacks) or stacks
    names = ", ".join(stack.name or "the top" for stack in stacks)
    halves = all(any(half.search(stack.name) for stack in stacks) for half in _HALVES)
    if halves:
        raise ModelFileError(
            f"{file} holds an encoder and a decoder ({names}), as translators and autoencoders "
            "have; this form of them cannot be shown yet"
        )
    for below, above in itertools.pairwise(stacks):
        if above.inputs != below.width:
            raise ModelFileError(
                f"{file}: {above.name} reads {above.inputs} numbers and {below.name} gives "
                f"{below.width}; a stack of layers can be shown, each reading the one below"
            )
    return stacks, not numbered


def _variant(stack: Stack) -> dict[str, Setting]:
    """What a layer does otherwise than torch's usual one."""
    relu: dict[str, Setting] = {"activation": "relu"} if stack.activation == "relu" else {}
    return relu if stack.reset_after else {**relu, "reset_after": False}


def _chained(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """The order of the file if each reads the one before; else the only other order that does."""
    fits = [
        order
        for order in itertools.permutations(stacks)
        if all(above.inputs == below.width for below, above in itertools.pairwise(order))
    ] if len(stacks) <= 5 else []  # fmt: skip
    return fits[0] if fits else ()


@dataclass(frozen=True)
class _Chain:
    """An order of the parts: what lies before the layers, and what behind them."""

    front: tuple[Part, ...]
    embedded: bool
    """Whether the first of `front` is an embedding."""
    head: tuple[Part, ...]
    seen: Seen
    cost: float


class _Finder:
    """Finds the readings of one set of parts."""

    def __init__(
        self,
        stacks: tuple[Stack, ...],
        asked: bool,
        file: str,
        hints: Hints,
        notes: Sequence[str],
    ) -> None:
        self.stacks, self.asked, self.file, self.hints = stacks, asked, file, hints
        self.notes = list(notes)
        self.flat = [(stack, layer) for stack in stacks for layer in stack.layers]
        self.top = stacks[-1]
        self.inputs = stacks[0].inputs
        self.reader = HeadReader(hints.modules, file)
        self.starts: dict[str, Tensor] = {}
        self.norms: dict[int, Part] = {}
        self.attention: dict[str, Tensor] = {}
        self.attention_units = 0
        self.attended = False

    def readings(self, parts: list[Part]) -> list[FoundNetwork]:
        """See `find_networks`."""
        self._all = parts
        parts = self._learned_starts(parts)
        parts = self._between_layers(parts)
        parts = self._without_transitions(parts)
        tied = self._tied(parts)
        if tied is not None:
            return self._made(_Chain((tied,), True, (tied,), "top", 0))
        chains = sorted(self._chains(parts), key=lambda chain: chain.cost)
        if not chains and (left := self._attention(parts)) is not None:
            chains = sorted(self._chains(left), key=lambda chain: chain.cost)
            self.attended = bool(chains)
        if not chains and (several := self._by_head(parts)):
            return several
        if not chains:
            raise ModelFileError(why_refused(parts, self.top, self.inputs, self.file))
        best = chains[0]
        found = self._made(best)
        if found[0].purpose == "language":
            return found
        # A language model whose embedding comes second in the file is no classifier.
        for other in chains[1:4]:
            rivals = self._made(other)
            if rivals[0].purpose == "language" and other.cost < best.cost + 3:
                return rivals
        return found

    def _by_head(self, parts: list[Part]) -> list[FoundNetwork]:
        """The network with each of several heads that read the same, of which one can be shown."""
        width = self.top.width
        heads = [part for part in parts if part.kind == "matrix" and _after(part, width)]
        behind = [part for part in heads if part.place > self.top.place]
        names = ", ".join(part.name for part in behind)
        found: list[FoundNetwork] = []
        for head in behind if len(behind) > 1 else ():
            rest = [part for part in parts if part not in behind or part is head]
            for chain in sorted(self._chains(rest), key=lambda chain: chain.cost)[:1]:
                found += [
                    replace(
                        one,
                        title=f"{head.name}: {one.title}",
                        asked=True,
                        question=f"it has several outputs ({names}), one of which can be shown",
                        notes=(*one.notes, f"of its outputs ({names}) {head.name} is shown"),
                    )
                    for one in self._made(chain)
                ]
        return found

    # Parts that are not in the chain

    def _learned_starts(self, parts: list[Part]) -> list[Part]:
        """Take out first states that are parameters of their own."""
        directions = [len(layer) for _, layer in self.flat]
        rows, units = sum(directions), self.top.units
        given = self.top.projection or units
        loose = [
            part for part in parts
            if part.loose and part.kind != "batch-norm" and _START.search(part.name)
            and part.weight.numel() in (rows * units, rows * given)
            and part.shape[-1] in (units, given)
        ]  # fmt: skip
        states = self.top.architecture.states
        alike = len({stack.units for stack in self.stacks}) == 1
        if not loose or len(loose) > len(states) or not alike:
            return parts
        cells = [part for part in loose if _CELL.search(part.name)]
        order = [part for part in loose if part not in cells] + cells
        if len(states) == 2 and len(order) == 1:
            state = states[1] if cells else states[0]
            self.notes.append(
                f"{order[0].name} is taken for the first {state} state; the other begins with zeros"
            )
        for number, part in enumerate(order):
            which = 1 if part in cells and len(states) > 1 else number
            values = part.weight.reshape(rows, -1)
            row = 0
            for place, count in enumerate(directions):
                for direction in ("forward", "backward")[:count]:
                    self.starts[f"starts.{place}-{direction}-{which}"] = values[row]
                    row += 1
        for place, count in enumerate(directions):
            for direction in ("forward", "backward")[:count]:
                for which, state in enumerate(states):
                    width = given if state == "hidden" else units
                    self.starts.setdefault(
                        f"starts.{place}-{direction}-{which}", torch.zeros(width)
                    )
        names = " and ".join(part.name for part in order)
        self.notes.append(f"the first state is not zero but learned: {names}")
        return [part for part in parts if part not in loose]

    def _between_layers(self, parts: list[Part]) -> list[Part]:
        """Take out normalisations that lie between two recurrent modules."""
        if len(self.stacks) == 1:
            return parts
        normed = [part for part in parts if part.kind in ("layer-norm", "batch-norm")]
        behind = [part for part in normed if part.place > self.stacks[0].place]
        places = [stack.place for stack in self.stacks]
        apart = [part for part in behind if places[0] < part.place < places[-1]]
        if apart:
            chosen = {
                max(i for i, p in enumerate(places) if p < part.place): part for part in apart
            }
        elif len(behind) == len(self.stacks):
            chosen = dict(enumerate(behind[:-1]))
        else:
            return parts
        ends = list(itertools.accumulate(len(stack.layers) for stack in self.stacks))
        for number, part in chosen.items():
            if len(part.weight) != self.stacks[number].width:
                return parts
            self.norms[ends[number] - 1] = part
        return [part for part in parts if part not in chosen.values()]

    def _without_transitions(self, parts: list[Part]) -> list[Part]:
        """Take out the scores from tag to tag of a conditional random field."""
        found = [
            part for part in parts
            if re.search(r"transitions|crf", part.name, re.IGNORECASE) and part.loose
        ]  # fmt: skip
        if found:
            names = ", ".join(part.name for part in found)
            self.notes.append(
                f"{names} of a conditional random field is left out: shown is what the network "
                "says of each step by itself, before the best sequence of labels is sought"
            )
        return [part for part in parts if part not in found]

    def _tied(self, parts: Sequence[Part]) -> Part | None:
        """The one matrix that is both embedding and output, where the file keeps it once."""
        matrices = [part for part in parts if part.kind == "matrix"]
        if len(parts) != 1 or len(matrices) != 1:
            return None
        (part,) = matrices
        rows, columns = part.shape
        tied = (
            columns == self.inputs == self.top.width and rows != columns and part.bias is not None
        )
        return part if tied else None

    def _attention(self, parts: list[Part]) -> list[Part] | None:
        """Take out the attention over the steps that an encoder is read by; None if it is none."""
        width = self.top.width
        told = [part for part in parts if _ATTENTION.search(part.name)]
        for scored in [part for part in told if part.kind in ("matrix", "vector", "other")]:
            flat = scored.weight.reshape(-1)
            keys = [part for part in told if part is not scored and part.kind == "matrix"]
            one = flat.numel() == max(scored.shape, default=0)
            if not one or len(keys) != len(told) - 1 or len(keys) > 1:
                continue
            if keys:
                (key,) = keys
                weight = key.weight.t() if key.loose else key.weight
                if tuple(weight.shape) != (len(flat), width):
                    continue
                bias = torch.zeros(len(weight)) if key.bias is None else key.bias
                self.attention = {
                    "readout.key.weight": weight, "readout.key.bias": bias,
                    "readout.score.weight": flat[None],
                }  # fmt: skip
                self.attention_units = len(weight)
                self.notes.append(
                    f"the steps are weighed by {scored.name} · tanh({key.name}): the file does not "
                    "say that it is tanh"
                )
            elif len(flat) == width:
                self.attention = {"readout.score.weight": flat[None]}
                self.notes.append(f"the steps are weighed by {scored.name} · h")
            else:
                continue
            return [part for part in parts if part not in told]
        return None

    # The chain

    def _chains(self, parts: Sequence[Part]) -> Iterator[_Chain]:
        """Every order in which each part reads what the one before it gives."""
        if len(parts) > _MOST_PARTS:
            return
        widths: list[tuple[int, Seen]] = [(self.top.width, "top")]
        every = sum(len(layer) * (s.projection or s.units) for s, layer in self.flat)
        if len(self.flat) > 1:
            widths.append((every, "all"))
        if self.top.directions == 2:
            widths.append((self.top.width // 2, "sum"))
        for front, embedded in self._fronts(parts):
            rest = [part for part in parts if part not in front]
            for width, seen in widths:
                for head in _paths(rest, width, ends=None):
                    if head and not front and self._is_embedding(head[-1]):
                        continue  # of an encoder alone
                    if (
                        head
                        and len(head) == len(rest)
                        and head[-1].kind in ("matrix", "batch-norm")
                    ):
                        yield _Chain(
                            front, embedded, head, seen, self._cost(front, embedded, head, seen)
                        )

    def _is_embedding(self, part: Part) -> bool:
        """Whether what would be the output of a network without an embedding is that itself."""
        if part.kind != "matrix" or part.bias is not None or part.embedding is False:
            return False
        rows, columns = part.shape
        return bool(part.embedding) or (columns == self.inputs and rows != columns)

    def _fronts(self, parts: Sequence[Part]) -> Iterator[tuple[tuple[Part, ...], bool]]:
        yield (), False
        for first in parts:
            if first.kind != "matrix" or (first.loose and first.bias is not None):
                continue
            rest = [part for part in parts if part is not first]
            if first.bias is None and first.embedding is not False:
                for path in _paths(rest, first.shape[1], ends=self.inputs):
                    yield (first, *path), True
            if first.embedding is not True and first.shape[0] == self.inputs:
                yield (first,), False

    def _cost(
        self, front: tuple[Part, ...], embedded: bool, head: tuple[Part, ...], seen: str
    ) -> float:
        """How unusual an order is: what stands later in the file usually computes later."""
        places = [*(p.place for p in front), self.stacks[0].place, *(p.place for p in head)]
        turned = sum(a > b for a, b in itertools.combinations(places, 2))
        cost = turned + 4.0 * (seen != "top") + 2.0 * (bool(front) and not embedded)
        if front and not _EMBEDDING.search(front[0].name):
            cost += 0.6
        last = head[-1]
        cost += 0.5 * (last.bias is None) + 0.5 * (not _OUTPUT.search(last.name))
        if any(_EMBEDDING.search(part.name) and part.bias is None for part in head):
            cost += 1.5
        if embedded and len(front[0].weight) == len(last.weight):
            cost -= 2.0
        return cost

    # What it is

    def _made(self, chain: _Chain) -> list[FoundNetwork]:
        """The readings of one order of the parts, the likeliest first."""
        front, table, width, notes = self._front(chain)
        reads = len(table) if table is not None else width
        outputs = len(chain.head[-1].weight)
        if chain.front and chain.embedded and chain.head == chain.front:
            notes.append(
                f"{chain.front[0].full_name} is the embedding and the output at once: "
                "weights are tied"
            )
        elif chain.embedded and torch.equal(chain.front[0].weight, chain.head[-1].weight):
            notes.append(f"{chain.front[0].full_name} and {chain.head[-1].full_name} are tied")
        if outputs < 1 or reads < 1:
            raise ModelFileError(f"{self.file} reads or predicts nothing; it is damaged")
        layers, tensors = self._layers(chain)
        tensors |= self.starts | self.attention
        if isinstance(front, Embedding):
            tensors["embedding.weight"] = cast(Tensor, table)
        if isinstance(front, Linear):
            tensors["front.weight"] = chain.front[0].weight
            bias = chain.front[0].bias
            tensors["front.bias"] = torch.zeros(front.width) if bias is None else bias
        made = []
        head = chain.head
        if chain.seen == "top" and head[0].kind == "layer-norm":
            head = head[1:]  # it is the layer's own
        entering = {"top": self.top.width, "sum": self.top.width // 2}.get(chain.seen)
        heads = list(self.reader.heads(head, chain.seen, entering))
        side_by_side = chain.seen == "all" and len(self.stacks) > 1
        for purpose, readout, gives, title, said in self._purposes(chain, table, reads, outputs):
            for own in heads:
                numbers = purpose == "numbers" and isinstance(front, OneHot)
                made.append(
                    FoundNetwork(
                        front=AsRead() if numbers else front,
                        symbols=purpose != "numbers",
                        reads=reads,
                        layers=layers,
                        readout=readout,
                        hidden=own.hidden,
                        gives=gives,
                        outputs=outputs,
                        tensors=tensors | own.tensors,
                        notes=tuple(dict.fromkeys([*self.notes, *notes, *said, *own.notes])),
                        purpose=purpose,
                        title=", ".join(filter(None, (title, own.title))),
                        asked=self.asked or side_by_side,
                        question=self._side_by_side() if side_by_side and not self.asked else "",
                    )
                )
        return made

    def _front(self, chain: _Chain) -> tuple[FrontEnd, Tensor | None, int, list[str]]:
        """The front end, the table of a symbol's numbers, and what is read otherwise."""
        notes: list[str] = []
        if not chain.front:
            return OneHot(), None, self.inputs, notes
        first = chain.front[0]
        if not chain.embedded:
            act = self.reader.following(first)
            return Linear(width=self.inputs, activation=act[0]), None, first.shape[1], act[1]
        table, notes = self.reader.table(chain.front)
        return Embedding(width=table.shape[1]), table, len(table), notes

    def _layers(self, chain: _Chain) -> tuple[tuple[LayerDescription, ...], dict[str, Tensor]]:
        """The layers and their parameters, with the normalisations that lie among them."""
        tensors: dict[str, Tensor] = {}
        layers = []
        folded: Part | None = None
        first = chain.head[0] if chain.head else None
        for place, (stack, directions) in enumerate(self.flat):
            norm = self.norms.get(place)
            top = place == len(self.flat) - 1
            if top and first is not None and first.kind == "layer-norm" and chain.seen == "top":
                norm = first
            for stack_name, parameters in zip(("layers", "backwards"), directions, strict=False):
                own = dict(parameters)
                if folded is not None:
                    weight = own["weight_ih_l0"]
                    own["bias_ih_l0"] = own["bias_ih_l0"] + weight @ cast(Tensor, folded.bias)
                    own["weight_ih_l0"] = weight * folded.weight
                side = "backwards" if self.hints.backwards and len(directions) == 1 else stack_name
                tensors |= {f"{side}.{place}.{name}": value for name, value in own.items()}
            folded = norm if norm is not None and norm.kind == "batch-norm" else None
            if folded is not None:
                self.notes.append(f"{folded.name} was computed into the layer above it")
            normed = norm is not None and norm.kind == "layer-norm"
            if normed:
                assert norm is not None
                tensors[f"norms.{place}.weight"] = norm.weight
                tensors[f"norms.{place}.bias"] = cast(Tensor, norm.bias)
            one_way = "backward" if self.hints.backwards else "forward"
            layers.append(
                LayerDescription(
                    architecture=stack.architecture.name,
                    units=stack.units,
                    variant=_variant(stack),
                    direction="both" if len(directions) == 2 else one_way,  # type: ignore[arg-type]
                    normalisation="layer" if normed else "",
                    epsilon=epsilon_of(
                        self.hints.modules.get(norm.name) if normed and norm else None
                    ),
                    learned_start=bool(self.starts),
                    projection=stack.projection,
                )
            )
            if stack.architecture.assumed and not stack.activation:
                self.notes.append(stack.architecture.assumed)
        return tuple(layers), tensors

    def _purposes(
        self, chain: _Chain, table: Tensor | None, reads: int, outputs: int
    ) -> list[_Use]:
        """What such a network may be for: purpose, readout, what it gives, title, notes."""
        layers = tuple(range(len(self.flat))) if chain.seen == "all" else ()
        every = Readout(kind="every")
        both = any(len(layer) == 2 for _, layer in self.flat)
        names = (*self.hints.names, *(part.name for part in self._all))
        tags = any(_TAGGER.search(name) for name in names)
        known = reads in self.hints.symbols
        says: Gives = "softmax" if outputs > 1 else "sigmoid"
        if self.attended:
            pooled = Readout(kind="attention", attention_units=self.attention_units)
            own: Purpose = "numbers" if table is None and not known else "classifier"
            return [(own, pooled, says, "a classifier read by attention", [])]
        if (table is None and not known and outputs != reads) or reads == 1:
            return self._of_numbers(both, reads, outputs, layers)
        if outputs == reads and chain.seen != "all":
            if both:
                said = (
                    "it reads both ways, so at every step it has seen what comes next: it is no "
                    "language model, and what it says of a step is shown as a label"
                )
                return [("tagger", every, "softmax", "a label for every step", [said])]
            model: list[_Use] = [("language", every, "softmax", "a language model", [])]
            if table is None:
                model.append(("numbers", every, "linear", "a model of numbers", []))
            return model
        where = ", where each direction ends" if both else ""
        uses: list[_Use] = [
            (
                "classifier",
                Readout(kind=kind, layers=layers),
                says,
                f"a classifier that reads {words}",
                [f"it is taken for a classifier that reads {words}: the file does not say so"],
            )
            for kind, words in (
                (_LAST, f"the last state{where}"),
                (_MEAN, "the mean of all states"),
                (_MAX, "the maximum of each unit"),
            )
        ]
        if chain.seen == "all":
            return uses[:1]
        tagger: _Use = ("tagger", every, says, "a label for every step", [])
        final = [self._final("classifier", says, "a classifier that reads")] if both else []
        return [tagger, *uses, *final] if tags else [*uses, tagger, *final]

    def _of_numbers(
        self, both: bool, reads: int, outputs: int, layers: tuple[int, ...]
    ) -> list[_Use]:
        """A network that reads rows of numbers."""
        last = Readout(kind="last", layers=layers)
        running = last if both or layers else Readout(kind="every")
        read = f"it reads {reads} number{'s' * (reads > 1)} a step and is taken to"
        predicts: _Use = (
            "numbers", running, "linear", "a model of numbers",
            [f"{read} give {outputs} number{'s' * (outputs > 1)}"],
        )  # fmt: skip
        says: _Use = (
            "numbers", last, "softmax", "a classifier of rows of numbers",
            [f"{read} say one of {outputs} classes"],
        )  # fmt: skip
        found = [says, predicts] if outputs > 1 and outputs != reads else [predicts]
        if both and not layers:
            found.append(self._final("numbers", "linear", "a model of numbers that reads"))
        return found

    def _side_by_side(self) -> str:
        """What is to be decided where a head reads what several modules give."""
        names = ", ".join(stack.name for stack in self.stacks)
        return (
            f"its output reads what {names} give, side by side: whether each reads the one before "
            "it, or all of them what enters (as networks that compare two texts do, which cannot "
            "be shown), the file does not say"
        )

    def _final(self, purpose: Purpose, gives: Gives, title: str) -> _Use:
        """What stands at the last step of a network that reads both ways: `output[:, -1]`."""
        words = "what stands at the last step, of which the backward half has read no other"
        said = f"it is taken to read {words}: the file does not say so"
        return purpose, Readout(kind="window", steps=1), gives, f"{title} {words}", [said]


def _paths(parts: Sequence[Part], width: int, ends: int | None) -> Iterator[tuple[Part, ...]]:
    """Every sequence of parts, each used once, that begins with this width.

    Args:
        ends: only those that give this width; None takes those that use all parts.
    """
    if width == ends or (ends is None and not parts):
        yield ()
    for part in parts:
        after = _after(part, width)
        if after is None:
            continue
        rest = [other for other in parts if other is not part]
        for path in _paths(rest, after, ends):
            if ends is None and len(path) != len(rest):
                continue
            yield (part, *path)


def _after(part: Part, width: int) -> int | None:
    """The width that a part gives, of this one; None where it cannot read it."""
    if part.kind == "matrix":
        if part.embedding or len(part.shape) != 2:
            return None
        if part.shape[1] == width:
            return part.shape[0]
        if part.loose and part.bias is None and part.shape[0] == width:
            return part.shape[1]
        return None
    if part.kind in ("layer-norm", "batch-norm"):
        return width if part.shape == (width,) else None
    return None

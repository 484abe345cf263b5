"""A network as a row of parts, each reading the one before, and the description that it has here.

Keras, TensorFlow.js and ONNX keep a network as such a row. Dropout and the like are left out of it
before. What is linear and has no place in a description of its own (a batch normalisation in
evaluation, a dense layer without activation between two recurrent ones, directions that are added)
is multiplied into the weights of whatever reads it, which computes the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn, get_args

import msgspec
import torch
from torch import Tensor

from rnnviz.core.architectures import facts_of
from rnnviz.core.architectures.facts import Setting
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import (
    FRONT,
    Activation,
    AsRead,
    Dense,
    Embedding,
    FrontEnd,
    LayerDescription,
    Linear,
    OneHot,
    Readout,
)
from rnnviz.nets.checkpoints.networks.found import Gives, UnnamedNetwork
from rnnviz.nets.sequence.network import ACTIVATIONS
from rnnviz.nets.sequence.weights import check_weights, shape_of

Direction = Mapping[str, Tensor]
"""The parameters of one direction of a recurrent layer, as its facts name and shape them."""
_BETWEEN: dict[str, Activation] = {name: name for name in get_args(Activation)}
_AT_THE_END: dict[str, Gives] = {name: name for name in get_args(Gives)}
_LARGEST_DIAGONAL = 4096


@dataclass(frozen=True)
class TablePart:
    """An embedding."""

    name: str
    weight: Tensor
    """(V, E)."""
    masked: bool = False
    """Whether steps of the symbol 0 are passed over."""


@dataclass(frozen=True)
class DensePart:
    """W x + b and an activation, at every step or of what was read out."""

    name: str
    weight: Tensor
    """(O, I)."""
    bias: Tensor
    """(O,)."""
    activation: str = "linear"


@dataclass(frozen=True)
class ActivationPart:
    """An activation alone."""

    name: str
    activation: str


@dataclass(frozen=True)
class ScalePart:
    """x * scale + shift for each of W numbers: a batch normalisation in evaluation."""

    name: str
    scale: Tensor
    shift: Tensor


@dataclass(frozen=True)
class NormPart:
    """LayerNorm over the W numbers of a step."""

    name: str
    weight: Tensor
    bias: Tensor
    epsilon: float


@dataclass(frozen=True)
class RecurrentPart:
    """A recurrent layer in one direction or both."""

    name: str
    architecture: str
    units: int
    directions: Mapping[str, Direction]
    """By `forward` and `backward`; weights in the layout of our layers."""
    variant: Mapping[str, Setting] = field(default_factory=dict)
    every: bool = True
    """Whether it gives something at every step, or only where each direction ends."""
    merge: str = "concat"
    """Of both directions: `concat`, `sum` or `ave`."""


@dataclass(frozen=True)
class PoolPart:
    """One answer for all steps: `last`, `mean` or `max` of them, or `final`.

    What stands at the final step is not the last state of a backward half, which has read that step
    alone.
    """

    name: str
    kind: str


@dataclass(frozen=True)
class RescalePart:
    """x * factor + offset of every number alike, however many there are."""

    name: str
    factor: float
    offset: float


@dataclass(frozen=True)
class FlattenPart:
    """What all steps of a window give, side by side; what reads it says how many they are."""

    name: str


@dataclass(frozen=True)
class JoinPart:
    """What several parts below give at every step, side by side."""

    name: str
    parts: tuple[str, ...]
    """Their names: recurrent layers, or the embedding, or what else enters the first layer."""


@dataclass(frozen=True)
class AttentionPart:
    """One answer for all steps: their mean, each weighed by a softmax over the steps of w · x."""

    name: str
    weight: Tensor
    """(W,)."""


Part = (
    TablePart
    | DensePart
    | ActivationPart
    | ScalePart
    | RescalePart
    | NormPart
    | RecurrentPart
    | PoolPart
    | FlattenPart
    | JoinPart
    | AttentionPart
)


def chain_of(parts: Sequence[Part], file: str) -> UnnamedNetwork:
    """The network that these parts make up, the one that reads the input first.

    Raises:
        ModelFileError: parts that a description cannot hold, or shapes that do not go together;
            the message names the part.
    """
    builder = _Builder(file)
    for part in parts:
        builder.add(part)
    return builder.finish()


def of_symbols(network: UnnamedNetwork) -> UnnamedNetwork:
    """The same where what enters is a row of zeros and a one for each of `reads` symbols."""
    if network.symbols:
        return network
    tensors, front = dict(network.tensors), network.front
    found: FrontEnd = OneHot()
    if isinstance(front, Linear):
        weight, bias = tensors.pop("front.weight"), tensors.pop("front.bias")
        tensors["embedding.weight"] = ACTIVATIONS[front.activation]()(weight.t() + bias)
        found = Embedding(width=front.width)
    return replace(network, front=found, symbols=True, tensors=tensors)


class _Builder:
    """Takes one part after the other, and keeps what is still to be multiplied into a next one."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._width = 0
        """Of what the next part reads; 0 until it is known."""
        self._reads = 0
        self._table: Tensor | None = None
        self._masked = False
        self._front: DensePart | None = None
        self._waiting: tuple[Tensor, Tensor] | None = None
        """W and b of a linear map that the next part has to take up."""
        self._layers: list[LayerDescription] = []
        self._readout = "every"
        self._rescaled: RescalePart | None = None
        """Of what enters, while its width is not known."""
        self._steps = 0
        """Of the window that was laid side by side."""
        self._flat = ""
        """The part that lays it so, while it is not known how many steps it has."""
        self._places: dict[str, int] = {}
        """What gives something at every step, by name: a layer, or `FRONT`."""
        self._read: tuple[int, ...] = ()
        """What the readout sees, where it is not the top layer."""
        self._dense: list[DensePart] = []
        self._tensors: dict[str, Tensor] = {}

    def add(self, part: Part) -> None:
        """One more part."""
        for name in ("weight", "bias", "scale", "shift"):
            if (tensor := getattr(part, name, None)) is not None:
                check_weights(f"{part.name} ({name})", tensor, self._file)
        add = {
            TablePart: self._add_table,
            DensePart: self._add_dense,
            ActivationPart: self._add_activation,
            ScalePart: self._add_scale,
            RescalePart: self._add_rescale,
            NormPart: self._add_norm,
            RecurrentPart: self._add_recurrent,
            PoolPart: self._add_pool,
            FlattenPart: self._add_flatten,
            JoinPart: self._add_join,
            AttentionPart: self._add_attention,
        }[type(part)]
        add(part)  # type: ignore[operator]
        # What changes what a layer gives takes the place of its name.
        here = len(self._layers) - 1
        self._places = {name: place for name, place in self._places.items() if place != here}
        if self._waiting is None and not self._dense and self._readout == "every":
            self._places[part.name] = here

    # One kind of part each

    def _add_table(self, part: TablePart) -> None:
        if self._width or self._rescaled is not None:
            self._refuse(part.name, "an embedding that does not read what enters the network")
        if part.weight.dim() != 2 or 0 in part.weight.shape:
            self._misshapen(part.name, part.weight)
        self._table, self._masked = part.weight, part.masked
        self._reads, self._width = part.weight.shape

    def _add_dense(self, part: DensePart) -> None:
        if part.weight.dim() != 2 or part.bias.shape != part.weight.shape[:1]:
            self._misshapen(part.name, part.weight)
        self._enter(part.name, part.weight.shape[1])
        self._width = part.weight.shape[0]
        weight, bias = self._taken_up(part.weight, part.bias)
        if self._layers:
            self._dense.append(DensePart(part.name, weight, bias, part.activation))
        elif self._table is not None:
            self._table = self._apply(part, self._table @ weight.t() + bias)
        elif self._front is None:
            self._front = DensePart(part.name, weight, bias, self._known(part))
        else:
            self._refuse(part.name, "a second dense layer below the first recurrent one")

    def _add_activation(self, part: ActivationPart) -> None:
        if part.activation == "linear":
            return
        target = self._dense[-1] if self._layers and self._dense else self._front
        if self._table is not None and not self._layers:
            self._table = self._apply(part, self._table)
        elif target is None or target.activation != "linear" or self._waiting is not None:
            self._refuse(part.name, f"the activation {part.activation} behind no dense layer")
        else:
            merged = DensePart(target.name, target.weight, target.bias, part.activation)
            if self._layers:
                self._dense[-1] = merged
            else:
                self._front = merged

    def _add_scale(self, part: ScalePart) -> None:
        self._enter(part.name, len(part.scale))
        if not self._layers and self._table is not None:
            self._table = self._table * part.scale + part.shift
            return
        if len(part.scale) > _LARGEST_DIAGONAL:
            self._refuse(part.name, f"a normalisation of {len(part.scale):,} numbers")
        weight, bias = self._taken_up(torch.diag(part.scale), part.shift)
        self._waiting = weight, bias

    def _add_norm(self, part: NormPart) -> None:
        above = self._layers and not self._dense and self._readout == "every"
        if not above or self._waiting is not None or self._layers[-1].normalisation:
            self._refuse(part.name, "a layer normalisation that does not follow a recurrent layer")
        self._enter(part.name, len(part.weight))
        place = len(self._layers) - 1
        self._layers[-1] = msgspec.structs.replace(
            self._layers[-1], normalisation="layer", epsilon=part.epsilon
        )
        self._tensors[f"norms.{place}.weight"] = part.weight
        self._tensors[f"norms.{place}.bias"] = part.bias

    def _add_recurrent(self, part: RecurrentPart) -> None:
        if self._readout != "every":
            self._refuse(part.name, "a recurrent layer that reads one answer and not every step")
        if self._read:
            self._refuse(part.name, "a recurrent layer that reads several parts side by side")
        self._give_way()
        facts, place = facts_of(part.architecture), len(self._layers)
        for direction, parameters in part.directions.items():
            self._check_direction(part, parameters)
            into = parameters["weight_ih_l0"]
            self._enter(part.name, into.shape[1])
            stack = "layers" if direction == "forward" else "backwards"
            found = dict(parameters)
            if self._waiting is not None:
                weight, bias = self._waiting
                found["weight_ih_l0"] = into @ weight
                found["bias_ih_l0"] = parameters["bias_ih_l0"] + into @ bias
            for name, tensor in found.items():
                check_weights(f"{part.name} ({name})", tensor, self._file)
                self._tensors[f"{stack}.{place}.{name}"] = tensor
        self._waiting = None
        both = len(part.directions) > 1
        self._layers.append(
            LayerDescription(
                architecture=facts.name,
                units=part.units,
                variant={k: v for k, v in part.variant.items() if v != facts.variants[k][0]},
                direction="both" if both else next(iter(part.directions)),  # type: ignore[arg-type]
            )
        )
        self._width = part.units * len(part.directions)
        if both and part.merge != "concat":
            half = torch.eye(part.units) / (2 if part.merge == "ave" else 1)
            self._waiting = torch.cat([half, half], 1), torch.zeros(part.units)
            self._width = part.units
        self._readout = "every" if part.every else "last"

    def _give_way(self) -> None:
        """Dense layers below a recurrent one that is not the first become part of its weights."""
        after = self._waiting
        for dense in self._dense:
            if dense.activation != "linear":
                self._refuse(
                    dense.name, f"a dense layer with {dense.activation} between recurrent layers"
                )
        for dense in reversed(self._dense):
            self._waiting = dense.weight, dense.bias
            after = self._taken_up(*after) if after else self._waiting
        self._waiting, self._dense = after, []

    def _check_direction(self, part: RecurrentPart, parameters: Direction) -> None:
        facts = facts_of(part.architecture)
        shape = parameters["weight_ih_l0"].shape
        if len(shape) != 2 or not 0 < part.units <= 65536 or not shape[1] > 0:
            self._misshapen(part.name, parameters["weight_ih_l0"])
        for name, wanted in facts.shapes(shape[1], part.units).items():
            if tuple(parameters[name].shape) != wanted:
                raise ModelFileError(
                    f"{self._file}: {name} of {part.name} has shape {shape_of(parameters[name])} "
                    f"where {part.units} units need {wanted}; the file is damaged"
                )

    def _add_pool(self, part: PoolPart) -> None:
        if not self._layers or self._readout != "every" or self._dense:
            self._refuse(part.name, "a pooling that does not follow a recurrent layer")
        if part.kind == "max" and self._waiting is not None:
            self._refuse(part.name, "a maximum of what was normalised or added")
        self._readout = part.kind
        if part.kind == "final":
            self._readout, self._steps = "window", 1

    def _add_join(self, part: JoinPart) -> None:
        places = [self._places.get(name) for name in part.parts]
        read = [place for place in places if place is not None]
        if not self._layers or self._read or len(read) < len(places) or len(set(read)) < len(read):
            self._refuse(
                part.name,
                f"what joins {', '.join(part.parts)}, other parts than recurrent layers and what "
                "enters them,",
            )
        widths = [layer.width for layer in self._layers]
        below = self._table.shape[1] if self._table is not None else self._reads
        if self._front is not None:
            below = len(self._front.weight)
        self._read = tuple(read)
        self._width = sum(below if place == FRONT else widths[place] for place in read)

    def _add_attention(self, part: AttentionPart) -> None:
        if part.weight.dim() != 1:
            self._misshapen(part.name, part.weight)
        if not self._layers or self._readout != "every" or self._dense or self._waiting is not None:
            self._refuse(part.name, "attention that does not follow a recurrent layer")
        self._enter(part.name, len(part.weight))
        self._tensors["readout.score.weight"] = part.weight.unsqueeze(0)
        self._readout = "attention"

    def _add_rescale(self, part: RescalePart) -> None:
        if self._width:
            width = self._width
            self._add_scale(
                ScalePart(
                    part.name, torch.full((width,), part.factor), torch.full((width,), part.offset)
                )
            )
        elif self._rescaled is not None:
            self._refuse(part.name, "a second change of scale of what enters")
        else:
            self._rescaled = part

    def _add_flatten(self, part: FlattenPart) -> None:
        if not self._layers:
            self._refuse(part.name, "above no recurrent layer and lays its steps side by side")
        if self._readout != "every":
            return
        self._flat = part.name

    def _lay_side_by_side(self, width: int) -> None:
        """What stands at every step stands once for all of a window that has so many numbers."""
        steps, rest = divmod(width, self._width)
        name, self._flat = self._flat, ""
        if rest or not steps:
            raise ModelFileError(
                f"{self._file}: {name} gives {self._width:,} numbers a step, and what reads them "
                f"side by side reads {width:,}; the file is damaged, or its parts are of two "
                "networks"
            )
        maps = [(dense.weight, dense.bias) for dense in self._dense]
        maps += [] if self._waiting is None else [self._waiting]
        if sum(weight.numel() for weight, _ in maps) * steps**2 > _LARGEST_DIAGONAL**2:
            self._refuse(name, f"{steps:,} steps side by side behind layers of many numbers")
        alike = [(torch.block_diag(*[weight] * steps), bias.repeat(steps)) for weight, bias in maps]
        if self._waiting is not None:
            self._waiting = alike.pop()
        self._dense = [
            replace(dense, weight=weight, bias=bias)
            for dense, (weight, bias) in zip(self._dense, alike, strict=True)
        ]
        self._readout, self._steps, self._width = "window", steps, width

    def finish(self) -> UnnamedNetwork:
        """The network."""
        if not self._layers:
            raise ModelFileError(
                f"{self._file} holds no recurrent layer; an RNN, LSTM or GRU can be opened"
            )
        if not self._dense:
            raise ModelFileError(
                f"{self._file} ends with a recurrent layer and has no output layer: it is an "
                "encoder, or part of a larger network; save the whole network"
            )
        gives, dense = self._ending()
        for place, layer in enumerate(dense[:-1]):
            self._tensors[f"head.{place}.weight"] = layer.weight
            self._tensors[f"head.{place}.bias"] = layer.bias
        self._tensors["output.weight"] = dense[-1].weight
        self._tensors["output.bias"] = dense[-1].bias
        return UnnamedNetwork(
            front=self._front_end(),
            symbols=self._table is not None,
            reads=self._reads,
            layers=tuple(self._layers),
            readout=Readout(
                kind=self._readout,  # type: ignore[arg-type]
                layers=self._read,
                steps=self._steps,
            ),
            hidden=tuple(
                Dense(units=len(layer.weight), activation=_BETWEEN[self._known(layer)])
                for layer in dense[:-1]
            ),
            gives=gives,
            outputs=len(dense[-1].weight),
            tensors=self._tensors,
            masked=self._masked,
        )

    def _ending(self) -> tuple[Gives, list[DensePart]]:
        """What the last numbers are, and the dense layers, the last of them without activation."""
        dense, last = self._dense, self._dense[-1]
        if self._waiting is not None and last.activation == "linear":
            weight, bias = self._taken_up(*self._waiting, on=(last.weight, last.bias))
            return "linear", [*dense[:-1], DensePart(last.name, weight, bias)]
        if self._waiting is not None:
            weight, bias = self._waiting
            return "linear", [*dense, DensePart("scale", weight, bias)]
        if last.activation in _AT_THE_END:
            return _AT_THE_END[last.activation], dense
        # Whatever else squashes the last numbers is a layer below an output that changes nothing.
        size = len(last.weight)
        if size > _LARGEST_DIAGONAL:
            self._refuse(last.name, f"{size:,} outputs behind {last.activation}")
        return "linear", [*dense, DensePart("output", torch.eye(size), torch.zeros(size))]

    def _front_end(self) -> FrontEnd:
        if self._table is not None:
            self._tensors["embedding.weight"] = self._table
            return Embedding(width=self._table.shape[1])
        if self._front is not None:
            self._tensors["front.weight"] = self._front.weight
            self._tensors["front.bias"] = self._front.bias
            return Linear(
                width=len(self._front.weight), activation=_BETWEEN[self._front.activation]
            )
        return AsRead()

    # What they share

    def _enter(self, name: str, width: int) -> None:
        """Note how much a part reads, and compare it with what is there."""
        if self._flat:
            self._lay_side_by_side(width)
        if not self._width:
            self._reads = self._width = width
            if (scaled := self._rescaled) is not None:
                if width > _LARGEST_DIAGONAL:
                    self._refuse(scaled.name, f"a change of scale of {width:,} numbers")
                self._waiting = (
                    torch.eye(width) * scaled.factor,
                    torch.full((width,), scaled.offset),
                )
        if width != self._width:
            raise ModelFileError(
                f"{self._file}: {name} reads {width:,} numbers, and what is below it gives "
                f"{self._width:,}; the file is damaged, or its parts are of two networks"
            )

    def _taken_up(
        self, weight: Tensor, bias: Tensor, on: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """This linear map of what the waiting one gives, as one."""
        below = on or self._waiting
        if on is None:
            self._waiting = None
        if below is None:
            return weight, bias
        return weight @ below[0], bias + weight @ below[1]

    def _known(self, part: DensePart | ActivationPart) -> str:
        if part.activation not in _BETWEEN:
            self._refuse(part.name, f"the activation {part.activation} inside the network")
        return part.activation

    def _apply(self, part: DensePart | ActivationPart, values: Tensor) -> Tensor:
        applied: Tensor = ACTIVATIONS[self._known(part)]()(values)
        return applied

    def _misshapen(self, name: str, tensor: Tensor) -> NoReturn:
        raise ModelFileError(
            f"{self._file}: the weights of {name} have shape {shape_of(tensor)}, which no such "
            "layer has; the file is damaged"
        )

    def _refuse(self, name: str, what: str) -> NoReturn:
        raise ModelFileError(
            f"{self._file}: {name} is {what}, which cannot be shown: what can be is an embedding "
            "or a dense layer, recurrent layers one on the other, the last, mean or maximum of "
            "their states, and dense layers on top"
        )

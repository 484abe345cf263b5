"""The layers of a Keras model with their weights, as parts of a chain in the layout of torch.

Keras keeps a kernel as (I, blocks * U), torch as (blocks * U, I). Both order the gates of an LSTM
i, f, c, o; those of a GRU are z, r, h in Keras and r, z, n in torch. Layers made for cuDNN keep
each gate's kernel in another order of memory and two biases (`_convert_rnn_weights` in Keras 2's
`hdf5_format.py`); Keras 1 keeps an array for each gate (`preprocess_weights_for_loading`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

import torch
from torch import Tensor

from rnnviz.core.architectures.elman import ELMAN
from rnnviz.core.architectures.facts import Setting
from rnnviz.core.architectures.gru import GRU
from rnnviz.core.architectures.lstm import LSTM
from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.keras.config import SILENT, KerasLayer
from rnnviz.nets.checkpoints.networks.chain import (
    ActivationPart,
    AttentionPart,
    DensePart,
    Direction,
    FlattenPart,
    JoinPart,
    NormPart,
    Part,
    PoolPart,
    RecurrentPart,
    RescalePart,
    ScalePart,
    TablePart,
)
from rnnviz.nets.checkpoints.networks.gate_layout import GateLayout
from rnnviz.nets.checkpoints.networks.normalisations import batch_norm_as_map
from rnnviz.nets.sequence.weights import shape_of

Weighted = tuple[KerasLayer, Sequence[Tensor]]
"""A layer and its weights in the order in which Keras keeps them; of both directions, forward
first."""

_LAYOUTS = (
    GateLayout(LSTM, ("LSTM", "CuDNNLSTM"), ("input", "forget", "candidate", "output")),
    GateLayout(GRU, ("GRU", "CuDNNGRU"), ("update", "reset", "new")),
    GateLayout(ELMAN, ("SimpleRNN",), ("hidden",)),
)
_KINDS = {name: layout for layout in _LAYOUTS for name in layout.named}
_APART = ("input", "candidate", "forget", "output", "update", "reset", "new")
"""The order in which Keras 1 lists the arrays of gates, which it keeps apart."""
_POOLS = {
    "GlobalAveragePooling1D": "mean", "GlobalMaxPooling1D": "max", "GlobalMaxPool1D": "max",
    "GlobalAvgPool1D": "mean",
}  # fmt: skip
_BETWEEN = {
    "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "LayerNormalization",
}  # fmt: skip
_RESHAPING = {"Flatten", "Reshape"}
_SCALING = {"Rescaling", "Normalization"}
_ACTIVATIONS = {"ReLU": "relu", "Softmax": "softmax"}
_LEAST_DEVIATION = 1e-7
"""What Keras divides by, where numbers did not vary."""
WEIGHTED_AVERAGE = "AttentionWeightedAverage"
"""A class of DeepMoji that textgenrnn and others took over as it stands."""
_CODE = {"Lambda", "TFOpLambda", "SlicingOpLambda"}


def parts_of(
    layers: Sequence[Weighted], keras_version: str, file: str
) -> tuple[list[Part], tuple[str, ...]]:
    """The parts of a chain that these layers are, and what a person should know about them.

    Args:
        keras_version: who wrote it; it says what `hard_sigmoid` is.

    Raises:
        ModelFileError: a layer that is not known or does something that cannot be shown, named; or
            weights that do not fit it.
    """
    reader = _Reader(keras_version, file)
    for layer, arrays in layers:
        reader.read(layer, arrays)
    if reader.turned:
        raise ModelFileError(
            f"{file}: {reader.turned} gives its steps in reverse (go_backwards), and so does the "
            "network; only its last step could be shown"
        )
    return reader.parts, tuple(dict.fromkeys(reader.notes))


class _Reader:
    """Reads one layer after the other."""

    def __init__(self, keras_version: str, file: str) -> None:
        self._file = file
        self._arrays: Sequence[Tensor] = ()
        new = re.match(r"[3-9]|[1-9][0-9]", keras_version) is not None
        self._gates = {
            "sigmoid": "sigmoid",
            "hard_sigmoid": "hard-sigmoid" if new else "hard-sigmoid-0.2",
        }
        self.parts: list[Part] = []
        self.notes: list[str] = []
        self.turned = ""
        """The layer from which on the steps stand in reverse; empty where they do not."""
        self._row = 0
        """How many numbers a step has, or the one answer for all; 0 until it is known."""
        self._once = False
        """Whether there is one answer for all steps."""
        self._cut = ""
        """The layer that cuts one answer into several; empty where there is none."""
        self._readers: dict[str, Callable[[KerasLayer], None]] = {
            **dict.fromkeys(_RESHAPING, self._read_reshaping),
            **dict.fromkeys(_SCALING, self._read_scaling),
            **dict.fromkeys(SILENT, self._read_silent),
            **dict.fromkeys({"Activation", *_ACTIVATIONS}, self._read_activation),
            **dict.fromkeys({*_BETWEEN, *_POOLS}, self._read_between),
            **dict.fromkeys(_KINDS, self._read_recurrent),
            **dict.fromkeys({"Dense", "TimeDistributedDense"}, self._read_dense),
            "Embedding": self._read_embedding,
            "TimeDistributed": self._read_distributed,
            "Bidirectional": self._read_both_ways,
            "Concatenate": self._read_join,
            WEIGHTED_AVERAGE: self._read_attention,
        }

    def read(self, layer: KerasLayer, arrays: Sequence[Tensor]) -> None:
        """One more layer, with its weights."""
        kind, self._arrays = layer.kind, arrays
        if self._cut and kind not in SILENT:
            self._refuse(layer, f"that reads what {self._cut} cuts one answer into,")
        if (read := self._readers.get(kind)) is None:
            self._refuse(layer)
        read(layer)

    # One kind of layer each

    def _read_between(self, layer: KerasLayer) -> None:
        if layer.kind in _POOLS:
            self.turned, self._once = "", True
            self.parts.append(PoolPart(layer.name, _POOLS[layer.kind]))
        elif layer.kind == "LayerNormalization":
            self.parts.append(self._layer_normalisation(layer))
        else:
            self.parts.append(self._batch_normalisation(layer))

    def _read_reshaping(self, layer: KerasLayer) -> None:
        """Another arrangement of the same numbers: rows that enter, or steps side by side."""
        wanted = layer.config.get("target_shape", [-1])
        if not isinstance(wanted, list | tuple) or not all(type(n) is int for n in wanted):
            self._refuse(layer, f"to {str(wanted)[:40]}")
        if layer.config.get("data_format") == "channels_first":
            self._refuse(layer, "with the steps behind the numbers of a step")
        if not any(isinstance(part, TablePart | RecurrentPart | DensePart) for part in self.parts):
            if len(wanted) != 2:
                self._refuse(layer, "of what enters, which then has no steps,")
            if wanted[1] > 0:
                self.notes.append(
                    f"{layer.name} cuts what enters into rows of {wanted[1]:,} numbers: such rows "
                    "are what is read here"
                )
        elif self._once:
            self._cut = layer.name if len(wanted) > 1 else ""
        elif len(wanted) == 1:
            if self.turned:
                self._refuse(layer, f"above {self.turned}, whose steps stand in reverse")
            self._once = True
            self.parts.append(FlattenPart(layer.name))
        elif len(wanted) != 2 or wanted[1] not in (-1, self._row):
            self._refuse(layer, f"of {self._row:,} numbers a step to {_plain(tuple(wanted))}")

    def _read_join(self, layer: KerasLayer) -> None:
        if layer.config.get("axis", -1) not in (-1, 2) or self.turned or self._once:
            self._refuse(layer, "over another axis than the numbers of a step")
        self._row = 0
        self.parts.append(JoinPart(layer.name, layer.reads))

    def _read_attention(self, layer: KerasLayer) -> None:
        (weight,) = self._of(layer, 1)
        if layer.says("return_attention"):
            self._refuse(layer, "with return_attention")
        if weight.dim() != 2 or weight.shape[1] != 1:
            self._misshapen(layer, weight, ("inputs", 1))
        self.turned, self._once = "", True
        self.notes.append(
            f"{layer.name} is of the class {layer.kind}, computed as DeepMoji and textgenrnn have "
            "it: each step is weighed by a softmax over all steps of w · x"
        )
        self.parts.append(AttentionPart(layer.name, weight[:, 0]))

    def _read_scaling(self, layer: KerasLayer) -> None:
        if layer.kind == "Rescaling":
            scale, shift = layer.config.get("scale", 1.0), layer.config.get("offset", 0.0)
            if not all(isinstance(number, int | float) for number in (scale, shift)):
                self._refuse(layer, "with a scale of its own for each number")
            self.parts.append(RescalePart(layer.name, float(scale), float(shift)))
            return
        if layer.says("invert") or layer.config.get("axis", -1) not in (-1, [-1], 2, [2]):
            self._refuse(layer, "that is inverted or over other axes")
        told = [layer.config.get(key) for key in ("mean", "variance")]
        arrays = [torch.as_tensor(one, dtype=torch.float32) for one in told if one is not None]
        arrays = [one.flatten() for one in arrays or self._of(layer, 0)[:2]]
        if len(arrays) != 2 or arrays[0].shape != arrays[1].shape:
            self._misshapen(layer, arrays[0], "a mean and a variance")
        scale = 1 / arrays[1].sqrt().clamp(min=_LEAST_DEVIATION)
        self.parts.append(ScalePart(layer.name, scale, -arrays[0] * scale))

    def _read_silent(self, layer: KerasLayer) -> None:
        if layer.kind == "Masking":
            value = layer.config.get("mask_value", 0)
            self.notes.append(
                f"steps of nothing but {value} were padding in its training ({layer.name}); what "
                "is read here has no padding, so no step is left out"
            )

    def _read_embedding(self, layer: KerasLayer) -> None:
        (table,) = self._of(layer, 1)
        wanted = (layer.size("input_dim", self._file), layer.size("output_dim", self._file))
        if tuple(table.shape) != wanted:
            self._misshapen(layer, table, wanted)
        self._row = wanted[1]
        self.parts.append(TablePart(layer.name, table, layer.says("mask_zero")))
        if layer.says("mask_zero"):
            self.notes.append(
                f"id 0 was padding in its training ({layer.name} masks it); what is read here has "
                "no padding"
            )

    def _read_dense(self, layer: KerasLayer) -> None:
        self.parts.append(self._dense(layer, layer))

    def _read_distributed(self, layer: KerasLayer) -> None:
        inside = layer.inside(self._file)
        if inside.kind == "Dense":
            self.parts.append(self._dense(layer, inside))
        elif inside.kind == "Activation":
            self._read_activation(inside)
        elif inside.kind not in SILENT:
            self._refuse(inside, f"inside {layer.name}")

    def _read_activation(self, layer: KerasLayer) -> None:
        named = _ACTIVATIONS.get(layer.kind) or layer.activation("activation", self._file)
        if layer.kind == "ReLU" and any(
            layer.config.get(key) for key in ("max_value", "negative_slope", "threshold")
        ):
            self._refuse(layer, "with a slope, a threshold or a highest value")
        self.parts.append(ActivationPart(layer.name, named))

    def _dense(self, outer: KerasLayer, layer: KerasLayer) -> DensePart:
        biased = layer.says("use_bias", layer.config.get("bias", True) is not False)
        kernel, *bias = self._of(outer, 1 + biased)
        units = layer.size("units", self._file)
        if kernel.dim() != 2 or kernel.shape[1] != units:
            self._misshapen(layer, kernel, ("inputs", units))
        self._row = units
        added = bias[0] if bias else torch.zeros(units)
        return DensePart(layer.name, kernel.t(), added, layer.activation("activation", self._file))

    def _batch_normalisation(self, layer: KerasLayer) -> ScalePart:
        scale, center = layer.says("scale", True), layer.says("center", True)
        arrays = list(self._of(layer, 2 + scale + center))
        mean, variance = arrays[-2:]
        for array in arrays:
            if array.dim() != 1 or array.shape != mean.shape:
                self._misshapen(layer, array, tuple(mean.shape))
        epsilon = layer.config.get("epsilon", 1e-3)
        if not isinstance(epsilon, int | float) or not 0 <= epsilon < 1:
            self._misshapen(layer, variance, "an epsilon below 1")
        gamma, beta = arrays[0] if scale else None, arrays[scale] if center else None
        return ScalePart(layer.name, *batch_norm_as_map(mean, variance, gamma, beta, epsilon))

    def _layer_normalisation(self, layer: KerasLayer) -> NormPart:
        scale, center = layer.says("scale", True), layer.says("center", True)
        arrays = list(self._of(layer, scale + center))
        epsilon = layer.config.get("epsilon", 1e-3)
        axis = layer.config.get("axis", -1)
        if not isinstance(epsilon, int | float) or not 0 <= epsilon <= 1:
            self._misshapen(layer, (*arrays, torch.ones(0))[0], "an epsilon of at most 1")
        if not arrays or axis not in (-1, [-1], 2, [2]):
            self._refuse(layer, "over other axes, or without weights")
        gamma = arrays[0] if scale else torch.ones_like(arrays[0])
        beta = arrays[scale] if center else torch.zeros_like(gamma)
        return NormPart(layer.name, gamma, beta, float(epsilon))

    def _read_recurrent(self, layer: KerasLayer) -> None:
        backwards = layer.says("go_backwards")
        every = layer.says("return_sequences")
        # Keras leaves the steps of a layer that reads from the end in the order in which it read
        # them: for what comes above, time runs the other way, until one answer is read out.
        direction = "backward" if backwards != bool(self.turned) else "forward"
        self.turned = layer.name if every and direction == "backward" else ""
        self._append(layer, {direction: self._of(layer, 0)}, layer, every)

    def _read_both_ways(self, layer: KerasLayer) -> None:
        inside = layer.inside(self._file)
        if inside.kind not in _KINDS:
            self._refuse(inside, f"inside {layer.name}")
        if self.turned:
            self._refuse(layer, f"above {self.turned}, whose steps stand in reverse")
        merge = layer.config.get("merge_mode", "concat")
        if merge not in ("concat", "sum", "ave"):
            self._refuse(
                layer, f"with merge_mode={merge!r} ('concat', 'sum' and 'ave' can be shown)"
            )
        if inside.says("go_backwards"):
            self._refuse(layer, "around a layer with go_backwards")
        other = layer.config.get("backward_layer")
        if isinstance(other, Mapping):
            self._check_alike(layer, inside, layer.inside(self._file, "backward_layer"))
        arrays = self._of(layer, 0)
        half = len(arrays) // 2
        directions = {"forward": arrays[:half], "backward": arrays[half:]}
        self._append(layer, directions, inside, inside.says("return_sequences"), str(merge))

    def _check_alike(self, layer: KerasLayer, one: KerasLayer, other: KerasLayer) -> None:
        keys = ("units", "activation", "recurrent_activation", "use_bias", "reset_after")
        differing = [key for key in keys if one.config.get(key) != other.config.get(key)]
        if one.kind != other.kind or differing:
            self._refuse(layer, f"whose directions differ ({one.kind}, {other.kind}, {differing})")

    def _append(
        self,
        layer: KerasLayer,
        directions: Mapping[str, Sequence[Tensor]],
        about: KerasLayer,
        every: bool,
        merge: str = "concat",
    ) -> None:
        if about.says("return_state") or about.says("time_major"):
            self._refuse(about, "with return_state or time_major")
        layout, units = _KINDS[about.kind], about.size("units", self._file)
        if every and about.says("stateful"):
            self.notes.append(f"{layer.name} keeps its state between batches (stateful)")
        found = {
            name: self._direction(about, layout, units, arrays)
            for name, arrays in directions.items()
        }
        after = {reset_after for _, reset_after in found.values()}
        if len(after) > 1:
            self._refuse(layer, "whose directions keep their biases in two ways")
        self._once = not every
        self._row = units * (len(directions) if merge == "concat" else 1)
        self.parts.append(
            RecurrentPart(
                name=layer.name,
                architecture=layout.facts.name,
                units=units,
                directions={name: weights for name, (weights, _) in found.items()},
                variant=self._variant(about, layout, after.pop()),
                every=every,
                merge=merge,
            )
        )

    def _variant(
        self, layer: KerasLayer, layout: GateLayout, reset_after: bool
    ) -> dict[str, Setting]:
        """What the layer does otherwise than usual."""
        if layer.kind.startswith("CuDNN"):
            return {}
        activation = layer.activation("activation", self._file, "tanh")
        if activation not in ("tanh", "relu"):
            self._refuse(layer, f"with activation={activation} (tanh and relu can be shown)")
        gates = "sigmoid"
        if layout.facts.gated:
            gates = layer.activation("recurrent_activation", self._file, "hard_sigmoid")
        if gates not in self._gates:
            self._refuse(
                layer,
                f"with recurrent_activation={gates} (sigmoid and hard_sigmoid can be shown)",
            )
        return layout.variant(activation, self._gates[gates], reset_after)

    def _direction(
        self, layer: KerasLayer, layout: GateLayout, units: int, arrays: Sequence[Tensor]
    ) -> tuple[Direction, bool]:
        """One direction in torch's layout; and of a GRU whether it resets after the product."""
        blocks = layout.blocks
        if len(arrays) == 3 * blocks and blocks > 1:
            apart = [gate for gate in _APART if gate in layout.gates]
            places = [3 * apart.index(gate) for gate in layout.gates]
            arrays = [torch.cat([arrays[n + part] for n in places], -1) for part in range(3)]
        self._require(layer, arrays, 2 + layer.says("use_bias", True))
        kernel, again, *bias = arrays
        if again.dim() != 2 or tuple(again.shape) != (units, blocks * units):
            self._misshapen(layer, again, (units, blocks * units))
        if kernel.dim() != 2 or kernel.shape[1] != blocks * units:
            self._misshapen(layer, kernel, ("inputs", blocks * units))
        zeros = torch.zeros(blocks * units)
        into, onto = (bias[0], zeros) if bias else (zeros, zeros)
        own = "reset_after" in layout.facts.variants and into.dim() == 2
        cudnn = tuple(into.shape) == (2 * blocks * units,) and layout.facts.gated
        if own and len(into) == 2:
            into, onto = into[0], into[1]
        elif cudnn:
            into, onto = into.chunk(2)
            kernel, again = _from_cudnn(kernel, blocks), _transposed(again, blocks)
        if into.shape != zeros.shape or onto.shape != zeros.shape:
            self._misshapen(layer, bias[0], (blocks * units,))
        weights = {
            "weight_ih_l0": layout.ordered(kernel.t()),
            "weight_hh_l0": layout.ordered(again.t()),
            "bias_ih_l0": layout.ordered(into),
            "bias_hh_l0": layout.ordered(onto),
        }
        return weights, own or cudnn or (not bias and layer.says("reset_after"))

    # What they share

    def _of(self, layer: KerasLayer, count: int) -> Sequence[Tensor]:
        """The weights of a layer; `count` of them, if it is not 0."""
        arrays = self._arrays
        if not arrays:
            raise ModelFileError(
                f"{self._file} holds no weights of the layer {layer.name} ({layer.kind}); the file "
                "is damaged or of another model"
            )
        if count:
            self._require(layer, arrays, count)
        return arrays

    def _require(self, layer: KerasLayer, arrays: Sequence[Tensor], count: int) -> None:
        if len(arrays) != count:
            raise ModelFileError(
                f"{self._file}: the layer {layer.name} ({layer.kind}) has {len(arrays)} arrays of "
                f"weights and needs {count}; the file is damaged or of another model"
            )

    def _misshapen(self, layer: KerasLayer, found: Tensor, wanted: object) -> NoReturn:
        raise ModelFileError(
            f"{self._file}: weights of the layer {layer.name} ({layer.kind}) have the shape "
            f"{shape_of(found)} and its configuration says {_plain(wanted)}; the file is damaged "
            "or of another model"
        )

    def _refuse(self, layer: KerasLayer, how: str = "") -> NoReturn:
        code = "; it holds code, and no code is run here" if layer.kind in _CODE else ""
        raise ModelFileError(
            f"{self._file} holds the layer {layer.name}, {_article(layer.kind)}"
            f"{f' {how}' if how else ''}, which cannot be shown{code}. Networks of "
            f"{', '.join(_KINDS)}, also in Bidirectional, with Embedding, Dense, "
            "TimeDistributed, normalisation and pooling around them can"
        )


def _from_cudnn(kernel: Tensor, blocks: int) -> Tensor:
    """A kernel of cuDNN, each gate's block in the other order of memory, as Keras has it."""
    units = kernel.shape[1] // blocks
    return torch.cat([block.reshape(units, -1).t() for block in kernel.chunk(blocks, 1)], 1)


def _transposed(kernel: Tensor, blocks: int) -> Tensor:
    return torch.cat([block.t() for block in kernel.chunk(blocks, 1)], 1)


def _plain(shape: object) -> str:
    """A shape for people, of numbers and words.

    >>> _plain(("inputs", 8))
    '(inputs, 8)'
    """
    return f"({', '.join(map(str, shape))})" if isinstance(shape, tuple) else str(shape)


def _article(kind: str) -> str:
    # Capitals are read letter by letter: an LSTM.
    spoken = "AEFHILMNORSX" if kind[:2].isupper() else "AEIOU"
    return f"{'an' if kind[:1] in spoken else 'a'} {kind}"

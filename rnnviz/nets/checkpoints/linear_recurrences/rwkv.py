"""RWKV of the versions 4, 5.2 and 7: what its names and shapes say of the network.

A block is two layers here, time mixing and channel mixing, each added to the stream. Names are
those of the original programs, `blocks.0.att.key.weight`; those of Hugging Face's version 4 and of
the demonstrations of RWKV-8 are brought to these. What version 8 adds, ROSA, is a search through
all that was read; a file that was trained with it switched off holds a constant in its place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.architectures.rwkv.channel_mix import CHANNEL_MIX
from rnnviz.core.architectures.rwkv.rwkv4 import RWKV4
from rnnviz.core.architectures.rwkv.rwkv5 import RWKV5
from rnnviz.core.architectures.rwkv.rwkv7 import RWKV7
from rnnviz.core.architectures.rwkv.rwkv7_values import RWKV7_VALUES
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import FRONT, LayerDescription
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.linear_recurrences.rwkv_cpp import looks_like_rwkv_cpp, read_rwkv_cpp
from rnnviz.nets.checkpoints.linear_recurrences.weights import (
    NamedTensors,
    Taken,
    names_in,
    opened_stack,
    tensors_by_name,
)
from rnnviz.nets.opened import OpenedModel

_TELLING = re.compile(r"(^|\.)blocks\.0\.(att|attention)\.key\.weight$|^rwkv1\.key\.weight$")
_BLOCK = re.compile(r"blocks\.(\d{1,9})\.(.+)")
_DEMONSTRATION = (
    (re.compile(r"^e\.(.+)"), r"emb.\1"),
    (re.compile(r"^ln(\d+)a\.(.+)"), r"blocks.#\1.ln1.\2"),
    (re.compile(r"^ln(\d+)b\.(.+)"), r"blocks.#\1.ln2.\2"),
    (re.compile(r"^ln(\d+)c\.(.+)"), r"blocks.#\1.ln3.\2"),
    (re.compile(r"^rwkv(\d+)\.(.+)"), r"blocks.#\1.att.\2"),
    (re.compile(r"^rosa(\d+)\.(.+)"), r"blocks.#\1.rosa.\2"),
    (re.compile(r"^ffn(\d+)\.(.+)"), r"blocks.#\1.ffn.\2"),
    (re.compile(r"^lno\.(.+)"), r"ln_out.\1"),
    (re.compile(r"^o\.(.+)"), r"head.\1"),
)
"""Names of the demonstrations of RWKV-8, whose blocks are counted from 1."""
_HUGGING_FACE = (
    ("embeddings.", "emb."), (".pre_ln.", ".ln0."), (".attention.", ".att."),
    (".feed_forward.", ".ffn."), ("time_mix_key", "time_mix_k"), ("time_mix_value", "time_mix_v"),
    ("time_mix_receptance", "time_mix_r"),
)  # fmt: skip
_MIXED = {"mix_k": "time_mix_k", "mix_v": "time_mix_v", "mix_r": "time_mix_r"}


class Rwkv:
    """Reads networks of RWKV, also from files of rwkv.cpp."""

    name = "rwkv"
    title = "RWKV model"
    holds = (
        "RWKV of the versions 4, 5.2 and 7: .pth, safetensors, and the files of rwkv.cpp in "
        "32 and 16 bits"
    )
    needs = "the symbols, unless it reads bytes"
    refuses = "versions 5.0, 5.1 and 6, ROSA at work, and quantised files of rwkv.cpp, by name"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether its tensors have the names of such a network, or rwkv.cpp wrote it."""
        if file.read(looks_like_rwkv_cpp):
            return True
        return any(_TELLING.search(name) for name in file.find(names_in))

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The model in this file.

        Raises:
            VocabularyNeeded: its symbols are neither in the file nor given.
            ModelFileError: damaged, of another version, or with more in it than a network.
        """
        if file.read(looks_like_rwkv_cpp):
            named = NamedTensors(file.read(read_rwkv_cpp), {}, [])
        else:
            named = tensors_by_name(file, "key.weight")
        return _Reader(named, file, companions).opened()


@dataclass(frozen=True)
class _Version:
    """One version of the network."""

    title: str
    architecture: str
    mixing: Callable[[_Reader, str], tuple[dict[str, Tensor], int, dict[str, Setting]]]
    """From the name of a block's time mixing to its parameters, U and its settings."""


class _Reader:
    """The tensors of one file on their way to the places that they have in our layers."""

    def __init__(self, named: NamedTensors, file: ModelFile, companions: Companions) -> None:
        self.named, self.file, self.companions = named, file, companions
        self.taken = Taken(_renamed(named.tensors), file.name)
        self.tensors: dict[str, Tensor] = {}
        self.layers: list[LayerDescription] = []
        self.notes: list[str] = []
        self.width = 0
        self.as_read: dict[str, Setting] = {}
        """What the program that the file is of does otherwise."""
        if file.read(looks_like_rwkv_cpp):  # it adds 1e-5 to the variance of a head of version 5.2
            self.as_read["heads_eps"] = 1e-5

    def opened(self) -> OpenedModel:
        """The whole network."""
        taken = self.taken
        version = self._version()
        blocks = 0
        while f"blocks.{blocks}.att.key.weight" in taken:
            blocks += 1
        embedding = taken.take("emb.weight")
        if embedding.dim() != 2:
            raise ModelFileError(f"the embedding of {self.file.name} is no matrix: it is damaged")
        self.width = embedding.shape[1]
        if "blocks.0.ln0.weight" in taken:
            first = self.norm("blocks.0.ln0")
            embedding = functional.layer_norm(embedding, (self.width,), *first)
        first_values = version.architecture == RWKV7.name
        if first_values:
            self._first_values()
        for block in range(blocks):
            self._block(version, f"blocks.{block}", first_values)
        size = len(embedding)
        gain, shift = self.norm("ln_out")
        self.tensors |= {
            "embedding.weight": embedding,
            "head_norm.weight": gain,
            "head_norm.bias": shift,
            "output.weight": taken.take("head.weight", size, self.width),
            "output.bias": taken.take("head.bias", size) if "head.bias" in taken
            else torch.zeros(size),
        }  # fmt: skip
        taken.finish(version.title)
        self.notes.insert(
            0,
            f"it is {version.title} of {blocks} blocks; each is two layers here, time mixing and "
            "channel mixing, and what they give is added to the stream",
        )
        return opened_stack(
            self.named, self.layers, self.tensors, self.companions, self.file, Rwkv.title, "layer",
            self.notes,
        )  # fmt: skip

    def _version(self) -> _Version:
        taken, at = self.taken, "blocks.0.att"
        if f"{at}.k_k" in taken and f"{at}.r_k" in taken:
            return _Version("RWKV-7", RWKV7.name, _mixing_7)
        if f"{at}.time_maa_x" in taken or f"{at}.time_maa_w1" in taken:
            return self._refused("RWKV-6")
        if f"{at}.ln_x.weight" in taken or f"{at}.gate.weight" in taken:
            if f"{at}.gate.weight" not in taken:
                return self._refused("RWKV-5.0")
            # 5.1 has the names of 5.2; its decays are one a head, those of 5.2 one a channel
            units = (taken.size(f"{at}.key.weight") or (0,))[0]
            if math.prod(taken.size(f"{at}.time_decay") or (units,)) < units:
                return self._refused("RWKV-5.1")
            return _Version("RWKV-5.2", RWKV5.name, _mixing_5)
        return _Version("RWKV-4", RWKV4.name, _mixing_4)

    def _refused(self, version: str) -> _Version:
        raise ModelFileError(
            f"{self.file.name} holds a network of {version}, which is not computed here; the "
            "versions 4, 5.2 and 7 are"
        )

    def norm(self, name: str) -> tuple[Tensor, Tensor]:
        """Gain and shift of a LayerNorm over the stream."""
        take = self.taken.take
        return take(f"{name}.weight", self.width), take(f"{name}.bias", self.width)

    def vector(self, name: str) -> Tensor:
        """A vector as wide as the stream, whatever axes of 1 it has."""
        return self.taken.take(name, self.width)

    def _add(self, layer: LayerDescription, parameters: Mapping[str, Tensor]) -> None:
        place = len(self.layers)
        self.layers.append(layer)
        self.tensors |= {f"layers.{place}.{name}": part for name, part in parameters.items()}

    def _first_values(self) -> None:
        """The values of the first block as a layer, from which every block above takes them."""
        own = Taken(_renamed(self.named.tensors), self.file.name)
        gain, shift = (own.take(f"blocks.0.ln1.{one}", self.width) for one in ("weight", "bias"))
        rows = (own.size("blocks.0.att.value.weight") or (0,))[0]
        parameters = {
            "norm_weight": gain,
            "norm_bias": shift,
            "mix_v": own.take("blocks.0.att.x_v", self.width),
            "value": own.take("blocks.0.att.value.weight", rows, self.width),
        }
        layer = LayerDescription(architecture=RWKV7_VALUES.name, units=rows, inputs=(FRONT,))
        # copies: the first block has the same, and a file keeps no tensor under two names
        self._add(layer, {name: part.clone() for name, part in parameters.items()})

    def _block(self, version: _Version, name: str, first_values: bool) -> None:
        stream = len(self.layers) - 1
        if first_values and stream == 0:
            stream = FRONT
        gain, shift = self.norm(f"{name}.ln1")
        parameters, units, variant = version.mixing(self, f"{name}.att")
        beside = first_values and stream != FRONT
        if first_values and not beside:  # of the first block they would be mixed with themselves
            for part in ("v0", "v1", "v2"):
                parameters.pop(part, None)
        if beside:
            variant[RWKV7.beside] = True
        self._add(
            LayerDescription(
                architecture=version.architecture,
                units=units,
                variant=variant,
                inputs=(stream, 0) if beside else (stream,) if first_values else (),
                residual=True,
                projection=self.width if units != self.width else 0,
            ),
            {"norm_weight": gain, "norm_bias": shift, **parameters},
        )
        gain, shift = self.norm(f"{name}.ln2")
        self._channel_mix(f"{name}.ffn", {"norm_weight": gain, "norm_bias": shift})

    def _channel_mix(self, name: str, parameters: dict[str, Tensor]) -> None:
        taken, width = self.taken, self.width
        gated = f"{name}.receptance.weight" in taken
        units = (taken.size(f"{name}.key.weight") or (0,))[0]
        if gated:
            parameters["mix_k"] = self.vector(f"{name}.time_mix_k")
            parameters["mix_r"] = self.vector(f"{name}.time_mix_r")
            parameters["receptance"] = taken.take(f"{name}.receptance.weight", width, width)
        else:  # version 7 says how much of the step before, the others how much of this one
            parameters["mix_k"] = 1 - self.vector(f"{name}.x_k")
        parameters["key"] = taken.take(f"{name}.key.weight", units, width)
        parameters["output"] = taken.take(f"{name}.value.weight", width, units)
        self._add(
            LayerDescription(
                architecture=CHANNEL_MIX.name,
                units=units,
                variant={} if gated else {"gated": False},
                residual=True,
                projection=width if units != width else 0,
            ),
            parameters,
        )

    def products(self, name: str, units: int, *names: str) -> dict[str, Tensor]:
        """The matrices from the stream to U rows, and back."""
        take, width = self.taken.take, self.width
        found = {one: take(f"{name}.{one}.weight", units, width) for one in names}
        return {**found, "output": take(f"{name}.output.weight", width, units)}

    def rosa(self, name: str) -> Tensor:
        """What ROSA adds to the stream, where it is a constant; zeros where there is none.

        Its output is a vector e times +1 or -1 each, and a linear layer of that.

        Raises:
            ModelFileError: it is at work.
        """
        if f"{name}.o.bias" not in self.taken:
            return torch.zeros(self.width)
        prefix, _, _ = name.rpartition(".")
        for part in ("weight", "bias"):
            self.taken.take(f"{prefix}.ln3.{part}")
        for part in ("x_q", "x_k", "x_v", "q.weight", "q.bias", "k.weight", "k.bias", "v.weight",
                     "v.bias"):  # fmt: skip
            self.taken.take(f"{name}.{part}")
        if self.taken.take(f"{name}.rosa_qkv.emb").any():
            raise ModelFileError(
                f"{self.file.name} holds a network of RWKV-8 whose ROSA, a search through all that "
                "was read, is at work; it is not computed here"
            )
        self.taken.take(f"{name}.o.weight")
        self.notes.append(
            "its ROSA is switched off and gives a constant, which is added in every block"
        )
        return self.vector(f"{name}.o.bias")


def _renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under the names of the original programs."""
    telling = next((name for name in tensors if _TELLING.search(name)), "")
    prefix = telling[: telling.find("blocks.")] if "blocks." in telling else ""
    found = {}
    for given, tensor in tensors.items():
        name = given.removeprefix(prefix)
        for old, new in _HUGGING_FACE:
            name = name.replace(old, new)
        if not prefix and "blocks." not in telling:
            for pattern, replacement in _DEMONSTRATION:
                if pattern.match(name):
                    name = pattern.sub(replacement, name)
                    break
            name = re.sub(r"#(\d{1,9})", lambda match: str(int(match[1]) - 1), name)
        found[name] = tensor
    return found


def _mixing_4(reader: _Reader, name: str) -> tuple[dict[str, Tensor], int, dict[str, Setting]]:
    taken = reader.taken
    units = (taken.size(f"{name}.key.weight") or (0,))[0]
    return {
        **{ours: reader.vector(f"{name}.{theirs}") for ours, theirs in _MIXED.items()},
        "decay": taken.take(f"{name}.time_decay", units),
        "first": taken.take(f"{name}.time_first", units),
        **reader.products(name, units, "key", "value", "receptance"),
    }, units, {}  # fmt: skip


def _mixing_5(reader: _Reader, name: str) -> tuple[dict[str, Tensor], int, dict[str, Setting]]:
    taken = reader.taken
    units = (taken.size(f"{name}.key.weight") or (0,))[0]
    heads = (taken.size(f"{name}.time_faaaa") or (1,))[0]
    return {
        **{ours: reader.vector(f"{name}.{theirs}") for ours, theirs in _MIXED.items()},
        "mix_g": reader.vector(f"{name}.time_mix_g"),
        "decay": taken.take(f"{name}.time_decay", units),
        "first": taken.take(f"{name}.time_faaaa", units),
        "heads_weight": taken.take(f"{name}.ln_x.weight", units),
        "heads_bias": taken.take(f"{name}.ln_x.bias", units),
        **reader.products(name, units, "key", "value", "receptance", "gate"),
    }, units, {"head": units // max(1, heads), **reader.as_read}  # fmt: skip


def _mixing_7(reader: _Reader, name: str) -> tuple[dict[str, Tensor], int, dict[str, Setting]]:
    taken, width = reader.taken, reader.width
    units = (taken.size(f"{name}.key.weight") or (0,))[0]
    head = (*taken.size(f"{name}.r_k"), units)[1]
    variant: dict[str, Setting] = {"head": head}
    found = {f"mix_{one}": reader.vector(f"{name}.x_{one}") for one in "rwkvag"}
    for part, rank in {
        "w": "decay_rank",
        "a": "rate_rank",
        "v": "value_rank",
        "g": "gate_rank",
    }.items():
        if f"{name}.{part}1" not in taken:
            continue  # the first block of some files has no shares of values
        thin = (*taken.size(f"{name}.{part}1"), 0)[1]
        variant[rank] = thin
        if part != "g":
            found[f"{part}0"] = taken.take(f"{name}.{part}0", units)
        found[f"{part}1"] = taken.take(f"{name}.{part}1", width, thin)
        found[f"{part}2"] = taken.take(f"{name}.{part}2", thin, units)
    return {
        **found,
        "key_norm": taken.take(f"{name}.k_k", units),
        "key_rate": taken.take(f"{name}.k_a", units),
        "bonus": taken.take(f"{name}.r_k", units),
        "heads_weight": taken.take(f"{name}.ln_x.weight", units),
        "heads_bias": taken.take(f"{name}.ln_x.bias", units),
        **reader.products(name, units, "key", "value", "receptance"),
        "bias": reader.rosa(f"{name.removesuffix('.att')}.rosa"),
    }, units, variant  # fmt: skip

"""Encoder and decoder of a translator, in one file or in two, found by names and shapes.

What they compute is not in the file; it follows from the shapes which of the usual programs it is
(`nets.alignments.networks.pair_model`), and what the shapes leave open is assumed and said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from rnnviz.core.architectures import layers_of_torch
from rnnviz.core.errors import ModelFileError, SentencesNeeded
from rnnviz.core.files.reading import check_fits
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.alignments.networks.pair_model import PairForm, PairTranslator, Part
from rnnviz.nets.checkpoints.base import Companions, ModelFile
from rnnviz.nets.checkpoints.pytorch.file import looks_like_pytorch, read_pytorch, weights_in
from rnnviz.nets.checkpoints.translators.word_lists import (
    Listed,
    Words,
    contents_beside,
    pair_of_lists,
)
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.sequence.weights import check_weights, shape_of

Tensors = Mapping[str, Tensor]
_RECURRENT = re.compile(r"(?:.*\.)?(weight|bias)_(ih|hh)_l\d+(_reverse)?")
_ENCODER = re.compile(r"(^|[._])(enc(oder)?\d*|en)(_|\.|$)|encoder", re.IGNORECASE)
_DECODER = re.compile(r"(^|[._])(dec(oder)?\d*|de)(_|\.|$)|decoder", re.IGNORECASE)
_OPTIMISER = re.compile(r"opt", re.IGNORECASE)
_KINDS = {facts.blocks: facts for facts in layers_of_torch()}
_TUTORIAL = {"embedding", "out"}
"""What the decoder of PyTorch's tutorial without attention has beside its recurrent layers."""
_PYTORCH = {".pt", ".pth", ".dict", ".pkl", ".ckpt", ".bin", ".tar", ".model", ""}
_MOST_FILES = 200


@dataclass(frozen=True)
class Pair:
    """The tensors of both halves, and what lies beside them in the file."""

    encoder: Tensors
    decoder: Tensors
    content: Any
    words: tuple[Listed, Listed] | None = None
    """The lists of both sides, where they are known."""
    squashed: bool = True
    """Whether relu may be taken of the decoder's embedding where nothing says otherwise."""


class TranslatorPair:
    """Reads encoder-decoders of other programs."""

    name = "translator-pair"
    title = "encoder and decoder"
    holds = (
        "an encoder and a decoder of PyTorch in one file or two: LSTM, GRU or RNN, one or both "
        "directions, without attention or with additive, general, dot or by position"
    )
    needs = "the word lists: in the file or beside it, as `Lang` pickles, dictionaries or lists"
    refuses = "several heads, convolutions, copying and other ways to attend, by their tensors"

    @staticmethod
    def recognises(file: ModelFile) -> bool:
        """Whether it holds both halves, or one whose other half lies beside it."""
        try:
            return file.find(pair_in) is not None
        except (ModelFileError, OSError):
            return False

    @staticmethod
    def load(file: ModelFile, companions: Companions) -> OpenedModel:
        """The translator.

        Raises:
            SentencesNeeded: its words are listed nowhere.
            ModelFileError: the halves do not fit together, or attend in an unknown way.
        """
        pair = file.find(pair_in)
        if pair is None:
            raise ModelFileError(f"{file.name} is no encoder and decoder")
        return opened_pair(pair, file, companions)


def pair_in(file: ModelFile) -> Pair | None:
    """Both halves, of this file or of this and the one beside it; None if it is no such file.

    Raises:
        ModelFileError: damaged.
    """
    if not file.read(looks_like_pytorch):
        return None
    found = file.read(read_pytorch)
    if found.harmful or found.quantised:
        return None
    dicts = [one for one in weights_in(found.content) if not _OPTIMISER.search(one.place)]
    for one in dicts:
        halves = _split(one.tensors)
        if halves is not None:
            return Pair(*halves, found.content)
    encoders = [one.tensors for one in dicts if _ENCODER.search(one.place)]
    decoders = [one.tensors for one in dicts if _DECODER.search(one.place)]
    if len(encoders) == len(decoders) == 1 and _both(encoders[0], decoders[0]):
        shared = [one for one in dicts if one.tensors is not encoders[0] and "emb" in one.place]
        return Pair(*_with_embedding(encoders[0], decoders[0], shared), found.content)
    if len(dicts) == 1 and dicts[0].place.count(".") == 0:
        return _with_other_half(file.path, dicts[0].tensors, found.content)
    return None


def _split(tensors: Tensors) -> tuple[Tensors, Tensors] | None:
    """The halves of one state_dict, by what its names begin with."""
    halves: tuple[dict[str, Tensor], dict[str, Tensor]] = ({}, {})
    for name, tensor in tensors.items():
        first, _, rest = name.removeprefix("module.").removeprefix("model.").partition(".")
        if rest and _DECODER.search(first):
            halves[1][rest] = tensor
        elif rest and _ENCODER.search(first):
            halves[0][rest] = tensor
        elif rest and re.match(r"attn|attention", first):
            halves[1][f"{first}.{rest}"] = tensor
        else:
            return None
    return halves if _both(*halves) else None


def _both(encoder: Tensors, decoder: Tensors) -> bool:
    """Whether both halves read and write symbols with recurrent layers."""
    embedded = any("emb" in name.lower() for half in (encoder, decoder) for name in half)
    return embedded and all(any(map(_RECURRENT.fullmatch, half)) for half in (encoder, decoder))


def _with_embedding(
    encoder: Tensors, decoder: Tensors, shared: list[Any]
) -> tuple[Tensors, Tensors]:
    """The halves with the embedding that lies apart, where both use one."""
    if not shared:
        return encoder, decoder
    table = {f"embedding.{name}": tensor for name, tensor in shared[0].tensors.items()}
    return {**table, **encoder}, {**table, **decoder}


def _with_other_half(path: Path, tensors: Tensors, content: Any) -> Pair | None:
    """This half, and the one beside it whose name says that it is the other."""
    encodes = _ENCODER.search(path.stem) is not None
    side, other = (_ENCODER, _DECODER) if encodes else (_DECODER, _ENCODER)
    if not side.search(path.stem) or not any(map(_RECURRENT.fullmatch, tensors)):
        return None
    named = [
        one
        for one in sorted(path.parent.iterdir())[:_MOST_FILES]
        if one.is_file() and other.search(one.stem) and not side.search(one.stem)
    ]
    halves = [half for one in named if (half := _half_in(one)) is not None]
    if len(halves) != 1:
        return None
    theirs, more = halves[0]
    encoder, decoder = (tensors, theirs) if encodes else (theirs, tensors)
    return Pair(encoder, decoder, [content, more])


def _half_in(path: Path) -> tuple[Tensors, Any] | None:
    """The one state_dict with recurrent layers in a file, and what else it holds."""
    try:
        check_fits(path)
        if not looks_like_pytorch(path):
            return None
        read = read_pytorch(path)
    except (ModelFileError, OSError):
        return None
    dicts = [one.tensors for one in weights_in(read.content)]
    dicts = [one for one in dicts if any(map(_RECURRENT.fullmatch, one))]
    return (dicts[0], read.content) if len(dicts) == 1 else None


def opened_pair(
    pair: Pair, file: ModelFile, companions: Companions, title: str = ""
) -> OpenedModel:
    """The translator that these halves are.

    Raises:
        SentencesNeeded: its words are listed nowhere.
        ModelFileError: the halves do not fit together, or attend in an unknown way.
    """
    encoder, decoder = (
        _Half(pair.encoder, "encoder", file.name),
        _Half(pair.decoder, "decoder", file.name),
    )
    sizes = (len(encoder.embedding), len(decoder.embedding))
    joined = _Joined(encoder, decoder, file.name, pair.squashed)
    words = pair.words or _listed(pair, file, companions, sizes)
    if words is None:
        raise SentencesNeeded(
            f"{file.name} is an encoder and a decoder for {sizes[0]:,} source and {sizes[1]:,} "
            "target words, which keep no word lists; put the lists beside it, or give the file "
            "that holds them"
        )
    sides = [Words.of(one.tokens) for one in words]
    source, target = sides
    assert source is not None and target is not None
    form, linear, notes = joined.form, joined.linear, joined.notes
    linear["output"] = _output(linear["output"], target)
    recurrent = encoder.recurrent, decoder.recurrent
    description = TranslationDescription(
        architecture=decoder.facts.name,
        layers=recurrent[1].num_layers,
        units=recurrent[1].hidden_size,
        embedding=decoder.embedding.shape[1],
        source=source.tokenizer(True).description,
        target=target.tokenizer(False).description,
        bidirectional=recurrent[0].bidirectional,
        attention=joined.attention,
        order=form.order,
        name=Path(file.name).stem,
    )
    model = PairTranslator(
        description,
        form,
        (source.tokenizer(True), target.tokenizer(False)),
        recurrent,
        (source.widened(encoder.embedding), target.widened(decoder.embedding)),
        linear,
    )
    places = " and ".join(dict.fromkeys(one.place for one in words))
    notes.insert(0, f"its words are those of {places}")
    return OpenedModel("translator", model, title or TranslatorPair.title, tuple(notes))


def _listed(
    pair: Pair, file: ModelFile, companions: Companions, sizes: tuple[int, int]
) -> tuple[Listed, Listed] | None:
    contents = [("the file", pair.content)]
    if companions.sentences is None and (found := pair_of_lists(contents, sizes)) is not None:
        return found
    return pair_of_lists(contents_beside(file.path, companions.sentences), sizes)


class _Half:
    """One half: its embedding, its recurrent layers, and what else it has, by module."""

    def __init__(self, tensors: Tensors, side: str, file: str) -> None:
        self.side, self.file = side, file
        for name, tensor in tensors.items():
            check_weights(name, tensor, file)
        own = {name: tensor.float() for name, tensor in tensors.items()}
        layers = {name: own.pop(name) for name in list(own) if _RECURRENT.fullmatch(name)}
        tables = [name for name in own if "emb" in name.lower() and own[name].dim() == 2]
        if len(tables) != 1:
            raise ModelFileError(
                f"the {side} of {file} has {len(tables)} embeddings; a translator's has one"
            )
        self.embedding = own.pop(tables[0])
        self.modules = {name.rpartition(".")[0] for name in (*own, tables[0])}
        self.recurrent = self._recurrent(layers)
        self.rest = own

    def _recurrent(self, tensors: Tensors) -> nn.RNNBase:
        modules = {
            name[: match.start(1)] for name in tensors if (match := _RECURRENT.fullmatch(name))
        }
        if len(modules) != 1:
            raise ModelFileError(
                f"the {self.side} of {self.file} has {len(modules)} recurrent modules; that of a "
                "translator has one"
            )
        prefix = modules.pop()
        named = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
        again, into = named.get("weight_hh_l0"), named.get("weight_ih_l0")
        if (
            again is None
            or into is None
            or again.dim() != 2
            or into.dim() != 2
            or not len(again.t())
        ):
            raise ModelFileError(f"the {self.side} of {self.file} lacks weights: it is damaged")
        units = again.shape[1]
        facts = _KINDS.get(len(again) // units)
        if facts is None or len(again) % units:
            raise ModelFileError(
                f"the recurrent weights of the {self.side} of {self.file} are {shape_of(again)}, "
                "which no LSTM, GRU or RNN has"
            )
        self.facts = facts
        made: nn.RNNBase = getattr(nn, facts.torch_module)(
            into.shape[1],
            units,
            sum(re.fullmatch(r"weight_hh_l\d+", name) is not None for name in named),
            bias="bias_ih_l0" in named,
            bidirectional="weight_hh_l0_reverse" in named,
        )
        try:
            made.load_state_dict(named)
        except RuntimeError as error:
            raise ModelFileError(
                f"the recurrent weights of the {self.side} of {self.file} do not fit each other: "
                f"{str(error).splitlines()[-1].strip()}"
            ) from error
        return made

    def linear(self, pattern: str, *shape: int) -> nn.Linear | None:
        """The linear layer whose module is called so and whose weight has this shape, taken."""
        for name in list(self.rest):
            module, _, leaf = name.rpartition(".")
            if leaf != "weight" or not re.search(pattern, module):
                continue
            if tuple(self.rest[name].shape) != shape:
                continue
            weight = self.rest.pop(name)
            bias = self.rest.pop(f"{module}.bias", None)
            return _linear(weight, bias)
        return None

    def vector(self, pattern: str, size: int) -> nn.Linear | None:
        """A vector of this size as a linear layer with one output, taken."""
        for name in list(self.rest):
            if re.search(pattern, name) and self.rest[name].numel() == size:
                return _linear(self.rest.pop(name).reshape(1, size), None)
        return None

    def finish(self) -> None:
        """Refuse what has found no place.

        Raises:
            ModelFileError: naming it.
        """
        if self.rest:
            shown = ", ".join(
                f"{name} {shape_of(one)}" for name, one in list(self.rest.items())[:3]
            )
            raise ModelFileError(
                f"the {self.side} of {self.file} has tensors that belong to none of the usual "
                f"translators ({shown}); what it computes cannot be told"
            )


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(torch.zeros(len(weight)) if bias is None else bias)
    return layer


class _Joined:
    """How the halves go together, found by their shapes.

    Raises:
        ModelFileError: they fit none of the usual programs.
    """

    def __init__(self, encoder: _Half, decoder: _Half, file: str, squashed: bool = True) -> None:
        self._as_tutorial = squashed and decoder.modules == _TUTORIAL
        self.reader, self.writer, self.file = encoder.recurrent, decoder.recurrent, file
        self.linear: dict[str, nn.Linear] = {}
        self.notes: list[str] = []
        self.attention = "none"
        self.embedded = decoder.embedding.shape[1]
        self.units, self.own = self.writer.hidden_size, self.reader.hidden_size
        self.ways = 1 + self.reader.bidirectional
        self.context = self.ways * self.own
        if encoder.embedding.shape[1] != self.reader.input_size:
            raise ModelFileError(f"the embedding of the encoder of {file} does not fit its layers")
        self._take_bridge(encoder)
        self._take_attention(decoder)
        self._take_join(decoder)
        read = self._take_output(decoder)
        decoder.finish()
        self._check_entering()
        self._check_begin()
        self.form = self._form(read)

    def _take_bridge(self, encoder: _Half) -> None:
        bridge = encoder.linear(r"", self.units, self.ways * self.own)
        if bridge is not None:
            self.linear["bridge"] = bridge
            self.notes.append("the decoder begins in tanh(W h) of the encoder's last states")
        encoder.finish()

    @property
    def _widths(self) -> list[int]:
        """How wide the encoder's states may be: side by side, or the two directions added."""
        return [self.ways * self.own, *([self.own] if self.ways == 2 else [])]

    def _take_attention(self, decoder: _Half) -> None:
        for width in self._widths:
            taken = _attention(decoder, self.units, self.embedded, width, self.writer.input_size)
            if taken is not None:
                self.attention, found = taken
                self.linear |= found
                self.context = width
                return

    def _take_join(self, decoder: _Half) -> None:
        for width in self._widths if self.attention == "none" else [self.context]:
            join = decoder.linear(
                r"concat|combine|attn|out|fc|linear", self.units, self.units + width
            )
            if join is not None:
                self.linear["join"], self.context = join, width
                if self.attention == "none":
                    self.attention = "dot"
                    said = "its attention has no weights of its own: states are multiplied"
                    self.notes.append(said)
                return

    def _take_output(self, decoder: _Half) -> tuple[Part, ...]:
        size = len(decoder.embedding)
        inside = self.linear["join"].out_features if "join" in self.linear else 0
        found, read = _read_out(decoder, size, inside, self.units, self.context, self.embedded)
        if found is None:
            raise ModelFileError(
                f"the decoder of {self.file} has no layer that says one of its {size:,} words"
            )
        self.linear["output"] = found
        if len(read) == 3 and self.attention == "none":  # as notebooks after Cho et al. (2014) do
            return ("embedded", "hidden", "context")
        return ("hidden", "context") if inside else read

    @property
    def _after(self) -> bool:
        """Whether it looks from the state after the step: nothing looked at enters it."""
        entering = self.writer.input_size
        return self.attention not in ("none", "position") and entering == self.embedded

    @property
    def _carried(self) -> bool:
        entering = self.writer.input_size
        return self.attention == "none" and entering == self.embedded + self.units

    def _check_entering(self) -> None:
        entering = self.writer.input_size
        expected = {self.embedded, self.embedded + self.context}
        if self.attention == "none":
            expected = {self.embedded, self.embedded + self.units}
        if "combine" in self.linear:
            expected = {self.linear["combine"].out_features}
        if entering not in expected:
            raise ModelFileError(
                f"{entering:,} numbers enter the decoder of {self.file}, which fits neither its "
                f"embedding of {self.embedded:,} nor that with what it looks at ({self.context:,})"
            )

    def _check_begin(self) -> None:
        kinds = type(self.reader), type(self.writer)
        if kinds[0] is not kinds[1]:
            raise ModelFileError(
                f"the encoder of {self.file} is of {kinds[0].__name__} and its decoder of "
                f"{kinds[1].__name__}; how one begins where the other ends is not in the file"
            )
        layers = self.reader.num_layers, self.writer.num_layers
        fits = self.units in {self.own, self.ways * self.own} or "bridge" in self.linear
        if not fits or layers[0] * self.ways < layers[1]:
            raise ModelFileError(
                f"the encoder of {self.file} ends in {layers[0]} layers of {self.own:,} numbers "
                f"each way, and its decoder begins in {layers[1]} of {self.units:,}; nothing "
                "between them says how"
            )

    def _form(self, read: tuple[Part, ...]) -> PairForm:
        plain = self.attention == "none" and not self._carried and self._as_tutorial
        squashed = plain and self.writer.num_layers == 1
        summed = self.context != self.ways * self.own
        if squashed:
            said = "relu is taken of the decoder's embedding, as in PyTorch's tutorial"
            self.notes.append(said)
        if summed:
            self.notes.append("the two directions of the encoder are added, as the widths say")
        order: Literal["before", "after"] = "after" if self._after else "before"
        return PairForm(order, summed, squashed, self._carried, read)


def _attention(
    decoder: _Half, units: int, embedded: int, context: int, entering: int
) -> tuple[str, dict[str, nn.Linear]] | None:
    """The layers of its attention, where it has one over states of this width."""
    query = decoder.linear(r"\.?(Wa|W_?1|query|W)$", units, units)
    if query is not None:
        key = decoder.linear(r"\.?(Ua|W_?2|key|U)$", units, context)
        score = decoder.linear(r"\.?(Va|V|v|score|energy)$", 1, units)
        if key is not None and score is not None:
            return "additive", {"query": query, "key": key, "score": score}
        for name, layer in (("query", query), ("key", key), ("score", score)):
            if layer is not None:  # it is something else: under another name, and asked about again
                decoder.rest[f"attn.{name}.weight"] = layer.weight.detach()
                decoder.rest[f"attn.{name}.bias"] = layer.bias.detach()
    if (position := _by_position(decoder, units, embedded, context, entering)) is not None:
        return "position", position
    both = decoder.linear(r"attn|attention|energy", units, units + context)
    if both is not None and (
        score := decoder.vector(r"(^|\.)(v|V|other|score)(\.weight)?$", units)
    ):
        query = _linear(both.weight[:, :units], both.bias)
        return "additive", {
            "query": query, "key": _linear(both.weight[:, units:], None), "score": score,
        }  # fmt: skip
    if both is not None:  # it joins state and context
        decoder.rest["concat.weight"], decoder.rest["concat.bias"] = both.weight, both.bias
        return None
    key = decoder.linear(r"attn|attention|\bW", units, context)
    return ("general", {"key": key}) if key is not None else None


def _by_position(
    decoder: _Half, units: int, embedded: int, context: int, entering: int
) -> dict[str, nn.Linear] | None:
    """The layers of an attention by position, `attn` and `attn_combine` of the older tutorial."""
    combine = decoder.linear(r"combine", entering, embedded + context)
    if combine is None:
        return None
    for name, weight in list(decoder.rest.items()):
        if name.endswith("attn.weight") and weight.dim() == 2:
            position = decoder.linear(r"attn$", len(weight), embedded + units)
            if position is not None:
                return {"position": position, "combine": combine}
    raise ModelFileError(
        f"the decoder of {decoder.file} combines what it looks at with its input, and has no layer "
        "that says where it looks"
    )


def _read_out(
    decoder: _Half, size: int, inside: int, units: int, context: int, embedded: int
) -> tuple[nn.Linear | None, tuple[Part, ...]]:
    """The layer that says a word, and what it sees."""
    forms: tuple[tuple[int, tuple[Part, ...]], ...] = (
        (inside, ()),
        (units, ("hidden",)),
        (units + context, ("hidden", "context")),
        (units + context + embedded, ("hidden", "context", "embedded")),
    )
    for width, read in forms:
        if width and (found := decoder.linear(r"", size, width)) is not None:
            return found, read
    return None, ()


def _output(layer: nn.Linear, target: Words) -> nn.Linear:
    """The same in the order of our words; what cannot come out never does."""
    found = _linear(target.widened(layer.weight.detach()), None)
    with torch.no_grad():
        found.bias.copy_(target.forbidden(layer.bias.detach()))
    return found

"""Encoders and decoders of other programs in files of ours: what they are beside their weights."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import torch
from torch import Tensor, nn

from rnnviz.core.architectures import layers_of_torch
from rnnviz.core.errors import ModelFileError, TextError
from rnnviz.core.models.translation import (
    BEGIN_ID,
    END_ID,
    PairDescription,
    RecurrentDescription,
    TranslationDescription,
)
from rnnviz.nets.alignments.networks.pair_model import PairForm, PairTranslator
from rnnviz.nets.alignments.networks.tutorial_model import TutorialTranslator
from rnnviz.nets.alignments.tokenizers import tokenizer_of
from rnnviz.nets.sequence.weights import fitting_weights

_LINEAR = {"output", "position", "combine", "query", "key", "score", "bridge", "join"}
_LARGEST = 65536


def described_pair(model: PairTranslator | TutorialTranslator) -> TranslationDescription:
    """The description of such a model, with what its own program computes."""
    recurrent = tuple(_described(one) for one in (model.encoder, model.decoder))
    form = model.form if isinstance(model, PairTranslator) else PairForm()
    pair = PairDescription(
        program="pair" if isinstance(model, PairTranslator) else "tutorial",
        encoder=recurrent[0],
        decoder=recurrent[1],
        order=form.order,
        summed=form.summed,
        squashed=form.squashed,
        carried=form.carried,
        read=form.read,
    )
    return msgspec.structs.replace(model.description, pair=pair)


def _described(module: nn.RNNBase) -> RecurrentDescription:
    return RecurrentDescription(
        kind=module.mode.partition("_")[0],
        relu=module.mode == "RNN_RELU",
        inputs=module.input_size,
        units=module.hidden_size,
        layers=module.num_layers,
        both=module.bidirectional,
        bias=module.bias,
    )


def build_pair(
    description: TranslationDescription, tensors: Mapping[str, Tensor], file: str
) -> PairTranslator | TutorialTranslator:
    """The model of this description with these weights, in float32, in evaluation mode.

    Raises:
        ModelFileError: parts that do not go together, or a weight is NaN or infinite.
    """
    pair = description.pair
    assert pair is not None
    wanted = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    weights = fitting_weights(wanted, tensors, file)
    try:
        for side, about in (("encoder", pair.encoder), ("decoder", pair.decoder)):
            _check(about, side, file)
        own = _tutorial if pair.program == "tutorial" else _pair
        model = own(description, pair, weights)
        memory = model.encode(torch.full((2, 1), END_ID), torch.tensor([2]))
        with torch.inference_mode():  # whether all parts go together shows in a step
            model.step(torch.tensor([BEGIN_ID]), model.start(memory), memory)
    except (KeyError, IndexError, RuntimeError, TypeError, ValueError, TextError) as error:
        raise ModelFileError(
            f"{file} holds an encoder and a decoder whose parts do not go together "
            f"({str(error).partition(chr(10))[0][:120]}); it is damaged"
        ) from error
    return model


def _check(about: RecurrentDescription, side: str, file: str) -> None:
    if about.kind not in {facts.torch_module for facts in layers_of_torch()}:
        raise ModelFileError(f"{file} names no recurrent module of torch as its {side}")
    sizes = about.inputs, about.units, about.layers * 256
    if not all(0 < size <= _LARGEST for size in sizes):
        raise ModelFileError(f"{file} claims an absurd size of its {side}; it is damaged")


def _recurrent(about: RecurrentDescription, side: str, weights: Mapping[str, Tensor]) -> nn.RNNBase:
    how = {"nonlinearity": "relu"} if about.relu else {}
    with torch.device("meta"):
        made: nn.RNNBase = getattr(nn, about.kind)(
            about.inputs,
            about.units,
            about.layers,
            bias=about.bias,
            bidirectional=about.both,
            **how,
        )
    own = {
        name.removeprefix(f"{side}."): tensor.contiguous()
        for name, tensor in weights.items()
        if name.startswith(f"{side}.")
    }
    made.load_state_dict(own, assign=True)
    return made


def _pair(
    description: TranslationDescription, pair: PairDescription, weights: Mapping[str, Tensor]
) -> PairTranslator:
    linear: dict[str, nn.Linear] = {}
    for name, tensor in weights.items():
        place, _, leaf = name.removeprefix("linear.").partition(".")
        if name.startswith("linear.") and leaf == "weight" and place in _LINEAR:
            linear[place] = _linear(weights, f"linear.{place}", tensor)
    return PairTranslator(
        description,
        PairForm(pair.order, pair.summed, pair.squashed, pair.carried, pair.read),
        (tokenizer_of(description.source), tokenizer_of(description.target)),
        (
            _recurrent(pair.encoder, "encoder", weights),
            _recurrent(pair.decoder, "decoder", weights),
        ),
        (weights["source_embedding"], weights["target_embedding"]),
        linear,
    )


def _linear(weights: Mapping[str, Tensor], name: str, weight: Tensor) -> nn.Linear:
    bias = weights.get(f"{name}.bias")
    with torch.device("meta"):
        made = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    made.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}), assign=True)
    return made


def _tutorial(
    description: TranslationDescription, pair: PairDescription, weights: Mapping[str, Tensor]
) -> TutorialTranslator:
    names = {
        "output": "out", "position": "attn", "combine": "attn_combine",
        "query": "attention.Wa", "key": "attention.Ua", "score": "attention.Va",
    }  # fmt: skip
    halves: dict[str, dict[str, Tensor]] = {
        "encoder": {"embedding.weight": weights["source_embedding"]},
        "decoder": {"embedding.weight": weights["target_embedding"]},
    }
    for name, tensor in weights.items():
        side, _, rest = name.partition(".")
        if side in halves:
            halves[side][f"gru.{rest}"] = tensor
        elif side in names:
            halves["decoder"][f"{names[side]}.{rest}"] = tensor
    return TutorialTranslator(
        description,
        tokenizer_of(description.source),
        tokenizer_of(description.target),
        halves["encoder"],
        halves["decoder"],
    )

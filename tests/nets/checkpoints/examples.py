"""Small networks made by torch's own modules, and the files that each importer reads them from."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from tests.nets.checkpoints.networks.chain_writers import (
    write_keras,
    write_keras_archive,
    write_onnx,
    write_tfjs,
)
from tests.nets.checkpoints.torch7.t7_writer import Lua, array, t7

CHARACTERS = "abc\n"
KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Stock(nn.Module):
    """What a person writes: an embedding or one-hot input, a stock module, a linear output."""

    def __init__(
        self,
        kind: str = "lstm",
        layers: int = 1,
        units: int = 3,
        embedding: int = 0,
        size: int = len(CHARACTERS),
        bias: bool = True,
    ) -> None:
        super().__init__()
        torch.manual_seed(len(kind) + layers)
        self.size = size
        self.embed = nn.Embedding(size, embedding) if embedding else None
        self.rnn = KINDS[kind](embedding or size, units, layers, bias=bias)
        self.fc = nn.Linear(units, size, bias=bias)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (T, B, V) for ids (T, B)."""
        inputs = self.embed(ids) if self.embed else functional.one_hot(ids, self.size).float()
        return self.fc(self.rnn(inputs)[0])


def ids(size: int = len(CHARACTERS), length: int = 12) -> Tensor:
    """Two streams of characters, (T, 2)."""
    return torch.randint(size, (length, 2), generator=torch.Generator().manual_seed(1))


def logits(model: LanguageModel, given: Tensor) -> Tensor:
    """What an opened model predicts from zero states."""
    with torch.inference_mode():
        return model(given, model.zero_state(given.shape[1]))[0]


def torch_rnn(stock: Stock, names: dict[int, Any] | None = None) -> dict[str, Any]:
    """The checkpoint that torch-rnn would have written for this network."""
    state = {name: tensor.detach().double() for name, tensor in stock.state_dict().items()}
    modules: list[Any] = [Lua("nn.LookupTable", weight=state["embed.weight"].numpy())]
    for number in range(stock.rnn.num_layers):
        into, again = state[f"rnn.weight_ih_l{number}"], state[f"rnn.weight_hh_l{number}"]
        bias = state[f"rnn.bias_ih_l{number}"] + state[f"rnn.bias_hh_l{number}"]
        weight = torch.cat([into.t(), again.t()])
        if isinstance(stock.rnn, nn.LSTM):
            weight = torch.cat([weight.chunk(4, 1)[block] for block in (0, 1, 3, 2)], 1)
            bias = torch.cat([bias.chunk(4)[block] for block in (0, 1, 3, 2)])
        kind = "nn.LSTM" if isinstance(stock.rnn, nn.LSTM) else "nn.VanillaRNN"
        modules += [Lua(kind, weight=weight.numpy(), bias=bias.numpy()), Lua("nn.Dropout", p=0.5)]
    output = Lua("nn.Linear", weight=state["fc.weight"].numpy(), bias=state["fc.bias"].numpy())
    modules.append(Lua("nn.TemporalAdapter", net=output))
    model = Lua(
        "nn.LanguageModel",
        idx_to_token=names or array(CHARACTERS),
        net=Lua("nn.Sequential", modules=array(modules)),
        rnns=array(modules[1:-1:2]),
    )
    return {
        "model": model,
        "opt": {"gpu": -1, "model_type": "lstm"},
        "train_loss_history": array([3.2]),
    }


def write_native(path: Path, stock: Stock) -> None:
    description = ModelDescription(
        architecture=type(stock.rnn).__name__.lower(),
        layers=stock.rnn.num_layers,
        units=stock.rnn.hidden_size,
        embedding=stock.embed.embedding_dim if stock.embed else 0,
        vocabulary=tuple(CHARACTERS),
    )
    model = LanguageModel(description)
    state = stock.state_dict()
    names = {
        "fc.weight": "output.weight",
        "fc.bias": "output.bias",
        "embed.weight": "embedding.weight",
    }
    for name in state:
        if name.startswith("rnn."):
            part, layer = name.removeprefix("rnn.").rsplit("_l", 1)
            names[name] = f"layers.{layer}.{part}_l0"
    model.load_state_dict({names[name]: tensor for name, tensor in state.items()})
    save_model(path, model)


def write_safetensors(path: Path, stock: Stock) -> None:
    save_file(stock.state_dict(), path, {"chars": CHARACTERS})


def write_arrays(path: Path, stock: Stock) -> None:
    state = {name: tensor.numpy() for name, tensor in stock.state_dict().items()}
    with path.open("wb") as file:
        np.savez(file, **state, chars=np.array(list(CHARACTERS)))


def write_pickled_arrays(path: Path, stock: Stock) -> None:
    state = {name: tensor.numpy() for name, tensor in stock.state_dict().items()}
    path.write_bytes(pickle.dumps({"params": state, "chars": list(CHARACTERS)}))


def write_pytorch(path: Path, stock: Stock) -> None:
    torch.save({"model": stock.state_dict(), "chars": list(CHARACTERS)}, path)


def write_pytorch_legacy(path: Path, stock: Stock) -> None:
    content = {"model": stock.state_dict(), "chars": list(CHARACTERS)}
    torch.save(content, path, _use_new_zipfile_serialization=False)


def write_module(path: Path, stock: Stock) -> None:
    stock.chars = CHARACTERS  # type: ignore[assignment]
    torch.save(stock, path)


def write_module_legacy(path: Path, stock: Stock) -> None:
    stock.int_to_char = dict(enumerate(CHARACTERS))  # type: ignore[assignment]
    torch.save(stock, path, _use_new_zipfile_serialization=False)


def write_torchscript(path: Path, stock: Stock) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(_Scripted(stock)).save(path)


class _Scripted(nn.Module):
    """The modules of a network under their names, in a form that can be scripted."""

    def __init__(self, stock: Stock) -> None:
        super().__init__()
        self.chars = CHARACTERS
        if stock.embed is not None:
            self.embed = stock.embed
        self.rnn, self.fc = stock.rnn, stock.fc

    def forward(self, inputs: Tensor) -> Tensor:
        return self.fc(self.rnn(inputs)[0])


def write_torch7(path: Path, stock: Stock) -> None:
    path.write_bytes(t7(torch_rnn(stock)))


Writer = Callable[[Path, Stock], None]
WRITERS: dict[str, tuple[Writer, ...]] = {
    "rnnviz": (write_native,),
    "state-arrays": (write_arrays, write_pickled_arrays),
    "safetensors": (write_safetensors,),
    "pytorch": (write_pytorch, write_pytorch_legacy),
    "pytorch-module": (write_module, write_module_legacy),
    "torchscript": (write_torchscript,),
    "torch7": (write_torch7,),
    "keras": (write_keras, write_keras_archive),
    "tensorflow-js": (write_tfjs,),
    "onnx": (write_onnx,),
}
"""How to write a file for each importer."""

NETWORKS = {
    "torch7": [(kind, layers, 2) for kind in ("rnn", "lstm") for layers in (1, 2)],
    **{
        name: [(kind, layers, 2) for kind in KINDS for layers in (1, 2)]
        for name in ("keras", "tensorflow-js", "onnx")
    },
}
"""The networks (kind, layers, embedding) that a format can hold, where it cannot hold all."""
GIVEN = {name: tuple(CHARACTERS) for name in ("keras", "tensorflow-js", "onnx")}
"""The vocabulary, for formats whose files have none."""
ALL_NETWORKS = [(kind, layers, e) for kind in KINDS for layers in (1, 3) for e in (0, 2, 4)]


def expected(stock: Stock, given: Tensor) -> np.ndarray:
    """The logits of torch's own modules."""
    with torch.inference_mode():
        return stock(given).numpy()

import json
import struct

import numpy as np
import pytest
import torch
from safetensors.torch import save

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.models.model_file import ModelDescription, encode_description
from rnnviz.core.system import places
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from tests.nets.checkpoints.examples import CHARACTERS, Stock, ids, logits

DESCRIPTION = ModelDescription(
    architecture="gru", layers=2, units=3, vocabulary=tuple(CHARACTERS), skip=True
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def described(**changes):
    fields = {name: getattr(DESCRIPTION, name) for name in DESCRIPTION.__struct_fields__}
    return ModelDescription(**{**fields, **changes})


def test_what_was_saved_is_opened_with_skip_connections(path):
    model = LanguageModel(DESCRIPTION).eval()
    save_model(path, model)
    found = open_model(path)
    assert found.model.description == DESCRIPTION
    assert found.format_title == "rnnviz model"
    assert np.array_equal(logits(found.model, ids()), logits(model, ids()))


def test_half_precision_is_half_the_size(path, tmp_path):
    model = LanguageModel(described(units=64))
    save_model(path, model)
    save_model(tmp_path / "half", model, half=True)
    assert (tmp_path / "half").stat().st_size < 0.55 * path.stat().st_size
    found = open_model(tmp_path / "half").model
    assert found.output.weight.dtype == torch.float32
    assert (logits(found, ids()) - logits(model.eval(), ids())).abs().max() < 1e-2


def test_its_own_vocabulary_wins(path):
    save_model(path, LanguageModel(DESCRIPTION))
    assert open_model(path, "wxyz").model.description.vocabulary == tuple(CHARACTERS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"units": 4}, r"layers\.0\.bias_hh_l0 should be \(12,\) and is \(9,\)"),
        ({"units": 65536, "layers": 64}, "do not fit its description"),
        ({"units": 10**9}, "1000000000 units"),
        ({"layers": 0}, "0 layers"),
        ({"embedding": 10**9}, "embedding of 1000000000"),
        ({"architecture": "transformer"}, "'transformer' is unknown"),
        ({"vocabulary": ()}, "empty"),
        ({"vocabulary": tuple("aabc")}, "twice"),
        ({"vocabulary": ("the", "b", "c", "d")}, "single characters"),
        ({"version": 99}, "update rnnviz"),
        ({"task": "vision"}, "'vision'"),
        ({"task": "translation"}, "malformed"),
        ({"task": "memory-adding"}, "reads no text"),
        ({"skip": False}, "should be"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(changes, message, path):
    save_model(path, LanguageModel(DESCRIPTION), described(**changes))
    with pytest.raises(ModelFileError, match=message):
        open_model(path)


def test_integer_weights_are_refused(path):
    tensors = dict(LanguageModel(DESCRIPTION).state_dict())
    tensors["output.bias"] = torch.ones(4, dtype=torch.int64)
    path.write_bytes(save(tensors, encode_description(DESCRIPTION)))
    with pytest.raises(ModelFileError, match=r"output\.bias .* type int64"):
        open_model(path)


def with_header(header, content=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + content


METADATA = encode_description(DESCRIPTION)


def one_tensor(dtype, shape, offsets):
    return {
        "__metadata__": METADATA,
        "x": {"dtype": dtype, "shape": shape, "data_offsets": offsets},
    }


@pytest.mark.parametrize(
    "raw",
    [
        struct.pack("<Q", 2**63) + b'{"a": 1}',
        struct.pack("<Q", 2**64 - 1) + b'{"a": 1}',
        struct.pack("<Q", 2**34) + b'{"a": 1}',
        with_header(b"{" * 100_000),
        with_header(b"{not json"),
        with_header(b'{"a": "\xff"}'),
        with_header(one_tensor("F32", [10**12, 10**6], [0, 16]), bytes(16)),
        with_header(one_tensor("F32", [2**63, 2**63], [0, 16]), bytes(16)),
        with_header(one_tensor("F32", [-1, 4], [0, 16]), bytes(16)),
        with_header(one_tensor("F32", [4], [0, 10**15]), bytes(16)),
        with_header(one_tensor("F32", [4], [16, 0]), bytes(16)),
        with_header(one_tensor("F32", [4, "x"], [0, 16]), bytes(16)),
        with_header(one_tensor("F32", None, [0, 16]), bytes(16)),
        with_header(one_tensor("Q99", [4], [0, 16]), bytes(16)),
        with_header(one_tensor("F32", [4], [0, 16]), bytes(16)),
        with_header({"__metadata__": METADATA, "x": 3}),
        with_header({"__metadata__": {"rnnviz": 3}}),
        with_header({"__metadata__": {"rnnviz": "{}"}}),
        with_header({"__metadata__": [1]}),
        with_header({}),
    ],
)
def test_hostile_headers_are_refused(raw, path):
    path.write_bytes(raw)
    with pytest.raises(ModelFileError):
        open_model(path)


def test_a_foreign_safetensors_file_asks_for_its_characters(path):
    path.write_bytes(save(Stock("lstm").state_dict()))
    with pytest.raises(VocabularyNeeded):
        open_model(path)
    assert open_model(path, CHARACTERS).format_title == "safetensors state_dict"


def test_a_transformer_in_safetensors_is_named(path):
    path.write_bytes(save({"model.layers.0.self_attn.q_proj.weight": torch.ones(2, 2)}))
    with pytest.raises(ModelFileError, match="holds a Transformer"):
        open_model(path)


def test_tied_weights_are_written_twice_and_read_as_they_were(tmp_path):
    about = ModelDescription(
        architecture="lstm", layers=1, units=4, embedding=4, vocabulary=tuple("abc")
    )
    model = LanguageModel(about)
    assert model.embedding is not None
    model.output.weight = model.embedding.weight
    save_model(tmp_path / "tied.safetensors", model)
    again = open_model(tmp_path / "tied.safetensors").model
    assert torch.equal(again.output.weight, model.embedding.weight)


@pytest.mark.parametrize("name", ["war-and-peace-words", "french-english"])
def test_opening_draws_no_weights_that_the_file_replaces(name, monkeypatch):
    def drawn(*_, **__):
        raise AssertionError("weights are drawn")

    monkeypatch.setattr(torch.nn.Embedding, "reset_parameters", drawn)
    monkeypatch.setattr("rnnviz.nets.sequence.first_weights.draw_parameter", drawn)
    model = open_model(places.models() / f"{name}.safetensors").model
    assert all(not weight.is_meta for weight in [*model.parameters(), *model.buffers()])

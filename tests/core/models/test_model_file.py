"""The description in a model file is read as it was written, and nothing damaged gets through."""

import json
import struct

import msgspec
import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.core.kinds.described import decode_described, read_description
from rnnviz.core.models.model_file import (
    FORMAT_VERSION,
    METADATA_KEY,
    ModelDescription,
    encode_description,
    read_header,
)


def file_bytes(header, length=None):
    """A safetensors file without tensors; `length` is what it announces."""
    return struct.pack("<Q", len(header) if length is None else length) + header


def test_a_description_comes_back_whole(tmp_path, tiny_description):
    description = msgspec.structs.replace(
        tiny_description,
        skip=True,
        embedding=7,
        training={"steps": 10, "held_out_nats": 1.25},
        findings=({"channel": "cell", "layer": 1, "unit": 2, "concept": "inside-quotes"},),
        default_text="novel.txt",
    )
    metadata = {"__metadata__": encode_description(description)}
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_bytes(json.dumps(metadata).encode()))
    found = read_description(path)
    assert found == description
    assert isinstance(found, ModelDescription)
    assert found.total_units == 16
    assert found.characters().characters == tiny_description.vocabulary


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "m.safetensors holds 0 bytes"),
        (b"short", "holds 5 bytes; that is no model file"),
        (b"This is a novel, not a model.", "truncated or not a safetensors file"),
        (file_bytes(b"{}", 1000), "a header of 1,000 bytes in a file of 10; it is truncated"),
        (file_bytes(b"not json"), "the header of m.safetensors is not JSON"),
        (file_bytes(b"\xff\xfe"), "the header of m.safetensors is not JSON"),
        (file_bytes(b"[" * 100_000), "the header of m.safetensors is not JSON"),
        (file_bytes(b"[]"), "is no JSON object"),
    ],
)
def test_a_damaged_header_is_refused(tmp_path, content, said):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=said):
        read_header(path)


@pytest.mark.parametrize("metadata", [{}, {"__metadata__": {}}, {"__metadata__": [1]}])
def test_a_file_of_somebody_else_is_told_apart(tmp_path, metadata):
    path = tmp_path / "m.safetensors"
    path.write_bytes(file_bytes(json.dumps(metadata).encode()))
    with pytest.raises(ModelFileError, match="safetensors file without an rnnviz description"):
        read_description(path)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": FORMAT_VERSION + 1}, "format version 3, newer than the 2 known here; update"),
        ({"layers": 0}, "claims 0 layers of 8 units"),
        ({"units": 10**9}, "claims 2 layers of 1000000000 units"),
        ({"embedding": -1}, "claims an embedding of -1 numbers"),
        ({"vocabulary": ["a", "a"]}, "the same character twice"),
        ({"vocabulary": ["the"]}, "word and subword models"),
        ({"units": "many"}, "the description in m is malformed"),
    ],
)
def test_fields_that_make_no_sense_are_refused(tiny_description, changed, said):
    fields = json.loads(encode_description(tiny_description)[METADATA_KEY])
    with pytest.raises(ModelFileError, match=said):
        decode_described(json.dumps({**fields, **changed}), "m")


def test_a_description_nested_beyond_reason_is_refused():
    with pytest.raises(ModelFileError, match="malformed"):
        decode_described('{"training":' + "[" * 100_000, "m")


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"cannot read .*gone\.safetensors: No such file"):
        read_description(tmp_path / "gone.safetensors")

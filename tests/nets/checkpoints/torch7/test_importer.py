import struct

import numpy as np
import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.torch7.objects import LuaObject, read_t7
from tests.nets.checkpoints.examples import (
    CHARACTERS,
    Stock,
    expected,
    ids,
    logits,
    torch_rnn,
)
from tests.nets.checkpoints.torch7.t7_writer import Lua, array, string, t7


@pytest.fixture
def opened(tmp_path):
    def write_and_open(content, **options):
        (tmp_path / "model.t7").write_bytes(t7(content, **options))
        return open_model(tmp_path / "model.t7")

    return write_and_open


@pytest.fixture
def read(tmp_path):
    def write_and_read(raw):
        (tmp_path / "file.t7").write_bytes(raw)
        return read_t7(tmp_path / "file.t7")

    return write_and_read


@pytest.mark.parametrize("tensor", ["FloatTensor", "DoubleTensor", "CudaTensor"])
def test_tensors_of_any_kind(tensor, opened):
    stock = Stock("lstm", 2, embedding=3)
    found = opened(torch_rnn(stock), tensor=f"torch.{tensor}")
    assert np.abs(logits(found.model, ids()).numpy() - expected(stock, ids())).max() < 1e-5


def test_bytes_above_127_are_bytes(opened):
    names = array(["a", "[195]", "[169]", "\n"])
    reads = opened(torch_rnn(Stock(embedding=2), names)).model.network.reads
    assert (reads.unit, reads.vocabulary) == ("bytes", ("a", "\xc3", "\xa9", "\n"))


def test_the_model_alone_opens_too(opened):
    found = opened(torch_rnn(Stock(embedding=2))["model"])
    assert found.model.description.vocabulary == tuple(CHARACTERS)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"protos": {"rnn": Lua("nn.gModule")}}, "no graph of a time step"),
        ({"model": Lua("nn.Concat")}, r"model \(nn\.Concat\)"),
        (Lua("nn.gModule"), r"a nn\.gModule"),
    ],
)
def test_other_torch7_files_say_what_they_hold(content, found, opened):
    with pytest.raises(ModelFileError, match=found):
        opened(content)


def test_batch_normalisation_is_named(opened):
    content = torch_rnn(Stock(embedding=2))
    modules = content["model"].fields["net"].fields["modules"]
    modules[3] = Lua("nn.BatchNormalization", weight=np.ones(3))
    with pytest.raises(ModelFileError, match=r"nn\.BatchNormalization"):
        opened(content)


def test_misshapen_layers_are_refused(opened):
    content = torch_rnn(Stock(embedding=2))
    content["model"].fields["net"].fields["modules"][2].fields["weight"] = np.ones((5, 13))
    with pytest.raises(ModelFileError, match=r"\(5, 13\)"):
        opened(content)


def test_values_come_back(read):
    shared = {"x": 1.5}
    value = {"n": None, "yes": True, "no": False, "s": "é", 3: shared, "again": shared}
    found = read(t7(value))
    assert found == {
        "n": None,
        "yes": True,
        "no": False,
        "s": "é",
        3: {"x": 1.5},
        "again": {"x": 1.5},
    }
    assert found[3] is found["again"]
    numbers = read(t7({1: np.arange(6.0).reshape(2, 3)}))[1]
    assert numbers.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert isinstance(read(t7(Lua("nn.Thing", a=1))), LuaObject)


def tensor(size, stride, offset, count, held):
    """A tensor object with these numbers before a storage of `held` floats."""
    start = struct.pack("<ii", 4, 1) + string("V 1") + string("torch.FloatTensor")
    numbers = struct.pack(f"<i{2 * len(size) + 1}q", len(size), *size, *stride, offset)
    storage = struct.pack("<ii", 4, 2) + string("V 1") + string("torch.FloatStorage")
    return start + numbers + storage + struct.pack("<q", count) + bytes(4 * held)


def test_strides_and_offset_are_followed(read):
    raw = bytearray(tensor((2, 2), (1, 2), 2, 5, 5))
    raw[-20:] = np.arange(5, dtype="<f4").tobytes()
    assert read(bytes(raw)).tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    "raw",
    [
        tensor((2, 2), (2, 1), 2, 4, 4),
        tensor((2, 2), (2, 1), 0, 4, 4),
        tensor((2, 2), (-2, 1), 3, 4, 4),
        tensor((3, 3), (0, 0), 1, 4, 4),
        tensor((2**40, 2**40), (0, 0), 1, 4, 4),
        tensor((2, 2), (2, 1), 1, 10**15, 4),
        tensor((2, 2), (2, 1), 1, -1, 4),
        tensor((1,) * 9, (1,) * 9, 1, 4, 4),
        struct.pack("<iii", 3, 1, 2**31 - 1) + bytes(64),
        struct.pack("<iii", 3, 1, -1) + bytes(64),
        struct.pack("<ii", 2, 2**31 - 1) + bytes(64),
        struct.pack("<i", 77) + bytes(64),
        b"".join(struct.pack("<iii", 3, number, 1) for number in range(1, 5000)),
    ],
)
def test_absurd_counts_are_refused(raw, read):
    with pytest.raises(ModelFileError, match="damaged or cut short"):
        read(raw)


@pytest.mark.parametrize("tag", [6, 7, 8])
def test_functions_are_passed_over_and_never_run(tag, read):
    index = struct.pack("<i", 2) if tag != 6 else b""
    code = struct.pack("<i", tag) + index + string(b"\x1bLua") + struct.pack("<i", 0)
    raw = struct.pack("<iii", 3, 1, 2) + struct.pack("<id", 1, 1) + code
    found = read(raw + struct.pack("<id", 1, 2) + struct.pack("<id", 1, 7))
    assert found[1].kind == "function"
    assert found[2] == 7
    with pytest.raises(ModelFileError, match="damaged or cut short"):
        read(struct.pack("<i", tag) + index + struct.pack("<i", 2**30) + bytes(32))


def test_a_table_that_holds_itself_is_read(read):
    found = read(struct.pack("<iii", 3, 1, 1) + struct.pack("<id", 1, 1) + struct.pack("<ii", 3, 1))
    assert found[1] is found

import argparse
import collections
import io
import pickle
import resource
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.nets.checkpoints import open_model
from tests.nets.checkpoints.examples import CHARACTERS, Stock, expected, ids, logits


@pytest.fixture
def opened(tmp_path):
    """Save this with torch and open it."""

    def save_and_open(content, vocabulary=None, **options):
        torch.save(content, tmp_path / "model.pt", **options)
        return open_model(tmp_path / "model.pt", vocabulary)

    return save_and_open


def renamed(stock, change):
    return {change(name): tensor for name, tensor in stock.state_dict().items()}


def agrees(opened, stock):
    return np.abs(logits(opened.model, ids()).numpy() - expected(stock, ids())).max() < 1e-5


NAMINGS = {
    "bare": lambda name: name,
    "data parallel": lambda name: f"module.{name}",
    "compiled": lambda name: f"_orig_mod.{name}",
    "both": lambda name: f"_orig_mod.module.{name}",
    "lightning": lambda name: f"model.net.{name}",
    "char-rnn": lambda name: name.replace("embed.", "encoder.").replace("fc.", "decoder."),
    "sequential": lambda name: (
        name.replace("embed.", "0.").replace("rnn.", "1.").replace("fc", "2")
    ),
    "odd": lambda name: name.replace("embed.weight", "E").replace("fc.weight", "W_out"),
}


@pytest.mark.parametrize("naming", NAMINGS)
@pytest.mark.parametrize("embedding", [0, 3])
def test_parameter_names_do_not_matter(naming, embedding, opened):
    stock = Stock("gru", 2, embedding=embedding)
    assert agrees(opened(renamed(stock, NAMINGS[naming]), CHARACTERS), stock)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_without_biases(kind, opened):
    stock = Stock(kind, 2, embedding=3, bias=False)
    assert agrees(opened(stock.state_dict(), CHARACTERS), stock)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("names", ["cells.{}.", "layer{}.cell_"])
def test_a_stack_of_cells(kind, names, opened):
    stock = Stock(kind, 12, embedding=3)

    def as_cell(name):
        part, _, layer = name.removeprefix("rnn.").rpartition("_l")
        return names.format(layer) + part if name.startswith("rnn.") else name

    # in alphabetical order, as some programs keep them: layer 10 comes before layer 2
    state = dict(sorted(renamed(stock, as_cell).items()))
    assert agrees(opened(state, CHARACTERS), stock)


def test_several_modules_of_one_layer(opened):
    stock = Stock("lstm", 2)

    def separate(name):
        part, _, layer = name.rpartition("_l")
        return f"lstm{int(layer) + 1}.{part[4:]}_l0" if name.startswith("rnn") else name

    assert agrees(opened(renamed(stock, separate), CHARACTERS), stock)


def test_tied_weights(opened):
    stock = Stock("lstm", embedding=3)
    assert stock.embed is not None
    stock.fc.weight = stock.embed.weight
    assert agrees(opened(stock.state_dict(), CHARACTERS), stock)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(dtype, opened):
    stock = Stock("lstm", embedding=3).to(dtype)
    found = opened(stock.state_dict(), CHARACTERS)
    assert {tensor.dtype for tensor in found.model.state_dict().values()} == {torch.float32}
    assert agrees(found, stock.float())


NUMBERED = {character: number for number, character in enumerate(CHARACTERS)}
CONTAINERS = {
    "model": lambda state: {"model": state, "chars": CHARACTERS},
    "state_dict": lambda state: {"state_dict": state, "char2idx": NUMBERED},
    "deep": lambda state: {"a": [{"net": state}], "b": {"itos": dict(enumerate(CHARACTERS))}},
    "namespace": lambda state: {"net": state, "args": argparse.Namespace(vocab=list(CHARACTERS))},
    "numpy": lambda state: {
        "w": state,
        "tokens": tuple(CHARACTERS),
        "loss": np.float64(1.5),
        "history": np.arange(3.0),
        "step": np.int64(7),
    },
    "defaultdict": lambda state: {
        "net": state,
        "stoi": collections.defaultdict(int, NUMBERED),
    },
    "optimiser": lambda state: {
        "optimizer": {"state": {0: {"exp_avg": torch.ones(2, 2)}}, "param_groups": [{"lr": 0.1}]},
        "model_state_dict": state,
        "vocabulary": list(CHARACTERS),
    },
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("modern", [True, False])
def test_containers_with_the_vocabulary(container, modern, opened):
    stock = Stock("gru", 2, embedding=3)
    content = CONTAINERS[container](stock.state_dict())
    found = opened(content, _use_new_zipfile_serialization=modern)
    assert found.model.description.vocabulary == tuple(CHARACTERS)
    assert agrees(found, stock)


def test_a_vocabulary_that_is_given_wins(opened):
    found = opened({"m": Stock().state_dict(), "chars": CHARACTERS}, "wxyz")
    assert found.model.description.vocabulary == tuple("wxyz")


def test_a_vocabulary_of_another_size_is_asked_for_again(opened):
    with pytest.raises(VocabularyNeeded, match="the 3 given do not fit"):
        opened(Stock().state_dict(), "abc")


def test_a_vocabulary_with_a_character_twice_is_refused(opened):
    with pytest.raises(ModelFileError, match="twice"):
        opened(Stock().state_dict(), "abca")


def test_the_vocabulary_is_asked_for_with_its_size(opened):
    with pytest.raises(
        VocabularyNeeded, match="an LSTM of 2 layers of 3 units over 4 symbols"
    ) as asked:
        opened(Stock(layers=2).state_dict())
    assert asked.value.size == 4


def test_a_vanilla_network_says_what_is_assumed(opened):
    assert "ReLU" in opened(Stock("rnn").state_dict(), CHARACTERS).notes[0]
    assert opened(Stock("lstm").state_dict(), CHARACTERS).notes == ()


class Canary:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("modern", [True, False])
def test_code_is_named_and_never_run(protocol, modern, tmp_path, opened):
    canary = tmp_path / "canary"
    content = {"model": Stock().state_dict(), "extra": Canary(canary)}
    with pytest.raises(ModelFileError, match=r"asks for (_?io|builtins)\.open.*Nothing was run"):
        opened(content, pickle_protocol=protocol, _use_new_zipfile_serialization=modern)
    assert not canary.exists()


@pytest.mark.parametrize("protocol", range(6))
def test_a_plain_pickle_is_named_and_never_run(protocol, tmp_path):
    canary = tmp_path / "canary"
    (tmp_path / "model.pt").write_bytes(pickle.dumps(Canary(canary), protocol))
    with pytest.raises(ModelFileError, match=r"open"):
        open_model(tmp_path / "model.pt")
    assert not canary.exists()


def test_a_whole_module_in_a_dictionary_opens(opened):
    stock = Stock(embedding=3)
    found = opened({"epoch": 3, "model": stock, "chars": CHARACTERS})
    assert found.format_title == "PyTorch module"
    assert agrees(found, stock)


def forged(path, pickled, records=()):
    """A zip as torch.save writes it, around a pickle made by hand."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/version", "3\n")
        for name, content in records:
            archive.writestr(f"archive/data/{name}", content)
    return path


def claimed(count, size, stride, offset=0):
    """A pickle of one tensor with these numbers."""

    class Storage:
        pass

    class Pickler(pickle._Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return ("storage", torch.FloatStorage, "0", "cpu", count)
            return None

    class Tensor:
        def __reduce__(self):
            hooks: dict = collections.OrderedDict()
            arguments = (Storage(), offset, size, stride, False, hooks)
            return torch._utils._rebuild_tensor_v2, arguments

    stream = io.BytesIO()
    Pickler(stream, 2).dump({"weight_hh_l0": Tensor()})
    return stream.getvalue()


ABSURD = {
    "storage": claimed(10**13, (10**13,), (1,)),
    "size": claimed(4, (10**13,), (1,)),
    "stretched": claimed(4, (10**7, 10**7), (0, 0)),
    "stride": claimed(4, (2, 2), (10**12, 1)),
    "offset": claimed(4, (2, 2), (2, 1), 10**15),
    "negative": claimed(4, (-2, -2), (2, 1)),
    "overflow": claimed(4, (2**62, 4), (4, 1)),
}


@pytest.mark.parametrize("claim", ABSURD)
def test_absurd_sizes_are_refused_without_memory(claim, tmp_path):
    path = forged(tmp_path / "model.pt", ABSURD[claim], [("0", bytes(16))])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match=r"announce|no number"):
        open_model(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 65536  # KiB


def test_the_forged_file_opens_as_torch_when_its_sizes_are_true(tmp_path):
    path = forged(tmp_path / "model.pt", claimed(4, (2, 2), (2, 1)), [("0", bytes(16))])
    with pytest.raises(ModelFileError, match="has no weight_ih"):
        open_model(path)


def test_a_nested_key_that_would_overflow_the_stack_is_refused(tmp_path):
    nested = b"\x80\x02}" + b")" + b"\x85" * 500_000 + b"Ns."
    path = forged(tmp_path / "model.pt", nested)
    with pytest.raises(ModelFileError, match="without a state_dict"):
        open_model(path)


@pytest.mark.parametrize(
    "pickled",
    [
        b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
        b"\x80\x05\x96" + struct.pack("<Q", 2**50) + b".",
        b"\x80\x02cbuiltins\nint\nX\x01\x00\x00\x001\x85R.",
        b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R.",
        b"\x80\x02}r\xff\xff\xff\xffj\xfe\xff\xff\xff.",
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nJ\xff\xff\xff\x7f\x85U\x01b\x87R.",
        b"\x80\x02ccollections\nOrderedDict\n](]()\x85\x85\x85Neae\x85R.",
        b"\x80\x02c__builtin__\nset\n]()\x85\x85e\x85R.",
        b"\x80\x02.",
        b"\x80\x02\x85.",
        b"\x80\x02e.",
    ],
)
def test_hostile_pickles_are_refused(pickled, tmp_path):
    with pytest.raises(ModelFileError):
        open_model(forged(tmp_path / "model.pt", pickled))


def test_a_record_named_twice_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    torch.save(Stock().state_dict(), path)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(archive.namelist()[1], b"other")
    with pytest.raises(ModelFileError, match="twice"):
        open_model(path)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({}, "a dictionary with nothing"),
        ({"epoch": 3}, "a dictionary with 'epoch'"),
        (torch.ones(2, 3), r"one tensor of shape \(2, 3\)"),
        ([torch.ones(2)], "a list of 1, the first of them a Tensor"),
        (3, "a value of type int"),
    ],
)
def test_a_file_without_weights_says_what_it_holds(content, found, opened):
    with pytest.raises(ModelFileError, match=found):
        opened(content)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_opens_without_its_code(tmp_path):
    stock = Stock("lstm", 2, embedding=3)
    torch.jit.script(nn.Sequential(stock.embed or nn.Identity(), Last(stock.rnn), stock.fc)).save(
        tmp_path / "s.pt"
    )
    found = open_model(tmp_path / "s.pt", CHARACTERS)
    assert found.format_title == "TorchScript archive"
    assert "its code was not run" in found.notes[0]
    assert agrees(found, stock)


class Last(nn.Module):
    """What an LSTM gives, without its state."""

    def __init__(self, rnn: nn.LSTM) -> None:
        super().__init__()
        self.rnn = rnn

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.rnn(inputs)[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_frozen_archive_says_so(tmp_path):
    stock = Stock("lstm", embedding=3).eval()
    module = torch.jit.script(
        nn.Sequential(stock.embed or nn.Identity(), Last(stock.rnn), stock.fc).eval()
    )
    torch.jit.freeze(module).save(tmp_path / "s.pt")
    with pytest.raises(ModelFileError, match="may have been frozen"):
        open_model(tmp_path / "s.pt", CHARACTERS)


def test_integer_weights_are_refused(opened):
    state = Stock().state_dict()
    state["fc.weight"] = state["fc.weight"].to(torch.int8)
    with pytest.raises(ModelFileError, match=r"fc\.weight .* int8"):
        opened(state, CHARACTERS)


def test_several_networks_are_noted(opened):
    content = {"model": Stock().state_dict(), "best": Stock().state_dict(), "chars": CHARACTERS}
    assert "several networks (model, best)" in opened(content).notes[0]


def test_lstm_modules_alone_have_no_output(opened):
    with pytest.raises(ModelFileError, match="neither an embedding nor an output"):
        opened(nn.LSTM(4, 4).state_dict())


def test_a_file_of_a_big_endian_machine_says_what_torch_reads(tmp_path):
    stock = Stock(embedding=2)
    content = {"model": stock.state_dict(), "chars": list(CHARACTERS)}
    torch.save(content, tmp_path / "little.pt")
    turned = tmp_path / "big.pt"
    with (
        zipfile.ZipFile(tmp_path / "little.pt") as little,
        zipfile.ZipFile(turned, "w") as big,
    ):
        for name in little.namelist():
            raw = little.read(name)
            if "/data/" in name:
                raw = np.frombuffer(raw, "<f4").astype(">f4").tobytes()
            big.writestr(name, b"big" if name.endswith("byteorder") else raw)
    told = torch.load(turned, weights_only=True)["model"]
    assert all(torch.equal(told[name], kept) for name, kept in stock.state_dict().items())
    assert agrees(open_model(turned), stock)


def test_a_stack_that_lacks_a_layer_is_incomplete(opened):
    stock = Stock("gru", layers=3, units=4, embedding=4)
    for lacking, above in (("_l1", 2), ("_l0", 1)):
        kept = {name: one for name, one in stock.state_dict().items() if lacking not in name}
        with pytest.raises(ModelFileError, match=f"layer {above} and no layer {above - 1} below"):
            opened({"model": kept, "chars": list(CHARACTERS)})


@pytest.mark.parametrize("number", ["9" * 5000, "\N{SUPERSCRIPT TWO}", "10000000000"])
def test_names_end_in_whatever_number(number, opened):
    """Of more digits than Python reads, or a digit that is no number: one module among others."""
    stock = Stock(embedding=2)
    odd = {
        f"{name}{number}": torch.zeros(3, 3)
        for name in ("rnn.weight_ih_l", "head.", "blocks.", "rnn.layers.")
    }
    found = opened({"model": stock.state_dict() | odd, "chars": list(CHARACTERS)})
    assert found.kind == "language-model"


def test_a_file_without_tensors_says_so(tmp_path):
    save_file({}, tmp_path / "none.safetensors")
    with pytest.raises(ModelFileError, match="no tensors at all"):
        open_model(tmp_path / "none.safetensors")

"""Files of the usual first lessons: ids divided by V, letters as zeros and a one."""

import json
import string

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.cli import main
from rnnviz.core.errors import ModelFileError, ReadingNeeded, VocabularyNeeded
from rnnviz.core.models.network import network_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.tensors_listed import list_tensors
from rnnviz.nets.checkpoints.vocabulary.guess import guess_vocabulary, judge_on
from rnnviz.nets.unroll.opened import reading_of
from rnnviz.nets.walking.walk import walk

SYMBOLS = tuple("\n " + string.ascii_lowercase[:18])
V, U, N = len(SYMBOLS), 5, 6
DRAWN = np.random.default_rng(11)
TEXT = "a bag had a cab\nfed a jade cage"
IDS = np.array([SYMBOLS.index(letter) for letter in TEXT])
LETTERS = string.ascii_letters + " .,;'"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(read, kernel, again, bias):
    """h at every step (T, U), in the layout of Keras."""
    h = c = np.zeros(U)
    found = []
    for x in read:
        i, f, g, o = np.split(x @ kernel + h @ again + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        found.append(h)
    return np.array(found)


def weights_of(layers):
    found = {}
    for number in range(layers):
        width = U if number else 1
        shapes = (width, 4 * U), (U, 4 * U), (4 * U,)
        found[f"lstm_{number + 1}"] = [DRAWN.normal(size=shape).astype("f4") for shape in shapes]
        found[f"dropout_{number + 1}"] = []
    found["dense_1"] = [DRAWN.normal(size=(U, V)).astype("f4"), DRAWN.normal(size=V).astype("f4")]
    return found


def keras_lesson(folder, layers=1):
    """`weights-improvement-….hdf5` of a ModelCheckpoint, and the model's JSON beside it."""
    weights, config = weights_of(layers), []
    for number in range(layers):
        about: dict[str, object] = {"name": f"lstm_{number + 1}", "units": U}
        about |= {"recurrent_activation": "sigmoid"}
        about |= {"return_sequences": number < layers - 1}
        about |= {"batch_input_shape": [None, N, 1]} if number == 0 else {}
        config.append({"class_name": "LSTM", "config": about})
        config.append({"class_name": "Dropout", "config": {"name": f"dropout_{number + 1}"}})
    dense = {"name": "dense_1", "units": V, "activation": "softmax"}
    config.append({"class_name": "Dense", "config": dense})
    path = folder / "weights-improvement-19-1.9435.hdf5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.2.4"
        file.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{layer}/{n}:0".encode() for n in range(len(arrays))]
            for number, array in enumerate(arrays):
                group[f"{layer}/{number}:0"] = array
    model = {"class_name": "Sequential", "config": {"name": "sequential_1", "layers": config}}
    (folder / "model.json").write_text(json.dumps({**model, "keras_version": "2.2.4"}))
    return path, weights


def told(weights, layers):
    """The logits after each window of the text, (T, V), by NumPy."""
    scaled = (IDS / float(V)).astype("f4")[:, None]
    found = []
    for end in range(1, len(IDS) + 1):
        read = scaled[max(0, end - N) : end]
        for number in range(layers):
            read = lstm(read, *weights[f"lstm_{number + 1}"])
        found.append(read[-1] @ weights["dense_1"][0] + weights["dense_1"][1])
    return np.array(found)


def logits_of(opened):
    with torch.inference_mode():
        found, _ = opened.model(torch.from_numpy(IDS)[:, None], opened.model.zero_state(1))
    return found[:, 0].log_softmax(1).numpy()


@pytest.mark.parametrize("layers", [1, 2])
def test_ids_divided_by_their_number_answer_as_numpy_does(layers, tmp_path):
    path, weights = keras_lesson(tmp_path, layers)
    opened = open_model(path, SYMBOLS)
    assert opened.kind == "language-model"
    network = opened.model.network
    assert network.windows is not None
    assert network.windows.steps == N
    table = opened.model.embedding.weight.detach().numpy()
    assert np.array_equal(table[:, 0], (np.arange(V) / float(V)).astype("f4"))
    wanted = torch.from_numpy(told(weights, layers)).log_softmax(1).numpy()
    assert np.abs(logits_of(opened) - wanted).max() < 1e-5
    assert any("divided by 20" in note for note in opened.notes)


def test_without_symbols_a_person_is_asked(tmp_path):
    path, _ = keras_lesson(tmp_path)
    with pytest.raises(ReadingNeeded, match="measurements, or ids of its 20 symbols") as needed:
        open_model(path)
    windows, stream, numbers = needed.value.readings
    assert "id / 20, in windows of 6" in windows
    assert "one stream" in stream
    assert numbers == "a classifier of rows of numbers"
    assert list_tensors(path).readings == needed.value.readings
    with pytest.raises(VocabularyNeeded) as asked:
        open_model(path, reading=1)
    assert asked.value.size == V
    assert network_of(open_model(path, SYMBOLS, reading=2).model.description).windows is None
    assert not open_model(path, SYMBOLS, reading=3).model.network.symbols
    with pytest.raises(ModelFileError, match="no reading 4"):
        open_model(path, reading=4)


def test_a_list_beside_it_or_of_another_length(tmp_path):
    path, _ = keras_lesson(tmp_path)
    with pytest.raises(ReadingNeeded):
        open_model(path, SYMBOLS[:-1])
    (tmp_path / "char_to_idx.json").write_text(json.dumps({c: n for n, c in enumerate(SYMBOLS)}))
    opened = open_model(path)
    assert opened.model.network.symbols == SYMBOLS
    assert "char_to_idx.json" in opened.notes[0]


def test_a_text_gives_the_symbols_and_judges_both_readings(tmp_path):
    path, weights = keras_lesson(tmp_path)
    text = tmp_path / "t.txt"
    text.write_text(TEXT + "".join(SYMBOLS))
    found = guess_vocabulary(path, text)
    assert SYMBOLS in [one.characters for one in found.candidates]
    text.write_text(TEXT)
    losses = [judge_on(path, text, n, SYMBOLS).candidates[0].loss_nats for n in (1, 2)]
    log_p = torch.from_numpy(told(weights, 1)).log_softmax(1).numpy()
    wanted = -log_p[np.arange(len(IDS) - 1), IDS[1:]].mean()
    assert losses[0] == pytest.approx(wanted, abs=1e-4)
    assert losses[1] != losses[0]


def test_info_says_the_loss_of_each_reading_on_a_text(tmp_path, capsys):
    path, _ = keras_lesson(tmp_path)
    text, listed = tmp_path / "t.txt", tmp_path / "list.json"
    text.write_text(TEXT)
    listed.write_text(json.dumps(SYMBOLS))
    asked = ["info", str(path), "--vocabulary", str(listed), "--text", str(text)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    wanted = [f"{judge_on(path, text, n, SYMBOLS).candidates[0].loss_nats:.3f}" for n in (1, 2)]
    assert f"in windows of 6: {wanted[0]} nats" in said
    assert f"as one stream: {wanted[1]} nats" in said
    assert "3: a classifier of rows of numbers\n" in said


def test_ten_classes_of_a_series_are_taken_for_classes(tmp_path):
    class Digits(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.fc = nn.LSTM(1, U), nn.Linear(U, 10)

    torch.save(Digits().state_dict(), tmp_path / "digits.pt")
    assert not open_model(tmp_path / "digits.pt").model.network.symbols
    assert open_model(tmp_path / "digits.pt", "abcdefghij").kind == "language-model"


class CharModel(nn.Module):
    """The twin of PyTorch."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=U, num_layers=1, batch_first=True)
        self.dropout = nn.Dropout(0.2)
        self.linear = nn.Linear(U, V)

    def forward(self, read):
        read, _ = self.lstm(read)
        return self.linear(self.dropout(read[:, -1]))


def test_the_twin_of_pytorch_brings_its_list(tmp_path):
    torch.manual_seed(1)
    model = CharModel().eval()
    path = tmp_path / "single-char.pth"
    torch.save([model.state_dict(), {c: n for n, c in enumerate(SYMBOLS)}], path)
    opened = open_model(path)
    assert opened.model.network.symbols == SYMBOLS
    assert any("the file does not say how many" in note for note in opened.notes)
    scaled = torch.tensor(IDS, dtype=torch.float32) / V
    with torch.no_grad():
        wanted = [model(scaled[None, :end, None])[0] for end in range(1, len(IDS) + 1)]
    assert np.abs(logits_of(opened) - torch.stack(wanted).log_softmax(1).numpy()).max() < 1e-5


class Names(nn.Module):
    """PyTorch's lesson on names."""

    def __init__(self):
        super().__init__()
        self.i2h, self.h2h = nn.Linear(57, 16), nn.Linear(16, 16)
        self.h2o = nn.Linear(16, 18)

    def forward(self, read):
        hidden = torch.zeros(16)
        for one in read:
            hidden = torch.tanh(self.i2h(one) + self.h2h(hidden))
        return self.h2o(hidden).log_softmax(0)


@pytest.mark.parametrize("whole", [False, True])
def test_letters_make_a_classifier_of_names(whole, tmp_path):
    torch.manual_seed(2)
    model = Names()
    path = tmp_path / "names.pt"
    torch.save(model if whole else model.state_dict(), path)
    letters = tmp_path / "letters.txt"
    letters.write_text(LETTERS)
    assert not open_model(path).model.network.symbols
    given = guess_vocabulary(path, letters).candidates[0].characters
    assert given == tuple(LETTERS)
    opened = open_model(path, given)
    assert opened.kind == "classifier"
    ids = [LETTERS.index(letter) for letter in "O'Neal"]
    with torch.no_grad():
        said, _ = opened.model(torch.tensor(ids)[:, None], opened.model.zero_state(1))
        wanted = model(torch.eye(57)[ids])
    assert np.abs(said.flatten().log_softmax(0).numpy() - wanted.numpy()).max() < 1e-5
    assert opened.model.network.head.outputs[-1] == "class 17"


def test_an_alphabet_without_capitals_reads_texts_in_lower_case(tmp_path):
    symbols = tuple("\n ." + string.ascii_lowercase)
    model = nn.ModuleDict({"rnn": nn.GRU(29, 4), "out": nn.Linear(4, 29)})
    torch.save(model.state_dict(), tmp_path / "m.pt")
    opened = open_model(tmp_path / "m.pt", symbols)
    assert any("no capital" in note for note in opened.notes)
    known, ids = opened.model.read(Text.of("A Cat.\nÉ")).take(0, 8)
    assert known.tolist() == [True] * 7 + [False]
    assert "".join(symbols[place] for place in ids.tolist()) == "a cat.\n"
    with_capital = open_model(tmp_path / "m.pt", (*symbols[:-1], "Z"))
    assert not with_capital.model.read(Text.of("A")).take(0, 1)[0].any()


def test_unroll_reads_capitals_as_the_walk_did(tmp_path):
    symbols = tuple("\n ." + string.ascii_lowercase)
    model = nn.ModuleDict({"rnn": nn.GRU(29, 4), "out": nn.Linear(4, 29)})
    torch.save(model.state_dict(), tmp_path / "m.pt")
    opened = open_model(tmp_path / "m.pt", symbols)
    walk(opened.model, Text.of("A Cat.\nB"), tmp_path / "w", ("hidden",))
    known, ids = reading_of(opened.model, Recording(tmp_path / "w")).take(0, 8)
    assert known.all()
    assert ids.tolist() == [symbols.index(letter) for letter in "a cat.\nb"]

"""Reading in windows: every step is that of torch's own layers on the window that ends there."""

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.errors import ModelFileError, UnrollError
from rnnviz.core.kinds.sequence import kind_of_network
from rnnviz.core.models.network import (
    FRONT,
    Embedding,
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    Readout,
    SequenceDescription,
    Symbols,
    Windows,
)
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.language.sampling import prime, sample
from rnnviz.nets.unroll.opened import unroll_opened
from rnnviz.nets.walking.intervening import losses_changed
from rnnviz.nets.walking.walk import walk
from rnnviz.work.jobs.unroll import Writes

SYMBOLS = ("<pad>", *"abcdefg")
TEXT = Text.of("abcdefgabbacddefaggabcadfebcgadbafecdgab")
N, U, E = 6, 5, 3
LSTM = LayerDescription(architecture="lstm", units=U)
BOTH = msgspec.structs.replace(LSTM, direction="both")
KINDS = {
    "one": {"layers": (LSTM,), "readout": Readout(kind="last")},
    "one-hot": {"layers": (LSTM, LSTM), "readout": Readout(kind="last"), "front": OneHot()},
    "padded": {"layers": (LSTM,), "readout": Readout(kind="last"), "padding": "<pad>"},
    "both-ways": {"layers": (BOTH,), "readout": Readout(kind="last")},
    "attention": {
        "layers": (LSTM, LSTM),
        "readout": Readout(kind="attention", layers=(FRONT, 0, 1)),
        "padding": "<pad>",
    },
    "both-attention": {
        "layers": (BOTH, LSTM),
        "readout": Readout(kind="attention", layers=(FRONT, 0, 1)),
    },
    "side-by-side": {"layers": (LSTM,), "readout": Readout(kind="window", steps=N)},
}


def network(kind, **other):
    about = {"front": Embedding(width=E), "padding": "", **KINDS[kind], **other}
    padding = about.pop("padding")
    return NetworkDescription(
        reads=Symbols(vocabulary=SYMBOLS, unknown="<pad>"),
        head=Head(outputs=SYMBOLS),
        windows=Windows(steps=N, padding=padding),
        **about,
    )


@pytest.fixture(params=KINDS)
def model(request):
    torch.manual_seed(3)
    found = LanguageModel(network(request.param)).eval()
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.copy_(torch.randn_like(parameter) / 2)
    return found


def windows_of(model, text=TEXT):
    """Each window of the text, as ids."""
    ids = [SYMBOLS.index(letter) for letter in str(text)]
    padding = [0] * (N - 1) if model.network.windows.padding else []
    whole = padding + ids
    ends = range(len(padding), len(whole))
    return [whole[max(0, end + 1 - N) : end + 1] for end in ends]


def told(model, window):
    """The states after a window, (R, U), and the logits, by torch's own layers."""
    ids = torch.tensor(window)
    front = model.embedding.weight[ids] if model.embedding else torch.eye(len(SYMBOLS))[ids]
    gave, ends, below = {FRONT: front}, [], front
    for place, layer in enumerate(model.network.layers):
        both = layer.direction == "both"
        own = nn.LSTM(below.shape[1], U, bidirectional=both)
        weights = dict(model.layers[str(place)].state_dict())
        if both:
            back = model.backwards[str(place)].state_dict()
            weights |= {f"{name}_reverse": value for name, value in back.items()}
        own.load_state_dict(weights)
        below, (last, _) = own(below)
        ends.append(last)
        gave[place] = below
    about = model.network.readout
    seen = torch.cat([gave[layer] for layer in model.network.read_layers], 1)
    match about.kind:
        case "last":
            read = ends[-1].flatten()
        case "attention":
            weights = (seen @ model.readout["score"].weight[0]).softmax(0)
            read = weights @ seen
        case _:
            missing = torch.zeros(N - len(seen), seen.shape[1])
            read = torch.cat([missing, seen]).flatten()
    return torch.cat(ends), model.output(read)


@torch.no_grad()
def recorded(model):
    states, logits = zip(*(told(model, window) for window in windows_of(model)), strict=True)
    return torch.stack(states, 2).flatten(0, 1), torch.stack(logits)


def ids_of(text=TEXT):
    return torch.tensor([SYMBOLS.index(letter) for letter in str(text)])


def test_a_walk_records_the_end_of_every_window(model, tmp_path):
    walk(model, TEXT, tmp_path, model.network.channel_names, dtype="float32")
    recording = Recording(tmp_path)
    states, logits = recorded(model)
    assert np.abs(np.asarray(recording.rows("hidden")) - states.numpy()).max() < 1e-6
    log_p = logits.log_softmax(1)[:-1].gather(1, ids_of()[1:, None])[:, 0]
    surprisal = np.asarray(recording.surprisal)
    assert np.abs(surprisal[1:] + log_p.numpy() / np.log(2)).max() < 1e-5
    assert np.isnan(surprisal[0])
    assert recording.top_ids is not None
    assert (recording.top_ids[:, 0] == logits.argmax(1).numpy()).all()
    assert "windows of 6 steps, each from an empty state" in recording.description.notes[0]


def test_pieces_of_a_text_answer_as_the_whole(model):
    _, logits = recorded(model)
    ids, state = ids_of()[:, None], model.zero_state(1)
    with torch.inference_mode():
        whole, _ = model(ids, state)
        for start, stop in ((0, 3), (3, 4), (4, 20), (20, len(ids))):
            part, state = model(ids[start:stop], state)
            assert torch.equal(part.argmax(2), whole[start:stop].argmax(2))
            assert torch.allclose(part, whole[start:stop], atol=1e-6)
    assert torch.allclose(whole[:, 0], logits, atol=1e-5)


def test_several_streams_answer_each_by_itself(model):
    ids = torch.stack([ids_of()[:20], ids_of()[20:]], 1)
    with torch.inference_mode():
        both, _ = model(ids, model.zero_state(2))
        for stream in range(2):
            alone, _ = model(ids[:, stream : stream + 1], model.zero_state(1))
            assert torch.allclose(both[:, stream], alone[:, 0], atol=1e-6)


def test_writes_on_from_the_last_window(model):
    with torch.inference_mode():
        start, drawn = str(TEXT)[:9], ""
        for piece in sample(model, 8, start=start, temperature=0):
            _, logits = told(model, windows_of(model, start + drawn)[-1])
            drawn += piece
            assert piece == SYMBOLS[int(logits.argmax())] or len(piece) > 1
            if len(piece) > 1:
                break
        assert prime(model, start)[1][0][0].shape == (1, N - 1)


def test_a_file_of_ours_says_the_same(model, tmp_path):
    about = SequenceDescription(task="language-model", network=model.network, name="w")
    save_model(tmp_path / "w.safetensors", model, about)
    again = open_model(tmp_path / "w.safetensors")
    assert again.kind == kind_of_network(model.network) == "language-model"
    assert again.model.network == model.network
    channels = model.network.channel_names
    for name, one in (("a", model), ("b", again.model)):
        walk(one, TEXT, tmp_path / name, channels)
    first, second = Recording(tmp_path / "a"), Recording(tmp_path / "b")
    assert all(np.array_equal(first.rows(name), second.rows(name)) for name in channels)


def test_unroll_shows_the_window_that_ends_there(model):
    trace = unroll_opened(model, model.read(TEXT), 25, 4)
    states, logits = recorded(model)
    first = 0
    for number, row in enumerate(model.network.rows):
        if row.direction == "forward":
            shown = trace.arrays[f"{number}/hidden"][-1]
            assert np.abs(shown - states[first : first + U, 25].numpy()).max() < 1e-6
        first += U
    likeliest = logits[25].softmax(0).max()
    assert trace.arrays["said"][-1].max() == pytest.approx(float(likeliest), abs=1e-6)
    assert trace.about.symbols == tuple(str(TEXT)[22:26])


def test_a_window_is_not_written_on_in_unroll(model):
    with pytest.raises(UnrollError, match="another window a symbol"):
        unroll_opened(model, model.read(TEXT), 25, 4, Writes(steps=2))


def test_a_changed_unit_is_changed_in_every_window(model):
    if model.network.backwards:
        pytest.skip("units are changed in networks that read forwards")
    one = Intervention(layer=0, unit=2, how="hold", value=0.5, state="hidden")
    late = Intervention(layer=0, unit=2, how="hold", value=0.5, state="hidden", start=11)
    found = losses_changed(model, ids_of(), [None, one, late])
    _, logits = recorded(model)
    plain = nn.functional.cross_entropy(logits[:-1], ids_of()[1:], reduction="none")
    assert torch.allclose(found[:, 0], plain, atol=1e-5)
    assert torch.equal(found[:11, 2], found[:11, 0])
    assert torch.equal(found[11:, 2], found[11:, 1])
    assert (found[:, 1] - found[:, 0]).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"readout": Readout()}, "answers at every step"),
        ({"padding": "z"}, "not in the vocabulary"),
    ],
)
def test_what_does_not_go_together_is_refused(change, said):
    with pytest.raises(ModelFileError, match=said):
        network("one", **change).check("f")


def test_what_enters_is_read_out_in_windows_alone():
    about = msgspec.structs.replace(network("attention"), windows=None)
    with pytest.raises(ModelFileError, match="a layer that is not there"):
        about.check("f")

"""A person's own module is recorded as it runs: against loops of cells, in every form of a call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import rnnviz
from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.recording import Recording

KINDS = {"LSTM": nn.LSTM, "GRU": nn.GRU, "RNN": nn.RNN}


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(5)


def loop(module: Any, inputs: Tensor, layer: int, direction: int) -> dict[str, np.ndarray]:
    """One stream through one layer and direction, step by step, by torch's equations."""
    ending = f"_l{layer}{'_reverse' * direction}"
    w, u, b, c = (
        getattr(module, name + ending) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    units = module.hidden_size
    hidden, cell = torch.zeros(units), torch.zeros(units)
    found: dict[str, list[Tensor]] = {}
    steps = inputs.flip(0) if direction else inputs
    for one in steps:
        x, h = w @ one + b, u @ hidden + c
        if module.mode == "LSTM":
            i, f, g, o = (x + h).chunk(4)
            i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
            cell = f * cell + i * g
            hidden = o * cell.tanh()
            values = {"cell": cell, "input": i, "forget": f, "output": o, "candidate": g}
        elif module.mode == "GRU":
            (xr, xz, xn), (hr, hz, hn) = x.chunk(3), h.chunk(3)
            r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
            n = (xn + r * hn).tanh()
            hidden = (1 - z) * n + z * hidden
            values = {"reset": r, "update": z, "new": n}
        else:
            hidden, values = (x + h).tanh(), {}
        for name, value in {"hidden": hidden, **values}.items():
            found.setdefault(name, []).append(value.detach())
    return {name: torch.stack(v[::-1] if direction else v, 1).numpy() for name, v in found.items()}


def both(module: Any, inputs: Tensor, layer: int) -> list[dict[str, np.ndarray]]:
    return [loop(module, inputs, layer, way) for way in range(2 if module.bidirectional else 1)]


def check(recording: Recording, module: Any, documents: list[Tensor], tolerance: float) -> None:
    """Every group of a stack against loops of cells."""
    assert recording.complete
    assert [stop - start for start, stop in recording.documents] == [len(d) for d in documents]
    for (start, stop), inputs in zip(recording.documents, documents, strict=True):
        below, place = inputs, 0
        for layer in range(module.num_layers):
            ways = both(module, below, layer)
            for wanted in ways:
                assert set(recording.groups[place].channels) == set(wanted)
                for name, values in wanted.items():
                    rows = recording.group_rows(name, place)[:, start:stop]
                    np.testing.assert_allclose(rows, values, atol=tolerance, rtol=0)
                place += 1
            below = torch.cat([torch.from_numpy(way["hidden"]) for way in ways]).t()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("batch_first", [False, True], ids=["steps first", "batch first"])
def test_all_layers_of_a_stack_are_those_of_a_loop_of_cells(
    tmp_path: Path, kind: str, bidirectional: bool, batch_first: bool
) -> None:
    module = KINDS[kind](3, 4, 2, bidirectional=bidirectional, batch_first=batch_first)
    inputs = torch.randn(2, 6, 3)
    given = inputs if batch_first else inputs.transpose(0, 1)
    wanted = module(given)[0]
    with rnnviz.capture(module, tmp_path / "r", dtype="float32") as capture:
        torch.testing.assert_close(module(given)[0], wanted)
    check(capture.recording, module, list(inputs), 1e-5)
    assert "forward" not in module.__dict__


def test_float16_is_the_float32_value_rounded(tmp_path: Path) -> None:
    module, inputs = nn.LSTM(3, 4, 2), torch.randn(50, 2, 3)
    for dtype in ("float16", "float32"):
        with rnnviz.capture(module, tmp_path / dtype, dtype=dtype):
            module(inputs)
    half, single = Recording(tmp_path / "float16"), Recording(tmp_path / "float32")
    for channel in half.channels:
        assert (half.rows(channel) == single.rows(channel).astype(np.float16)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sort", [True, False], ids=["sorted", "unsorted"])
def test_packed_sequences_of_unequal_lengths(tmp_path: Path, kind: str, sort: bool) -> None:
    module = KINDS[kind](3, 4, 2, bidirectional=True)
    lengths = [6, 4, 1] if sort else [1, 6, 4]
    inputs = torch.randn(6, 3, 3)
    packed = pack_padded_sequence(inputs, torch.tensor(lengths), enforce_sorted=sort)
    wanted, state = module(packed)
    tokens = [["a"] * length for length in lengths]
    with rnnviz.capture(module, tmp_path / "r", dtype="float32", steps=tokens) as capture:
        found, after = module(packed)
    torch.testing.assert_close(found.data, wanted.data)
    for one, two in zip(after, state, strict=True):
        torch.testing.assert_close(one, two)
    documents = [inputs[:length, column] for column, length in enumerate(lengths)]
    check(capture.recording, module, documents, 1e-5)


def test_500_single_steps_equal_one_call(tmp_path: Path) -> None:
    module, inputs = nn.LSTM(3, 4, 2), torch.randn(500, 1, 3)
    with rnnviz.capture(module, tmp_path / "one", dtype="float32"):
        module(inputs)
    with rnnviz.capture(module, tmp_path / "many", dtype="float32"):
        state = None
        for step in inputs:
            _, state = module(step[None], state)
    one, many = Recording(tmp_path / "one"), Recording(tmp_path / "many")
    assert many.length == 500
    assert len(many.documents) == 1
    for channel in one.channels:
        np.testing.assert_allclose(many.rows(channel), one.rows(channel), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_loop_of_cells_is_one_sequence(tmp_path: Path, kind: str) -> None:
    cell: Any = getattr(nn, f"{kind}Cell")(3, 4)
    module = KINDS[kind](3, 4)
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(module, f"{name}_l0").data = getattr(cell, name).data
    inputs = torch.randn(20, 2, 3)

    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = cell

        def forward(self, inputs: Tensor) -> Tensor:
            state = None
            for one in inputs:
                state = self.cell(one, state)
            return state[0] if isinstance(state, tuple) else state  # type: ignore[return-value]

    with rnnviz.capture(Own(), tmp_path / "r", dtype="float32") as capture:
        capture._model(inputs)
    assert capture.recording.groups[0].name == "cell"
    check(capture.recording, module, [inputs[:, 0], inputs[:, 1]], 1e-5)


class Twice(nn.Module):
    """Reads what it reads twice with one module, and judges with a head."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        self.lstm(inputs)
        hidden, _ = self.lstm(inputs.flip(0))
        return self.head(hidden)


def test_a_module_called_twice_in_a_forward_is_two_groups(tmp_path: Path) -> None:
    model, inputs = Twice(), torch.randn(5, 1, 3)
    with rnnviz.capture(model, tmp_path / "r", dtype="float32", modules=["head"]) as capture:
        model(inputs)
        model(inputs)
    recording = capture.recording
    assert [group.name for group in recording.groups] == ["lstm.1", "lstm.1#2", "head"]
    assert "call 2" in recording.groups[1].title
    assert len(recording.documents) == 2
    turned = loop(model.lstm, inputs[:, 0].flip(0), 0, 0)
    np.testing.assert_allclose(
        recording.group_rows("hidden", 1)[:, :5], turned["hidden"], atol=1e-5
    )
    logits = model(inputs)[:, 0].t().detach()
    np.testing.assert_allclose(recording.group_rows("value", 2)[:, 5:], logits, atol=1e-5)


def test_classes_at_every_step_or_at_the_last(tmp_path: Path) -> None:
    model, inputs = Twice(), torch.randn(5, 2, 3)
    with rnnviz.capture(model, tmp_path / "r", dtype="float32", classes=("no", "yes")) as capture:
        logits = model(inputs)
    recording = capture.recording
    assert recording.outputs == ("no", "yes")
    wanted = torch.cat([logits[:, 0], logits[:, 1]]).softmax(dim=1).detach()
    assert recording.class_p is not None
    np.testing.assert_allclose(recording.class_p, wanted, atol=1e-6)

    class Last(Twice):
        def forward(self, inputs: Tensor) -> Tensor:
            return super().forward(inputs)[-1]

    last = Last()
    with rnnviz.capture(last, tmp_path / "last", classes=("no", "yes")) as capture:
        last(inputs)
    shares = capture.recording.class_p
    assert shares is not None
    assert np.isnan(shares[:4]).all()
    assert np.isfinite(shares[[4, 9]]).all()


def test_dropout_between_layers_is_recorded_as_it_was_and_said(tmp_path: Path) -> None:
    module, inputs = nn.GRU(3, 4, 2, dropout=0.5), torch.randn(6, 1, 3)
    torch.manual_seed(1)
    wanted = module(inputs)[0]
    torch.manual_seed(1)
    with rnnviz.capture(module, tmp_path / "r", dtype="float32") as capture:
        found = module(inputs)[0]
    torch.testing.assert_close(found, wanted)
    top = capture.recording.group_rows("hidden", 1)
    np.testing.assert_allclose(top, wanted[:, 0].t().detach(), atol=1e-6)
    assert "50% of the values were dropped" in capture.recording.description.notes[0]


def test_gradients_flow_as_without(tmp_path: Path) -> None:
    module, inputs = nn.LSTM(3, 4, 2, bidirectional=True), torch.randn(6, 2, 3)
    module(inputs)[0].square().sum().backward()
    wanted = [part.grad.clone() for part in module.parameters() if part.grad is not None]
    module.zero_grad()
    with rnnviz.capture(module, tmp_path / "r"):
        module(inputs)[0].square().sum().backward()
    for part, before in zip(module.parameters(), wanted, strict=True):
        torch.testing.assert_close(part.grad, before)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_an_unbatched_sequence_and_a_projection(tmp_path: Path) -> None:
    module, inputs = nn.LSTM(3, 6, 2, proj_size=2), torch.randn(5, 3)
    wanted = module(inputs)
    with rnnviz.capture(module, tmp_path / "r", dtype="float32", channels=["cell"]) as capture:
        found = module(inputs)
    torch.testing.assert_close(found, wanted)
    cells = capture.recording.rows("cell")[:, -1].reshape(2, 6)
    np.testing.assert_allclose(cells, wanted[1][1].detach(), atol=1e-5)


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_behind_a_projection_stand_what_is_given_and_the_cells(tmp_path: Path) -> None:
    module = nn.LSTM(3, 6, 2, proj_size=2, bidirectional=True)
    inputs = torch.randn(5, 2, 3)
    with rnnviz.capture(module, tmp_path / "r", dtype="float32") as capture:
        given, (_, cells) = module(inputs)
    recording = capture.recording
    names = [group.name for group in recording.groups]
    assert names == ["1", "1c", "1<", "1<c", "2", "2c", "2<", "2<c"]
    assert [group.width for group in recording.groups] == [2, 6] * 4
    for name, part in (("2", slice(0, 2)), ("2<", slice(2, 4))):
        found = recording.group_rows("hidden", names.index(name))
        wanted = given[..., part].swapaxes(0, 1).flatten(0, 1).t().detach()
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    found = recording.group_rows("cell", names.index("2c"))
    np.testing.assert_allclose(found[:, [4, 9]], cells[2].t().detach(), atol=1e-5)


def test_encoder_and_decoder_stand_one_after_the_other(tmp_path: Path) -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = nn.GRU(3, 4), nn.GRU(3, 4)

        def forward(self, source: Tensor, target: Tensor) -> Tensor:
            _, state = self.encoder(source)
            return self.decoder(target, state)[0]

    model, source, target = Both(), torch.randn(4, 1, 3), torch.randn(6, 1, 3)
    tokens = ["le", "chat", "dort", "."]
    with rnnviz.capture(model, tmp_path / "r", steps=tokens, dtype="float32") as capture:
        given = model(source, target)
    recording = capture.recording
    assert [group.runs for group in recording.groups] == [((0, 4),), ((4, 10),)]
    assert recording.sequence.label(1) == "chat"
    np.testing.assert_allclose(
        recording.group_rows("hidden", 1)[:, 4:], given[:, 0].t().detach(), atol=1e-6
    )


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["a", "b"], "sequences of 2 steps, and the model read sequences of 5 steps"),
        ([["a"] * 5, ["b"] * 4], "sequences of 5, 4 steps"),
        (np.zeros((3, 2)), "sequences of 3 steps"),
    ],
)
def test_steps_of_other_lengths_say_both(tmp_path: Path, steps: Any, said: str) -> None:
    module = nn.RNN(3, 4)
    with (
        pytest.raises(RecordingError, match=said),
        rnnviz.capture(module, tmp_path / "r", steps=steps),
    ):
        module(torch.randn(5, 1, 3))


def test_steps_as_characters_tokens_and_numbers(tmp_path: Path) -> None:
    module, inputs = nn.RNN(3, 4), torch.randn(5, 1, 3)
    for number, (steps, label) in enumerate(
        [("hello", "e"), (["a", "be", "c", "d", "e"], "be"), (None, "1")]
    ):
        with rnnviz.capture(module, tmp_path / str(number), steps=steps) as capture:
            module(inputs)
        assert capture.recording.sequence.label(1) == label
    with rnnviz.capture(module, tmp_path / "numbers", steps=inputs[:, 0]) as capture:
        module(inputs)
    assert capture.recording.sequence.layout(()).columns == ("1", "2", "3")


def test_what_cannot_be_captured_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"Linear has no nn\.RNN"):
        rnnviz.capture(nn.Linear(2, 2), tmp_path / "r")
    with pytest.raises(RecordingError, match="no module 'tail'; it has lstm, head"):
        rnnviz.capture(Twice(), tmp_path / "r", modules=["tail"])
    with (
        pytest.raises(RecordingError, match="nothing was recorded"),
        rnnviz.capture(Twice(), tmp_path / "r"),
    ):
        pass
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(RecordingError, match="is no recording"):
        rnnviz.capture(Twice(), tmp_path / "other")
    model = Twice()
    with (
        pytest.raises(RecordingError, match="3 classes are named"),
        rnnviz.capture(model, tmp_path / "r", classes="abc"),
    ):
        model(torch.randn(2, 1, 3))
    with (
        pytest.raises(RecordingError, match="none of the channels cell"),
        rnnviz.capture(nn.GRU(2, 2), tmp_path / "r", channels=["cell"]) as capture,
    ):
        capture._model(torch.randn(2, 1, 2))


def test_after_an_error_in_the_block_the_module_is_as_before(tmp_path: Path) -> None:
    module = nn.LSTM(3, 4)

    def breaks(*_: Any) -> None:
        raise ValueError("mine")

    module.register_forward_hook(breaks)
    with pytest.raises(ValueError, match="mine"), rnnviz.capture(module, tmp_path / "r"):
        module(torch.randn(2, 1, 3))
    assert not (tmp_path / "r").exists()
    assert "forward" not in module.__dict__


def test_showing_opens_the_window_as_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda words, **_: started.append(words))
    rnnviz.show(tmp_path)
    assert started == [[sys.executable, "-m", "rnnviz", str(tmp_path)]]
    with pytest.raises(FileNotFoundError):
        rnnviz.show(tmp_path / "nothing")


def test_a_named_module_before_the_first_layer_lies_as_the_batch_does(tmp_path: Path) -> None:
    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb = nn.Embedding(11, 4)
            self.rnn = nn.GRU(4, 5, batch_first=True)

        def forward(self, ids: Tensor) -> Tensor:
            out: Tensor = self.rnn(self.emb(ids))[0]
            return out

    model, ids = Words(), torch.randint(11, (3, 9))
    with rnnviz.capture(model, tmp_path / "r", dtype="float32", modules=["emb"]) as capture:
        model(ids)
    recording = capture.recording
    assert recording.documents is not None
    assert np.diff(recording.documents.offsets).tolist() == [9, 9, 9]
    place = [one.name for one in recording.groups].index("emb")
    wanted = model.emb(ids).detach().reshape(27, 4).numpy()
    np.testing.assert_allclose(recording.group_rows("value", place), wanted.T)

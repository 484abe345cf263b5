"""The engine's tasks about gradients, as if requests and answers had crossed the pipe."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest
import torch

from rnnviz.core.errors import GradientError, TextError
from rnnviz.core.gradients.field import GradientField, read_field
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.gradients import Clipping, ComputeField, RecurrentMatrices, Truncation
from rnnviz.work.messages import Request
from tests.asking import Heard
from tests.asking import ask as ask_of
from tests.nets.small import small_model

A = TypeVar("A")

TEXT = 'a "cold bed"\nhello "a cab" hello\nhe held a "bell" "hello"\na bold lead\n' * 4


def ask(request: Request[Any, A], heard: Heard | None = None) -> A:
    return ask_of(TASKS, request, heard)


def texts(text: str = TEXT) -> TextGiven:
    return TextGiven(text=text, name="t")


@pytest.fixture
def model(tmp_path: Path, tiny_model: LanguageModel) -> str:
    path = tmp_path / "tiny.safetensors"
    save_model(path, tiny_model)
    return str(path)


def field_of(model: str, folder: Path, text: str = TEXT, **changed: Any) -> GradientField:
    heard = Heard()
    written = ask(asked(model, folder / "new" / "f.npz", text, **changed), heard)
    shares = [done / total for done, total, _ in heard.told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    return read_field(Path(written.path))


def asked(model: str, path: Path, text: str = TEXT, **changed: Any) -> ComputeField:
    given = {"start": 40, "count": 12, "distance": 9} | changed
    return ComputeField(model=ModelGiven(model), text=texts(text), path=str(path), **given)


def test_a_field_has_every_array(model: str, tmp_path: Path) -> None:
    assert not field_of(model, tmp_path).has_jacobians
    field = field_of(model, tmp_path, jacobians=True)
    assert field.array("jacobian-steps").max() == field.targets[-1]
    assert field.facts.states == ("hidden", "cell")
    assert field.predicted.tolist() == list(range(40, 52))
    assert field.norms("cell", 1).shape == (12, 10)
    assert np.isfinite(field.norms("hidden", 0)).all()
    spectral, frobenius = (field.array(f"hidden-{kind}") for kind in ("spectral", "frobenius"))
    assert (spectral[:, :, 0] == pytest.approx(1)) and (frobenius[:, :, 0] == pytest.approx(8**0.5))
    assert (spectral <= frobenius * (1 + 1e-9)).all()
    steps = len(field.places) - 1
    assert field.array("cell-sum").shape == (2, steps)
    assert field.array("losses").astype(float).mean() == pytest.approx(math.log(11), abs=0.5)


def test_a_window_at_the_start_reaches_no_further_than_the_text(model: str, tmp_path: Path) -> None:
    field = field_of(model, tmp_path, start=0)
    assert field.predicted[0] == 1
    assert np.isnan(field.norms("hidden", 0)[0, 1:]).all()
    assert np.isfinite(field.norms("hidden", 0)[9]).all()


def test_a_window_at_the_end_stops_there(model: str, tmp_path: Path) -> None:
    field = field_of(model, tmp_path, start=len(TEXT) - 3)
    assert field.predicted.tolist() == [len(TEXT) - 3, len(TEXT) - 2, len(TEXT) - 1]
    assert field_of(model, tmp_path, start=10**9).predicted.tolist() == [len(TEXT) - 1]


def test_unknown_characters_are_no_steps(model: str, tmp_path: Path) -> None:
    plain = field_of(model, tmp_path)
    holed = field_of(model, tmp_path, text=TEXT[:38] + "ZZ" + TEXT[38:], start=42)
    assert holed.facts.skipped == 2
    assert np.array_equal(plain.norms("cell", 0), holed.norms("cell", 0))
    assert holed.predicted.tolist() == (plain.predicted + 2).tolist()


@pytest.mark.parametrize("text", ["", "a", "ZZZZ", "ZaZ"])
def test_a_text_without_two_known_characters_is_refused(
    model: str, tmp_path: Path, text: str
) -> None:
    given = ModelGiven(model)
    requests: tuple[Request[Any, Any], ...] = (
        asked(model, tmp_path / "f", text),
        Clipping(model=given, text=texts(text), start=0, count=3),
        Truncation(model=given, text=texts(text), steps=10, chunk=2),
    )
    for request in requests:
        with pytest.raises(TextError, match="loss needs two"):
            ask_of(TASKS, request)


def test_nothing_to_compute_is_refused(model: str, tmp_path: Path) -> None:
    with pytest.raises(GradientError, match="at least 1"):
        field_of(model, tmp_path, distance=0)
    with pytest.raises(GradientError, match="at least 1"):
        ask(Truncation(model=ModelGiven(model), text=texts(), steps=10, chunk=0))


def test_before_training_is_another_network(model: str, tmp_path: Path) -> None:
    trained, drawn = field_of(model, tmp_path), field_of(model, tmp_path, seed=7)
    assert drawn.facts.seed == 7
    assert not np.allclose(trained.norms("hidden", 0), drawn.norms("hidden", 0))
    same = field_of(model, tmp_path, seed=1)
    assert np.allclose(trained.norms("hidden", 0), same.norms("hidden", 0))


def test_exploding_weights_give_numbers_that_can_be_drawn(tmp_path: Path) -> None:
    path = tmp_path / "wild.safetensors"
    save_model(path, small_model("rnn", spread=80.0))
    field = field_of(str(path), tmp_path, text="abc de\n" * 30)
    assert not np.isnan(field.norms("hidden", 0)).any()


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_matrices_of_every_gate(tmp_path: Path, kind: str) -> None:
    path, network = tmp_path / "m.safetensors", small_model(kind)
    save_model(path, network)
    asked = RecurrentMatrices(model=ModelGiven(str(path)), path=str(tmp_path / "m.json"))
    found = json.loads(Path(ask(asked).path).read_bytes())
    assert [(one["layer"], one["gate"]) for one in found] == [
        (layer, gate) for layer in (0, 1) for gate in network.recurrent[0].facts.row_gates
    ]
    weight = network.get_parameter("layers.0.weight_hh_l0")[:6]
    assert found[0]["singular_values"] == pytest.approx(
        torch.linalg.svdvals(weight).tolist(), rel=1e-4
    )


def test_clipping_chooses_thresholds_that_cut(model: str) -> None:
    step = Clipping(model=ModelGiven(model), text=texts(), start=0, count=20, windows=5)
    found = ask(step)
    whole = found.whole
    assert len(found.norms) == 5
    assert whole.raw == pytest.approx(found.norms[0])
    assert 0 < whole.cut < whole.numbers / 20
    assert whole.by_norm == pytest.approx(min(found.norm, whole.raw))
    assert set(found.parameters) == set(small_model().state_dict())
    given = ask(msgspec.structs.replace(step, norm=1e9, value=1e9))
    assert given.whole.by_norm == given.whole.by_value == given.whole.raw


def test_truncation_is_measured(model: str) -> None:
    found = ask(Truncation(model=ModelGiven(model), text=texts(), steps=300, chunk=20))
    assert found.full.kept_bytes > 5 * found.truncated.kept_bytes
    assert found.repeated


class Looking(Heard):
    """Reads what a growing field holds each time it is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[GradientField] = []

    def progress(self, done: float, total: float, facts: Any = None) -> None:
        super().progress(done, total, facts)
        if facts is not None and facts.number > len(self.seen):
            self.seen.append(read_field(Path(facts.path)))


def test_a_large_field_is_seen_as_it_grows(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = field_of(model, tmp_path, jacobians=True)
    monkeypatch.setattr("rnnviz.nets.answering.gradients.fields._AT_ONCE", 0)
    monkeypatch.setattr("rnnviz.nets.answering.gradients.fields._SHOWN_AT", (4, 8))
    looking = Looking()
    path = tmp_path / "grown" / "f.npz"
    ask(asked(model, path, jacobians=True), looking)
    grown = read_field(path)
    for name in ("hidden", "cell", "cell-sum", "inputs", "products", "losses", "hidden-spectral"):
        np.testing.assert_allclose(grown.array(name), whole.array(name), rtol=1e-12)
    counts = [len(field.targets) for field in looking.seen]
    assert counts[:2] == [4, 8]
    assert [field.has_sums for field in looking.seen[:3]] == [False, False, True]
    assert all(field.has_jacobians for field in looking.seen[2:])
    np.testing.assert_allclose(looking.seen[0].norms("cell", 1), whole.norms("cell", 1)[:4])
    one_jacobian = looking.seen[2].jacobian("cell", 1)
    assert np.array_equal(one_jacobian.low, one_jacobian.high)
    assert [file.name for file in path.parent.iterdir()] == ["f.npz"]


def test_a_field_that_is_cut_short_leaves_no_files(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(Heard):
        def progress(self, done: float, total: float, facts: Any = None) -> None:
            if facts is not None:
                raise InterruptedError

    monkeypatch.setattr("rnnviz.nets.answering.gradients.fields._AT_ONCE", 0)
    monkeypatch.setattr("rnnviz.nets.answering.gradients.fields._SHOWN_AT", (4,))
    path = tmp_path / "cut" / "f.npz"
    with pytest.raises(InterruptedError):
        ask(asked(model, path), Stopping())
    assert not list(path.parent.iterdir())

"""The callback does what Lightning's hooks tell it, and passes over all others."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import nn

import rnnviz
from rnnviz.core.runs.directory.config import read_run
from rnnviz.core.runs.directory.control import ask
from rnnviz.core.runs.directory.log import read_events


def trainer(model: nn.Module, writes: bool = True) -> SimpleNamespace:
    """What the callback asks of Lightning's trainer."""
    return SimpleNamespace(
        is_global_zero=writes,
        optimizers=[torch.optim.SGD(model.parameters(), 0.5)],
        global_step=0,
        current_epoch=0,
        should_stop=False,
        sanity_checking=False,
        callback_metrics={},
    )


def test_a_training_is_written(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    around = trainer(model)
    callback = rnnviz.RunCallback(tmp_path, every=2)
    callback.setup(around, model, stage="fit")
    callback.on_train_start(around, model)
    for step in range(1, 5):
        loss = model(torch.ones(1, 2)).square().sum()
        around.optimizers[0].zero_grad()
        loss.backward()
        callback.on_before_optimizer_step(around, model, around.optimizers[0])
        norm = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        around.optimizers[0].step()
        around.global_step = step
        if step == 4:
            ask(tmp_path, "stop")
        callback.on_train_batch_end(around, model, {"loss": loss}, None, step)
    around.callback_metrics = {"val_loss": torch.tensor(0.25), "accuracy": torch.tensor(0.5)}
    callback.on_validation_end(around, model)
    assert around.should_stop
    callback.on_train_end(around, model)
    steps = list(read_events(tmp_path, "step"))
    assert [event["step"] for event in steps] == [1, 2, 3, 4]
    assert steps[3]["gradient_norm"] == pytest.approx(float(norm))
    assert steps[0]["learning_rate"] == 0.5
    assert [event["loss_nats"] for event in read_events(tmp_path, "validation")] == [0.25]
    assert [event["values"] for event in read_events(tmp_path, "scalar")] == [{"accuracy": 0.5}]
    assert [event["step"] for event in read_events(tmp_path, "parameters")] == [2, 4]


def test_other_processes_and_other_hooks_do_nothing(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    callback = rnnviz.RunCallback(tmp_path / "none")
    callback.on_train_start(trainer(model, writes=False), model)
    callback.on_train_batch_end(trainer(model, writes=False), model, None, None, 0)
    callback.on_fit_start(None, model)
    assert callback.state_dict() == {}
    assert not (tmp_path / "none").exists()
    with pytest.raises(AttributeError, match="has no 'something'"):
        _ = callback.something


def test_the_hyper_parameters_of_the_module_are_settings_of_the_run(tmp_path: Path) -> None:
    class Module(nn.Linear):
        hparams = {"rate": 0.5, "widths": (8, 16), "loss": nn.MSELoss}  # noqa: RUF012

    model = Module(2, 1)
    callback = rnnviz.RunCallback(tmp_path)
    callback.on_train_start(trainer(model), model)
    callback.on_train_end(trainer(model), model)
    options = read_run(tmp_path).config["options"]
    assert options["rate"] == 0.5
    assert options["widths"] == [8, 16]
    assert "MSELoss" in options["loss"]


def test_an_exception_is_told(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    callback = rnnviz.RunCallback(tmp_path)
    callback.on_train_start(trainer(model), model)
    callback.on_exception(trainer(model), model, RuntimeError("broken"))
    last = list(read_events(tmp_path))[-1]
    assert (last["k"], last["reason"]) == ("stopped", "RuntimeError: broken")


@pytest.mark.parametrize("name", ["lightning.pytorch.callbacks", "pytorch_lightning.callbacks"])
def test_it_is_of_the_class_that_lightning_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    class Callback:
        def on_train_start(self, trainer: object, module: object) -> str:
            return "Lightning's own"

        def on_fit_start(self, trainer: object, module: object) -> str:
            return "Lightning's own"

    module = ModuleType(name)
    module.Callback = Callback  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, module)
    callback = rnnviz.RunCallback(tmp_path)
    assert isinstance(callback, Callback)
    assert isinstance(callback, rnnviz.RunCallback)
    assert callback.on_train_start(trainer(nn.Linear(1, 1), writes=False), None) is None
    assert callback.on_fit_start(None, None) == "Lightning's own"

"""Gradients of a network that reads in windows are autograd's, window by window."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from rnnviz.core.errors import GradientError
from rnnviz.core.gradients.field import read_field
from rnnviz.core.models.network import SequenceDescription
from rnnviz.nets.answering.gradients.windows import of_a_window
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.gradients import Clipping, ComputeField, Truncation
from tests.asking import ask
from tests.nets.walking.test_windows import TEXT, N, ids_of, network

KINDS = ("one", "one-hot", "padded", "attention", "side-by-side")


def saved(kind: str, folder: Path) -> tuple[LanguageModel, ModelGiven]:
    model = LanguageModel(network(kind), seed=4).eval()
    about = SequenceDescription(task="language-model", network=model.network, name="w")
    save_model(folder / "w.safetensors", model, about)
    return model, ModelGiven(str(folder / "w.safetensors"))


def asked(given: ModelGiven, folder: Path, **changed) -> ComputeField:
    about = {"start": 3, "count": 9, "distance": 20, **changed}
    text = TextGiven(text=str(TEXT), name="t")
    return ComputeField(model=given, text=text, path=str(folder / "f.npz"), **about)


def by_autograd(model: LanguageModel, step: int) -> tuple[float, torch.Tensor, torch.Tensor]:
    """The loss at a step, and its gradient at what the front end gave of its window, (n, E)."""
    double = of_a_window(model).double()
    front = (
        double.embed(model.window_ending(ids_of()[: step + 1])[:, None]).detach().requires_grad_()
    )
    given, _ = double.run_layers(front)
    logits = double.answers(given, None, front)
    loss = functional.cross_entropy(logits, ids_of()[step + 1][None])
    (found,) = torch.autograd.grad(loss, front)
    return loss.item(), found[:, 0], front[:, 0].detach()


@pytest.mark.parametrize("kind", KINDS)
def test_each_loss_reaches_its_window_as_autograd_says(kind, tmp_path):
    model, given = saved(kind, tmp_path)
    ask(TASKS, asked(given, tmp_path, jacobians=True))
    field = read_field(tmp_path / "f.npz")
    assert field.distance == N - 1
    assert field.predicted.tolist() == list(range(3, 12))
    for row, step in enumerate(range(2, 11)):
        loss, gradient, front = by_autograd(model, step)
        there = min(N, step + 1)
        assert field.array("losses")[row] == pytest.approx(loss, abs=1e-9)
        norms = gradient.norm(dim=1).flip(0)[:there].numpy()
        products = (gradient * front).sum(1).flip(0)[:there].numpy()
        assert np.allclose(field.array("inputs")[row, :there], norms, atol=1e-9)
        assert np.allclose(field.array("products")[row, :there], products, atol=1e-9)
        assert np.isnan(field.array("inputs")[row, there:]).all()
        assert np.isfinite(field.norms("hidden", 0)[row, :there]).all()
    together = np.sqrt(np.nansum(np.square(field.norms("hidden", 0))))
    assert math.hypot(*field.array("hidden-sum")[0]) == pytest.approx(together)
    assert field.jacobian("hidden", 0).median[0] == pytest.approx(1)


def test_a_training_step_is_clipped_and_truncation_says_why_not(tmp_path):
    _, given = saved("padded", tmp_path)
    text = TextGiven(text=str(TEXT), name="t")
    found = ask(TASKS, Clipping(model=given, text=text, start=5, count=8, windows=2))
    assert found.losses == 8 and len(found.norms) == 2
    with pytest.raises(GradientError, match=r"windows of 6 steps.*nothing to truncate"):
        ask(TASKS, Truncation(model=given, text=text, steps=10, chunk=2))


def test_windows_read_from_their_end_say_so(tmp_path):
    _, given = saved("both-ways", tmp_path)
    with pytest.raises(GradientError, match="some layers from the end of each"):
        ask(TASKS, asked(given, tmp_path))

"""Threads are chosen by measurement where the settings leave them open."""

from __future__ import annotations

import pytest
import torch

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.training import measuring
from rnnviz.nets.training.measuring import Measured, measure, with_threads
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.training_tasks.task import TrainingTask
from tests.nets.small import random_text
from tests.nets.training.small_runs import settings


def made(config: TrainingConfig) -> TrainingTask:
    return CharacterTask(config, random_text(300))


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [({1: 1.0, 4: 0.5, 8: 0.3}, 8), ({1: 1.0, 4: 0.95, 8: 0.92}, 1), ({1: 1.0, 4: 0.5, 8: 2}, 4)],
)
def test_more_threads_must_be_worth_it(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], chosen: int
) -> None:
    now = [torch.get_num_threads()]
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr(torch, "get_num_threads", lambda: now[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda threads: now.__setitem__(0, threads))
    monkeypatch.setattr(measuring, "measure", lambda task, config: Measured(seconds[now[0]], 1, 1))
    assert with_threads(settings(threads=0), made).threads == chosen
    assert now == [1]
    assert with_threads(settings(threads=3), made).threads == 3


def test_a_step_is_measured() -> None:
    config = settings()
    found = measure(made(config), config)
    wide = measure(made(settings(batch=8)), config)
    assert found.seconds > 0
    assert (found.tokens, wide.tokens) == (2 * 8, 8 * 8)
    assert wide.kept_bytes > 2 * found.kept_bytes

"""A text is cut into streams and a held-out end, and judged there."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.training_tasks.corpus import held_out_loss, split, streams
from tests.nets.small import random_text, small_model
from tests.nets.training.small_runs import settings


def test_streams_and_batches_cover_the_text_once() -> None:
    training, held_out = split(np.arange(25, dtype=np.int32), 0.2)
    assert held_out.tolist() == list(range(20, 25))
    assert split(np.arange(25, dtype=np.int32), 7)[1].tolist() == list(range(18, 25))
    columns = streams(training, 3)
    assert columns.t().tolist() == [list(range(k * 6, k * 6 + 6)) for k in range(3)]
    task = CharacterTask(settings(batch=3, sequence_length=2, held_out=0.2), random_text(25))
    found = [task.next_batch() for _ in range(4)]
    assert torch.equal(torch.cat([batch.inputs for batch in found[:3]]), task.columns[:-1])
    assert torch.equal(torch.cat([batch.targets for batch in found[:3]]), task.columns[1:])
    assert torch.equal(found[3].inputs, found[0].inputs)


def test_held_out_loss_is_the_mean_surprisal() -> None:
    model = small_model().train()
    ids = torch.from_numpy(model.characters().encode(random_text(1200))).long()
    with torch.no_grad():
        logits, _ = model(ids[:-1, None], model.zero_state(1))
        expected = nn.functional.cross_entropy(logits[:, 0], ids[1:]).item()
    assert held_out_loss(model, ids) == pytest.approx(expected, abs=1e-5)
    assert model.training
    assert math.isnan(held_out_loss(model, ids[:1]))

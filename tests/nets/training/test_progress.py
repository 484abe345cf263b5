"""How far a training is comes back as it was saved, and as nothing else."""

from __future__ import annotations

import math

import pytest

from rnnviz.nets.training.progress import Progress


def test_it_comes_back_as_it_was() -> None:
    progress, again = Progress(10), Progress(10)
    progress.advance(1.5, 64, 0.25)
    assert math.isnan(progress.validation_nats)
    progress.judge(1.25)
    progress.bad_number = "the loss"
    again.restore(progress.saved())
    assert again.saved() == progress.saved()
    fresh = Progress(10)
    fresh.restore(Progress(10).saved())
    assert math.isnan(fresh.validation_nats) and math.isinf(fresh.best_nats)


@pytest.mark.parametrize(
    "damage",
    [{"validation_nats": []}, {"step": 1.5}, {"step": True}, {"bad_number": 3}, {"saved": 1},
     {"loss_nats": "much"}, {"_resumed_at": 0}],
)  # fmt: skip
def test_what_is_no_progress_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"is|could"):
        Progress(10).restore(Progress(10).saved() | damage)

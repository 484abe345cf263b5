"""Jobs on trainings that have not begun."""

from __future__ import annotations

import msgspec

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.work.messages import Request


class Estimated(msgspec.Struct, frozen=True, kw_only=True):
    """What a training would take here."""

    seconds: float
    seconds_a_step: float
    threads: int
    steps: int
    tokens_per_second: float
    parameters: int
    memory_bytes: float
    disk_bytes: float


class Estimate(Request[None, Estimated], frozen=True, kw_only=True):
    """Train a few steps, and say what the whole would take."""

    config: TrainingConfig

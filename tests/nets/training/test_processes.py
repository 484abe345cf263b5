"""Two processes train the same model as one, into one run directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from rnnviz.core.runs.directory.config import read_config
from rnnviz.core.runs.directory.log import read_events
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks.characters import CharacterTask
from tests.nets.small import random_text

ROOT = Path(__file__).parents[3]
OPTIONS = (
    "--units 8 --layers 1 --batch 4 --sequence-length 8 --steps 6 --optimiser sgd --schedule "
    "constant --warmup-steps 1 --learning-rate 0.5 --parameters-every 3 --gradient-steps-every 3 "
    "--temperatures 0.8"
)


def together(*words: str) -> None:
    """Run `rnnviz train` in two processes that know of each other."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
    result = subprocess.run(
        [*command, "-m", "rnnviz", "train", *words],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3000:]


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text(random_text(2000))
    alone, both = tmp_path / "alone", tmp_path / "both"
    together(str(text), "-o", str(both), *OPTIONS.split())
    config = read_config(both)
    train(CharacterTask.from_config(config), config, alone)
    models = [load_file(run / "checkpoints" / "latest.safetensors") for run in (alone, both)]
    for name, tensor in models[0].items():
        torch.testing.assert_close(tensor, models[1][name], rtol=1e-4, atol=1e-6)
    first, second = (list(read_events(run, "step")) for run in (alone, both))
    for one, two in zip(first, second, strict=True):
        assert one["tokens"] == two["tokens"]
        assert abs(one["loss_nats"] - two["loss_nats"]) < 1e-5
        assert abs(one["gradient_norm"] - two["gradient_norm"]) < 1e-5
    (started,) = read_events(both, "started")
    assert started["processes"] == 2
    assert not (both / "lock").exists()

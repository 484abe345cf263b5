"""Trains the 3-bit flip-flop that ships, makes the numbers that it is shown on, and writes its card.

    python models/make_flip_flop.py

The training is that of the preset *3-bit flip-flop* of a new run.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
import torch

from rnnviz.core.sequences.files.number_files import Table
from rnnviz.core.training_tasks import task_named
from rnnviz.core.training_tasks.flip_flop import flip_flop
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import copy_model, save_model
from rnnviz.nets.answering.reading import read_table_for
from rnnviz.nets.language.model import count_parameters
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training.loop import train

MODELS = Path(__file__).parent
TEXTS = MODELS.parent / "resources" / "texts"
NAME, TEXT, STEPS = "flip-flop", "flip-flop.csv", 1_500
SHOWN, JUDGED = 11, 12
"""Seeds of the numbers that are shown, and of those that it is judged on."""


def write_table(table: Table, path: Path) -> None:
    """Rows as CSV, the numbers whole."""
    lines = [",".join(table.columns)]
    lines += [",".join(str(int(value)) for value in row) for row in table.values.tolist()]
    path.write_text("\n".join(lines) + "\n")


@torch.inference_mode()
def judge(model: SequenceNetwork, table: Table) -> tuple[float, float]:
    """The mean squared error, and the share of bits whose sign is right."""
    reading = read_table_for(model, table)
    _, entering = reading.take(0, len(reading))
    said, _ = model(entering[:, None])
    answers, wanted = said[:, 0].numpy(), reading.wanted
    return float(((answers - wanted) ** 2).mean()), float((np.sign(answers) == wanted).mean())


def main() -> None:
    """Train, judge, write."""
    task = task_named("numbers")
    preset = next(one for one in task.presets if one.name == "flip-flop")
    config = task.config_for(preset, (), 0)
    config = msgspec.structs.replace(config, name="3-bit flip-flop", default_text=TEXT, device="cpu")
    write_table(flip_flop(3, STEPS, SHOWN), TEXTS / TEXT)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        train(training_task(config), config, Path(folder) / "run")
        seconds = time.monotonic() - began
        made = Path(folder) / "run" / "checkpoints" / "latest.safetensors"
        model = open_model(made).model
        error, right = judge(model, flip_flop(3, 10_000, JUDGED))
        training = {**model.description.training, "mean_squared_error": error, "right": right}
        described = msgspec.structs.replace(model.description, training=training)
        whole = Path(folder) / "whole.safetensors"
        save_model(whole, model, described)
        target = MODELS / f"{NAME}.safetensors"
        copy_model(whole, target, half=True)
        shutil.rmtree(Path(folder) / "run")
    half, half_right = judge(open_model(target).model, flip_flop(3, 10_000, JUDGED))
    options = " ".join(
        f"--{name.replace('_', '-')} {value}"
        for name, value in preset.settings.items()
        if name not in ("options", "dropout")
    )
    card = f"""# 3-bit flip-flop

A model of numbers: GRU, 1 layer of {config.units} units, reads three inputs and gives three outputs at every step; each keeps the sign of the last pulse on its input (Sussillo and Barak 2013, "Opening the black box"). {count_parameters(model):,} parameters in half precision, {target.stat().st_size / 1e3:.0f} kB.

**Data.** Made up: at each step each input pulses, up or down, with probability 0.1; 12,000 steps in sequences of {config.sequence_length}, the last tenth held out.

**Made with** the preset *3-bit flip-flop* of a new run, by

```
python models/make_flip_flop.py
```

which is `rnnviz train --task numbers --option made_up=flip-flop --option bits=3 {options}`; {training["steps"]:,} steps in {seconds:.0f} seconds on two cores of a server that others used, too.

**How good.** On {10_000:,} steps in one sequence, a hundred times longer than those that it learned from, from another seed: mean squared error {error:.4f} (in half precision {half:.4f}; always giving 0 has 1), {100 * right:.2f} % of the signs right ({100 * half_right:.2f} % in half precision). It is shown on `{TEXT}`, {STEPS:,} steps of a third seed.
"""
    (MODELS / f"{NAME}.md").write_text(card)
    print(card)


if __name__ == "__main__":
    main()

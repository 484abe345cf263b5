"""How fast a text is walked exactly, with hidden, cell and all four gates written to disk.

    python benchmarks/walking.py [--characters 100000] [--units 256 512] [--repeats 3]

1. `torch.nn.LSTM` alone, two layers, the same single stream of one-hot characters, hidden states
   only, with one thread and with one a core: the faster counts.
2. A loop over `torch.nn.LSTMCell` that keeps hidden and cell, on the first characters.
3. `rnnviz.nets.walking.walk.walk` to disk, all six channels, surprisal and predictions.

Each is run in turn so many times, and the fastest run of each counts.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures.lstm import LSTM
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.walking.walk import walk

CELL_CHARACTERS = 3000
BLOCK = 8192
VOCABULARY = tuple(chr(code) for code in range(32, 132))
CLAIMS = {"nn.LSTM": 0.6, "LSTMCell": 4.0}


def main() -> None:
    """Run all three for every size and print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=100_000)
    parser.add_argument("--units", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    drawn = np.random.default_rng(0).integers(0, len(VOCABULARY), options.characters)
    ids = torch.from_numpy(drawn)
    text = Text((drawn + 32).astype(np.uint8))
    for units in options.units:
        model = LanguageModel(
            ModelDescription(architecture="lstm", layers=2, units=units, vocabulary=VOCABULARY)
        ).eval()
        with tempfile.TemporaryDirectory() as folder:
            compare(model, ids, text, Path(folder), options.repeats)


def compare(model: LanguageModel, ids: Tensor, text: Text, folder: Path, repeats: int) -> None:
    """Characters a second of all three, best of so many runs, and the ratios."""
    fused, cells = same_weights(model)
    first = ids[:CELL_CHARACTERS]
    runs: dict[str, tuple[int, Callable[[], None]]] = {
        "nn.LSTM, 1 thread": (len(ids), lambda: run_fused(fused, ids, 1)),
        f"nn.LSTM, {os.cpu_count()} threads": (
            len(ids),
            lambda: run_fused(fused, ids, os.cpu_count() or 1),
        ),
        "LSTMCell": (len(first), lambda: run_cells(cells, first)),
        "walk": (len(ids), lambda: walk(model, text, folder, LSTM.facts.channel_names)),
    }
    rates = dict.fromkeys(runs, 0.0)
    for _ in range(repeats):
        for name, (characters, run) in runs.items():
            began = time.perf_counter()
            run()
            rates[name] = max(rates[name], characters / (time.perf_counter() - began))
    print(f"LSTM 2 x {model.recurrent[0].units}, {len(ids):,} characters")
    for name, rate in rates.items():
        print(f"  {name:<20} {rate:>10,.0f} characters/s")
    for name, claim in CLAIMS.items():
        ratio = rates["walk"] / max(rate for key, rate in rates.items() if key.startswith(name))
        verdict = "PASS" if ratio >= claim else "short of"
        print(f"  walk / {name:<13} {ratio:>10.2f}  {verdict} {claim}")


def same_weights(model: LanguageModel) -> tuple[nn.LSTM, list[nn.LSTMCell]]:
    """The model's layers as torch's stack of two and as single-step cells."""
    units, size = model.recurrent[0].units, len(VOCABULARY)
    stack = nn.LSTM(size, units, 2)
    cells = [nn.LSTMCell(size, units), nn.LSTMCell(units, units)]
    for layer, (module, cell) in enumerate(zip(model.recurrent, cells, strict=True)):
        for name, tensor in module.state_dict().items():
            stack.get_parameter(f"{name.removesuffix('0')}{layer}").data.copy_(tensor)
            cell.get_parameter(name.removesuffix("_l0")).data.copy_(tensor)
    return stack, cells


@torch.inference_mode()
def run_fused(stack: nn.LSTM, ids: Tensor, threads: int) -> None:
    """Hidden states of the top layer, block after block."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    state = None
    for block in ids.split(BLOCK):
        one_hot = nn.functional.one_hot(block, len(VOCABULARY)).float().unsqueeze(1)
        _, state = stack(one_hot, state)
    torch.set_num_threads(before)


@torch.inference_mode()
def run_cells(cells: list[nn.LSTMCell], ids: Tensor) -> None:
    """Hidden and cell of both layers, character by character."""
    states = [cast("tuple[Tensor, Tensor] | None", None)] * len(cells)
    kept = torch.empty(len(ids), len(cells), 2, cells[0].hidden_size)
    inputs = nn.functional.one_hot(ids, len(VOCABULARY)).float().unsqueeze(1)
    for t in range(len(ids)):
        below = inputs[t]
        for layer, cell in enumerate(cells):
            state = cell(below, states[layer])
            states[layer], below = state, state[0]
            kept[t, layer, 0], kept[t, layer, 1] = state[0][0], state[1][0]


if __name__ == "__main__":
    main()

"""How soon text that was just typed can be seen: 500 characters to a recording on disk.

    python benchmarks/live.py [--characters 500] [--layers 2] [--units 384] [--repeats 20]

The baseline is a loop over `torch.nn.LSTMCell` on the same characters that keeps hidden and cell
in memory and writes nothing: what a notebook would do.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures.lstm import LSTM
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.walking.walk import walk

VOCABULARY = tuple(chr(code) for code in range(32, 132))
LIMIT_MS = 300


def main() -> None:
    """Time both in turn and print the medians and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=500)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--units", type=int, default=384)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    model = LanguageModel(
        ModelDescription(
            architecture="lstm",
            layers=options.layers,
            units=options.units,
            vocabulary=VOCABULARY,
        )
    ).eval()
    drawn = np.random.default_rng(0).integers(0, len(VOCABULARY), options.characters)
    text, ids = Text((drawn + 32).astype(np.uint8)), torch.from_numpy(drawn)
    cells = [
        nn.LSTMCell(options.units if layer else len(VOCABULARY), options.units)
        for layer in range(options.layers)
    ]
    ours, loop = [], []
    with tempfile.TemporaryDirectory() as name:
        for number in range(options.repeats + 1):
            folder = Path(name) / str(number)
            ours.append(milliseconds(partial(walk, model, text, folder, LSTM.facts.channel_names)))
            assert Recording(folder).complete
            loop.append(milliseconds(partial(run_cells, cells, ids)))
    warm, baseline = ours[1:], statistics.median(loop[1:])
    print(f"LSTM {options.layers} x {options.units}, {options.characters:,} characters")
    print(f"  walk to disk, all channels  median {statistics.median(warm):6.1f} ms")
    print(f"                              slowest {max(warm):5.1f} ms, the first {ours[0]:.1f} ms")
    print(f"  loop over LSTMCell          median {baseline:6.1f} ms")
    print(f"  times faster                {baseline / statistics.median(warm):13.2f}")
    print(f"  {'PASS' if max(warm) < LIMIT_MS else 'short of'} {LIMIT_MS} ms")


def milliseconds(run: Callable[[], None]) -> float:
    """How long this takes."""
    began = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - began)


@torch.inference_mode()
def run_cells(cells: list[nn.LSTMCell], ids: torch.Tensor) -> None:
    """Hidden and cell of all layers, character by character."""
    inputs = nn.functional.one_hot(ids, len(VOCABULARY)).float().unsqueeze(1)
    states: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * len(cells)
    kept = []
    for given in inputs:
        below = given
        for layer, cell in enumerate(cells):
            state = cell(below, states[layer])
            states[layer], below = state, state[0]
        kept.append(torch.cat([part for state in states if state for part in state]))


if __name__ == "__main__":
    main()

"""How fast many documents are walked side by side, everything written to disk.

    python benchmarks/documents.py [--documents 1000] [--units 256] [--repeats 3]

`torch.nn.LSTM`, two layers, over the same batches of 64 documents without keeping anything, with
one thread and with one a core: the faster counts. Beside it `walk_documents` to disk, with all six
channels and with the hidden states alone, predictions and surprisal included. All are run in turn
so many times, and the fastest run of each counts.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import Tensor, nn

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.text import Text
from rnnviz.nets.architectures.lstm import LSTM
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.sequence.reading import read_text
from rnnviz.nets.walking.documents import STREAMS, walk_documents

VOCABULARY = tuple(chr(code) for code in range(32, 132))
CLAIMS = {"all six channels": 0.4, "hidden alone": 0.7}
TOGETHER = 256
"""Documents that are sorted by length together, as the walk does it."""


def main() -> None:
    """Run all in turn and print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    generator = np.random.default_rng(0)
    lengths = generator.integers(100, 500, options.documents)
    codes = generator.integers(32, 132, int(lengths.sum())).astype(np.uint8)
    text = Text(codes, "documents", documents=Documents.of_lengths(lengths.tolist()))
    model = LanguageModel(
        ModelDescription(architecture="lstm", layers=2, units=options.units, vocabulary=VOCABULARY)
    ).eval()
    reading = read_text(model.network.reads, text)
    stack, batches = nn.LSTM(len(VOCABULARY), options.units, 2), batches_of(text)
    every = LSTM.facts.channel_names
    with tempfile.TemporaryDirectory() as folder:
        runs: dict[str, Callable[[], None]] = {
            "nn.LSTM, 1 thread": lambda: run_stack(stack, batches, 1),
            f"nn.LSTM, {os.cpu_count()} threads": lambda: run_stack(
                stack, batches, os.cpu_count() or 1
            ),
            "all six channels": lambda: walk_documents(model, reading, Path(folder) / "a", every),
            "hidden alone": lambda: walk_documents(model, reading, Path(folder) / "h", ["hidden"]),
        }
        rates = dict.fromkeys(runs, 0.0)
        for _ in range(options.repeats):
            for name, run in runs.items():
                began = time.perf_counter()
                run()
                rates[name] = max(rates[name], len(text) / (time.perf_counter() - began))
    print(f"LSTM 2 x {options.units}, {options.documents:,} documents, {len(text):,} characters")
    for name, rate in rates.items():
        print(f"  {name:<20} {rate:>10,.0f} characters/s")
    alone = max(rate for name, rate in rates.items() if name.startswith("nn.LSTM"))
    for name, claim in CLAIMS.items():
        ratio = rates[name] / alone
        print(f"  {name:<20} {ratio:>10.2f}  {'PASS' if ratio >= claim else 'short of'} {claim}")


def batches_of(text: Text) -> list[Tensor]:
    """The documents in batches of 64, sorted some together, padded to the longest, (T, B) each."""
    bounds = list(text.documents)
    found = []
    for first in range(0, len(bounds), TOGETHER):
        some = sorted(bounds[first : first + TOGETHER], key=lambda one: one[0] - one[1])
        for begin in range(0, len(some), STREAMS):
            parts = [
                torch.from_numpy(text.codes[start:stop].astype(np.int64) - 32)
                for start, stop in some[begin : begin + STREAMS]
            ]
            found.append(nn.utils.rnn.pad_sequence(parts))
    return found


@torch.inference_mode()
def run_stack(stack: nn.LSTM, batches: list[Tensor], threads: int) -> None:
    """Hidden states of the top layer, batch after batch."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    for batch in batches:
        stack(nn.functional.one_hot(batch, len(VOCABULARY)).float())
    torch.set_num_threads(before)


if __name__ == "__main__":
    main()

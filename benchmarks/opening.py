"""How long a PyTorch file takes to open as a model, beside `torch.load` of the same file.

    python benchmarks/opening.py [--units 440] [--repeats 20]

1. Baseline: `torch.load(weights_only=True)`, which gives tensors and looks at none of them.
2. `rnnviz.nets.checkpoints.open_model`: recognised, read without running anything, every checksum
   and every weight looked at, the network found among the tensors, built and given its vocabulary.
3. A file of about that size that holds a table of numbers and no network: refused.

The figures are milliseconds by the clock and of processor time of all threads (checksums are found
on one beside), the fastest and the median of so many, in turn; the claim is 1.5 times the baseline
for a file of 10 MB, by the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from rnnviz.core.errors import RnnvizError
from rnnviz.nets.checkpoints import open_model

CLAIM = 1.5
_SYMBOLS = 96


def main() -> None:
    """Measure all of it, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", type=int, default=440)
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        good, refused = Path(folder) / "model.pt", Path(folder) / "no-network.pt"
        write(good, options.units)
        torch.save({"numbers": torch.randn(4 * options.units, 6 * options.units)}, refused)
        works: dict[str, Callable[[], object]] = {
            "torch.load": lambda: torch.load(good, weights_only=True),
            "open_model": lambda: open_model(good),
            "torch.load of what is refused": lambda: torch.load(refused, weights_only=True),
            "refused by open_model": lambda: refuse(refused),
        }
        taken: dict[str, list[float]] = {name: [] for name in works}
        used: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(options.repeats):
            for name, work in works.items():
                began, before = time.perf_counter(), time.process_time()
                work()
                taken[name].append(1000 * (time.perf_counter() - began))
                used[name].append(1000 * (time.process_time() - before))
        sizes = [path.stat().st_size / 1e6 for path in (good, refused)]
    print(f"files of {sizes[0]:.1f} and {sizes[1]:.1f} MB, {options.repeats} times in turn")
    for name, each in taken.items():
        print(
            f"  {name:<30} {min(each):6.1f} ms, median {np.median(each):6.1f}; of the processor "
            f"{min(used[name]):6.1f}, median {np.median(used[name]):6.1f}"
        )
    names = list(works)
    for base, ours in (names[:2], names[2:]):
        ratio = np.median(taken[ours]) / np.median(taken[base])
        fastest = min(taken[ours]) / min(taken[base])
        verdict = "PASS" if ratio <= CLAIM else "short of"
        print(f"{ours}: {ratio:.2f} times (fastest {fastest:.2f})  {verdict} {CLAIM}")


def write(path: Path, units: int) -> None:
    """A character model as people save one: its state_dict, and its characters beside it."""
    torch.manual_seed(0)
    model = nn.ModuleDict(
        {
            "rnn": nn.LSTM(_SYMBOLS, units, 2, batch_first=True),
            "output": nn.Linear(units, _SYMBOLS),
        }
    )
    characters = [chr(32 + number) for number in range(_SYMBOLS)]
    torch.save({"model": model.state_dict(), "characters": characters}, path)


def refuse(path: Path) -> None:
    """Open what holds no network."""
    with contextlib.suppress(RnnvizError):
        open_model(path)
        raise AssertionError(f"{path} was opened")


if __name__ == "__main__":
    main()

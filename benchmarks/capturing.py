"""How long a forward pass takes while it is captured, and how much memory that takes.

    python benchmarks/capturing.py [--steps 100000]

The forward pass of an LSTM of 2 x 512 units is timed bare and captured, with all channels written;
then one long sequence is captured, with the peak of memory over that of the bare pass.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

import rnnviz


def peak_mb() -> float:
    """The most memory that this process ever took."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Time, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=100_000)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    module, inputs = nn.LSTM(64, 512, 2), torch.randn(200, 16, 64)
    times: dict[str, list[float]] = {"bare": [], "captured": [], "captured, whole block": []}
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        module(inputs)
        processor: dict[str, list[float]] = {"bare": [], "captured": []}
        for number in range(5):
            began, worked = time.perf_counter(), time.process_time()
            module(inputs)
            times["bare"].append(time.perf_counter() - began)
            processor["bare"].append(time.process_time() - worked)
            began = time.perf_counter()
            with rnnviz.capture(module, Path(folder) / str(number)):
                inside, worked = time.perf_counter(), time.process_time()
                module(inputs)
                times["captured"].append(time.perf_counter() - inside)
                processor["captured"].append(time.process_time() - worked)
            times["captured, whole block"].append(time.perf_counter() - began)
        found = {name: statistics.median(each) for name, each in times.items()}
        bare = found["bare"]
        print(json.dumps({name: round(each / bare, 2) for name, each in found.items()}))
        # By the processor's own time other work on the machine counts for little.
        share = min(processor["captured"]) / min(processor["bare"])
        print(json.dumps({"captured, processor time": round(share, 2)}))
        long = torch.randn(asked.steps, 1, 64)
        module(long)
        before = peak_mb()
        with rnnviz.capture(module, Path(folder) / "long"):
            module(long)
        print(json.dumps({"more memory, MB": round(peak_mb() - before)}))


if __name__ == "__main__":
    main()

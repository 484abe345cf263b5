"""How long it takes until a text of 2,000 characters is there again with one unit changed.

    python benchmarks/intervening.py [MODEL] [--characters 2000] [--repeats 5]

The losses of the text with and without the change, and a sample of 200 characters with it: what is
redrawn when a person cuts a unit. The claim is 150 ms for all of it. Beside it the same with 20
random units, which comes a little later. The last lines are what the window does for the text: it
is walked again, all channels to the disk, on as many threads as a walk takes; by the clock, and in
processor time, which tells more where other work keeps the machine busy.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.places import models, resources
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.walking.changed_layer import changed_network
from rnnviz.nets.walking.intervening import ablate, losses_changed, sample_changed
from rnnviz.nets.walking.walk import walk

CLAIM_MS = 150.0


def fastest(work: Callable[[], object], repeats: int) -> float:
    """Milliseconds of one processor, of the fastest of so many."""
    best = float("inf")
    for _ in range(repeats):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return 1000 * best


def main() -> None:
    """Print what each part takes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = models() / "war-and-peace-lstm.safetensors"
    parser.add_argument("model", nargs="?", type=Path, default=default)
    parser.add_argument("--characters", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = open_model(arguments.model).model
    text = Text.read(resources() / "texts" / "pride-and-prejudice.txt")
    ids = model.characters().encode_codes(np.asarray(text.codes[:20_000]))
    known = torch.from_numpy(ids[ids >= 0]).long()[: arguments.characters]
    for layer in range(len(model.recurrent)):
        print(f"layer {layer + 1}: {measured(model, known, layer, arguments.repeats)}")
    read = Text.of(text.slice(0, arguments.characters))
    networks = {
        "as it is": model,
        "with a unit cut": changed_network(model, Intervention(layer=0, unit=3)),
    }
    for words, network in networks.items():
        clock, used = walked(network, read, arguments.repeats)
        print(f"text walked {words}: {clock:.0f} ms by the clock, {used:.0f} ms of processor time")


def walked(network: LanguageModel, text: Text, repeats: int) -> tuple[float, float]:
    """Milliseconds by the clock and of processor time, each of the fastest of so many walks."""
    clock, used = [], []
    channels = [one.name for one in network.recurrent[0].facts.channels]
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            began, before = time.perf_counter(), time.process_time()
            walk(network, text, Path(folder) / "walk", channels)
            clock.append(time.perf_counter() - began)
            used.append(time.process_time() - before)
    return 1000 * min(clock), 1000 * min(used)


def measured(model: LanguageModel, ids: Tensor, layer: int, repeats: int) -> str:
    """What cutting a unit of this layer takes, in words."""
    cut = Intervention(layer=layer, unit=3)
    parts = {
        "losses": fastest(lambda: losses_changed(model, ids, [None, cut]), repeats),
        "sample": fastest(lambda: list(sample_changed(model, 200, cut, seed=1)), repeats),
    }
    beside = fastest(lambda: ablate(model, ids, cut), 1)
    total = sum(parts.values())
    said = ", ".join(f"{name} {took:.0f} ms" for name, took in parts.items())
    met = "met" if total <= CLAIM_MS else "not met"
    return (
        f"{total:.0f} ms ({said}); claim {CLAIM_MS:.0f} ms {met}; beside 20 random units "
        f"{beside:.0f} ms"
    )


if __name__ == "__main__":
    main()

"""Gradients through time: all losses side by side in closed form, against autograd loss by loss.

    python benchmarks/gradients.py [MODEL] [--losses 64] [--distance 64]

Both find the norm of dL_t/dh_{t-k} at every layer for the same losses and distances; the largest
relative difference between the two is printed beside the ratio of their times, by the clock and by
the processor. Autograd runs on torch's single-step cells, since a fused module hides the states
between its steps. Also: how soon the window can draw the first losses of a large field.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import cast

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.sequences.text import Text
from rnnviz.core.system.places import models, resources
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.gradients.backprop import loss_norms, record, state_after
from rnnviz.nets.language.model import LanguageModel

CLAIM = 5
"""Times that the closed form must be faster than autograd."""
EXACT = 1e-6
"""The relative difference that rounding may leave where a norm is far below the largest."""
FIRST = 32
"""Losses that the window draws first."""
_CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}


def in_closed_form(model: LanguageModel, ids: Tensor, losses: int, distance: int) -> Tensor:
    """(L, T, K + 1) by `rnnviz.nets.gradients.backprop`, recording included."""
    tape = record(model, ids, state_after(model, ids[:0]))
    return loss_norms(tape, range(distance, distance + losses), distance).states["hidden"]


def by_autograd(model: LanguageModel, ids: Tensor, losses: int, distance: int) -> Tensor:
    """The same by one call of `torch.autograd.grad` a loss, forward pass included."""
    double = model.double()
    nodes, found_losses = _forward(double, ids)
    layers = len(nodes[0])
    found = torch.zeros(layers, losses, distance + 1, dtype=torch.float64)
    for row in range(losses):
        step = distance + row
        wanted = [
            nodes[step - back][layer] for layer in range(layers) for back in range(distance + 1)
        ]
        grads = torch.autograd.grad(found_losses[step], wanted, retain_graph=True)
        found[:, row] = torch.stack([g.norm() for g in grads]).view(layers, distance + 1)
    model.float()
    return found


def _forward(double: LanguageModel, ids: Tensor) -> tuple[list[list[Tensor]], list[Tensor]]:
    about = double.network.layers[0]
    name, units = about.architecture, about.units
    cells = []
    for part in double.recurrent:
        module = cast(nn.RNNBase, part)
        cell = _CELLS[name](module.input_size, units).double()
        weights = {key: getattr(module, f"{key}_l0") for key in cell.state_dict()}
        cell.load_state_dict(weights)
        cells.append(cell)
    zero = torch.zeros(1, units, dtype=torch.float64, requires_grad=True)
    states: list[tuple[Tensor, ...]] = [(zero, zero) if name == "lstm" else (zero,) for _ in cells]
    nodes, losses = [], []
    for step in range(len(ids) - 1):
        embedded = double.embed(ids[step : step + 1])
        hidden: list[Tensor] = []
        for layer, cell in enumerate(cells):
            entering = double.layer_input(layer, embedded, hidden)
            after = cell(entering, states[layer] if name == "lstm" else states[layer][0])
            states[layer] = after if name == "lstm" else (after,)
            hidden.append(states[layer][0])
        nodes.append(hidden)
        losses.append(functional.cross_entropy(double.answers(hidden), ids[step + 1 : step + 2]))
    return nodes, losses


def main() -> None:
    """Time both, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = models() / "war-and-peace-small-lstm.safetensors"
    parser.add_argument("model", nargs="?", type=Path, default=default)
    parser.add_argument("--losses", type=int, default=64)
    parser.add_argument("--distance", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = open_model(arguments.model).model
    text = Text.read(resources() / "texts" / "pride-and-prejudice.txt")
    ids = model.description.characters().encode_codes(np.asarray(text.codes[:20_000]))
    known = torch.from_numpy(ids[ids >= 0]).long()[: arguments.distance + arguments.losses + 1]
    sizes = arguments.losses, arguments.distance
    in_closed_form(model, known, 2, 2)
    clock, processor, found = [], [], []
    for way in (in_closed_form, by_autograd):
        began, busy = time.perf_counter(), time.process_time()
        found.append(way(model, known, *sizes))
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    busy = time.process_time()
    in_closed_form(model, known, min(FIRST, sizes[0]), sizes[1])
    first = time.process_time() - busy
    apart = float(((found[0] - found[1]).abs() / found[1].clamp(min=1e-200)).max())
    ratio = processor[1] / processor[0]
    about = model.description
    print(
        f"{about.name}, {about.architecture.upper()} {about.layers} x {about.units}: "
        f"{sizes[0]} losses over {sizes[1]} steps, {arguments.threads} thread(s)\n"
        f"  closed form {clock[0]:.2f} s ({processor[0]:.2f} s of the processor), "
        f"autograd {clock[1]:.2f} s ({processor[1]:.2f} s)\n"
        f"  the first {min(FIRST, sizes[0])} losses after {first:.2f} s of the processor\n"
        f"  autograd / closed form {ratio:.1f} times, by the clock {clock[1] / clock[0]:.1f}  "
        f"{'PASS' if ratio >= CLAIM else 'short of'} {CLAIM} times\n"
        f"  largest relative difference {apart:.1e}  {'PASS' if apart < EXACT else 'short of'} "
        f"{EXACT}"
    )


if __name__ == "__main__":
    main()

"""Networks that read rows of numbers, as those of symbols that they may be.

Shapes do not tell. One number a step may be a measurement, or the id of a symbol divided by how
many there are, as the usual first lesson on writing has it (`X / float(n_vocab)`); fifty-seven may
be measurements, or a letter as zeros and a one, as in PyTorch's lesson on names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from rnnviz.core.models.network import AsRead, Embedding, Linear, OneHot, Readout, Windows
from rnnviz.nets.checkpoints.networks.found import FoundNetwork
from rnnviz.nets.sequence.network import ACTIVATIONS

FEWEST_ONE_HOT = 8
"""Rows of fewer numbers than these are measurements, also where as many come out."""
_FEWEST_SCALED = 16
"""Of so many classes it is asked whether they are the symbols; fewer are digits and the like."""
_USUAL_WINDOW = 100
"""Symbols in a piece, as the lessons have it, where the file does not say how many."""


def with_symbols(readings: Sequence[FoundNetwork], window: int | None) -> list[FoundNetwork]:
    """These readings, and those of the same tensors that read symbols, in an order of their own.

    Args:
        window: how many steps it reads at a time, where the file says so.
    """
    if any(one.symbols for one in readings):
        return list(readings)
    telling = [one for one in readings if one.gives == "softmax" and one.outputs > 1]
    if telling and telling[0].reads == 1:
        scaled = _of_scaled_ids(telling[0], window)
        many = telling[0].outputs >= _FEWEST_SCALED
        return [*scaled, *readings] if many else [*readings, *scaled]
    rows = [one for one in telling if one.reads >= FEWEST_ONE_HOT]
    return [*readings, *(_of_one_hot(one) for one in rows)]


def _of_scaled_ids(found: FoundNetwork, window: int | None) -> list[FoundNetwork]:
    """Language models that read each symbol's id divided by V, in windows and as one stream."""
    if found.readout.kind not in ("every", "last") or found.readout.layers:
        return []
    size, tensors = found.outputs, dict(found.tensors)
    # In double precision and then rounded: what NumPy gives, and torch's own division, too.
    table = (torch.arange(size, dtype=torch.float64) / size).float()[:, None]
    if isinstance(found.front, Linear):
        weight, bias = tensors.pop("front.weight"), tensors.pop("front.bias")
        table = ACTIVATIONS[found.front.activation]()(table @ weight.t() + bias)
    elif not isinstance(found.front, AsRead):
        return []
    said = (
        f"what enters is taken for a symbol's id divided by {size:,}, as in the usual first lesson "
        "on writing with an LSTM (X / float(n_vocab)); the file does not say so"
    )
    base = replace(
        found,
        front=Embedding(width=table.shape[1]),
        symbols=True,
        reads=size,
        tensors={**tensors, "embedding.weight": table},
        purpose="language",
        notes=(said,),
        question=(
            f"it reads one number a step and says one of {size:,}: the numbers may be "
            f"measurements, or ids of its {size:,} symbols divided by {size:,}; the file does not "
            "say which"
        ),
        asked=size >= _FEWEST_SCALED,
        asked_without_symbols=True,
    )
    title = f"a language model of {size:,} symbols, each entering as its id / {size:,}"
    steps = window or _USUAL_WINDOW
    assumed = "" if window else ": the file does not say how many, the lessons have so many"
    empty = (
        f"after every symbol the last {steps:,} are read from an empty state, as in its training"
    )
    windows = replace(
        base,
        windows=Windows(steps=steps),
        readout=Readout(kind="last"),
        title=f"{title}, in windows of {steps:,}",
        notes=(said, f"{empty}{assumed}"),
    )
    forward = all(layer.direction == "forward" for layer in found.layers)
    stream = replace(base, readout=Readout(), title=f"{title}, as one stream")
    return [windows, stream] if forward else [windows]


def _of_one_hot(found: FoundNetwork) -> FoundNetwork:
    """The same, where a row is a symbol: zeros and a one."""
    tensors = dict(found.tensors)
    front = found.front
    shown: OneHot | Embedding = OneHot()
    if isinstance(front, Linear):
        weight, bias = tensors.pop("front.weight"), tensors.pop("front.bias")
        tensors["embedding.weight"] = ACTIVATIONS[front.activation]()(weight.t() + bias)
        shown = Embedding(width=front.width)
    every = found.readout.kind == "every"
    what = "a label for every symbol" if every else "a classifier of texts"
    title = f"{what}, each symbol a one among {found.reads:,} zeros"
    said = (
        f"a row of {found.reads:,} numbers is taken for one of {found.reads:,} symbols, as zeros "
        "and a one; the file does not say so"
    )
    return replace(
        found,
        front=shown,
        symbols=True,
        tensors=tensors,
        purpose="tagger" if every else "classifier",
        title=title,
        notes=(*(note for note in found.notes if "numbers a step" not in note), said),
    )

"""Truncated against full back-propagation through time, measured: memory, time, gradient.

Only what a training step does between its forward pass and its update is done; no weight changes.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import torch
from msgspec.structs import replace
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.nets.gradients.clipping import angle_degrees, total_norm
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.states import detached
from rnnviz.work.jobs.gradients import Comparison, Measured

_SAMPLE_SECONDS = 0.002


def compare(
    model: LanguageModel,
    ids: Tensor,
    steps: int,
    chunk: int,
    progress: Callable[[float, float], None],
) -> Comparison:
    """Measure both ways over the first `steps` characters of ids (T,), T at least 2."""
    wanted = steps + 1
    repeated = len(ids) < wanted
    if repeated:
        ids = ids.repeat(-(-wanted // len(ids)))
    ids = ids[:wanted]
    chunk = min(chunk, steps)

    def gradient(chunk: int, kept: KeptBytes | None = None) -> dict[str, Tensor]:
        return _gradient(model, ids, chunk, kept)

    found = compare_ways(
        model,
        gradient,
        lambda: _gradient(model, ids[: min(steps, 200) + 1], chunk),
        (steps, chunk),
        progress,
    )
    return replace(found, repeated=repeated)


class Gradient(Protocol):
    """Goes back through some sequences."""

    def __call__(self, chunk: int, kept: KeptBytes | None = None) -> dict[str, Tensor]:
        """The gradient of the summed losses by the parameter's name, cut every `chunk` steps."""
        ...


def compare_ways(
    model: SequenceNetwork,
    gradient: Gradient,
    warm_up: Callable[[], object],
    steps_and_chunk: tuple[int, int],
    progress: Callable[[float, float], None],
) -> Comparison:
    """Measure full BPTT, a chunk of all steps, and that of chunks.

    Args:
        warm_up: called first: the first steps of a process pay for memory and threads.
    """
    steps, chunk = steps_and_chunk
    warm_up()
    progress(1, 10)
    # The small one first, or it would be served from what the large one left behind.
    truncated, short = _measure(model, gradient, chunk)
    progress(4, 10)
    full, long = _measure(model, gradient, steps)
    progress(10, 10)
    flat = [torch.cat([part.flatten() for part in found.values()]) for found in (long, short)]
    return Comparison(
        steps=steps,
        repeated=False,
        full=full,
        truncated=truncated,
        angle_degrees=angle_degrees(*flat),
        angles={name: angle_degrees(long[name], short[name]) for name in long},
    )


def _measure(
    model: SequenceNetwork, gradient: Gradient, chunk: int
) -> tuple[Measured, dict[str, Tensor]]:
    kept = KeptBytes(model)
    # Counting takes time: it is done in a pass of its own.
    gradient(chunk, kept)
    with _resident() as grown:
        began = time.perf_counter()
        found = gradient(chunk)
        seconds = time.perf_counter() - began
    return Measured(chunk, seconds, kept.most, grown[0], total_norm(found)), found


class KeptBytes:
    """Counts the bytes that autograd keeps, each block of memory once, the weights not at all."""

    def __init__(self, model: nn.Module) -> None:
        self.most = 0
        self._weights = {part.untyped_storage().data_ptr() for part in model.parameters()}
        self._blocks: dict[int, int] = {}

    def begin(self) -> None:
        """A new graph: what the last one kept is gone."""
        self._blocks.clear()

    def pack(self, tensor: Tensor) -> Tensor:
        """Note a tensor that is kept."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._weights:
            self._blocks[storage.data_ptr()] = storage.nbytes()
        return tensor

    def end(self) -> None:
        """The forward pass is over."""
        self.most = max(self.most, sum(self._blocks.values()))


@contextlib.contextmanager
def counted(kept: KeptBytes | None) -> Iterator[None]:
    """Note what a forward pass keeps, where that is counted."""
    if kept is None:
        yield
        return
    kept.begin()
    with torch.autograd.graph.saved_tensors_hooks(kept.pack, lambda tensor: tensor):
        yield
    kept.end()


def _gradient(
    model: LanguageModel, ids: Tensor, chunk: int, kept: KeptBytes | None = None
) -> dict[str, Tensor]:
    """The gradient of the summed loss by the parameter's name, cut every `chunk` steps."""
    parameters = dict(model.named_parameters())
    total = [torch.zeros_like(parameter) for parameter in parameters.values()]
    state = model.zero_state(1)
    for start in range(0, len(ids) - 1, chunk):
        stop = min(start + chunk, len(ids) - 1)
        with counted(kept):
            logits, state = model(ids[start:stop].unsqueeze(1), detached(state))
            targets = ids[start + 1 : stop + 1]
            loss = functional.cross_entropy(logits.flatten(0, 1), targets, reduction="sum")
        found = torch.autograd.grad(loss, list(parameters.values()))
        torch._foreach_add_(total, found)
    return dict(zip(parameters, total, strict=True))


@contextlib.contextmanager
def _resident() -> Iterator[list[int]]:
    """How much more memory the process has at its height than at first, in the list's place 0."""
    grown, over = [0], threading.Event()
    before = _resident_bytes()

    def watch() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            grown[0] = max(grown[0], _resident_bytes() - before)

    watcher = threading.Thread(target=watch, name="memory")
    watcher.start()
    try:
        yield grown
    finally:
        over.set()
        watcher.join()


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

"""Gradients of a language model that reads in windows: each loss reaches its own window alone.

The state at a step is another one in each window that the step lies in. What a loss reaches is the
states of the window that it is read from, from its end to its beginning and not a step farther.
"""

from __future__ import annotations

import copy
import math

import torch

from rnnviz.core.errors import GradientError
from rnnviz.nets.answering.gradients.fields import (
    Growing,
    Shares,
    as_before_training,
    require_some,
)
from rnnviz.nets.answering.gradients.known_symbols import Reading
from rnnviz.nets.gradients.backprop import Taped, in_double
from rnnviz.nets.gradients.layerwise import Stretch, Wanted, go_back, take
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.opened import OpenedModel
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.gradients import ComputeField, FieldPart
from rnnviz.work.messages import Context


def compute_window_field(
    opened: OpenedModel, request: ComputeField, context: Context[FieldPart]
) -> Written:
    """The gradients of consecutive losses from `start` on, each back through its window.

    The gradient of all losses together is that at all copies of a state, one a window.

    Raises:
        GradientError: nothing to take, or layers that read from the end of each window.
        TextError: the text is nothing for this model.
    """
    require_some(request)
    model: LanguageModel = as_before_training(opened.model, request.seed)
    network = model.network
    assert network.windows is not None
    if network.backwards:
        raise GradientError(
            "the network reads in windows, and some layers from the end of each: gradients are "
            "shown of windows that are read forwards"
        )
    reading = Reading(model, request.text.read())
    steps = network.windows.steps
    distance = min(request.distance, steps - 1)
    first = reading.step_before(request.start)
    stop = min(first + request.count, len(reading.ids) - 1)
    begin = max(0, first - steps + 1)
    share = Shares(context, (0.0, stop - first, 2 * distance * request.jacobians))
    growing = reading.field(request, begin, stop, share)
    arrays = _Arrays(growing, stop - first, stop - begin, distance)
    double, advance = of_a_window(in_double(model)), share.of(1)
    kept: dict[int, Stretch] = {}
    try:
        for number, step in enumerate(range(first, stop)):
            window = model.window_ending(reading.ids[: step + 1])
            wanted = Wanted(None, None, int(reading.ids[step + 1]))
            last = len(window) - 1
            stretch = take(double, window, range(last, last + 1), wanted, distance)
            arrays.fill(stretch, number, step - begin, min(steps, step + 1))
            if request.jacobians:
                kept[step - begin] = stretch
            advance(number + 1, stop - first)
        if kept:
            growing.take_jacobians(sorted(kept), lambda step: _at_its_end(kept[step]), distance)
        return Written(str(growing.finish()))
    finally:
        growing.forget_part()


def of_a_window(model: LanguageModel) -> LanguageModel:
    """The network that reads one window and answers once, with the same weights."""
    found = copy.copy(model)
    found.network = model.network.of_a_window
    return found


def _at_its_end(stretch: Stretch) -> tuple[Taped, list[int]]:
    return stretch.taped, [stretch.taped.steps - 1] * len(stretch.rows)


class _Arrays:
    """The arrays of a field of T losses over S steps, filled loss by loss."""

    def __init__(self, growing: Growing, count: int, steps: int, distance: int) -> None:
        nowhere = torch.full((count, distance + 1), math.nan, dtype=torch.float64)
        rows, self._states, self._distance = growing.facts.layers, growing.facts.states, distance
        self._arrays = growing.arrays
        for name in self._states:
            self._arrays[name] = nowhere.repeat(rows, 1, 1)
            self._arrays[f"{name}-sum"] = torch.zeros(rows, steps, dtype=torch.float64)
        self._arrays |= {
            "targets": torch.zeros(count, dtype=torch.int64),
            "begins": torch.zeros(count, dtype=torch.int64),
            "losses": torch.zeros(count, dtype=torch.float64),
            "inputs": nowhere.clone(),
            "products": nowhere.clone(),
        }

    def fill(self, stretch: Stretch, number: int, step: int, real: int) -> None:
        """One loss, at this step; so many of the steps of its window stand in the text."""
        arrays, reached = self._arrays, go_back(stretch, stretch.seeds_of(slice(0, 1)))
        there = min(real, self._distance + 1)
        arrays["targets"][number], arrays["begins"][number] = step, step - real + 1
        arrays["losses"][number] = stretch.losses[0]
        for row, states in enumerate(reached.states):
            for name, norms in states.items():
                found = norms[0, -there:].cpu()
                arrays[name][row, number, :there] = found.flip(0)
                summed = arrays[f"{name}-sum"][row, step - there + 1 : step + 1]
                summed.copy_(summed.hypot(found))
        front, embedded = reached.front[0, -there:], stretch.taped.embedded[-there:]
        arrays["inputs"][number, :there] = front.norm(dim=1).flip(0).cpu()
        arrays["products"][number, :there] = (front * embedded).sum(dim=1).flip(0).cpu()

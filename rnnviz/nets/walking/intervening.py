"""A text read again with a unit changed, beside the same done to others, many at once.

The layers below the unit see nothing of it and are read once; its own layer is stepped, with a
stream for each change; those above run as fast as they can. All streams read the same text. While
one thread reads a block with one layer, another reads the next block with the layer below.

What a person waits for comes first: the change alone, beside the losses without it, which a
recording may know; then the same done to other units.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.cells.intervention import Ablation, Effect, Intervention
from rnnviz.core.errors import RnnvizError
from rnnviz.nets.architectures.base import Change, Layer, LayerState, unchanged
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.sequence import states
from rnnviz.nets.sequence.windowed import Windowed
from rnnviz.nets.walking.changed_layer import ChangedLayer, changed_network, check
from rnnviz.nets.walking.pipeline import run_staged
from rnnviz.nets.walking.threads import one_thread_each

RANDOM_UNITS = 20
_BLOCK = 256
_RUN_APART = 2
"""So many streams run one after the other sooner than they step side by side."""
Progress = Callable[[float, float], None]


class Changes:
    """One intervention a stream, or none, all on the same layer."""

    def __init__(self, streams: Sequence[Intervention | None], like: Tensor) -> None:
        self._streams = [(row, one) for row, one in enumerate(streams) if one is not None]
        self._like = like

    def at(self, step: int) -> Change:
        """What is changed at this step."""
        active = [(row, one) for row, one in self._streams if one.start <= step]
        return self._change(tuple(active)) if active else unchanged

    def each(self, start: int, steps: int) -> list[Change]:
        """The changes of so many steps from one on; the same object as long as nothing begins."""
        begins = {one.start for _, one in self._streams}
        found: list[Change] = []
        for step in range(start, start + steps):
            found.append(found[-1] if found and step not in begins else self.at(step))
        return found

    def _change(self, active: Sequence[tuple[int, Intervention]]) -> Change:
        where: dict[str, tuple[Tensor, Tensor, Tensor, Tensor]] = {}
        for state in {one.state for _, one in active}:
            mine = [(row, one) for row, one in active if one.state == state]
            where[state] = (
                torch.tensor([row for row, _ in mine]),
                torch.tensor([one.unit for _, one in mine]),
                torch.tensor([float(one.how == "add") for _, one in mine]).to(self._like),
                torch.tensor([one.value for _, one in mine]).to(self._like),
            )

        def change(state: str, values: Tensor) -> Tensor:
            if state not in where:
                return values
            rows, units, kept, value = where[state]
            changed = values.clone()
            changed[rows, units] = values[rows, units] * kept + value
            return changed

        return change


class _ChangedStreams:
    """A layer with an intervention a stream.

    It is stepped with all streams side by side; but where they are few and all hold a hidden state,
    each is run as fast as its layer runs, by a `ChangedLayer` of its own.
    """

    def __init__(self, layer: Layer, streams: Sequence[Intervention | None], like: Tensor) -> None:
        self._layer, self._streams = layer, streams
        self._changes = Changes(streams, like)
        few = len(streams) <= _RUN_APART
        self._changed = [
            ChangedLayer(layer, one) if few and one is not None else None for one in streams
        ]
        self._apart = few and all(one is None or one.held is not None for one in self._changed)

    def run(self, inputs: Tensor, state: LayerState, start: int) -> tuple[Tensor, LayerState]:
        """Hidden states (T, B, U) of a block that begins at this step, and the state after it."""
        if not self._apart:
            ran = self._layer.run_changed(inputs, state, self._changes.each(start, len(inputs)))
            return ran.hidden, ran.after
        found = [
            self._alone(stream, inputs[:, stream : stream + 1], state, start)
            for stream in range(len(self._streams))
        ]
        parts = zip(*(after for _, after in found), strict=True)
        return torch.cat([hidden for hidden, _ in found], 1), tuple(map(torch.cat, parts))

    def _alone(
        self, stream: int, inputs: Tensor, state: LayerState, start: int
    ) -> tuple[Tensor, LayerState]:
        own = states.rows(state, slice(stream, stream + 1))
        one, changed = self._streams[stream], self._changed[stream]
        plain = len(inputs) if one is None else min(max(one.start - start, 0), len(inputs))
        parts = []
        if plain > 0:
            hidden, own = self._layer(inputs[:plain], own)
            parts.append(hidden)
        if changed is not None and plain < len(inputs):
            ran = changed.run(inputs[plain:], own)
            own = ran.after
            parts.append(ran.hidden)
        return torch.cat(parts), own


@dataclass
class _Block:
    """Some consecutive symbols, k of them, on their way through the layers."""

    start: int
    ids: Tensor
    """(k + 1,), the last of them only predicted."""
    front: Tensor = field(default_factory=lambda: torch.zeros(0))
    """(k, B, E)."""
    given: list[Tensor] = field(default_factory=list)
    """(k, B, W) of each layer that was passed."""
    losses: Tensor = field(default_factory=lambda: torch.zeros(0))
    """(k, B), in the end."""


def losses_changed(
    model: LanguageModel,
    ids: Tensor,
    streams: Sequence[Intervention | None],
    progress: Progress = lambda done, total: None,
) -> Tensor:
    """The loss in nats of every prediction, (T - 1, B), under each of B interventions.

    Args:
        ids: (T,), T at least 2.
        streams: all on one layer; None reads without any.
    """
    if model.network.windows is not None:
        return _losses_in_windows(model, ids, streams, progress)
    number = next((one.layer for one in streams if one is not None), 0)
    layers = model.recurrent
    changed = _ChangedStreams(layers[number], streams, model.output.weight)
    with torch.inference_mode():
        single, many = model.zero_state(1), model.zero_state(len(streams))
    carried = [*single[:number], *many[number:]]
    last = len(ids) - 1

    @torch.inference_mode()
    def run(place: int, block: _Block) -> None:
        if place == 0:
            block.front = model.embed(block.ids[:-1].unsqueeze(1))
        if place == number:
            block.front = block.front.expand(-1, len(streams), -1)
            block.given = [one.expand(-1, len(streams), -1) for one in block.given]
        inputs = model.layer_input(place, block.front, block.given)
        if place == number:
            hidden, carried[place] = changed.run(inputs, carried[place], block.start)
        else:
            hidden, carried[place] = layers[place](inputs, carried[place])
        block.given.append(model.layer_output(place, inputs, [hidden]))

    @torch.inference_mode()
    def judge(block: _Block) -> None:
        targets = block.ids[1:].unsqueeze(1).expand(-1, len(streams))
        logits = model.answers(block.given).flatten(0, 1)
        losses = functional.cross_entropy(logits, targets.flatten(), reduction="none")
        block.losses = losses.view(targets.shape)
        block.given = []

    found = []

    def done(block: _Block) -> None:
        found.append(block.losses)
        progress(min(block.start + _BLOCK, last), last)

    stages: list[Callable[[_Block], None]] = [partial(run, place) for place in range(len(layers))]
    stages.append(judge)
    blocks = (_Block(start, ids[start : start + _BLOCK + 1]) for start in range(0, last, _BLOCK))
    with one_thread_each:
        run_staged(stages, blocks, done, min(os.cpu_count() or 1, len(stages)))
    return torch.cat(found)


def _losses_in_windows(
    model: LanguageModel, ids: Tensor, streams: Sequence[Intervention | None], progress: Progress
) -> Tensor:
    """The same where each prediction is that of a window of its own.

    From the step on at which an intervention begins, all of a window is read with it.
    """
    assert model.network.windows is not None
    found: list[Tensor] = []
    plain: Tensor | None = None
    for number, one in enumerate(streams):
        network = model if one is None else changed_network(model, one)
        ((before,),) = model.zero_state(1)
        windows = Windowed(model.network.windows.steps, before.transpose(0, 1), ids[:-1, None])
        said = [network.run_windows(part[:, :, 0])[1] for part in windows.parts(_BLOCK)]
        losses = functional.cross_entropy(torch.cat(said), ids[1:], reduction="none")
        if one is not None and one.start > 0:
            if plain is None:
                plain = found[0] if streams[0] is None else losses_changed(model, ids, [None])[:, 0]
            losses = torch.cat([plain[: one.start], losses[one.start :]])
        found.append(losses)
        progress(number + 1, len(streams))
    return torch.stack(found, dim=1)


def ablate(
    model: LanguageModel,
    ids: Tensor,
    intervention: Intervention,
    labels: npt.NDArray[np.bool_] | None = None,
    randoms: int = RANDOM_UNITS,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Ablation:
    """What an intervention costs, beside the same done to random units of its layer.

    Args:
        ids: (T,), the characters that the model knows, T at least 2.
        labels: (T,) whether a concept holds at each of them; a prediction counts where it was made.
        randoms: how many other units, drawn without the chosen one; fewer where the layer is small.

    Raises:
        RnnvizError: the model has no such unit, or the text is too short.
    """
    found, _ = cost_of(model, ids, intervention, labels)
    return beside_others(model, ids, found, labels, randoms, seed, progress)


def cost_of(
    model: LanguageModel,
    ids: Tensor,
    intervention: Intervention,
    labels: npt.NDArray[np.bool_] | None = None,
    plain: Tensor | None = None,
) -> tuple[Ablation, Tensor]:
    """What an intervention costs, with nothing beside it; and the losses without it, (T - 1,).

    Args:
        plain: those, where they are known.

    Raises:
        RnnvizError: the model has no such unit, or the text is too short.
    """
    check(model, intervention)
    if len(ids) < 2:
        raise RnnvizError("a loss needs two characters that the model knows; the text has fewer")
    streams = [None, intervention] if plain is None else [intervention]
    columns = losses_changed(model, ids, streams)
    plain = columns[:, 0].clone() if plain is None else plain
    changed, on = columns[:, -1], _where(labels)
    found = Ablation(
        intervention=intervention,
        predictions=len(plain),
        on=0 if on is None else int(on.sum()),
        plain=_effect(plain.double(), on),
        changed=_effect(changed.double(), on),
        others=(),
        other_units=(),
    )
    return found, plain


def beside_others(
    model: LanguageModel,
    ids: Tensor,
    found: Ablation,
    labels: npt.NDArray[np.bool_] | None = None,
    randoms: int = RANDOM_UNITS,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Ablation:
    """The same with what it costs to do this to random units of the layer; see `ablate`."""
    intervention = found.intervention
    layer = model.recurrent[intervention.layer]
    units = layer.given if intervention.state == "hidden" else layer.units
    rest = np.delete(np.arange(units), intervention.unit)
    drawn = np.random.default_rng(seed).choice(rest, min(randoms, len(rest)), replace=False)
    if not len(drawn):
        return found
    others = [msgspec.structs.replace(intervention, unit=int(unit)) for unit in drawn]
    losses, on = losses_changed(model, ids, others, progress), _where(labels)
    return msgspec.structs.replace(
        found,
        others=tuple(_effect(column.double(), on) for column in losses.unbind(1)),
        other_units=tuple(int(unit) for unit in drawn),
    )


def _where(labels: npt.NDArray[np.bool_] | None) -> Tensor | None:
    """Which predictions were made where the concept holds, (T - 1,)."""
    return None if labels is None else torch.from_numpy(np.asarray(labels[:-1], np.bool_))


def _effect(losses: Tensor, on: Tensor | None) -> Effect:
    if on is None:
        return Effect(float(losses.mean()))
    parts = [losses[where] for where in (on, ~on)]
    means = [float(part.mean()) if len(part) else None for part in parts]
    return Effect(float(losses.mean()), *means)


def sample_changed(
    model: LanguageModel,
    length: int,
    intervention: Intervention,
    *,
    start: str = "",
    temperature: float = 1.0,
    seed: int | None = None,
) -> Iterator[str]:
    """Characters drawn while a unit is changed, from the first one after `start` on.

    With the seed of `sample`, they are the same until the change makes a difference.

    Raises:
        RnnvizError: the model has no such unit.
        TextError: nothing of `start` is in the vocabulary.
    """
    changed = changed_network(model, intervention)
    return sample(
        model,
        length,
        start=start,
        temperature=temperature,
        seed=seed,
        network_at=lambda step: changed if step >= intervention.start else model,
    )

"""Some steps of any network that reads a sequence, computed in float64 with every number kept.

The network's own layers step; nothing of them is written here again. What a unit adds to the score
of what is likeliest is its value times the gradient at its own step: for the units that a linear
output reads it is exactly their term of the sum.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import RnnvizError, UnrollError
from rnnviz.core.models.network import Symbols
from rnnviz.core.quantities.units import layer_name, layer_title
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens
from rnnviz.core.sequences.vocabulary import Vocabulary
from rnnviz.core.unroll.model_trace import (
    MOST_SHOWN,
    MOST_WRITTEN,
    ModelSteps,
    ModelTrace,
    Row,
    Says,
)
from rnnviz.nets.language.sampling import choose
from rnnviz.nets.sequence.network import NetworkState, SequenceNetwork
from rnnviz.nets.sequence.reading import (
    UNKNOWN_CLASS,
    CharacterSteps,
    Reading,
    read_numbers,
    read_tokens,
)
from rnnviz.nets.sequence.running import running_answers
from rnnviz.nets.sequence.states import each, floats, restored
from rnnviz.nets.walking.outcomes import class_logits, class_names, class_shares
from rnnviz.work.jobs.unroll import Writes

_LIKELIEST = 8
_BLOCK = 2048
_LONGEST = 200_000
"""Steps that are read to get to a place, where no recording kept a state nearer to it."""
_LOOKED_AT = 200
"""Steps among which the next one that the network knows is looked for."""
_LONGEST_WHOLE = 20_000
"""Steps of a document whose every step is computed, where a network also reads from the end."""
Progress = Callable[[float, float], None]


_NOTHING = Writes()


def reading_of(model: SequenceNetwork, recording: Recording) -> Reading:
    """What a recording was made of, as this network reads it."""
    sequence, reads = recording.sequence, model.network.reads
    if isinstance(sequence, Numbers):
        return read_numbers(reads, sequence, None, recording.truth)
    if isinstance(sequence, Tokens):
        return read_tokens(sequence, recording.truth)
    assert isinstance(sequence, Text)
    symbols, lower = model.network.symbols, isinstance(reads, Symbols) and reads.lower
    return Reading(sequence, CharacterSteps(sequence, Vocabulary(symbols), lower), symbols)


def unroll_opened(
    model: SequenceNetwork,
    reading: Reading,
    at: int,
    steps: int,
    writes: Writes = _NOTHING,
    recording: Recording | None = None,
    progress: Progress = lambda done, total: None,
) -> ModelTrace:
    """So many steps up to the step `at`, and those that the network writes on with after it.

    The state before them is the one of the network as it runs, in float32: from the beginning of
    the document, or from the nearest state that a recording kept.

    Args:
        steps: how many are kept; of what is written the last ones.

    Raises:
        UnrollError: there is no such step, the way to it is too long, or it cannot write on.
    """
    _check(model, reading, at, steps, writes)
    start, stop = reading.documents.around(at)
    known, entering = reading.take(start, at + 1)
    places = np.flatnonzero(known) + start
    if not len(places):
        raise UnrollError("the network knows no symbol up to this place; choose a later one")
    double = copy.deepcopy(model).double().eval()
    if model.network.windows is not None:
        found = _of_window(double, entering, places, steps)
    elif model.network.backwards:
        found = _of_whole(double, reading, (start, stop), at, steps)
    else:
        kept = max(1, steps - writes.steps)
        first = max(0, len(places) - kept - 1)
        state = _state_before(model, entering, places, first, recording, progress)
        found = _stepped(double, entering[first:], state, writes, before=len(places) > kept)
        found = found.last(steps)
        read = len(found.entering) - found.written
        found = found._replace(places=places[len(places) - read :])
        if model.network.readout.kind != "every":
            found = found._replace(answers=running_answers(double, entering)[-read:], shares=())
    return _trace(model, reading, found)


def _check(model: SequenceNetwork, reading: Reading, at: int, steps: int, writes: Writes) -> None:
    if not 0 <= at < len(reading):
        raise UnrollError(f"there is no step {at:,}; there are {len(reading):,}, from 0")
    if not (1 <= steps <= MOST_SHOWN and 0 <= writes.steps <= MOST_WRITTEN):
        raise UnrollError(
            f"{steps} steps with {writes.steps} written cannot be shown; take 1 to {MOST_SHOWN} "
            f"with at most {MOST_WRITTEN} written"
        )
    if writes.steps and (windows := model.network.windows) is not None:
        raise UnrollError(
            f"the network reads each symbol in a window of {windows.steps:,} of its own: what it "
            "writes on with is another window a symbol. One window can be shown"
        )
    if writes.steps and not model.network.predicts_next:
        raise UnrollError("what this network says is not what it reads: it cannot write on")
    if any(rows.facts.grows for rows in model.network.rows):
        raise UnrollError("the state of this network grows; it cannot be unrolled here")


class _Found(NamedTuple):
    """Some steps, S of them; channels begin one step earlier."""

    entering: Tensor
    channels: list[dict[str, Tensor]]
    """Of each row, (S + 1, U) each."""
    front: Tensor
    answers: Tensor
    """(S, O)."""
    shares: tuple[Tensor, ...] = ()
    """Of each row, (S, U); nothing where they are not known."""
    written: int = 0
    drawn: int = -1
    places: np.ndarray = np.zeros(0, np.int64)

    def last(self, steps: int) -> _Found:
        """The last so many."""
        return self._replace(
            entering=self.entering[-steps:],
            channels=[
                {name: values[-steps - 1 :] for name, values in one.items()}
                for one in self.channels
            ],
            front=self.front[-steps:],
            answers=self.answers[-steps:],
            shares=tuple(one[-steps:] for one in self.shares),
            written=min(self.written, steps),
        )


@torch.no_grad()
def _state_before(
    model: SequenceNetwork,
    entering: Tensor,
    places: np.ndarray,
    first: int,
    recording: Recording | None,
    progress: Progress,
) -> NetworkState:
    """The state before the known step number `first` of the document, in float64."""
    state, begin = model.zero_state(1), 0
    if recording is not None and len(recording.documents) == 1 and first:
        near = [step for step in recording.states() if step <= places[first]]
        if near:
            try:
                from safetensors.torch import load

                state = restored(load(recording.state(near[-1])), state, "state")
                begin = int(np.searchsorted(places, near[-1]))
            except (KeyError, ValueError, RnnvizError):
                state, begin = model.zero_state(1), 0
    if first - begin > _LONGEST:
        raise UnrollError(
            f"{first - begin:,} steps lie before this place and no state was kept on the way; "
            "walk the text first, or choose an earlier place"
        )
    for start in range(begin, first, _BLOCK):
        part = entering[start : min(start + _BLOCK, first)]
        _, state = model.read_all(part.unsqueeze(1).to(model.device), state)
        progress(start + len(part) - begin, first - begin)
    return each(floats(state, torch.float64), Tensor.detach)


def _stepped(
    model: SequenceNetwork, entering: Tensor, state: NetworkState, writes: Writes, before: bool
) -> _Found:
    """Step by step; what is likeliest at each step asks its own step alone.

    Args:
        before: whether the first of these steps is the one before those that are shown.
    """
    generator = torch.Generator().manual_seed(writes.seed)
    rows: list[dict[str, list[Tensor]]] = [{} for _ in model.recurrent]
    read, fronts, said, shares = [], [], [], []
    queue, drawn = list(entering), -1
    number = 0
    while number < len(queue):
        now = queue[number].unsqueeze(0)
        with torch.enable_grad():
            front = model.embed(now).detach()
            given: list[Tensor] = []
            hidden: list[Tensor] = []
            after = []
            for place, layer in enumerate(model.recurrent):
                inputs = model.layer_input(place, front, given)
                stepped = layer.step(inputs, state[place])
                own = stepped.channels["hidden"]
                if not own.requires_grad:  # of a layer without parameters that learn
                    own = own.detach().requires_grad_()
                # The states before were cut from the graph: this step alone is asked.
                hidden.append(own)
                given.append(model.layer_output(place, inputs, [own]))
                after.append(each(stepped.state, Tensor.detach))
                for name, values in stepped.channels.items():
                    rows[place].setdefault(name, []).append(values.detach())
            every = model.network.readout.kind == "every"
            answers = model.answers(given) if every else None
        if answers is not None:
            scores = class_logits(model.network.head, answers)
            asked = scores.max() if model.network.head.gives != "linear" else scores.abs().max()
            slopes = torch.autograd.grad(asked, hidden, materialize_grads=True)
            shares.append(
                [(one * slope).detach() for one, slope in zip(hidden, slopes, strict=True)]
            )
            said.append(answers.detach())
        state = tuple(after)
        read.append(now)
        fronts.append(front)
        if writes.steps and number + 1 >= len(entering):
            assert answers is not None
            drawn = choose(answers[0].detach(), writes.temperature, 0, generator)
            if number + 1 < len(entering) + writes.steps:
                queue.append(torch.tensor(drawn))
        number += 1
    channels = [{name: torch.cat(parts) for name, parts in one.items()} for one in rows]
    skip = int(before)
    if not before:
        channels = [
            {
                name: torch.cat([torch.full_like(values[:1], math.nan), values])
                for name, values in one.items()
            }
            for one in channels
        ]
    return _Found(
        torch.cat(read)[skip:],
        channels,
        torch.cat(fronts)[skip:],
        torch.cat(said)[skip:] if said else torch.zeros(0),
        tuple(torch.cat([one[row] for one in shares])[skip:] for row in range(len(rows)))
        if shares
        else (),
        writes.steps,
        drawn,
    )


@torch.no_grad()
def _of_whole(
    model: SequenceNetwork, reading: Reading, bounds: tuple[int, int], at: int, steps: int
) -> _Found:
    """Of a network that also reads from the end: all of the document is computed."""
    start, stop = bounds
    if stop - start > _LONGEST_WHOLE:
        raise UnrollError(
            f"the network also reads from the end, and the document has {stop - start:,} steps; "
            f"at most {_LONGEST_WHOLE:,} can be computed at once"
        )
    known, entering = reading.take(start, stop)
    places = np.flatnonzero(known) + start
    last = int(np.searchsorted(places, at, "right"))
    first = max(0, last - steps)
    found = model.channels(entering)
    channels = []
    for one in found:
        before = {
            name: values[first - 1 : first] if first else torch.full_like(values[:1], math.nan)
            for name, values in one.items()
        }
        channels.append(
            {name: torch.cat([before[name], values[first:last]]) for name, values in one.items()}
        )
    if model.network.readout.kind == "every":
        given, _ = model.read_all(entering[:, None])
        answers = model.answers(given)[first:last, 0]
    else:
        answers = running_answers(model, entering[:last])[first:last]
    front = model.embed(entering[first:last])
    return _Found(entering[first:last], channels, front, answers, places=places[first:last])


@torch.no_grad()
def _of_window(model: SequenceNetwork, entering: Tensor, places: np.ndarray, steps: int) -> _Found:
    """Of a network that reads in windows: the one that ends at the last known step.

    What is said at a step before its last is what would be said were the window cut there.
    """
    assert model.network.windows is not None
    size = model.network.windows.steps
    whole = model.window_ending(entering)
    model.network = model.network.of_a_window
    shown = min(steps, size, len(entering))
    first = len(whole) - shown
    channels = []
    for one in model.channels(whole):
        earlier = {
            name: values[first - 1 : first] if first else torch.full_like(values[:1], math.nan)
            for name, values in one.items()
        }
        channels.append(
            {name: torch.cat([earlier[name], values[first:]]) for name, values in one.items()}
        )
    answers = running_answers(model, whole)[first:]
    front = model.embed(whole[first:])
    return _Found(whole[first:], channels, front, answers, places=places[len(places) - shown :])


def _trace(model: SequenceNetwork, reading: Reading, found: _Found) -> ModelTrace:
    network = model.network
    head = network.head
    rows = tuple(
        Row(
            name=layer_name(row.layer, row.direction),
            title=layer_title(row.layer, row.direction),
            architecture=row.facts.name,
            units=network.layers[row.layer].units,
            given=found.channels[place]["hidden"].shape[1],
            channels=tuple(found.channels[place]),
            states=row.facts.states,
            activation=str(network.layers[row.layer].variant.get("activation", "tanh")),
            layer=row.layer,
            from_end=row.direction == "backward",
        )
        for place, row in enumerate(network.rows)
    )
    numbers = head.gives == "linear"
    outputs = head.outputs if numbers else class_names(head)
    values = found.answers if numbers else class_shares(head, found.answers)
    said, ids = _likeliest(values, numbers or not network.predicts_next)
    count = len(found.entering)
    steps = [int(step) for step in found.places]
    steps += [(steps[-1] if steps else 0) + 1 + n for n in range(count - len(steps))]
    symbols = _symbols(model, reading, found)
    came_ids = _came(model, reading, found, steps)
    came_p = [
        float(values[place, number]) if number >= 0 and not numbers else math.nan
        for place, number in enumerate(came_ids)
    ]
    arrays: dict[str, np.ndarray] = {
        "front": found.front.detach().reshape(count, -1).numpy(),
        "said": said.numpy(),
        "said_ids": ids.numpy().astype(np.float64),
        "came_p": np.array(came_p),
    }
    for place, one in enumerate(found.channels):
        arrays |= {f"{place}/{name}": part.detach().numpy() for name, part in one.items()}
    arrays |= {f"{place}/share": part.numpy() for place, part in enumerate(found.shares)}
    about = ModelSteps(
        model=model.description.name,
        text=reading.sequence.name,
        rows=rows,
        says="numbers" if numbers else _says(model),
        outputs=outputs,
        symbols=tuple(symbols),
        steps=tuple(steps),
        came=tuple(outputs[number] if number >= 0 else "" for number in came_ids),
        written=found.written,
        drawn=outputs[found.drawn] if found.drawn >= 0 else "",
    )
    return ModelTrace(about, {key: np.asarray(part, np.float64) for key, part in arrays.items()})


def _says(model: SequenceNetwork) -> Says:
    if model.network.predicts_next:
        return "next"
    head = model.network.head
    return "any" if head.gives == "sigmoid" and len(head.outputs) > 1 else "classes"


def _likeliest(values: Tensor, all_of_them: bool) -> tuple[Tensor, Tensor]:
    """(S, K) the likeliest and which they are; of few outputs all in their order."""
    if all_of_them and values.shape[1] <= _LIKELIEST:
        return values, torch.arange(values.shape[1]).expand_as(values)
    found = values.topk(min(_LIKELIEST, values.shape[1]))
    return found.values, found.indices


def _symbols(model: SequenceNetwork, reading: Reading, found: _Found) -> list[str]:
    if isinstance(reading.sequence, Numbers):
        rows = reading.sequence.values[found.places]
        return [" ".join(f"{value:.3g}" for value in row) for row in rows]
    known = [reading.sequence.label(int(step)) for step in found.places]
    names = model.network.symbols
    return known + [names[int(number)] for number in found.entering[len(known) :]]


def _came(model: SequenceNetwork, reading: Reading, found: _Found, steps: list[int]) -> list[int]:
    """The output that really came at each step, -1 where nothing is known."""
    if not model.network.predicts_next:
        truth = reading.truth
        return [int(truth[step]) if len(truth) else UNKNOWN_CLASS for step in found.places]
    if model.network.from_the_end:
        begin = reading.documents.around(steps[0])[0]
        _, before = reading.take(max(begin, steps[0] - _LOOKED_AT), steps[0])
        first = int(before[-1]) if len(before) else -1
        return [first, *(int(number) for number in found.entering[:-1])]
    following = [int(number) for number in found.entering[1:]]
    if found.written:
        return [*following, found.drawn]
    end = reading.documents.around(steps[-1])[1]
    _, entering = reading.take(steps[-1] + 1, min(steps[-1] + _LOOKED_AT, end))
    return [*following, int(entering[0]) if len(entering) else -1]

"""The gradient of a training step of a network that answers, whatever it answers.

One verdict a document, a label or numbers at every step; whichever way its layers read. Language
models that read forwards have `clipping.step_gradient` and `truncation.compare`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from rnnviz.core.errors import GradientError
from rnnviz.nets.gradients.layerwise import MOST_BOTH_WAYS, Wanted, losses_of
from rnnviz.nets.gradients.truncation import KeptBytes, counted
from rnnviz.nets.sequence.network import NetworkState, SequenceNetwork
from rnnviz.nets.sequence.states import detached

_MOST_KEPT = 1 << 28
"""Numbers that the way back through documents side by side may keep; 1 GB of float32."""
_EACH_UNIT = 8
"""Numbers that a step keeps of each unit: gates, states, what entered."""


class Losses(NamedTuple):
    """Some losses of one document."""

    entering: Tensor
    """(k,) ids or (k, F) numbers: the whole document."""
    wanted: Wanted
    at: range
    """The steps whose losses are taken; of one verdict, the last step alone."""


def answers_known(network: SequenceNetwork, losses: Losses) -> Tensor:
    """Whether the text says what is to come out at each of R steps, (R,)."""
    at, wanted = torch.tensor(losses.at), losses.wanted
    if network.network.predicts_next:
        return torch.ones(len(at), dtype=torch.bool)
    if network.network.head.gives == "linear":
        numbers = wanted.numbers
        return torch.zeros(len(at)).bool() if numbers is None else numbers[at].isfinite().any(dim=1)
    return torch.zeros(len(at)).bool() if wanted.truth is None else wanted.truth[at] >= 0


class StepGradients:
    """The gradients of one training step after the other.

    Of a network that reads forwards and answers at every step, each goes on from the state in which
    the one before it left a document.
    """

    def __init__(self, network: SequenceNetwork) -> None:
        self.network = network
        self.parameters = dict(network.named_parameters())
        self._left: tuple[Tensor, int, NetworkState] | None = None
        """A document, how many of its steps were read, and the state after them."""

    def of(self, step: Sequence[Losses]) -> tuple[dict[str, Tensor], int]:
        """The gradient of the mean of those losses of which the text says what is true.

        Returns:
            By the parameter's name; zeros where nothing is said. And of how many losses.

        Raises:
            GradientError: a document is too long to go back through.
        """
        values = list(self.parameters.values())
        total = [torch.zeros_like(parameter) for parameter in values]
        count = 0
        for losses in self._losses(step):
            if len(losses):
                found = torch.autograd.grad(losses.sum(), values, materialize_grads=True)
                torch._foreach_add_(total, found)
                count += len(losses)
        torch._foreach_div_(total, max(1, count))
        return dict(zip(self.parameters, total, strict=True)), count

    def _losses(self, step: Sequence[Losses]) -> Iterator[Tensor]:
        """The losses of which the text says what is true, (R,) each, in their graphs."""
        if self.network.network.readout.kind != "every":
            for some in self._side_by_side(step):
                yield self._verdicts(some)
            return
        for losses in step:
            yield self._answers(losses)[answers_known(self.network, losses)]

    def _side_by_side(self, step: Sequence[Losses]) -> Iterator[list[Losses]]:
        """As many documents as there is memory for."""
        network = self.network.network
        if network.backwards:
            _require_short(step)
        each = _EACH_UNIT * sum(layer.units * len(layer.directions) for layer in network.layers)
        some: list[Losses] = []
        for losses in step:
            longest = max(len(one.entering) for one in (*some, losses))
            if some and longest * (len(some) + 1) * each > _MOST_KEPT:
                yield some
                some = []
            if len(losses.entering) * each > _MOST_KEPT:
                raise GradientError(
                    f"a document of {len(losses.entering):,} steps takes more than 1 GB to go back "
                    "through; cut it"
                )
            some.append(losses)
        if some:
            yield some

    def _verdicts(self, documents: Sequence[Losses]) -> Tensor:
        entering = pad_sequence([one.entering for one in documents])
        lengths = torch.tensor([len(one.entering) for one in documents])
        said, _ = self.network(entering, None, lengths)
        found = []
        for place, one in enumerate(documents):
            at = torch.tensor(one.at)
            part = losses_of(self.network, said[place : place + 1], one.entering, at, one.wanted)
            found.append(part[answers_known(self.network, one)])
        return torch.cat(found)

    def _answers(self, losses: Losses) -> Tensor:
        network, entering, at = self.network, losses.entering, torch.tensor(losses.at)
        if network.network.backwards:
            _require_short([losses])
            given, _ = network.read_all(entering[:, None])
            said = network.answers([part[at] for part in given])
        else:
            state = self._state_before(entering, losses.at.start)
            said, after = network(entering[losses.at.start : losses.at.stop, None], state)
            self._left = entering, losses.at.stop, detached(after)
        return losses_of(network, said[:, 0], entering, at, losses.wanted)

    @torch.no_grad()
    def _state_before(self, entering: Tensor, step: int) -> NetworkState:
        begin, state = 0, self.network.zero_state(1)
        if self._left is not None and self._left[0] is entering and self._left[1] <= step:
            _, begin, state = self._left
        for block in entering[begin:step].split(2048) if step > begin else ():
            _, state = self.network.read_all(block[:, None], state)
        return state


def _require_short(documents: Sequence[Losses]) -> None:
    longest = max((len(one.entering) for one in documents), default=0)
    if longest > MOST_BOTH_WAYS:
        raise GradientError(
            f"the document has {longest:,} steps; of a network that also reads from the end, "
            f"gradients are taken of documents of at most {MOST_BOTH_WAYS:,}: cut it"
        )


def cut_gradient(
    network: SequenceNetwork,
    documents: Sequence[Losses],
    chunk: int,
    kept: KeptBytes | None = None,
) -> dict[str, Tensor]:
    """The gradient of all losses, summed: no gradient passes from a state to that of another chunk.

    Args:
        network: reads forwards alone.
        documents: with all their losses; each is gone back through by itself.
        chunk: steps of a chunk; the first one begins with the document.

    Returns:
        By the parameter's name.
    """
    parameters = dict(network.named_parameters())
    values = list(parameters.values())
    total = [torch.zeros_like(parameter) for parameter in values]
    once = network.network.readout.kind != "every"
    for document in documents:
        of_parts = _cut_verdict if once else _cut_answers
        for loss in of_parts(network, document, chunk, kept):
            found = torch.autograd.grad(loss, values, materialize_grads=True)
            torch._foreach_add_(total, found)
    return dict(zip(parameters, total, strict=True))


def _chunks(entering: Tensor, chunk: int) -> range:
    return range(0, len(entering), max(1, min(chunk, len(entering))))


def _cut_answers(
    network: SequenceNetwork, document: Losses, chunk: int, kept: KeptBytes | None
) -> Iterator[Tensor]:
    """The summed loss of each chunk, one at a time: no more than that is kept."""
    entering, state = document.entering, network.zero_state(1)
    starts = _chunks(entering, chunk)
    for start in starts:
        block = entering[start : start + starts.step]
        with counted(kept):
            said, state = network(block[:, None], detached(state) if start else state)
            at = torch.arange(start, start + len(block))
            loss = losses_of(network, said[:, 0], entering, at, document.wanted).sum()
        yield loss


def _cut_verdict(
    network: SequenceNetwork, document: Losses, chunk: int, kept: KeptBytes | None
) -> Iterator[Tensor]:
    """The loss of the verdict, which a readout of the last state alone draws from the last chunk.

    What the chunks before it did is not kept then; any other readout sees, and keeps, them all.
    """
    entering, state = document.entering, network.zero_state(1)
    starts, seen = _chunks(entering, chunk), []
    last_alone = network.network.readout.kind == "last"
    with counted(kept):
        for start in starts:
            with torch.set_grad_enabled(not last_alone or start == starts[-1]):
                given, state = network.read_all(
                    entering[start : start + starts.step, None], detached(state) if start else state
                )
                seen.append(network.seen(given))
        lengths = torch.tensor([len(entering)])
        said = network.say(network.read_out(torch.cat(seen), lengths))
        at = torch.tensor([len(entering) - 1])
        loss = losses_of(network, said, entering, at, document.wanted).sum()
    yield loss

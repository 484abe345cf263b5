"""What each source place does to each word of a translation: erased, by gradient, left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rnnviz.core.alignments.words.tokens import Group
from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.translation import BEGIN_ID, END_ID
from rnnviz.nets.alignments.batches import side_by_side
from rnnviz.nets.alignments.decoding.settings import Settings, steer_by
from rnnviz.nets.alignments.networks.decoder import Steer
from rnnviz.nets.alignments.networks.encoder import Memory
from rnnviz.nets.alignments.networks.model import TranslationModel

LONGEST = 200
"""Source tokens; every one is taken away in turn."""
Progress = Callable[[int, int], None]


def effects_on_words(
    model: TranslationModel,
    source: Sequence[int],
    target: Sequence[int],
    groups: Sequence[Group],
    settings: Settings,
    progress: Progress | None = None,
) -> dict[str, Tensor]:
    """(G, N) for N groups of source places: `erased`, `gradient` and `left_out`.

    See `core.alignments.trust.EFFECTS`. `erased` is missing without attention; `left_out` of a
    group that holds the end of the sentence, or all of it, is NaN.

    Args:
        source: S ids, with the end.
        target: G ids, with the end where it was reached.
        settings: its temperature and the weights that were set hold, too.

    Raises:
        RnnvizError: the sentence is too long to take every word away.
    """
    if len(source) > LONGEST:
        raise RnnvizError(
            f"the sentence has {len(source)} tokens; what every one of them does is measured up to "
            f"{LONGEST}, so choose a shorter one"
        )
    found: dict[str, Tensor] = {}
    told = progress or (lambda done, total: None)
    told(0, 3)
    found["gradient"] = _gradients(model, source, target, groups, settings)
    told(1, 3)
    with torch.inference_mode():
        if model.description.attention != "none":
            found["erased"] = _erased(model, source, target, groups, settings)
        told(2, 3)
        found["left_out"] = _left_out(model, source, target, groups, settings)
    told(3, 3)
    return found


def _one(model: TranslationModel, source: Sequence[int]) -> Memory:
    return model.encode(torch.tensor(source).unsqueeze(1), torch.tensor([len(source)]))


def _steer(settings: Settings, step: int) -> Steer | None:
    given = settings.weights.get(step)
    return steer_by(given) if given else None


def _log_p(
    model: TranslationModel,
    memory: Memory,
    target: Sequence[int],
    settings: Settings,
    steered: bool,
) -> Tensor:
    """(G, B) log p of every target token, for B memories."""
    rows = len(memory.padding)
    state, previous = model.start(memory), BEGIN_ID
    found = []
    for step, token in enumerate(target):
        steer = _steer(settings, step) if steered else None
        given = model.step(
            torch.full((rows,), previous), state, memory, settings.temperature, steer
        )
        found.append(torch.log_softmax(given.logits.float(), dim=1)[:, token])
        state, previous = given.state, token
    return torch.stack(found)


def _gradients(
    model: TranslationModel,
    source: Sequence[int],
    target: Sequence[int],
    groups: Sequence[Group],
    settings: Settings,
) -> Tensor:
    """The gradient of log p by each embedding, times the embedding, summed over a group."""
    held: list[Tensor] = []

    def keep(module: torch.nn.Module, given: object, embedded: Tensor) -> Tensor:
        leaf = embedded.detach().requires_grad_()
        held.append(leaf)
        return leaf

    hook = model.encoder.embedding.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            log_p = _log_p(model, _one(model, source), target, settings, True)[:, 0]
    finally:
        hook.remove()
    (embedded,) = held
    rows = []
    for value in log_p:
        (gradient,) = torch.autograd.grad(value, embedded, retain_graph=True)
        rows.append((gradient * embedded).sum(dim=2)[:, 0].detach())
    places = torch.stack(rows)  # (G, S)
    return torch.stack([places[:, start:stop].sum(dim=1) for start, stop in groups], dim=1)


def _erased(
    model: TranslationModel,
    source: Sequence[int],
    target: Sequence[int],
    groups: Sequence[Group],
    settings: Settings,
) -> Tensor:
    """By how much p falls where, at that step alone, a group has no weight."""
    memory, rows = _one(model, source), torch.zeros(len(groups), dtype=torch.long)
    gone = torch.zeros(len(groups), len(source), dtype=torch.bool)
    for place, (start, stop) in enumerate(groups):
        gone[place, start:stop] = True
    many = memory.select(rows)
    state, previous, found = model.start(memory), BEGIN_ID, []
    for step, token in enumerate(target):
        set_by_hand = _steer(settings, step)

        def erase(weights: Tensor, by_hand: Steer | None = set_by_hand) -> Tensor:
            left = (by_hand(weights) if by_hand else weights).masked_fill(gone, 0.0)
            return left / left.sum(dim=1, keepdim=True).clamp_min(1e-30)

        at = torch.full((1,), previous)
        whole = model.step(at, state, memory, settings.temperature, set_by_hand)
        less = model.step(
            at.expand(len(groups)), state.select(rows), many, settings.temperature, erase
        )
        before, after = (
            torch.softmax(one.logits.float(), dim=1)[:, token] for one in (whole, less)
        )
        found.append(before - after)
        state, previous = whole.state, token
    return torch.stack(found)


def _left_out(
    model: TranslationModel,
    source: Sequence[int],
    target: Sequence[int],
    groups: Sequence[Group],
    settings: Settings,
) -> Tensor:
    """By how much p falls where the sentence lacks the group, with the same words before it."""
    whole = _log_p(model, _one(model, source), target, settings, False).exp()
    table = torch.full((len(target), len(groups)), torch.nan)
    ids = list(source[:-1]) if source[-1] == END_ID else list(source)
    kept = [
        place
        for place, (start, stop) in enumerate(groups)
        if stop <= len(ids) and stop - start < len(ids)
    ]
    if kept:
        without = [ids[: groups[place][0]] + ids[groups[place][1] :] for place in kept]
        block, lengths = side_by_side(without)
        memory = model.encode(block, lengths)
        less = _log_p(model, memory, target, settings, False).exp()
        table[:, kept] = whole - less
    return table

"""What a classifier makes of a document word by word: running verdicts, and what each word did."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.nets.classification.batches import make_batch
from rnnviz.nets.classification.model import Classifier

Ids = npt.NDArray[np.int64]
_PLACES = 1 << 15
"""Variants of a document are judged in batches of so many places."""
_MOST_PREFIXES = 1000
"""Of a long document read both ways the verdict is found at so many places, evenly spread."""
_INTEGRATED = 64
"""Points on the way from nothing to the words, at which gradients are averaged."""


class WordEffects(NamedTuple):
    """What each of T words did to the log-odds of a class, in nats; above 0 it spoke for it."""

    class_number: int
    log_odds: float
    """log p / (1 - p) of the class."""
    gradient_x_input: npt.NDArray[np.float32]
    """(T,) the slope at the word's vector, times the vector."""
    integrated_gradients: npt.NDArray[np.float32]
    """(T,) slopes averaged from the zero vector to the word's, times the vector (Sundararajan et
    al. 2017): they add up to `log_odds` less that of zeros."""
    left_out: npt.NDArray[np.float32]
    """(T,) the log-odds less those of the document without the word."""
    zero_log_odds: float
    """Of as many zero vectors: where integrated gradients begin."""


def log_odds(logits: Tensor, class_number: int) -> Tensor:
    """Log p / (1 - p) of a class, (...), for logits (..., C)."""
    others = [each for each in range(logits.shape[-1]) if each != class_number]
    return logits[..., class_number] - logits[..., others].logsumexp(dim=-1)


@torch.inference_mode()
def running_logits(model: Classifier, ids: Ids, top: Tensor | None = None) -> Tensor:
    """The logits after each word, (T, C): those of the text cut there.

    A network that reads both ways judges each cut text anew; of more than 1,000 words so many cuts
    are judged, the last among them, and the others are NaN.

    Args:
        top: (T, W) the states of the top layer over the whole document, where they are known and
            the network reads one way.
    """
    if model.description.bidirectional:
        return _of_prefixes(model, ids)
    if top is None:
        lengths = torch.tensor([len(ids)])
        column = torch.from_numpy(ids)[:, None].to(model.device)
        top = model.hidden(model.embed(column), lengths)[-1][:, 0]
    readout = model.description.readout
    if readout == "last":
        seen = top
    elif readout == "mean":
        counts = torch.arange(1, len(top) + 1, device=top.device)[:, None]
        seen = (top.double().cumsum(dim=0) / counts).to(top.dtype)
    elif readout == "max":
        seen = top.cummax(dim=0).values
    else:
        scores = model.scores(top).double()
        weights = (scores - scores.max()).exp()[:, None]
        seen = ((weights * top).cumsum(dim=0) / weights.cumsum(dim=0)).to(top.dtype)
    return model.output(seen).cpu()


def _of_prefixes(model: Classifier, ids: Ids) -> Tensor:
    found = torch.full((len(ids), len(model.description.classes)), math.nan)
    count = min(len(ids), _MOST_PREFIXES)
    places = np.unique(np.linspace(0, len(ids) - 1, count).round().astype(int))
    found[torch.from_numpy(places)] = logits_of(model, [ids[: place + 1] for place in places])
    return found


@torch.inference_mode()
def logits_of(model: Classifier, documents: list[Ids]) -> Tensor:
    """What a model says of documents whole, (documents, C) on the processor, in their order."""
    lengths = np.array([len(ids) for ids in documents])
    order = np.argsort(lengths, kind="stable")
    found = torch.zeros(len(documents), len(model.description.classes))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and lengths[order[stop]] * (stop + 1 - start) <= _PLACES:
            stop += 1
        rows = order[start:stop]
        batch = make_batch([documents[row] for row in rows], [0] * len(rows)).to(model.device)
        found[torch.from_numpy(rows)] = model(batch.ids, batch.lengths).float().cpu()
        start = stop
    return found


@torch.inference_mode()
def attention_of(model: Classifier, ids: Ids) -> npt.NDArray[np.float32] | None:
    """How much the readout looks at each word, (T,); None without attention."""
    column = torch.from_numpy(ids)[:, None].to(model.device)
    weights = model.judge(model.embed(column), torch.tensor([len(ids)])).weights
    return None if weights is None else weights[:, 0].cpu().numpy()


def word_effects(model: Classifier, ids: Ids, class_number: int | None = None) -> WordEffects:
    """What each word of a document did to the verdict, found in three ways.

    Args:
        class_number: whose log-odds; None for the class that was found likeliest.
    """
    logits = logits_of(model, [ids])[0]
    chosen = int(logits.argmax()) if class_number is None else class_number
    whole = float(log_odds(logits, chosen))
    with torch.no_grad():
        embedded = model.embed(torch.from_numpy(ids)[:, None].to(model.device))
    slopes = _slopes(model, embedded, chosen)
    shares = (torch.arange(_INTEGRATED) + 0.5) / _INTEGRATED
    points = max(1, _PLACES // len(ids))
    total = torch.zeros_like(embedded[:, 0])
    for part in shares.split(points):
        scaled = embedded * part.to(embedded)[None, :, None]
        total += _slopes(model, scaled, chosen).sum(dim=1)
    with torch.inference_mode():
        lengths = torch.tensor([len(ids)])
        nothing = model.judge(torch.zeros_like(embedded), lengths).logits[0].float().cpu()
    return WordEffects(
        chosen,
        whole,
        (slopes * embedded).sum(dim=2)[:, 0].cpu().numpy(),
        (total / _INTEGRATED * embedded[:, 0]).sum(dim=1).cpu().numpy(),
        whole - _without_each(model, ids, chosen),
        float(log_odds(nothing, chosen)),
    )


def _slopes(model: Classifier, embedded: Tensor, chosen: int) -> Tensor:
    """The gradient of the log-odds at what entered, for (T, B, E) variants of one document."""
    steps, count = embedded.shape[:2]
    entering = embedded.detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = model.judge(entering, torch.full((count,), steps)).logits
        (found,) = torch.autograd.grad(log_odds(logits, chosen).sum(), entering)
    return found


def _without_each(model: Classifier, ids: Ids, chosen: int) -> npt.NDArray[np.float32]:
    """The log-odds without each word; the only word of a document gives way to an unknown one."""
    if len(ids) == 1:
        others = [np.array([UNKNOWN_ID])]
    else:
        others = [np.delete(ids, place) for place in range(len(ids))]
    return log_odds(logits_of(model, others), chosen).numpy()

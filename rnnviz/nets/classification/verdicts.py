"""What a classifier makes of a document word by word: running verdicts, and what each word did."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.models.network import Symbols
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.sequence.running import PLACES, answers_of, running_answers
from rnnviz.nets.walking.outcomes import class_logits

_INTEGRATED = 64
"""Points on the way from nothing to the words, at which gradients are averaged."""
_MOST_INTEGRATED, _MOST_LEFT_OUT = 5000, 2000
"""Words of the longest document that slopes are averaged over, and that each word is left out of:
the one reads it 64 times, forth and back, the other once for each of its words."""


class WordEffects(NamedTuple):
    """What each of T words did to the log-odds of a class, in nats; above 0 it spoke for it.

    What would take too long for a long document is NaN.
    """

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


@torch.inference_mode()
def running_shares(model: Classifier, entering: Tensor) -> Tensor:
    """The probability of each class after each step, (T, C); see `running_answers`."""
    return model.shares(running_answers(model, entering))


@torch.inference_mode()
def logits_of(model: Classifier, documents: list[Tensor]) -> Tensor:
    """What a model says of documents whole, (documents, C) on the processor, in their order."""
    return class_logits(model.network.head, answers_of(model, documents))


@torch.inference_mode()
def attention_of(model: Classifier, entering: Tensor) -> npt.NDArray[np.float32] | None:
    """How much the readout looks at each word, (T,); None without attention."""
    front = model.embed(entering[:, None].to(model.device))
    weights = model.judge(front, torch.tensor([len(entering)])).weights
    return None if weights is None else weights[:, 0].cpu().numpy()


def word_effects(
    model: Classifier, entering: Tensor, class_number: int | None = None
) -> WordEffects:
    """What each word of a document did to the verdict, found in three ways.

    Args:
        class_number: whose log-odds; None for the class that was found likeliest.
    """
    logits = logits_of(model, [entering])[0]
    chosen = int(logits.argmax()) if class_number is None else class_number
    whole = float(model.log_odds(logits, chosen))
    with torch.no_grad():
        embedded = model.embed(entering[:, None].to(model.device))
    slopes = _slopes(model, embedded, chosen)
    length, nowhere = len(entering), np.full(len(entering), np.nan, np.float32)
    with torch.inference_mode():
        lengths = torch.tensor([len(entering)])
        nothing = model.judge(torch.zeros_like(embedded), lengths).logits[0].float().cpu()
    return WordEffects(
        chosen,
        whole,
        (slopes * embedded).sum(dim=2)[:, 0].cpu().numpy(),
        _integrated(model, embedded, chosen) if length <= _MOST_INTEGRATED else nowhere,
        whole - _without_each(model, entering, chosen) if length <= _MOST_LEFT_OUT else nowhere,
        float(model.log_odds(nothing, chosen)),
    )


def _integrated(model: Classifier, embedded: Tensor, chosen: int) -> npt.NDArray[np.float32]:
    """Integrated gradients of each of T words, from what entered, (T, 1, E)."""
    shares = (torch.arange(_INTEGRATED) + 0.5) / _INTEGRATED
    total = torch.zeros_like(embedded[:, 0])
    for part in shares.split(max(1, PLACES // len(embedded))):
        scaled = embedded * part.to(embedded)[None, :, None]
        total += _slopes(model, scaled, chosen).sum(dim=1)
    found: npt.NDArray[np.float32] = (total / _INTEGRATED * embedded[:, 0]).sum(1).cpu().numpy()
    return found


def _slopes(model: Classifier, embedded: Tensor, chosen: int) -> Tensor:
    """The gradient of the log-odds at what entered, for (T, B, E) variants of one document."""
    steps, count = embedded.shape[:2]
    entering = embedded.detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = model.judge(entering, torch.full((count,), steps)).logits
        (found,) = torch.autograd.grad(model.log_odds(logits, chosen).sum(), entering)
    return found


def _without_each(model: Classifier, entering: Tensor, chosen: int) -> npt.NDArray[np.float32]:
    """The log-odds without each step; the only one of a document gives way to an unknown one.

    A step that is a row of numbers gives way to zeros: time cannot be left out.
    """
    if entering.dim() > 1 or len(entering) == 1:
        others = []
        for place in range(len(entering)):
            others.append(entering.clone())
            others[-1][place] = 0 if entering.dim() > 1 else _unknown(model)
    else:
        others = [torch.cat([entering[:n], entering[n + 1 :]]) for n in range(len(entering))]
    return model.log_odds(logits_of(model, others), chosen).numpy()


def _unknown(model: Classifier) -> int:
    """The symbol for what is not known; the first where there is none."""
    reads = model.network.reads
    unknown = reads.unknown if isinstance(reads, Symbols) else ""
    return model.network.symbols.index(unknown) if unknown else 0

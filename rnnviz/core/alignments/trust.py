"""Whether attention says what matters: weights beside what places do to the word that is written.

Jain and Wallace (2019), "Attention is not Explanation", compare weights with gradients and with
leaving a word out, by Kendall's rank correlation; Wiegreffe and Pinter (2019), "Attention is not
not Explanation", say what follows from it and what does not. Nothing here knows the model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rnnviz.core.alignments.alignment import Floats
from rnnviz.core.alignments.words.tokens import is_mark
from rnnviz.core.quantities.shown_numbers import shown_number

EFFECTS: dict[str, str] = {
    "erased": "Erasing the weight",
    "gradient": "Gradient × input",
    "left_out": "Leaving the word out",
}
"""What a place does to the word that is written, and what people call it.

`erased`: by how much the probability falls where the weight is taken away and the others share it.
`gradient`: the gradient of log p by the word's embedding, times that embedding.
`left_out`: by how much the probability falls where the sentence does not have the word.
"""
LEAST_PLACES = 3
"""Of fewer places an order says nothing."""


def kendall_tau(a: npt.NDArray[np.floating], b: npt.NDArray[np.floating]) -> float:
    """Kendall's τ-b of two rows: 1 for the same order, -1 for the reverse, 0 by chance.

    Places where either is no number are left out; NaN where one of the rows is all ties.

    >>> kendall_tau(np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 25.0]))
    1.0
    """
    known = np.isfinite(a) & np.isfinite(b)
    x, y = (np.asarray(row, np.float64)[known] for row in (a, b))
    upper = np.triu_indices(len(x), 1)
    signs_x = np.sign(x[:, None] - x[None, :])[upper]
    signs_y = np.sign(y[:, None] - y[None, :])[upper]
    untied = math.sqrt(float((signs_x != 0).sum()) * float((signs_y != 0).sum()))
    return float((signs_x * signs_y).sum()) / untied if untied else math.nan


def row_agreement(weights: Floats, effects: Floats, source: Sequence[str]) -> Floats:
    """(G,) τ between weights and the sizes of effects, row for row; ends of sentences do not count.

    Effects count by their size, whichever way they go: a word can matter against another.
    """
    columns = [place for place, token in enumerate(source) if not is_mark(token)]
    if len(columns) < LEAST_PLACES:
        return np.full(len(weights), np.nan, np.float32)
    pairs = zip(weights[:, columns], np.abs(effects[:, columns]), strict=True)
    return np.array([kendall_tau(row, effect) for row, effect in pairs], np.float32)


def agreement(
    weights: Floats, effects: Floats, source: Sequence[str], target: Sequence[str]
) -> float:
    """The mean τ over the words that are written, without the end; NaN where none has one."""
    rows = row_agreement(weights, effects, source)
    kept = [tau for tau, token in zip(rows.tolist(), target, strict=True) if not is_mark(token)]
    known = [tau for tau in kept if math.isfinite(tau)]
    return float(np.mean(known)) if known else math.nan


def in_words(found: dict[str, float]) -> str:
    """How far the attention agrees with each measure, for people."""
    said = "; ".join(
        f"{EFFECTS[name].lower()} {shown_number(tau, '.2f')}"
        for name, tau in found.items()
        if math.isfinite(tau)
    )
    if not said:
        return "The sentence is too short to compare orders."
    return f"Kendall's τ between the weights and {said} (1: the same order, 0: chance)."


def in_few_words(tau: float) -> str:
    """The same for one measure, where there is little room; nothing for NaN.

    >>> in_few_words(0.874)
    "Kendall's τ with the weights: 0.87"
    """
    return f"Kendall's τ with the weights: {shown_number(tau, '.2f')}" if tau == tau else ""

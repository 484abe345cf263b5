"""What any number of the picture of a step is: its formula, and the same with its numbers put in.

Bahdanau, Cho and Bengio (2015), equations 4 to 6 and appendix A; Luong, Pham and Manning (2015),
equations 5 to 8. Places, steps and words count from 1, units from 0, as everywhere.
"""

from __future__ import annotations

import math

import numpy as np

from rnnviz.core.alignments.steps.attention_steps import AttentionKind, AttentionSteps
from rnnviz.core.alignments.steps.step_picture import Spot
from rnnviz.core.quantities.shown_numbers import shown_number

_MOST_TERMS = 5


def explain(steps: AttentionSteps, shown: int, spot: Spot) -> tuple[str, str]:
    """The formula of a number, and the same with its numbers put in.

    Args:
        shown: how many words are written.
    """
    row = shown - 1
    return {
        "memory": _memory,
        "place": _place,
        "score": _score,
        "weight": _weight,
        "context": _context,
        "before": _state,
        "state": _state,
        "word": _word,
        "read": _read,
    }[spot.part](steps, row, spot)


def _n(value: float) -> str:
    return shown_number(value, ".3f")


def _sub(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _query(kind: AttentionKind, row: int) -> str:
    return f"s{_sub(row if kind.order == 'before' else row + 1)}"


def _memory(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    assert steps.memory is not None
    kind, name = steps.kind, f"h{_sub(spot.place + 1)}"
    way = ""
    if kind.units and kind.both_ways:
        way = ", read forwards" if spot.unit < kind.units else ", read backwards"
    value = float(steps.memory[spot.place, spot.unit])
    return (
        f"{name}: the state of the encoder at “{steps.places[spot.place]}”{way}",
        f"its unit {spot.unit} is {_n(value)}",
    )


def _place(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    name = steps.places[spot.place]
    if row < 0 or steps.weights is None:
        return f"place {spot.place + 1} of the memory: “{name}”", ""
    return _weight(steps, row, spot)


def _score(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    assert steps.scores is not None
    kind, number, asked = steps.kind, _sub(spot.place + 1), _query(steps.kind, row)
    made = {
        "dot": f"e{number} = {asked} · h{number}",
        "general": f"e{number} = {asked} · W h{number}",
        "additive": f"e{number} = v · tanh(W {asked} + U h{number} + b)",
    }.get(kind.attention, f"e{number}")
    value = float(steps.scores[row, spot.place])
    exact = ""
    if kind.attention == "dot" and steps.states is not None and steps.memory is not None:
        query = row if kind.order == "after" else row - 1
        if query >= 0 and steps.states.shape[1] == steps.memory.shape[1]:
            exact = f"{_products(steps.states[query], steps.memory[spot.place])} = "
    return f"{made}, the score of “{steps.places[spot.place]}”", f"{exact}{_n(value)}"


def _weight(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    assert steps.weights is not None
    number, name = _sub(spot.place + 1), steps.places[spot.place]
    value = float(steps.weights[row, spot.place])
    said = f"the weight of “{name}” for “{steps.written[row]}”"
    if (row, spot.place) in steps.forced:
        return f"a{number}, {said}: set by hand", _n(value)
    if steps.scores is None:
        return f"a{number}, {said}", _n(value)
    warm = steps.kind.temperature
    over = "" if warm == 1 else f"/{warm:g}"
    formula = f"a{number} = exp(e{number}{over}) / Σⱼ exp(eⱼ{over}), {said}"
    if any(at == row for at, _ in steps.forced):
        return formula, f"{_n(value)}: another weight of this row was set by hand"
    scores = steps.scores[row].astype(np.float64) / warm
    most = float(np.nanmax(scores))
    total = float(np.exp(scores - most).sum())
    top = math.exp(float(scores[spot.place]) - most)
    # The largest score is taken off, as every softmax does: the quotient stays the same.
    shown = f"exp({_n(float(scores[spot.place]))} − {_n(most)}) / {_n(total)}"
    return formula, f"{shown} = {_n(top)} / {_n(total)} = {_n(top / total)}"


def _context(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    assert steps.context is not None
    value, number = float(steps.context[row, spot.unit]), _sub(row + 1)
    if not steps.kind.has_attention:
        return (
            f"c{number} is the last state of the encoder, at every step",
            f"its unit {spot.unit} is {_n(value)}",
        )
    formula = f"c{number} = Σᵢ aᵢ hᵢ, unit {spot.unit}"
    if steps.weights is None or steps.memory is None:
        return formula, _n(value)
    if steps.memory.shape[1] != steps.context.shape[1]:
        return formula, _n(value)
    return formula, f"{_products(steps.weights[row], steps.memory[:, spot.unit])} = {_n(value)}"


def _state(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    assert steps.states is not None
    at = row - 1 if spot.part == "before" else row
    kind, number = steps.kind, at + 1
    cell = kind.architecture or "f"
    reads = f"y{_sub(number - 1)}"
    if kind.order == "before" or not kind.has_attention:
        reads = f"[{reads}; c{_sub(number)}]"
    elif kind.input_feeding:
        reads = f"[{reads}; s̃{_sub(number - 1)}]"
    value = float(steps.states[at, spot.unit])
    return (
        f"s{_sub(number)} = {cell}({reads}, s{_sub(number - 1)})",
        f"its unit {spot.unit} is {_n(value)}",
    )


def _word(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    listed = steps.likely[row] if steps.likely else ()
    if spot.place < len(listed):
        token, p = listed[spot.place].token, listed[spot.place].p
    else:
        token, p = steps.written[row], steps.p[row] if row < len(steps.p) else math.nan
    number = _sub(row + 1)
    inside = f"s{number}; c{number}"
    if steps.kind.order != "after":
        inside += f"; y{_sub(row)}"
    written = ", which is written" if token == steps.written[row] else ""
    return f"p = softmax(W tanh(V [{inside}]))", f"“{token}” {_n(p)}{written}"


def _read(steps: AttentionSteps, row: int, spot: Spot) -> tuple[str, str]:
    if row == 0:
        return "y₀: the mark that begins a sentence", ""
    return f"y{_sub(row)}: the last word, read as its embedding", f"“{steps.written[row - 1]}”"


def _products(weights: np.ndarray, values: np.ndarray) -> str:
    """`0.12·1.00 + −0.31·0.40 + …`: the largest terms, in their order."""
    terms = np.abs(weights.astype(np.float64) * values)
    kept = sorted(np.argsort(-np.nan_to_num(terms), kind="stable")[:_MOST_TERMS].tolist())
    shown = " + ".join(f"{_n(float(weights[i]))}·{_n(float(values[i]))}" for i in kept)
    return shown + (" + …" if len(terms) > len(kept) else "")

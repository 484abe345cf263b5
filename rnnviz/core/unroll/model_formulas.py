"""What any number in the picture of an open model is, in words and with its numbers put in."""

from __future__ import annotations

import re

from rnnviz.core.architectures import facts_of
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.quantities.units import unit_name
from rnnviz.core.unroll.model_trace import ModelTrace
from rnnviz.core.unroll.pictures.picture import Place, shown_symbol

_WORD = re.compile(r"[a-z_]+")
_NAMED = 5


def explain_model(trace: ModelTrace, place: Place) -> tuple[str, str]:
    """What a number is, and how it comes about; two lines."""
    if place.kind == "front":
        value = trace["front"][place.step, place.row]
        read = shown_symbol(trace.about.symbols[place.step])
        return f"what the front end makes of “{read}”", f"number {place.row + 1}: {_n(value)}"
    if place.kind == "said":
        return _answer_formula(trace, place)
    row, state = int(place.key.split("/")[0]), place.key.split("/")[1]
    return _unit(trace, row, state, place.step, place.row)


def _unit(trace: ModelTrace, number: int, state: str, step: int, unit: int) -> tuple[str, str]:
    row = trace.about.rows[number]
    facts = facts_of(row.architecture)
    read = shown_symbol(trace.about.symbols[step])
    value = trace.value(number, state, step, unit)
    before = trace.value(number, f"before_{state}", step, unit)
    title = facts.channel(state).title
    first = f"{unit_name(row.name, unit)}, {title} after “{read}”: {_n(value)}"
    if before == before:
        first += f" (before: {_n(before)})"
    share = f"{number}/share"
    if share in trace and state == "hidden":
        best = max(trace.likeliest(step), key=lambda pair: pair[1])[0]
        first += f"; it adds {_n(trace[share][step, unit])} to the score of “{shown_symbol(best)}”"
    formula = facts.made.get(state)
    if formula is None or row.given != row.units:
        return first, facts.about
    words = _WORD.sub(lambda word: _in_words(word.group(), row.activation), formula)

    def put_in(word: re.Match[str]) -> str:
        name = word.group()
        if name == "activation":
            return row.activation
        found = trace.value(number, name, step, unit)
        return _n(found) if found == found else "(at the beginning)"

    return first, f"{title} = {_signs(words)} = {_signs(_WORD.sub(put_in, formula))} = {_n(value)}"


def _in_words(name: str, activation: str) -> str:
    if name == "activation":
        return activation
    return f"{name.removeprefix('before_')}₋₁" if name.startswith("before_") else name


def _signs(formula: str) -> str:
    return formula.replace("*", "·").replace(" - ", " − ")


def _answer_formula(trace: ModelTrace, place: Place) -> tuple[str, str]:
    about = trace.about
    name, value = trace.likeliest(place.step)[place.row]
    read = shown_symbol(about.symbols[place.step])
    shown = f"“{shown_symbol(name)}”" if about.says == "next" else name
    if about.says == "numbers":
        return f"after “{read}” it gives {name}", _n(value)
    first = f"after “{read}”: {shown} with {100 * value:.2f} %, of {len(about.outputs):,} in all"
    last = len(about.rows) - 1
    best = max(trace.likeliest(place.step), key=lambda pair: pair[1])[0]
    if f"{last}/share" not in trace or name != best:
        return first, "of all that it may say, how likely this is: softmax of the scores"
    parts = ", ".join(
        f"{unit_name(about.rows[last].name, unit)} {_n(trace[f'{last}/share'][place.step, unit])}"
        for unit in trace.strongest(last, place.step, _NAMED)
    )
    return first, f"what adds most to its score: {parts}"


def _n(value: float) -> str:
    return shown_number(value, ".3f")

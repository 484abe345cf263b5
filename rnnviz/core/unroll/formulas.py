"""What any number of an unrolled picture is, with its numbers put in: set as in a book, or a line.

Formulas are written in the part of LaTeX that `core.export.mathematics` knows.
"""

from __future__ import annotations

import re

import numpy as np

from rnnviz.core.architectures import facts_of
from rnnviz.core.architectures.facts import ArchitectureFacts
from rnnviz.core.export.mathematics import plain
from rnnviz.core.quantities.shown_numbers import shown_number
from rnnviz.core.unroll.equations import index, made, scores_of, slope, text, vanilla
from rnnviz.core.unroll.pictures.parameters import title_of
from rnnviz.core.unroll.pictures.picture import Place
from rnnviz.core.unroll.plan import Plan
from rnnviz.core.unroll.states import (
    entering,
    jacobian,
    left_of_the_state,
    product_of_jacobians,
    state_before,
)
from rnnviz.core.unroll.trace import Numbers, Trace

_MOST_TERMS = 6
_MOST_ROWS = 4
"""Larger matrices are not written out."""
_WORD = re.compile(r"[a-z_]+")


def explain(trace: Trace, place: Place) -> tuple[str, str]:
    """The formula of a number, and the same with its numbers put in; both of one line of words.

    Steps and units count from 1, as people do.
    """
    formula, numbers = explain_set(trace, place)
    return plain(formula), plain(numbers)


def explain_set(trace: Trace, place: Place) -> tuple[str, str]:
    """The same as formulas to be set."""
    if place.kind == "weight":
        return _weight(trace, place)
    return {
        "input": _input,
        "hidden": _hidden,
        "own": _own,
        "later": _later,
        "score": _score,
        "attention": _attention,
        "context": _context,
        "probability": _probability,
        "loss": _loss,
        "unit": _inside,
        "arrow": _arrow,
    }[place.kind](trace, place)


def _last(plan: Plan, row: int, step: int) -> int:
    """The number, from 1, of the state that a row has as it comes to a step; 0 or T + 1 of none."""
    return step + 2 if plan.from_end(row) else step


def _n(value: float) -> str:
    return shown_number(value, ".3f")


def _products(weights: Numbers, values: Numbers) -> str:
    """`0.12·1.00 − 0.31·0.40 + …`, the largest terms first where there are many."""
    order = np.argsort(-np.abs(weights * values), kind="stable")
    kept = sorted(order[:_MOST_TERMS])
    terms = " + ".join(f"{_n(weights[i])} \\cdot {_n(values[i])}" for i in kept)
    return terms + (" + \\ldots" if len(order) > len(kept) else "")


def _input(trace: Trace, place: Place) -> tuple[str, str]:
    plan, step = trace.plan, place.step
    symbol = plan.inputs[step]
    value = trace["inputs"][step, place.row]
    if symbol is None:
        return f"x{index(step + 1)} = 0", text("nothing enters at this step")
    if plan.embedding:
        entry = f"E[{text(symbol)}]"
        return f"x{index(step + 1)} = {entry}", text(f"its number {place.row + 1} is {_n(value)}")
    own = plan.vocabulary[place.row]
    one_hot = text(f" is one-hot: 1 for “{symbol}”, 0 for all others")
    return f"x{index(step + 1)}{one_hot}", text(f"“{own}”: {value:.0f}")


def _hidden(trace: Trace, place: Place) -> tuple[str, str]:
    plan, step, unit = trace.plan, place.step, place.row
    facts = facts_of(plan.architecture)
    layer = int(place.key.split("/")[0])
    value = trace[place.key][step, unit]
    now = f"h{index(step + 1)}[{unit + 1}]"
    if facts.made or f"weight/layers.{layer}.weight_hh_l0" not in trace:
        lines = [made_of(trace, layer, name, step, unit) for name in facts.made]
        letters = made(facts, str(step + 1), str(_last(plan, layer, step)))
        return letters, text(f"unit {unit + 1}: ") + text("; ").join(lines)
    before = state_before(trace, layer, "hidden", step)
    head = f"{'decoder' if plan.decodes(step) else 'layers'}.{layer}."
    into, again = (trace[f"weight/{head}weight_{name}_l0"][unit] for name in ("ih", "hh"))
    bias = sum(float(trace[f"weight/{head}bias_{name}_l0"][unit]) for name in ("ih", "hh"))
    steep = 1 - value**2
    was = index(_last(plan, layer, step))
    formula = vanilla(index(step + 1), was)
    inner = (
        f"{_products(into, entering(trace, layer, step))} + {_products(again, before)} + {_n(bias)}"
    )
    return (
        f"{formula}{text('; its slope is ')}1 - h^{{2}}",
        f"{now} = \\tanh({inner}) = {_n(value)}{text(f'; slope {_n(steep)}')}",
    )


def made_of(trace: Trace, layer: int, channel: str, step: int, unit: int) -> str:
    """How a channel of a unit follows from others: `cell = 0.62 · 0.31 + 0.40 · −0.90 = −0.17`."""
    facts = facts_of(trace.plan.architecture)

    def put_in(word: re.Match[str]) -> str:
        name = word.group()
        if name == "activation":
            return "\\tanh"
        if name.startswith("before_"):
            return _n(state_before(trace, layer, name.removeprefix("before_"), step)[unit])
        return _n(trace[f"{layer}/{name}"][step, unit])

    formula = _WORD.sub(put_in, facts.made[channel]).replace("*", "\\cdot")
    return f"{text(channel)} = {formula} = {_n(trace[f'{layer}/{channel}'][step, unit])}"


def _inside(trace: Trace, place: Place) -> tuple[str, str]:
    """A number of a step that is shown from inside."""
    layer, name = int(place.key.split("/")[0]), place.key.split("/")[1]
    facts, step, unit = facts_of(trace.plan.architecture), place.step, place.row
    if name.startswith("factor"):
        about = "what this step leaves of the state before it, on the way that no matrix touches"
        if not facts.made:
            about = "the slope of tanh at this step: a gradient that passes is multiplied by it"
        return text(about), text(f"unit {unit + 1}: {name.removeprefix('factor ')}")
    if name.startswith("before_"):
        state = name.removeprefix("before_")
        value = state_before(trace, layer, state, step)[unit]
        title = facts.channel(state).title
        return text(f"{title} of unit {unit + 1} before this step"), _n(value)
    channel = facts.channel(name)
    value = trace[f"{layer}/{name}"][step, unit]
    first = text(f"{channel.title} of unit {unit + 1}: {channel.about}")
    if name in facts.made:
        return first, made_of(trace, layer, name, step, unit)
    if not facts.made:
        return _hidden(trace, place)
    return first, _of_the_inputs(trace, facts, layer, name, step, unit)


def _of_the_inputs(
    trace: Trace, facts: ArchitectureFacts, layer: int, name: str, step: int, unit: int
) -> str:
    """How a channel follows from what enters; with its numbers where no state goes into it."""
    value = _n(trace[f"{layer}/{name}"][step, unit])
    if name not in facts.row_gates:
        return value
    ranges = {"share": "\\sigma", "symmetric": "\\tanh"}
    squash = ranges.get(facts.channel(name).range, text("squashed"))
    if _sees_the_state(facts):
        return f"{squash}(W\\,x_{{t}} + U\\,h_{{t-1}} + b) = {value}"
    part = "decoder" if trace.plan.decodes(step) else "layers"
    row = facts.row_gates.index(name) * trace.plan.units + unit
    inputs = entering(trace, layer, step)
    terms = []
    for parameter, sides in facts.parameters.items():
        values = trace[f"weight/{part}.{layer}.{parameter}"]
        if sides == ("rows", "inputs"):
            terms.append(_products(values[row], inputs))
        elif sides == ("rows",):
            terms.append(_n(values[row]))
    return f"{squash}(W\\,x + b) = {squash}({' + '.join(terms)}) = {value}"


def _sees_the_state(facts: ArchitectureFacts) -> bool:
    """Whether a matrix leads from the last state to this one."""
    return any(
        "given" in sides or sides == ("rows", "units") for sides in facts.parameters.values()
    )


def _arrow(trace: Trace, place: Place) -> tuple[str, str]:
    """What an arrow does: `ih` into a layer, `hh` from step to step, `hy` into the scores."""
    plan, step = trace.plan, place.step
    layer, name = int(place.key.split("/")[0]), place.key.split("/")[1]
    facts, now = facts_of(plan.architecture), index(step + 1)
    last = index(_last(plan, layer, step))
    if name == "hy":
        values = trace["scores"][step]
        return f"W_{{hy}}\\,h{now} + b{text(': the scores')}", f"({_listed(values)})"
    head = f"weight/{'decoder' if plan.decodes(step) else 'layers'}.{layer}.weight"
    if facts.made:
        gates = ", ".join(
            channel.name for channel in facts.channels if channel.name not in facts.made
        )
        if name == "ih":
            return f"W\\,x{now}{text(f': what enters goes into {gates}')}", text(facts.about)
        way = left_of_the_state(trace, layer, step)
        assert way is not None
        title = facts.channel(way[0]).title
        said = f"what step {step + 1} leaves of the {title} before it: "
        letters = made(facts, str(step + 1), str(_last(plan, layer, step)))
        return f"{text('the state goes on: ')}{letters}", f"{text(said)}({_listed(way[1])})"
    if name == "ih":
        matrix, given = trace[f"{head}_ih_l0"], entering(trace, layer, step)
        about = text(": what enters adds this to each unit")
        return f"W_{{xh}}\\,x{now}{about}", _multiplied(matrix, given)
    numbers = _multiplied(trace[f"{head}_hh_l0"], state_before(trace, layer, "hidden", step))
    formula = f"W_{{hh}}\\,h{last}"
    passed, before = jacobian(trace, layer, step), plan.before(layer, step)
    if passed is None or before is None:
        return formula, numbers
    this = f"{slope(f'h{now}', f'h{last}')} = \\diag(1 - h{now}^{{2}})\\,W_{{hh}}"
    bounds = f"{this}{text(f', by up to {_n(float(np.linalg.norm(passed, 2)))}')}"
    whole = product_of_jacobians(trace, layer, before)
    if whole is not None:
        following = f"h_{{k{'+' if plan.from_end(layer) else '-'}1}}"
        end = plan.order(layer)[-1] + 1
        all_of_them = f"\\prod_{{k={step + 1}}}^{{{end}}}{slope('h_{k}', following)}"
        bounds += f"{text('; ')}{all_of_them}{text(f' by {_n(float(np.linalg.norm(whole, 2)))}')}"
    return f"{formula}{text('; back: ')}{bounds}", numbers


def _multiplied(matrix: Numbers, vector: Numbers) -> str:
    """A matrix by a vector, written out where it is small."""
    values = matrix @ vector
    if max(matrix.shape) > _MOST_ROWS:
        return f"({_listed(values)})"
    return f"{_bracketed(matrix)}{_bracketed(vector[:, None])} = {_bracketed(values[:, None], 3)}"


def _bracketed(matrix: Numbers, digits: int = 2) -> str:
    rows = "\\\\".join(
        "&".join(shown_number(number, f".{digits}f") for number in row) for row in matrix.tolist()
    )
    return f"\\begin{{bmatrix}}{rows}\\end{{bmatrix}}"


def _listed(values: Numbers) -> str:
    shown = ", ".join(_n(float(value)) for value in values[:_MOST_TERMS])
    return shown + (", \\ldots" if len(values) > _MOST_TERMS else "")


def _own(trace: Trace, place: Place) -> tuple[str, str]:
    plan, step, unit = trace.plan, place.step, place.row
    value = trace[place.key][step, unit]
    layer = int(place.key.split("/")[0])
    if plan.layer_of(layer) + 1 < plan.layers:
        return text("what the layer above asks of this state at its own step"), _n(value)
    if plan.joins_ends and plan.from_end(layer):
        if step:
            return text("no answer is made of this state: no loss of its own"), _n(value)
        step = plan.steps - 1
    target = plan.targets[step]
    if plan.attends:
        whose = "its own scores and attention" if plan.decodes(step) else "the decoder's attention"
        return text(f"what {whose} asks of this state"), _n(value)
    if target is None:
        return text("no answer is asked at this step: no loss of its own"), _n(value)
    top = plan.rows_of(plan.layers - 1)
    wrong = trace["probabilities"][step].copy()
    wrong[plan.vocabulary.index(target)] -= 1
    if plan.squashed_output:
        wrong = wrong * (1 - trace["scores"][step] ** 2)
    column = unit + (plan.units if layer in top[1:] else 0)
    weights = trace["weight/output.weight"][:, column]
    return (
        (
            f"{slope(f'L{index(step + 1)}', f'h{index(place.step + 1)}')} = W_{{hy}}^{{\\top}}"
            f"\\,(p{index(step + 1)} - {text('target')})"
        ),
        f"{text(f'unit {unit + 1}: ')}{_products(weights, wrong)} = {_n(value)}",
    )


def _later(trace: Trace, place: Place) -> tuple[str, str]:
    plan, step, unit = trace.plan, place.step, place.row
    own = trace[place.key.replace("/later/", "/own/")][step, unit]
    value = trace[place.key][step, unit]
    whole = f"{text('own ')}{_n(own)} + {text('later ')}{_n(value)} = {_n(own + value)}"
    row = int(place.key.split("/")[0])
    following = plan.after(row, step)
    if not following:
        return text("nothing comes after the last step"), whole
    if plan.chunk_starts(step + 1):
        return text("cut: truncated back-propagation stops here"), whole
    if plan.source == step + 1:
        return text(
            "what comes back from the decoder's first step, which begins with this state"
        ), whole
    later = following[0]
    after = index(later + 1)
    facts = facts_of(plan.architecture)
    way = None if _sees_the_state(facts) else left_of_the_state(trace, row, later)
    if way is not None:
        left = _n(way[1][unit])
        more = trace[place.key.replace("/later/", "/own/")][later, unit]
        more += trace[place.key][later, unit]
        about = text(f"what step {later + 1} leaves of this state · ")
        return f"{about}{slope('L', f'h{after}')}{text(': no matrix between')}", (
            f"{left} \\cdot {_n(more)} = {_n(value)}{text('; ')}{whole}"
        )
    if facts.gated:
        return text(f"what comes back from step {later + 1} through all its gates"), whole
    grows = text(": the product of Jacobians grows by one")
    inner = f"(1 - h{after}^{{2}}) \\odot {slope('L', f'h{after}')}"
    return f"W_{{hh}}^{{\\top}}\\left({inner}\\right){grows}", whole


def _score(trace: Trace, place: Place) -> tuple[str, str]:
    step, row, plan = place.step, place.row, trace.plan
    top = plan.rows_of(plan.layers - 1)
    hidden = np.concatenate([trace[f"{one}/hidden"][plan.read_at(one, step)] for one in top])
    if plan.attends:
        hidden = np.concatenate([hidden, np.nan_to_num(trace["context"][step])])
    weights = trace["weight/output.weight"][row]
    bias = float(trace["weight/output.bias"][row])
    value = trace["scores"][step, row]
    inner = f"{_products(weights, hidden)} + {_n(bias)}"
    shown = f"\\tanh({inner})" if plan.squashed_output else inner
    symbol = plan.vocabulary[row]
    return (
        f"y{index(step + 1)} = {scores_of(plan, step)}",
        f"{text(f'score of “{symbol}”: ')}{shown} = {_n(value)}",
    )


def _attention(trace: Trace, place: Place) -> tuple[str, str]:
    plan, step, row = trace.plan, place.step, place.row
    states = trace[f"{plan.layers - 1}/hidden"]
    scores = states[: plan.source] @ states[step]
    most = float(scores.max())
    total = float(np.exp(scores - most).sum())
    value = trace["attention"][step, row]
    number = index(row + 1)
    return (
        (
            f"a{number} = \\softmax(h{index(step + 1)}\\,\\cdot\\,h{number})"
            f"{text(f', the weight of “{plan.inputs[row]}”')}"
        ),
        f"\\frac{{\\exp({_n(scores[row])} − {_n(most)})}}{{{_n(total)}}} = {_n(value)}",
    )


def _context(trace: Trace, place: Place) -> tuple[str, str]:
    plan, step, unit = trace.plan, place.step, place.row
    states = trace[f"{plan.layers - 1}/hidden"][: plan.source, unit]
    value = trace["context"][step, unit]
    return (
        f"c{index(step + 1)} = \\sum_{{i}}\\,a_{{i}}\\,h_{{i}}",
        f"{text(f'unit {unit + 1}: ')}{_products(trace['attention'][step], states)} = {_n(value)}",
    )


def _probability(trace: Trace, place: Place) -> tuple[str, str]:
    step, row = place.step, place.row
    scores = trace["scores"][step]
    total = float(np.exp(scores - scores.max()).sum() * np.exp(scores.max()))
    value = trace["probabilities"][step, row]
    return (
        f"p{index(step + 1)} = \\softmax(y{index(step + 1)})",
        (
            f"{text(f'“{trace.plan.vocabulary[row]}”: ')}"
            f"\\frac{{e^{{{_n(scores[row])}}}}}{{{_n(total)}}} = {_n(value)}"
        ),
    )


def _loss(trace: Trace, place: Place) -> tuple[str, str]:
    step = place.step
    target = trace.plan.targets[step] or ""
    chance = trace["probabilities"][step, trace.plan.vocabulary.index(target)]
    return (
        f"L{index(step + 1)} = -\\ln p{index(step + 1)}[{text(target)}]",
        f"-\\ln {_n(chance)} = {_n(trace['losses'][step])}{text(' nats')}",
    )


def _weight(trace: Trace, place: Place) -> tuple[str, str]:
    plan = trace.plan
    name = place.key.removeprefix("gradient/")
    title = title_of(name, plan.layers, plan.directions)
    letter = re.sub(r"^W_(\w+)", r"W_{\1}", title) if title.startswith("W_") else text(title)
    letter, _, more_of = letter.partition(" ")
    letter = letter.removesuffix(",")
    where = f"{letter}[{place.row + 1},{place.column + 1}]"
    about = f" ({more_of})" if more_of and letter.startswith("W") else ""
    value = trace[f"weight/{name}"][place.row, place.column]
    if f"share/{name}" not in trace:
        said = text(f"{about}, the same number at every step")
        return f"{where} = {_n(value)}{said}", text("nothing is learned here")
    shares = trace[f"share/{name}"][:, place.row, place.column]
    change = trace[f"update/{name}"][place.row, place.column]
    parts = " + ".join(_n(share) for share in shares[:_MOST_TERMS])
    more = " + \\ldots" if len(shares) > _MOST_TERMS else ""
    sums = f"\\sum_{{t=1}}^{{{plan.steps}}}{slope('L', f'{letter}^{{(t)}}')}"
    return (
        f"{where} = {_n(value)}{text(f'{about}, the same number at every step')}",
        (
            f"{slope('L', where)} = {sums} = {parts}{more} = {_n(shares.sum())}"
            f"{text(f'; the update adds {_n(change)}')}"
        ),
    )

"""The equations of what is computed, in letters, to be set by `core.export.mathematics`."""

from __future__ import annotations

import re

from rnnviz.core.architectures import facts_of
from rnnviz.core.architectures.facts import ArchitectureFacts
from rnnviz.core.export.mathematics import in_text
from rnnviz.core.unroll.moments import Moment, top_step
from rnnviz.core.unroll.plan import Plan

_WORD = re.compile(r"[a-z_]+")


def index(number: int) -> str:
    """A number as an index."""
    return f"_{{{number}}}"


def text(words: str) -> str:
    """Words in a formula."""
    return f"\\text{{{in_text(words)}}}"


def vanilla(now: str, was: str) -> str:
    """The equation of a vanilla network, with the indices of a step and the one before."""
    return f"h{now} = \\tanh(W_{{xh}}\\,x{now} + W_{{hh}}\\,h{was} + b)"


_LETTERS = {
    "hidden": "h", "cell": "c", "forget": "f", "input": "i", "output": "o", "candidate": "g",
    "update": "z", "reset": "r", "new": "n", "added": "F",
}  # fmt: skip
"""What papers call the channels."""


def made(facts: ArchitectureFacts, now: str, was: str) -> str:
    """The equations of a layer in letters: `c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t`."""

    def letter(word: re.Match[str]) -> str:
        name = word.group()
        if name == "activation":
            return "\\tanh"
        before = name.startswith("before_")
        name = name.removeprefix("before_")
        return f"{_LETTERS.get(name) or text(name)}_{{{was if before else now}}}"

    found = []
    for name, formula in facts.made.items():
        signs = _WORD.sub(letter, formula).replace("*", "\\odot")
        found.append(f"{_LETTERS.get(name) or text(name)}_{{{now}}} = {signs}")
    return ",\\quad ".join(found)


def states_of(plan: Plan) -> str:
    """All states of a row together: `h`, `(h, c)`."""
    letters = ",\\,".join(_LETTERS.get(one, one) for one in facts_of(plan.architecture).states)
    return f"({letters})" if "," in letters else letters


def slope(of: str, by: str) -> str:
    """A derivative as a fraction."""
    return f"\\frac{{\\partial {of}}}{{\\partial {by}}}"


def formula_of(plan: Plan, shown: Moment) -> str:
    """What is computed at a moment, as a formula to be set."""
    last = plan.steps
    if shown.updated:
        summed = f"\\sum_{{t=1}}^{{{last}}}{slope('L', 'W^{(t)}')}"
        if plan.clip != "none":
            summed = f"{text('clip')}\\left({summed}\\right)"
        return f"W \\leftarrow W - \\eta\\,{summed}"
    if shown.backward:
        return _backwards(plan, top_step(shown, plan))
    if shown.summed:
        return (
            f"L = \\sum_{{t=1}}^{{{last}}} L_{{t}},\\quad L_{{t}} = -\\ln p_{{t}}[{text('target')}]"
        )
    step = top_step(shown, plan) if shown.forward else -1
    answered: list[int] = [step]
    if plan.joins_ends and plan.directions == 1 and step >= 0:
        answered = plan.answers_of(0, step)  # made of the state that is read last
    parts = [one for one in (_state(plan, step), *(_answer(plan, at) for at in answered)) if one]
    return ",\\quad ".join(parts)


def _backwards(plan: Plan, step: int) -> str:
    """The gradient at a state: what its own step asks, and what comes from later ones."""
    later, answers = plan.after(0, step), plan.answers_of(0, step)
    now = index(step + 1)
    if plan.source or plan.rows > 1:
        return f"{slope('L', 'h')} = {text('own')} + {text('later')}"
    own = slope(f"L{index(answers[0] + 1)}", f"h{now}") if answers else "0"
    whole = f"{slope('L', f'h{now}')} = {own}"
    if not later or plan.chunk_starts(step + 1):
        return whole
    after = index(later[0] + 1)
    states = states_of(plan)
    way = f"\\left({slope(f'{states}{after}', f'h{now}')}\\right)^{{\\top}}"
    return f"{whole} + {way}\\,{slope('L', f'{states}{after}')}".replace("= 0 +", "=")


def _state(plan: Plan, step: int) -> str:
    """How the state of a step comes about, of step -1 of any; empty where layers differ."""
    facts = facts_of(plan.architecture)
    on = -1 if plan.from_end(0) else 1
    now, was = (str(step + 1), str(step + 1 - on)) if step >= 0 else ("t", f"t{-on:+d}")
    if plan.directions == 2:
        return ""
    if facts.made:
        return made(facts, now, was)
    return vanilla(f"_{{{now}}}", f"_{{{was}}}") if plan.layers == 1 else ""


def _answer(plan: Plan, step: int) -> str:
    """How the answer of a step comes about; empty where none is asked."""
    if step >= 0 and plan.answered(step) is None:
        return ""
    now = f"_{{{step + 1 if step >= 0 else 't'}}}"
    before = f"c{now} = \\sum_{{i}} a_{{i}}\\,h_{{i}},\\quad " if plan.attends else ""
    return f"{before}p{now} = \\softmax({scores_of(plan, step)})"


def scores_of(plan: Plan, step: int) -> str:
    """What the scores of a step are made of: `W_hy h_2 + b`; of step -1 those of any."""

    def state(row: int) -> str:
        return f"h_{{{plan.read_at(row, step) + 1 if step >= 0 else 't'}}}"

    rows = plan.rows_of(plan.layers - 1)
    parts = [state(rows[0])]
    if plan.directions == 2:
        parts = [f"{state(rows[0])}^{{\\rightarrow}}", f"{state(rows[1])}^{{\\leftarrow}}"]
    if plan.attends:
        parts.append(f"c_{{{step + 1 if step >= 0 else 't'}}}")
    together = f"\\,{text(';')}\\,".join(parts)
    read = together if len(parts) == 1 else f"[{together}]"
    scores = f"W_{{hy}}\\,{read} + b"
    return f"\\tanh({scores})" if plan.squashed_output else scores

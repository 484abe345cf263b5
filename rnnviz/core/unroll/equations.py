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


def slope(of: str, by: str) -> str:
    """A derivative as a fraction."""
    return f"\\frac{{\\partial {of}}}{{\\partial {by}}}"


def formula_of(plan: Plan, shown: Moment) -> str:
    """What is computed at a moment, as a formula to be set."""
    facts = facts_of(plan.architecture)
    now, last = index(top_step(shown, plan) + 1), plan.steps
    if shown.updated:
        return f"W \\leftarrow W - \\eta \\sum_{{t=1}}^{{{last}}}{slope('L', 'W^{(t)}')}"
    if shown.backward:
        step = top_step(shown, plan) + 1
        own = slope(f"L{now}", f"h{now}")
        whole = f"{slope('L', f'h{now}')} = {own}"
        if step == last or plan.chunk_starts(step):
            return whole
        after = index(step + 1)
        jacobian_of = f"\\left({slope(f'h{after}', f'h{now}')}\\right)^{{\\top}}"
        return f"{whole} + {jacobian_of}\\,{slope('L', f'h{after}')}"
    answer = f"p{now} = \\softmax(W_{{hy}}\\,h{now} + b)"
    if shown.summed:
        return (
            f"L = \\sum_{{t=1}}^{{{last}}} L_{{t}},\\quad L_{{t}} = -\\ln p_{{t}}[{text('target')}]"
        )
    step = max(1, top_step(shown, plan) + 1)
    number, was = (str(step), str(step - 1)) if shown.forward else ("t", "t-1")
    now = f"_{{{number}}}"
    answer = answer if shown.forward else answer.replace("_{1}", now)
    equations = made(facts, number, was) if facts.made else vanilla(now, f"_{{{was}}}")
    return f"{equations},\\quad {answer}"
